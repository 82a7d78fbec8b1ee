//! Every property name of Java's clients and of librdkafka, and what it means here.

use std::{str::FromStr, sync::LazyLock, time::Duration};

use ottla_protocol::record::Compression;

use super::setting::{Draft, Kind, Off, Refusal, boolean};
use crate::config::{Acks, AssignorName, MAX_MILLIS, MetadataRecovery, PartitionerName, ServerAddress};

/// A property.
pub struct Property {
    /// Its name.
    pub name: &'static str,
    pub(super) meaning: Meaning,
}

/// What a property does.
pub(super) enum Meaning {
    /// It sets a setting. More than one name may set the same.
    Setting { setting: &'static str, kind: Kind, default: &'static str },
    /// It has but these values here, which are how the client works anyway.
    Only { values: &'static [&'static str], reason: &'static str },
    /// It changes nothing.
    Ignored(&'static str),
    /// It cannot be had.
    Unsupported(&'static str),
}

impl Property {
    /// The setting that it sets: its own name, or the name that it is another one for. `None` if it sets none.
    pub fn setting(&self) -> Option<&'static str> {
        match self.meaning {
            Meaning::Setting { setting, .. } => Some(setting),
            _ => None,
        }
    }

    /// The default, as a value of this property; `None` if it sets nothing.
    pub fn default(&self) -> Option<&'static str> {
        match self.meaning {
            Meaning::Setting { default, .. } => Some(default),
            _ => None,
        }
    }

    /// The values that are valid with their unit, or why there are none.
    pub fn valid(&self) -> String {
        match &self.meaning {
            Meaning::Setting { kind, .. } => kind.valid(),
            Meaning::Only { values, reason } => format!("only {}: {reason}", values.join(" or ")),
            Meaning::Ignored(reason) => format!("ignored: {reason}"),
            Meaning::Unsupported(reason) => format!("not supported: {reason}"),
        }
    }
}

/// All properties by name.
pub fn table() -> &'static [Property] {
    &TABLE
}

/// The property of a name. Names are matched as they are: Kafka's are lower case.
pub(super) fn find(name: &str) -> Option<&'static Property> {
    let index = TABLE.binary_search_by(|property| property.name.cmp(name)).ok()?;
    TABLE.get(index)
}

static TABLE: LazyLock<Vec<Property>> = LazyLock::new(|| {
    let groups = [connection(), producer(), consumer(), fixed(), ignored(), unsupported()];
    let mut table: Vec<Property> = groups.into_iter().flatten().collect();
    table.sort_by_key(|property| property.name);
    table
});

const MAX_INT: i64 = i32::MAX as i64;

/// A setting by its own name.
fn own(name: &'static str, default: &'static str, kind: Kind) -> Property {
    other(name, name, default, kind)
}

/// Another name for a setting.
fn other(name: &'static str, setting: &'static str, default: &'static str, kind: Kind) -> Property {
    Property { name, meaning: Meaning::Setting { setting, kind, default } }
}

