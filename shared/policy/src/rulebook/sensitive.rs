//! What of a publication one admin alone should not change unseen.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::model::{Role, Rulebook};
use crate::vocabulary::vocabulary;

vocabulary! {
    /// A part of the rulebook that decides who may do what, and for how long recordings stay.
    SensitiveChange: 4 {
        /// Who is an admin, with which login and from when to when.
        Admins = "admins",
        /// Who hears and downloads, for what and how old.
        Access = "access",
        /// How often one person may do something in an hour.
        Limits = "limits",
        /// Something is deleted sooner.
        Periods = "periods",
    }
}

/// What of it differs between the rulebook in force and the next one.
pub fn sensitive_changes(before: &Rulebook, after: &Rulebook, deletes_sooner: bool) -> Vec<SensitiveChange> {
    let access = |rulebook: &Rulebook| {
        (
            (rulebook.manager_download, rulebook.staff_hears_own_calls, rulebook.staff_view_days),
            (rulebook.age_limit_days, rulebook.quality.clone(), rulebook.handovers.clone()),
            rulebook.purposes.clone(),
        )
    };
    let differs = |change: &SensitiveChange| match change {
        SensitiveChange::Admins => admins(before) != admins(after),
        SensitiveChange::Access => access(before) != access(after),
        SensitiveChange::Limits => before.limits != after.limits,
        SensitiveChange::Periods => deletes_sooner,
    };
    SensitiveChange::ALL.into_iter().filter(differs).collect()
}

/// The admins' posts: by id, with the login and the days.
fn admins(rulebook: &Rulebook) -> BTreeSet<(&str, &str, Date, Option<Date>)> {
    let posts = rulebook.staff.iter().filter(|post| post.role == Role::Admin);
    posts.map(|post| (post.id.as_str(), post.login.as_str(), post.from, post.until)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn changes(change: impl FnOnce(&mut Rulebook)) -> Vec<&'static str> {
        let before = sample::rulebook();
        let mut after = before.clone();
        change(&mut after);
        sensitive_changes(&before, &after, false).into_iter().map(SensitiveChange::as_str).collect()
    }

    #[test]
    fn what_decides_who_may_do_what_is_named_and_nothing_else() {
        let nothing: [&str; 0] = [];
        assert_eq!(changes(|_| ()), nothing);
        assert_eq!(changes(|rulebook| rulebook.company.push('!')), nothing);
        assert_eq!(changes(|rulebook| rulebook.limits.plays_per_hour += 1), ["limits"]);
        for change in [
            (|rulebook| rulebook.manager_download = true) as fn(&mut Rulebook),
            |rulebook| rulebook.staff_hears_own_calls = true,
            |rulebook| rulebook.staff_view_days += 1,
            |rulebook| rulebook.age_limit_days = Some(1),
            |rulebook| rulebook.purposes.push("handover".to_owned()),
        ] {
            assert_eq!(changes(change), ["access"]);
        }
        let role = |from, to| {
            move |rulebook: &mut Rulebook| {
                let post = rulebook.staff.iter_mut().find(|post| post.role == from);
                if let Some(post) = post {
                    post.role = to;
                }
            }
        };
        assert_eq!(changes(role(Role::Staff, Role::Admin)), ["admins"]);
        assert_eq!(changes(role(Role::Admin, Role::Staff)), ["admins"]);
        assert_eq!(changes(role(Role::Staff, Role::Manager)), nothing);
        assert_eq!(sensitive_changes(&sample::rulebook(), &sample::rulebook(), true), [SensitiveChange::Periods]);
    }
}
