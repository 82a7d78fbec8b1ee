//! The settings of Kafka's broker that this one knows but does not act on.
//!
//! They are described like the others, so that tools find what they look for; setting one to something other than
//! its default is answered with a warning at start.

use super::definition::{Definition, definitions};

pub(super) const DEFINITIONS: &[Definition] = definitions! {
    /// The longest the broker retries to add a partition to a transaction before it tells the client.
    "add.partitions.to.txn.retry.backoff.max.ms": Int, default("100"), at_least(0);
    /// The pause between the broker's tries to add a partition to a transaction.
    "add.partitions.to.txn.retry.backoff.ms": Int, default("20"), at_least(1);
    /// A Java class that may veto changes of configs.
    "alter.config.policy.class.name": Class;
    /// The quota samples kept for moves between data directories.
    "alter.log.dirs.replication.quota.window.num": Int, default("11"), at_least(1);
    /// The span of a quota sample for moves between data directories.
    "alter.log.dirs.replication.quota.window.size.seconds": Int, default("1"), at_least(1);
    /// A Java class that decides who may do what.
    "authorizer.class.name": String, default("");
    /// Whether preferred replicas become leaders again by themselves.
    "auto.leader.rebalance.enable": Boolean, default("true");
    /// Threads for background work.
    "background.threads": Int, default("10"), at_least(1), cluster_wide();
    /// How often a broker reports to the controller.
    "broker.heartbeat.interval.ms": Int, default("2000");
    /// A broker silent for this long is fenced.
    "broker.session.timeout.ms": Int, default("9000");
    /// A Java class that computes client quotas.
    "client.quota.callback.class": Class;
    /// Providers that fill placeholders in configs.
    "config.providers": List, default(""), cluster_wide();
    /// How long a failed authentication keeps its connection before it is closed.
    "connection.failed.authentication.delay.ms": Int, default("100"), at_least(0);
    /// How long an authenticated session lasts before it must authenticate again.
    "connections.max.reauth.ms": Long, default("0");
    /// Whether a stopping broker hands over its leaderships first.
    "controlled.shutdown.enable": Boolean, default("true");
    /// Controller events slower than this are logged.
    "controller.performance.always.log.threshold.ms": Long, default("2000"), at_least(0), internal();
    /// The span over which slow controller events are sampled.
    "controller.performance.sample.period.ms": Long, default("60000"), at_least(100), internal();
    /// How long the quorum's leader gathers records before it writes them.
    "controller.quorum.append.linger.ms": Int, default("25"), at_least(0);
    /// Whether a controller joins the voters by itself.
    "controller.quorum.auto.join.enable": Boolean, default("false");
    /// Addresses through which the quorum is found.
    "controller.quorum.bootstrap.servers": List, default(""), host_ports();
    /// The longest pause before another election of the quorum.
    "controller.quorum.election.backoff.max.ms": Int, default("1000"), at_least(0);
    /// How long an election of the quorum may take.
    "controller.quorum.election.timeout.ms": Int, default("1000"), at_least(0);
    /// The bytes a fetch of the metadata log asks for.
    "controller.quorum.fetch.max.bytes": Int, default("1048576"), at_least(1);
    /// The bytes a fetch of a metadata snapshot asks for.
    "controller.quorum.fetch.snapshot.max.bytes": Int, default("1048576"), at_least(1);
    /// How long a voter goes without the leader before it calls an election.
    "controller.quorum.fetch.timeout.ms": Int, default("2000"), at_least(0);
    /// How long a request within the quorum waits for its response.
    "controller.quorum.request.timeout.ms": Int, default("2000"), at_least(0);
    /// The pause before a request within the quorum is tried again.
    "controller.quorum.retry.backoff.ms": Int, default("20"), at_least(0);
    /// The voters of the quorum, as `id@host:port`.
    "controller.quorum.voters": List, default(""), voters();
    /// The quota samples kept for changes of the cluster.
    "controller.quota.window.num": Int, default("11"), at_least(1);
    /// The span of a quota sample for changes of the cluster.
    "controller.quota.window.size.seconds": Int, default("1"), at_least(1);
    /// How long a request to the controller waits for its response.
    "controller.socket.timeout.ms": Int, default("30000");
    /// Data directories that take no new partitions.
    "cordoned.log.dirs": List, default(""), per_broker();
    /// A Java class that may veto new topics.
    "create.topic.policy.class.name": Class;
    /// How often delegation tokens are looked over for expired ones.
    "delegation.token.expiry.check.interval.ms": Long, default("3600000"), at_least(1);
    /// How long a delegation token is valid until it is renewed.
    "delegation.token.expiry.time.ms": Long, default("86400000"), at_least(1);
    /// How long a delegation token can be renewed.
    "delegation.token.max.lifetime.ms": Long, default("604800000"), at_least(1);
    /// The secret that signs delegation tokens.
    "delegation.token.secret.key": Password;
    /// Waiting record deletions between two purges.
    "delete.records.purgatory.purge.interval.requests": Int, default("1");
    /// Listeners that open before the broker is ready.
    "early.start.listeners": List;
    /// Waiting fetches between two purges.
    "fetch.purgatory.purge.interval.requests": Int, default("1000");
    /// Whether a new follower begins where tiered storage ends.
    "follower.fetch.last.tiered.offset.enable": Boolean, default("false"), cluster_wide();
    /// The shortest time between two assignments of a consumer group.
    "group.consumer.assignment.interval.ms": Int, default("1000"), at_least(0), cluster_wide();
    /// The assignors of consumer groups; the first is the default.
    "group.consumer.assignors": List, default("uniform,range"), non_empty();
    /// How often members of a consumer group send heartbeats.
    "group.consumer.heartbeat.interval.ms": Int, default("5000"), at_least(1);
    /// The largest assignment interval a consumer group may choose.
    "group.consumer.max.assignment.interval.ms": Int, default("15000"), at_least(0);
    /// The largest heartbeat interval a consumer group may choose.
    "group.consumer.max.heartbeat.interval.ms": Int, default("15000"), at_least(1);
    /// The largest session timeout a consumer group may choose.
    "group.consumer.max.session.timeout.ms": Int, default("60000"), at_least(1);
    /// The most members a consumer group may have.
    "group.consumer.max.size": Int, default("2147483647"), at_least(1);
    /// Which ways a group may change between the classic and the consumer protocol.
    "group.consumer.migration.policy": String,
        default("bidirectional"),
        one_of_ignoring_case(&["DISABLED", "DOWNGRADE", "UPGRADE", "BIDIRECTIONAL"]);
    /// The smallest assignment interval a consumer group may choose.
    "group.consumer.min.assignment.interval.ms": Int, default("0"), at_least(0);
    /// The smallest heartbeat interval a consumer group may choose.
    "group.consumer.min.heartbeat.interval.ms": Int, default("5000"), at_least(1);
    /// The smallest session timeout a consumer group may choose.
    "group.consumer.min.session.timeout.ms": Int, default("45000"), at_least(1);
    /// How often subscribed patterns are matched against the topics again.
    "group.consumer.regex.refresh.interval.ms": Int, default("600000"), at_least(10_000), internal();
    /// A member of a consumer group silent for this long is removed.
    "group.consumer.session.timeout.ms": Int, default("45000"), at_least(1);
    /// How long the group coordinator gathers records before it writes them; -1 adapts.
    "group.coordinator.append.linger.ms": Int, default("-1"), at_least(-1);
    /// Threads for the group coordinator's background work.
    "group.coordinator.background.threads": Int, default("2"), at_least(1);
    /// The largest write buffer the group coordinator keeps for reuse.
    "group.coordinator.cached.buffer.max.bytes": Int, default("1048588"), at_least(524_288), cluster_wide();
    /// The kinds of group the coordinator serves.
    "group.coordinator.rebalance.protocols": List,
        default("classic,consumer,streams"),
        one_of(&["consumer", "classic", "share", "streams"]),
        non_empty();
    /// Threads of the group coordinator.
    "group.coordinator.threads": Int, default("4"), at_least(1);
    /// The shortest time between two assignments of a share group.
    "group.share.assignment.interval.ms": Int, default("1000"), at_least(0), cluster_wide();
    /// The assignors of share groups.
    "group.share.assignors": List, default("simple"), non_empty();
    /// How often a record is delivered before it is given up.
    "group.share.delivery.count.limit": Int, default("5"), between(2, 10);
    /// How often members of a share group send heartbeats.
    "group.share.heartbeat.interval.ms": Int, default("5000"), at_least(1);
    /// The pause before a share partition's set-up is tried again.
    "group.share.initialize.retry.interval.ms": Int, default("30000"), at_least(1), internal();
    /// The largest assignment interval a share group may choose.
    "group.share.max.assignment.interval.ms": Int, default("15000"), at_least(0);
    /// The largest delivery count a share group may choose.
    "group.share.max.delivery.count.limit": Int, default("10"), between(5, 25);
    /// The largest heartbeat interval a share group may choose.
    "group.share.max.heartbeat.interval.ms": Int, default("15000"), at_least(1);
    /// The largest number of record locks a share group may choose.
    "group.share.max.partition.max.record.locks": Int, default("4000"), between(2_000, 10_000);
    /// The largest record lock a share group may choose.
    "group.share.max.record.lock.duration.ms": Int, default("60000"), between(30_000, 3_600_000);
    /// The largest session timeout a share group may choose.
    "group.share.max.session.timeout.ms": Int, default("60000"), at_least(1);
    /// The most share sessions kept at a time.
    "group.share.max.share.sessions": Int, default("2000"), at_least(1);
    /// The most members a share group may have.
    "group.share.max.size": Int, default("200"), between(1, 1_000);
    /// The smallest assignment interval a share group may choose.
    "group.share.min.assignment.interval.ms": Int, default("0"), at_least(0);
    /// The smallest delivery count a share group may choose.
    "group.share.min.delivery.count.limit": Int, default("2"), between(2, 5);
    /// The smallest heartbeat interval a share group may choose.
    "group.share.min.heartbeat.interval.ms": Int, default("5000"), at_least(1);
    /// The smallest number of record locks a share group may choose.
    "group.share.min.partition.max.record.locks": Int, default("100"), between(100, 2_000);
    /// The smallest record lock a share group may choose.
    "group.share.min.record.lock.duration.ms": Int, default("15000"), between(1_000, 30_000);
    /// The smallest session timeout a share group may choose.
    "group.share.min.session.timeout.ms": Int, default("45000"), at_least(1);
    /// The most records of a partition that may be locked at a time.
    "group.share.partition.max.record.locks": Int, default("2000"), between(100, 10_000);
    /// A Java class that keeps the state of share groups.
    "group.share.persister.class.name": String,
        default("org.apache.kafka.server.share.persister.DefaultStatePersister"),
        internal();
    /// How long a delivered record stays locked for its member.
    "group.share.record.lock.duration.ms": Int, default("30000"), between(1_000, 3_600_000);
    /// A member of a share group silent for this long is removed.
    "group.share.session.timeout.ms": Int, default("45000"), at_least(1);
    /// The shortest time between two assignments of a streams group.
    "group.streams.assignment.interval.ms": Int, default("1000"), at_least(0), cluster_wide();
    /// How often members of a streams group send heartbeats.
    "group.streams.heartbeat.interval.ms": Int, default("5000"), at_least(1);
    /// How long the first assignment of a streams group waits for more members.
    "group.streams.initial.rebalance.delay.ms": Int, default("3000"), at_least(0);
    /// The largest assignment interval a streams group may choose.
    "group.streams.max.assignment.interval.ms": Int, default("15000"), at_least(0);
    /// The largest heartbeat interval a streams group may choose.
    "group.streams.max.heartbeat.interval.ms": Int, default("15000"), at_least(1);
    /// The largest session timeout a streams group may choose.
    "group.streams.max.session.timeout.ms": Int, default("60000"), at_least(1);
    /// The most members a streams group may have.
    "group.streams.max.size": Int, default("2147483647"), at_least(1);
    /// The most standby tasks a streams group may choose.
    "group.streams.max.standby.replicas": Int, default("2"), at_least(0);
    /// The smallest assignment interval a streams group may choose.
    "group.streams.min.assignment.interval.ms": Int, default("0"), at_least(0);
    /// The smallest heartbeat interval a streams group may choose.
    "group.streams.min.heartbeat.interval.ms": Int, default("5000"), at_least(1);
    /// The smallest session timeout a streams group may choose.
    "group.streams.min.session.timeout.ms": Int, default("45000"), at_least(1);
    /// Standby tasks per task of a streams group.
    "group.streams.num.standby.replicas": Int, default("0"), at_least(0);
    /// A member of a streams group silent for this long is removed.
    "group.streams.session.timeout.ms": Int, default("45000"), at_least(1);
    /// How long a starting broker tries to register.
    "initial.broker.registration.timeout.ms": Int, default("60000");
    /// How long deleted files of the metadata log stay on disk.
    "internal.metadata.delete.delay.millis": Long, default("60000"), internal();
    /// A segment size of the metadata log below the public minimum, for tests.
    "internal.metadata.log.segment.bytes": Int, internal();
    /// The largest batch of the metadata log.
    "internal.metadata.max.batch.size.in.bytes": Int, default("8388608"), internal();
    /// How often the older metrics reporters are polled.
    "kafka.metrics.polling.interval.secs": Int, default("10"), at_least(1);
    /// Java classes that report the older metrics.
    "kafka.metrics.reporters": List, default("");
    /// How often leaders are compared with the preferred replicas.
    "leader.imbalance.check.interval.seconds": Long, default("300"), at_least(1);
    /// How full the key table of a compaction may get.
    "log.cleaner.io.buffer.load.factor": Double, default("0.9"), cluster_wide();
    /// The memory for reading and writing of a compaction, over all threads.
    "log.cleaner.io.buffer.size": Int, default("524288"), at_least(0), cluster_wide();
    /// The most that compaction reads and writes in a second.
    "log.cleaner.io.max.bytes.per.second": Double, default("1.7976931348623157E308"), cluster_wide();
    /// Threads for compaction.
    "log.cleaner.threads": Int, default("1"), at_least(0), cluster_wide();
    /// How long a broker that cannot report a failed directory goes on before it stops.
    "log.dir.failure.timeout.ms": Long, default("30000"), at_least(1);
    /// The pause before the first run of the log's background work.
    "log.initial.task.delay.ms": Long, default("30000"), at_least(0), internal();
    /// The most new connections in a second.
    "max.connection.creation.rate": Int, default("2147483647"), at_least(0), cluster_wide();
    /// The directory of the metadata log.
    "metadata.log.dir": String;
    /// The bytes of metadata records between two snapshots.
    "metadata.log.max.record.bytes.between.snapshots": Long, default("20971520"), at_least(1);
    /// The longest time between two metadata snapshots.
    "metadata.log.max.snapshot.interval.ms": Long, default("3600000"), at_least(0);
    /// The segment size of the metadata log.
    "metadata.log.segment.bytes": Int, default("1073741824"), at_least(8_388_608);
    /// The age at which a segment of the metadata log is closed.
    "metadata.log.segment.ms": Long, default("604800000");
    /// How often an idle controller writes a record to show that it lives.
    "metadata.max.idle.interval.ms": Int, default("500"), at_least(0);
    /// The bytes of metadata log and snapshots kept.
    "metadata.max.retention.bytes": Long, default("104857600");
    /// How long metadata log and snapshots are kept.
    "metadata.max.retention.ms": Long, default("604800000");
    /// Java classes that report metrics.
    "metric.reporters": List, default("org.apache.kafka.common.metrics.JmxReporter"), cluster_wide();
    /// Samples kept per metric.
    "metrics.num.samples": Int, default("2"), at_least(1);
    /// How detailed metrics are.
    "metrics.recording.level": String, default("INFO");
    /// The span of a sample of a metric.
    "metrics.sample.window.ms": Long, default("30000"), at_least(1);
    /// Threads that handle requests.
    "num.io.threads": Int, default("8"), at_least(1), cluster_wide();
    /// Threads that read requests and write responses, per listener.
    "num.network.threads": Int, default("3"), at_least(1), cluster_wide();
    /// Threads that recover logs at start, per data directory.
    "num.recovery.threads.per.data.dir": Int, default("2"), at_least(1), cluster_wide();
    /// Threads that move replicas between data directories.
    "num.replica.alter.log.dirs.threads": Int;
    /// Threads that fetch from each leader.
    "num.replica.fetchers": Int, default("1"), at_least(1), cluster_wide();
    /// The bytes read at a time when groups and offsets are loaded.
    "offsets.load.buffer.size": Int, default("5242880"), at_least(1);
    /// The codec of the topic of committed offsets, by its number.
    "offsets.topic.compression.codec": Int, default("0");
    /// A Java class that names the user of a connection.
    "principal.builder.class": Class,
        default("org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder"),
        per_broker();
    /// The roles of the process: broker, controller, or both.
    "process.roles": List, one_of(&["broker", "controller"]), non_empty();
    /// Waiting produces between two purges.
    "producer.purgatory.purge.interval.requests": Int, default("1000");
    /// The most bytes of waiting requests; -1 is without limit.
    "queued.max.request.bytes": Long, default("-1");
    /// The samples kept for client quotas.
    "quota.window.num": Int, default("11"), at_least(1);
    /// The span of a sample for client quotas.
    "quota.window.size.seconds": Int, default("1"), at_least(1);
    /// The longest a fetch waits for tiered storage.
    "remote.fetch.max.wait.ms": Int, default("500"), at_least(1), cluster_wide();
    /// The longest a lookup of offsets waits for tiered storage.
    "remote.list.offsets.request.timeout.ms": Long, default("30000"), at_least(1), cluster_wide();
    /// The disk space for cached indexes of tiered storage.
    "remote.log.index.file.cache.total.size.bytes": Long, default("1073741824"), at_least(1), cluster_wide();
    /// How long an unused cached index of tiered storage stays.
    "remote.log.index.file.cache.ttl.ms": Long, default("900000"), at_least(-1), internal();
    /// Threads that copy segments to tiered storage.
    "remote.log.manager.copier.thread.pool.size": Int, default("10"), at_least(1), cluster_wide();
    /// The most that is copied to tiered storage in a second.
    "remote.log.manager.copy.max.bytes.per.second": Long, default("9223372036854775807"), at_least(1), cluster_wide();
    /// The quota samples kept for copying to tiered storage.
    "remote.log.manager.copy.quota.window.num": Int, default("11"), at_least(1);
    /// The span of a quota sample for copying to tiered storage.
    "remote.log.manager.copy.quota.window.size.seconds": Int, default("1"), at_least(1);
    /// Threads that delete from tiered storage.
    "remote.log.manager.expiration.thread.pool.size": Int, default("10"), at_least(1), cluster_wide();
    /// The most that is read from tiered storage in a second.
    "remote.log.manager.fetch.max.bytes.per.second": Long, default("9223372036854775807"), at_least(1), cluster_wide();
    /// The quota samples kept for reading from tiered storage.
    "remote.log.manager.fetch.quota.window.num": Int, default("11"), at_least(1);
    /// The span of a quota sample for reading from tiered storage.
    "remote.log.manager.fetch.quota.window.size.seconds": Int, default("1"), at_least(1);
    /// Threads that follow tiered storage for followers.
    "remote.log.manager.follower.thread.pool.size": Int, default("2"), at_least(1), cluster_wide();
    /// How often tiered storage is attended to.
    "remote.log.manager.task.interval.ms": Long, default("30000"), at_least(1);
    /// The longest pause before work on tiered storage is tried again.
    "remote.log.manager.task.retry.backoff.max.ms": Long, default("30000"), at_least(1), internal();
    /// The first pause before work on tiered storage is tried again.
    "remote.log.manager.task.retry.backoff.ms": Long, default("500"), at_least(1), internal();
    /// The random share of the pause before work on tiered storage is tried again.
    "remote.log.manager.task.retry.jitter": Double, default("0.2"), ratio(0.0, 0.5), internal();
    /// Threads for tiered storage.
    "remote.log.manager.thread.pool.size": Int, default("2"), at_least(1);
    /// The most custom metadata per segment in tiered storage.
    "remote.log.metadata.custom.metadata.max.bytes": Int, default("128"), at_least(0);
    /// A Java class that keeps the metadata of tiered storage.
    "remote.log.metadata.manager.class.name": String,
        default("org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager"),
        non_empty();
    /// The class path of the metadata manager of tiered storage.
    "remote.log.metadata.manager.class.path": String;
    /// The prefix of the settings for the metadata manager of tiered storage.
    "remote.log.metadata.manager.impl.prefix": String, default("rlmm.config."), non_empty();
    /// The listener by which the metadata manager of tiered storage reaches the broker.
    "remote.log.metadata.manager.listener.name": String, non_empty();
    /// The most reads that may wait for tiered storage.
    "remote.log.reader.max.pending.tasks": Int, default("100"), at_least(1);
    /// Threads that read from tiered storage.
    "remote.log.reader.threads": Int, default("10"), at_least(1), cluster_wide();
    /// A Java class that reads and writes tiered storage.
    "remote.log.storage.manager.class.name": String, non_empty();
    /// The class path of the storage manager of tiered storage.
    "remote.log.storage.manager.class.path": String;
    /// The prefix of the settings for the storage manager of tiered storage.
    "remote.log.storage.manager.impl.prefix": String, default("rsm.config."), non_empty();
    /// Whether tiered storage is available.
    "remote.log.storage.system.enable": Boolean, default("false");
    /// The pause of a follower after a failed fetch.
    "replica.fetch.backoff.ms": Int, default("1000"), at_least(0);
    /// A Java class that chooses the replica to read from.
    "replica.selector.class": String;
    /// The receive buffer of a follower's connection to its leader.
    "replica.socket.receive.buffer.bytes": Int, default("65536");
    /// How long a follower's request waits for its response.
    "replica.socket.timeout.ms": Int, default("30000");
    /// The samples kept for replication quotas.
    "replication.quota.window.num": Int, default("11"), at_least(1);
    /// The span of a sample for replication quotas.
    "replication.quota.window.size.seconds": Int, default("1"), at_least(1);
    /// How long a broker's request to another waits for its response.
    "request.timeout.ms": Int, default("30000");
    /// A Java class that answers SASL clients' questions.
    "sasl.client.callback.handler.class": Class;
    /// The SASL mechanisms that clients may use.
    "sasl.enabled.mechanisms": List, default("GSSAPI"), per_broker();
    /// The JAAS login of SASL.
    "sasl.jaas.config": Password, per_broker();
    /// The path of Kerberos' kinit.
    "sasl.kerberos.kinit.cmd": String, default("/usr/bin/kinit"), per_broker();
    /// The shortest time between two Kerberos logins.
    "sasl.kerberos.min.time.before.relogin": Long, default("60000"), per_broker();
    /// Rules from Kerberos principals to user names.
    "sasl.kerberos.principal.to.local.rules": List, default("DEFAULT"), per_broker();
    /// The Kerberos name of the brokers.
    "sasl.kerberos.service.name": String, per_broker();
    /// The random share of the time until a Kerberos ticket is renewed.
    "sasl.kerberos.ticket.renew.jitter": Double, default("0.05"), per_broker();
    /// The share of a Kerberos ticket's life after which it is renewed.
    "sasl.kerberos.ticket.renew.window.factor": Double, default("0.8"), per_broker();
    /// A Java class that answers a SASL login's questions.
    "sasl.login.callback.handler.class": Class;
    /// A Java class for the SASL login.
    "sasl.login.class": Class;
    /// How long connecting to an OAuth provider may take.
    "sasl.login.connect.timeout.ms": Int;
    /// How long reading from an OAuth provider may take.
    "sasl.login.read.timeout.ms": Int;
    /// The time before its expiry at which an OAuth credential is refreshed at the latest.
    "sasl.login.refresh.buffer.seconds": Short, default("300"), per_broker();
    /// The shortest time between two refreshes of an OAuth credential.
    "sasl.login.refresh.min.period.seconds": Short, default("60"), per_broker();
    /// The share of an OAuth credential's life after which it is refreshed.
    "sasl.login.refresh.window.factor": Double, default("0.8"), per_broker();
    /// The random share of the time until an OAuth credential is refreshed.
    "sasl.login.refresh.window.jitter": Double, default("0.05"), per_broker();
    /// The longest pause before an OAuth provider is asked again.
    "sasl.login.retry.backoff.max.ms": Long, default("10000");
    /// The first pause before an OAuth provider is asked again.
    "sasl.login.retry.backoff.ms": Long, default("100");
    /// The SASL mechanism towards controllers.
    "sasl.mechanism.controller.protocol": String, default("GSSAPI");
    /// The SASL mechanism among brokers.
    "sasl.mechanism.inter.broker.protocol": String, default("GSSAPI"), per_broker();
    /// The algorithm that signs an OAuth assertion.
    "sasl.oauthbearer.assertion.algorithm": String, default("RS256"), one_of_ignoring_case(&["ES256", "RS256"]);
    /// The audience claim of an OAuth assertion.
    "sasl.oauthbearer.assertion.claim.aud": String;
    /// How long an OAuth assertion is valid.
    "sasl.oauthbearer.assertion.claim.exp.seconds": Int, default("300"), between(0, 86_400);
    /// The issuer claim of an OAuth assertion.
    "sasl.oauthbearer.assertion.claim.iss": String;
    /// Whether an OAuth assertion has a unique id.
    "sasl.oauthbearer.assertion.claim.jti.include": Boolean, default("false");
    /// How far in the past an OAuth assertion begins to be valid.
    "sasl.oauthbearer.assertion.claim.nbf.seconds": Int, default("60"), between(0, 3_600);
    /// The subject claim of an OAuth assertion.
    "sasl.oauthbearer.assertion.claim.sub": String;
    /// A file with a ready OAuth assertion.
    "sasl.oauthbearer.assertion.file": String;
    /// The private key that signs an OAuth assertion.
    "sasl.oauthbearer.assertion.private.key.file": String;
    /// The passphrase of the key that signs an OAuth assertion.
    "sasl.oauthbearer.assertion.private.key.passphrase": Password;
    /// A template of an OAuth assertion.
    "sasl.oauthbearer.assertion.template.file": String;
    /// The OAuth client id.
    "sasl.oauthbearer.client.credentials.client.id": String;
    /// The OAuth client secret.
    "sasl.oauthbearer.client.credentials.client.secret": Password;
    /// How far the OAuth provider's clock may be off.
    "sasl.oauthbearer.clock.skew.seconds": Int, default("30");
    /// The audiences an OAuth token must name one of.
    "sasl.oauthbearer.expected.audience": List, default("");
    /// The issuer an OAuth token must name.
    "sasl.oauthbearer.expected.issuer": String;
    /// How often the OAuth provider's keys are read again.
    "sasl.oauthbearer.jwks.endpoint.refresh.ms": Long, default("3600000");
    /// The longest pause before the OAuth provider's keys are asked for again.
    "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms": Long, default("10000");
    /// The first pause before the OAuth provider's keys are asked for again.
    "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms": Long, default("100");
    /// Where the OAuth provider's keys are.
    "sasl.oauthbearer.jwks.endpoint.url": String;
    /// A Java class that gets OAuth tokens.
    "sasl.oauthbearer.jwt.retriever.class": Class,
        default("org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever");
    /// A Java class that checks OAuth tokens.
    "sasl.oauthbearer.jwt.validator.class": Class,
        default("org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator");
    /// The scope asked of the OAuth provider.
    "sasl.oauthbearer.scope": String;
    /// The claim that holds an OAuth token's scope.
    "sasl.oauthbearer.scope.claim.name": String, default("scope");
    /// The claim that holds an OAuth token's subject.
    "sasl.oauthbearer.sub.claim.name": String, default("sub");
    /// Where OAuth tokens are got.
    "sasl.oauthbearer.token.endpoint.url": String;
    /// A Java class that answers the SASL server's questions.
    "sasl.server.callback.handler.class": Class;
    /// The largest request accepted before authentication is done.
    "sasl.server.max.receive.size": Int, default("524288");
    /// The security protocol among brokers.
    "security.inter.broker.protocol": String,
        default("PLAINTEXT"),
        one_of(&["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]);
    /// Java classes that provide security algorithms.
    "security.providers": String;
    /// The longest a start may take.
    "server.max.startup.time.ms": Long, default("9223372036854775807"), at_least(0), internal();
    /// How long the share coordinator gathers records before it writes them; -1 adapts.
    "share.coordinator.append.linger.ms": Int, default("-1"), at_least(-1);
    /// The largest write buffer the share coordinator keeps for reuse.
    "share.coordinator.cached.buffer.max.bytes": Int, default("1048588"), at_least(524_288), cluster_wide();
    /// How often idle share partitions are written out in full.
    "share.coordinator.cold.partition.snapshot.interval.ms": Int, default("300000"), at_least(1), internal();
    /// The bytes read at a time when share state is loaded.
    "share.coordinator.load.buffer.size": Int, default("5242880"), at_least(1);
    /// Updates of a share partition between two full states.
    "share.coordinator.snapshot.update.records.per.snapshot": Int, default("500"), between(0, 500);
    /// The codec of the share state topic, by its number.
    "share.coordinator.state.topic.compression.codec": Int, default("0");
    /// Replicas that must be in sync for the share state topic to accept writes.
    "share.coordinator.state.topic.min.isr": Short, default("2"), at_least(1);
    /// Partitions of the share state topic.
    "share.coordinator.state.topic.num.partitions": Int, default("50"), at_least(1);
    /// How often the share state topic is pruned.
    "share.coordinator.state.topic.prune.interval.ms": Int, default("300000"), at_least(1), internal();
    /// Replicas of the share state topic.
    "share.coordinator.state.topic.replication.factor": Short, default("3"), at_least(1);
    /// The segment size of the share state topic.
    "share.coordinator.state.topic.segment.bytes": Int, default("104857600"), at_least(1);
    /// Threads of the share coordinator.
    "share.coordinator.threads": Int, default("1"), at_least(1);
    /// How long a write of the share coordinator waits for its replicas.
    "share.coordinator.write.timeout.ms": Int, default("5000"), at_least(1);
    /// Waiting share fetches between two purges.
    "share.fetch.purgatory.purge.interval.requests": Int, default("1000");
    /// The longest wait for a connection to be set up, after failures.
    "socket.connection.setup.timeout.max.ms": Long, default("30000");
    /// The first wait for a connection to be set up.
    "socket.connection.setup.timeout.ms": Long, default("10000");
    /// Whether a replaced certificate may have another distinguished name.
    "ssl.allow.dn.changes": Boolean, default("false");
    /// Whether a replaced certificate may have other alternative names.
    "ssl.allow.san.changes": Boolean, default("false");
    /// The cipher suites of TLS; empty for the library's own choice.
    "ssl.cipher.suites": List, default(""), per_broker();
    /// Whether clients must, may or need not show a certificate.
    "ssl.client.auth": String, default("none"), one_of(&["required", "requested", "none"]), per_broker();
    /// The TLS versions that may be spoken.
    "ssl.enabled.protocols": List, default("TLSv1.2,TLSv1.3"), per_broker();
    /// How a server's certificate is matched with its name; empty for not at all.
    "ssl.endpoint.identification.algorithm": String, default("https"), per_broker();
    /// A Java class that makes TLS engines.
    "ssl.engine.factory.class": Class, per_broker();
    /// The password of the private key.
    "ssl.key.password": Password, per_listener();
    /// The Java algorithm that manages keys.
    "ssl.keymanager.algorithm": String, default("SunX509"), per_broker();
    /// The certificate chain, as PEM.
    "ssl.keystore.certificate.chain": Password, per_listener();
    /// The private key, as PEM.
    "ssl.keystore.key": Password, per_listener();
    /// The file of the key and certificates.
    "ssl.keystore.location": String, per_listener();
    /// The password of the key file.
    "ssl.keystore.password": Password, per_listener();
    /// The format of the key file.
    "ssl.keystore.type": String, default("JKS"), per_listener();
    /// Rules from a certificate's distinguished name to a user name.
    "ssl.principal.mapping.rules": String, default("DEFAULT");
    /// The newest TLS version to use.
    "ssl.protocol": String, default("TLSv1.3"), per_broker();
    /// The Java provider of TLS.
    "ssl.provider": String, per_broker();
    /// The Java source of randomness for TLS.
    "ssl.secure.random.implementation": String, per_broker();
    /// The Java algorithm that manages trust.
    "ssl.trustmanager.algorithm": String, default("PKIX"), per_broker();
    /// The trusted certificates, as PEM.
    "ssl.truststore.certificates": Password, per_listener();
    /// The file of the trusted certificates.
    "ssl.truststore.location": String, per_listener();
    /// The password of the file of trusted certificates.
    "ssl.truststore.password": Password, per_listener();
    /// The format of the file of trusted certificates.
    "ssl.truststore.type": String, default("JKS"), per_listener();
    /// The most a client may push as telemetry at a time.
    "telemetry.max.bytes": Int, default("1048576"), at_least(1);
    /// The bytes read at a time when transactions are loaded.
    "transaction.state.log.load.buffer.size": Int, default("5242880"), at_least(1);
    /// Whether producers may take part in an outside two-phase commit.
    "transaction.two.phase.commit.enable": Boolean, default("false");
    /// How often the controller looks for partitions to elect an unclean leader for.
    "unclean.leader.election.interval.ms": Long, default("300000"), at_least(1), internal();
    /// Whether API versions still in the making are served.
    "unstable.api.versions.enable": Boolean, default("false"), internal();
    /// Whether feature levels still in the making are allowed.
    "unstable.feature.versions.enable": Boolean, default("false"), internal();
};