fn connection() -> Vec<Property> {
    use Kind::{Bool, Millis, OptionalBytes, OptionalMillis, Parsed, Size, Text};
    const SERVERS: &str = "host:port, more separated by commas";
    vec![
        own("bootstrap.servers", "", Parsed(set_servers, SERVERS)),
        other("metadata.broker.list", "bootstrap.servers", "", Parsed(set_servers, SERVERS)),
        own("client.id", "ottla", Parsed(set_client_id, "any text")),
        own("client.rack", "", Text(|s| &mut s.client.client_rack)),
        own("request.timeout.ms", "30000", Millis(|s| &mut s.client.request_timeout, 1, MAX_INT)),
        other(
            "socket.timeout.ms",
            "request.timeout.ms",
            "30000",
            Millis(|s| &mut s.client.request_timeout, 1, MAX_INT),
        ),
        own("default.api.timeout.ms", "60000", Millis(|s| &mut s.client.default_api_timeout, 1, MAX_INT)),
        own("retry.backoff.ms", "100", Millis(|s| &mut s.client.retry_backoff, 0, MAX_INT)),
        own("retry.backoff.max.ms", "1000", Millis(|s| &mut s.client.retry_backoff_max, 0, MAX_INT)),
        own("reconnect.backoff.ms", "50", Millis(|s| &mut s.client.reconnect_backoff, 0, MAX_INT)),
        own("reconnect.backoff.max.ms", "1000", Millis(|s| &mut s.client.reconnect_backoff_max, 0, MAX_INT)),
        own(
            "socket.connection.setup.timeout.ms",
            "10000",
            Millis(|s| &mut s.client.connection_setup_timeout, 1, MAX_INT),
        ),
        own(
            "socket.connection.setup.timeout.max.ms",
            "30000",
            Millis(|s| &mut s.client.connection_setup_timeout_max, 1, MAX_INT),
        ),
        own("connections.max.idle.ms", "540000", OptionalMillis(|s| &mut s.client.connections_max_idle, Off(0))),
        own("send.buffer.bytes", "-1", OptionalBytes(|s| &mut s.client.send_buffer_bytes, Off(-1))),
        other(
            "socket.send.buffer.bytes",
            "send.buffer.bytes",
            "0",
            OptionalBytes(|s| &mut s.client.send_buffer_bytes, Off(0)),
        ),
        own("receive.buffer.bytes", "-1", OptionalBytes(|s| &mut s.client.receive_buffer_bytes, Off(-1))),
        other(
            "socket.receive.buffer.bytes",
            "receive.buffer.bytes",
            "0",
            OptionalBytes(|s| &mut s.client.receive_buffer_bytes, Off(0)),
        ),
        own(
            "receive.message.max.bytes",
            "104857600",
            Size(|s| &mut s.client.max_response_bytes, 1000, MAX_INT, "bytes"),
        ),
        own("metadata.max.age.ms", "300000", Millis(|s| &mut s.client.metadata_max_age, 1, MAX_INT)),
        other(
            "topic.metadata.refresh.interval.ms",
            "metadata.max.age.ms",
            "300000",
            Parsed(set_refresh_interval, "1 to 2147483647 ms, or -1 for never"),
        ),
        own("metadata.max.idle.ms", "300000", Millis(|s| &mut s.client.metadata_max_idle, 5000, MAX_INT)),
        own(
            "metadata.recovery.strategy",
            "rebootstrap",
            Parsed(
                |d, v| parse::<MetadataRecovery>(v, &mut d.settings.client.metadata_recovery),
                "rebootstrap or none",
            ),
        ),
        own(
            "metadata.recovery.rebootstrap.trigger.ms",
            "300000",
            Millis(|s| &mut s.client.metadata_recovery_rebootstrap_trigger, 0, MAX_INT),
        ),
        own("allow.auto.create.topics", "true", Bool(|s| &mut s.client.allow_auto_create_topics)),
    ]
}

