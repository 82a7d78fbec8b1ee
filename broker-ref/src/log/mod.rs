//! The log: where records are kept, byte for byte as Apache Kafka keeps them.
//!
//! [`LogManager`] is one log directory. [`Log`] is one replica of one partition: segments of record batches, sparse
//! indexes over them, the leader epochs, and what is remembered of producers. Below them [`Storage`] knows names and
//! bytes only; [`FileStorage`] keeps them on disk, [`MemoryStorage`] in memory.
//!
//! # Files
//!
//! Numbers are big-endian. `BASE` is the offset of a segment's first record, in 20 digits.
//!
//! ```text
//! log directory/
//! |-- .lock                               held while a broker runs
//! |-- .kafka_cleanshutdown                {"version":0,"brokerEpoch":N}; written last, removed at start
//! |-- meta.properties                     version=1, cluster.id, node.id, directory.id
//! |-- recovery-point-offset-checkpoint    what is before it is durable          \
//! |-- log-start-offset-checkpoint         where it is not a segment's base      |  "0\n<count>\n", then a line
//! |-- replication-offset-checkpoint       high watermarks                       /  "<topic> <partition> <offset>\n"
//! |-- <topic>-<partition>/
//! |   |-- BASE.log                        record batches, one after the other
//! |   |-- BASE.index                      offset index
//! |   |-- BASE.timeindex                  time index
//! |   |-- BASE.snapshot                   producers before BASE; one at the log end offset after an orderly stop
//! |   |-- BASE.txnindex                   aborted transactions, if there are any
//! |   |-- leader-epoch-checkpoint         "0\n<count>\n", then a line "<leader epoch> <start offset>\n"
//! |   `-- partition.metadata              "version: 0\ntopic_id: <22 characters>"
//! |-- <topic>-<partition>.<32 hex digits>-delete/     waits for its deletion
//! `-- <topic>-<partition>.<32 hex digits>-stray/      a partition that no topic was known for
//! ```
//!
//! ```text
//! .log        a batch: 61 bytes, then records
//!     0 base offset i64        patched by the leader      27 base timestamp i64
//!     8 batch length i32       bytes from 12 on           35 max timestamp i64
//!    12 leader epoch i32       patched by the leader      43 producer id i64
//!    16 magic i8 = 2                                      51 producer epoch i16
//!    17 crc u32                CRC-32C of 21 on           53 base sequence i32
//!    21 attributes i16                                    57 record count i32
//!    23 last offset delta i32                             61 records
//!
//!    00 00 00 00 00 00 00 07 | 00 00 00 3a | 00 00 00 00 | 02 | crc | 00 00 | 00 00 00 00 | ...
//!    `- offset 7                `- 58 more    `- epoch 0         `- no codec   `- one record
//!
//! .index      8 bytes an entry: last offset of a batch minus BASE i32, position of that batch in .log i32
//!    00 00 00 2a  00 00 10 68           the batch that ends with offset BASE+42 begins at byte 4200
//!
//! .timeindex  12 bytes an entry: timestamp i64, offset minus BASE i32
//!    00 00 01 8b cf e5 68 00  00 00 00 2a        up to offset BASE+42 nothing is newer than 1700000000000
//!
//! .snapshot   see `producer_state`
//! ```
//!
//! An index has an entry at the earliest `index.interval.bytes` after the one before, so finding an offset is a binary
//! search and then a walk over a few headers. Kafka preallocates the indexes of its active segment with zeros; ours
//! are written when a segment is sealed and when the log is closed, and both ways are read.
//!
//! `X.deleted` waits to be removed, `X.cleaned` is the unfinished and `X.swap` the finished work of a compaction. They
//! are cleaned up when a log is opened.
//!
//! # Rules
//!
//! * A crash loses nothing before the recovery point. What lies behind it is read again, and cut at the first batch
//!   that is torn, whose checksum is wrong, or whose offset goes back. Indexes and producers are rebuilt. Offsets may be
//!   missing between segments and batches that are whole: compaction leaves such gaps.
//! * Damage to what was durable costs what is damaged and no more: it is told once, with the file and the place, who
//!   asks for it gets CORRUPT_MESSAGE, and everything before and behind it is served. Headers are read with suspicion:
//!   offsets must follow one another, since no checksum covers them. What is not looked at, as in Kafka, are the
//!   checksums of what is fetched: clients compare them.
//! * A log never ends before what was durable, not even if its directory is gone. If records are missing there, a new
//!   segment begins with the offset after them, and what is left of their file is neither cut nor written to. Readers
//!   are taken over such an end by a batch of no records.
//! * What no topic is known for is renamed or left alone, and neither opened nor recovered.
//! * Compaction (`compaction`) writes new segments beside the old ones and swaps them in by renaming. What it cannot read
//!   it does not touch.
//! * A checkpoint is never in the way: it is replaced by renaming a complete file, and one that cannot be read costs a
//!   longer recovery.
//! * Indexes are not trusted: one that cannot be right is rebuilt.
//! * No name leads out of the directory and no link is followed.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss
    )
)]

mod batches;
mod checkpoint;
mod compaction;
mod config;
mod delayed;
mod directory;
mod error;
mod extent;
mod flush;
mod index;
mod layout;
mod leader_epochs;
mod load;
mod manager;
mod parallel;
mod partition_log;
mod producer_state;
mod read;
mod retention;
mod segment;
mod storage;
mod tail;
#[cfg(test)]
mod tests;
mod timestamps;

pub use compaction::{Compacted, Compaction, CompactionLimits, Dirt};
pub use config::{CleanupPolicy, LogConfig};
pub use directory::{FoundLog, Identity, LogDirectory, LogExtent, read_identity};
pub use error::{AppendError, CompactionError, LogError, ReadError};
pub use flush::{Flush, Flushed};
pub use layout::TopicPartition;
pub use leader_epochs::{EpochEndOffset, EpochEntry};
pub use load::OpenLog;
pub use manager::{Claim, LogHandle, LogManager, LogManagerConfig, NewLog, TickReport};
pub use partition_log::{Append, AppendInfo, Log, LogOffsets};
pub use producer_state::{AppendOrigin, ProducerBatch, ProducerEntry};
pub use read::{Fetched, FileRead, Read, ReadPlan};
pub use storage::{FileInfo, FilePath, FileStorage, MemoryStorage, Storage, StorageFile};
pub use timestamps::{TimestampOffset, TimestampSearch};
