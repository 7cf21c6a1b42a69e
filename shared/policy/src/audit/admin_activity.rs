//! The audit of a day, tallied, and what the tallies of a month say of every admin.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AuditAction, AuditOutcome};
use crate::rulebook::{Role, Rulebook};

/// What `AdminLogin` can do while it is no member. Any other event without a role is a function's work.
const OF_ADMIN_LOGIN: [AuditAction; 7] = [
    AuditAction::ReadRulebook,
    AuditAction::Publish,
    AuditAction::Withdraw,
    AuditAction::PlanRulebook,
    AuditAction::ReadPlan,
    AuditAction::ReadSweeps,
    AuditAction::ApproveSweep,
];

/// How often one member, in one role, did one thing, with one outcome, on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The member's id; the login of `AdminLogin` while it is no member; a function's name.
    pub staff: String,
    /// The role the member had then; `None` for who is no member.
    pub role: Option<Role>,
    /// What was done.
    pub action: AuditAction,
    /// Whether it was permitted; else it was refused.
    pub is_permitted: bool,
    /// How often.
    pub count: u64,
}

/// A day's events, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tallies(BTreeMap<(String, Option<Role>, AuditAction, bool), u64>);

impl Tallies {
    /// Counts one event.
    pub fn add(&mut self, staff: &str, role: Option<Role>, action: AuditAction, outcome: AuditOutcome) {
        let is_permitted = outcome == AuditOutcome::Permitted;
        *self.0.entry((staff.to_owned(), role, action, is_permitted)).or_default() += 1;
    }

    /// What was counted, in an order of its own.
    pub fn into_lines(self) -> Vec<Line> {
        let line = |((staff, role, action, is_permitted), count)| Line { staff, role, action, is_permitted, count };
        self.0.into_iter().map(line).collect()
    }
}

/// What one admin did in a month, while an admin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AdminMonth {
    /// The member's id; the login of `AdminLogin` while it is no member.
    #[schemars(example = &"yamada")]
    pub staff: String,
    /// The name on the staff list; `None` where it has no such id.
    #[schemars(example = &"山田 太郎")]
    pub name: Option<String>,
    /// Recordings heard.
    pub plays: u64,
    /// Listenings renewed.
    pub renewals: u64,
    /// Recordings downloaded.
    pub downloads: u64,
    /// Deletions asked for.
    pub deletions: u64,
    /// Deletions approved.
    pub approvals: u64,
    /// Recordings corrected.
    pub corrections: u64,
    /// Searches.
    pub searches: u64,
    /// Rulebooks published, or tried to be.
    pub publications: u64,
    /// Rulebooks withdrawn.
    pub withdrawals: u64,
    /// What was refused, whatever it was.
    pub refusals: u64,
    /// What else was done, by its word.
    pub others: BTreeMap<String, u64>,
}

impl AdminMonth {
    fn add(&mut self, line: &Line) {
        if !line.is_permitted {
            self.refusals += line.count;
            return;
        }
        let count = match line.action {
            AuditAction::Play => &mut self.plays,
            AuditAction::Renew => &mut self.renewals,
            AuditAction::Download => &mut self.downloads,
            AuditAction::Delete => &mut self.deletions,
            AuditAction::Approve => &mut self.approvals,
            AuditAction::Correct => &mut self.corrections,
            AuditAction::Search => &mut self.searches,
            AuditAction::Publish => &mut self.publications,
            AuditAction::Withdraw => &mut self.withdrawals,
            // Named one by one: a new action must not fall among the others by default.
            AuditAction::View
            | AuditAction::Custody
            | AuditAction::ReadNotes
            | AuditAction::Note
            | AuditAction::CorrectNote
            | AuditAction::WithdrawNote
            | AuditAction::SearchNotes
            | AuditAction::RefuseDeletion
            | AuditAction::Deletions
            | AuditAction::ReadHolds
            | AuditAction::Hold
            | AuditAction::LiftHold
            | AuditAction::Share
            | AuditAction::Release
            | AuditAction::ListCorrections
            | AuditAction::Export
            | AuditAction::Audit
            | AuditAction::AuditAccess
            | AuditAction::AuditAdminActivity
            | AuditAction::ReportCompleteness
            | AuditAction::ReportNotice
            | AuditAction::ReportRetention
            | AuditAction::ReportAgeAtUse
            | AuditAction::ReportPermissions
            | AuditAction::ReadRulebook
            | AuditAction::PlanRulebook
            | AuditAction::ReadPlan
            | AuditAction::ReadSweeps
            | AuditAction::ApproveSweep
            | AuditAction::TrySource
            | AuditAction::WriteMemo
            | AuditAction::ListCases
            | AuditAction::ViewCase
            | AuditAction::LinkRecording
            | AuditAction::UnlinkRecording
            | AuditAction::HandleDisclosure
            | AuditAction::CloseCase
            | AuditAction::SharePart
            | AuditAction::WithdrawShare
            | AuditAction::ListShares
            | AuditAction::PlayShare
            | AuditAction::MakeClip
            | AuditAction::AskRelease
            | AuditAction::ApproveRelease
            | AuditAction::RefuseRelease
            | AuditAction::WithdrawRelease
            | AuditAction::LinkRelease
            | AuditAction::DeliverRelease
            | AuditAction::ListReleases
            | AuditAction::ViewRelease
            | AuditAction::OpenRelease
            | AuditAction::SignIn
            | AuditAction::MakePackage
            | AuditAction::DisableLogin
            | AuditAction::EnableLogin
            | AuditAction::CreateLogin => self.others.entry(line.action.as_str().to_owned()).or_default(),
        };
        *count += line.count;
    }
}

