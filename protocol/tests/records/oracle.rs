//! The same against Kafka's own classes: `cargo xtask differential --peer records` runs these tests.
//!
//! They print how much came out the same. With `OTTLA_ORACLE_PLANT` set, the first answer of the oracle that is worth
//! something is falsified, and each of them has to fail.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use ottla_protocol::compression::{CompressionSettings, Compressor, level_range};
use ottla_protocol::murmur2::{murmur2, partition_for_key};
use ottla_protocol::record::{
    BatchSettings, Compression, ProducerStamp, RecordBatchBuilder, control::EndTransactionMarker,
};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::notation::{describe, hex, nullable_hex, unhex};

struct Oracle {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// Falsify the next answer.
    plant: bool,
}

impl Oracle {
    fn start() -> Self {
        let arguments = std::env::var("OTTLA_RECORD_ORACLE").expect("a file with arguments for java");
        let mut child = Command::new("java")
            .arg(format!("@{arguments}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a JDK");
        let input = child.stdin.take().expect("a pipe");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, input, output, plant: std::env::var_os("OTTLA_ORACLE_PLANT").is_some() }
    }

    fn ask(&mut self, question: &str) -> String {
        writeln!(self.input, "{question}").expect("a live oracle");
        let mut answer = String::new();
        self.output.read_line(&mut answer).expect("a live oracle");
        let answer = answer.trim_end();
        let answer = answer.strip_prefix("ok").unwrap_or_else(|| panic!("{question:.2000}: {answer}")).trim_start();
        if std::mem::take(&mut self.plant) { falsified(answer) } else { answer.to_owned() }
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The answer with another last digit.
fn falsified(answer: &str) -> String {
    let mut falsified = answer.to_owned();
    let last = falsified.pop();
    falsified.push(if last == Some('1') { '2' } else { '1' });
    falsified
}

fn print_same(what: &str, count: usize) {
    println!("same: {what}: {count} of {count}");
}

#[derive(Clone, Debug)]
struct Sample {
    timestamp: i64,
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    headers: Vec<(String, Option<Vec<u8>>)>,
}

fn samples() -> impl Strategy<Value = Vec<Sample>> {
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;
    let bytes = || {
        option::of(prop_oneof![
            vec(any::<u8>(), 0..60),
            ("[ab]{0,8}", 0..400usize).prop_map(|(text, times)| text.repeat(times).into_bytes()),
        ])
    };
    let headers = vec(("[a-zA-Zäß€]{0,12}", bytes()), 0..4);
    let sample = (0..1i64 << 42, bytes(), bytes(), headers).prop_map(|(timestamp, key, value, headers)| Sample {
        timestamp,
        key,
        value,
        headers,
    });
    vec(sample, 1..60)
}

fn runner() -> TestRunner {
    TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

fn notation(samples: &[Sample], base_offset: i64, headers: bool) -> String {
    let records = (base_offset..).zip(samples).map(|(offset, sample)| {
        let pairs = sample
            .headers
            .iter()
            .map(|(key, value)| format!("{}={}", hex(key.as_bytes()), nullable_hex(value.as_deref())));
        let pairs: Vec<_> = if headers { pairs.collect() } else { Vec::new() };
        let (key, value) = (nullable_hex(sample.key.as_deref()), nullable_hex(sample.value.as_deref()));
        format!("record:{offset}:{}:{key}:{value}:{}", sample.timestamp, pairs.join(","))
    });
    records.collect::<Vec<_>>().join(" ")
}

fn codecs() -> impl Iterator<Item = Compression> {
    (0..5).filter_map(Compression::from_id)
}

#[test]
#[ignore = "needs Java: see the head of this file"]
fn kafka_reads_what_we_write_in_every_codec_at_every_level() {
    let mut oracle = Oracle::start();
    let mut runner = runner();
    let mut compressor = Compressor::default();
    let mut batches = 0;
    for round in 0..40 {
        for codec in codecs() {
            let samples = samples().new_tree(&mut runner).unwrap().current();
            let mut compression = CompressionSettings::new(codec);
            if let Some(levels) = level_range(codec) {
                let (low, high) = ((*levels.start()).max(-5), *levels.end());
                compression = compression.with_level(low + round % (high - low + 1)).unwrap();
            }
            let mut builder = RecordBatchBuilder::new(BatchSettings {
                compression,
                producer: ProducerStamp { producer_id: 5, producer_epoch: 2, base_sequence: round },
                transactional: round % 2 == 0,
                base_offset: 1 << 40,
                partition_leader_epoch: round,
                ..BatchSettings::default()
            });
            for sample in &samples {
                let headers = sample.headers.iter().map(|(key, value)| (key.as_str(), value.as_deref()));
                builder.append(sample.timestamp, sample.key.as_deref(), sample.value.as_deref(), headers).unwrap();
            }
            let bytes = builder.seal(&mut compressor).unwrap();
            let read = oracle.ask(&format!("read {}", hex(&bytes)));
            assert_eq!(read, describe(bytes));
            assert!(read.ends_with(&notation(&samples, 1 << 40, true)), "{codec:?}");
            batches += 1;
        }
    }
    print_same("our batches read by Kafka's classes, every codec and level", batches);
}

#[test]
#[ignore = "needs Java: see the head of this file"]
fn we_read_what_kafka_writes_in_every_format_and_codec() {
    let mut oracle = Oracle::start();
    let mut runner = runner();
    let mut batches = 0;
    for round in 0..30i64 {
        for (magic, codec) in (0..=2).flat_map(|magic| codecs().map(move |codec| (magic, codec))) {
            if magic < 2 && codec == Compression::Zstd {
                continue;
            }
            let samples = samples().new_tree(&mut runner).unwrap().current();
            let base = round * 1000;
            let mut question = format!("write magic={magic} codec={} base={base}", codec.name());
            if magic == 2 {
                question += &format!(" producer={round} producer-epoch=3 sequence=9 transactional={}", round % 3 == 0);
            }
            if magic > 0 && round % 4 == 1 {
                question += " append-time=1700000000000";
            }
            question += &format!(" {}", notation(&samples, base, magic == 2));
            let bytes = oracle.ask(&question);
            let read = oracle.ask(&format!("read {bytes}"));
            assert_eq!(describe(unhex(&bytes).into()), read);
            assert_eq!(read.matches("record:").count(), samples.len());
            batches += 1;
        }
    }
    print_same("Kafka's batches read by us, formats 0 to 2, every codec", batches);
}

#[test]
#[ignore = "needs Java: see the head of this file"]
fn uncompressed_batches_have_the_very_bytes_of_kafkas() {
    const BATCHES: usize = 200;
    let mut oracle = Oracle::start();
    let mut runner = runner();
    for _ in 0..BATCHES {
        let samples = samples().new_tree(&mut runner).unwrap().current();
        let mut builder = RecordBatchBuilder::new(BatchSettings::default());
        for sample in &samples {
            let headers = sample.headers.iter().map(|(key, value)| (key.as_str(), value.as_deref()));
            builder.append(sample.timestamp, sample.key.as_deref(), sample.value.as_deref(), headers).unwrap();
        }
        let ours = builder.seal(&mut Compressor::default()).unwrap();
        assert_eq!(hex(&ours), oracle.ask(&format!("write {}", notation(&samples, 0, true))));
    }
    print_same("uncompressed batches, byte for byte", BATCHES);
}

#[test]
#[ignore = "needs Java: see the head of this file"]
fn ten_thousand_keys_go_to_the_partitions_that_java_chooses() {
    use proptest::collection::vec;
    use proptest::prelude::any;
    let mut oracle = Oracle::start();
    let mut runner = runner();
    let mut compared = 0;
    let mut empty = 0;
    for round in 0..100 {
        let partitions = round * round + 1;
        let longest = usize::try_from(round).unwrap() + 2;
        let keys: Vec<Vec<u8>> =
            (0..100).map(|_| vec(any::<u8>(), 0..longest).new_tree(&mut runner).unwrap().current()).collect();
        let words: Vec<_> = keys.iter().map(|key| if key.is_empty() { "-".to_owned() } else { hex(key) }).collect();
        let hashes = oracle.ask(&format!("murmur2 {}", words.join(" ")));
        let ours: Vec<_> = keys.iter().map(|key| (murmur2(key) as i32).to_string()).collect();
        assert_eq!(ours.join(" "), hashes);
        let chosen = oracle.ask(&format!("partition {partitions} {}", words.join(" ")));
        let ours: Vec<_> = keys.iter().map(|key| partition_for_key(key, partitions).to_string()).collect();
        assert_eq!(ours.join(" "), chosen);
        compared += keys.len();
        empty += keys.iter().filter(|key| key.is_empty()).count();
    }
    assert!(empty > 0);
    print_same("keys, their hashes and partitions", compared);
}

#[test]
#[ignore = "needs Java: see the head of this file"]
fn transaction_markers_have_the_very_bytes_of_kafkas() {
    let mut oracle = Oracle::start();
    for committed in [true, false] {
        let kind = if committed { "commit" } else { "abort" };
        let theirs = oracle.ask(&format!("marker {kind} 12 1700000000123 4242 7"));
        let marker = EndTransactionMarker { committed, coordinator_epoch: 12 };
        assert_eq!(hex(&marker.to_batch(1_700_000_000_123, 4242, 7)), theirs);
    }
    print_same("transaction markers, byte for byte", 2);
}

/// Prints `fixtures.txt`; `--nocapture` shows it.
#[test]
#[ignore = "needs Java: see the head of this file"]
fn print_fixtures() {
    let mut oracle = Oracle::start();
    let records = "record:100:1700000000000:6b6579:76616c7565: record:101:1700000000005:~:: \
                   record:102:1699999999999:6b:~: record:103:1700000000005:00ff:76616c756576616c756576616c756576616c7565:";
    let headers = "record:104:1700000000009:6b:76:61=31,c3a4=~,=00";
    let print = |oracle: &mut Oracle, name: String, question: &str| {
        let bytes = oracle.ask(question);
        println!("fixture {name} {bytes} {}", oracle.ask(&format!("read {bytes}")));
    };
    for (magic, codec) in (0..=2).flat_map(|magic| codecs().map(move |codec| (magic, codec))) {
        if magic < 2 && codec == Compression::Zstd {
            continue;
        }
        let headers = if magic == 2 { headers } else { "" };
        let times: &[&str] = if magic == 0 { &[""] } else { &["", "append-time=1700000001000 "] };
        for time in times {
            let settings = match magic {
                2 => "producer=77 producer-epoch=1 sequence=2147483647 leader-epoch=6 transactional=true ",
                _ => "",
            };
            let question =
                format!("write magic={magic} codec={} base=100 {settings}{time}{records} {headers}", codec.name());
            let suffix = if time.is_empty() { "" } else { "-append" };
            print(&mut oracle, format!("v{magic}-codec-{}{suffix}", codec.name()), question.trim());
        }
    }
    let horizon = format!("write base=100 delete-horizon=1700086400000 {records}");
    print(&mut oracle, "v2-delete-horizon".to_owned(), &horizon);
    for kind in ["commit", "abort"] {
        print(&mut oracle, format!("marker-{kind}"), &format!("marker {kind} 12 1700000000123 4242 7"));
    }
}
