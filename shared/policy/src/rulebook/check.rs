//! The check: every fault of a rulebook at once, each with its line, its reason and its mend.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::policy::{self, Policy};
use super::staff::{self, StaffList};
use super::{Notice, Post, QUALITY, Role};
use crate::calllog::with_built_in;
use crate::number::PhoneNumber;

/// 1,000 faults: more than anybody mends in one go, and a body that an answer can carry.
const FAULTS_LIMIT: usize = 1_000;

/// 180 days: from half a year on a recording is kept as a record, and one copy of it is not enough.
const BACKUP_FROM_DAYS: u32 = 180;

/// Which file a fault is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FaultIn {
    /// The policy, TOML.
    Policy,
    /// The staff list, CSV.
    Staff,
}

/// What is wrong, in a word that never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FaultCode {
    /// Not TOML.
    Syntax,
    /// The bytes were read in the wrong encoding.
    NotText,
    /// A text or a file over its limit.
    TooLong,
    /// A list over its limit.
    TooMany,
    /// A key or a column that means nothing.
    UnknownKey,
    /// A key or a column that must be there.
    MissingKey,
    /// A column that is there twice.
    ColumnTwice,
    /// A row with more cells than columns.
    RowTooLong,
    /// A cell that must be filled in.
    EmptyCell,
    /// Another type of value.
    WrongType,
    /// An empty text, or one with control characters.
    NoText,
    /// Not one of the words.
    UnknownWord,
    /// A number outside its range.
    OutOfRange,
    /// Not a day.
    NotADay,
    /// A last day before the first.
    UntilBeforeFrom,
    /// Not a telephone number.
    NotANumber,
    /// A number that a spreadsheet took the first zero from.
    LostZero,
    /// Name, zone or country of the company is missing.
    CompanyUndecided,
    /// What recordings are kept for is not decided.
    PurposeUndecided,
    /// How long recordings are kept is not decided.
    PeriodUndecided,
    /// Who may hear recordings is not decided.
    PermissionUndecided,
    /// Not a zone of the time zone database.
    UnknownZone,
    /// Not a country's code.
    NotACountry,
    /// A purpose named twice.
    PurposeTwice,
    /// Quality is a purpose, and who listens for it, or for how long, is not decided.
    QualityUndecided,
    /// What quality is bound to, and it is no purpose.
    QualityUnused,
    /// Quality is a purpose, and no notice says so.
    QualityWithoutNotice,
    /// What staff may hear they are never let find.
    NeverViewed,
    /// A member who is on no row of the staff list.
    UnknownMember,
    /// A handover to one who hears nothing.
    HandoverToAuditor,
    /// A member or a team that is its own successor, however many others are between.
    OwnSuccessor,
    /// A dissolved team without a successor.
    SuccessorMissing,
    /// One team dissolved twice.
    TeamTwice,
    /// A member in a team that is dissolved by then.
    TeamDissolved,
    /// The class's name is kept for quarantine.
    ClassReserved,
    /// Not a class's name.
    NotAClassName,
    /// One class with two periods.
    ClassTwice,
    /// A call could have no period.
    NoRuleForAll,
    /// A rule behind one that fits every call.
    RuleNeverReached,
    /// A team that nobody on the staff list is in.
    UnknownTeam,
    /// A line that no `[[line]]` names.
    UnknownLine,
    /// Two lines with one name.
    LineTwice,
    /// Two lines with one queue.
    QueueTwice,
    /// Two lines with one number.
    NumberTwice,
    /// A line that owns its calls for no team.
    LineWithoutTeam,
    /// Teams managed by one who is no manager.
    ManagesWithoutRole,
    /// Two members with one extension on one day.
    ExtensionOverlap,
    /// Two members with one company mobile on one day.
    NumberOverlap,
    /// Two members with one login on one day.
    LoginOverlap,
    /// Two names with one id on one day.
    IdOverlap,
    /// A dispatched or outsourced member without a last day.
    EndMissing,
    /// A team of staff that nobody manages on some day.
    TeamWithoutManager,
    /// Not a Region's code.
    NotARegion,
    /// Not a bucket's name.
    NotABucket,
    /// A long period, and no copy in another place.
    BackupMissing,
    /// Nobody could publish the next rulebook.
    NoAdmin,
    /// More admins than the policy says aloud.
    TooManyAdmins,
    /// Not a source's name.
    NotASourceName,
    /// Not a prefix of keys.
    NotAPrefix,
    /// Two sources with one name.
    SourceTwice,
    /// Two sources, or two call logs, with one prefix.
    PrefixTwice,
    /// A source that neither ships nor is written.
    UnknownSource,
    /// A call log within another source's.
    PrefixNested,
    /// No recorder that ships.
    UnknownRecorder,
    /// A recorder, and a pattern or kinds beside it.
    RecorderAndPattern,
    /// A pattern that can't be read, or is too large.
    BadPattern,
    /// A part of a pattern that means nothing.
    UnknownPart,
    /// A part that a pattern must have.
    MissingPart,
    /// A pattern that gives neither a time nor a call id.
    UselessPattern,
    /// Two kinds of calls with one `type`.
    KindTwice,
}

impl FaultIn {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Staff => "staff",
        }
    }
}

impl FaultCode {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::NotText => "not_text",
            Self::TooLong => "too_long",
            Self::TooMany => "too_many",
            Self::UnknownKey => "unknown_key",
            Self::MissingKey => "missing_key",
            Self::ColumnTwice => "column_twice",
            Self::RowTooLong => "row_too_long",
            Self::EmptyCell => "empty_cell",
            Self::WrongType => "wrong_type",
            Self::NoText => "no_text",
            Self::UnknownWord => "unknown_word",
            Self::OutOfRange => "out_of_range",
            Self::NotADay => "not_a_day",
            Self::UntilBeforeFrom => "until_before_from",
            Self::NotANumber => "not_a_number",
            Self::LostZero => "lost_zero",
            Self::CompanyUndecided => "company_undecided",
            Self::PurposeUndecided => "purpose_undecided",
            Self::PeriodUndecided => "period_undecided",
            Self::PermissionUndecided => "permission_undecided",
            Self::UnknownZone => "unknown_zone",
            Self::NotACountry => "not_a_country",
            Self::PurposeTwice => "purpose_twice",
            Self::QualityUndecided => "quality_undecided",
            Self::QualityUnused => "quality_unused",
            Self::QualityWithoutNotice => "quality_without_notice",
            Self::NeverViewed => "never_viewed",
            Self::UnknownMember => "unknown_member",
            Self::HandoverToAuditor => "handover_to_auditor",
            Self::OwnSuccessor => "own_successor",
            Self::SuccessorMissing => "successor_missing",
            Self::TeamTwice => "team_twice",
            Self::TeamDissolved => "team_dissolved",
            Self::ClassReserved => "class_reserved",
            Self::NotAClassName => "not_a_class_name",
            Self::ClassTwice => "class_twice",
            Self::NoRuleForAll => "no_rule_for_all",
            Self::RuleNeverReached => "rule_never_reached",
            Self::UnknownTeam => "unknown_team",
            Self::UnknownLine => "unknown_line",
            Self::LineTwice => "line_twice",
            Self::QueueTwice => "queue_twice",
            Self::NumberTwice => "number_twice",
            Self::LineWithoutTeam => "line_without_team",
            Self::ManagesWithoutRole => "manages_without_role",
            Self::ExtensionOverlap => "extension_overlap",
            Self::NumberOverlap => "number_overlap",
            Self::LoginOverlap => "login_overlap",
            Self::IdOverlap => "id_overlap",
            Self::EndMissing => "end_missing",
            Self::TeamWithoutManager => "team_without_manager",
            Self::NotARegion => "not_a_region",
            Self::NotABucket => "not_a_bucket",
            Self::BackupMissing => "backup_missing",
            Self::NoAdmin => "no_admin",
            Self::TooManyAdmins => "too_many_admins",
            Self::NotASourceName => "not_a_source_name",
            Self::NotAPrefix => "not_a_prefix",
            Self::SourceTwice => "source_twice",
            Self::PrefixTwice => "prefix_twice",
            Self::UnknownSource => "unknown_source",
            Self::PrefixNested => "prefix_nested",
            Self::UnknownRecorder => "unknown_recorder",
            Self::RecorderAndPattern => "recorder_and_pattern",
            Self::BadPattern => "bad_pattern",
            Self::UnknownPart => "unknown_part",
            Self::MissingPart => "missing_part",
            Self::UselessPattern => "useless_pattern",
            Self::KindTwice => "kind_twice",
        }
    }
}

/// One thing that is wrong with a rulebook. Its texts are for whoever hands the rulebook in: they can
/// repeat what was written, so they go into the answer and into no log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// In which file.
    pub file: FaultIn,
    /// On which line, from 1; where something is missing altogether, 1.
    pub line: u32,
    /// What, in a word that never changes.
    pub code: FaultCode,
    /// Why it is a fault.
    pub reason: String,
    /// What to do about it.
    pub mend: String,
}