fn producer() -> Vec<Property> {
    use Kind::{Bool, Kibibytes, Level, Millis, OptionalMillis, Parsed, Size, Text};
    const IN_FLIGHT: &str = "max.in.flight.requests.per.connection";
    const ACKS: &str = "all, -1, 0 or 1";
    const CODECS: &str = "none, gzip, snappy, lz4 or zstd";
    vec![
        own("acks", "all", Parsed(set_acks, ACKS)),
        other("request.required.acks", "acks", "-1", Parsed(set_acks, ACKS)),
        own("enable.idempotence", "", Parsed(set_idempotence, "true or false")),
        own(IN_FLIGHT, "5", Size(|s| &mut s.producer.max_in_flight, 1, MAX_INT, "")),
        other("max.in.flight", IN_FLIGHT, "5", Size(|s| &mut s.producer.max_in_flight, 1, MAX_INT, "")),
        own("retries", "2147483647", Parsed(set_retries, "0 to 2147483647")),
        other("message.send.max.retries", "retries", "2147483647", Parsed(set_retries, "0 to 2147483647")),
        own("delivery.timeout.ms", "120000", Millis(|s| &mut s.producer.delivery_timeout, 1, MAX_INT)),
        other(
            "message.timeout.ms",
            "delivery.timeout.ms",
            "120000",
            Parsed(set_message_timeout, "1 to 2147483647 ms, or 0 for the longest"),
        ),
        own("batch.size", "16384", Size(|s| &mut s.producer.batch_size, 0, MAX_INT, "bytes")),
        own("linger.ms", "5", Millis(|s| &mut s.producer.linger, 0, MAX_INT)),
        other("queue.buffering.max.ms", "linger.ms", "5", Millis(|s| &mut s.producer.linger, 0, MAX_INT)),
        own("buffer.memory", "33554432", Size(|s| &mut s.producer.buffer_memory, 1, i64::MAX, "bytes")),
        other(
            "queue.buffering.max.kbytes",
            "buffer.memory",
            "32768",
            Kibibytes(|s| &mut s.producer.buffer_memory, 1, MAX_INT),
        ),
        own("max.block.ms", "60000", Millis(|s| &mut s.producer.max_block, 0, MAX_INT)),
        own("max.request.size", "1048576", Size(|s| &mut s.producer.max_request_size, 1, MAX_INT, "bytes")),
        other(
            "message.max.bytes",
            "max.request.size",
            "1048576",
            Size(|s| &mut s.producer.max_request_size, 1, MAX_INT, "bytes"),
        ),
        own("compression.type", "none", Parsed(set_codec, CODECS)),
        other("compression.codec", "compression.type", "none", Parsed(set_codec, CODECS)),
        own("compression.level", "-1", Level(|l| &mut l.any, 0, 12, Some(-1))),
        own("compression.gzip.level", "-1", Level(|l| &mut l.gzip, 1, 9, Some(-1))),
        own("compression.lz4.level", "9", Level(|l| &mut l.lz4, 1, 17, None)),
        own("compression.zstd.level", "3", Level(|l| &mut l.zstd, -131_072, 22, None)),
        own("partitioner.class", "", Parsed(set_partitioner_class, PARTITIONER_CLASSES)),
        other("partitioner", "partitioner.class", "murmur2_random", Parsed(set_partitioner, PARTITIONERS)),
        own("partitioner.ignore.keys", "false", Bool(|s| &mut s.producer.partitioner_ignore_keys)),
        own("partitioner.adaptive.partitioning.enable", "true", Bool(|s| &mut s.producer.partitioner_adaptive)),
        own(
            "partitioner.availability.timeout.ms",
            "0",
            OptionalMillis(|s| &mut s.producer.partitioner_availability_timeout, Off(0)),
        ),
        own("transactional.id", "", Text(|s| &mut s.producer.transactional_id)),
        own("transaction.timeout.ms", "60000", Millis(|s| &mut s.producer.transaction_timeout, 1, MAX_INT)),
    ]
}

fn consumer() -> Vec<Property> {
    use Kind::{Bool, Kibibytes, Millis, Parsed, Size, Text};
    vec![
        own("group.id", "", Text(|s| &mut s.consumer.group_id)),
        own("group.instance.id", "", Text(|s| &mut s.consumer.group_instance_id)),
        own("session.timeout.ms", "45000", Millis(|s| &mut s.consumer.session_timeout, 1, MAX_INT)),
        own("heartbeat.interval.ms", "3000", Millis(|s| &mut s.consumer.heartbeat_interval, 1, MAX_INT)),
        own("max.poll.interval.ms", "300000", Millis(|s| &mut s.consumer.max_poll_interval, 1, MAX_INT)),
        own(
            "partition.assignment.strategy",
            "range,cooperative-sticky",
            Parsed(set_assignors, "one or more of range, roundrobin, sticky, cooperative-sticky, separated by commas"),
        ),
        own(
            "auto.offset.reset",
            "latest",
            Parsed(
                |d, v| parse(v, &mut d.settings.consumer.auto_offset_reset),
                "earliest, latest, none or by_duration:PnDTnHnMnS",
            ),
        ),
        own("enable.auto.commit", "true", Bool(|s| &mut s.consumer.enable_auto_commit)),
        other("auto.commit.enable", "enable.auto.commit", "true", Bool(|s| &mut s.consumer.enable_auto_commit)),
        own("auto.commit.interval.ms", "5000", Millis(|s| &mut s.consumer.auto_commit_interval, 1, MAX_INT)),
        own(
            "isolation.level",
            "read_uncommitted",
            Parsed(|d, v| parse(v, &mut d.settings.consumer.isolation_level), "read_uncommitted or read_committed"),
        ),
        own("fetch.min.bytes", "1", Size(|s| &mut s.consumer.fetch_min_bytes, 0, MAX_INT, "bytes")),
        own("fetch.max.wait.ms", "500", Millis(|s| &mut s.consumer.fetch_max_wait, 0, MAX_INT)),
        other("fetch.wait.max.ms", "fetch.max.wait.ms", "500", Millis(|s| &mut s.consumer.fetch_max_wait, 0, MAX_INT)),
        own("fetch.max.bytes", "52428800", Size(|s| &mut s.consumer.fetch_max_bytes, 1, MAX_INT, "bytes")),
        own(
            "max.partition.fetch.bytes",
            "1048576",
            Size(|s| &mut s.consumer.max_partition_fetch_bytes, 1, MAX_INT, "bytes"),
        ),
        other(
            "fetch.message.max.bytes",
            "max.partition.fetch.bytes",
            "1048576",
            Size(|s| &mut s.consumer.max_partition_fetch_bytes, 1, MAX_INT, "bytes"),
        ),
        own("queued.max.messages.kbytes", "65536", Kibibytes(|s| &mut s.consumer.max_buffered_bytes, 1, MAX_INT)),
        own("max.poll.records", "500", Size(|s| &mut s.consumer.max_poll_records, 1, MAX_INT, "records")),
        own("check.crcs", "true", Bool(|s| &mut s.consumer.check_crcs)),
        own("exclude.internal.topics", "true", Bool(|s| &mut s.consumer.exclude_internal_topics)),
    ]
}

