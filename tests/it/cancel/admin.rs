//! Calls of the admin client. What reads changes nothing; of what changes something, either all is done or nothing, and
//! whatever was dropped, the client goes on.

use ottla::{
    admin::{
        Admin, AdminError, ConfigChange, ConfigDetail, ConfigResource, ConfigResourceType, GroupFilter,
        GroupOffsetsQuery, MemberToRemove, NewPartitions, NewTopic, OffsetSpec, RecordsToDelete, ResetScope,
        ResetTarget,
    },
    config::IsolationLevel,
    consumer::Consumer,
    protocol::wire::Uuid,
};

use super::*;

/// A cluster that the calls find something in.
struct World {
    cluster: Cluster,
    /// The id of the topic `t`.
    topic: Uuid,
    /// The member `first` of the group `m`, which is heard of no more.
    _member: Consumer,
}

impl World {
    async fn new() -> Self {
        // The member asks for the topic again when it is deleted.
        let cluster = start(|c| c.topic("t", 1).config("auto.create.topics.enable", "false")).await;
        send(&client(&cluster), 0..5).await;
        let admin = client(&cluster).admin();
        let topic = admin.describe_topic("t").await.unwrap().id;
        admin.alter_group_offsets("g", [(partition(), 3)]).await.all().unwrap();
        let member = client(&cluster).consumer("m").group_instance_id("first").subscribe(["t"]);
        let mut member = member.build().await.unwrap();
        while member.assignment().is_empty() {
            member.poll(Duration::from_millis(10)).await.unwrap();
        }
        Self { cluster, topic, _member: member }
    }

    /// All that the calls here may change.
    async fn state(&self) -> String {
        let admin = client(&self.cluster).admin();
        let topics = admin.list_topics().await.unwrap();
        let mut topics: Vec<_> = topics.iter().map(|topic| (topic.name.to_string(), topic.partitions)).collect();
        topics.retain(|(name, _)| !name.starts_with("__"));
        let retention = ConfigDetail { names: Some(vec!["retention.ms".into()]), ..ConfigDetail::default() };
        let retention = admin.describe_configs_with([ConfigResource::topic("t")], &retention).await.all().ok();
        let retention = retention.and_then(|configs| configs[0].1[0].value.clone());
        let from = admin.list_offsets([(partition(), OffsetSpec::Earliest)], IsolationLevel::ReadUncommitted).await;
        let from = from.all().ok().and_then(|offsets| offsets[0].1.offset);
        let committed = admin.list_group_offsets("g").await.unwrap().get(&partition()).map(|noted| noted.offset);
        let groups = admin.list_groups(&GroupFilter::default()).await.unwrap();
        let groups: Vec<_> = groups.iter().map(|group| group.id.to_string()).collect();
        let members = admin.describe_group("m").await.unwrap().members.len();
        format!("{topics:?} {retention:?} {from:?} {committed:?} {groups:?} {members}")
    }

    fn admin(&self) -> Admin {
        client(&self.cluster).admin().timeout(Duration::from_secs(20))
    }
}

/// Drops a call at each of its await points. Every time a client makes it that knows nothing yet, and makes it once more.
async fn assert_reads(what: &str, call: impl AsyncFn(Admin) -> Result<(), AdminError>) {
    let world = World::new().await;
    let before = world.state().await;
    for waits in 0..MANY {
        let admin = world.admin();
        let read = drop_after(waits, call(admin.clone())).await;
        if let Err(error) = call(admin).await {
            panic!("{what} after one that was dropped after {waits} waits: {error}");
        }
        assert_eq!(world.state().await, before, "{what} after {waits} waits");
        if let Some(read) = read {
            read.unwrap();
            assert!(waits > 0, "{what} never waited");
            return;
        }
    }
    panic!("{what} never came to its end");
}

/// Drops a call at each of its await points: it is done as a whole or not at all, and can be made again.
async fn assert_changes(what: &str, call: impl AsyncFn(Admin, Uuid) -> Result<(), AdminError>) {
    let world = World::new().await;
    let before = world.state().await;
    call(world.admin(), world.topic).await.unwrap();
    let after = world.state().await;
    assert_ne!(after, before, "{what} changes nothing");
    let mut seen = BTreeSet::new();
    for waits in 0..MANY {
        let world = World::new().await;
        let admin = world.admin();
        let changed = drop_after(waits, call(admin.clone(), world.topic)).await;
        // A request that was sent is carried out.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let state = world.state().await;
        assert!(state == before || state == after, "{what} after {waits} waits: {state}, not {before} or {after}");
        seen.insert(state.clone());
        // What was done already may be an error; the same client finds that out, or does it.
        let again = call(admin, world.topic).await;
        assert!(state == after || again.is_ok(), "{what} after one that was dropped after {waits} waits: {again:?}");
        assert_eq!(world.state().await, after, "{what} after {waits} waits and once more");
        if let Some(changed) = changed {
            changed.unwrap();
            assert_eq!(seen.len(), 2, "{what} was never dropped before it was done");
            return;
        }
    }
    panic!("{what} never came to its end");
}

macro_rules! calls {
    ($kind:ident: $($name:ident = $call:expr;)+) => {
        $(#[tokio::test(start_paused = true)]
        async fn $name() {
            $kind(stringify!($name), $call).await;
        })+
    };
}

/// Settings of the topic.
fn settings() -> ConfigResource {
    ConfigResource::topic("t")
}