/// A value and the line it was written on.
#[derive(Clone, Debug)]
pub(super) struct Located<T> {
    pub(super) line: u32,
    pub(super) value: T,
}

/// A rulebook without a fault: only the check makes one.
#[derive(Clone, Debug)]
pub struct Checked {
    pub(super) policy: Policy,
    pub(super) policy_text: String,
    pub(super) staff_text: String,
}

/// Checks a policy (TOML) and a staff list (CSV) against themselves, each other, and the day it is.
///
/// # Errors
/// Every fault, in the order of the files and lines; the first 1,000 where there are more.
pub fn check(policy_text: &str, staff_text: &str, now: Timestamp) -> Result<Checked, Vec<Fault>> {
    let (policy, mut faults) = policy::read(policy_text);
    let (staff, staff_faults) = staff::read(staff_text, &policy.country);
    let staff_was_read = staff_faults.is_empty();
    faults.extend(staff_faults);

    let mut cross = Cross { policy: &policy, staff: &staff, faults: Vec::new() };
    // Where rows could not be read, a team or an admin that seems missing may stand in one of them.
    if staff_was_read {
        let today = now.to_zoned_datetime(policy.zone.clone()).date();
        cross.teams();
        cross.successions();
        cross.handovers();
        cross.managers(today);
        cross.admins(today);
    }
    cross.backup();
    cross.lines();
    cross.sources();
    cross.logs();
    cross.quality();
    cross.overlaps();
    faults.extend(cross.faults);

    if faults.is_empty() {
        return Ok(Checked { policy, policy_text: policy_text.to_owned(), staff_text: staff_text.to_owned() });
    }
    faults.sort_by_key(|fault| (fault.file, fault.line, fault.code));
    faults.truncate(FAULTS_LIMIT);
    Err(faults)
}

/// What only the two files together, or the rows among themselves, can have wrong.
struct Cross<'r> {
    policy: &'r Policy,
    staff: &'r StaffList,
    faults: Vec<Fault>,
}

impl<'r> Cross<'r> {
    fn fault(&mut self, file: FaultIn, line: u32, code: FaultCode, reason: String, mend: &str) {
        self.faults.push(Fault { file, line, code, reason, mend: mend.to_owned() });
    }

    fn teams(&mut self) {
        let known: BTreeSet<&str> = self.staff.posts.iter().map(|post| post.value.team.as_str()).collect();
        let rules = self.policy.retention.iter().map(|rule| (rule.line, rule.value.when.team.as_ref()));
        let lines = self.policy.lines.iter().map(|line| (line.line, line.value.team.as_ref()));
        let dissolved = self
            .policy
            .dissolved_teams
            .iter()
            .flat_map(|team| [&team.value.name, &team.value.successor].map(|name| (team.line, Some(name))));
        let audience = self
            .policy
            .quality
            .iter()
            .flat_map(|quality| quality.value.teams.iter().map(|team| (quality.line, Some(team))));
        for (line, team) in rules.chain(lines).chain(dissolved).chain(audience) {
            if let Some(team) = team.filter(|team| !known.contains(team.as_str())) {
                self.fault(
                    FaultIn::Policy,
                    line,
                    FaultCode::UnknownTeam,
                    format!("Nobody on the staff list is or was in the team `{team}`."),
                    "Write the team as the staff list does, or put its members on the list.",
                );
            }
        }
        for post in &self.staff.posts {
            for team in post.value.manages.iter().filter(|team| !known.contains(team.as_str())) {
                self.fault(
                    FaultIn::Staff,
                    post.line,
                    FaultCode::UnknownTeam,
                    format!("Nobody on the staff list is or was in the team `{team}` that is managed here."),
                    "Write the team as in the column `team`, or put its members on the list.",
                );
            }
        }
    }

    /// From today on a team that staff belong to has somebody who manages it, every day that they do.
    fn managers(&mut self, today: Date) {
        let mut managed: BTreeMap<&str, Vec<(Date, Date)>> = BTreeMap::new();
        for post in self.staff.posts.iter().map(|post| &post.value).filter(|post| post.role == Role::Manager) {
            for team in &post.manages {
                managed.entry(team).or_default().push((post.from, last_day(post)));
            }
        }
        for spans in managed.values_mut() {
            *spans = joined(std::mem::take(spans));
        }
        let mut told = BTreeSet::new();
        for Located { line, value } in &self.staff.posts {
            let (first, last) = (value.from.max(today), last_day(value));
            if value.role != Role::Staff || last < first || told.contains(value.team.as_str()) {
                continue;
            }
            let spans = managed.get(value.team.as_str()).map_or(&[][..], Vec::as_slice);
            if let Some(day) = first_day_without(spans, first, last) {
                told.insert(value.team.as_str());
                self.fault(
                    FaultIn::Staff,
                    *line,
                    FaultCode::TeamWithoutManager,
                    format!("From {day} on nobody manages the team `{}`, which this member of staff is in.", value.team),
                    "Write the team into `manages` of somebody with the role `manager`, for as long as staff are in it.",
                );
            }
        }
    }

    /// What is kept so long outlives mistakes and machines: it needs a copy in another place.
    fn backup(&mut self) {
        if self.policy.names_backup {
            return;
        }
        for Located { line, value } in &self.policy.retention {
            if value.keep_days >= BACKUP_FROM_DAYS {
                self.fault(
                    FaultIn::Policy,
                    *line,
                    FaultCode::BackupMissing,
                    format!(
                        "The class `{}` is kept {} days, and from {BACKUP_FROM_DAYS} on there must be a backup.",
                        value.class, value.keep_days
                    ),
                    "Write [backup] with the region or the bucket that the copies lie in, or keep it for less long.",
                );
            }
        }
    }

    /// Teams that are no more, and who stands in for their managers.
    fn successions(&mut self) {
        let mut successors = BTreeMap::new();
        for Located { line, value } in &self.policy.dissolved_teams {
            if successors.insert(value.name.as_str(), value.successor.as_str()).is_some() {
                self.fault(
                    FaultIn::Policy,
                    *line,
                    FaultCode::TeamTwice,
                    format!("The team `{}` is dissolved twice.", value.name),
                    "Keep one of the two, with the last successor.",
                );
            }
        }
        for Located { line, value } in &self.policy.dissolved_teams {
            let mut reached = value.successor.as_str();
            // Whoever has not ended after as many steps as there are teams goes round in a circle.
            for _ in 0..successors.len() {
                reached = successors.get(reached).copied().unwrap_or(reached);
            }
            if successors.contains_key(reached) {
                self.fault(
                    FaultIn::Policy,
                    *line,
                    FaultCode::OwnSuccessor,
                    format!("The team `{}` ends in no team that there still is.", value.name),
                    "Write the team into `successor` whose managers hear its recordings now.",
                );
            }
            for post in self.staff.posts.iter().filter(|post| post.value.team == value.name) {
                if last_day(&post.value) >= value.dissolved {
                    self.fault(
                        FaultIn::Staff,
                        post.line,
                        FaultCode::TeamDissolved,
                        format!(
                            "The post goes on in the team `{}`, which is no more from {} on.",
                            value.name, value.dissolved
                        ),
                        "Write the day before into `until`, and a new row for the next team.",
                    );
                }
            }
        }
    }

    fn handovers(&mut self) {
        for Located { line, value } in &self.policy.handovers {
            for (key, id) in [("from", &value.from), ("to", &value.to)] {
                if !self.staff.posts.iter().any(|post| post.value.id == *id) {
                    self.fault(
                        FaultIn::Policy,
                        *line,
                        FaultCode::UnknownMember,
                        format!("Nobody on the staff list has the id that stands in `{key}`."),
                        "Write the id as in the column `id`; rows of members who left stay on the list.",
                    );
                }
            }
            let mut posts = self.staff.posts.iter().filter(|post| post.value.id == value.to).peekable();
            if posts.peek().is_some() && posts.all(|post| post.value.role == Role::Auditor) {
                self.fault(
                    FaultIn::Policy,
                    *line,
                    FaultCode::HandoverToAuditor,
                    "Calls are handed over to an auditor, who hears none.".to_owned(),
                    "Hand them over to one who goes on with the work.",
                );
            }
        }
    }

    fn quality(&mut self) {
        let covers = |notice: &Located<Notice>| notice.value.purposes.iter().any(|purpose| purpose == QUALITY);
        if let Some(line) = self.policy.quality_line.filter(|_| !self.policy.notices.iter().any(covers)) {
            self.fault(
                FaultIn::Policy,
                line,
                FaultCode::QualityWithoutNotice,
                "Calls are to be heard for quality, and no notice tells callers so.".to_owned(),
                "Say it in the text of a [[notice]], and write purposes = [\"quality\"] there.",
            );
        }
    }