/// Properties that may say how the client works, but not otherwise.
fn fixed() -> Vec<Property> {
    let only = |(name, values, reason)| Property { name, meaning: Meaning::Only { values, reason } };
    let rows: [(&str, &[&str], &str); 22] = [
        ("security.protocol", &["plaintext"], "TLS and SASL are not there yet"),
        ("group.protocol", &["classic"], "the consumer group protocol is not there yet"),
        ("group.protocol.type", &["consumer"], "other types have clients of their own"),
        ("client.dns.lookup", &["use_all_dns_ips"], "all addresses of a name are tried as they are"),
        ("transaction.two.phase.commit.enable", &["false"], "two-phase commit is not there yet"),
        ("enable.gapless.guarantee", &["false"], "a failed record does not fail those after it"),
        ("delivery.report.only.error", &["false"], "drop the delivery handles that you do not need"),
        ("produce.offset.report", &["true"], "a delivery always says its offset"),
        ("queuing.strategy", &["fifo"], "records of a partition keep their order"),
        ("enable.auto.offset.store", &["true"], "turn enable.auto.commit off and commit what you have handled"),
        ("enable.partition.eof", &["false"], "compare position and end offset instead"),
        ("offset.store.method", &["broker"], "offsets are stored by the group's coordinator"),
        ("socket.nagle.disable", &["true"], "the client always writes whole requests"),
        ("socket.keepalive.enable", &["true", "false"], "requests have timeouts of their own"),
        ("broker.address.family", &["any"], "all addresses of a name are tried"),
        ("api.version.request", &["true"], "versions are always negotiated"),
        ("interceptor.classes", &[""], "classes cannot be loaded"),
        ("interceptors", &[""], "plugins cannot be loaded"),
        ("plugin.library.paths", &[""], "plugins cannot be loaded"),
        ("security.providers", &[""], "classes cannot be loaded"),
        ("config.providers", &[""], "put the values themselves"),
        ("topic.blacklist", &[""], "leave those topics out of the pattern subscribed to"),
    ];
    rows.into_iter().map(only).collect()
}

