//! How long is long enough: how many days after the call recordings were needed, measured.
//!
//! An audit event of a use says of which recording ([`Need`]). A day's events are tallied once; the report adds days up, so
//! that it costs the same however often recordings are used.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::audit::AuditAction;
use crate::language::Language;
use crate::retention::ClassRevision;
use crate::rulebook::Rulebook;

/// The fact of an audit event that says what recordings it is about, each as a [`Need`], with `;` between them.
pub const NEED: &str = "need";

/// The facts of a search that found nothing but the proof of a deletion.
pub const MISSED_DAYS: &str = "missed_need_days";

/// The class of what was deleted.
pub const MISSED_CLASS: &str = "missed_need_class";

/// 30 uses: of fewer, one more moves the 95th percent by days.
pub const USES_NEEDED: u64 = 30;

/// 95 of 100 needs: what a suggestion serves.
pub const SERVED_PERCENT: u64 = 95;

/// What a suggestion is rounded up to, in days: nobody decides on 41.
const ROUNDED_TO_DAYS: u32 = 5;

/// How a recording was needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NeedKind {
    /// It was played, downloaded, or heard by whom it was shared with.
    Played,
    /// It came to a case.
    Case,
    /// A part of it was shared.
    Shared,
    /// Its release was requested.
    Released,
    /// It was looked for, and deleted already.
    Missed,
}

impl NeedKind {
    /// How an action of the audit needs a recording; `None`: it does not.
    pub fn of(action: AuditAction) -> Option<Self> {
        match action {
            AuditAction::Play | AuditAction::Download | AuditAction::PlayShare => Some(Self::Played),
            AuditAction::LinkRecording => Some(Self::Case),
            AuditAction::SharePart => Some(Self::Shared),
            AuditAction::AskRelease => Some(Self::Released),
            AuditAction::Search => Some(Self::Missed),
            _ => None,
        }
    }
}

/// Of which call a recording that was needed is: no number, no name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    /// The company day of the call.
    pub day: Date,
    /// Its class 保存区分.
    pub class: String,
    /// Its purpose.
    pub purpose: String,
}

/// A text is not a need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a day, a class and a purpose")]
pub struct NotANeed;

impl Need {
    /// Of a recording, by when its call began.
    pub fn of(started_at: Timestamp, class: &ClassRevision, purpose: &str, rulebook: &Rulebook) -> Self {
        Self { day: rulebook.day_of(started_at), class: class.class().to_owned(), purpose: purpose.to_owned() }
    }

    /// Several, as a fact has them.
    pub fn join<'n>(needs: impl IntoIterator<Item = &'n Self>) -> String {
        needs.into_iter().map(Self::to_string).collect::<Vec<_>>().join(";")
    }

    /// Those of a fact; any other text is left out.
    pub fn split(text: &str) -> impl Iterator<Item = Self> {
        text.split(';').filter_map(|need| need.parse().ok())
    }
}

impl fmt::Display for Need {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} {}", self.day, self.class, self.purpose)
    }
}

impl FromStr for Need {
    type Err = NotANeed;

    fn from_str(text: &str) -> Result<Self, NotANeed> {
        let mut words = text.splitn(3, ' ');
        let (Some(day), Some(class), Some(purpose)) = (words.next(), words.next(), words.next()) else {
            return Err(NotANeed);
        };
        Ok(Self { day: day.parse().map_err(|_| NotANeed)?, class: class.to_owned(), purpose: purpose.to_owned() })
    }
}

/// How often, on one day, recordings of one age were needed in one way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// How.
    pub kind: NeedKind,
    /// The purpose of the recordings; empty of what is deleted.
    pub purpose: String,
    /// Their class.
    pub class: String,
    /// How many days after the call.
    pub age_days: u32,
    /// How many recordings.
    pub count: u64,
}

/// A day's needs. A recording that is needed again on the same day, in the same way, counts once.
#[derive(Clone, Debug, Default)]
pub struct Tallies {
    lines: BTreeMap<(NeedKind, String, String, u32), u64>,
    seen: BTreeSet<(NeedKind, String)>,
}

impl Tallies {
    /// Adds what an event needed on a day. `of` tells recordings apart.
    pub fn add(&mut self, kind: NeedKind, of: &str, need: &Need, today: Date) {
        let age_days = today.since(need.day).map_or(0, |age| age.get_days());
        self.add_aged(kind, of, (&need.purpose, &need.class), u32::try_from(age_days).unwrap_or_default());
    }

