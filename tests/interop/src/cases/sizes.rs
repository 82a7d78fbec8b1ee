//! Records and batches that are larger than limits.

use anyhow::{Context, Result, ensure};
use ottla::{
    producer::{DeliveryErrorKind, Record, SendError},
    protocol::error_code::ErrorCode,
};

use crate::{
    client::{self, same},
    companion::Language,
    line::Line,
    patience::PATIENCE,
    scene::Scene,
};

const MEGABYTES_20: usize = 20_000_000;

/// A batch that is larger than a fetch may be comes whole all the same, and then the next one.
pub(crate) async fn beyond_a_fetch(scene: &Scene) -> Result<()> {
    let topic = scene.name.as_str();
    scene.create(topic, 2, &[]).await?;
    let lines: Vec<_> =
        (0..200).map(|n| Line { partition: n % 2, ..Line::new(format!("{n}"), noise(n as u64, 30_000)) }).collect();
    let producer = scene.client_with(&[("batch.size", "500000"), ("linger.ms", "50")])?;
    let written = client::write(&producer, topic, &lines).await?;
    for limit in ["1", "1000", "70000"] {
        let limits = [("fetch.max.bytes", limit), ("max.partition.fetch.bytes", limit)];
        let read = client::read(&scene.client_with(&limits)?, topic).await?;
        same(&written, &read).with_context(|| format!("fetches of {limit} bytes"))?;
    }
    Ok(())
}

/// A record of 20 MB with raised limits, and its refusals without: by the producer, and by the broker.
pub(crate) async fn twenty_megabytes(scene: &Scene) -> Result<()> {
    let topic = scene.named("raised");
    scene.create(&topic, 1, &[("max.message.bytes", "21000000")]).await?;
    let line = Line::new("large", noise(5, MEGABYTES_20));
    let raised = scene.client_with(&[("max.request.size", "21000000"), ("buffer.memory", "64000000")])?;
    let written = client::write(&raised, &topic, std::slice::from_ref(&line)).await?;
    same(&written, &client::read(&scene.client()?, &topic).await?).context("read with default settings")?;
    let read = scene.companion(Language::Java)?.read(&topic, &[]).await?;
    same(&written, &read).context("read by Java")?;

    let default = scene.named("default");
    scene.create(&default, 1, &[]).await?;
    let value = line.value.unwrap_or_default();
    let record = || Record::to(&default).value(&value);
    let refused = raised.producer().build()?.send(record()).await?;
    let error = tokio::time::timeout(PATIENCE, refused).await?.err();
    let kind = error.as_ref().map(ottla::producer::DeliveryError::kind);
    ensure!(
        matches!(kind, Some(DeliveryErrorKind::Refused { code: ErrorCode::MESSAGE_TOO_LARGE, .. })),
        "the broker's refusal is {kind:?}"
    );
    ensure!(error.is_some_and(|error| !error.possibly_written()), "a refused record is not there");
    let refused = scene.client()?.producer().build()?.send(record()).await.err();
    ensure!(matches!(refused, Some(SendError::RecordTooLarge { .. })), "the producer's own refusal is {refused:?}");
    let small = client::write(&raised, &default, &[Line::new("a", "b")]).await?;
    ensure!(small.iter().all(|line| line.offset == 0), "something was written before");
    Ok(())
}

fn noise(seed: u64, size: usize) -> Vec<u8> {
    let mut bytes = vec![0; size];
    fastrand::Rng::with_seed(seed).fill(&mut bytes);
    bytes
}