/// Properties that another program's library needs and this one does not.
fn ignored() -> Vec<Property> {
    let groups: [(&str, &[&str]); 10] = [
        (
            "keys and values are bytes here; convert them in your program",
            &["key.serializer", "value.serializer", "key.deserializer", "value.deserializer"],
        ),
        (
            "metrics are read from the client, not reported by it",
            &[
                "metric.reporters",
                "metrics.num.samples",
                "metrics.recording.level",
                "metrics.sample.window.ms",
                "auto.include.jmx.reporter",
                "enable.metrics.push",
                "statistics.interval.ms",
            ],
        ),
        (
            "logs go to the tracing subscriber of your program",
            &["debug", "log_level", "log.queue", "log.thread.name", "log.connection.close"],
        ),
        ("memory is bounded by bytes, with buffer.memory", &["queue.buffering.max.messages"]),
        ("prefetched records are bounded by bytes, with queued.max.messages.kbytes", &["queued.min.messages"]),
        ("batches are bounded by bytes, with batch.size", &["batch.num.messages"]),
        ("keyless records stick to a partition for batch.size bytes", &["sticky.partitioning.linger.ms"]),
        (
            "delays grow from retry.backoff.ms",
            &[
                "topic.metadata.refresh.fast.interval.ms",
                "topic.metadata.refresh.fast.cnt",
                "topic.metadata.propagation.max.ms",
                "fetch.error.backoff.ms",
                "fetch.queue.backoff.ms",
                "coordinator.query.interval.ms",
                "reconnect.backoff.jitter.ms",
            ],
        ),
        (
            "versions are negotiated with every broker",
            &["api.version.request.timeout.ms", "api.version.fallback.ms", "broker.version.fallback"],
        ),
        (
            "it tunes the inside of another library",
            &[
                "builtin.features",
                "broker.address.ttl",
                "consume.callback.max.messages",
                "enable.random.seed",
                "enabled_events",
                "internal.leave.group.on.close",
                "internal.termination.signal",
                "internal.throw.on.fetch.stable.offset.unsupported",
                "message.copy.max.bytes",
                "offset.store.path",
                "offset.store.sync.interval.ms",
                "queue.buffering.backpressure.threshold",
                "socket.blocking.max.ms",
                "socket.max.fails",
                "topic.metadata.refresh.sparse",
            ],
        ),
    ];
    let rows = groups.into_iter().flat_map(|(reason, names)| names.iter().map(move |name| (*name, reason)));
    rows.map(|(name, reason)| Property { name, meaning: Meaning::Ignored(reason) }).collect()
}

/// Properties whose absence a program would notice.
fn unsupported() -> Vec<Property> {
    let groups: [(&str, &[&str]); 5] = [
        ("TLS and SASL are not there yet; connect to a plaintext listener", SECURITY),
        (
            "functions cannot come from a file; use the client's own interface",
            &[
                "background_event_cb",
                "closesocket_cb",
                "connect_cb",
                "consume_cb",
                "default_topic_conf",
                "dr_cb",
                "dr_msg_cb",
                "error_cb",
                "log_cb",
                "msg_order_cmp",
                "offset_commit_cb",
                "opaque",
                "open_cb",
                "partitioner_cb",
                "rebalance_cb",
                "resolve_cb",
                "socket_cb",
                "stats_cb",
                "throttle_cb",
            ],
        ),
        ("the consumer group protocol is not there yet", &["group.remote.assignor"]),
        ("share groups are not there yet", &["share.acknowledgement.mode", "share.acquire.mode"]),
        ("connect to brokers, with bootstrap.servers", &["bootstrap.controllers"]),
    ];
    let rows = groups.into_iter().flat_map(|(reason, names)| names.iter().map(move |name| (*name, reason)));
    rows.map(|(name, reason)| Property { name, meaning: Meaning::Unsupported(reason) }).collect()
}

