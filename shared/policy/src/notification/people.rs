//! Who may act on what waits. Plain code: a test compares it with the policies of permission.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::case::{CaseKind, ListedCase};
use crate::rulebook::{Member, Role, Rulebook};

/// Who may decide anything, and the login.
#[derive(Clone, Debug)]
pub(super) struct Decider {
    pub(super) member: Member,
    pub(super) login: String,
}

/// The admins, managers and auditors of a day. One who left is not among them.
#[derive(Clone, Debug)]
pub struct Deciders {
    pub(super) day: Date,
    list: Vec<Decider>,
}

impl Deciders {
    /// Those of the staff list, and the admins that the deployment names.
    pub fn of(rulebook: &Rulebook, day: Date) -> Self {
        let posts = rulebook.staff.iter().filter(|post| post.is_held_on(day) && post.role != Role::Staff);
        let logins: BTreeSet<&String> = posts.map(|post| &post.login).chain(&rulebook.admin_logins).collect();
        let found = logins.into_iter().filter_map(|login| {
            let member = rulebook.member(login, day)?;
            Some(Decider { member, login: login.clone() })
        });
        Self { day, list: found.collect() }
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.list.iter().any(|one| one.member.id == id)
    }

    pub(super) fn managers(&self) -> impl Iterator<Item = &Member> {
        self.list.iter().map(|one| &one.member).filter(|member| member.role == Role::Manager)
    }

    pub(super) fn admins(&self) -> impl Iterator<Item = &Decider> {
        self.list.iter().filter(|one| one.member.role == Role::Admin)
    }

    /// Those who may link, share, release and close. Only its owner and admins may know of an investigation.
    pub(super) fn may_work_on<'d>(&'d self, case: &'d ListedCase) -> impl Iterator<Item = &'d Decider> {
        let is_its_manager = |member: &Member| {
            case.owner.as_ref() == Some(&member.id)
                || case.kind != CaseKind::Investigation
                    && case.team.as_ref().is_some_and(|team| member.manages.contains(team))
        };
        self.list.iter().filter(move |one| match one.member.role {
            Role::Admin => true,
            Role::Manager => is_its_manager(&one.member),
            Role::Staff | Role::Auditor => false,
        })
    }

    /// Those who are expected to: the owner, else the managers of its team, else the admins.
    pub(super) fn handlers(&self, case: &ListedCase) -> BTreeSet<String> {
        let may: Vec<&Decider> = self.may_work_on(case).collect();
        if let Some(owner) = may.iter().find(|one| case.owner.as_ref() == Some(&one.member.id)) {
            return ids_of(vec![*owner]);
        }
        let (managers, admins): (Vec<_>, Vec<_>) = may.into_iter().partition(|one| one.member.role != Role::Admin);
        ids_of(if managers.is_empty() { admins } else { managers })
    }
}

/// The ids of some.
pub(super) fn ids_of(members: Vec<&Decider>) -> BTreeSet<String> {
    members.into_iter().map(|one| one.member.id.clone()).collect()
}
