//! ListGroups, DescribeGroups and DeleteGroups.

use ottla_protocol::{
    error_code::ErrorCode,
    messages::{
        delete_groups::{DeletableGroupResult, DeleteGroupsResponse},
        describe_groups::DescribedGroup,
        list_groups::ListedGroup,
    },
    types::GroupId,
    wire::Str,
};

use super::{
    GroupCoordinator,
    classic_group::{ClassicGroup, GroupState},
    outcome::{Outcome, Reply, Token},
};

impl GroupCoordinator {
    /// The groups in one of these states and of one of these types. No states are all, and no types are all.
    pub fn list_groups(&self, states: &[Str], types: &[Str]) -> Vec<ListedGroup> {
        let is_among = |names: &[Str], name: &str| {
            names.is_empty() || names.iter().any(|asked| asked.trim().eq_ignore_ascii_case(name))
        };
        let groups = self.groups.values().filter(|group| is_among(states, &group.state.to_string()));
        let listed = groups.filter(|_| is_among(types, CLASSIC)).map(|group| ListedGroup {
            group_id: group.id.clone(),
            protocol_type: group.protocol_type.clone().unwrap_or_default(),
            group_state: group.state.to_string().into(),
            group_type: CLASSIC.into(),
        });
        listed.collect()
    }

    /// Describes groups. One that does not exist is dead, and from version 6 of the request on an error.
    pub fn describe_groups(&self, api_version: i16, group_ids: &[GroupId]) -> Vec<DescribedGroup> {
        let described = |id: &GroupId| match self.groups.get(id) {
            Some(group) => describe(group),
            None => not_found(api_version, id),
        };
        group_ids.iter().map(described).collect()
    }

    /// Deletes groups without members, with their offsets.
    pub fn delete_groups(&mut self, token: Token, group_ids: &[GroupId]) -> Outcome {
        let mut records = Vec::new();
        let mut results = Vec::with_capacity(group_ids.len());
        for id in group_ids {
            let error_code = match self.groups.get(id) {
                None => ErrorCode::GROUP_ID_NOT_FOUND,
                Some(group) if !group.is_empty() => ErrorCode::NON_EMPTY_GROUP,
                Some(_) => ErrorCode::NONE,
            };
            if error_code.is_none() {
                records.extend(self.tombstones(id));
            }
            results.push(DeletableGroupResult { group_id: id.clone(), error_code });
        }
        let response = DeleteGroupsResponse { results, ..Default::default() };
        Outcome::with_records(records, token, Reply::DeleteGroups(response))
    }
}

fn describe(group: &ClassicGroup) -> DescribedGroup {
    // Before the members have settled on an assignor there is nothing it was told.
    let settled = group.protocol_name.as_ref().filter(|_| group.state == GroupState::Stable);
    DescribedGroup {
        group_id: group.id.clone(),
        group_state: group.state.to_string().into(),
        protocol_type: group.protocol_type.clone().unwrap_or_default(),
        protocol_data: settled.cloned().unwrap_or_default(),
        members: group.members.values().map(|member| member.describe(settled.map(Str::as_str))).collect(),
        ..Default::default()
    }
}

fn not_found(api_version: i16, id: &GroupId) -> DescribedGroup {
    let mut described = DescribedGroup { group_id: id.clone(), group_state: DEAD.into(), ..Default::default() };
    if api_version >= 6 {
        described.error_code = ErrorCode::GROUP_ID_NOT_FOUND;
        described.error_message = Some(format!("Group {id} not found.").into());
    }
    described
}

const CLASSIC: &str = "classic";
const DEAD: &str = "Dead";
