//! The group coordinator: membership of classic groups and committed offsets.
//!
//! [`GroupCoordinator`] holds the groups of one partition of `__consumer_offsets`. It is a pure state machine: every
//! operation takes the time, and returns records to append to that partition and replies to send. It has no clock, no
//! log and no network of its own.
//!
//! # How it is driven
//!
//! 1. **Load.** Every record of the partition goes through [`GroupCoordinator::replay`], then
//!    [`GroupCoordinator::loaded`] starts the timers.
//! 2. **Operate.** An operation returns an [`Outcome`]. It must be settled before the next operation: its records are
//!    appended, and [`GroupCoordinator::commit`] (or [`abort`](GroupCoordinator::abort), if the append failed) turns
//!    it into replies. Each reply names the [`Token`] of the request it answers, which may be one that came long
//!    before: a join waits until the whole group has joined.
//! 3. **Tick.** When [`GroupCoordinator::next_deadline`] has come, [`GroupCoordinator::poll_timer`] returns the outcome
//!    of one expired timer, until it returns none.
//! 4. **Unload.** [`GroupCoordinator::unload`] answers everybody who still waits.
//!
//! Offsets change when their record is committed, and never before. Membership that no record holds (who waits to
//! join, whose heartbeat is due) changes at once, as it would be gone after a failover anyway; where a record does hold
//! it, `abort` undoes the change.
//!
//! # States of a group
//!
//! ```text
//!                       first member joins
//!          +-------+  (waits for more members)   +---------------------+
//!    ----->| Empty |---------------------------->| PreparingRebalance  |<-----------+
//!          +-------+                             |  members rejoin     |            |
//!              ^                                 +---------------------+            |
//!              |  nobody rejoined                  |     |       ^                  |
//!              +-----------------------------------+     |       | a member joins,  |
//!                                   everybody rejoined,  |       | leaves or fails, |
//!                                   or time is up        |       | or never syncs   |
//!                                                        v       |                  |
//!                                                +---------------------+            |
//!                                                | CompletingRebalance |            |
//!                                                |  leader assigns     |            |
//!                                                +---------------------+            |
//!                                                        |                          |
//!                                   the leader's         |    a member joins with   |
//!                                   assignment is stored |    changes, the leader   |
//!                                                        v    rejoins, or one fails |
//!                                                +---------------------+            |
//!                                                |       Stable        |------------+
//!                                                +---------------------+
//! ```
//!
//! The generation counts up whenever PreparingRebalance ends. A dynamic member of unknown id (JoinGroup from version 4
//! on) is first told its id and kept as *pending* until it comes back with it. A static member (one with an instance
//! id) that restarts takes over its former place: in a stable group whose assignor does not change there is no
//! rebalance, and the former member id is fenced.

mod classic_group;
mod config;
mod coordinator;
mod describe;
mod expire;
mod heartbeat;
mod join;
mod leave;
mod member;
mod offset;
mod offset_commit;
mod offset_delete;
mod offset_fetch;
mod outcome;
mod partition;
mod rebalance;
mod record;
mod subscription;
mod sync;
#[cfg(test)]
mod tests;
mod timer;

pub use config::GroupConfig;
pub use coordinator::GroupCoordinator;
pub use join::ClientInfo;
pub use outcome::{Outcome, ProducerIdentity, Reply, Token};
pub use partition::partition_for;
pub use record::{CoordinatorRecord, RecordError};

pub use crate::clock::Moment;
