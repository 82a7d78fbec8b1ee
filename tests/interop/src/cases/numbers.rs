//! Many topics, and many partitions.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ottla::{
    ConfiguredClient,
    admin::{NewTopic, OffsetSpec},
    producer::Record,
};

use crate::{
    patience::{until_for, within},
    scene::Scene,
};

/// So many topics are created by one request.
const AT_ONCE: usize = 250;

/// Kafka opens some hundred logs a second, one after the other.
const LOGS_LIMIT: Duration = Duration::from_secs(300);

/// A thousand topics, each with a record, read by a pattern.
pub(crate) async fn topics(scene: &Scene) -> Result<()> {
    use_all(scene, 1000, 1).await
}

/// Ten thousand partitions, each with a record.
pub(crate) async fn partitions(scene: &Scene) -> Result<()> {
    use_all(scene, 10, 1000).await
}

/// Two thousand of them.
pub(crate) async fn fewer_partitions(scene: &Scene) -> Result<()> {
    use_all(scene, 2, 1000).await
}

async fn use_all(scene: &Scene, topics: usize, partitions: i32) -> Result<()> {
    let client = scene.client_with(&[("auto.offset.reset", "earliest"), ("metadata.max.age.ms", "2000")])?;
    let names: Vec<_> = (0..topics).map(|number| scene.named(&format!("{number:04}"))).collect();
    let began = Instant::now();
    create(&client, &names, partitions).await?;
    scene.note(format_args!("created in {:.1?}", began.elapsed()));
    let all: BTreeSet<_> =
        names.iter().flat_map(|name| (0..partitions).map(move |index| (name.clone(), index))).collect();
    let began = Instant::now();
    let producer = client.producer().build()?;
    let mut deliveries = Vec::with_capacity(all.len());
    for (name, index) in &all {
        deliveries.push(producer.send(Record::to(name).value(&format!("{name}-{index}")).partition(*index)).await?);
    }
    for delivery in deliveries {
        let at = within("a delivery", delivery).await?;
        ensure!(at.offset == 0, "the first record of {}-{} is at {}", at.topic, at.partition, at.offset);
    }
    scene.note(format_args!("a record written to each in {:.1?}", began.elapsed()));
    let began = Instant::now();
    read(scene, &client, &all).await.context("reading by a pattern")?;
    scene.note(format_args!("read by a group in {:.1?}", began.elapsed()));
    let ends = client.admin().list_topic_offsets(names.clone(), OffsetSpec::Latest).await?.all()?;
    ensure!(ends.len() == all.len() && ends.iter().all(|(_, end)| end.offset == Some(1)), "not all ends are 1");
    for some in names.chunks(AT_ONCE) {
        client.admin().delete_topics(some.to_vec()).await.all()?;
    }
    Ok(())
}

async fn create(client: &ConfiguredClient, names: &[String], partitions: i32) -> Result<()> {
    let admin = client.admin().timeout(Duration::from_secs(120));
    // A request may make no more than 10,000 partitions.
    let at_once = AT_ONCE.min(5000 / usize::try_from(partitions)?);
    for some in names.chunks(at_once) {
        let new = some.iter().map(|name| NewTopic::new(name.as_str()).partitions(partitions).replication_factor(1));
        admin.create_topics(new).await.all().context("creating topics")?;
    }
    until_for(LOGS_LIMIT, "all partitions have leaders", async || {
        let described = admin.describe_topics(names.to_vec()).await.all().map_err(|error| error.to_string())?;
        let partitions = || described.iter().flat_map(|(_, topic)| &topic.partitions);
        let without = partitions().filter(|partition| partition.leader.is_none()).count();
        if without == 0 { Ok(()) } else { Err(format!("{without} have none")) }
    })
    .await
}

async fn read(scene: &Scene, client: &ConfiguredClient, all: &BTreeSet<(String, i32)>) -> Result<()> {
    let group = scene.named("readers");
    let pattern = format!("{}-\\d+", scene.name);
    let reader = client.client().consumer(group.as_str()).from_beginning().subscribe_pattern(pattern);
    let mut consumer = reader.build().await?;
    let mut found = BTreeSet::new();
    while found.len() < all.len() {
        let records = within("the next records", consumer.recv()).await;
        let records = records.with_context(|| format!("{} of {} are read", found.len(), all.len()))?;
        for record in &records {
            let place = (record.topic().to_string(), record.partition());
            ensure!(all.contains(&place), "nobody has written to {place:?}");
            ensure!(found.insert(place), "{}-{} was read twice", record.topic(), record.partition());
        }
    }
    within("closing", consumer.close()).await
}