    fn lines(&mut self) {
        let mut names = BTreeMap::new();
        let mut queues = BTreeMap::new();
        let mut numbers = BTreeMap::new();
        for Located { line, value } in &self.policy.lines {
            if let Some(earlier) = names.insert(value.name.as_str(), *line) {
                self.line_twice(*line, FaultCode::LineTwice, "name", earlier);
            }
            if let Some(earlier) = value.queue.as_deref().and_then(|queue| queues.insert(queue, *line)) {
                self.line_twice(*line, FaultCode::QueueTwice, "queue", earlier);
            }
            if let Some(earlier) = value.number.as_ref().and_then(|number| numbers.insert(number, *line)) {
                self.line_twice(*line, FaultCode::NumberTwice, "number", earlier);
            }
        }
        let rules = self.policy.retention.iter().map(|rule| (rule.line, rule.value.when.line.as_ref()));
        let notices = self.policy.notices.iter().map(|notice| (notice.line, notice.value.line.as_ref()));
        for (line, name) in rules.chain(notices) {
            if let Some(name) = name.filter(|name| !names.contains_key(name.as_str())) {
                self.fault(
                    FaultIn::Policy,
                    line,
                    FaultCode::UnknownLine,
                    format!("No [[line]] is named `{name}`."),
                    "Write the name as the [[line]] does, or add the [[line]].",
                );
            }
        }
    }

    fn line_twice(&mut self, line: u32, code: FaultCode, what: &str, earlier: u32) {
        self.fault(
            FaultIn::Policy,
            line,
            code,
            format!("The [[line]] in line {earlier} has the same {what}, so nothing tells their calls apart."),
            "Keep one of the two.",
        );
    }

    fn sources(&mut self) {
        let mut names = BTreeMap::new();
        let mut prefixes = BTreeMap::new();
        for Located { line, value } in &self.policy.sources {
            let twice = [
                (FaultCode::SourceTwice, "name", names.insert(value.name.as_str(), *line)),
                (FaultCode::PrefixTwice, "prefix", prefixes.insert(value.prefix.as_str(), *line)),
            ];
            for (code, what, earlier) in twice {
                if let Some(earlier) = earlier {
                    self.fault(
                        FaultIn::Policy,
                        *line,
                        code,
                        format!(
                            "The [[source]] in line {earlier} has the same {what}, so nothing tells the two apart."
                        ),
                        "Give each source a name and a prefix of its own.",
                    );
                }
            }
        }
    }

    fn logs(&mut self) {
        let own = &self.policy.logs;
        for (position, log) in own.iter().enumerate() {
            let earlier = own[..position].iter().find(|earlier| earlier.value.prefix == log.value.prefix);
            if let Some(earlier) = earlier {
                self.fault(
                    FaultIn::Policy,
                    log.line,
                    FaultCode::PrefixTwice,
                    format!(
                        "The [[call_log]] in line {} has the same prefix, so nothing tells the two apart.",
                        earlier.line
                    ),
                    "Give each call log a prefix of its own.",
                );
            }
        }
        // What ships and is not replaced lies there too: a file in it would be of one source or of another
        // as the prefixes happen to be written.
        for outer in with_built_in(own.iter().map(|log| log.value.clone()).collect()) {
            for Located { line, value } in own {
                let is_within = value.prefix != outer.prefix && value.prefix.starts_with(&outer.prefix);
                if is_within && value.source != outer.source {
                    self.fault(
                        FaultIn::Policy,
                        *line,
                        FaultCode::PrefixNested,
                        format!("The prefix lies within `{}`, the call log of `{}`.", outer.prefix, outer.source),
                        "Write a prefix beside it, such as calllog/branch/, and put the files there.",
                    );
                }
            }
        }
    }

    fn overlaps(&mut self) {
        self.overlap(
            |post| post.extension.as_deref().into_iter().collect(),
            |post| &post.id,
            FaultCode::ExtensionOverlap,
            "extension",
            "Whoever had the extension before needs a last day (`until`) before the next one's first.",
        );
        self.overlap(
            |post| post.numbers.iter().map(PhoneNumber::expose).collect(),
            |post| &post.id,
            FaultCode::NumberOverlap,
            "company mobile",
            "Whoever had the number before needs a last day (`until`) before the next one's first.",
        );
        self.overlap(
            |post| vec![&post.login],
            |post| &post.id,
            FaultCode::LoginOverlap,
            "login",
            "Give each member a login of their own: with one between two, neither is let in.",
        );
        self.overlap(
            |post| vec![&post.id],
            |post| &post.name,
            FaultCode::IdOverlap,
            "id",
            "Give each member an id of their own, and write one member's name the same in every row.",
        );
    }

