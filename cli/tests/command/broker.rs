//! `ottla broker`.

use std::{fs, process::Command};

use rustix::process::Signal;

use crate::support::{Broker, ottla};

#[test]
fn a_signal_stops_it_with_exit_code_0() {
    for signal in [Signal::TERM, Signal::INT] {
        let finished = Broker::start().stop(signal);
        assert_eq!((finished.code, finished.out.as_str(), finished.err.as_str()), (0, "", ""));
    }
}

/// A pipe takes the place of a file that takes long to read.
#[test]
fn a_signal_while_it_starts_ends_it_too() {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("ottla-metadata");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut broker = ottla("broker --listen 127.0.0.1:0 --set no.such.property=1 --data").arg(dir.path()).start();
    assert!(broker.error_line().contains("no.such.property"));
    broker.signal(Signal::TERM);
    let finished = broker.finish();
    assert_eq!((finished.code, finished.out.as_str()), (0, ""));
    assert!(finished.err.contains("stopped before it was ready"), "{}", finished.err);
}

#[test]
fn each_of_three_nodes_has_a_port_and_knows_the_others() {
    let broker = Broker::start_with(ottla("broker --nodes 3"));
    assert_eq!(broker.servers.len(), 3);
    broker.ottla("topic create orders --partitions 6 --replication-factor 3").done();
    for server in &broker.servers {
        let described = ottla("cluster describe --bootstrap").arg(server).json();
        let nodes = described["brokers"].as_array().unwrap();
        let addresses: Vec<&str> = nodes.iter().map(|node| node["address"].as_str().unwrap()).collect();
        assert_eq!(addresses, broker.servers);
        assert!(nodes.iter().all(|node| node["partitions_led"] == 2 && node["replicas"] == 6), "{described}");
    }
}

#[test]
fn a_directory_survives_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let start = || Broker::start_with(ottla("broker --data").arg(dir.path()));
    let broker = start();
    broker.ottla("topic create orders --partitions 2 -c retention.ms=7200000").done();
    broker.ottla("produce orders --partition 1").input("a\nb\nc\n").done();
    broker.ottla("consume orders --group billing --max 2").done();
    assert_eq!(broker.stop(Signal::TERM).code, 0);

    let broker = start();
    let described = &broker.ottla("topic describe orders").json()[0];
    assert_eq!(
        (&described["partitions"][1]["end"], &described["settings"][0]["value"]),
        (&3.into(), &"7200000".into())
    );
    assert_eq!(broker.ottla("consume orders --group billing --exit-at-end --format %v").done(), "c\n");
}

#[test]
fn a_log_that_lost_its_last_records_is_read_to_its_end_and_their_offsets_are_not_given_again() {
    let dir = tempfile::tempdir().unwrap();
    let segment = dir.path().join("orders-0/00000000000000000000.log");
    let start = || Broker::start_with(ottla("broker --data").arg(dir.path()));
    let broker = start();
    broker.ottla("topic create orders").done();
    broker.produce("orders", "a\nb\n");
    let kept = fs::metadata(&segment).unwrap().len();
    broker.produce("orders", "lost\nlost\n");
    assert_eq!(broker.stop(Signal::TERM).code, 0);
    fs::File::options().write(true).open(&segment).unwrap().set_len(kept).unwrap();

    let broker = start();
    let consume = "consume orders --from start --exit-at-end --format %o:%v";
    assert_eq!(broker.ottla(consume).done(), "0:a\n1:b\n");
    broker.produce("orders", "c\n");
    assert_eq!(broker.ottla(consume).done(), "0:a\n1:b\n4:c\n");
    let told = broker.stop(Signal::TERM).err;
    assert!(told.contains("ends at offset 2 but was durable up to 4"), "{told}");
}

#[test]
fn a_file_and_options_set_properties_and_the_options_win() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("server.properties");
    fs::write(&file, "# as Kafka's\nnum.partitions = 5\nlog.retention.ms=1000000\nno.such.property=1\n").unwrap();
    let broker = Broker::start_with(ottla("broker --set log.retention.ms=2000000 --config").arg(&file));
    broker.ottla("topic create orders").done();
    let described = &broker.ottla("topic describe orders --all-settings").json()[0];
    assert_eq!(described["partitions"].as_array().unwrap().len(), 5);
    let settings = described["settings"].as_array().unwrap();
    let retention = settings.iter().find(|setting| setting["name"] == "retention.ms").unwrap();
    assert_eq!(retention["value"], "2000000");
    let finished = broker.stop(Signal::TERM);
    assert_eq!(finished.code, 0);
    assert!(finished.err.contains("no.such.property"), "{}", finished.err);
}

#[test]
fn a_bad_value_is_a_usage_error_that_names_what_is_valid() {
    let error = ottla("broker --set num.partitions=0").fails(2);
    assert!(error.contains("num.partitions") && error.contains("at least 1"), "{error}");
    let error = ottla("broker --set num.partitions=x --set log.retention.ms=y").fails(2);
    assert!(error.contains("num.partitions") && error.contains("log.retention.ms"), "{error}");
    for words in ["broker --listen nowhere", "broker --nodes 0", "broker --memory --data x", "broker --set x"] {
        ottla(words).fails(2);
    }
}

#[test]
fn a_port_in_use_is_a_failure_that_names_it() {
    let broker = Broker::start();
    let error = ottla("broker --listen").arg(&broker.servers[0]).fails(1);
    assert!(error.contains(&broker.servers[0]), "{error}");
}

#[test]
fn it_goes_on_when_nobody_reads_what_it_says() {
    let finished = ottla("broker --listen 127.0.0.1:0 --config /no/such/file").closed_stderr().run();
    assert_eq!(finished.code, 1);
    let mut running = ottla("broker --listen 127.0.0.1:0 --set no.such.property=1").closed_stderr().start();
    assert!(running.line().starts_with("node 1 listening on 127.0.0.1:"));
    assert_eq!(running.line(), "ready");
    running.signal(Signal::TERM);
    assert_eq!(running.finish().code, 0);
}
