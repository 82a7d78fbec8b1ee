//! Every admin call against a running Kafka, whose servers `KAFKA_BOOTSTRAP_SERVERS` names:
//! `cargo test -p ottla-client --test admin -- --ignored`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ottla_client::{
    Client, TopicPartition,
    admin::{
        Admin, AdminError, CommittedOffset, ConfigChange, ConfigDetail, ConfigResource, ConfigResourceType,
        ConfigSource, ConfigType, GroupFilter, GroupOffsetsQuery, MemberToRemove, NewPartitions, NewTopic, OffsetSpec,
        RecordsToDelete, ResetScope, ResetTarget,
    },
    config::IsolationLevel,
    producer::Record,
};
use ottla_protocol::{error_code::ErrorCode, types::NodeId, wire::Uuid};

type TestResult = Result<(), Box<dyn std::error::Error>>;

fn admin() -> Admin {
    let servers = std::env::var("KAFKA_BOOTSTRAP_SERVERS").expect("KAFKA_BOOTSTRAP_SERVERS");
    Client::connect(&servers).expect("valid servers").admin()
}

/// A name that no other run has used.
fn unique(prefix: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    format!("{prefix}-{}", now.as_nanos())
}

fn code<T: std::fmt::Debug>(result: Result<T, AdminError>) -> Option<ErrorCode> {
    result.expect_err("a failure").code()
}

async fn produce(admin: &Admin, topic: &str, partition: i32, timestamps: &[i64]) -> TestResult {
    let producer = admin.client().producer().build()?;
    for timestamp in timestamps {
        let record = Record::to(topic).partition(partition).value("v").timestamp_ms(*timestamp);
        producer.send(record).await?.await?;
    }
    producer.close(Duration::from_secs(10)).await;
    Ok(())
}

#[tokio::test]
#[ignore = "needs a Kafka"]
async fn topics_are_created_described_grown_and_deleted() -> TestResult {
    let (admin, name) = (admin(), unique("topics"));
    let new = || NewTopic::new(&name).partitions(2).replication_factor(1).config("retention.ms", "1234567");

    let validated = admin.validate_new_topics([new()]).await.all()?;
    assert_eq!(validated[0].1.partitions, Some(2));
    assert_eq!(code(admin.describe_topic(&name).await), Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION));

    let created = admin.create_topic(new()).await?;
    assert_eq!((created.partitions, created.replication_factor), (Some(2), Some(1)));
    let configs = created.configs.expect("configs");
    let retention = configs.iter().find(|config| config.name == "retention.ms").expect("the setting");
    assert_eq!((retention.value.as_deref(), retention.source), (Some("1234567"), ConfigSource::TOPIC));
    assert_eq!(code(admin.create_topic(new()).await), Some(ErrorCode::TOPIC_ALREADY_EXISTS));

    let mixed = admin.create_topics([NewTopic::new(format!("{name}-b")), NewTopic::new("no/slash")]).await;
    assert_eq!((mixed.done().count(), mixed.failed().count()), (1, 1));
    assert_eq!(mixed.failed().next().and_then(|(_, error)| error.code()), Some(ErrorCode::INVALID_TOPIC_EXCEPTION));

    let grown = NewPartitions::new(&name, 3);
    admin.validate_new_partitions([grown.clone()]).await.all()?;
    admin.create_partitions([grown.clone()]).await.all()?;
    let outcome = admin.create_partitions([grown]).await.all();
    assert_eq!(code(outcome), Some(ErrorCode::INVALID_PARTITIONS));

    let described = admin.describe_topic(&name).await?;
    assert_eq!((described.id, described.partitions.len()), (created.id, 3));
    assert!(described.partitions.iter().all(|partition| partition.leader.is_some()));
    let listed = admin.list_topics().await?;
    let listing = listed.iter().find(|topic| topic.name == *name).expect("the topic");
    assert_eq!((listing.partitions, listing.replication_factor, listing.id), (3, 1, created.id));

    admin.delete_topics([&format!("{name}-b")]).await.all()?;
    admin.delete_topics_by_id([created.id]).await.all()?;
    let again = admin.delete_topics([name.as_str()]).await.all();
    assert_eq!(code(again), Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION));
    let unknown = admin.delete_topics_by_id([Uuid([9; 16])]).await.all();
    assert_eq!(code(unknown), Some(ErrorCode::UNKNOWN_TOPIC_ID));
    Ok(())
}

