//! Topics: made, looked at, changed, gone.

use anyhow::{Result, ensure};
use ottla::{
    TopicPartition,
    admin::{AdminError, ConfigChange, ConfigResource, NewPartitions, NewTopic, OffsetSpec, Outcomes, RecordsToDelete},
    protocol::error_code::ErrorCode,
};

use crate::{client, line::Line, patience::until, scene::Scene};

/// From its creation to its end.
pub(crate) async fn life(scene: &Scene) -> Result<()> {
    let client = scene.client()?;
    let (admin, topic) = (client.admin(), scene.name.as_str());
    let new = || NewTopic::new(topic).partitions(2).config("retention.ms", "3600000");
    let created = admin.create_topic(new()).await?;
    ensure!(created.partitions == Some(2), "not as asked: {created:?}");
    let again = admin.create_topic(new()).await;
    refused_with(again.err(), ErrorCode::TOPIC_ALREADY_EXISTS)?;

    ensure!(setting(scene, "retention.ms").await?.as_deref() == Some("3600000"), "a setting of its creation is lost");
    let resource = ConfigResource::topic(topic);
    let changes = [ConfigChange::set("retention.ms", "7200000"), ConfigChange::set("max.message.bytes", "65536")];
    admin.incremental_alter_configs([(resource.clone(), changes.to_vec())]).await.all()?;
    until_setting(scene, "retention.ms", "7200000").await?;
    admin
        .incremental_alter_configs([(resource.clone(), vec![ConfigChange::reset("max.message.bytes")])])
        .await
        .all()?;
    until_setting(scene, "max.message.bytes", "1048588").await?;
    let bad = vec![ConfigChange::set("retention.ms", "soon")];
    refused(admin.incremental_alter_configs([(resource, bad)]).await, ErrorCode::INVALID_CONFIG)?;

    grown(scene).await?;
    trimmed(scene).await?;

    let listed = admin.list_topics().await?;
    ensure!(listed.iter().any(|listing| &*listing.name == topic && listing.partitions == 5), "not listed: {listed:?}");
    admin.delete_topics([topic]).await.all()?;
    until("the deleted topic is gone", async || {
        let listed = admin.list_topics().await.map_err(|error| error.to_string())?;
        if listed.iter().any(|listing| &*listing.name == topic) { Err("it is listed".to_owned()) } else { Ok(()) }
    })
    .await?;
    refused(admin.delete_topics([topic]).await, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)
}

async fn grown(scene: &Scene) -> Result<()> {
    let client = scene.client()?;
    let (admin, topic) = (client.admin(), scene.name.as_str());
    admin.create_partitions([NewPartitions::new(topic, 5)]).await.all()?;
    refused(admin.create_partitions([NewPartitions::new(topic, 4)]).await, ErrorCode::INVALID_PARTITIONS)?;
    until("the new partitions have leaders", async || {
        let topic = admin.describe_topic(topic).await.map_err(|error| error.to_string())?;
        let leaders = topic.partitions.iter().filter(|partition| partition.leader.is_some()).count();
        if leaders == 5 { Ok(()) } else { Err(format!("{leaders} have one")) }
    })
    .await?;
    let last = Line { partition: 4, ..Line::new("a", "b") };
    let written = client::write(&client, topic, &[last]).await?;
    ensure!(written.iter().all(|line| line.offset == 0), "the last partition does not begin at 0");
    Ok(())
}

async fn trimmed(scene: &Scene) -> Result<()> {
    let client = scene.client()?;
    let (admin, topic) = (client.admin(), scene.name.as_str());
    let lines: Vec<_> = (0..40).map(|n| Line { partition: 1, ..Line::new("k", format!("{n}")) }).collect();
    client::write(&client, topic, &lines).await?;
    let partition = TopicPartition::new(topic, 1);
    let start = admin.delete_records([(partition.clone(), RecordsToDelete::Before(15))]).await.all()?;
    ensure!(start == [(partition.clone(), 15)], "the log begins at {start:?}");
    let earliest = admin.list_offsets([(partition.clone(), OffsetSpec::Earliest)], Default::default()).await.all()?;
    ensure!(earliest.iter().all(|(_, at)| at.offset == Some(15)), "the log begins at {earliest:?}");
    let read = client::read(&client, topic).await?;
    let offsets: Vec<_> = read.iter().filter(|line| line.partition == 1).map(|line| line.offset).collect();
    ensure!(offsets.into_iter().eq(15..40), "other records are left than the last 25");
    let beyond = admin.delete_records([(partition, RecordsToDelete::Before(41))]).await;
    refused(beyond, ErrorCode::OFFSET_OUT_OF_RANGE)
}

async fn setting(scene: &Scene, name: &str) -> Result<Option<String>> {
    let described = scene.client()?.admin().describe_configs([ConfigResource::topic(&scene.name)]).await.all()?;
    let entry = described.into_iter().flat_map(|(_, entries)| entries).find(|entry| entry.name == name);
    Ok(entry.and_then(|entry| entry.value))
}

/// Another node than the one that changed it may answer.
async fn until_setting(scene: &Scene, name: &str, value: &str) -> Result<()> {
    until("the setting has its value", async || {
        let found = setting(scene, name).await.map_err(|error| format!("{error:#}"))?;
        if found.as_deref() == Some(value) { Ok(()) } else { Err(format!("{name} is {found:?}")) }
    })
    .await
}

fn refused<K, T: std::fmt::Debug>(outcomes: Outcomes<K, T>, code: ErrorCode) -> Result<()> {
    refused_with(outcomes.all().err(), code)
}

fn refused_with(error: Option<AdminError>, code: ErrorCode) -> Result<()> {
    ensure!(error.as_ref().and_then(AdminError::code) == Some(code), "not refused with {code}: {error:?}");
    Ok(())
}
