//! Cases that are the same for every client with a driver.

mod faults;
pub(super) mod group;
mod offsets;
mod records;
mod sizes;
mod topics;

pub(super) use self::faults::{
    cut, recreated, recreated_round_robin, restart, restart_round_robin, restart_with_copies,
};
pub(super) use self::group::{cooperative_group, group, round_robin_group};
pub(super) use self::offsets::{by_time, committed, seek};
pub(super) use self::records::{
    codecs, create_time, headers, headers_without_empty, headers_without_null, now_ms, partitioning, times, tombstones,
    tombstones_without_empty,
};
pub(super) use self::sizes::{large_batches, large_record};
pub(super) use self::topics::administration;