    /// The same, where only the age is known.
    pub fn add_aged(&mut self, kind: NeedKind, of: &str, (purpose, class): (&str, &str), age_days: u32) {
        if self.seen.insert((kind, of.to_owned())) {
            *self.lines.entry((kind, purpose.to_owned(), class.to_owned(), age_days)).or_default() += 1;
        }
    }

    /// The lines of the day.
    pub fn into_lines(self) -> Vec<Line> {
        let line = |((kind, purpose, class, age_days), count)| Line { kind, purpose, class, age_days, count };
        self.lines.into_iter().map(line).collect()
    }
}

/// How many needs came how many days after the call.
pub type Ages = BTreeMap<u32, u64>;

/// One point of the curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Point {
    /// A period of so many days.
    #[schemars(example = 41)]
    pub days: u32,
    /// Would have served so many needs.
    #[schemars(example = 190)]
    pub served: u64,
    /// Of a hundred, rounded down.
    #[schemars(range(min = 0, max = 100), example = 95)]
    pub percent: u64,
}

/// The curve "so many days would have served so many needs": a point for each age that occurred.
pub fn curve(ages: &Ages) -> Vec<Point> {
    let all: u64 = ages.values().sum();
    let mut served = 0;
    let point = |(days, count): (&u32, &u64)| {
        served += count;
        Point { days: *days, served, percent: served.saturating_mul(100).checked_div(all).unwrap_or_default() }
    };
    ages.iter().map(point).collect()
}

/// What the measured ages say of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Suggestion {
    /// Too few needs were measured.
    TooFew {
        /// How many there were.
        #[schemars(example = 12)]
        uses: u64,
        /// How many are needed.
        #[schemars(example = 30)]
        needed: u64,
    },
    /// A shorter period would do.
    Shorter {
        /// Within how many days 95 of 100 needs came.
        #[schemars(example = 41)]
        within_days: u32,
        /// How many days are kept now.
        #[schemars(example = 90)]
        keep_days: u32,
        /// How many days would do.
        #[schemars(example = 45)]
        would_do_days: u32,
        /// How much less would be stored, of a hundred, rounded down.
        #[schemars(example = 49)]
        less_percent: u64,
    },
    /// The period fits.
    Fits {
        /// Within how many days 95 of 100 needs came.
        #[schemars(example = 41)]
        within_days: u32,
        /// How many days are kept now.
        #[schemars(example = 45)]
        keep_days: u32,
    },
    /// Recordings were looked for after their deletion, more often than 5 of 100 times.
    TooShort {
        /// Within how many days 95 of 100 needs came.
        #[schemars(example = 41)]
        within_days: u32,
        /// How many days are kept now.
        #[schemars(example = 30)]
        keep_days: u32,
    },
}

/// Reads the ages of a class that is kept for so many days.
pub fn suggest(ages: &Ages, keep_days: u32) -> Suggestion {
    let uses: u64 = ages.values().sum();
    let within = curve(ages).into_iter().find(|point| point.served * 100 >= uses * SERVED_PERCENT);
    let Some(within_days) = within.map(|point| point.days).filter(|_| uses >= USES_NEEDED) else {
        return Suggestion::TooFew { uses, needed: USES_NEEDED };
    };
    if within_days > keep_days {
        return Suggestion::TooShort { within_days, keep_days };
    }
    let would_do_days = within_days.max(1).next_multiple_of(ROUNDED_TO_DAYS);
    if would_do_days >= keep_days {
        return Suggestion::Fits { within_days, keep_days };
    }
    // The day of the call and as many days after it: what is stored at any time is as much as that.
    let less_percent = u64::from(keep_days - would_do_days) * 100 / u64::from(keep_days + 1);
    Suggestion::Shorter { within_days, keep_days, would_do_days, less_percent }
}

