//! Which partition a key leads to.

use anyhow::{Context, Result, ensure};

use crate::{client, companion::Language, line::Line, scene::Scene};

const KEYS: usize = 10_000;

/// A key leads to the same partition whichever client writes it.
pub(crate) async fn keyed(scene: &Scene) -> Result<()> {
    let topic = scene.name.as_str();
    scene.create(topic, 7, &[]).await?;
    let lines = keys();
    let ours = client::write(&scene.client()?, topic, &lines).await?;
    let used = (0..7).filter(|partition| ours.iter().any(|line| line.partition == *partition)).count();
    ensure!(used == 7, "only {used} partitions of 7 are used");
    for (language, settings) in [
        (Language::Java, [("batch.size", "65536")]),
        // What Java does, by librdkafka's name.
        (Language::Librdkafka, [("partitioner", "murmur2_random")]),
    ] {
        let theirs = scene.companion(language)?.write(topic, &lines, &settings).await?;
        let other = ours.iter().zip(&theirs).find(|(ours, theirs)| ours.partition != theirs.partition);
        let told = other.map(|(ours, theirs)| format!("ours {}, theirs {}", ours.text(), theirs.text()));
        ensure!(told.is_none() && ours.len() == theirs.len(), "another partition: {told:?}");
        Ok::<_, anyhow::Error>(()).with_context(|| format!("{language:?}"))?;
    }
    Ok(())
}

/// Words, numbers and random bytes, of all lengths from 0 to 39.
fn keys() -> Vec<Line> {
    let mut random = fastrand::Rng::with_seed(7);
    let mut key = |n: usize| match n % 3 {
        0 => format!("customer-{n}").into_bytes(),
        1 => (n as u64).to_be_bytes().to_vec(),
        _ => std::iter::repeat_with(|| random.u8(..)).take(n % 40).collect(),
    };
    (0..KEYS).map(|n| Line::new(key(n), "")).collect()
}