#[tokio::test]
#[ignore = "needs a Kafka"]
async fn many_partitions_are_described_over_pages() -> TestResult {
    let (admin, name) = (admin(), unique("pages"));
    admin.create_topics([NewTopic::new(&name).partitions(2100), NewTopic::new(format!("{name}-z"))]).await.all()?;
    let described = admin.describe_topics([name.clone(), format!("{name}-z")]).await.all()?;
    let indexes: Vec<_> = described[0].1.partitions.iter().map(|partition| partition.index).collect();
    assert_eq!(indexes, (0..2100).collect::<Vec<_>>());
    assert!(!described[1].1.partitions.is_empty());
    admin.delete_topics([name.clone(), format!("{name}-z")]).await.all()?;
    Ok(())
}

#[tokio::test]
#[ignore = "needs a Kafka"]
async fn offsets_are_looked_up_and_records_deleted() -> TestResult {
    let (admin, name) = (admin(), unique("offsets"));
    admin.create_topic(NewTopic::new(&name).partitions(2).replication_factor(1)).await?;
    produce(&admin, &name, 0, &[1000, 3000, 2000]).await?;
    let (zero, one) = (TopicPartition::new(&name, 0), TopicPartition::new(&name, 1));

    for (spec, expected) in [
        (OffsetSpec::Earliest, Some(0)),
        (OffsetSpec::Latest, Some(3)),
        (OffsetSpec::Timestamp(1500), Some(1)),
        (OffsetSpec::Timestamp(9000), None),
        (OffsetSpec::MaxTimestamp, Some(1)),
        (OffsetSpec::EarliestLocal, Some(0)),
        (OffsetSpec::LatestTiered, None),
    ] {
        for isolation in [IsolationLevel::ReadUncommitted, IsolationLevel::ReadCommitted] {
            let listed = admin.list_offsets([(zero.clone(), spec)], isolation).await.all()?;
            assert_eq!(listed[0].1.offset, expected, "{spec:?}");
        }
    }
    let both = admin.list_topic_offsets([&name], OffsetSpec::Latest).await?.all()?;
    assert_eq!(both.iter().map(|(_, listed)| listed.offset).collect::<Vec<_>>(), [Some(3), Some(0)]);

    let began = std::time::Instant::now();
    let missing = TopicPartition::new(&name, 7);
    let listed = admin.list_offsets(
        [(missing, OffsetSpec::Latest), (one.clone(), OffsetSpec::Latest)],
        IsolationLevel::ReadUncommitted,
    );
    let listed = listed.await;
    assert_eq!((listed.done().count(), listed.failed().count()), (1, 1));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());

    let ends = admin.offset_for_leader_epoch([(zero.clone(), 0), (one.clone(), 99)]).await.all()?;
    assert_eq!(ends[0].1.map(|end| (end.leader_epoch, end.end_offset)), Some((0, 3)));
    assert_eq!(ends[1].1, None);

    let producers = admin.describe_producers([zero.clone()]).await.all()?;
    assert_eq!(producers[0].1.len(), 1);
    assert_eq!(producers[0].1[0].last_sequence, Some(2));

    let deleted = admin.delete_records([(zero.clone(), RecordsToDelete::Before(2))]).await.all()?;
    assert_eq!(deleted[0].1, 2);
    let above = admin.delete_records([(zero.clone(), RecordsToDelete::Before(9))]).await.all();
    assert_eq!(code(above), Some(ErrorCode::OFFSET_OUT_OF_RANGE));
    assert_eq!(admin.delete_records([(zero, RecordsToDelete::All)]).await.all()?[0].1, 3);
    admin.delete_topics([&name]).await.all()?;
    Ok(())
}

