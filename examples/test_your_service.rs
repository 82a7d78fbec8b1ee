//! How to test a service that uses Kafka: with a broker inside the test.
//!
//! `cargo run --example test_your_service`, or `cargo test --example test_your_service` for the tests themselves.

use ottla::{Client, consumer::Consumer, producer::Producer, producer::Record};

/// The service: answers every order with an invoice.
struct Billing {
    orders: Consumer,
    invoices: Producer,
}

impl Billing {
    async fn new(client: &Client) -> anyhow::Result<Self> {
        Ok(Self {
            orders: client.consumer("billing").from_beginning().manual_commit().subscribe(["orders"]).build().await?,
            invoices: client.producer().build()?,
        })
    }

    /// Handles what there is, and commits once the invoices are written.
    async fn step(&mut self) -> anyhow::Result<usize> {
        let orders = self.orders.recv().await?;
        let invoices = orders.iter().filter_map(|order| Some((order.key()?, invoice(order.value()?))));
        let invoices: Vec<_> = invoices.collect();
        let records: Vec<_> =
            invoices.iter().map(|(key, invoice)| Record::to("invoices").key(key).value(invoice)).collect();
        if let Some(error) = self.invoices.send_many(&records).await?.wait().await.into_iter().next() {
            return Err(error.into());
        }
        self.orders.commit().await?;
        Ok(orders.len())
    }
}

fn invoice(order: &[u8]) -> String {
    format!("please pay for {}", String::from_utf8_lossy(order))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cluster = ottla::broker::Cluster::builder().topic("orders", 1).topic("invoices", 1).start().await?;
    let client = ottla::embedded::client(&cluster)?.build()?;
    let sent = client.producer().build()?.send(Record::to("orders").key("ann").value("3 apples")).await?;
    sent.await?;
    let handled = Billing::new(&client).await?.step().await?;
    println!("handled {handled} order; `cargo test --example test_your_service` runs the test of it");
    Ok(())
}

#[cfg(test)]
mod tests {
    use ottla::{TopicPartition, broker::Cluster, embedded};

    use super::*;

    // The clock is paused: whatever waits for time takes none.
    #[tokio::test(start_paused = true)]
    async fn every_order_gets_an_invoice() -> anyhow::Result<()> {
        let cluster = Cluster::builder().in_memory_network().topic("orders", 1).topic("invoices", 1).start().await?;
        let client = embedded::client(&cluster)?.build()?;
        let producer = client.producer().build()?;
        for order in ["3 apples", "1 pear"] {
            producer.send(Record::to("orders").key("ann").value(order)).await?.await?;
        }

        let mut billing = Billing::new(&client).await?;
        let mut handled = 0;
        while handled < 2 {
            handled += billing.step().await?;
        }

        let mut invoices = client
            .consumer_without_group()
            .from_beginning()
            .assign([TopicPartition::new("invoices", 0)])
            .build()
            .await?;
        let mut texts = Vec::new();
        while texts.len() < 2 {
            texts.extend(
                invoices.recv().await?.iter().map(|r| String::from_utf8_lossy(r.value().unwrap()).into_owned()),
            );
        }
        assert_eq!(texts, ["please pay for 3 apples", "please pay for 1 pear"]);
        Ok(())
    }
}
