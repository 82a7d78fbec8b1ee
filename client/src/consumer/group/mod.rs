//! Membership in a classic group.
//!
//! [`Member`] decides: it is a plain state machine that is given `now`, metadata, responses and what the application does,
//! and tells what to send. The driver sends it, on a connection of the consumer's own, for a join is parked by the
//! coordinator and holds back everything behind it. What takes the application's consent, to give partitions up above all,
//! is a [`Handover`](handover), which runs within the application's calls for records.

#[expect(clippy::disallowed_methods, reason = "an edge: it carries out what the member decides")]
mod driver;
#[expect(clippy::disallowed_methods, reason = "an edge: the application's consent is given now")]
mod handover;
mod lead;
mod listener;
mod member;
mod metadata;
mod topics;

pub(super) use driver::run;
pub(super) use handover::hand_over;
pub use listener::{BoxFuture, RebalanceContext, RebalanceListener};
pub(super) use member::{Handover, Identity, Member, Settings};
pub use metadata::GroupMetadata;
pub(super) use topics::Topics;
