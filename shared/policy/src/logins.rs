//! Logins: who of a user pool may sign in, by the staff list of today. A plan in, steps out; nobody is ever deleted.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

pub use crate::address::is_address;
use crate::rulebook::Rulebook;

/// A user of the pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The user's name, which is a login.
    pub login: String,
    /// Whether the user can sign in.
    pub is_enabled: bool,
}

/// What is to be done to one user.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Not to sign in any more.
    Disable(String),
    /// To sign in again.
    Enable(String),
    /// Not there yet.
    Create(String),
}

impl Step {
    /// Whose.
    pub fn login(&self) -> &str {
        match self {
            Self::Disable(login) | Self::Enable(login) | Self::Create(login) => login,
        }
    }
}

/// What makes the pool's users those of the staff list: each login of exactly one member of today, and
/// `AdminLogin`, can sign in; no other user can. As long as no list was published it says nothing of who may
/// not. Whoever leaves comes first; within, by login.
pub fn plan(rulebook: &Rulebook, admin_login: &str, today: Date, users: &[User]) -> Vec<Step> {
    // STRICT: a login of two members is nobody's.
    let mut members: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for post in rulebook.staff.iter().filter(|post| post.is_held_on(today)) {
        members
            .entry(&post.login)
            .and_modify(|member| *member = member.filter(|id| *id == post.id))
            .or_insert(Some(&post.id));
    }
    let may_sign_in = |login: &str| login == admin_login || members.get(login).is_some_and(Option::is_some);
    let is_published = rulebook.version > 0;
    let mut steps: Vec<Step> = users
        .iter()
        .filter_map(|user| match (may_sign_in(&user.login), user.is_enabled) {
            (false, true) if is_published => Some(Step::Disable(user.login.clone())),
            (true, false) => Some(Step::Enable(user.login.clone())),
            _ => None,
        })
        .collect();
    let known: BTreeSet<&str> = users.iter().map(|user| user.login.as_str()).collect();
    let wanted = members.keys().copied().filter(|login| may_sign_in(login)).chain([admin_login]);
    steps.extend(wanted.filter(|login| !known.contains(login)).map(|login| Step::Create(login.to_owned())));
    steps.sort_unstable();
    steps.dedup();
    steps
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::civil::date;
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::rulebook::{Document, sample};

    const ADMIN: &str = "owner@yamada.example";

    /// The sample company with more rows on its list.
    fn with_rows(rows: &str) -> Rulebook {
        let document = sample::document();
        Document { staff: format!("{}{rows}", document.staff), ..document }.rulebook().unwrap()
    }

    fn users(given: &[(&str, bool)]) -> Vec<User> {
        given.iter().map(|(login, is_enabled)| User { login: (*login).to_owned(), is_enabled: *is_enabled }).collect()
    }

    /// What the steps leave behind.
    fn applied(users: &[User], steps: &[Step]) -> Vec<User> {
        let mut users = users.to_vec();
        for step in steps {
            let user = users.iter_mut().find(|user| user.login == step.login());
            match (step, user) {
                (Step::Create(login), None) => users.push(User { login: login.clone(), is_enabled: true }),
                (Step::Enable(_), Some(user)) => user.is_enabled = true,
                (Step::Disable(_), Some(user)) => user.is_enabled = false,
                (step, user) => panic!("{step:?} of {user:?}"),
            }
        }
        users
    }

    #[test]
    fn each_login_of_today_is_made_or_let_in_again_and_every_other_one_is_shut_out() {
        let rulebook = with_rows("");
        let today = date(2026, 11, 4);
        let standing = users(&[
            ("sato", true),
            ("kato", false),
            ("nobody", true),
            ("left-long-ago", false),
            ("takahashi", true), // begins tomorrow
            ("tanaka", true),    // leaves today
            (ADMIN, false),
        ]);
        let steps = plan(&rulebook, ADMIN, today, &standing);
        let shut_out: Vec<&str> =
            steps.iter().filter(|step| matches!(step, Step::Disable(_))).map(Step::login).collect();
        assert_eq!(shut_out, ["nobody", "takahashi"]);
        let let_in: Vec<&str> = steps.iter().filter(|step| matches!(step, Step::Enable(_))).map(Step::login).collect();
        assert_eq!(let_in, ["kato", ADMIN]);
        assert!(steps.contains(&Step::Create("yamada".to_owned())));
        assert!(!steps.iter().any(|step| step.login() == "sato" || step.login() == "tanaka"));
        // Whoever leaves comes first.
        assert!(matches!(steps[0], Step::Disable(_)));
        // The day after, the one has left and the other one begun.
        let tomorrow = plan(&rulebook, ADMIN, date(2026, 11, 5), &applied(&standing, &steps));
        assert_eq!(tomorrow, [Step::Disable("tanaka".to_owned()), Step::Enable("takahashi".to_owned())]);
    }

    #[test]
    fn admin_login_is_never_shut_out_and_without_a_published_list_nobody_is() {
        let published = with_rows("");
        assert!(published.staff.iter().all(|post| post.login != ADMIN));
        let standing = users(&[(ADMIN, true), ("somebody", true)]);
        let steps = plan(&published, ADMIN, date(2026, 11, 4), &standing);
        assert!(steps.contains(&Step::Disable("somebody".to_owned())));
        assert!(!steps.iter().any(|step| step.login() == ADMIN));
        let default = Rulebook::strict_default(ADMIN);
        assert_eq!(plan(&default, ADMIN, date(2026, 11, 4), &standing), []);
        assert_eq!(plan(&default, ADMIN, date(2026, 11, 4), &[]), [Step::Create(ADMIN.to_owned())]);
    }

    #[test]
    fn a_login_of_two_members_is_nobodys_and_of_two_posts_one_members() {
        let rulebook =
            with_rows("abe,阿部 学,sato,,,sales,staff,,,2026-12-01,\nkato,加藤 恵,,,,support,staff,,,2026-04-01,\n");
        let standing = users(&[("sato", true), ("kato", true)]);
        let of = |today, login: &str| -> Vec<Step> {
            let steps = plan(&rulebook, ADMIN, today, &standing);
            steps.into_iter().filter(|step| step.login() == login).collect()
        };
        assert_eq!(of(date(2026, 11, 30), "sato"), []);
        assert_eq!(of(date(2026, 12, 1), "sato"), [Step::Disable("sato".to_owned())]);
        assert_eq!(of(date(2026, 12, 1), "kato"), []);
    }

    #[test]
    fn an_invitation_goes_to_an_address_and_to_nothing_else() {
        for login in ["sato@yamada.example", "h.sato+pbx@mail.yamada.co.jp", "a@b.c"] {
            assert!(is_address(login), "{login}");
        }
        for login in [
            "sato",
            "@yamada.example",
            "sato@",
            "sato@yamada",
            "sato@@yamada.example",
            "佐藤@yamada.example",
            "a b@c.d",
            "a@.c",
            "a@c.",
            "a@b.c\nBcc: d@e.f",
            "a,b@c.d",
            "<a@b.c>",
        ] {
            assert!(!is_address(login), "{login}");
        }
    }

    proptest! {
        #[test]
        fn after_its_steps_a_pool_is_as_the_list_says_nothing_is_lost_and_nothing_is_left_to_do(
            given in vec(("[a-d]|sato|kato|tanaka|takahashi|yamada|owner@yamada.example", any::<bool>()), 0..12),
            day in 1_i8..30,
        ) {
            let rulebook = with_rows("");
            let today = date(2026, 11, day);
            let unique: BTreeMap<String, bool> = given.into_iter().collect();
            let standing: Vec<User> =
                unique.into_iter().map(|(login, is_enabled)| User { login, is_enabled }).collect();
            let after = applied(&standing, &plan(&rulebook, ADMIN, today, &standing));
            prop_assert_eq!(plan(&rulebook, ADMIN, today, &after), []);
            for user in &standing {
                prop_assert!(after.iter().any(|other| other.login == user.login));
            }
            for user in &after {
                // Whom the rulebook knows, and nobody else.
                let is_member = rulebook.member(&user.login, today).is_some() || user.login == ADMIN;
                prop_assert_eq!(user.is_enabled, is_member, "{}", &user.login);
            }
            for post in rulebook.staff.iter().filter(|post| rulebook.member(&post.login, today).is_some()) {
                prop_assert!(after.iter().any(|user| user.login == post.login));
            }
        }
    }
}
