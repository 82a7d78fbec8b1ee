//! Records, their parts and their batches: written by one client, read by another, and the same.

use anyhow::{Context, Result, ensure};

use crate::{
    client::{self, same},
    companion::{Companion, Language},
    line::Line,
    scene::Scene,
};

const CODECS: [&str; 5] = ["none", "gzip", "snappy", "lz4", "zstd"];
/// A day in 2023.
const THEN: i64 = 1_700_000_000_000;

/// Every codec, ours to all and all to ours.
pub(crate) async fn codecs(scene: &Scene) -> Result<()> {
    let mut others = others(scene)?;
    for codec in CODECS {
        let settings = [("compression.type", codec), ("linger.ms", "20"), ("batch.size", "65536")];
        exchange(scene, &mut others, codec, &assorted(), &settings).await?;
    }
    Ok(())
}

/// Null and empty keys, values and headers, and headers of the same name.
pub(crate) async fn parts(scene: &Scene) -> Result<()> {
    exchange(scene, &mut others(scene)?, "parts", &odd(), &[]).await
}

/// Times of creation stay as they were given, and times of appending are the broker's.
pub(crate) async fn timestamps(scene: &Scene) -> Result<()> {
    let created = (0..10).map(|n| Line { timestamp: THEN - n * 1000, ..Line::new(format!("{n}"), "then") });
    let created: Vec<_> = created.collect();
    let mut others = others(scene)?;
    exchange(scene, &mut others, "created", &created, &[]).await?;

    let topic = scene.named("appended");
    scene.create(&topic, 1, &[("message.timestamp.type", "LogAppendTime")]).await?;
    let client = scene.client()?;
    let written = client::write(&client, &topic, &created).await?;
    ensure!(written.iter().all(|line| line.timestamp > THEN), "the broker's time is not in the delivery");
    same(&written, &client::read(&client, &topic).await?)?;
    for other in &mut others {
        same(&written, &other.read(&topic, &[]).await?).with_context(|| format!("{:?} reads", other.language))?;
    }
    Ok(())
}

fn others(scene: &Scene) -> Result<Vec<Companion>> {
    Language::OTHERS.into_iter().map(|language| scene.companion(language)).collect()
}

/// Ours writes what all read, and each other writes what ours reads.
async fn exchange(
    scene: &Scene,
    others: &mut [Companion],
    part: &str,
    lines: &[Line],
    settings: &[(&str, &str)],
) -> Result<()> {
    let client = scene.client_with(settings)?;
    let topic = scene.named(part);
    scene.create(&topic, 3, &[]).await?;
    let written = client::write(&client, &topic, lines).await.with_context(|| format!("writing {topic}"))?;
    same(&written, &client::read(&client, &topic).await?).with_context(|| format!("ours reads {topic}"))?;
    for other in others.iter_mut() {
        let read = other.read(&topic, &[]).await?;
        same(&written, &read).with_context(|| format!("{:?} reads {topic}", other.language))?;
    }
    for other in others.iter_mut() {
        let topic = format!("{topic}-{:?}", other.language);
        scene.create(&topic, 3, &[]).await?;
        let written = other.write(&topic, lines, settings).await?;
        same(&written, &client::read(&client, &topic).await?).with_context(|| format!("ours reads {topic}"))?;
    }
    Ok(())
}

/// Records of all sizes up to 40 kB, some that compress well and some that do not at all.
fn assorted() -> Vec<Line> {
    let mut random = fastrand::Rng::with_seed(4);
    let mut value = |n: usize| -> Vec<u8> {
        let size = random.usize(0..=if n.is_multiple_of(50) { 40_000 } else { 400 });
        match n % 3 {
            0 => std::iter::repeat_with(|| random.u8(..)).take(size).collect(),
            1 => vec![b'a'; size],
            _ => format!("{n} bottles of beer, ").into_bytes().into_iter().cycle().take(size).collect(),
        }
    };
    (0..1000).map(|n| Line { timestamp: THEN + n as i64, ..Line::new(format!("key-{n}"), value(n)) }).collect()
}

fn odd() -> Vec<Line> {
    let some = |text: &str| Some(text.as_bytes().to_vec());
    let base = Line { timestamp: THEN, ..Line::new("key", "value") };
    let header = |name: &str, value| (name.to_owned(), value);
    let headers = vec![
        header("name", some("first")),
        header("name", None),
        header("name", some("")),
        header("", some("an empty name")),
        header("größe", Some(vec![0, 0xff, 0x80])),
        header("name", some("first")),
    ];
    vec![
        Line { headers, ..base.clone() },
        Line { key: None, ..base.clone() },
        Line { key: some(""), ..base.clone() },
        Line { value: None, ..base.clone() },
        Line { value: some(""), ..base.clone() },
        Line { key: None, value: None, headers: vec![header("alone", None)], ..base },
    ]
}
