//! What a company should look at before it publishes a rulebook. It is no fault; some of it must be confirmed.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::check::Checked;
use super::model::Located;
use super::staff;
use crate::fault::{Explanation, FaultIn};
use crate::language::Language;
use crate::origin_copy::{OriginCopyWarning, OriginCopyWarningCode, warn_of};
use crate::vocabulary::vocabulary;

/// 366 days: people plan a year ahead. A first day beyond that is more often a slip of the year, as 2062 for 2026.
const FAR_AHEAD_DAYS: i32 = 366;

vocabulary! {
    /// What to look at, in a word that never changes.
    WarningCode: 6 {
        /// Nothing says what a PBX itself still keeps.
        OriginCopyUndeclared = "origin_copy_undeclared",
        /// The policy says that nobody knows what a PBX still keeps.
        OriginCopyUnknown = "origin_copy_unknown",
        /// What a PBX still keeps was checked over a year ago.
        OriginCopyStale = "origin_copy_stale",
        /// What a PBX still keeps was checked on a day to come.
        OriginCopyLater = "origin_copy_later",
        /// A line with neither a number nor a queue: no call is its.
        LineMatchesNothing = "line_matches_nothing",
        /// A first day more than a year ahead: it has no effect until then.
        DayFarAhead = "day_far_ahead",
    }
}

impl WarningCode {
    /// Whether who publishes must say that it is meant. What nobody knows yet stops no publication.
    pub fn needs_confirmation(self) -> bool {
        matches!(self, Self::LineMatchesNothing | Self::DayFarAhead)
    }
}