impl Suggestion {
    /// The suggestion as a person reads it.
    pub fn describe(self, language: Language) -> String {
        let (english, japanese) = match self {
            Self::TooFew { uses, needed } => (
                format!("Too few uses to say anything: {uses}, and {needed} are needed."),
                format!("利用が{uses}件と少なく、まだ判断できません({needed}件から)。"),
            ),
            Self::Shorter { within_days, keep_days, would_do_days, less_percent } => (
                format!(
                    "95 % of needs came within {within_days} days; you keep {keep_days}; {would_do_days} would do and \
                     store {less_percent} % less."
                ),
                format!(
                    "必要になった録音の95%は通話から{within_days}日以内です。今は{keep_days}日保存しています。\
                     {would_do_days}日でも足り、保存量は{less_percent}%減ります。"
                ),
            ),
            Self::Fits { within_days, keep_days } => (
                format!("95 % of needs came within {within_days} days; the {keep_days} days that you keep fit."),
                format!("必要になった録音の95%は通話から{within_days}日以内です。今の{keep_days}日が合っています。"),
            ),
            Self::TooShort { within_days, keep_days } => (
                format!(
                    "More than 5 % of needs came after the {keep_days} days that you keep; 95 % came within \
                     {within_days} days."
                ),
                format!(
                    "保存している{keep_days}日を過ぎてから必要になったものが5%を超えています。95%は{within_days}日以内です。"
                ),
            ),
        };
        language.choose(&english, &japanese).to_owned()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_need_is_written_and_read_and_what_is_none_is_left_out() {
        let one = Need { day: date(2026, 11, 3), class: "standard".to_owned(), purpose: "evidence".to_owned() };
        let two = Need { day: date(2026, 11, 4), ..one.clone() };
        assert_eq!(one.to_string(), "2026-11-03 standard evidence");
        let text = Need::join([&one, &two]);
        assert_eq!(Need::split(&text).collect::<Vec<_>>(), [one.clone(), two]);
        assert_eq!(Need::split("x;2026-11-03;;2026-11-03 standard evidence").collect::<Vec<_>>(), [one]);
    }

    #[test]
    fn a_recording_counts_once_a_day_and_way() {
        let need = Need { day: date(2026, 11, 3), class: "standard".to_owned(), purpose: "evidence".to_owned() };
        let mut tallies = Tallies::default();
        for (kind, of) in
            [(NeedKind::Played, "a"), (NeedKind::Played, "a"), (NeedKind::Played, "b"), (NeedKind::Case, "a")]
        {
            tallies.add(kind, of, &need, date(2026, 11, 13));
        }
        let lines: Vec<_> = tallies.into_lines().iter().map(|line| (line.kind, line.age_days, line.count)).collect();
        assert_eq!(lines, [(NeedKind::Played, 10, 2), (NeedKind::Case, 10, 1)]);
    }

    #[test]
    fn what_is_suggested() {
        let spread = |ages: &[(u32, u64)]| ages.iter().copied().collect::<Ages>();
        for (ages, keep_days, expected) in [
            (spread(&[]), 30, Suggestion::TooFew { uses: 0, needed: 30 }),
            (spread(&[(3, 29)]), 30, Suggestion::TooFew { uses: 29, needed: 30 }),
            (
                spread(&[(2, 60), (41, 35), (80, 5)]),
                90,
                Suggestion::Shorter { within_days: 41, keep_days: 90, would_do_days: 45, less_percent: 49 },
            ),
            (
                spread(&[(2, 60), (41, 34), (80, 6)]),
                90,
                Suggestion::Shorter { within_days: 80, keep_days: 90, would_do_days: 80, less_percent: 10 },
            ),
            (spread(&[(2, 60), (41, 40)]), 45, Suggestion::Fits { within_days: 41, keep_days: 45 }),
            (spread(&[(2, 60), (31, 6)]), 30, Suggestion::TooShort { within_days: 31, keep_days: 30 }),
            (
                spread(&[(0, 100)]),
                30,
                Suggestion::Shorter { within_days: 0, keep_days: 30, would_do_days: 5, less_percent: 80 },
            ),
        ] {
            assert_eq!(suggest(&ages, keep_days), expected, "{ages:?}");
        }
    }

    #[test]
    fn a_suggestion_is_a_sentence() {
        let shorter = Suggestion::Shorter { within_days: 41, keep_days: 90, would_do_days: 45, less_percent: 49 };
        let english = "95 % of needs came within 41 days; you keep 90; 45 would do and store 49 % less.";
        assert_eq!(shorter.describe(Language::English), english);
        assert!(shorter.describe(Language::Japanese).contains("45日でも足り、保存量は49%減ります。"));
    }

    proptest! {
        /// By counting each need by itself.
        #[test]
        fn a_point_of_the_curve_counts_the_needs_up_to_it(ages in proptest::collection::vec(0_u32..100, 0..300)) {
            let mut counted = Ages::new();
            for age in &ages {
                *counted.entry(*age).or_default() += 1;
            }
            let points = curve(&counted);
            for point in &points {
                let served = ages.iter().filter(|age| **age <= point.days).count() as u64;
                prop_assert_eq!((point.served, point.percent), (served, served * 100 / ages.len() as u64));
            }
            prop_assert_eq!(points.last().map_or(0, |point| point.served), ages.len() as u64);
            if let Suggestion::Shorter { would_do_days, keep_days, .. } = suggest(&counted, 90) {
                let served = ages.iter().filter(|age| **age <= would_do_days).count();
                prop_assert!(served * 100 >= ages.len() * 95 && would_do_days < keep_days);
            }
        }
    }
}