fn scope() -> ResetScope {
    ResetScope::Topics(vec!["t".into()])
}

mod reading {
    use super::*;

    calls! { assert_reads:
        describe_cluster = async |admin: Admin| admin.describe_cluster().await.map(drop);
        describe_quorum = async |admin: Admin| admin.describe_quorum().await.map(drop);
        describe_log_dirs = async |admin: Admin| {
            let node = admin.describe_cluster().await?.brokers[0].id;
            admin.describe_log_dirs([node], None).await.all().map(drop)
        };
        list_topics = async |admin: Admin| admin.list_topics().await.map(drop);
        describe_topic = async |admin: Admin| admin.describe_topic("t").await.map(drop);
        describe_topics = async |admin: Admin| admin.describe_topics(["t"]).await.all().map(drop);
        validate_new_topics = async |admin: Admin| admin.validate_new_topics([NewTopic::new("u")]).await.all().map(drop);
        validate_new_partitions =
            async |admin: Admin| admin.validate_new_partitions([NewPartitions::new("t", 3)]).await.all().map(drop);
        describe_configs = async |admin: Admin| admin.describe_configs([settings()]).await.all().map(drop);
        describe_configs_with = async |admin: Admin| {
            admin.describe_configs_with([settings()], &ConfigDetail::default()).await.all().map(drop)
        };
        validate_config_changes = async |admin: Admin| {
            let change = ConfigChange::set("retention.ms", "5555");
            admin.validate_config_changes([(settings(), vec![change])]).await.all().map(drop)
        };
        list_config_resources =
            async |admin: Admin| admin.list_config_resources([ConfigResourceType::TOPIC]).await.map(drop);
        list_offsets = async |admin: Admin| {
            let latest = [(partition(), OffsetSpec::Latest)];
            admin.list_offsets(latest, IsolationLevel::ReadUncommitted).await.all().map(drop)
        };
        list_topic_offsets =
            async |admin: Admin| admin.list_topic_offsets(["t"], OffsetSpec::Latest).await?.all().map(drop);
        offset_for_leader_epoch =
            async |admin: Admin| admin.offset_for_leader_epoch([(partition(), 0)]).await.all().map(drop);
        describe_producers = async |admin: Admin| admin.describe_producers([partition()]).await.all().map(drop);
        list_groups = async |admin: Admin| admin.list_groups(&GroupFilter::default()).await.map(drop);
        describe_group = async |admin: Admin| admin.describe_group("m").await.map(drop);
        describe_groups = async |admin: Admin| admin.describe_groups(["m", "g"]).await.all().map(drop);
        group_lag = async |admin: Admin| admin.group_lag("g").await.map(drop);
        list_group_offsets = async |admin: Admin| admin.list_group_offsets("g").await.map(drop);
        list_offsets_of_groups = async |admin: Admin| {
            let query = GroupOffsetsQuery { group: "g".into(), partitions: None };
            admin.list_offsets_of_groups([query], true).await.all().map(drop)
        };
        plan_group_reset =
            async |admin: Admin| admin.plan_group_reset("g", scope(), ResetTarget::Earliest).await.map(drop);
    }
}

mod changing {
    use super::*;

    calls! { assert_changes:
        create_topic = async |admin: Admin, _| admin.create_topic(NewTopic::new("u")).await.map(drop);
        create_topics =
            async |admin: Admin, _| admin.create_topics(["u", "v"].map(NewTopic::new)).await.all().map(drop);
        create_partitions =
            async |admin: Admin, _| admin.create_partitions([NewPartitions::new("t", 3)]).await.all().map(drop);
        delete_topics = async |admin: Admin, _| admin.delete_topics(["t"]).await.all().map(drop);
        delete_topics_by_id = async |admin: Admin, id: Uuid| admin.delete_topics_by_id([id]).await.all().map(drop);
        delete_records = async |admin: Admin, _| {
            admin.delete_records([(partition(), RecordsToDelete::Before(2))]).await.all().map(drop)
        };
        incremental_alter_configs = async |admin: Admin, _| {
            let change = ConfigChange::set("retention.ms", "5555");
            admin.incremental_alter_configs([(settings(), vec![change])]).await.all().map(drop)
        };
        alter_configs = async |admin: Admin, _| {
            let retention = ("retention.ms".to_owned(), "5555".to_owned());
            admin.alter_configs([(settings(), vec![retention])]).await.all().map(drop)
        };
        alter_group_offsets =
            async |admin: Admin, _| admin.alter_group_offsets("g", [(partition(), 1)]).await.all().map(drop);
        reset_group_offsets =
            async |admin: Admin, _| admin.reset_group_offsets("g", scope(), ResetTarget::Earliest).await.map(drop);
        move_group_offsets = async |admin: Admin, _| {
            let moves = admin.plan_group_reset("g", scope(), ResetTarget::Latest).await?;
            admin.move_group_offsets("g", moves).await.all().map(drop)
        };
        delete_group_offsets =
            async |admin: Admin, _| admin.delete_group_offsets("g", [partition()]).await.all().map(drop);
        delete_groups = async |admin: Admin, _| admin.delete_groups(["g"]).await.all().map(drop);
        remove_members_from_group = async |admin: Admin, _| {
            let first = MemberToRemove::Instance("first".into());
            admin.remove_members_from_group("m", [first], "test").await.all().map(drop)
        };
        remove_all_members_from_group =
            async |admin: Admin, _| admin.remove_all_members_from_group("m", "test").await?.all().map(drop);
    }
}
