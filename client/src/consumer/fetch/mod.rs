//! Fetching: one loop per broker, which keeps what it gets undecoded until the application takes it.

mod aside;
mod chunk;
mod limit;
mod session;
#[expect(clippy::disallowed_methods, reason = "an edge: it asks a broker and takes what comes")]
mod worker;

pub(super) use chunk::{Chunk, ChunkError, ChunkReader, Tally, position_after};
pub(super) use session::{FetchSession, UnderWay, Wanted};
pub(super) use worker::{FetchWorker, run};
