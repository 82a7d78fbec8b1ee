//! LeaveGroup.

use ottla_protocol::{
    error_code::ErrorCode,
    messages::leave_group::{LeaveGroupRequest, LeaveGroupResponse, MemberIdentity, MemberResponse},
};

use super::{
    GroupCoordinator,
    classic_group::{ClassicGroup, GroupState},
    outcome::{Effects, Outcome, Reply, Token},
};
use crate::clock::Moment;

impl GroupCoordinator {
    /// Takes members out of a group, by their ids or by their instance ids.
    ///
    /// Up to version 2 a request has one member, and its result is that of the whole.
    pub fn leave_group(&mut self, now: Moment, token: Token, api_version: i16, request: &LeaveGroupRequest) -> Outcome {
        let only = [MemberIdentity { member_id: request.member_id.clone(), ..Default::default() }];
        let leaving = if api_version <= LAST_VERSION_OF_ONE_MEMBER { &only[..] } else { &request.members };
        let mut fx = Effects::new(now, &self.config, &mut self.timers);
        let response = match self.groups.get_mut(&request.group_id) {
            _ if request.group_id.is_empty() => {
                LeaveGroupResponse { error_code: ErrorCode::INVALID_GROUP_ID, ..Default::default() }
            }
            Some(group) => respond(leaving, |member| group.leave(member, &mut fx)),
            None => respond(leaving, |_| Err(ErrorCode::UNKNOWN_MEMBER_ID)),
        };
        let anybody_left = response.members.iter().any(|member| member.error_code.is_none());
        if let Some(group) = self.groups.get_mut(&request.group_id).filter(|_| anybody_left) {
            group.after_leave(&mut fx);
        }
        fx.replies.push((token, Reply::LeaveGroup(for_version(api_version, response))));
        fx.into_outcome()
    }
}

fn respond(
    leaving: &[MemberIdentity],
    mut leave: impl FnMut(&MemberIdentity) -> Result<(), ErrorCode>,
) -> LeaveGroupResponse {
    let members = leaving.iter().map(|member| MemberResponse {
        member_id: member.member_id.clone(),
        group_instance_id: member.group_instance_id.clone(),
        error_code: leave(member).err().unwrap_or_default(),
    });
    LeaveGroupResponse { members: members.collect(), ..Default::default() }
}

fn for_version(api_version: i16, mut response: LeaveGroupResponse) -> LeaveGroupResponse {
    if api_version <= LAST_VERSION_OF_ONE_MEMBER {
        let of_member = response.members.pop().map(|member| member.error_code).unwrap_or_default();
        if response.error_code.is_none() {
            response.error_code = of_member;
        }
    }
    response
}

impl ClassicGroup {
    fn leave(&mut self, leaving: &MemberIdentity, fx: &mut Effects<'_>) -> Result<(), ErrorCode> {
        let MemberIdentity { member_id, group_instance_id, .. } = leaving;
        if member_id.is_empty() {
            // An administrator names a static member by its instance id alone.
            let instance_id = group_instance_id.as_ref().ok_or(ErrorCode::UNKNOWN_MEMBER_ID)?;
            let member_id = self.static_member_id(instance_id).cloned().ok_or(ErrorCode::UNKNOWN_MEMBER_ID)?;
            self.dismiss(&member_id, fx);
        } else {
            if !self.pending_join.contains(member_id) {
                self.check_member(member_id, group_instance_id.as_ref())?;
            }
            self.dismiss(member_id, fx);
        }
        Ok(())
    }

    fn after_leave(&mut self, fx: &mut Effects<'_>) {
        match self.state {
            GroupState::Stable | GroupState::CompletingRebalance => self.prepare_rebalance(fx),
            GroupState::PreparingRebalance => self.complete_join_if_all_joined(fx),
            GroupState::Empty => {}
        }
    }
}

const LAST_VERSION_OF_ONE_MEMBER: i16 = 2;
