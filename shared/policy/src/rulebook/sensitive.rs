//! What of a publication one admin alone should not change unseen.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::model::{Post, Role, Rulebook};
use crate::vocabulary::vocabulary;

vocabulary! {
    /// A part of the rulebook that decides who may do what, and for how long recordings stay.
    SensitiveChange: 4 {
        /// Who is an admin, with which logins and from when to when.
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
            (rulebook.age_limit_days, rulebook.quality.clone()),
            (rulebook.handovers.clone(), rulebook.deputies.clone()),
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

/// A post as far as it decides who is an admin: id, login, first and last day, whether it is an admin's.
type AdminPost<'r> = (&'r str, &'r str, Date, Option<Date>, bool);

/// Every post of those who are an admin at some time, and every other one with a login of theirs: a further post gives a
/// member a further login with the strongest role.
fn admins(rulebook: &Rulebook) -> BTreeSet<AdminPost<'_>> {
    let staff = || rulebook.staff.iter();
    let ids: BTreeSet<&str> = staff().filter(|post| post.role == Role::Admin).map(|post| post.id.as_str()).collect();
    let is_theirs = |post: &&Post| ids.contains(post.id.as_str());
    let logins: BTreeSet<&str> = staff().filter(is_theirs).map(|post| post.login.as_str()).collect();
    let decides = |post: &&Post| is_theirs(post) || logins.contains(post.login.as_str());
    staff().filter(decides).map(admin_post).collect()
}

fn admin_post(post: &Post) -> AdminPost<'_> {
    (&post.id, &post.login, post.from, post.until, post.role == Role::Admin)
}

impl Rulebook {
    /// Whether the staff list has another admin on a day, who can sign in, than the member with this id.
    pub fn has_second_admin(&self, id: &str, day: Date) -> bool {
        let held = || self.staff.iter().filter(|post| post.is_held_on(day));
        let others = held().filter(|post| post.role == Role::Admin && post.id != id);
        let others: BTreeSet<&str> = others.map(|post| post.id.as_str()).collect();
        held()
            .filter(|post| others.contains(post.id.as_str()))
            .any(|post| self.member(&post.login, day).is_some_and(|member| member.id == post.id))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::ToSpan;
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::super::model::Deputy;
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
            |rulebook| {
                let (team, member) = ("sales".to_owned(), "sato".to_owned());
                rulebook.deputies.push(Deputy { team, member, from: Date::MIN, until: Date::MAX });
            },
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

    fn post(id: &str, login: &str, role: Role, (from, until): (i16, Option<i16>)) -> Post {
        let day = |number: i16| Date::ZERO.checked_add(i64::from(number).days()).unwrap();
        Post {
            login: login.to_owned(),
            role,
            from: day(from),
            until: until.map(day),
            id: id.to_owned(),
            ..sample::rulebook().staff.remove(0)
        }
    }

    #[test]
    fn an_admins_further_login_and_days_are_named_and_other_columns_are_not() {
        let of_yamada = |change: fn(&mut Post)| {
            move |rulebook: &mut Rulebook| {
                change(rulebook.staff.iter_mut().find(|post| post.id == "yamada").unwrap());
            }
        };
        assert_eq!(changes(of_yamada(|post| post.login.push('2'))), ["admins"]);
        assert_eq!(changes(of_yamada(|post| post.until = Some(Date::MAX))), ["admins"]);
        assert_eq!(changes(of_yamada(|post| post.extension = None)), [""; 0]);
        assert_eq!(changes(of_yamada(|post| post.team.push('2'))), [""; 0]);
        // A staff post of an admin is an admin's login.
        let further = |id: &'static str, login: &'static str| {
            move |rulebook: &mut Rulebook| rulebook.staff.push(post(id, login, Role::Staff, (0, None)))
        };
        assert_eq!(changes(further("yamada", "another")), ["admins"]);
        assert_eq!(changes(further("sato", "another")), [""; 0]);
        assert_eq!(changes(further("sato", "yamada")), ["admins"], "a login of two is nobody's");
    }

    #[test]
    fn a_second_admin_is_another_member_with_an_admins_post_on_that_day() {
        let (before, day, after) = (Date::ZERO, Date::ZERO.tomorrow().unwrap(), date(1, 1, 1));
        let mut rulebook = sample::rulebook();
        rulebook.staff = vec![
            post("a", "a", Role::Admin, (0, None)),
            post("a", "a2", Role::Admin, (0, None)),
            post("m", "m", Role::Manager, (0, None)),
        ];
        assert!(!rulebook.has_second_admin("a", day), "two logins of one member are one");
        assert!(rulebook.has_second_admin("m", day) && rulebook.has_second_admin("nobody", day));
        rulebook.staff.push(post("b", "b", Role::Admin, (1, Some(1))));
        let on = |rulebook: &Rulebook| [before, day, after].map(|day| rulebook.has_second_admin("a", day));
        assert_eq!(on(&rulebook), [false, true, false]);
        // Whose login is another's too signs in as nobody.
        rulebook.staff.push(post("m", "b", Role::Staff, (0, None)));
        assert_eq!(on(&rulebook), [false; 3]);
    }

    fn posts() -> impl Strategy<Value = Vec<Post>> {
        let role = prop_oneof![Just(Role::Admin), Just(Role::Manager), Just(Role::Staff), Just(Role::Auditor)];
        let days = (0_i16..4, proptest::option::of(0_i16..4));
        let names = (proptest::sample::select(vec!["a", "b", "c"]), proptest::sample::select(vec!["x", "y", "z"]));
        let post = (names, role, days).prop_map(|((id, login), role, days)| post(id, login, role, days));
        proptest::collection::vec(post, 0..5)
    }

    proptest! {
        #[test]
        fn on_no_day_does_anybody_become_an_admin_or_is_one_no_more_unnamed(
            before in posts(),
            // Mostly the same list, so that equal ones are common.
            removed in 0_usize..6,
            added in posts(),
        ) {
            let mut rulebooks = [sample::rulebook(), sample::rulebook()];
            let mut after = before.clone();
            if removed < after.len() {
                after.remove(removed);
            }
            after.extend(added.into_iter().take(1));
            rulebooks[0].staff = before;
            rulebooks[1].staff = after;
            let [before, after] = rulebooks;
            let named = sensitive_changes(&before, &after, false).contains(&SensitiveChange::Admins);
            prop_assert_eq!(named, sensitive_changes(&after, &before, false).contains(&SensitiveChange::Admins));
            let mut day = Date::ZERO;
            for _ in 0..6 {
                for login in ["x", "y", "z"] {
                    let admin = |rulebook: &Rulebook| {
                        rulebook.member(login, day).filter(|member| member.role == Role::Admin).map(|member| member.id)
                    };
                    prop_assert!(named || admin(&before) == admin(&after), "{login} on {day}");
                }
                for id in ["a", "b", "c"] {
                    let others = ["x", "y", "z"].iter().filter_map(|login| before.member(login, day));
                    let expected = others.filter(|member| member.role == Role::Admin).any(|member| member.id != id);
                    prop_assert_eq!(before.has_second_admin(id, day), expected, "{} on {}", id, day);
                }
                day = day.tomorrow().unwrap();
            }
        }
    }
}
