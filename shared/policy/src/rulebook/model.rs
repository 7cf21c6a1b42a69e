//! The rulebook as it is asked: what the company decided, checked.

use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::calendar::Calendar;
use crate::calllog::Log;
use crate::facts::{Direction, NoticeKind};
use crate::number::PhoneNumber;
use crate::origin_copy::OriginCopy;
use crate::retention::Revisions;
use crate::source::Source;

/// A value and the line it was written on.
#[derive(Clone, Debug)]
pub(super) struct Located<T> {
    pub(super) line: u32,
    pub(super) value: T,
}

/// A role 役割.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 管理者: hears, downloads all.
    Admin,
    /// 責任者: hears the recordings of the teams managed.
    Manager,
    /// 一般: the facts of their own calls; their audio only where the rulebook says so.
    Staff,
    /// 監査: traces and reports, no audio.
    Auditor,
}

impl Role {
    /// The word for it, in the staff list and in the policies of permission.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Manager => "manager",
            Self::Staff => "staff",
            Self::Auditor => "auditor",
        }
    }
}

/// The rulebook in force, parsed.
#[derive(Clone, Debug)]
pub struct Rulebook {
    /// 0 for the compiled-in default, then one more with every publication.
    pub version: u64,
    /// The company's name, as shown.
    pub company: String,
    /// The company's zone: days, midnights and answers are in it.
    pub zone: TimeZone,
    /// The zone's IANA name.
    pub zone_name: String,
    /// ISO 3166 country whose numbering plan national numbers are read by.
    pub country: String,
    /// What recordings may be used for; the first is the default.
    pub purposes: Vec<String>,
    /// First match wins; there is always one that matches.
    pub retention: Vec<RetentionRule>,
    /// The days of every revision there ever was.
    pub revisions: Revisions,
    /// Hours after taking in before anything may be deleted.
    pub settle_hours: u32,
    /// Days that quarantine, and what waits, is kept.
    pub quarantine_days: u32,
    /// A call earlier than its upload by more is not believed.
    pub late_arrival_days: u32,
    /// Days that audit events are kept, pinned on each when it is written.
    pub audit_days: u32,
    /// Days that a case is kept after it is closed, pinned on it then.
    pub case_days: u32,
    /// Days after the year of a deletion in which its proof is found by its number.
    pub proof_days: u32,
    /// Days that the register 社外提出の記録 keeps a release, pinned on it when it is requested.
    pub register_days: u32,
    /// How often one member may play, download, export and write memos.
    pub limits: Limits,
    /// The days on which nobody works.
    pub calendar: Calendar,
    /// Whether managers may download.
    pub manager_download: bool,
    /// The recorders whose names are understood: those that ship, and the company's own.
    pub sources: Vec<Arc<Source>>,
    /// Their call logs, the company's own and those that ship.
    pub logs: Vec<Log>,
    /// What the sources themselves still keep.
    pub origin_copies: Vec<OriginCopy>,
    /// Whether staff may hear their own calls, for as long as they view them.
    pub staff_hears_own_calls: bool,
    /// Days after the day of the call that staff view the facts of their own calls; 0 is never.
    pub staff_view_days: u32,
    /// Days after the day of the call that anybody but admins may hear it; `None` is as long as it is kept.
    pub age_limit_days: Option<u32>,
    /// What listening for [`super::QUALITY`] is bound to; `None` where it is no purpose.
    pub quality: Option<Quality>,
    /// Whose calls pass on to whom.
    pub handovers: Vec<Handover>,
    /// Who decides in place of a team's managers.
    pub deputies: Vec<Deputy>,
    /// The teams there are no more.
    pub dissolved_teams: Vec<DissolvedTeam>,
    /// Our numbers, queues and ring groups.
    pub lines: Vec<Line>,
    /// What callers were told.
    pub notices: Vec<Notice>,
    /// The staff list: a row a post.
    pub staff: Vec<Post>,
    /// Logins that are admins whatever the list says: `AdminLogin`, and only under the default.
    pub admin_logins: Vec<String>,
}

/// How often one member may do something in one clock hour: from one full hour, UTC, to the next. Who does it at
/// the end of one and the beginning of the next does it twice as often within sixty minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Recordings heard; what renews a listening is not counted again.
    pub plays_per_hour: u32,
    /// Recordings taken away as files.
    pub downloads_per_hour: u32,
    /// Lists taken away as files.
    pub exports_per_hour: u32,
    /// Memos written.
    pub memos_per_hour: u32,
    /// Notes written or corrected.
    pub notes_per_hour: u32,
    /// Items of lists shown, each with a number.
    pub items_per_hour: u32,
}

impl Default for Limits {
    /// A call a minute is more than anybody listens to; what leaves as a file leaves a third as often. 5,000 items are 50
    /// pages of 100: more than anybody reads.
    fn default() -> Self {
        Self {
            plays_per_hour: 60,
            downloads_per_hour: 20,
            exports_per_hour: 20,
            memos_per_hour: 20,
            notes_per_hour: 100,
            items_per_hour: 5_000,
        }
    }
}

