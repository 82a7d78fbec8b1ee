//! Prints what each codec costs and gains, on a file of your own or on made-up log lines.
//!
//! `cargo run --release -p ottla-protocol --example compression_cost [-- FILE [BATCH_BYTES]]`

#![expect(clippy::disallowed_methods, reason = "it measures, outside of the crate")]

use std::time::{Duration, Instant};

use ottla_protocol::compression::{CompressionSettings, Compressor, Decompressor};
use ottla_protocol::record::Compression;

const AT_LEAST: Duration = Duration::from_millis(400);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let data = args.next().map_or_else(|| Ok(log_lines()), std::fs::read)?;
    let batch_bytes = args.next().map_or(Ok(64 << 10), |arg| arg.parse())?;
    println!("{} bytes in batches of {batch_bytes}", data.len());
    println!("{:<10} {:>6} {:>14} {:>16} {:>8}", "codec", "level", "compress MB/s", "decompress MB/s", "ratio");
    for (codec, level) in [
        (Compression::Gzip, 1),
        (Compression::Gzip, 6),
        (Compression::Snappy, 0),
        (Compression::Lz4, 9),
        (Compression::Zstd, 1),
        (Compression::Zstd, 3),
        (Compression::Zstd, 9),
    ] {
        let mut settings = CompressionSettings::new(codec);
        if codec != Compression::Snappy {
            settings = settings.with_level(level)?;
        }
        measure(&settings, &data, batch_bytes)?;
    }
    Ok(())
}

fn measure(settings: &CompressionSettings, data: &[u8], batch_bytes: usize) -> Result<(), Box<dyn std::error::Error>> {
    let mut compressor = Compressor::new();
    let mut compressed = Vec::new();
    let compress_rate = rate(data.len(), || {
        compressed.clear();
        for batch in data.chunks(batch_bytes) {
            compressed.push(compressor.compress(settings, batch)?.to_vec());
        }
        Ok(())
    })?;
    let mut decompressor = Decompressor::default();
    let decompress_rate = rate(data.len(), || {
        for batch in &compressed {
            decompressor.decompress(settings.compression(), batch)?;
        }
        Ok(())
    })?;
    let size: usize = compressed.iter().map(Vec::len).sum();
    println!(
        "{:<10} {:>6} {compress_rate:>14.0} {decompress_rate:>16.0} {:>8.2}",
        settings.compression().name(),
        settings.level(),
        data.len() as f64 / size as f64
    );
    Ok(())
}

/// Megabytes per second of the fastest of several runs.
fn rate(
    bytes: usize,
    mut run: impl FnMut() -> Result<(), Box<dyn std::error::Error>>,
) -> Result<f64, Box<dyn std::error::Error>> {
    let mut best = Duration::MAX;
    let start = Instant::now();
    while start.elapsed() < AT_LEAST {
        let run_start = Instant::now();
        run()?;
        best = best.min(run_start.elapsed());
    }
    Ok(bytes as f64 / best.as_secs_f64() / 1e6)
}

fn log_lines() -> Vec<u8> {
    let lines = (0..20_000u32).map(|n| {
        let hash = n.wrapping_mul(0x9e37_79b9);
        let (host, path, size) = (hash >> 24, hash >> 16 & 0x3f, hash & 0xffff);
        format!("10.0.{}.{host} - - \"GET /item/{path}?session={hash:08x} HTTP/1.1\" 200 {size}\n", n % 7)
    });
    lines.collect::<String>().into_bytes()
}
