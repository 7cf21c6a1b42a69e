//! Who may hear what today 権限一覧: for every member, whose recordings and what may be done with them.
//!
//! Nothing of it is written down a second time: what stands here is what [`permission::decide`] says of an ordinary
//! recording of each team.

use std::collections::BTreeSet;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::permission::{self, Action, Decision, Subject};
use crate::retention::Periods;
use crate::rulebook::{Member, Rulebook};

/// What is asked of each: what lets hear, what lets out, what lets know.
const ASKED: [Action; 9] = [
    Action::View,
    Action::Play,
    Action::Download,
    Action::Share,
    Action::Release,
    Action::ReadNotes,
    Action::Custody,
    Action::Hold,
    Action::Delete,
];

/// Whose recordings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhoseKind {
    /// Of one team.
    Team,
    /// Of no team.
    NoTeam,
    /// The member's own calls, whatever their team.
    OwnCalls,
    /// The calls of a member whose work was handed over.
    HandedOver,
}

/// What a member may do with some recordings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Right {
    /// Whose they are.
    pub whose: WhoseKind,
    /// The team, or the member whose work was handed over.
    pub name: Option<String>,
    /// What may be done; never empty.
    pub can: Vec<Action>,
}

/// What a member may do today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRights {
    /// The member.
    pub member: Member,
    /// By whose recordings; empty where none may be seen.
    pub rights: Vec<Right>,
}

/// The rights of every member of today, by id.
pub fn rights(rulebook: &Rulebook, now: Timestamp) -> Vec<MemberRights> {
    let day = rulebook.day_of(now);
    let held = rulebook.staff.iter().filter(|post| post.is_held_on(day));
    let logins: BTreeSet<&str> = held.clone().map(|post| post.login.as_str()).collect();
    let teams: BTreeSet<&str> = held
        .flat_map(|post| [&post.team].into_iter().chain(&post.manages))
        .chain(rulebook.lines.iter().filter_map(|line| line.team.as_ref()))
        .chain(rulebook.dissolved_teams.iter().map(|team| &team.name))
        .filter(|team| !team.is_empty())
        .map(String::as_str)
        .collect();
    let logins = logins.into_iter().chain(rulebook.admin_logins.iter().map(String::as_str));
    let mut members: Vec<Member> = logins.filter_map(|login| rulebook.member(login, day)).collect();
    members.sort_by(|one, other| one.id.cmp(&other.id));
    members.dedup_by(|one, other| one.id == other.id);
    members
        .into_iter()
        .map(|member| MemberRights { rights: rights_of(&member, &teams, rulebook, now), member })
        .collect()
}

fn rights_of(member: &Member, teams: &BTreeSet<&str>, rulebook: &Rulebook, now: Timestamp) -> Vec<Right> {
    let mut periods = Periods::default();
    for revision in rulebook.retention.iter().filter_map(|rule| rulebook.revisions.current(&rule.class)) {
        periods.add(revision.clone(), rulebook.day_of(now));
    }
    let use_ = rulebook.purposes.first().map(String::as_str);
    let can = |team: Option<&str>, staff: Option<&str>| -> Vec<Action> {
        let subject = Subject::ordinary(&periods, now, (team, staff));
        let permits =
            |action: &Action| permission::decide(member, *action, subject, use_, rulebook, now) == Decision::Permit;
        ASKED.into_iter().filter(permits).collect()
    };
    let of_none = can(None, None);
    let mut rights: Vec<Right> = teams
        .iter()
        .map(|team| Right { whose: WhoseKind::Team, name: Some((*team).to_owned()), can: can(Some(team), None) })
        .collect();
    let own = can(None, Some(&member.id));
    if own != of_none {
        rights.push(Right { whose: WhoseKind::OwnCalls, name: None, can: own });
    }
    for predecessor in &member.predecessors {
        let can = can(None, Some(predecessor));
        if can != of_none {
            rights.push(Right { whose: WhoseKind::HandedOver, name: Some(predecessor.clone()), can });
        }
    }
    rights.push(Right { whose: WhoseKind::NoTeam, name: None, can: of_none });
    rights.retain(|right| !right.can.is_empty());
    rights
}