    /// Finds posts of different members that share a key on some day: one fault for each that begins while
    /// another's runs.
    fn overlap(
        &mut self,
        keys: impl Fn(&'r Post) -> Vec<&'r str>,
        whose: impl Fn(&'r Post) -> &'r str,
        code: FaultCode,
        what: &str,
        mend: &str,
    ) {
        let mut groups: BTreeMap<&str, Vec<&'r Located<Post>>> = BTreeMap::new();
        for post in &self.staff.posts {
            for key in keys(&post.value) {
                groups.entry(key).or_default().push(post);
            }
        }
        for mut posts in groups.into_values() {
            posts.sort_by_key(|post| (post.value.from, post.line));
            // Of the posts begun so far, the one that ends last, and the one of anybody else that does:
            // one of the two is the other member's post that reaches furthest, whoever comes next.
            let mut latest: Option<&Located<Post>> = None;
            let mut latest_of_others: Option<&Located<Post>> = None;
            for post in posts {
                let owner = whose(&post.value);
                let other =
                    if latest.is_some_and(|latest| whose(&latest.value) != owner) { latest } else { latest_of_others };
                if let Some(other) = other
                    && last_day(&other.value) >= post.value.from
                {
                    self.fault(
                        FaultIn::Staff,
                        post.line,
                        code,
                        format!(
                            "The members in lines {} and {} have one {what} from {} on.",
                            other.line.min(post.line),
                            other.line.max(post.line),
                            post.value.from
                        ),
                        mend,
                    );
                }
                if latest.is_none_or(|latest| last_day(&post.value) > last_day(&latest.value)) {
                    if latest.is_some_and(|latest| whose(&latest.value) != owner) {
                        latest_of_others = latest;
                    }
                    latest = Some(post);
                } else if latest.is_some_and(|latest| whose(&latest.value) != owner)
                    && latest_of_others.is_none_or(|others| last_day(&post.value) > last_day(&others.value))
                {
                    latest_of_others = Some(post);
                }
            }
        }
    }

    fn admins(&mut self, today: Date) {
        let admins: Vec<&Post> =
            self.staff.posts.iter().map(|post| &post.value).filter(|post| post.role == Role::Admin).collect();
        // A rulebook takes effect within a day: whoever is to publish the next one must be there then too.
        let days = [Some(today), today.tomorrow().ok()];
        if days.into_iter().flatten().any(|day| !admins.iter().any(|post| post.is_held_on(day))) {
            self.fault(
                FaultIn::Staff,
                1,
                FaultCode::NoAdmin,
                "No admin is on the list today and tomorrow, so nobody could publish the next rulebook.".to_owned(),
                "Give one or two members the role `admin`, from today or before.",
            );
        }
        // Their number grows only on a first day: today's and every later one are all there is to count.
        let limit = self.policy.admin_limit.value as usize;
        let first_days: BTreeSet<Date> =
            std::iter::once(today).chain(admins.iter().map(|post| post.from).filter(|from| *from > today)).collect();
        let crowded = first_days.into_iter().find_map(|day| {
            let held: BTreeSet<&str> =
                admins.iter().filter(|post| post.is_held_on(day)).map(|post| post.id.as_str()).collect();
            (held.len() > limit).then_some((day, held.len()))
        });
        if let Some((day, count)) = crowded {
            self.fault(
                FaultIn::Policy,
                self.policy.admin_limit.line,
                FaultCode::TooManyAdmins,
                format!("On {day} there are {count} admins, who hear and download everything; {limit} are allowed."),
                "Give some of them another role, or say the number aloud: admin_limit under [access].",
            );
        }
    }
}

/// Spans of days, the last day of each inclusive, with those that touch or overlap made one; in their order.
fn joined(mut spans: Vec<(Date, Date)>) -> Vec<(Date, Date)> {
    spans.sort_unstable();
    let mut joined: Vec<(Date, Date)> = Vec::new();
    for (from, until) in spans {
        match joined.last_mut() {
            Some((_, last)) if last.tomorrow().map_or(true, |next| from <= next) => *last = until.max(*last),
            _ => joined.push((from, until)),
        }
    }
    joined
}

/// The first day from one to another, both inclusive, that is in none of the joined spans.
fn first_day_without(joined: &[(Date, Date)], from: Date, until: Date) -> Option<Date> {
    let begun = joined.partition_point(|(first, _)| *first <= from);
    match begun.checked_sub(1).and_then(|position| joined.get(position)) {
        Some((_, last)) if *last >= until => None,
        Some((_, last)) if *last >= from => last.tomorrow().ok(),
        _ => Some(from),
    }
}

/// The last day of a post; one without an end has the calendar's.
fn last_day(post: &Post) -> Date {
    post.until.unwrap_or(Date::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::FaultIn::{Policy as P, Staff as S};
    use super::*;
    use crate::rulebook::sample::{POLICY, STAFF, now};

    fn faults(policy: &str, staff: &str) -> Vec<Fault> {
        check(policy, staff, now()).err().unwrap_or_default()
    }

    fn found(policy: &str, staff: &str) -> Vec<(FaultIn, u32, FaultCode)> {
        faults(policy, staff).into_iter().map(|fault| (fault.file, fault.line, fault.code)).collect()
    }

    /// The one line of a text that holds a piece of it, from 1.
    fn line_with(text: &str, piece: &str) -> u32 {
        let lines: Vec<usize> =
            text.lines().enumerate().filter(|(_, line)| line.contains(piece)).map(|(line, _)| line + 1).collect();
        assert_eq!(lines.len(), 1, "`{piece}` is in lines {lines:?}");
        u32::try_from(lines[0]).unwrap()
    }

    #[test]
    fn the_sample_has_no_fault() {
        assert_eq!(faults(POLICY, STAFF), []);
    }

    /// Each fault, and a piece of the line it is on.
    type Expected = &'static [(&'static str, FaultCode)];

    #[test]
    fn each_fault_of_a_policy_is_told_with_its_line() {
        use FaultCode as C;
        // What is replaced, by what, and where which fault is: on the line of the first text, some lines down.
        let table: &[(&str, &str, Expected)] = &[
            ("name = \"山田商事\"", "", &[("[company]", C::CompanyUndecided)]),
            ("time_zone = \"Asia/Tokyo\"", "time_zone = \"Asia/Edo\"", &[("Asia/Edo", C::UnknownZone)]),
            ("country = \"JP\"", "country = \"jp\"", &[("country", C::NotACountry)]),
            ("country = \"JP\"", "country = 81", &[("country", C::WrongType)]),
            ("default = \"evidence\"", "", &[("[purpose]", C::PurposeUndecided)]),
            ("default = \"evidence\"", "default = \"fun\"", &[("fun", C::UnknownWord)]),
            (
                "default = \"evidence\"",
                "default = \"evidence\"\nothers = [\"evidence\",\n\"quality\"]",
                &[
                    ("others", C::PurposeTwice),
                    ("\"quality", C::QualityUndecided),
                    ("\"quality", C::QualityWithoutNotice),
                ],
            ),
            ("keep_days = 30", "", &[("[[retention]]", C::PeriodUndecided)]),
            ("keep_days = 30", "keep_days = 0", &[("keep_days = 0", C::OutOfRange)]),
            ("keep_days = 30", "keep_days = 36_501", &[("36_501", C::OutOfRange)]),
            ("keep_days = 30", "keep_days = -1", &[("-1", C::OutOfRange)]),
            ("keep_days = 30", "keep_days = 99999999999999999999", &[("9999", C::OutOfRange)]),
            ("keep_days = 30", "keep_days = \"30\"", &[("\"30\"", C::WrongType)]),
            ("keep_days = 30", "keep_days = 30\nretroactive = \"yes\"", &[("retroactive", C::WrongType)]),
            ("class = \"standard\"", "class = \"Standard\"", &[("Standard", C::NotAClassName)]),
            ("class = \"standard\"", "class = \"quarantine\"", &[("quarantine", C::ClassReserved)]),
            ("class = \"standard\"", "class = \"contracts\"", &[("[[retention]]", C::ClassTwice)]),
            (
                "class = \"standard\"",
                "class = \"standard\"\nwhen = { direction = \"inbound\" }",
                &[("[[retention]]", C::NoRuleForAll)],
            ),
            ("when = { team = \"sales\", direction = \"outbound\" }", "", &[("[[retention]]", C::RuleNeverReached)]),
            ("team = \"sales\"", "team = \"sails\"", &[("[[retention]]", C::UnknownTeam)]),
            ("direction = \"outbound\" }", "line = \"裏口\" }", &[("[[retention]]", C::UnknownLine)]),
            ("direction = \"outbound\" }", "direction = \"out\" }", &[("\"out\"", C::UnknownWord)]),
            ("direction = \"outbound\" }", "way = \"outbound\" }", &[("way", C::UnknownKey)]),
            ("staff = \"none\"", "", &[("[access]", C::PermissionUndecided)]),
            ("manager_download = false", "", &[("[access]", C::PermissionUndecided)]),
            ("manager_download = false", "manager_download = \"false\"", &[("manager_download", C::WrongType)]),
            ("staff = \"none\"", "staff = \"own_calls\"", &[]),
            ("staff = \"none\"", "staff = \"own_calls\"\nstaff_view_days = 0", &[("own_calls", C::NeverViewed)]),
            ("[access]", "[access]\nstaff_view_days = 0", &[]),
            ("[access]", "[access]\nstaff_view_days = 3651", &[("3651", C::OutOfRange)]),
            ("[access]", "[access]\nage_limit_days = 0", &[("age_limit", C::OutOfRange)]),
            ("[access]", "[quality]\nkeep_days = 7\nroles = [\"staff\"]\n[access]", &[("[quality]", C::QualityUnused)]),
            ("[access]", "[[handover]]\nfrom = \"sato\"\nto = \"kato\"\nsince = 2026-12-01\n[access]", &[]),
            (
                "[access]",
                "[[handover]]\nfrom = \"satou\"\nto = \"nobody\"\nsince = 2026-12-01\n[access]",
                &[("[[handover]]", C::UnknownMember), ("[[handover]]", C::UnknownMember)],
            ),
            (
                "[access]",
                "[[handover]]\nfrom = \"sato\"\nto = \"ono\"\nsince = 2026-12-01\nuntil = 2026-11-30\n[access]",
                &[("[[handover]]", C::UntilBeforeFrom), ("[[handover]]", C::HandoverToAuditor)],
            ),
            (
                "[access]",
                "[[handover]]\nfrom = \"sato\"\nto = \"sato\"\nsince = 2026-12-01\n[access]",
                &[("[[handover]]", C::OwnSuccessor)],
            ),
            (
                "[access]",
                "[[handover]]\nwhy = \"\"\n[access]",
                &[
                    ("[[handover]]", C::MissingKey),
                    ("[[handover]]", C::MissingKey),
                    ("[[handover]]", C::MissingKey),
                    ("why", C::UnknownKey),
                ],
            ),
            (
                "[access]",
                "[[team]]\nname = \"audit\"\ndissolved = 2027-01-01\n[access]",
                &[("[[team]]", C::SuccessorMissing)],
            ),
            (
                "[access]",
                "[[team]]\nsuccessor = \"sales\"\n[access]",
                &[("[[team]]", C::MissingKey), ("[[team]]", C::MissingKey)],
            ),
            (
                "[access]",
                "[[team]]\nname = \"sails\"\ndissolved = 2026-07-01\nsuccessor = \"sale\"\n[access]",
                &[("[[team]]", C::UnknownTeam), ("[[team]]", C::UnknownTeam)],
            ),
            ("staff = \"none\"", "staff = \"all\"", &[("\"all\"", C::UnknownWord)]),
            ("[access]", "[access]\nadmin_limit = 1", &[("[access]", C::TooManyAdmins)]),
            ("[access]", "[access]\nadmin_limit = 0", &[("admin_limit", C::OutOfRange)]),
            ("[access]", "[keeping]\nsettle_hours = 8761\n[access]", &[("8761", C::OutOfRange)]),
            ("[access]", "[keeping]\nquarantine_days = 0\n[access]", &[("quarantine_days", C::OutOfRange)]),
            ("[access]", "[keeping]\nlate_days = 1\n[access]", &[("late_days", C::UnknownKey)]),
            ("[access]", "[keeping]\naudit_days = 366\n[access]", &[]),
            ("[access]", "[keeping]\naudit_days = 365\n[access]", &[("audit_days", C::OutOfRange)]),
            ("[access]", "[limits]\nplays_per_hour = 1\nexports_per_hour = 10_000\n[access]", &[]),
            (
                "[access]",
                "[limits]\nplays_per_hour = 0\ndownloads_per_hour = 10_001\nexports_per_hour = \"20\"\n[access]",
                &[("plays_per", C::OutOfRange), ("downloads_per", C::OutOfRange), ("exports_per", C::WrongType)],
            ),
            ("[access]", "[limits]\nplays_per_hour = 1.5\n[access]", &[("plays_per", C::WrongType)]),
            ("[access]", "[limits]\nplays_per_day = 100\n[access]", &[("plays_per_day", C::UnknownKey)]),
            ("[access]", "limits = 60\n[access]", &[("limits = 60", C::UnknownKey)]),
            ("keep_days = 30", "keep_days = 179", &[]),
            ("keep_days = 30", "keep_days = 180", &[("[[retention]]", C::BackupMissing)]),
            ("keep_days = 30", "keep_days = 180\n[backup]\nregion = \"ap-northeast-3\"", &[]),
            ("keep_days = 30", "keep_days = 180\n[backup]\nbucket = \"yamada.copies-2\"", &[]),
            ("keep_days = 30", "keep_days = 180\n[backup]", &[("[backup]", C::MissingKey)]),
            ("keep_days = 30", "keep_days = 180\n[backup]\nregion = 3", &[("region", C::WrongType)]),
            ("[access]", "[backup]\nregion = \"Osaka\"\n[access]", &[("region", C::NotARegion)]),
            ("[access]", "[backup]\nregion = \"ap-northeast\"\n[access]", &[("region", C::NotARegion)]),
            ("[access]", "[backup]\nbucket = \"Copies\"\n[access]", &[("bucket", C::NotABucket)]),
            ("[access]", "[backup]\nbucket = \"a..b\"\n[access]", &[("bucket", C::NotABucket)]),
            ("[access]", "[backup]\nbucket = \"s3://copies\"\n[access]", &[("bucket", C::NotABucket)]),
            ("[access]", "[backup]\nbucket = \"copies\"\nplace = 1\n[access]", &[("place", C::UnknownKey)]),
            ("[access]", "[acess]\n[access]", &[("[acess]", C::UnknownKey)]),
            ("name = \"代表\"", "", &[("[[line]]", C::MissingKey), ("[[notice]]", C::UnknownLine)]),
            (
                "name = \"代表\"",
                "name = \"サポート窓口\"",
                &[("[[line]]", C::LineTwice), ("[[notice]]", C::UnknownLine)],
            ),
            ("queue = \"600\"", "number = \"0312345678\"", &[("[[line]]", C::NumberTwice)]),
            ("number = \"03-1234-5678\"", "queue = \"６００\"", &[("[[line]]", C::QueueTwice)]),
            ("number = \"03-1234-5678\"", "number = \"312345678\"", &[("312345678", C::LostZero)]),
            ("number = \"03-1234-5678\"", "number = \"代表\"", &[("number", C::NotANumber)]),
            ("number = \"03-1234-5678\"", "number = 312345678", &[("312345678", C::WrongType)]),
            ("team = \"general\"", "team = \"genral\"", &[("[[line]]", C::UnknownTeam)]),
            ("team = \"support\"", "", &[("[[line]]", C::LineWithoutTeam)]),
            ("line = \"代表\"", "line = \"裏口\"", &[("[[notice]]", C::UnknownLine)]),
            ("placed = \"ivr\"", "placed = \"wall\"", &[("wall", C::UnknownWord)]),
            ("placed = \"ivr\"", "", &[("[[notice]]", C::MissingKey)]),
            ("from = \"2026-04-01\"", "from = \"April\"", &[("April", C::NotADay)]),
            ("from = \"2026-04-01\"", "from = 2026-04-01T00:00:00Z", &[("from", C::NotADay)]),
            (
                "from = \"2026-04-01\"",
                "from = \"2026-04-01\"\nuntil = \"2026-03-31\"",
                &[("[[notice]]", C::UntilBeforeFrom)],
            ),
            ("text = \"通話", "text = \" \" # \"通話", &[("text", C::NoText)]),
            ("default = \"evidence\"", "default = evidence", &[("evidence", C::Syntax)]),
            ("[purpose]", "[[purpose]]", &[("[[purpose]]", C::WrongType)]),
            ("[access]", "line = 1\n[access]", &[("line = 1", C::UnknownKey)]),
        ];
        for (piece, replacement, expected) in table {
            // The last of the pieces: the sample has the general rule, line and notice last.
            let start = POLICY.rfind(piece).unwrap();
            let policy = format!("{}{replacement}{}", &POLICY[..start], &POLICY[start + piece.len()..]);
            let lines_down = |marker: &str| {
                let near = |line: &(usize, &str)| line.1.contains(marker);
                let lines: Vec<usize> = policy.lines().enumerate().filter(near).map(|(line, _)| line + 1).collect();
                lines.into_iter().map(|line| u32::try_from(line).unwrap()).collect::<Vec<_>>()
            };
            let all = found(&policy, STAFF);
            assert_eq!(all.len(), expected.len(), "`{piece}` as `{replacement}`: {:#?}", faults(&policy, STAFF));
            for ((file, line, code), (marker, expected)) in all.iter().zip(*expected) {
                assert_eq!((file, code), (&P, expected), "`{piece}` as `{replacement}`");
                assert!(lines_down(marker).contains(line), "`{piece}` as `{replacement}`: {code:?} in line {line}");
            }
        }
    }

    /// What is replaced, by what, and on which line of the section, from 0, which fault is.
    type OfSection<'t> = (&'t str, &'t str, &'t [(u32, FaultCode)]);

