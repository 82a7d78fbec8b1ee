//! What is known of librdkafka's tests.

use crate::suite::note::Note;

const TRANSACTIONS: &str = "needs transactions";
const ACLS: &str = "needs ACLs";
const REPLICAS: &str = "wants three replicas";
const SASL: &str = "needs SASL; leaves itself out without";
const SMALL_SEGMENTS: &str = "wants segments that are smaller than Kafka allows since 4.0";
const KNOWN_ISSUE: &str = "left out by the suite as a known issue";

pub(super) const NOTES: [Note; 25] = [
    Note::control("0028_long_topicnames", KNOWN_ISSUE),
    Note::control("0047_partial_buf_tmout", KNOWN_ISSUE),
    Note::not_yet("0055_producer_latency", TRANSACTIONS),
    Note::not_yet("0061_consumer_lag", TRANSACTIONS),
    Note::control("0077_compaction", SMALL_SEGMENTS),
    Note::not_yet("0081_admin CreateAcls", ACLS),
    Note::not_yet("0081_admin DescribeAcls", ACLS),
    Note::not_yet("0081_admin DeleteAcls", ACLS),
    Note::not_yet("0081_admin UserScramCredentials", "needs SCRAM users"),
    Note::control("0092_mixed_msgver", "is for Kafka before 4.0"),
    Note::not_yet("0097_ssl_verify", "needs TLS; leaves itself out without"),
    Note::not_yet("0098_consumer_txn", TRANSACTIONS),
    Note::control("0101_fetch_from_follower", REPLICAS),
    Note::not_yet("0103_transactions", TRANSACTIONS),
    Note::control("0107_topic_recreate", REPLICAS),
    Note::not_yet("0109_auto_create_topics", ACLS),
    Note::control("0111_delay_create_topics", REPLICAS),
    Note::not_yet("0115_producer_auth", ACLS),
    Note::not_yet("0119_consumer_auth", ACLS),
    Note::not_yet("0126_oauthbearer_oidc", SASL),
    Note::control("0129_fetch_aborted_msgs", SMALL_SEGMENTS),
    Note::not_yet("0135_sasl_credentials", SASL),
    Note::not_yet("0142_reauthentication", SASL),
    Note::not_yet("0137_barrier_batch_consume", TRANSACTIONS),
    Note::control("0153_memberid", "is for the newer group protocol; leaves itself out with the classic one"),
];
