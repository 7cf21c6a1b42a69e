//! Before three or more closed days in a row, managers are told how many calls of their teams end meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Span;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::model::{CallCount, Notification, NotificationKind};
use super::people::Deciders;
use crate::rulebook::calendar::ClosedDays;

/// The calls of one team that end on closed days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndingCalls {
    /// How many.
    pub calls: u64,
    /// The first day of theirs.
    pub from: Date,
    /// The last one.
    pub to: Date,
}

/// What was counted before some closed days, by team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosureTally {
    /// The calls of each team. Those of no team are no manager's.
    pub teams: BTreeMap<String, EndingCalls>,
    /// Whether every call was counted.
    pub is_whole: bool,
}

impl Default for ClosureTally {
    fn default() -> Self {
        Self { teams: BTreeMap::new(), is_whole: true }
    }
}

impl ClosureTally {
    /// Counts a call of a team and a day.
    pub fn count(&mut self, team: Option<&str>, day: Date) {
        let Some(team) = team else { return };
        let counted = self.teams.entry(team.to_owned()).or_insert(EndingCalls { calls: 0, from: day, to: day });
        counted.calls += 1;
        counted.from = counted.from.min(day);
        counted.to = counted.to.max(day);
    }
}

/// Closed days ahead, and the calls that end on them.
#[derive(Clone, Copy, Debug)]
pub struct Closure(pub ClosedDays);

impl Closure {
    /// The days whose calls end on the closed days under a period; `None` where the calendar ends.
    pub fn days_of_calls(self, keep_days: u32) -> Option<(Date, Date)> {
        let kept = Span::new().try_days(i64::from(keep_days)).ok()?;
        Some((self.0.from.checked_sub(kept).ok()?, self.0.until.checked_sub(kept).ok()?))
    }
}

/// What each manager is told, by the calls of the teams that they manage today. Who has none is told nothing.
pub fn of_closure(closure: Closure, tally: &ClosureTally, deciders: &Deciders) -> Vec<Notification> {
    let ClosedDays { from, until } = closure.0;
    let found = deciders.managers().filter_map(|member| {
        let own: Vec<&EndingCalls> = member.manages.iter().filter_map(|team| tally.teams.get(team)).collect();
        let first = own.iter().map(|counted| counted.from).min()?;
        let last = own.iter().map(|counted| counted.to).max()?;
        let calls = own.iter().map(|counted| counted.calls).sum();
        Some(Notification {
            kind: NotificationKind::EndingWhileClosed,
            subject: format!("{from}.{}", member.id),
            ids: BTreeMap::from([
                ("from", from.to_string()),
                ("until", until.to_string()),
                ("staff", member.id.clone()),
            ]),
            calls: Some(CallCount { calls, is_whole: tally.is_whole }),
            place: format!("calls?period=custom&from={first}&to={last}"),
            recipients: BTreeSet::from([member.id.clone()]),
            is_for_tools: true,
        })
    });
    found.collect()
}