#[tokio::test]
#[ignore = "needs a Kafka"]
async fn settings_are_described_and_changed() -> TestResult {
    let (admin, name) = (admin(), unique("configs"));
    admin.create_topic(NewTopic::new(&name).partitions(1).replication_factor(1)).await?;
    let topic = ConfigResource::topic(&name);
    let node = admin.describe_cluster().await?.brokers[0].id;

    let resources = [
        topic.clone(),
        ConfigResource::broker(node),
        ConfigResource::broker_logger(node),
        ConfigResource::all_brokers(),
    ];
    let described = admin.describe_configs(resources).await.all()?;
    assert!(described[0].1.len() > 20 && described[1].1.len() > 100 && !described[2].1.is_empty());

    let detail = ConfigDetail { names: Some(vec!["cleanup.policy".into()]), synonyms: true, documentation: true };
    let detailed = admin.describe_configs_with([topic.clone()], &detail).await.all()?;
    let [policy] = detailed[0].1.as_slice() else { panic!("one setting: {detailed:?}") };
    assert_eq!((policy.kind, policy.value.as_deref(), policy.is_default()), (ConfigType::List, Some("delete"), true));
    assert!(!policy.synonyms.is_empty() && policy.documentation.is_some());

    let change = ConfigChange::Append("cleanup.policy".into(), "compact".into());
    admin.validate_config_changes([(topic.clone(), vec![change.clone()])]).await.all()?;
    let changes = vec![change, ConfigChange::set("retention.ms", "5555")];
    admin.incremental_alter_configs([(topic.clone(), changes)]).await.all()?;
    let value = async |setting: &str| {
        let detail = ConfigDetail { names: Some(vec![setting.into()]), ..ConfigDetail::default() };
        // A broker applies a change a moment after the controller has it.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let described = admin.describe_configs_with([topic.clone()], &detail).await.all().expect("settings");
        described[0].1[0].value.clone().unwrap_or_default()
    };
    assert_eq!(value("cleanup.policy").await, "delete,compact");
    assert_eq!(value("retention.ms").await, "5555");
    admin.incremental_alter_configs([(topic.clone(), vec![ConfigChange::reset("retention.ms")])]).await.all()?;
    assert_eq!(value("retention.ms").await, "604800000");
    admin.alter_configs([(topic.clone(), vec![("segment.bytes".into(), "2097152".into())])]).await.all()?;
    assert_eq!(value("cleanup.policy").await, "delete", "what is not named is reset");
    assert_eq!(value("segment.bytes").await, "2097152");
    let bad = admin.incremental_alter_configs([(topic.clone(), vec![ConfigChange::set("retention.ms", "soon")])]).await;
    assert_eq!(code(bad.all()), Some(ErrorCode::INVALID_CONFIG));
    let dynamic = [(ConfigResource::broker(node), vec![ConfigChange::set("log.cleaner.threads", "1")])];
    admin.incremental_alter_configs(dynamic).await.all()?;

    match admin.list_config_resources([ConfigResourceType::TOPIC]).await {
        Ok(resources) => assert!(resources.contains(&topic)),
        Err(error) => assert!(matches!(error, AdminError::Unsupported { needs: 1, broker: 0, .. }), "{error}"),
    }
    admin.list_config_resources([ConfigResourceType::CLIENT_METRICS]).await?;

    let began = std::time::Instant::now();
    admin.describe_configs([ConfigResource::broker(NodeId(99))]).await.all().expect_err("no such broker");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    admin.delete_topics([&name]).await.all()?;
    Ok(())
}

#[tokio::test]
#[ignore = "needs a Kafka"]
async fn cluster_quorum_and_log_directories_are_described() -> TestResult {
    let (admin, name) = (admin(), unique("cluster"));
    let cluster = admin.describe_cluster().await?;
    assert!(cluster.cluster_id.is_some() && cluster.controller.is_some());
    assert!(cluster.brokers.iter().all(|broker| broker.is_fenced || broker.address.is_some()));
    let quorum = admin.describe_quorum().await?;
    assert!(quorum.voters.iter().any(|voter| voter.id == quorum.leader && voter.log_end_offset.is_some()));
    assert!(!quorum.endpoints.is_empty());

    admin.create_topic(NewTopic::new(&name).partitions(1).replication_factor(1)).await?;
    produce(&admin, &name, 0, &[1]).await?;
    let brokers: Vec<_> = cluster.brokers.iter().map(|broker| broker.id).collect();
    let partition = TopicPartition::new(&name, 0);
    let dirs = admin.describe_log_dirs(brokers, Some(std::slice::from_ref(&partition))).await.all()?;
    let replicas: Vec<_> = dirs.iter().flat_map(|(_, dirs)| dirs).flat_map(|dir| &dir.replicas).collect();
    assert_eq!(replicas.len(), 1);
    assert!(replicas[0].partition == partition && replicas[0].size_bytes > 0);
    assert!(dirs[0].1[0].total_bytes > dirs[0].1[0].usable_bytes);
    admin.delete_topics([&name]).await.all()?;
    Ok(())
}