    #[test]
    fn each_fault_of_a_source_is_told_with_its_line() {
        use FaultCode as C;
        let sources = r#"[[source]]
name = "osaka"
prefix = "osaka/"
pattern = '(?P<type>in|out)_(?P<ext>\d+)_(?P<call_id>\d+)'
zone = "company"
sidecar = { staff = "agent" }
[[source.kind]]
type = "in"
direction = "inbound"
called = "ext"
[[source]]
name = "kyoto"
prefix = "kyoto/"
recorder = "freepbx"
"#;
        assert_eq!(found(&format!("{POLICY}{sources}"), STAFF), []);
        let first = u32::try_from(POLICY.lines().count()).unwrap() + 1;
        let table: &[OfSection<'_>] = &[
            ("name = \"osaka\"", "", &[(0, C::MissingKey)]),
            ("name = \"osaka\"", "name = \"Osaka\"", &[(1, C::NotASourceName)]),
            ("name = \"osaka\"", "name = 1", &[(1, C::WrongType)]),
            ("name = \"osaka\"", "name = \"kyoto\"", &[(10, C::SourceTwice)]),
            ("prefix = \"osaka/\"", "prefix = \"kyoto/\"", &[(10, C::PrefixTwice)]),
            ("prefix = \"osaka/\"", "prefix = \"calllog/\"", &[(2, C::NotAPrefix)]),
            ("prefix = \"osaka/\"", "prefix = \"osaka\"", &[(2, C::NotAPrefix)]),
            ("\\d+)_(?P<call", "\\d+_(?P<call", &[(3, C::BadPattern)]),
            ("(?P<call_id>", "(?P<who>", &[(3, C::UnknownPart), (3, C::UselessPattern)]),
            ("(?P<ext>", "(?:", &[(6, C::MissingPart)]),
            ("(?P<type>", "(?:", &[(6, C::MissingPart)]),
            ("pattern = '", "pattern = 5 # '", &[(3, C::WrongType)]),
            ("pattern = '", "# '", &[(0, C::MissingKey)]),
            ("zone = \"company\"", "zone = \"Kansai\"", &[(4, C::UnknownZone)]),
            ("zone = \"company\"", "zone = \"epoch\"", &[(4, C::MissingPart)]),
            ("zone = \"company\"", "recorder = \"freepbx\"", &[(3, C::RecorderAndPattern)]),
            ("zone = \"company\"", "keys = 1", &[(4, C::UnknownKey)]),
            ("staff = \"agent\"", "agent = \"staff\"", &[(5, C::UnknownKey)]),
            ("staff = \"agent\"", "staff = 5", &[(5, C::WrongType)]),
            ("direction = \"inbound\"", "direction = \"in\"", &[(8, C::UnknownWord)]),
            ("called = \"ext\"", "called = \"ext\"\nwho = 1", &[(10, C::UnknownKey)]),
            ("called = \"ext\"", "called = \"ext\"\n[[source.kind]]\ntype = \"in\"", &[(10, C::KindTwice)]),
            ("recorder = \"freepbx\"", "recorder = \"free\"", &[(13, C::UnknownRecorder)]),
        ];
        for (piece, replacement, expected) in table {
            let policy = format!("{POLICY}{}", sources.replacen(piece, replacement, 1));
            let expected: Vec<_> = expected.iter().map(|(line, code)| (P, first + line, *code)).collect();
            assert_eq!(found(&policy, STAFF), expected, "`{piece}` as `{replacement}`: {:#?}", faults(&policy, STAFF));
        }
        let many: String = (0..101)
            .map(|number| format!("[[source]]\nname = \"n{number}\"\nprefix = \"p{number}/\"\nrecorder = \"3cx\"\n"))
            .collect();
        assert_eq!(found(&format!("{POLICY}{many}"), STAFF), [(P, first, C::TooMany)]);
    }

