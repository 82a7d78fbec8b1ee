//! Counts and lengths that lie: every message in every version.

use std::collections::BTreeSet;

use bytes::Bytes;
use ottla_protocol::messages::ALL;
use ottla_protocol::wire::DecodeErrorKind;
use ottla_protocol::wire::schema::VersionRange;
use ottla_protocol_hostile::memory::{FIXED_BYTES, HONEST_PER_BYTE, MOST_PER_BYTE, most_for, peak};
use ottla_protocol_hostile::sample::{Form, Place, Sample, Size};

#[test]
fn a_hostile_count_costs_no_memory_and_no_panic_wherever_it_stands() {
    let (mut pairs, mut decodes) = (0, 0);
    for message in ALL {
        for version in message.schema.versions.iter() {
            pairs += 1;
            let name = message.schema.name;
            let sample = Sample::of(&message.schema, version, Size::SMALL);
            if let Err(error) = message.decode(sample.bytes.clone().into(), version) {
                panic!("{name} version {version}: the unharmed sample is refused: {error}");
            }
            for place in &sample.places {
                for (what, count) in place.hostile_counts() {
                    let input = Bytes::from(sample.with_count(place, &count));
                    let limit = input.len() as u64 * HONEST_PER_BYTE + FIXED_BYTES;
                    let (_, bytes) = peak(|| drop(message.decode(input, version)));
                    decodes += 1;
                    assert!(bytes <= limit, "{name} {version}: {what} at byte {} took {bytes} bytes", place.at);
                }
            }
        }
    }
    println!("{pairs} messages and versions, {decodes} decodes");
    assert!(decodes > 10_000, "the samples have too few counts: {decodes}");
}

/// Bytes of a large message.
const LARGE: usize = 100_000;
/// Bytes of a string where strings are like names.
const NAME: usize = 24;
/// Bytes of a message of as many elements as they have room for.
const DENSE: usize = 30_000;

/// The first version and the last.
fn ends(versions: VersionRange) -> impl Iterator<Item = i16> {
    [versions.first, versions.last].into_iter().take(if versions.first == versions.last { 1 } else { 2 })
}

/// Messages and versions that can take more than four times their bytes although their names are as long as names are:
/// bytes of something else are read as elements that are very short.
const DENSER: [(&str, i16); 1] = [("CreateTopicsRequest", 2)];

#[test]
fn a_count_that_could_be_true_costs_no_memory_in_a_large_message() {
    let (mut decodes, mut denser) = (0, BTreeSet::new());
    for message in ALL {
        for version in ends(message.schema.versions) {
            let Some(sample) = Sample::of_at_least(&message.schema, version, LARGE, NAME) else { continue };
            let name = message.schema.name;
            let honest = Bytes::from(sample.bytes.clone());
            let (_, bytes) = peak(|| message.decode(honest.clone(), version).map(drop).expect("the unharmed sample"));
            assert!(bytes <= honest.len() as u64 * HONEST_PER_BYTE + FIXED_BYTES, "{name} {version}: {bytes} bytes");
            for array in sample.fields().into_iter().filter(|place| place.is_array) {
                let available = sample.bytes.len() - array.at - array.len;
                let mut input = sample.with_count(array, &array.plausible_count(available));
                let (_, with_more) = peak(|| drop(message.decode(input.clone().into(), version)));
                assert!(with_more <= most_for(input.len()), "{name} {version}: {:?}: {with_more} bytes", array.field);
                let limit = input.len() as u64 * HONEST_PER_BYTE + FIXED_BYTES;
                if with_more - input.len() as u64 > limit {
                    denser.insert((name, version));
                }
                // No element that begins with a string or an array is read from these.
                let end = input.len();
                input[end - available..].fill(0xfe);
                let (_, with_none) = peak(|| drop(message.decode(input.clone().into(), version)));
                assert!(with_none - end as u64 <= limit, "{name} {version}: {:?}: {with_none} bytes", array.field);
                decodes += 2;
            }
        }
    }
    println!("{decodes} decodes");
    assert_eq!(denser, BTreeSet::from(DENSER));
    assert!(decodes > 1000);
}

#[test]
fn large_messages_with_names_of_three_letters_are_within_the_budget() {
    for message in ALL {
        for version in ends(message.schema.versions) {
            let Some(sample) = Sample::of_at_least(&message.schema, version, LARGE, 3) else { continue };
            let decoded = message.decode(sample.bytes.into(), version);
            assert!(decoded.is_ok(), "{} {version}: {:?}", message.schema.name, decoded.err());
        }
    }
}

#[test]
fn the_densest_messages_keep_to_the_budget_or_are_refused() {
    let (mut read, mut refused, mut densest) = (0, 0, 0);
    for message in ALL {
        for version in ends(message.schema.versions) {
            let name = message.schema.name;
            let sample = Sample::of(&message.schema, version, Size::SMALL);
            for array in sample.fields().into_iter().filter(|place| place.is_array) {
                let input = Bytes::from(Sample::dense(&message.schema, version, array, DENSE).bytes);
                let len = input.len();
                let (decoded, bytes) = peak(|| message.decode(input, version).map(drop));
                assert!(bytes <= most_for(len), "{name} {version}: {:?}: {bytes} bytes for {len}", array.field);
                match decoded.map_err(|error| error.kind()) {
                    Ok(()) => read += 1,
                    Err(DecodeErrorKind::OverBudget) => refused += 1,
                    Err(error) => panic!("{name} {version}: {:?}: {error:?}", array.field),
                }
                densest = densest.max(bytes / len as u64);
            }
        }
    }
    println!("{read} read, {refused} refused, up to {densest} times the input");
    assert!(densest >= MOST_PER_BYTE, "the budget is put to use: {densest}");
    assert!(read > 0 && refused > 0);
}

#[test]
fn a_place_says_what_to_put_there() {
    let place = Place { at: 0, len: 1, form: Form::Compact, unit: 3, field: ("", ""), is_array: true };
    let counts = place.hostile_counts();
    assert_eq!(counts[0].1, [0], "null in the compact form");
    assert_eq!(counts[1].1, [0xff, 0xff, 0xff, 0xff, 0x0f], "-2 in the compact form is the largest number");
    assert_eq!(place.plausible_count(10), [4], "three elements of three bytes, plus one");
}
