//! What is known of kafka-python's tests.

use crate::suite::note::Note;

const TRANSACTIONS: &str = "needs transactions";
const SASL: &str = "needs SASL; leaves itself out on a broker that it has not started";
const TLS: &str = "needs TLS, and a broker that it starts itself";

pub(super) const NOTES: [Note; 16] = [
    Note::not_yet("test_admin_integration.py::test_create_describe_delete_acls", "needs ACLs"),
    Note::control(
        "test_admin_integration.py::test_describe_configs_broker_resource_returns_configs",
        "wants a broker that has `advertised.listeners` in its properties",
    ),
    Note::control("test_admin_integration.py::test_create_partitions", "wants a broker with the id 0"),
    Note::not_yet("test_producer_integration.py::test_transactional_producer_messages", TRANSACTIONS),
    Note::not_yet("test_producer_integration.py::test_transactional_producer_offsets", TRANSACTIONS),
    Note::not_yet("test_sasl_integration.py::test_admin[PLAIN]", SASL),
    Note::not_yet("test_sasl_integration.py::test_admin[SCRAM-SHA-256]", SASL),
    Note::not_yet("test_sasl_integration.py::test_admin[SCRAM-SHA-512]", SASL),
    Note::not_yet("test_sasl_integration.py::test_produce_and_consume[PLAIN]", SASL),
    Note::not_yet("test_sasl_integration.py::test_produce_and_consume[SCRAM-SHA-256]", SASL),
    Note::not_yet("test_sasl_integration.py::test_produce_and_consume[SCRAM-SHA-512]", SASL),
    Note::not_yet("test_sasl_integration.py::test_client[PLAIN]", SASL),
    Note::not_yet("test_sasl_integration.py::test_client[SCRAM-SHA-256]", SASL),
    Note::not_yet("test_sasl_integration.py::test_client[SCRAM-SHA-512]", SASL),
    Note::not_yet("test_ssl_integration.py::TestSSLConnection::test_ssl_handshake", TLS),
    Note::not_yet("test_ssl_integration.py::TestSSLConnection::test_legacy_kafka_client_ssl", TLS),
];