    #[test]
    fn each_fault_of_a_call_log_is_told_with_its_line() {
        use FaultCode as C;
        let logs = r#"[[call_log]]
source = "freepbx"
prefix = "calllog/osaka/"
format = "csv"
zone = "Asia/Tokyo"
delimiter = "\t"
answered_words = ["応答", "転送"]
[call_log.columns]
call_id = "通話ID"
started_at = 2
answered = "結果"
[[call_log]]
source = "3cx"
prefix = "calllog/kyoto/"
format = "3cx"
fields = ["historyid", "", "time-start", "from-no", "to-no"]
"#;
        assert_eq!(found(&format!("{POLICY}{logs}"), STAFF), []);
        let first = u32::try_from(POLICY.lines().count()).unwrap() + 1;
        let long = "長".repeat(101);
        let table: &[OfSection<'_>] = &[
            ("source = \"freepbx\"", "", &[(0, C::MissingKey)]),
            ("source = \"freepbx\"", "source = 1", &[(1, C::WrongType)]),
            ("source = \"freepbx\"", "source = \"osaka\"", &[(1, C::UnknownSource)]),
            ("prefix = \"calllog/osaka/\"", "", &[(0, C::MissingKey)]),
            ("prefix = \"calllog/osaka/\"", "prefix = \"osaka/\"", &[(2, C::NotAPrefix)]),
            ("prefix = \"calllog/osaka/\"", "prefix = \"calllog/\"", &[(2, C::NotAPrefix)]),
            ("prefix = \"calllog/osaka/\"", "prefix = \"calllog/kyoto/\"", &[(11, C::PrefixTwice)]),
            ("prefix = \"calllog/osaka/\"", "prefix = \"calllog/kyoto/a/\"", &[(0, C::PrefixNested)]),
            ("prefix = \"calllog/kyoto/\"", "prefix = \"calllog/osaka/a/\"", &[(11, C::PrefixNested)]),
            ("prefix = \"calllog/osaka/\"", "prefix = \"calllog/freeswitch/osaka/\"", &[(0, C::PrefixNested)]),
            // What ships for the same source, or lies under the same prefix, is replaced: then there is no other.
            ("prefix = \"calllog/osaka/\"", "prefix = \"calllog/asterisk/osaka/\"", &[]),
            ("prefix = \"calllog/osaka/\"", "prefix = \"calllog/freeswitch/\"", &[]),
            ("format = \"csv\"", "", &[(0, C::MissingKey)]),
            ("format = \"csv\"", "format = \"xml\"", &[(3, C::UnknownWord)]),
            (
                "format = \"csv\"",
                "format = \"asterisk\"",
                &[(5, C::UnknownKey), (6, C::UnknownKey), (7, C::UnknownKey)],
            ),
            ("zone = \"Asia/Tokyo\"", "zone = \"Kansai\"", &[(4, C::UnknownZone)]),
            ("zone = \"Asia/Tokyo\"", "header = true", &[(4, C::UnknownKey)]),
            ("delimiter = \"\\t\"", "delimiter = \"|\"", &[(5, C::UnknownWord)]),
            ("delimiter = \"\\t\"", "delimiter = 9", &[(5, C::WrongType)]),
            ("[\"応答\", \"転送\"]", "[\"応答\",\n\"\"]", &[(6, C::NoText)]),
            ("[\"応答\", \"転送\"]", "[\"応答\",\n1]", &[(7, C::WrongType)]),
            ("[\"応答\", \"転送\"]", "\"応答\"", &[(6, C::WrongType)]),
            ("\"応答\"", &format!("\"{long}\""), &[(6, C::TooLong)]),
            ("call_id = \"通話ID\"", "", &[(7, C::MissingKey)]),
            ("call_id = \"通話ID\"", "call_id = true", &[(8, C::WrongType)]),
            ("call_id = \"通話ID\"", "call_id = \" \"", &[(8, C::NoText)]),
            ("call_id = \"通話ID\"", &format!("call_id = \"{long}\""), &[(8, C::TooLong)]),
            ("started_at = 2", "started_at = 0", &[(9, C::OutOfRange)]),
            ("started_at = 2", "started_at = 1025", &[(9, C::OutOfRange)]),
            ("started_at = 2", "started_at = 2\nmood = 3", &[(10, C::UnknownKey)]),
            ("answered = \"結果\"", "", &[(6, C::MissingKey), (7, C::MissingKey)]),
            ("\"time-start\", ", "", &[(15, C::MissingKey)]),
            ("\"from-no\"", "\"from\"", &[(15, C::UnknownWord)]),
            ("\"from-no\"", "\"to-no\"", &[(15, C::ColumnTwice)]),
        ];
        for (piece, replacement, expected) in table {
            let policy = format!("{POLICY}{}", logs.replacen(piece, replacement, 1));
            let expected: Vec<_> = expected.iter().map(|(line, code)| (P, first + line, *code)).collect();
            assert_eq!(found(&policy, STAFF), expected, "`{piece}` as `{replacement}`: {:#?}", faults(&policy, STAFF));
        }
        let many: String = (0..101)
            .map(|n| format!("[[call_log]]\nsource = \"3cx\"\nprefix = \"calllog/p{n}/\"\nformat = \"3cx\"\n"))
            .collect();
        assert_eq!(found(&format!("{POLICY}{many}"), STAFF), [(P, first, C::TooMany)]);
    }

    #[test]
    fn a_call_log_may_name_a_source_of_the_companys_own_and_is_not_blamed_for_one_that_could_not_be_read() {
        let log = "[[call_log]]\nsource = \"osaka\"\nprefix = \"calllog/osaka/\"\nformat = \"asterisk\"\n";
        let source =
            |recorder: &str| format!("[[source]]\nname = \"osaka\"\nprefix = \"osaka/\"\nrecorder = \"{recorder}\"\n");
        let codes = |text: String| found(&format!("{POLICY}{text}"), STAFF).into_iter().map(|(_, _, code)| code);
        assert!(codes(format!("{log}{}", source("freepbx"))).eq([]));
        assert!(codes(format!("{log}{}", source("fax"))).eq([FaultCode::UnknownRecorder]));
        assert!(codes(log.to_owned()).eq([FaultCode::UnknownSource]));
    }

    /// The sample with quality for managers and the support team, and a notice that says so.
    fn with_quality() -> String {
        POLICY
            .replace("default = \"evidence\"", "default = \"evidence\"\nothers = [\"quality\"]")
            .replace("placed = \"ivr\"", "placed = \"ivr\"\npurposes = [\"quality\"]")
            + "[quality]\nkeep_days = 14\nroles = [\"manager\"]\nteams = [\"support\"]\n"
    }

    #[test]
    fn quality_needs_a_notice_that_says_so_an_audience_and_a_period() {
        use FaultCode as C;
        let policy = with_quality();
        assert_eq!(found(&policy, STAFF), []);
        for (piece, replacement, marker, expected) in [
            ("purposes = [\"quality\"]\n", "", "others", C::QualityWithoutNotice),
            ("purposes = [\"quality\"]", "purposes = [\"evidence\"]", "others", C::QualityWithoutNotice),
            ("purposes = [\"quality\"]", "purposes = [\"evidence\", \"quality\", \"fun\"]", "fun", C::UnknownWord),
            ("purposes = [\"quality\"]\ntext", "purposes = \"quality\"\ntext", "purposes", C::WrongType),
            ("keep_days = 14\n", "", "[quality]", C::QualityUndecided),
            ("keep_days = 14", "keep_days = 0", "keep_days = 0", C::OutOfRange),
            ("roles = [\"manager\"]\nteams = [\"support\"]\n", "", "[quality]", C::QualityUndecided),
            (
                "roles = [\"manager\"]\nteams = [\"support\"]",
                "roles = []\nteams = []",
                "[quality]",
                C::QualityUndecided,
            ),
            ("roles = [\"manager\"]", "roles = [\"auditor\"]", "auditor", C::UnknownWord),
            ("teams = [\"support\"]", "teams = [\"suport\"]", "[quality]", C::UnknownTeam),
            ("teams = [\"support\"]", "teams = [1]", "teams = [1]", C::WrongType),
            ("teams = [\"support\"]", "teams = \"support\"", "teams", C::WrongType),
            ("teams = [\"support\"]", "teams = [\" \"]", "teams = [\" \"]", C::NoText),
        ] {
            assert!(policy.contains(piece), "{piece}");
            let faulty = policy.replace(piece, replacement);
            let all = found(&faulty, STAFF);
            let lines: Vec<_> = all.iter().filter(|fault| fault.2 == expected).map(|fault| fault.1).collect();
            let near = |line: u32| faulty.lines().nth(line as usize - 1).unwrap().contains(marker);
            assert_eq!(lines.len(), 1, "{piece} as {replacement}: {all:?}");
            assert!(near(lines[0]), "{piece} as {replacement}: {all:?}");
        }
        let many = policy.replace("teams = [\"support\"]", &format!("teams = [{}]", "\"support\",".repeat(51)));
        assert_eq!(found(&many, STAFF), [(P, line_with(&many, "teams"), C::TooMany)]);
    }