const SECURITY: &[&str] = &[
    "enable.sasl.oauthbearer.unsecure.jwt",
    "enable.ssl.certificate.verification",
    "https.ca.location",
    "https.ca.pem",
    "oauthbearer_token_refresh_cb",
    "sasl.client.callback.handler.class",
    "sasl.jaas.config",
    "sasl.kerberos.keytab",
    "sasl.kerberos.kinit.cmd",
    "sasl.kerberos.min.time.before.relogin",
    "sasl.kerberos.principal",
    "sasl.kerberos.service.name",
    "sasl.kerberos.ticket.renew.jitter",
    "sasl.kerberos.ticket.renew.window.factor",
    "sasl.login.callback.handler.class",
    "sasl.login.class",
    "sasl.login.connect.timeout.ms",
    "sasl.login.read.timeout.ms",
    "sasl.login.refresh.buffer.seconds",
    "sasl.login.refresh.min.period.seconds",
    "sasl.login.refresh.window.factor",
    "sasl.login.refresh.window.jitter",
    "sasl.login.retry.backoff.max.ms",
    "sasl.login.retry.backoff.ms",
    "sasl.mechanism",
    "sasl.mechanisms",
    "sasl.oauthbearer.assertion.algorithm",
    "sasl.oauthbearer.assertion.claim.aud",
    "sasl.oauthbearer.assertion.claim.exp.seconds",
    "sasl.oauthbearer.assertion.claim.iss",
    "sasl.oauthbearer.assertion.claim.jti.include",
    "sasl.oauthbearer.assertion.claim.nbf.seconds",
    "sasl.oauthbearer.assertion.claim.sub",
    "sasl.oauthbearer.assertion.file",
    "sasl.oauthbearer.assertion.jwt.template.file",
    "sasl.oauthbearer.assertion.private.key.file",
    "sasl.oauthbearer.assertion.private.key.passphrase",
    "sasl.oauthbearer.assertion.private.key.pem",
    "sasl.oauthbearer.assertion.template.file",
    "sasl.oauthbearer.client.credentials.client.id",
    "sasl.oauthbearer.client.credentials.client.secret",
    "sasl.oauthbearer.client.id",
    "sasl.oauthbearer.client.secret",
    "sasl.oauthbearer.clock.skew.seconds",
    "sasl.oauthbearer.config",
    "sasl.oauthbearer.expected.audience",
    "sasl.oauthbearer.expected.issuer",
    "sasl.oauthbearer.extensions",
    "sasl.oauthbearer.grant.type",
    "sasl.oauthbearer.header.urlencode",
    "sasl.oauthbearer.jwks.endpoint.refresh.ms",
    "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms",
    "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms",
    "sasl.oauthbearer.jwks.endpoint.url",
    "sasl.oauthbearer.jwt.retriever.class",
    "sasl.oauthbearer.jwt.validator.class",
    "sasl.oauthbearer.metadata.authentication.type",
    "sasl.oauthbearer.method",
    "sasl.oauthbearer.scope",
    "sasl.oauthbearer.scope.claim.name",
    "sasl.oauthbearer.sub.claim.name",
    "sasl.oauthbearer.token.endpoint.url",
    "sasl.password",
    "sasl.username",
    "ssl.ca.certificate.stores",
    "ssl.ca.location",
    "ssl.ca.pem",
    "ssl.certificate.location",
    "ssl.certificate.pem",
    "ssl.certificate.verify_cb",
    "ssl.cipher.suites",
    "ssl.crl.location",
    "ssl.curves.list",
    "ssl.enabled.protocols",
    "ssl.endpoint.identification.algorithm",
    "ssl.engine.factory.class",
    "ssl.engine.id",
    "ssl.engine.location",
    "ssl.key.location",
    "ssl.key.password",
    "ssl.key.pem",
    "ssl.keymanager.algorithm",
    "ssl.keystore.certificate.chain",
    "ssl.keystore.key",
    "ssl.keystore.location",
    "ssl.keystore.password",
    "ssl.keystore.type",
    "ssl.protocol",
    "ssl.provider",
    "ssl.providers",
    "ssl.secure.random.implementation",
    "ssl.sigalgs.list",
    "ssl.trustmanager.algorithm",
    "ssl.truststore.certificates",
    "ssl.truststore.location",
    "ssl.truststore.password",
    "ssl.truststore.type",
    "ssl_ca",
    "ssl_certificate",
    "ssl_engine_callback_data",
    "ssl_key",
];

fn parse<T: FromStr<Err: Into<Refusal>>>(value: &str, field: &mut T) -> Result<(), Refusal> {
    *field = value.parse().map_err(Into::into)?;
    Ok(())
}

fn invalid<T>(valid: &str) -> Result<T, Refusal> {
    Err(Refusal::Invalid(valid.to_owned()))
}

fn set_servers(draft: &mut Draft, value: &str) -> Result<(), Refusal> {
    let addresses = value.split(',').filter(|address| !address.trim().is_empty());
    draft.settings.client.bootstrap_servers = addresses.map(ServerAddress::from_str).collect::<Result<_, _>>()?;
    Ok(())
}

