//! Messages from somebody who means harm, or who is broken: every message in every version.
//!
//! `SEED=n` replays a run of the random test.

#![expect(clippy::disallowed_methods, reason = "it measures, outside of the crate")]

mod sample;

use std::{panic::catch_unwind, time::Instant};

use allocation_counter::measure;
use bytes::Bytes;
use ottla_protocol::messages::ALL;

use self::sample::{Place, Sample};

/// What a decode may allocate at most: four times the input and a fixed part.
const FIXED_BYTES: u64 = 64 * 1024;

#[test]
fn a_hostile_count_costs_no_memory_and_no_panic_wherever_it_stands() {
    let (mut pairs, mut decodes) = (0, 0);
    for message in ALL {
        for version in message.schema.versions.iter() {
            pairs += 1;
            let sample = Sample::of(&message.schema, version);
            message.decode(sample.bytes.clone().into(), version).unwrap_or_else(|error| {
                panic!("{} version {version}: the unharmed sample is refused: {error}", message.schema.name)
            });
            for place in &sample.places {
                for (what, count) in place.hostile_counts() {
                    let input = Bytes::from(sample.with_count(place, &count));
                    let limit = input.len() as u64 * 4 + FIXED_BYTES;
                    let info = measure(|| drop(message.decode(input, version)));
                    decodes += 1;
                    assert!(
                        info.bytes_max <= limit,
                        "{} version {version}: {what} at byte {} took {} bytes",
                        message.schema.name,
                        place.at,
                        info.bytes_max
                    );
                }
            }
        }
    }
    println!("{pairs} messages and versions, {decodes} decodes");
    assert!(decodes > 10_000, "the samples have too few counts: {decodes}");
}

#[test]
fn random_damage_never_panics_and_what_is_read_is_written_and_read_again() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    println!("SEED={seed}");
    let mut random = sample::Random(seed);
    let started = Instant::now();
    let (mut decodes, mut read) = (0u64, 0u64);
    // A fixed amount of work, so that a seed is all that a failure needs.
    for round in 0..ROUNDS {
        for message in ALL {
            for version in message.schema.versions.iter() {
                let mut bytes = Sample::of(&message.schema, version).bytes;
                for _ in 0..round % MOST_DAMAGE {
                    random.damage(&mut bytes);
                }
                decodes += 1;
                let input = Bytes::from(bytes.clone());
                let outcome = catch_unwind(|| {
                    let decoded = message.decode(input, version).ok()?;
                    let again = decoded.encode(version).expect("what was read can be written");
                    let twice = message.decode(again.clone(), version).expect("what was written can be read");
                    assert_eq!(twice.encode(version).expect("and written"), again);
                    Some(())
                });
                match outcome {
                    Ok(stable) => read += u64::from(stable.is_some()),
                    Err(_) => panic!("{} version {version}, SEED={seed}: {bytes:02x?}", message.schema.name),
                }
            }
        }
    }
    println!("{decodes} decodes, {read} of them read, in {:.1?}", started.elapsed());
    assert!(read > 0 && read < decodes, "damage must sometimes matter and sometimes not");
}

/// Each message and version is read this often.
const ROUNDS: u32 = 1000;
/// Changes to one message, at most.
const MOST_DAMAGE: u32 = 6;

#[test]
fn the_ends_of_every_prefix_are_noticed() {
    for message in ALL {
        for version in message.schema.versions.iter() {
            let sample = Sample::of(&message.schema, version).bytes;
            for len in 0..sample.len() {
                let cut = Bytes::copy_from_slice(&sample[..len]);
                assert!(
                    message.decode(cut, version).is_err(),
                    "{} version {version} cut at {len}",
                    message.schema.name
                );
            }
            let longer = Bytes::from([sample.as_slice(), &[0]].concat());
            assert!(
                message.decode(longer, version).is_err(),
                "{} version {version} with a byte more",
                message.schema.name
            );
        }
    }
}

#[test]
fn a_place_says_what_to_put_there() {
    let counts = Place { at: 0, len: 1, form: sample::Form::Compact }.hostile_counts();
    assert_eq!(counts[0].1, [0], "null in the compact form");
    assert_eq!(counts[1].1, [0xff, 0xff, 0xff, 0xff, 0x0f], "-2 in the compact form is the largest number");
}