/// Which class a call gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetentionRule {
    /// The class's name.
    pub class: String,
    /// Days after the day of the call.
    pub keep_days: u32,
    /// Whether a shortening also bites on calls that stand.
    pub retroactive: bool,
    /// All that are given must match.
    pub when: When,
}

/// What a retention rule asks of a call; `None` asks nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// The team at the time of the call.
    pub team: Option<String>,
    /// The direction.
    pub direction: Option<Direction>,
    /// The line's name.
    pub line: Option<String>,
}

/// One of our lines 回線・窓口.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its name, as shown and searched.
    pub name: String,
    /// Its number.
    pub number: Option<PhoneNumber>,
    /// Its queue or ring group, by id or name.
    pub queue: Option<String>,
    /// Its team.
    pub team: Option<String>,
    /// `owner = "line"`: its calls are its team's, whoever answered.
    pub owned_by_line: bool,
}

/// What listening for quality 品質 is bound to, beside a notice that covers it. The audience only narrows who
/// may hear: nobody hears a recording by it whom the roles would not let hear it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quality {
    /// Days after the day of the call; never longer than the recording is kept.
    pub keep_days: u32,
    /// The roles that hear for it.
    pub roles: Vec<Role>,
    /// The teams that do: who belongs to them or manages them.
    pub teams: Vec<String>,
}

/// One member's calls passed on to another 引き継ぎ: heard, and their notes read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handover {
    /// Whose calls, by id.
    pub from: String,
    /// To whom, by id.
    pub to: String,
    /// The first day.
    pub since: Date,
    /// The last day, inclusive.
    pub until: Option<Date>,
}

/// One who decides on a team's releases beside its managers 承認の代理.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deputy {
    /// The team's name.
    pub team: String,
    /// Who, by id.
    pub member: String,
    /// The first day.
    pub from: Date,
    /// The last day, inclusive.
    pub until: Date,
}

/// A team that is no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DissolvedTeam {
    /// Its name.
    pub name: String,
    /// The first day without it.
    pub dissolved: Date,
    /// The team whose managers stand in for its own from that day on.
    pub successor: String,
}

/// What callers were told, where, from when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The line's name; `None` is every line.
    pub line: Option<String>,
    /// The direction.
    pub direction: Direction,
    /// Where it was placed: one of [`NoticeKind::PLACED`].
    pub placed: NoticeKind,
    /// The words.
    pub text: String,
    /// What the words say that calls are used for, beside evidence.
    pub purposes: Vec<String>,
    /// The first day.
    pub from: Date,
    /// The last day, inclusive.
    pub until: Option<Date>,
}

/// One row of the staff list: one post of one member, between two days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// The member's id.
    pub id: String,
    /// The member's name.
    pub name: String,
    /// What the identity claim must equal; the id where the list gives none.
    pub login: String,
    /// Where notifications go; `None`: to the login, where that is an address.
    pub mail: Option<String>,
    /// The extension.
    pub extension: Option<String>,
    /// Company mobiles: ours, not the counterpart.
    pub numbers: Vec<PhoneNumber>,
    /// The team.
    pub team: String,
    /// The role.
    pub role: Role,
    /// The teams managed.
    pub manages: Vec<String>,
    /// 派遣, 委託 and whose.
    pub affiliation: Option<String>,
    /// The first day.
    pub from: Date,
    /// The last day, inclusive.
    pub until: Option<Date>,
}

impl Post {
    /// Whether the post is held on a day; its last day is one.
    pub fn is_held_on(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

/// Who asks: a member of staff today, over all the posts held today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The member's id; for `AdminLogin` under the default, the login.
    pub id: String,
    /// The name, as shown.
    pub name: String,
    /// The strongest role of the posts held: admin, manager, auditor, staff.
    pub role: Role,
    /// The teams belonged to.
    pub teams: Vec<String>,
    /// The teams managed, with those that were dissolved into them.
    pub manages: Vec<String>,
    /// The teams whose releases this member decides on today as a deputy, with those that were dissolved into them.
    pub deputy_for: Vec<String>,
    /// Those whose calls are handed over to this member today, by id.
    pub predecessors: Vec<String>,
}

impl Rulebook {
    /// The day a moment falls on in the company's zone.
    pub fn day_of(&self, at: Timestamp) -> Date {
        at.to_zoned_datetime(self.zone.clone()).date()
    }

    /// NEVER LATE: when an audit event that is written at a moment ends. A later rulebook changes nothing about it:
    /// whoever publishes can't make the trace of it end sooner.
    pub fn audit_ends_at(&self, at: Timestamp) -> Timestamp {
        at.checked_add(SignedDuration::from_hours(24 * i64::from(self.audit_days))).unwrap_or(Timestamp::MAX)
    }

    /// When the key of the numbers' hashes of a moment's year ends: then no proof of that year is found by its number.
    pub fn number_key_ends_at(&self, at: Timestamp) -> Timestamp {
        let year = at.to_zoned_datetime(TimeZone::UTC).date().last_of_year();
        let next = year.tomorrow().ok().and_then(|day| day.to_zoned_datetime(TimeZone::UTC).ok());
        let keep = SignedDuration::from_hours(24 * i64::from(self.proof_days));
        next.and_then(|year_over| year_over.timestamp().checked_add(keep).ok()).unwrap_or(Timestamp::MAX)
    }
}