/// One thing to look at, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// In which file.
    pub file: FaultIn,
    /// On which line, from 1; where something is missing altogether, 1.
    pub line: u32,
    about: Subject,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Subject {
    OriginCopy(OriginCopyWarning),
    Line { name: String },
    Day { key: &'static str, day: Date },
}

impl Warning {
    /// One for the API's document.
    pub fn sample() -> Self {
        Self { file: FaultIn::Policy, line: 34, about: Subject::Line { name: "night".to_owned() } }
    }

    /// What, in a word that never changes.
    pub fn code(&self) -> WarningCode {
        match &self.about {
            Subject::OriginCopy(about) => match about.code {
                OriginCopyWarningCode::Undeclared => WarningCode::OriginCopyUndeclared,
                OriginCopyWarningCode::Unknown => WarningCode::OriginCopyUnknown,
                OriginCopyWarningCode::Stale => WarningCode::OriginCopyStale,
                OriginCopyWarningCode::Later => WarningCode::OriginCopyLater,
            },
            Subject::Line { .. } => WarningCode::LineMatchesNothing,
            Subject::Day { .. } => WarningCode::DayFarAhead,
        }
    }

    /// Why, and what to do about it. It repeats what was written: it goes into the answer and into no log.
    pub fn explain(&self, language: Language) -> Explanation {
        let (reason, fix) = match (&self.about, language) {
            (Subject::OriginCopy(about), _) => return about.explain(language),
            (Subject::Line { name }, Language::English) => (
                format!("The line `{name}` has neither a number nor a queue, so no call is its."),
                "Write its `number` or its `queue`, or take the [[line]] out.".to_owned(),
            ),
            (Subject::Line { name }, Language::Japanese) => (
                format!("回線・窓口「{name}」に number も queue もないため、どの通話も当てはまりません。"),
                "number（電話番号）か queue（キュー・着信グループ）を書くか、この [[line]] を取り除いてください。"
                    .to_owned(),
            ),
            (Subject::Day { key, day }, Language::English) => (
                format!("`{key}` is {day}, more than a year ahead: until then it has no effect."),
                "Check the year.".to_owned(),
            ),
            (Subject::Day { key, day }, Language::Japanese) => (
                format!("「{key}」が {day} で、1年より先です。その日までは効力がありません。"),
                "年の書き間違いがないか、確認してください。".to_owned(),
            ),
        };
        Explanation { reason, fix }
    }
}

impl Checked {
    /// What to look at today, in the order of the files and lines, where nobody knows which sources are used.
    pub fn warnings(&self, now: Timestamp) -> Vec<Warning> {
        self.warnings_with_sources(now, &BTreeSet::new())
    }

    /// The same, with the names of sources that recordings come from: one that ships stands in no policy.
    pub fn warnings_with_sources(&self, now: Timestamp, used: &BTreeSet<String>) -> Vec<Warning> {
        let today = now.to_zoned_datetime(self.policy.zone.clone()).date();
        let mut warnings = self.origin_copies(today, used);
        warnings.extend(self.lines_without_calls());
        warnings.extend(self.days_far_ahead(today));
        warnings.sort_by_key(|warning| (warning.file, warning.line));
        warnings
    }

    fn origin_copies(&self, today: Date, used: &BTreeSet<String>) -> Vec<Warning> {
        let of = |line, about| Warning { file: FaultIn::Policy, line, about: Subject::OriginCopy(about) };
        let declared = &self.policy.origin_copies;
        let own = self.policy.sources.iter().map(|source| (source.line, source.value.name.as_str()));
        let written = declared.iter().map(|copy| (copy.line, copy.value.source.as_str()));
        let mut sources: Vec<(u32, &str)> = written.collect();
        // A source is pointed to where its [[origin_copy]] stands, and only where it has none by itself.
        sources.extend(own.filter(|(_, name)| !declared.iter().any(|copy| copy.value.source == *name)));
        let is_named = |name: &String| sources.iter().any(|(_, named)| named == name);
        let unnamed: Vec<(u32, &str)> = used.iter().filter(|name| !is_named(name)).map(|name| (1, &**name)).collect();
        sources.extend(unnamed);
        if sources.is_empty() {
            return vec![of(1, OriginCopyWarning::of_none())];
        }
        let copies: Vec<_> = declared.iter().map(|copy| copy.value.clone()).collect();
        let warning = |(line, source)| warn_of(&copies, source, today).map(|about| of(line, about));
        sources.into_iter().filter_map(warning).collect()
    }

    fn lines_without_calls(&self) -> impl Iterator<Item = Warning> {
        let lines = self.policy.lines.iter().filter(|line| line.value.number.is_none() && line.value.queue.is_none());
        lines.map(|Located { line, value }| Warning {
            file: FaultIn::Policy,
            line: *line,
            about: Subject::Line { name: value.name.clone() },
        })
    }

    /// First days in both files. A last day may be as far as it likes.
    fn days_far_ahead(&self, today: Date) -> impl Iterator<Item = Warning> {
        let limit = today.checked_add(FAR_AHEAD_DAYS.days()).unwrap_or(Date::MAX);
        let policy = &self.policy;
        let notices = policy.notices.iter().map(|notice| (notice.line, "from", notice.value.from));
        let handovers = policy.handovers.iter().map(|handover| (handover.line, "since", handover.value.since));
        let deputies = policy.deputies.iter().map(|deputy| (deputy.line, "from", deputy.value.from));
        let dissolved = policy.dissolved_teams.iter().map(|team| (team.line, "dissolved", team.value.dissolved));
        let of_policy = notices.chain(handovers).chain(deputies).chain(dissolved);
        let posts = staff::read(&self.staff_text, &policy.country).0.posts.into_iter();
        let of_staff = posts.map(|post| (post.line, "from", post.value.from));
        let warning = |file| move |(line, key, day)| Warning { file, line, about: Subject::Day { key, day } };
        of_policy
            .map(warning(FaultIn::Policy))
            .chain(of_staff.map(warning(FaultIn::Staff)))
            .filter(move |warning| matches!(warning.about, Subject::Day { day, .. } if day > limit))
    }
}

#[cfg(test)]
mod tests;
