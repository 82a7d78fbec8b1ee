//! The cases by subject.

pub(crate) mod compaction;
pub(crate) mod groups;
pub(crate) mod idleness;
pub(crate) mod numbers;
pub(crate) mod offsets;
pub(crate) mod partitioning;
pub(crate) mod records;
pub(crate) mod recreation;
pub(crate) mod sizes;
pub(crate) mod topics;
pub(crate) mod trouble;
