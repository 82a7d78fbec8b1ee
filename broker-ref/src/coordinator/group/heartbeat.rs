//! Heartbeat.

use ottla_protocol::{
    error_code::ErrorCode,
    messages::heartbeat::{HeartbeatRequest, HeartbeatResponse},
};

use super::{
    GroupCoordinator,
    classic_group::GroupState,
    outcome::{Effects, Outcome, Reply, Token},
};
use crate::clock::Moment;

impl GroupCoordinator {
    /// A member shows that it lives, and learns whether it must join again.
    pub fn heartbeat(&mut self, now: Moment, token: Token, request: &HeartbeatRequest) -> Outcome {
        let error_code = self.check_heartbeat(now, request).err().unwrap_or_default();
        Outcome::reply(token, Reply::Heartbeat(HeartbeatResponse { error_code, ..Default::default() }))
    }

    fn check_heartbeat(&mut self, now: Moment, request: &HeartbeatRequest) -> Result<(), ErrorCode> {
        if request.group_id.is_empty() {
            return Err(ErrorCode::INVALID_GROUP_ID);
        }
        let group = self.groups.get(&request.group_id).ok_or(ErrorCode::UNKNOWN_MEMBER_ID)?;
        group.check_member(&request.member_id, request.group_instance_id.as_ref())?;
        if request.generation_id != group.generation {
            return Err(ErrorCode::ILLEGAL_GENERATION);
        }
        let mut fx = Effects::new(now, &self.config, &mut self.timers);
        group.schedule_heartbeat(&request.member_id.detach(), &mut fx);
        match group.state {
            GroupState::PreparingRebalance => Err(ErrorCode::REBALANCE_IN_PROGRESS),
            _ => Ok(()),
        }
    }
}
