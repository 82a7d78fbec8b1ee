//! Who a member is, as others may want to know.

use ottla_protocol::{types::GroupId, wire::Str};

/// A member of a group in one generation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GroupMetadata {
    /// The group.
    pub group_id: GroupId,
    /// The generation: it rises with each rebalance.
    pub generation_id: i32,
    /// The id that the coordinator gave the member.
    pub member_id: Str,
    /// The name that a static member gave itself.
    pub group_instance_id: Option<Str>,
}
