//! Reads a topic and prints its records: `consume BOOTSTRAP TOPIC [GROUP]`.

use std::error::Error;

use ottla_client::{Client, TopicPartition};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().collect();
    let [_, bootstrap, topic, rest @ ..] = args.as_slice() else {
        return Err("usage: consume BOOTSTRAP TOPIC [GROUP]".into());
    };
    let client = Client::connect(bootstrap)?;
    let partitions = client.topic(topic).await?.partition_count();
    let assigned = (0..partitions).map(|partition| TopicPartition::new(topic.as_str(), partition));
    let builder = match rest.first() {
        Some(group) => client.consumer(group),
        None => client.consumer_without_group(),
    };
    let mut consumer = builder.from_beginning().assign(assigned).build().await?;
    loop {
        let records = consumer.recv().await?;
        for record in &records {
            let value = String::from_utf8_lossy(record.value().unwrap_or_default());
            println!("{} {} {value}", record.topic_partition(), record.offset());
        }
        if !rest.is_empty() {
            consumer.commit().await?;
        }
    }
}
