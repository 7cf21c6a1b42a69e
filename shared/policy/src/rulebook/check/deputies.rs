//! The policy's `[[deputy]]`, against the staff list.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Cross, last_day};
use crate::fault::{FaultIn, Wrong};
use crate::rulebook::model::{Deputy, Located, Post, Role};

impl<'r> Cross<'r> {
    pub(super) fn posts_by_id(&self) -> BTreeMap<&'r str, Vec<&'r Post>> {
        let mut by_id: BTreeMap<&str, Vec<&Post>> = BTreeMap::new();
        for post in &self.staff.posts {
            by_id.entry(&post.value.id).or_default().push(&post.value);
        }
        by_id
    }

    /// A deputy must be there on each of the days, and be one who may know of cases.
    pub(super) fn deputies(&mut self) {
        let by_id = self.posts_by_id();
        for Located { line, value } in &self.policy.deputies {
            let Deputy { team, member: id, from, until } = value;
            let Some(posts) = by_id.get(id.as_str()) else {
                self.fault(FaultIn::Policy, *line, Wrong::UnknownMember { key: "member", id: id.clone() });
                continue;
            };
            if !self.staff.posts.iter().any(|post| post.value.team == *team) {
                self.fault(FaultIn::Policy, *line, Wrong::UnknownTeam { team: team.clone() });
            }
            if posts.iter().all(|post| post.role == Role::Auditor) {
                self.fault(FaultIn::Policy, *line, Wrong::DeputyIsAuditor { id: id.clone() });
            }
            let first = posts.iter().map(|post| post.from).min().unwrap_or(Date::MAX);
            let last = posts.iter().map(|post| last_day(post)).max().unwrap_or(Date::MIN);
            if *from < first || *until > last {
                let last = if last < Date::MAX { last.to_string() } else { "…".to_owned() };
                let (id, from, until) = (id.clone(), *from, *until);
                self.fault(FaultIn::Policy, *line, Wrong::DeputyAbsent { id, from, until, first, last });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::fault::Fault;
    use crate::rulebook::FaultCode;
    use crate::rulebook::check::check;
    use crate::rulebook::sample::{POLICY, STAFF, now};

    fn codes(deputy: &str) -> Vec<FaultCode> {
        let policy = format!("{POLICY}[[deputy]]\n{deputy}\n");
        let faults = check(&policy, STAFF, now()).err().unwrap_or_default();
        faults.iter().map(Fault::code).collect()
    }

    #[test]
    fn a_deputy_is_on_the_list_on_each_of_the_days_and_no_auditor() {
        use FaultCode as C;
        let of = |team: &str, member: &str, from: &str, until: &str| {
            codes(&format!("team = \"{team}\"\nmember = \"{member}\"\nfrom = {from}\nuntil = {until}"))
        };
        assert_eq!(of("sales", "sato", "2026-12-28", "2027-01-08"), []);
        assert_eq!(of("sales", "sato", "2026-12-28", "2026-12-27"), [C::UntilBeforeFrom]);
        assert_eq!(of("sails", "sato", "2026-12-28", "2027-01-08"), [C::UnknownTeam]);
        assert_eq!(of("sales", "nobody", "2026-12-28", "2027-01-08"), [C::UnknownMember]);
        assert_eq!(of("sales", "ono", "2026-12-28", "2027-01-08"), [C::DeputyIsAuditor]);
        // Takahashi came on 5 November; Nakamura leaves on 31 March.
        assert_eq!(of("sales", "takahashi", "2026-11-05", "2026-11-30"), []);
        assert_eq!(of("sales", "takahashi", "2026-11-04", "2026-11-30"), [C::DeputyAbsent]);
        assert_eq!(of("sales", "nakamura", "2027-03-01", "2027-03-31"), []);
        assert_eq!(of("sales", "nakamura", "2027-03-01", "2027-04-01"), [C::DeputyAbsent]);
    }

    #[test]
    fn a_deputy_has_a_last_day() {
        let faults = codes("team = \"sales\"\nmember = \"sato\"\nfrom = 2026-12-28");
        assert_eq!(faults, [FaultCode::MissingKey]);
        assert_eq!(codes("").len(), 4);
    }
}