    #[test]
    fn a_dissolved_team_ends_in_one_that_there_is_and_nobody_is_in_it_any_more() {
        use FaultCode as C;
        let dissolved = |teams: &[(&str, &str, &str)]| {
            let sections = teams.iter().map(|(name, day, successor)| {
                format!("[[team]]\nname = \"{name}\"\ndissolved = {day}\nsuccessor = \"{successor}\"\n")
            });
            format!("{POLICY}{}", sections.collect::<String>())
        };
        let codes = |teams: &[(&str, &str, &str)], rows: &str| {
            found(&dissolved(teams), &format!("{STAFF}{rows}"))
                .into_iter()
                .map(|fault| (fault.0, fault.2))
                .collect::<Vec<_>>()
        };
        let rows = "a,一,,,,east,staff,,,2026-04-01,2026-06-30\nb,二,,,,west,staff,,,2026-04-01,2026-06-30\n";
        assert_eq!(codes(&[("east", "2026-07-01", "west"), ("west", "2026-07-01", "sales")], rows), []);
        let circle = [("east", "2026-07-01", "west"), ("west", "2026-07-01", "east")];
        assert_eq!(codes(&circle, rows), [(P, C::OwnSuccessor), (P, C::OwnSuccessor)]);
        assert_eq!(codes(&[("east", "2026-07-01", "east")], rows), [(P, C::OwnSuccessor)]);
        let twice = [("east", "2026-07-01", "sales"), ("east", "2026-08-01", "support")];
        assert_eq!(codes(&twice, rows), [(P, C::TeamTwice)]);
        // The last day of the post must be before the first without the team.
        assert_eq!(codes(&[("east", "2026-06-30", "sales")], rows), [(S, C::TeamDissolved)]);
        let staff =
            format!("{STAFF}a,一,,,,east,staff,,,2026-04-01,\nb,二,,,,east,manager,east,,2026-04-01,2098-12-31\n");
        let policy = dissolved(&[("east", "2099-01-01", "sales")]);
        let faults = found(&policy, &staff);
        assert_eq!(faults, [(S, 11, C::TeamDissolved), (S, 11, C::TeamWithoutManager)], "{faults:?}");
    }

    #[test]
    fn each_fault_of_a_staff_list_is_told_with_its_row() {
        use FaultCode as C;
        let table: &[(&str, &[(u32, C)])] = &[
            ("abe,阿部 学,,203,,sales,staff,,,2026/11/4,", &[(9, C::ExtensionOverlap), (11, C::ExtensionOverlap)]),
            ("abe,阿部 学,,204,,sales,staff,,,2027-03-31,", &[(11, C::ExtensionOverlap)]),
            ("abe,阿部 学,,204,,sales,staff,,,2027-04-01,", &[]),
            ("abe,阿部 学,,２０４,,sales,staff,,,2026-12-01,", &[(11, C::ExtensionOverlap)]),
            ("sato,佐藤 花子,,201,,support,staff,,,2026-04-01,", &[]),
            ("abe,阿部 学,,,+81 90-0000-0201,sales,staff,,,2026-12-01,", &[(11, C::NumberOverlap)]),
            ("abe,阿部 学,sato,,,sales,staff,,,2026-12-01,", &[(11, C::LoginOverlap)]),
            ("abe,阿部 学,sato,,,sales,staff,,,2026-03-01,2026-03-31", &[]),
            ("sato,阿部 学,,,,sales,staff,,,2026-12-01,", &[(11, C::IdOverlap)]),
            ("abe,阿部 学,,,,sales,staff,,業務委託 録番商会,2026-12-01,", &[(11, C::EndMissing)]),
            ("abe,阿部 学,,,,sales,staff,,Outsourced,2026-12-01,", &[(11, C::EndMissing)]),
            ("abe,阿部 学,,,,sales,staff,,出向,2026-12-01,", &[]),
            ("abe,阿部 学,,,,sales,manager,sails,,2026-12-01,", &[(11, C::UnknownTeam)]),
            ("abe,阿部 学,,,,sales,staff,sales,,2026-12-01,", &[(11, C::ManagesWithoutRole)]),
            ("abe,阿部 学,,,9000000201,sales,staff,,,2026-12-01,", &[(11, C::LostZero)]),
            ("abe,阿部 学,,,090-0000-0202;9.0E+09,sales,staff,,,2026-12-01,", &[(11, C::NotANumber)]),
            ("abe,阿部 学,,,,sales,boss,,,2026-12-01,", &[(11, C::UnknownWord)]),
            ("abe,阿部 学,,,,sales,,,,2026-12-01,", &[(11, C::UnknownWord)]),
            (",阿部 学,,,,,staff,,,,", &[(11, C::EmptyCell), (11, C::EmptyCell), (11, C::EmptyCell)]),
            ("abe,阿部 学,,,,sales,staff,,,12/1/2026,2027", &[(11, C::NotADay), (11, C::NotADay)]),
            ("abe,阿部 学,,,,sales,staff,,,2026-12-01,2026-11-30", &[(11, C::UntilBeforeFrom)]),
            ("abe,阿部 学,,,,sales,staff,,,2026-12-01,,,extra", &[(11, C::RowTooLong)]),
            ("abe,阿部 学,,,,sales,staff,,,2026-12-01,,,", &[]),
            ("abe,\"阿部\n学\",,,,sales,staff,,,2026-12-01,", &[(11, C::NoText)]),
            ("abe,\u{fffd}\u{fffd},,,,sales,staff,,,2026-12-01,", &[(11, C::NotText)]),
        ];
        for (row, expected) in table {
            let expected: Vec<_> = expected.iter().map(|(line, code)| (S, *line, *code)).collect();
            let list = format!("{STAFF}{row}\n");
            assert_eq!(found(POLICY, &list), expected, "{row}: {:#?}", faults(POLICY, &list));
        }
    }

    #[test]
    fn a_team_of_staff_has_a_manager_every_day_from_today_on() {
        // Today is 20 November 2026; a team of its own, with these rows.
        let of = |rows: &[&str]| {
            let rows: String = rows.iter().map(|row| format!("{row}\n")).collect();
            found(POLICY, &format!("{STAFF}{rows}"))
        };
        let without = |line: u32| vec![(S, line, FaultCode::TeamWithoutManager)];
        let member = "abe,阿部 学,,,,shop,staff,,,2026-04-01,";
        let manager = |days: &str| format!("ito,伊藤 葵,,,,management,manager,shop,,{days}");
        assert_eq!(of(&[member]), without(11));
        assert_eq!(of(&["b,備 前,,,,shop,staff,,,2026-05-01,", member]), without(11), "one fault for a team");
        assert_eq!(of(&[member, &manager("2026-11-20,")]), []);
        assert_eq!(of(&[member, &manager("2026-11-21,")]), without(11));
        assert_eq!(of(&[member, &manager("2026-04-01,2026-12-31")]), without(11));
        assert_eq!(of(&[&format!("{member}2026-12-31"), &manager("2026-04-01,2026-12-31")]), []);
        assert_eq!(of(&[&format!("{member}2027-01-01"), &manager("2026-04-01,2026-12-31")]), without(11));
        // Whoever left before today needs none, nor does a team without staff.
        assert_eq!(of(&[&format!("{member}2026-11-19")]), []);
        assert_eq!(of(&["c,千 葉,,,,shop,auditor,,,2026-04-01,"]), []);
        // One after the other, without a day between, in any order.
        let next = "ueda,上田 樹,,,,management,責任者,sales;shop,,2027-01-01,";
        assert_eq!(of(&[next, member, &manager("2026-04-01,2026-12-31")]), []);
        assert_eq!(of(&[next, member, &manager("2026-04-01,2026-12-30")]), without(12));
        let reason = faults(POLICY, &format!("{STAFF}{member}\n{next}\n")).remove(0).reason;
        assert!(reason.contains("From 2026-11-20 on") && reason.contains("`shop`"), "{reason}");
        // An admin who is no manager manages nothing.
        assert_eq!(of(&[member, "yamada,山田 太郎,,,,management,admin,shop,,2026-04-01,"]), without(11));
        // Where a row could not be read, it may be the manager's.
        let unread = of(&[member, "ito,伊藤 葵,,,,management,boss,shop,,2026-04-01,"]);
        assert_eq!(unread, [(S, 12, FaultCode::UnknownWord)]);
    }

    #[test]
    fn every_fault_of_both_files_is_told_at_once() {
        let policy = POLICY.replace("keep_days = 30", "keep_days = 0").replace("\"none\"", "\"all\"");
        let staff = STAFF.replace(",staff,", ",clerk,");
        let codes = found(&policy, &staff);
        assert_eq!(
            codes,
            [
                (P, line_with(&policy, "keep_days = 0"), FaultCode::OutOfRange),
                (P, line_with(&policy, "\"all\""), FaultCode::UnknownWord),
                (S, 7, FaultCode::UnknownWord),
                (S, 8, FaultCode::UnknownWord),
                (S, 9, FaultCode::UnknownWord),
                (S, 10, FaultCode::UnknownWord),
            ]
        );
    }

