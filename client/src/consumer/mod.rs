//! Consuming records, alone or in a group.
//!
//! ```no_run
//! # async fn run(client: ottla_client::Client) -> Result<(), Box<dyn std::error::Error>> {
//! let mut consumer = client.consumer("group").from_beginning().subscribe(["orders"]).build().await?;
//! loop {
//!     let records = consumer.recv().await?;
//!     for record in &records {
//!         println!("{} {:?}", record.offset(), record.value());
//!     }
//!     consumer.commit().await?;
//! }
//! # }
//! ```

mod assignment;
mod builder;
#[expect(clippy::disallowed_methods, reason = "an edge: it waits between attempts")]
mod commit;
#[expect(clippy::disallowed_methods, reason = "an edge: it carries out what the assignment decides")]
mod driver;
mod error;
mod fetch;
mod group;
#[expect(clippy::disallowed_methods, reason = "an edge: what the application does is done now")]
mod handle;
#[expect(clippy::disallowed_methods, reason = "an edge: an answer comes now")]
mod lookup;
mod metrics;
mod offsets;
mod position;
#[expect(clippy::disallowed_methods, reason = "an edge: it waits between attempts")]
mod query;
mod records;
mod shared;
mod stream;

pub use builder::ConsumerBuilder;
pub use error::{BadBatch, CommitError, ConsumeError, GroupError, OffsetError, SubscribeError};
pub use group::{BoxFuture, GroupMetadata, RebalanceContext, RebalanceListener};
pub use handle::{Committing, Consumer};
pub use metrics::ConsumerMetrics;
pub use offsets::OffsetAndTimestamp;
pub use position::{OffsetAndMetadata, SeekTo, Watermarks};
pub use records::{
    ConsumerRecord, HeadersIter, IntoRecords, PartitionRecords, RecordRun, RecordView, Records, RecordsIter, RunIter,
};
pub use stream::RecordStream;