/// Every admin of some days, by id: whoever did something as an admin, and whoever the staff list names as one on any
/// of them, though they did nothing. What was done by `AdminLogin` while no member is told too: nobody can hide by
/// leaving the list.
pub fn admins<'l>(
    lines: impl IntoIterator<Item = &'l Line>,
    rulebook: &Rulebook,
    (first, last): (Date, Date),
) -> Vec<AdminMonth> {
    let mut admins: BTreeMap<String, AdminMonth> = BTreeMap::new();
    let was_admin = |line: &&Line| match line.role {
        Some(role) => role == Role::Admin,
        None => OF_ADMIN_LOGIN.contains(&line.action),
    };
    for line in lines.into_iter().filter(was_admin) {
        admins.entry(line.staff.clone()).or_default().add(line);
    }
    let is_in_time = |from: Date, until: Option<Date>| from <= last && until.is_none_or(|until| first <= until);
    for post in rulebook.staff.iter().filter(|post| post.role == Role::Admin && is_in_time(post.from, post.until)) {
        admins.entry(post.id.clone()).or_default();
    }
    for login in &rulebook.admin_logins {
        admins.entry(login.clone()).or_default();
    }
    let name = |id: &str| rulebook.staff.iter().find(|post| post.id == id).map(|post| post.name.clone());
    admins.into_iter().map(|(staff, month)| AdminMonth { name: name(&staff), staff, ..month }).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::rulebook::sample::rulebook;

    fn october() -> (Date, Date) {
        (date(2026, 10, 1), date(2026, 10, 31))
    }

    #[test]
    fn what_was_done_as_an_admin_is_told_of_every_admin_and_of_nobody_else() {
        let mut days = [Tallies::default(), Tallies::default()];
        for (day, staff, role, action, is_permitted) in [
            (0, "yamada", Some(Role::Admin), AuditAction::Play, true),
            (1, "yamada", Some(Role::Admin), AuditAction::Play, true),
            (1, "yamada", Some(Role::Admin), AuditAction::Renew, true),
            (1, "yamada", Some(Role::Admin), AuditAction::Download, true),
            (1, "yamada", Some(Role::Admin), AuditAction::Download, false),
            (1, "yamada", Some(Role::Admin), AuditAction::Publish, true),
            (1, "yamada", Some(Role::Admin), AuditAction::Custody, true),
            (0, "kato", Some(Role::Manager), AuditAction::Play, true),
            // An admin then, a manager on today's list; and one of no list at all.
            (0, "mori", Some(Role::Admin), AuditAction::Delete, true),
            (0, "mori", Some(Role::Manager), AuditAction::Play, true),
            (1, "root", None, AuditAction::Withdraw, true),
            // A function, which is nobody.
            (1, "jobs", None, AuditAction::DisableLogin, true),
        ] {
            let outcome = if is_permitted { AuditOutcome::Permitted } else { AuditOutcome::Refused };
            days[day].add(staff, role, action, outcome);
        }
        let lines: Vec<Line> = days.into_iter().flat_map(Tallies::into_lines).collect();
        let told = admins(&lines, &rulebook(), october());
        let named = |staff: &str, name: Option<&str>| AdminMonth {
            staff: staff.to_owned(),
            name: name.map(str::to_owned),
            ..AdminMonth::default()
        };
        assert_eq!(
            told,
            [
                named("hayashi", Some("林 由美")),
                AdminMonth { deletions: 1, ..named("mori", Some("森 健")) },
                AdminMonth { withdrawals: 1, ..named("root", None) },
                AdminMonth {
                    plays: 2,
                    renewals: 1,
                    downloads: 1,
                    refusals: 1,
                    publications: 1,
                    others: BTreeMap::from([("custody".to_owned(), 1)]),
                    ..named("yamada", Some("山田 太郎"))
                },
            ]
        );
    }

    #[test]
    fn who_was_an_admin_on_any_of_the_days_is_named() {
        let named = |from: Date, until: Option<Date>| {
            let mut rulebook = rulebook();
            rulebook.staff.retain(|post| post.id == "hayashi");
            rulebook.staff[0].from = from;
            rulebook.staff[0].until = until;
            !admins(&[], &rulebook, october()).is_empty()
        };
        let (first, last) = october();
        assert!(named(date(2026, 4, 1), None) && named(last, None) && named(date(2026, 4, 1), Some(first)));
        assert!(!named(date(2026, 11, 1), None) && !named(date(2026, 4, 1), Some(date(2026, 9, 30))));
        assert_eq!(admins(&[], &Rulebook::strict_default("root"), october())[0].staff, "root");
    }

    #[test]
    fn a_line_comes_back_from_its_json() {
        let mut tallies = Tallies::default();
        tallies.add("root", None, AuditAction::Publish, AuditOutcome::Permitted);
        tallies.add("root", None, AuditAction::Publish, AuditOutcome::Permitted);
        let lines = tallies.into_lines();
        assert_eq!(lines[0].count, 2);
        let json = serde_json::to_string(&lines).unwrap_or_default();
        assert_eq!(serde_json::from_str::<Vec<Line>>(&json).ok(), Some(lines));
    }
}
