//! A member of a classic group.

use bytes::Bytes;
use ottla_protocol::{
    messages::{
        describe_groups::DescribedGroupMember,
        group_metadata_record::{GroupMetadataValue, MemberMetadata},
        join_group::{JoinGroupRequest, JoinGroupRequestProtocol},
    },
    wire::Str,
};

use super::{join::ClientInfo, outcome::Token};

/// A member, and the requests of it that wait for a reply.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Member {
    pub(super) id: Str,
    pub(super) instance_id: Option<Str>,
    pub(super) client_id: Str,
    pub(super) client_host: Str,
    pub(super) session_timeout_ms: i32,
    pub(super) rebalance_timeout_ms: i32,
    /// The assignors it knows, the preferred one first.
    pub(super) protocols: Vec<Protocol>,
    pub(super) assignment: Bytes,
    pub(super) awaiting_join: Option<Token>,
    pub(super) awaiting_sync: Option<Token>,
    /// It never had a reply to its join, so that it cannot send heartbeats.
    pub(super) is_new: bool,
}

/// An assignor that a member knows, and what the member tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Protocol {
    pub(super) name: Str,
    pub(super) metadata: Bytes,
}

impl Member {
    /// The member that a request to join describes. Nothing in it keeps the request's frame alive.
    pub(super) fn joining(id: Str, client: &ClientInfo, request: &JoinGroupRequest) -> Self {
        let Terms { protocols, rebalance_timeout_ms, session_timeout_ms } = request.into();
        Self {
            id,
            instance_id: request.group_instance_id.as_ref().map(Str::detach),
            client_id: client.client_id.detach(),
            client_host: client.client_host.detach(),
            session_timeout_ms,
            rebalance_timeout_ms,
            protocols,
            assignment: Bytes::new(),
            awaiting_join: None,
            awaiting_sync: None,
            is_new: true,
        }
    }

    /// A member as a record of its group holds it.
    pub(super) fn from_record(member: &MemberMetadata, group: &GroupMetadataValue) -> Self {
        let timeout_ms = member.rebalance_timeout;
        let name = group.protocol.as_ref().map(Str::detach).unwrap_or_default();
        let metadata = Bytes::copy_from_slice(&member.subscription);
        Self {
            id: member.member_id.detach(),
            instance_id: member.group_instance_id.as_ref().map(Str::detach),
            client_id: member.client_id.detach(),
            client_host: member.client_host.detach(),
            session_timeout_ms: member.session_timeout,
            rebalance_timeout_ms: if timeout_ms < 0 { member.session_timeout } else { timeout_ms },
            protocols: vec![Protocol { name, metadata }],
            assignment: Bytes::copy_from_slice(&member.assignment),
            awaiting_join: None,
            awaiting_sync: None,
            is_new: false,
        }
    }

    pub(super) fn to_record(&self, protocol: Option<&str>, assignment: Bytes) -> MemberMetadata {
        MemberMetadata {
            member_id: self.id.clone(),
            group_instance_id: self.instance_id.clone(),
            client_id: self.client_id.clone(),
            client_host: self.client_host.clone(),
            rebalance_timeout: self.rebalance_timeout_ms,
            session_timeout: self.session_timeout_ms,
            subscription: self.metadata(protocol),
            assignment,
        }
    }

    /// A description, with metadata and assignment where the group has settled on this protocol.
    pub(super) fn describe(&self, settled: Option<&str>) -> DescribedGroupMember {
        DescribedGroupMember {
            member_id: self.id.clone(),
            group_instance_id: self.instance_id.clone(),
            client_id: self.client_id.clone(),
            client_host: self.client_host.clone(),
            member_metadata: self.metadata(settled),
            member_assignment: self.assignment.clone(),
        }
    }

    /// What it tells the assignor of this name.
    pub(super) fn metadata(&self, protocol: Option<&str>) -> Bytes {
        let chosen = self.protocols.iter().find(|known| Some(known.name.as_str()) == protocol);
        chosen.map(|known| known.metadata.clone()).unwrap_or_default()
    }

    /// Whether a request to join would change nothing that the others or the assignor see.
    pub(super) fn matches(&self, request: &[JoinGroupRequestProtocol]) -> bool {
        let same = |(known, asked): (&Protocol, &JoinGroupRequestProtocol)| {
            known.name == asked.name && known.metadata == asked.metadata
        };
        self.protocols.len() == request.len() && self.protocols.iter().zip(request).all(same)
    }

    /// Whether it need not send heartbeats now, because a reply to it is what it waits for.
    pub(super) fn has_satisfied_heartbeat(&self) -> bool {
        !self.is_new && (self.awaiting_join.is_some() || self.awaiting_sync.is_some())
    }
}

/// What a member says of itself each time it joins.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub(super) protocols: Vec<Protocol>,
    pub(super) rebalance_timeout_ms: i32,
    pub(super) session_timeout_ms: i32,
}

impl From<&JoinGroupRequest> for Terms {
    fn from(request: &JoinGroupRequest) -> Self {
        let session_timeout_ms = request.session_timeout_ms;
        // Version 0 of the request has one timeout for both.
        let one_for_both = request.rebalance_timeout_ms < 0;
        Self {
            protocols: protocols(&request.protocols),
            rebalance_timeout_ms: if one_for_both { session_timeout_ms } else { request.rebalance_timeout_ms },
            session_timeout_ms,
        }
    }
}

impl From<Member> for Terms {
    fn from(member: Member) -> Self {
        let Member { protocols, rebalance_timeout_ms, session_timeout_ms, .. } = member;
        Self { protocols, rebalance_timeout_ms, session_timeout_ms }
    }
}

/// The assignors of a request, each once, detached from its frame.
fn protocols(request: &[JoinGroupRequestProtocol]) -> Vec<Protocol> {
    let mut protocols: Vec<Protocol> = Vec::with_capacity(request.len());
    for asked in request {
        if !protocols.iter().any(|known| known.name == asked.name) {
            let metadata = Bytes::copy_from_slice(&asked.metadata);
            protocols.push(Protocol { name: asked.name.detach(), metadata });
        }
    }
    protocols
}
