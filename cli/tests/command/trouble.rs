//! What goes wrong, and how it is told: 1 for a failure, 2 for arguments that make no sense.

use std::{fs, net::TcpListener};

use rustix::process::Signal;

use crate::support::{Broker, ottla};

#[test]
fn servers_are_named_by_the_environment_too_and_the_option_wins() {
    let broker = Broker::with_topic("orders", 1);
    let server = broker.servers[0].as_str();
    assert!(ottla("topic list").env("OTTLA_BOOTSTRAP", server).done().contains("orders"));
    let listed = ottla("topic list --bootstrap").arg(server).env("OTTLA_BOOTSTRAP", "127.0.0.1:1").done();
    assert!(listed.contains("orders"));
}

#[test]
fn a_file_and_options_set_client_properties_and_the_options_win() {
    let broker = Broker::with_topic("orders", 1);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("client.properties");
    fs::write(&file, format!("bootstrap.servers={}\nmax.request.size=1000\n", broker.servers[0])).unwrap();
    let input = "x".repeat(2000);
    let finished = ottla("produce orders --config").arg(&file).input(input.as_str()).run();
    assert_eq!(finished.code, 1, "{}", finished.err);
    ottla("produce orders --set max.request.size=5000 --config").arg(&file).input(input).done();
    let error = ottla("topic list --config").arg(dir.path().join("none")).fails(1);
    assert!(error.contains("cannot read") && error.contains("none"), "{error}");
}

#[test]
fn a_property_that_is_not_one_is_a_usage_error_that_names_it() {
    let error = ottla("topic list --set bootstrap.server=localhost:9092").fails(2);
    assert!(error.contains("bootstrap.server is not a property"), "{error}");
    let error = ottla("topic list --set acks=2").fails(2);
    assert!(error.contains("acks"), "{error}");
    assert!(ottla("topic list --bootstrap localhost:99999").fails(2).contains("localhost:99999"));
    assert!(ottla("topic list --format yaml").fails(2).contains("json"));
}

#[test]
fn no_broker_is_told_soon_and_by_its_address() {
    // A port that was free a moment ago.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let commands = ["topic list", "produce orders", "consume orders", "group lag", "cluster describe"];
    let running = commands.map(|command| ottla(command).args("--bootstrap").arg(&address).start());
    for finished in running.map(crate::support::Running::finish) {
        assert_eq!((finished.code, finished.out.as_str()), (1, ""));
        let expected = format!("error: no broker can be reached: cannot connect to {address}: ");
        assert!(finished.err.starts_with(&expected), "{}", finished.err);
    }
}

#[test]
fn a_topic_that_is_not_there_is_told_by_its_name_and_not_created() {
    let broker = Broker::start();
    let commands = ["topic describe", "topic offsets", "topic delete", "topic alter -p 3", "consume", "perf consume"];
    for command in commands {
        let error = broker.ottla(command).arg("oders").fails(1);
        assert!(error.contains("oders") && error.lines().count() == 1, "{command}: {error}");
    }
    let error = broker.ottla("topic delete-records oders --before end").fails(1);
    assert!(error.contains("oders"), "{error}");
    assert_eq!(broker.ottla("topic list").done(), "");
}

#[test]
fn a_name_that_cannot_be_is_a_failure_that_says_why() {
    let broker = Broker::start();
    let error = broker.ottla("topic create").arg("a b").fails(1);
    assert!(error.contains("a b"), "{error}");
    let finished = broker.ottla("produce").arg("a/b").input("x\n").run();
    assert_eq!(finished.code, 1);
    assert!(finished.err.contains("a/b"), "{}", finished.err);
}

#[test]
fn misuse_is_told_with_exit_code_2() {
    for words in ["", "topics", "topic", "topic create", "consume", "consume a --max x", "consume a --from middle"] {
        let error = ottla(words).fails(2);
        assert!(error.contains("Usage:") || error.contains("error:"), "{words}: {error}");
    }
}

#[test]
fn nobody_has_to_read_the_output() {
    let broker = Broker::with_topic("orders", 1);
    for words in ["topic list", "topic describe orders", "cluster describe", "group list --format json"] {
        let finished = broker.ottla(words).closed_stdout().run();
        assert_eq!((finished.code, finished.err.as_str()), (0, ""), "{words}");
    }
    for words in ["--help", "completions zsh"] {
        let finished = ottla(words).closed_stdout().run();
        assert_eq!((finished.code, finished.err.as_str()), (0, ""), "{words}");
    }
    let finished = broker.ottla("topic delete a b c").closed_stderr().run();
    assert_eq!(finished.code, 1);
    let finished = broker.ottla("topic list").env("OTTLA_LOG", "trace").closed_stderr().run();
    assert_eq!(finished.code, 0);
}

#[test]
fn a_broker_that_goes_away_is_told_while_reading_and_it_goes_on_when_it_is_back() {
    let dir = tempfile::tempdir().unwrap();
    let broker = Broker::start_with(ottla("broker --data").arg(dir.path()));
    broker.ottla("topic create orders").done();
    broker.produce("orders", "before\n");
    let address = broker.servers[0].clone();
    let mut reader = broker.ottla("consume orders --format %v").start();
    assert_eq!(reader.line(), "before");
    assert_eq!(broker.stop(Signal::TERM).code, 0);
    let again = ottla("broker --data").arg(dir.path()).args("--listen").arg(&address);
    let mut broker = again.start();
    while broker.line() != "ready" {}
    ottla("produce orders --bootstrap").arg(&address).input("after\n").done();
    assert_eq!(reader.line(), "after");
    reader.signal(Signal::INT);
    assert_eq!(reader.finish().code, 0);
}

#[test]
fn a_person_is_told_that_the_broker_is_gone_and_can_end_all_the_same() {
    let broker = Broker::with_topic("orders", 1);
    let mut reader = broker.ottla("consume orders --format %v").start();
    let mut writer = broker.ottla("produce orders").start();
    writer.write(b"before\n");
    assert_eq!(reader.line(), "before");
    drop(broker);
    writer.write(b"after\n");
    for running in [&mut reader, &mut writer] {
        let told = running.error_line();
        assert!(told.starts_with("warning: waiting for "), "{told}");
    }
    reader.signal(Signal::INT);
    assert_eq!(reader.finish().code, 0);
    // A record is under way, and is not given up by the first signal. Nobody can know which one comes first.
    let code = 128 + Signal::INT.as_raw();
    while !writer.has_ended() {
        writer.signal(Signal::INT);
    }
    assert_eq!(writer.finish().code, code);
}

#[test]
fn a_signal_ends_a_command_that_finds_no_broker_at_once() {
    // It takes connections and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    for command in ["consume orders", "produce orders", "topic list"] {
        let mut running = ottla(command).args("--bootstrap").arg(&address).start();
        listener.accept().unwrap();
        // Not SIGINT, which whoever runs the tests may have made to be ignored.
        running.signal(Signal::TERM);
        assert_eq!(running.ended_by(), Signal::TERM.as_raw(), "{command}");
    }
}