#[tokio::test]
#[ignore = "needs a Kafka"]
async fn group_offsets_are_set_read_moved_and_deleted() -> TestResult {
    let (admin, name, group) = (admin(), unique("group-topic"), unique("group"));
    admin.create_topic(NewTopic::new(&name).partitions(2).replication_factor(1)).await?;
    produce(&admin, &name, 0, &[1000, 2000, 3000, 4000]).await?;
    let (zero, one) = (TopicPartition::new(&name, 0), TopicPartition::new(&name, 1));

    assert!(admin.list_group_offsets(group.as_str()).await?.is_empty());
    let noted = CommittedOffset { offset: 1, leader_epoch: Some(0), metadata: "a note".into() };
    admin.alter_group_offsets(group.as_str(), [(zero.clone(), noted.clone())]).await.all()?;
    admin.alter_group_offsets(group.as_str(), [(one.clone(), 0)]).await.all()?;
    let committed = admin.list_group_offsets(group.as_str()).await?;
    assert_eq!(committed.get(&zero), Some(&noted));
    assert_eq!(committed.get(&one), Some(&CommittedOffset::new(0)));
    let other = unique("other");
    let queries = [
        GroupOffsetsQuery { group: group.as_str().into(), partitions: Some(vec![zero.clone()]) },
        GroupOffsetsQuery { group: other.as_str().into(), partitions: None },
    ];
    let several = admin.list_offsets_of_groups(queries, true).await.all()?;
    assert_eq!(several.iter().map(|(_, offsets)| offsets.len()).collect::<Vec<_>>(), [1, 0]);

    let lag = admin.group_lag(group.as_str()).await?;
    assert_eq!(lag.iter().map(|lag| lag.lag()).collect::<Vec<_>>(), [Some(3), Some(0)]);

    for (target, offset) in [
        (ResetTarget::Latest, 4),
        (ResetTarget::ShiftBy(-3), 1),
        (ResetTarget::Timestamp(2500), 2),
        (ResetTarget::Offset(99), 4),
        (ResetTarget::Earliest, 0),
    ] {
        let topics = ResetScope::Topics(vec![name.as_str().into()]);
        let moves = admin.reset_group_offsets(group.as_str(), topics, target).await?;
        assert_eq!(moves[0].to, offset, "{target:?}");
        assert_eq!(admin.list_group_offsets(group.as_str()).await?[&zero].offset, offset);
    }

    let listed = admin.list_groups(&GroupFilter::default()).await?;
    assert!(listed.iter().any(|listing| listing.id == *group && listing.state.as_deref() == Some("Empty")));
    let empty = GroupFilter { states: vec!["Empty".into()], types: vec!["classic".into()] };
    assert!(admin.list_groups(&empty).await?.iter().any(|listing| listing.id == *group));
    let stable = GroupFilter { states: vec!["Stable".into()], ..GroupFilter::default() };
    assert!(!admin.list_groups(&stable).await?.iter().any(|listing| listing.id == *group));
    let described = admin.describe_group(group.as_str()).await?;
    assert_eq!((described.state.as_str(), described.members.len()), ("Empty", 0));
    assert_eq!(code(admin.describe_group(other.as_str()).await), Some(ErrorCode::GROUP_ID_NOT_FOUND));
    let nobody = MemberToRemove::Instance("nobody".into());
    let removed = admin.remove_members_from_group(group.as_str(), [nobody], "test").await.all();
    assert_eq!(code(removed), Some(ErrorCode::UNKNOWN_MEMBER_ID));

    admin.delete_group_offsets(group.as_str(), [one.clone()]).await.all()?;
    assert_eq!(admin.list_group_offsets(group.as_str()).await?.len(), 1);
    let deleted = admin.delete_groups([group.as_str(), other.as_str()]).await;
    assert_eq!((deleted.done().count(), deleted.failed().count()), (1, 1));
    assert_eq!(
        deleted.get(other.as_str()).and_then(|o| o.err().and_then(AdminError::code)),
        Some(ErrorCode::GROUP_ID_NOT_FOUND)
    );
    admin.delete_topics([&name]).await.all()?;
    Ok(())
}

/// Needs a running consumer too: `KAFKA_GROUP` names its group.
#[tokio::test]
#[ignore = "needs a Kafka and a consumer"]
async fn members_are_described_and_removed() -> TestResult {
    let group = std::env::var("KAFKA_GROUP").expect("KAFKA_GROUP");
    let admin = admin();
    let described = admin.describe_group(group.as_str()).await?;
    println!("{described:#?}");
    assert!(described.members.iter().any(|member| !member.assignment.is_empty()));
    assert_eq!(code(admin.delete_groups([group.as_str()]).await.all()), Some(ErrorCode::NON_EMPTY_GROUP));
    let topic = described.members[0].assignment[0].clone();
    let set = admin.alter_group_offsets(group.as_str(), [(topic.clone(), 0)]).await.all();
    assert_eq!(code(set), Some(ErrorCode::UNKNOWN_MEMBER_ID));
    let deleted = admin.delete_group_offsets(group.as_str(), [topic]).await.all();
    assert_eq!(code(deleted), Some(ErrorCode::GROUP_SUBSCRIBED_TO_TOPIC));
    let removed = admin.remove_all_members_from_group(group.as_str(), "test").await?.all()?;
    assert_eq!(removed.len(), described.members.len());
    Ok(())
}