fn set_client_id(draft: &mut Draft, value: &str) -> Result<(), Refusal> {
    value.clone_into(&mut draft.settings.client.client_id);
    Ok(())
}

fn set_refresh_interval(draft: &mut Draft, value: &str) -> Result<(), Refusal> {
    draft.settings.client.metadata_max_age = match value.parse::<i32>() {
        Ok(-1) => MAX_MILLIS,
        Ok(millis) if millis > 0 => Duration::from_millis(u64::from(millis.unsigned_abs())),
        _ => return invalid("1 to 2147483647 ms, or -1 for never"),
    };
    Ok(())
}

fn set_message_timeout(draft: &mut Draft, value: &str) -> Result<(), Refusal> {
    draft.settings.producer.delivery_timeout = match value.parse::<i32>() {
        Ok(0) => MAX_MILLIS,
        Ok(millis) if millis > 0 => Duration::from_millis(u64::from(millis.unsigned_abs())),
        _ => return invalid("1 to 2147483647 ms, or 0 for the longest"),
    };
    Ok(())
}

fn set_acks(draft: &mut Draft, value: &str) -> Result<(), Refusal> {
    parse::<Acks>(value, &mut draft.settings.producer.acks)
}

fn set_idempotence(draft: &mut Draft, value: &str) -> Result<(), Refusal> {
    let Some(enabled) = boolean(value) else { return invalid("true or false") };
    draft.settings.producer.enable_idempotence = Some(enabled);
    Ok(())
}

fn set_retries(draft: &mut Draft, value: &str) -> Result<(), Refusal> {
    match value.parse::<i32>() {
        Ok(retries) if retries >= 0 => draft.settings.producer.retries = retries.unsigned_abs(),
        _ => return invalid("0 to 2147483647"),
    }
    Ok(())
}

fn set_codec(draft: &mut Draft, value: &str) -> Result<(), Refusal> {
    let codecs = [Compression::None, Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd];
    match codecs.into_iter().find(|codec| codec.name().eq_ignore_ascii_case(value)) {
        Some(codec) => draft.settings.producer.compression.codec = codec,
        None => return invalid("none, gzip, snappy, lz4 or zstd"),
    }
    Ok(())
}

const PARTITIONERS: &str = "murmur2_random, consistent_random or random";

fn set_partitioner(draft: &mut Draft, value: &str) -> Result<(), Refusal> {
    let producer = &mut draft.settings.producer;
    match value {
        "murmur2_random" => producer.partitioner = PartitionerName::Murmur2,
        "consistent_random" => producer.partitioner = PartitionerName::Crc32,
        "random" => producer.partitioner_ignore_keys = true,
        "consistent" | "murmur2" => {
            return Err(Refusal::Unsupported(
                "it sends all records without a key to one partition; use its _random form",
            ));
        }
        "fnv1a" | "fnv1a_random" => {
            return Err(Refusal::Unsupported("no other client has it; implement Partitioner if you need it"));
        }
        _ => return invalid(PARTITIONERS),
    }
    Ok(())
}

const PARTITIONER_CLASSES: &str = "empty, or org.apache.kafka.clients.producer.RoundRobinPartitioner";

fn set_partitioner_class(draft: &mut Draft, value: &str) -> Result<(), Refusal> {
    let name = value.rsplit('.').next().unwrap_or_default();
    draft.settings.producer.partitioner = match name {
        "" | "DefaultPartitioner" => PartitionerName::Murmur2,
        "RoundRobinPartitioner" => PartitionerName::RoundRobin,
        "UniformStickyPartitioner" => {
            return Err(Refusal::Unsupported("set partitioner.ignore.keys=true instead"));
        }
        _ => return Err(Refusal::Unsupported("classes cannot be loaded; implement Partitioner in your program")),
    };
    Ok(())
}

fn set_assignors(draft: &mut Draft, value: &str) -> Result<(), Refusal> {
    let names = value.split(',').filter(|name| !name.trim().is_empty());
    let assignors = names.map(AssignorName::from_str).collect::<Result<Vec<_>, _>>()?;
    if assignors.is_empty() {
        return invalid("one or more of range, roundrobin, sticky, cooperative-sticky, separated by commas");
    }
    draft.settings.consumer.assignors = assignors;
    Ok(())
}
