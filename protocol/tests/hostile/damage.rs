//! Damage from a seed, to well-formed input of every kind.
//!
//! `SEED=n` replays a run.

use std::panic::catch_unwind;
use std::time::Instant;

use bytes::Bytes;
use ottla_protocol::messages::ALL;
use ottla_protocol_hostile::sample::{Sample, Size};
use ottla_protocol_hostile::{Random, TARGETS, message, target};

/// Changes to one input, at most.
const MOST_DAMAGE: u32 = 6;
/// Every seed of every target is damaged and read this often.
const ROUNDS: u32 = 40;

fn seed() -> u64 {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    println!("SEED={seed}");
    seed
}

/// A fixed amount of work, so that a seed is all that a failure needs.
fn damage_seeds_of(name: &str, rounds: u32) {
    let (seed, target) = (seed(), target(name));
    let mut random = Random(seed);
    let seeds = (target.seeds)();
    let started = Instant::now();
    for round in 0..rounds {
        for input in &seeds {
            let mut input = input.clone();
            for _ in 0..round % MOST_DAMAGE {
                random.damage(&mut input);
            }
            let outcome = catch_unwind(|| (target.check)(&input));
            assert!(outcome.is_ok(), "{name}, SEED={seed}: {input:02x?}");
        }
    }
    println!("{name}: {} inputs in {:.1?}", seeds.len() as u32 * rounds, started.elapsed());
}

#[test]
fn damaged_messages_break_no_promise() {
    damage_seeds_of("message", ROUNDS);
}

#[test]
fn damaged_record_batches_and_message_sets_break_no_promise() {
    damage_seeds_of("record_batch", ROUNDS * 15);
}

#[test]
fn damaged_gzip_breaks_no_promise() {
    damage_seeds_of("decompress_gzip", ROUNDS * 10);
}

#[test]
fn damaged_snappy_breaks_no_promise() {
    damage_seeds_of("decompress_snappy", ROUNDS * 10);
}

#[test]
fn damaged_lz4_breaks_no_promise() {
    damage_seeds_of("decompress_lz4", ROUNDS * 10);
}

#[test]
fn damaged_zstd_breaks_no_promise() {
    damage_seeds_of("decompress_zstd", ROUNDS * 10);
}

#[test]
fn damaged_blobs_of_group_members_break_no_promise() {
    damage_seeds_of("consumer_protocol", ROUNDS * 50);
}

#[test]
fn damaged_state_records_break_no_promise() {
    damage_seeds_of("state_record", ROUNDS);
}

#[test]
fn every_target_is_damaged_here() {
    let here = include_str!("damage.rs");
    for target in &TARGETS {
        assert!(here.contains(&format!("damage_seeds_of(\"{}\"", target.name)), "{}", target.name);
        assert!(!(target.seeds)().is_empty(), "{}", target.name);
        (target.seeds)().iter().for_each(|seed| (target.check)(seed));
    }
}

#[test]
fn the_ends_of_every_prefix_are_noticed() {
    for message in ALL {
        for version in message.schema.versions.iter() {
            let name = message.schema.name;
            let sample = Bytes::from(Sample::of(&message.schema, version, Size::SMALL).bytes);
            assert!(message::check_one(message, version, sample.clone()), "{name} {version}");
            for len in 0..sample.len() {
                assert!(message.decode(sample.slice(..len), version).is_err(), "{name} {version} cut at {len}");
            }
            let longer = Bytes::from([&sample[..], &[0]].concat());
            assert!(message.decode(longer, version).is_err(), "{name} {version} with a byte more");
        }
    }
}