    #[test]
    fn nothing_decided_is_a_fault_for_each_decision_and_for_nobody_who_could_decide() {
        assert_eq!(
            found("", ""),
            [
                (P, 1, FaultCode::CompanyUndecided),
                (P, 1, FaultCode::PurposeUndecided),
                (P, 1, FaultCode::PeriodUndecided),
                (P, 1, FaultCode::PermissionUndecided),
            ]
            .into_iter()
            .chain(std::iter::repeat_n((S, 1, FaultCode::MissingKey), 5))
            .collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_list_under_which_nobody_could_publish_is_refused() {
        let without = |edit: &dyn Fn(&str) -> String| {
            let list: String = STAFF
                .lines()
                .map(|row| if row.contains(",admin,") { edit(row) } else { row.to_owned() } + "\n")
                .collect();
            found(POLICY, &list)
        };
        let no_admin = vec![(S, 1, FaultCode::NoAdmin)];
        assert_eq!(without(&|row| row.replace("admin", "auditor")), no_admin);
        // Today is 20 November: one who left yesterday, leaves today, or comes tomorrow can't publish both days.
        assert_eq!(without(&|row| format!("{row}2026-11-19")), no_admin);
        assert_eq!(without(&|row| format!("{row}2026-11-20")), no_admin);
        assert_eq!(without(&|row| row.replace("2026-04-01", "2026-11-21")), no_admin);
        assert_eq!(without(&|row| format!("{row}2026-11-21")), []);
        // One after the other, without a gap.
        let handed_over =
            STAFF.replace("admin,,,2026-04-01,\nhayashi", "admin,,,2026-04-01,2026-11-20\nhayashi").replace(
                "hayashi,林 由美,,101,,management,admin,,,2026-04-01,",
                "hayashi,林 由美,,101,,management,admin,,,2026-11-21,",
            );
        assert_eq!(found(POLICY, &handed_over), []);
    }

    #[test]
    fn the_days_of_admins_are_counted_in_the_companys_zone() {
        let staff = STAFF.replace("admin,,,2026-04-01,", "admin,,,2026-04-01,2026-11-21");
        let ends: Timestamp = "2026-11-20T15:00:00Z".parse().unwrap();
        assert!(check(POLICY, &staff, ends - jiff::SignedDuration::from_secs(1)).is_ok());
        assert!(check(POLICY, &staff, ends).is_err(), "it is the 21st in Tokyo, and nobody is there tomorrow");
    }

    #[test]
    fn more_than_two_admins_on_one_day_to_come_need_the_number_said_aloud() {
        let third = |from: &str, until: &str| {
            format!(
                "{STAFF}abe,阿部 学,,302,,management,管理者,,,{from},{until}\nabe,阿部 学,,302,,sales,staff,,,2026-01-01,\n"
            )
        };
        let line = line_with(POLICY, "[access]");
        assert_eq!(found(POLICY, &third("2026-12-01", "")), [(P, line, FaultCode::TooManyAdmins)]);
        assert_eq!(found(POLICY, &third("2026-04-01", "2026-11-20")), [(P, line, FaultCode::TooManyAdmins)]);
        assert_eq!(found(POLICY, &third("2026-04-01", "2026-11-19")), []);
        let said = POLICY.replace("[access]", "[access]\nadmin_limit = 3");
        assert_eq!(found(&said, &third("2026-12-01", "")), []);
        // A second post of one admin is no second admin.
        let twice = format!("{STAFF}yamada,山田 太郎,,,,sales,admin,,,2026-04-01,\n");
        assert_eq!(found(POLICY, &twice), []);
    }

    #[test]
    fn the_limits_hold_and_what_is_within_them_passes() {
        let long = |characters: usize| POLICY.replace("山田商事", &"録".repeat(characters));
        assert_eq!(found(&long(100), STAFF), []);
        assert_eq!(found(&long(101), STAFF), [(P, 2, FaultCode::TooLong)]);
        let comment = format!("{POLICY}#{}", "x".repeat(256 * 1024));
        assert_eq!(found(&comment, STAFF), [(P, 1, FaultCode::TooLong)]);
        let members = |count: usize| {
            let rows: Vec<String> =
                (0..count).map(|number| format!("m{number},録 番,,,,sales,staff,,,2026-04-01,\n")).collect();
            format!("{STAFF}{}", rows.concat())
        };
        assert_eq!(found(POLICY, &members(20_000 - 9)), []);
        assert_eq!(found(POLICY, &members(20_000 - 8)), [(S, 20_002, FaultCode::TooMany)]);
        assert_eq!(found(POLICY, &format!("{STAFF}{}", "\n".repeat(4 * 1024 * 1024))), [(S, 1, FaultCode::TooLong)]);
        let bad_rows = format!("{STAFF}{}", "x\n".repeat(1_000));
        assert_eq!(found(POLICY, &bad_rows).len(), FAULTS_LIMIT);
    }

    #[test]
    fn a_fault_is_answered_as_json_with_words_that_never_change() {
        let fault = faults(&POLICY.replace("keep_days = 30", "keep_days = 0"), STAFF).remove(0);
        let json = serde_json::to_value(&fault).unwrap();
        assert_eq!(json["file"], "policy");
        assert_eq!(json["line"], line_with(POLICY, "keep_days = 30"));
        assert_eq!(json["code"], "out_of_range");
        assert_eq!(json["code"], fault.code.as_str());
        assert!(json["reason"].as_str().unwrap().contains("1 to 36500"));
        assert!(!json["mend"].as_str().unwrap().is_empty());
    }

    #[test]
    fn the_word_of_every_code_is_the_one_it_is_serialised_as() {
        let broken = [
            (POLICY.replace("[company]", "[firm]"), STAFF.replace("team", "group")),
            (POLICY.replace("30", "\"x\""), STAFF.replace("2026-04-01", "x")),
            (String::new(), "id,id".to_owned()),
        ];
        for (policy, staff) in broken {
            let all = faults(&policy, &staff);
            assert!(!all.is_empty());
            for fault in all {
                assert_eq!(serde_json::to_value(fault.code).unwrap(), fault.code.as_str());
                assert_eq!(serde_json::to_value(fault.file).unwrap(), fault.file.as_str());
            }
        }
    }

    /// The rows that begin while a row of somebody else runs, by comparing all with all: slow, and plainly right.
    fn overlaps_by_pairs(posts: &[(u8, u32, Option<u32>)]) -> Vec<usize> {
        let runs = |later: usize, (owner, from, _): &(u8, u32, Option<u32>)| {
            posts.iter().enumerate().any(|(earlier, (other, other_from, other_until))| {
                let began_before = (other_from, earlier) < (from, later);
                owner != other && began_before && *from <= other_until.unwrap_or(99)
            })
        };
        posts.iter().enumerate().filter(|(row, post)| runs(*row, post)).map(|(row, _)| row).collect()
    }

    proptest::proptest! {
        #[test]
        fn the_first_day_that_nobody_manages_is_the_one_found_by_looking_at_each_day(
            spans in proptest::collection::vec((1_i8..28, 0_i8..6), 0..6), from in 1_i8..28, length in 0_i8..20
        ) {
            let day = |day: i8| Date::constant(2026, 6, day.min(30));
            let spans: Vec<_> = spans.into_iter().map(|(first, length)| (day(first), day(first + length))).collect();
            let is_in = |asked: Date| spans.iter().any(|(first, last)| (*first..=*last).contains(&asked));
            let until = (from + length).min(30);
            let expected = (from..=until).map(day).find(|day| !is_in(*day));
            proptest::prop_assert_eq!(first_day_without(&joined(spans.clone()), day(from), day(until)), expected);
        }

        #[test]
        fn an_extension_shared_on_a_day_is_found_however_the_rows_lie(
            posts in proptest::collection::vec((0_u8..4, 1_u32..25, proptest::option::of(0_u32..9)), 0..7)
        ) {
            let posts: Vec<_> = posts.into_iter().map(|(owner, from, length)| (owner, from, length.map(|length| (from + length).min(30)))).collect();
            let rows: Vec<String> = posts
                .iter()
                .map(|(owner, from, until)| {
                    let until = until.map_or_else(String::new, |until| format!("2026-06-{until}"));
                    format!("member{owner},member {owner},,900,,sales,staff,,,2026-06-{from},{until}\n")
                })
                .collect();
            let all = found(POLICY, &format!("{STAFF}{}", rows.concat()));
            let expected: Vec<_> = overlaps_by_pairs(&posts)
                .into_iter()
                .map(|row| (S, u32::try_from(row + 11).unwrap(), FaultCode::ExtensionOverlap))
                .collect();
            proptest::prop_assert_eq!(all, expected);
        }

        #[test]
        fn nothing_written_makes_the_check_panic(policy in ".{0,200}", staff in ".{0,200}") {
            proptest::prop_assert!(check(&policy, &staff, now()).is_err());
        }

        #[test]
        fn a_rulebook_with_pieces_cut_out_is_checked_to_the_end(start in 0_usize..800, length in 1_usize..80) {
            let cut = |text: &str| {
                let kept: Vec<char> = text.chars().collect();
                let start = start.min(kept.len());
                let end = (start + length).min(kept.len());
                kept[..start].iter().chain(&kept[end..]).collect::<String>()
            };
            let _ = check(&cut(POLICY), STAFF, now());
            for fault in faults(POLICY, &cut(STAFF)) {
                proptest::prop_assert!(fault.line >= 1);
            }
        }
    }
}
