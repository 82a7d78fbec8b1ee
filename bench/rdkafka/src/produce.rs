//! Writing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::ensure;
use bench_driver::{Meter, Output, ProduceTask, Source};
use rdkafka::ClientContext;
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext};
use rdkafka::types::RDKafkaErrorCode;

const FLUSH_LIMIT: Duration = Duration::from_secs(120);
/// So often deliveries are looked at while there is room.
const POLL_EVERY: u64 = 1000;

/// Sends every record by a call of its own to the leanest producer that the crate has, without a future per record.
pub(crate) fn produce(task: &ProduceTask, output: &Output) -> anyhow::Result<()> {
    let producer = producer(task)?;
    let topics = task.at.names();
    let mut source = Source::new(task.size, task.keyed);
    send(&producer, &topics, &mut source, task.warm_up)?;
    let (meter, before) = (Meter::start(), producer.context().delivered());
    let bytes = send(&producer, &topics, &mut source, task.records)?;
    let report = meter.stop(task.records, bytes);
    let delivered = producer.context().delivered() - before;
    ensure!(delivered == task.records, "{delivered} of {} records were delivered", task.records);
    output.report(&report);
    Ok(())
}

fn producer(task: &ProduceTask) -> anyhow::Result<BaseProducer<Deliveries>> {
    let mut config = crate::config(&task.at.bootstrap);
    config.set("acks", task.acks.text());
    config.set("enable.idempotence", task.idempotent.to_string());
    config.set("compression.type", task.compression.text());
    config.set("batch.size", task.batch_size.to_string());
    config.set("linger.ms", task.linger_ms.to_string());
    Ok(config.create_with_context(Deliveries::default())?)
}

/// Counts what was delivered.
#[derive(Debug, Default)]
struct Deliveries(AtomicU64);

impl Deliveries {
    fn delivered(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl ClientContext for Deliveries {}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        self.0.fetch_add(u64::from(result.is_ok()), Ordering::Relaxed);
    }
}

fn send(
    producer: &BaseProducer<Deliveries>,
    topics: &[String],
    source: &mut Source,
    count: u64,
) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for (topic, index) in topics.iter().cycle().zip(0..count) {
        let (key, value) = source.next();
        bytes += (key.map_or(0, str::len) + value.len()) as u64;
        let mut record = BaseRecord::<str, [u8]>::to(topic).payload(value);
        record.key = key;
        while let Err((error, returned)) = producer.send(record) {
            let KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull) = error else { return Err(error.into()) };
            producer.poll(Duration::from_millis(10));
            record = returned;
        }
        if index % POLL_EVERY == 0 {
            producer.poll(Duration::ZERO);
        }
    }
    producer.flush(FLUSH_LIMIT)?;
    Ok(bytes)
}
