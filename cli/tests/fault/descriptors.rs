//! A process that may open no more files.

use std::{
    io::Read as _,
    net::TcpStream,
    time::{Duration, Instant},
};

use ottla::{Client, TopicPartition, producer::Record};

use crate::{
    client::{is_served, runtime},
    support::{Broker, ottla_with_limits},
};

/// Whether the other side has closed it within a moment.
fn is_closed(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    match stream.read(&mut [0]) {
        Ok(read) => read == 0,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
    }
}

#[test]
fn without_file_descriptors_new_connections_are_closed_old_ones_served_and_all_is_well_when_there_are_some_again() {
    let dir = tempfile::tempdir().unwrap();
    let complaints = dir.path().join("complaints");
    let command = ottla_with_limits("-n 64", "broker --set log.flush.interval.messages=1 --data");
    let broker = Broker::start_with(command.arg(dir.path().join("data")).complaints_to(&complaints));
    let server = broker.servers[0].as_str();
    broker.ottla("topic create orders -c segment.bytes=1048576").done();

    let runtime = runtime();
    let (producer, mut consumer) = runtime.block_on(async {
        let client = Client::builder(server).unwrap().request_timeout(Duration::from_secs(2)).build().unwrap();
        let builder = client.producer().linger(Duration::ZERO).delivery_timeout(Duration::from_secs(4));
        let producer = builder.build().unwrap();
        let consumer = client.consumer_without_group().from_beginning().assign([TopicPartition::new("orders", 0)]);
        let mut consumer = consumer.build().await.unwrap();
        producer.send(Record::to("orders").value("before")).await.unwrap().await.unwrap();
        consumer.recv().await.unwrap();
        (producer, consumer)
    });

    let mut crowd: Vec<TcpStream> = (0..100).map(|_| TcpStream::connect(server).unwrap()).collect();
    let closed = crowd.iter_mut().map(is_closed).filter(|closed| *closed).count();
    assert!(closed >= 30, "{closed} of 100 connections were closed, and 64 descriptors are all there are");

    // Up to the end of the segment, behind which another file would begin.
    let value = vec![7; 100_000];
    let mut acknowledged = 1;
    let refused = runtime.block_on(async {
        loop {
            match producer.send(Record::to("orders").value(&value)).await.unwrap().await {
                Ok(_) => acknowledged += 1,
                Err(error) => break error.to_string(),
            }
            assert!(acknowledged < 100, "there is room for {acknowledged} records of 100 kB in a megabyte");
        }
    });
    assert!(acknowledged > 5, "{acknowledged}: {refused}");
    assert!(refused.contains("KAFKA_STORAGE_ERROR"), "{refused}");
    let mut read = 1;
    while read < acknowledged {
        read += runtime.block_on(consumer.recv()).unwrap().iter().count();
    }
    assert_eq!(read, acknowledged, "what is there is read");

    drop(crowd.drain(..));
    let began = Instant::now();
    runtime.block_on(async {
        while producer.send(Record::to("orders").value("after")).await.unwrap().await.is_err() {
            assert!(began.elapsed() < Duration::from_secs(30), "it does not get over it");
        }
    });
    runtime.block_on(is_served(server, "orders", Duration::from_secs(10)));
    broker.ottla("topic create another").done();
    let complaints = std::fs::read_to_string(complaints).unwrap();
    let refusals = complaints.lines().filter(|line| line.contains("cannot accept a connection")).count();
    assert!((1..=3).contains(&refusals), "{complaints}");
    assert!(complaints.contains("allow more file descriptors"), "{complaints}");
    let failures = complaints.lines().filter(|line| line.contains("the log cannot be written")).count();
    assert_eq!(failures, 1, "{complaints}");
}
