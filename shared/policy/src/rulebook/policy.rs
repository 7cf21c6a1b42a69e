//! The policy file: TOML a manager fills in, read to the end so that every fault is told at once.

mod backup;
mod call_log;
mod limits;
mod source;

use std::ops::RangeInclusive;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::check::{Fault, FaultCode, FaultIn, Located};
use super::text::{NotOurNumber, day, fold, our_number};
use super::{DissolvedTeam, Handover, Limits, Line, Notice, Quality, RetentionRule, Role, When};
use crate::calllog::Log;
use crate::facts::Direction;
use crate::retention::{QUARANTINE_CLASS, is_class_name};
use crate::source::Source;

/// 256 KiB: a thousand lines and notices of 200 bytes each.
pub(super) const POLICY_LIMIT_BYTES: usize = 256 * 1024;

/// 100 rules: the first match wins, and nobody can follow more.
const RETENTION_LIMIT: usize = 100;

/// 1,000 lines, and as many notices: more numbers than any office has.
const LINES_LIMIT: usize = 1_000;

/// 100 sources, and as many call logs: a PBX of its own in every branch of a large company.
const SOURCES_LIMIT: usize = 100;

/// Names of companies, teams, lines and queues, in characters.
pub(super) const NAME_LIMIT_CHARACTERS: usize = 100;

/// A notice is one or two spoken sentences, in characters.
const NOTICE_LIMIT_CHARACTERS: usize = 1_000;

/// 36,500 days: a hundred years.
const KEEP_DAYS: RangeInclusive<u32> = 1..=36_500;

/// Up to a year of hours; 0 deletes as soon as a period ends.
const SETTLE_HOURS: RangeInclusive<u32> = 0..=8_760;

/// From a year on, so that a month's report can still be checked against its events when the same month comes
/// again; up to a hundred. Whoever could shorten it further could hide.
const AUDIT_DAYS: RangeInclusive<u32> = 366..=36_500;

/// An admin limit that is a limit.
const ADMIN_LIMIT: RangeInclusive<u32> = 1..=1_000;

/// Hours after taking in before anything may be deleted, where the policy says nothing.
pub(super) const DEFAULT_SETTLE_HOURS: u32 = 72;

/// Days that quarantine is kept, where the policy says nothing.
pub(super) const DEFAULT_QUARANTINE_DAYS: u32 = 90;

/// Days a call may be older than its upload, where the policy says nothing.
pub(super) const DEFAULT_LATE_ARRIVAL_DAYS: u32 = 366;

/// Days that audit events are kept, where the policy says nothing: three years, a leap day among them.
pub(super) const DEFAULT_AUDIT_DAYS: u32 = 1_096;

/// Admins allowed where the policy does not say a number aloud.
const DEFAULT_ADMIN_LIMIT: u32 = 2;

/// 0 to ten years; 0 is never.
const STAFF_VIEW_DAYS: RangeInclusive<u32> = 0..=3_650;

/// Days that staff view the facts of their own calls, where the policy says nothing.
pub(super) const DEFAULT_STAFF_VIEW_DAYS: u32 = 7;

/// 1,000 handovers, and as many dissolved teams.
const SUCCESSIONS_LIMIT: usize = 1_000;

/// Teams of an audience.
const AUDIENCE_LIMIT: usize = 50;

/// The zone of the strict default.
pub(super) const DEFAULT_ZONE: &str = "Asia/Tokyo";

/// The country of the strict default.
pub(super) const DEFAULT_COUNTRY: &str = "JP";

/// What recordings can be kept for.
pub(super) const EVIDENCE: &str = "evidence";
/// Coaching 品質: the purpose that needs more than being named.
pub const QUALITY: &str = "quality";
const HANDOVER: &str = "handover";
const PURPOSES: [&str; 3] = [EVIDENCE, QUALITY, HANDOVER];

/// The roles that hear anything at all.
const LISTENING_ROLES: [Role; 3] = [Role::Admin, Role::Manager, Role::Staff];

/// The word that lets staff hear their own calls.
const OWN_CALLS: &str = "own_calls";

const DIRECTIONS: [(&str, Direction); 4] = [
    ("inbound", Direction::Inbound),
    ("outbound", Direction::Outbound),
    ("internal", Direction::Internal),
    ("unknown", Direction::Unknown),
];

/// The policy part of a rulebook, with the lines its parts were written on.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    pub(super) company: String,
    pub(super) zone: TimeZone,
    pub(super) zone_name: String,
    pub(super) country: String,
    pub(super) purposes: Vec<String>,
    /// The line that makes quality a purpose.
    pub(super) quality_line: Option<u32>,
    pub(super) quality: Option<Located<Quality>>,
    pub(super) retention: Vec<Located<RetentionRule>>,
    pub(super) settle_hours: u32,
    pub(super) quarantine_days: u32,
    pub(super) late_arrival_days: u32,
    pub(super) audit_days: u32,
    pub(super) limits: Limits,
    /// Whether the policy says where copies lie.
    pub(super) names_backup: bool,
    pub(super) admin_limit: Located<u32>,
    pub(super) manager_download: bool,
    pub(super) staff_hears_own_calls: bool,
    pub(super) staff_view_days: u32,
    pub(super) age_limit_days: Option<u32>,
    pub(super) handovers: Vec<Located<Handover>>,
    pub(super) dissolved_teams: Vec<Located<DissolvedTeam>>,
    pub(super) lines: Vec<Located<Line>>,
    pub(super) notices: Vec<Located<Notice>>,
    pub(super) sources: Vec<Located<Arc<Source>>>,
    pub(super) logs: Vec<Located<Log>>,
}

/// Reads a policy. What can't be read is left at the strictest value, and is a fault: a policy with
/// faults is for looking at further, never for deciding with.
pub(super) fn read(text: &str) -> (Policy, Vec<Fault>) {
    let mut reader = Reader::new(text);
    let empty = DeTable::new();
    let policy = if text.len() > POLICY_LIMIT_BYTES {
        reader.fault(
            1,
            FaultCode::TooLong,
            format!("The policy is longer than {POLICY_LIMIT_BYTES} bytes."),
            "Take out what is no decision.".to_owned(),
        );
        reader.policy(&empty, true)
    } else {
        let (root, errors) = DeTable::parse_recoverable(reader.text);
        for error in &errors {
            let line = error.span().map_or(1, |span| reader.line_of(span.start));
            reader.fault(
                line,
                FaultCode::Syntax,
                format!("This is not TOML: {}.", error.message().lines().collect::<Vec<_>>().join(", ")),
                "Compare the line with the commented policy that comes with the product: texts in quotes, one `key = value` a line.".to_owned(),
            );
        }
        // After a fault of writing, what seems missing or unknown is mostly its shadow.
        reader.policy(if errors.is_empty() { root.get_ref() } else { &empty }, !errors.is_empty())
    };
    (policy, reader.faults)
}

struct Reader<'t> {
    text: &'t str,
    line_starts: Vec<usize>,
    faults: Vec<Fault>,
}

/// One table of the policy, and which of its keys were asked for.
struct Section<'s, 't> {
    /// As it is written: `[company]`.
    title: String,
    line: u32,
    /// `None` where the policy has no such table.
    entries: Option<&'s DeTable<'t>>,
    known: Vec<&'static str>,
}

impl<'s, 't> Section<'s, 't> {
    fn value(&mut self, key: &'static str) -> Option<&'s Spanned<DeValue<'t>>> {
        self.known.push(key);
        self.entries.and_then(|entries| entries.get(key))
    }

    fn lacks(&self, key: &str) -> bool {
        self.entries.is_some_and(|entries| !entries.contains_key(key))
    }
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let line_starts =
            std::iter::once(0).chain(text.match_indices('\n').map(|(position, _)| position + 1)).collect();
        Self { text, line_starts, faults: Vec::new() }
    }

    fn line_of(&self, offset: usize) -> u32 {
        u32::try_from(self.line_starts.partition_point(|start| *start <= offset)).unwrap_or(u32::MAX)
    }

    fn fault(&mut self, line: u32, code: FaultCode, reason: String, mend: String) {
        self.faults.push(Fault { file: FaultIn::Policy, line, code, reason, mend });
    }

    fn policy(&mut self, root: &DeTable<'t>, unreadable: bool) -> Policy {
        let mut top = Section {
            title: "the policy".to_owned(),
            line: 1,
            entries: (!unreadable).then_some(root),
            known: Vec::new(),
        };

        let mut section = self.section(&mut top, "company");
        if top.lacks("company") {
            self.fault(
                1,
                FaultCode::CompanyUndecided,
                "Nothing says which company this is.".to_owned(),
                "Write [company] with name, time_zone and country.".to_owned(),
            );
        }
        for key in ["name", "time_zone", "country"] {
            self.need(&section, key, FaultCode::CompanyUndecided);
        }
        let company = self.text(&mut section, "name", NAME_LIMIT_CHARACTERS);
        let (zone, zone_name) = self.zone(&mut section);
        let country = self.country(&mut section);
        self.finish(&section);

        let mut section = self.section(&mut top, "purpose");
        if top.lacks("purpose") || section.lacks("default") {
            self.fault(
                section.line,
                FaultCode::PurposeUndecided,
                "What recordings are kept for is not decided.".to_owned(),
                "Write default = \"evidence\" under [purpose].".to_owned(),
            );
        }
        let (purposes, quality_line) = self.purposes(&mut section);
        self.finish(&section);

        let mut section = self.section(&mut top, "quality");
        let quality = if section.entries.is_some() { self.quality(&mut section) } else { None };
        self.finish(&section);
        match quality_line {
            Some(line) if top.lacks("quality") => self.fault(
                line,
                FaultCode::QualityUndecided,
                "Who listens for quality, and for how long, is not decided.".to_owned(),
                "Write [quality] with keep_days and with roles or teams, or leave `quality` out.".to_owned(),
            ),
            None if section.entries.is_some() => self.fault(
                section.line,
                FaultCode::QualityUnused,
                "There is a [quality], and quality is no purpose.".to_owned(),
                "Write others = [\"quality\"] under [purpose], or take [quality] out.".to_owned(),
            ),
            _ => {}
        }

        let faults_before_rules = self.faults.len();
        let mut rules = Vec::new();
        for mut section in self.sections(&mut top, "retention", RETENTION_LIMIT) {
            if let Some(rule) = self.retention_rule(&mut section) {
                rules.push(rule);
            }
            self.finish(&section);
        }
        let every_rule_was_read = self.faults.len() == faults_before_rules;
        if top.lacks("retention") {
            self.fault(
                1,
                FaultCode::PeriodUndecided,
                "How long recordings are kept is not decided.".to_owned(),
                "Write [[retention]] with class = \"standard\" and keep_days = 30.".to_owned(),
            );
        }
        // A rule that could not be read might be the one looked for: what follows is said only where all were.
        if every_rule_was_read {
            self.retention(&rules);
        }

        let mut section = self.section(&mut top, "keeping");
        let settle_hours = self.count(&mut section, "settle_hours", SETTLE_HOURS);
        let quarantine_days = self.count(&mut section, "quarantine_days", KEEP_DAYS);
        let late_arrival_days = self.count(&mut section, "late_arrival_days", KEEP_DAYS);
        let audit_days = self.count(&mut section, "audit_days", AUDIT_DAYS);
        self.finish(&section);

        let mut section = self.section(&mut top, "limits");
        let limits = self.limits(&mut section);
        self.finish(&section);

        let mut section = self.section(&mut top, "backup");
        let names_backup = self.backup(&mut section);
        self.finish(&section);

        let mut section = self.section(&mut top, "access");
        let access_line = section.line;
        if top.lacks("access") || section.lacks("staff") || section.lacks("manager_download") {
            self.fault(
                section.line,
                FaultCode::PermissionUndecided,
                "Who may hear recordings is not decided.".to_owned(),
                "Write staff = \"none\" and manager_download = false under [access].".to_owned(),
            );
        }
        let admin_limit = self.count(&mut section, "admin_limit", ADMIN_LIMIT).unwrap_or(DEFAULT_ADMIN_LIMIT);
        let staff_access = self.word(&mut section, "staff", &["none", OWN_CALLS]);
        let staff_view_days =
            self.count(&mut section, "staff_view_days", STAFF_VIEW_DAYS).unwrap_or(DEFAULT_STAFF_VIEW_DAYS);
        if let Some(Located { line, value: OWN_CALLS }) = staff_access
            && staff_view_days == 0
        {
            self.fault(
                line,
                FaultCode::NeverViewed,
                "Staff are to hear their own calls, and staff_view_days = 0 lets them find none.".to_owned(),
                "Write into staff_view_days for how many days they may, or write staff = \"none\".".to_owned(),
            );
        }
        let age_limit_days = self.count(&mut section, "age_limit_days", KEEP_DAYS);
        let manager_download = self.flag(&mut section, "manager_download");
        self.finish(&section);

        let country_name = country.clone().unwrap_or_else(|| DEFAULT_COUNTRY.to_owned());
        let mut lines = Vec::new();
        for mut section in self.sections(&mut top, "line", LINES_LIMIT) {
            if let Some(line) = self.line(&mut section, &country_name) {
                lines.push(line);
            }
            self.finish(&section);
        }

        let mut handovers = Vec::new();
        for mut section in self.sections(&mut top, "handover", SUCCESSIONS_LIMIT) {
            handovers.extend(self.handover(&mut section));
            self.finish(&section);
        }

        let mut dissolved_teams = Vec::new();
        for mut section in self.sections(&mut top, "team", SUCCESSIONS_LIMIT) {
            dissolved_teams.extend(self.dissolved_team(&mut section));
            self.finish(&section);
        }

        let mut notices = Vec::new();
        for mut section in self.sections(&mut top, "notice", LINES_LIMIT) {
            if let Some(notice) = self.notice(&mut section) {
                notices.push(notice);
            }
            self.finish(&section);
        }

        let faults_before_sources = self.faults.len();
        let mut sources = Vec::new();
        for mut section in self.sections(&mut top, "source", SOURCES_LIMIT) {
            sources.extend(self.source(&mut section));
            self.finish(&section);
        }
        // A source that could not be read might be the one a call log names.
        let known = (self.faults.len() == faults_before_sources).then(|| call_log::source_names(&sources));
        let mut logs = Vec::new();
        for mut section in self.sections(&mut top, "call_log", SOURCES_LIMIT) {
            logs.extend(self.call_log(&mut section, known.as_deref()));
            self.finish(&section);
        }
        self.finish(&top);

        Policy {
            company: company.unwrap_or_default(),
            zone,
            zone_name,
            country: country_name,
            purposes,
            quality_line,
            quality,
            retention: rules,
            settle_hours: settle_hours.unwrap_or(DEFAULT_SETTLE_HOURS),
            quarantine_days: quarantine_days.unwrap_or(DEFAULT_QUARANTINE_DAYS),
            late_arrival_days: late_arrival_days.unwrap_or(DEFAULT_LATE_ARRIVAL_DAYS),
            audit_days: audit_days.unwrap_or(DEFAULT_AUDIT_DAYS),
            limits,
            names_backup,
            admin_limit: Located { line: access_line, value: admin_limit },
            manager_download: manager_download.unwrap_or(false),
            staff_hears_own_calls: staff_access.is_some_and(|access| access.value == OWN_CALLS),
            staff_view_days,
            age_limit_days,
            handovers,
            dissolved_teams,
            lines,
            notices,
            sources,
            logs,
        }
    }

    fn zone(&mut self, section: &mut Section<'_, 't>) -> (TimeZone, String) {
        let line = self.line_of_key(section, "time_zone");
        if let Some(name) = self.text(section, "time_zone", NAME_LIMIT_CHARACTERS) {
            if let Ok(zone) = TimeZone::get(&name) {
                let name = zone.iana_name().unwrap_or(&name).to_owned();
                return (zone, name);
            }
            self.fault(
                line,
                FaultCode::UnknownZone,
                format!("No time zone is called `{name}`."),
                "Write the zone's IANA name: in Japan time_zone = \"Asia/Tokyo\".".to_owned(),
            );
        }
        (TimeZone::UTC, "UTC".to_owned())
    }

    fn country(&mut self, section: &mut Section<'_, 't>) -> Option<String> {
        let line = self.line_of_key(section, "country");
        let country = self.text(section, "country", NAME_LIMIT_CHARACTERS)?;
        if country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Some(country);
        }
        self.fault(
            line,
            FaultCode::NotACountry,
            format!("`{country}` is not the code of a country."),
            "Write the two capital letters of ISO 3166: in Japan country = \"JP\".".to_owned(),
        );
        None
    }

    /// The purposes, and the line that makes quality one.
    fn purposes(&mut self, section: &mut Section<'_, 't>) -> (Vec<String>, Option<u32>) {
        let mut quality_line = None;
        let mut purposes: Vec<String> = Vec::new();
        let default = self.word(section, "default", &PURPOSES);
        let others = self.words(section, "others", &PURPOSES);
        for Located { line, value } in default.into_iter().chain(others) {
            if value == QUALITY {
                quality_line = quality_line.or(Some(line));
            }
            if purposes.iter().any(|purpose| purpose == value) {
                self.fault(
                    line,
                    FaultCode::PurposeTwice,
                    format!("The purpose `{value}` is there twice."),
                    "Name each purpose once: the default one in `default`, further ones in `others`.".to_owned(),
                );
            } else {
                purposes.push(value.to_owned());
            }
        }
        (purposes, quality_line)
    }

    fn quality(&mut self, section: &mut Section<'_, 't>) -> Option<Located<Quality>> {
        self.need(section, "keep_days", FaultCode::QualityUndecided);
        let keep_days = self.count(section, "keep_days", KEEP_DAYS);
        let faults_before = self.faults.len();
        let words = LISTENING_ROLES.map(Role::as_str);
        let roles = self.words(section, "roles", &words);
        let role = |word: &str| LISTENING_ROLES.into_iter().find(|role| role.as_str() == word);
        let roles: Vec<Role> = roles.into_iter().filter_map(|found| role(found.value)).collect();
        let teams = self.names(section, "teams", AUDIENCE_LIMIT);
        // What could not be read is told already.
        if faults_before == self.faults.len() && roles.is_empty() && teams.is_empty() {
            self.fault(
                section.line,
                FaultCode::QualityUndecided,
                "Who listens for quality is not decided.".to_owned(),
                "Write roles = [\"manager\"] or teams = [\"…\"] under [quality].".to_owned(),
            );
        }
        Some(Located { line: section.line, value: Quality { keep_days: keep_days?, roles, teams } })
    }

    fn handover(&mut self, section: &mut Section<'_, 't>) -> Option<Located<Handover>> {
        for key in ["from", "to", "since"] {
            self.need(section, key, FaultCode::MissingKey);
        }
        let from = self.text(section, "from", NAME_LIMIT_CHARACTERS);
        let to = self.text(section, "to", NAME_LIMIT_CHARACTERS);
        let since = self.day(section, "since");
        let until = self.day(section, "until");
        if let (Some(since), Some(until)) = (since, until)
            && until < since
        {
            self.fault(
                section.line,
                FaultCode::UntilBeforeFrom,
                "The handover ends before it begins.".to_owned(),
                "`until` is the last day, inclusive: it can't be before `since`.".to_owned(),
            );
        }
        if from.is_some() && from == to {
            self.fault(
                section.line,
                FaultCode::OwnSuccessor,
                "A member's calls are handed over to the same member.".to_owned(),
                "Write the id of another member into `to`.".to_owned(),
            );
        }
        Some(Located { line: section.line, value: Handover { from: from?, to: to?, since: since?, until } })
    }

    fn dissolved_team(&mut self, section: &mut Section<'_, 't>) -> Option<Located<DissolvedTeam>> {
        for key in ["name", "dissolved"] {
            self.need(section, key, FaultCode::MissingKey);
        }
        if section.lacks("successor") {
            self.fault(
                section.line,
                FaultCode::SuccessorMissing,
                "A team is dissolved, and nobody stands in for its managers.".to_owned(),
                "Write `successor = …`: the team whose managers hear its recordings from then on.".to_owned(),
            );
        }
        let name = self.text(section, "name", NAME_LIMIT_CHARACTERS).map(|name| fold(&name));
        let dissolved = self.day(section, "dissolved");
        let successor = self.text(section, "successor", NAME_LIMIT_CHARACTERS).map(|name| fold(&name));
        Some(Located {
            line: section.line,
            value: DissolvedTeam { name: name?, dissolved: dissolved?, successor: successor? },
        })
    }

    fn retention_rule(&mut self, section: &mut Section<'_, 't>) -> Option<Located<RetentionRule>> {
        for key in ["class", "keep_days"] {
            self.need(section, key, FaultCode::PeriodUndecided);
        }
        let class_line = self.line_of_key(section, "class");
        let class = self.text(section, "class", NAME_LIMIT_CHARACTERS);
        let keep_days = self.count(section, "keep_days", KEEP_DAYS);
        let retroactive = self.flag(section, "retroactive").unwrap_or(false);
        let mut when_section = self.section(section, "when");
        let when = When {
            team: self.text(&mut when_section, "team", NAME_LIMIT_CHARACTERS).map(|team| fold(&team)),
            direction: self.direction(&mut when_section),
            line: self.text(&mut when_section, "line", NAME_LIMIT_CHARACTERS),
        };
        self.finish(&when_section);
        let class = class?;
        if class == QUARANTINE_CLASS {
            self.fault(
                class_line,
                FaultCode::ClassReserved,
                "`quarantine` is the class of what could not be understood, and has no rule.".to_owned(),
                "Name the class otherwise; how long quarantine is kept is quarantine_days under [keeping].".to_owned(),
            );
            return None;
        }
        if !is_class_name(&class) {
            self.fault(
                class_line,
                FaultCode::NotAClassName,
                format!("`{class}` can't be the name of a class."),
                "Use 1 to 32 of a-z, 0-9, - and _.".to_owned(),
            );
            return None;
        }
        Some(Located { line: section.line, value: RetentionRule { class, keep_days: keep_days?, retroactive, when } })
    }

    /// What only all the rules together can have wrong.
    fn retention(&mut self, rules: &[Located<RetentionRule>]) {
        for (position, rule) in rules.iter().enumerate() {
            let earlier = rules[..position].iter().find(|earlier| earlier.value.class == rule.value.class);
            if let Some(earlier) = earlier
                && (earlier.value.keep_days, earlier.value.retroactive)
                    != (rule.value.keep_days, rule.value.retroactive)
            {
                self.fault(
                    rule.line,
                    FaultCode::ClassTwice,
                    format!("The class `{}` is kept otherwise here than in line {}.", rule.value.class, earlier.line),
                    "Give both the same keep_days and retroactive, or name one of them otherwise.".to_owned(),
                );
            }
        }
        match rules.iter().position(|rule| rule.value.when == When::default()) {
            None if !rules.is_empty() => self.fault(
                rules.last().map_or(1, |rule| rule.line),
                FaultCode::NoRuleForAll,
                "A call that no `when` fits would have no period.".to_owned(),
                "End the list with a [[retention]] without `when`.".to_owned(),
            ),
            Some(position) => {
                for rule in &rules[position + 1..] {
                    self.fault(
                        rule.line,
                        FaultCode::RuleNeverReached,
                        format!(
                            "The rule in line {} fits every call, so this one is never looked at.",
                            rules[position].line
                        ),
                        "Move the [[retention]] without `when` to the end.".to_owned(),
                    );
                }
            }
            None => {}
        }
    }

    fn line(&mut self, section: &mut Section<'_, 't>, country: &str) -> Option<Located<Line>> {
        self.need(section, "name", FaultCode::MissingKey);
        let number_line = self.line_of_key(section, "number");
        let name = self.text(section, "name", NAME_LIMIT_CHARACTERS);
        let number = match self.text(section, "number", NAME_LIMIT_CHARACTERS).map(|text| our_number(&text, country)) {
            None => None,
            Some(Ok(number)) => Some(number),
            Some(Err(NotOurNumber::LostZero)) => {
                self.fault(
                    number_line,
                    FaultCode::LostZero,
                    "The number seems to lack its first 0.".to_owned(),
                    "Write the number as it is dialled, in quotes.".to_owned(),
                );
                None
            }
            Some(Err(NotOurNumber::Unreadable)) => {
                self.fault(
                    number_line,
                    FaultCode::NotANumber,
                    "This is not a telephone number.".to_owned(),
                    "Write it as it is dialled, or with + and the country's code.".to_owned(),
                );
                None
            }
        };
        let queue = self.text(section, "queue", NAME_LIMIT_CHARACTERS).map(|queue| fold(&queue));
        let team = self.text(section, "team", NAME_LIMIT_CHARACTERS).map(|team| fold(&team));
        let owned_by_line = self.word(section, "owner", &["line", "member"]).is_some_and(|owner| owner.value == "line");
        if owned_by_line && section.lacks("team") {
            self.fault(
                section.line,
                FaultCode::LineWithoutTeam,
                "The line owns its calls, and has no team to own them.".to_owned(),
                "Write team, or take out owner = \"line\".".to_owned(),
            );
        }
        Some(Located { line: section.line, value: Line { name: name?, number, queue, team, owned_by_line } })
    }

    fn notice(&mut self, section: &mut Section<'_, 't>) -> Option<Located<Notice>> {
        for key in ["direction", "placed", "text", "from"] {
            self.need(section, key, FaultCode::MissingKey);
        }
        let line = self.text(section, "line", NAME_LIMIT_CHARACTERS);
        let direction = self.direction(section);
        let placed = self.word(section, "placed", &["ivr", "operator", "form", "signature", "web"]);
        let text = self.text(section, "text", NOTICE_LIMIT_CHARACTERS);
        let purposes = self.words(section, "purposes", &PURPOSES);
        let from = self.day(section, "from");
        let until = self.day(section, "until");
        if let (Some(from), Some(until)) = (from, until)
            && until < from
        {
            self.fault(
                section.line,
                FaultCode::UntilBeforeFrom,
                "The notice ends before it begins.".to_owned(),
                "`until` is the last day, inclusive: it can't be before `from`.".to_owned(),
            );
        }
        Some(Located {
            line: section.line,
            value: Notice {
                line,
                direction: direction?,
                placed: placed?.value.to_owned(),
                text: text?,
                purposes: purposes.into_iter().map(|purpose| purpose.value.to_owned()).collect(),
                from: from?,
                until,
            },
        })
    }

    fn direction(&mut self, section: &mut Section<'_, 't>) -> Option<Direction> {
        let words = DIRECTIONS.map(|(word, _)| word);
        let found = self.word(section, "direction", &words)?;
        DIRECTIONS.iter().find(|(word, _)| *word == found.value).map(|(_, direction)| *direction)
    }

    // Tables

    fn section<'s>(&mut self, parent: &mut Section<'s, 't>, key: &'static str) -> Section<'s, 't> {
        let title = format!("[{key}]");
        let absent = Section { title: title.clone(), line: parent.line, entries: None, known: Vec::new() };
        let Some(value) = parent.value(key) else {
            return absent;
        };
        let line = self.line_of(value.span().start);
        if let DeValue::Table(entries) = value.get_ref() {
            return Section { title, line, entries: Some(entries), known: Vec::new() };
        }
        self.wrong_type(line, key, &format!("a table: write [{key}] once, with single brackets"));
        absent
    }

    fn sections<'s>(&mut self, parent: &mut Section<'s, 't>, key: &'static str, limit: usize) -> Vec<Section<'s, 't>> {
        let Some(value) = parent.value(key) else {
            return Vec::new();
        };
        let line = self.line_of(value.span().start);
        let brackets = format!("a list of tables: write [[{key}]] with double brackets before each");
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong_type(line, key, &brackets);
            return Vec::new();
        };
        if items.len() > limit {
            self.fault(
                line,
                FaultCode::TooMany,
                format!("There are {} [[{key}]], and {limit} are allowed.", items.len()),
                "Join those that say the same.".to_owned(),
            );
        }
        let mut sections = Vec::new();
        for item in items.iter().take(limit) {
            let line = self.line_of(item.span().start);
            match item.get_ref() {
                DeValue::Table(entries) => {
                    sections.push(Section {
                        title: format!("[[{key}]]"),
                        line,
                        entries: Some(entries),
                        known: Vec::new(),
                    });
                }
                _ => self.wrong_type(line, key, &brackets),
            }
        }
        sections
    }

    fn need(&mut self, section: &Section<'_, 't>, key: &str, code: FaultCode) {
        if section.lacks(key) {
            self.fault(
                section.line,
                code,
                format!("`{key}` is missing in {}.", section.title),
                format!("Write `{key} = …` there."),
            );
        }
    }

    /// A key nobody asked for is a decision that would not be followed.
    fn finish(&mut self, section: &Section<'_, 't>) {
        let Some(entries) = section.entries else {
            return;
        };
        for key in entries.keys() {
            if !section.known.contains(&key.get_ref().as_ref()) {
                let line = self.line_of(key.span().start);
                let shown: String = key.get_ref().chars().take(NAME_LIMIT_CHARACTERS).collect();
                self.fault(
                    line,
                    FaultCode::UnknownKey,
                    format!("`{shown}` means nothing in {}.", section.title),
                    format!("Take it out, or write one of: {}.", section.known.join(", ")),
                );
            }
        }
    }

    // Values

    fn line_of_key(&self, section: &Section<'_, 't>, key: &str) -> u32 {
        section
            .entries
            .and_then(|entries| entries.get(key))
            .map_or(section.line, |value| self.line_of(value.span().start))
    }

    fn wrong_type(&mut self, line: u32, key: &str, expected: &str) {
        self.fault(line, FaultCode::WrongType, format!("`{key}` must be {expected}."), format!("Write `{key}` so."));
    }

    fn text(&mut self, section: &mut Section<'_, 't>, key: &'static str, limit_characters: usize) -> Option<String> {
        let value = section.value(key)?;
        let line = self.line_of(value.span().start);
        let DeValue::String(text) = value.get_ref() else {
            self.wrong_type(line, key, "a text in quotes");
            return None;
        };
        self.checked_text(line, key, text, limit_characters)
    }

    fn checked_text(&mut self, line: u32, key: &str, text: &str, limit_characters: usize) -> Option<String> {
        let text = text.trim();
        if text.is_empty() || text.chars().any(char::is_control) {
            self.fault(
                line,
                FaultCode::NoText,
                format!("`{key}` is empty, or has a control character in it."),
                "Write one line of text, or take the key out.".to_owned(),
            );
            return None;
        }
        if text.chars().count() > limit_characters {
            self.fault(
                line,
                FaultCode::TooLong,
                format!("`{key}` is longer than {limit_characters} characters."),
                "Shorten it.".to_owned(),
            );
            return None;
        }
        Some(text.to_owned())
    }

    fn one_of(
        &mut self,
        line: u32,
        key: &str,
        value: &DeValue<'t>,
        words: &[&'static str],
    ) -> Option<Located<&'static str>> {
        let found = value.as_str().and_then(|text| words.iter().find(|word| **word == text));
        if found.is_none() {
            self.fault(
                line,
                FaultCode::UnknownWord,
                format!("`{key}` is not one of the words it can be."),
                format!("Write one of: \"{}\".", words.join("\", \"")),
            );
        }
        found.map(|word| Located { line, value: *word })
    }

    fn word(
        &mut self,
        section: &mut Section<'_, 't>,
        key: &'static str,
        words: &[&'static str],
    ) -> Option<Located<&'static str>> {
        let value = section.value(key)?;
        let line = self.line_of(value.span().start);
        self.one_of(line, key, value.get_ref(), words)
    }

    fn words(
        &mut self,
        section: &mut Section<'_, 't>,
        key: &'static str,
        words: &[&'static str],
    ) -> Vec<Located<&'static str>> {
        let Some(value) = section.value(key) else {
            return Vec::new();
        };
        let line = self.line_of(value.span().start);
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong_type(line, key, "a list of texts: [\"…\", \"…\"]");
            return Vec::new();
        };
        if items.len() > words.len() {
            self.fault(
                line,
                FaultCode::TooMany,
                format!("`{key}` has {} entries, and there are {} words for it.", items.len(), words.len()),
                "Name each once.".to_owned(),
            );
        }
        let mut found = Vec::new();
        for item in items.iter().take(words.len()) {
            let line = self.line_of(item.span().start);
            found.extend(self.one_of(line, key, item.get_ref(), words));
        }
        found
    }

    /// A list of texts; an empty one is one.
    fn texts(
        &mut self,
        section: &mut Section<'_, 't>,
        key: &'static str,
        limit: usize,
        limit_characters: usize,
    ) -> Option<Vec<String>> {
        let value = section.value(key)?;
        let line = self.line_of(value.span().start);
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong_type(line, key, "a list of texts: [\"…\", \"…\"]");
            return None;
        };
        if items.len() > limit {
            self.fault(
                line,
                FaultCode::TooMany,
                format!("`{key}` has {} entries, and {limit} are allowed.", items.len()),
                "Take some out.".to_owned(),
            );
            return None;
        }
        let mut texts = Vec::new();
        for item in items {
            let line = self.line_of(item.span().start);
            match item.get_ref() {
                DeValue::String(text) if text.trim().is_empty() => texts.push(String::new()),
                DeValue::String(text) => texts.extend(self.checked_text(line, key, text, limit_characters)),
                _ => self.wrong_type(line, key, "a list of texts: [\"…\", \"…\"]"),
            }
        }
        (texts.len() == items.len()).then_some(texts)
    }

    /// A list of names, compared as teams are.
    fn names(&mut self, section: &mut Section<'_, 't>, key: &'static str, limit: usize) -> Vec<String> {
        let Some(value) = section.value(key) else {
            return Vec::new();
        };
        let line = self.line_of(value.span().start);
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong_type(line, key, "a list of texts: [\"…\", \"…\"]");
            return Vec::new();
        };
        if items.len() > limit {
            self.fault(
                line,
                FaultCode::TooMany,
                format!("`{key}` has {} entries, and {limit} are allowed.", items.len()),
                "Take some out.".to_owned(),
            );
        }
        let mut names = Vec::new();
        for item in items.iter().take(limit) {
            let line = self.line_of(item.span().start);
            match item.get_ref() {
                DeValue::String(text) => {
                    names.extend(self.checked_text(line, key, text, NAME_LIMIT_CHARACTERS).map(|name| fold(&name)));
                }
                _ => self.wrong_type(line, key, "a list of texts: [\"…\", \"…\"]"),
            }
        }
        names
    }

    fn flag(&mut self, section: &mut Section<'_, 't>, key: &'static str) -> Option<bool> {
        let value = section.value(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            let line = self.line_of(value.span().start);
            self.wrong_type(line, key, "true or false, without quotes");
        }
        flag
    }

    fn count(&mut self, section: &mut Section<'_, 't>, key: &'static str, range: RangeInclusive<u32>) -> Option<u32> {
        let value = section.value(key)?;
        let line = self.line_of(value.span().start);
        let DeValue::Integer(written) = value.get_ref() else {
            self.wrong_type(line, key, "a whole number, without quotes");
            return None;
        };
        let count = u32::from_str_radix(written.as_str(), written.radix()).ok().filter(|count| range.contains(count));
        if count.is_none() {
            self.fault(
                line,
                FaultCode::OutOfRange,
                format!("`{key}` must be from {} to {}.", range.start(), range.end()),
                "Write a number between them.".to_owned(),
            );
        }
        count
    }

    fn day(&mut self, section: &mut Section<'_, 't>, key: &'static str) -> Option<Date> {
        let value = section.value(key)?;
        let found = match value.get_ref() {
            DeValue::String(text) => day(text),
            DeValue::Datetime(written) if written.time.is_none() && written.offset.is_none() => {
                day(&written.to_string())
            }
            _ => None,
        };
        if found.is_none() {
            let line = self.line_of(value.span().start);
            self.fault(
                line,
                FaultCode::NotADay,
                format!("`{key}` is not a day."),
                "Write year, month and day: \"2026-04-01\".".to_owned(),
            );
        }
        found
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::rulebook::sample::POLICY;

    fn policy(text: &str) -> Policy {
        let (policy, faults) = read(text);
        assert_eq!(faults, []);
        policy
    }

    #[test]
    fn every_decision_is_read() {
        let all = policy(
            r#"
            [company]
            name = "山田商事"
            time_zone = "asia/tokyo"
            country = "JP"
            [purpose]
            default = "handover"
            others = ["evidence", "quality"]
            [quality]
            keep_days = 14
            roles = ["manager", "staff"]
            teams = ["営業１課"]
            [[retention]]
            class = "contracts"
            when = { team = "営業１課", direction = "outbound", line = "代表" }
            keep_days = 90
            retroactive = true
            [[retention]]
            class = "standard"
            keep_days = 36_500
            [keeping]
            settle_hours = 0
            quarantine_days = 30
            late_arrival_days = 0x10
            audit_days = 366
            [limits]
            plays_per_hour = 1
            exports_per_hour = 10_000
            [backup]
            region = "ap-northeast-3"
            [access]
            admin_limit = 3
            staff = "own_calls"
            staff_view_days = 30
            age_limit_days = 60
            manager_download = true
            [[handover]]
            from = "sato"
            to = "suzuki"
            since = 2026-12-01
            until = "2027/3/31"
            [[team]]
            name = "営業２課"
            dissolved = "2026/10/1"
            successor = "営業１課"
            [[line]]
            name = "代表"
            number = "０３（１２３４）５６７８"
            queue = "６００"
            team = "営業１課"
            owner = "line"
            [[notice]]
            line = "代表"
            direction = "inbound"
            placed = "operator"
            text = "録音します。"
            purposes = ["evidence", "quality"]
            from = 2026-04-01
            until = "2026/4/30"
            "#,
        );
        assert_eq!(
            (all.company.as_str(), all.zone_name.as_str(), all.country.as_str()),
            ("山田商事", "Asia/Tokyo", "JP")
        );
        assert_eq!(all.purposes, ["handover", "evidence", "quality"]);
        assert_eq!(
            all.quality.as_ref().map(|quality| &quality.value),
            Some(&Quality {
                keep_days: 14,
                roles: vec![Role::Manager, Role::Staff],
                teams: vec!["営業1課".to_owned()],
            })
        );
        assert_eq!(
            all.retention[0].value,
            RetentionRule {
                class: "contracts".to_owned(),
                keep_days: 90,
                retroactive: true,
                when: When {
                    team: Some("営業1課".to_owned()),
                    direction: Some(Direction::Outbound),
                    line: Some("代表".to_owned()),
                },
            }
        );
        assert_eq!(all.retention[1].value.keep_days, 36_500);
        assert_eq!((all.settle_hours, all.quarantine_days, all.late_arrival_days), (0, 30, 16));
        assert_eq!(all.audit_days, 366);
        assert_eq!(all.limits, Limits { plays_per_hour: 1, downloads_per_hour: 20, exports_per_hour: 10_000 });
        assert_eq!((all.admin_limit.value, all.manager_download), (3, true));
        assert_eq!((all.staff_hears_own_calls, all.staff_view_days, all.age_limit_days), (true, 30, Some(60)));
        assert_eq!(
            all.handovers[0].value,
            Handover {
                from: "sato".to_owned(),
                to: "suzuki".to_owned(),
                since: jiff::civil::date(2026, 12, 1),
                until: Some(jiff::civil::date(2027, 3, 31)),
            }
        );
        assert_eq!(
            all.dissolved_teams[0].value,
            DissolvedTeam {
                name: "営業2課".to_owned(),
                dissolved: jiff::civil::date(2026, 10, 1),
                successor: "営業1課".to_owned(),
            }
        );
        assert_eq!(
            all.lines[0].value,
            Line {
                name: "代表".to_owned(),
                number: Some("+81312345678".to_owned().try_into().unwrap()),
                queue: Some("600".to_owned()),
                team: Some("営業1課".to_owned()),
                owned_by_line: true,
            }
        );
        assert_eq!(
            all.notices[0].value,
            Notice {
                line: Some("代表".to_owned()),
                direction: Direction::Inbound,
                placed: "operator".to_owned(),
                text: "録音します。".to_owned(),
                purposes: vec!["evidence".to_owned(), "quality".to_owned()],
                from: jiff::civil::date(2026, 4, 1),
                until: Some(jiff::civil::date(2026, 4, 30)),
            }
        );
    }

    #[test]
    fn what_is_not_said_is_the_strict_default() {
        let all = policy(POLICY);
        assert_eq!((all.settle_hours, all.quarantine_days, all.late_arrival_days), (72, 90, 366));
        assert_eq!(all.audit_days, 1_096);
        assert_eq!(all.limits, Limits { plays_per_hour: 60, downloads_per_hour: 20, exports_per_hour: 20 });
        assert_eq!(all.admin_limit.value, 2);
        assert_eq!(all.purposes, ["evidence"]);
        assert_eq!((all.staff_hears_own_calls, all.staff_view_days, all.age_limit_days), (false, 7, None));
        assert!(all.quality.is_none() && all.handovers.is_empty() && all.dissolved_teams.is_empty());
        assert!(!all.retention[0].value.retroactive);
        assert!(!all.lines[0].value.owned_by_line);
        assert_eq!(all.notices[0].value.until, None);
    }

    #[test]
    fn a_policy_reads_the_same_with_a_byte_order_mark_and_crlf() {
        let faulty = POLICY.replace("keep_days = 30", "keep_days = 0");
        let (_, plain) = read(&faulty);
        let as_windows = format!("\u{feff}{}", faulty.replace('\n', "\r\n"));
        let (_, windows) = read(&as_windows);
        assert_eq!(plain.len(), 1);
        assert_eq!(plain, windows);
        assert_eq!(policy(&format!("\u{feff}{}", POLICY.replace('\n', "\r\n"))).company, "山田商事");
    }

    #[test]
    fn a_policy_with_faults_is_never_looser_than_the_strict_default() {
        let (unreadable, faults) = read("[company");
        assert!(!faults.is_empty());
        assert!(!unreadable.manager_download && !unreadable.staff_hears_own_calls);
        assert!(unreadable.purposes.is_empty() && unreadable.retention.is_empty());
    }

    #[test]
    fn what_a_fault_of_writing_makes_seem_missing_is_not_told() {
        let (_, faults) = read(&POLICY.replace("[purpose]", "[purpose"));
        assert_eq!(faults[0].line, 6);
        assert!(faults.iter().all(|fault| fault.code == FaultCode::Syntax), "{faults:#?}");
    }

    #[test]
    fn deep_nesting_ends_in_a_fault() {
        let (_, faults) = read(&format!("a = {}", "[".repeat(100_000)));
        assert!(faults.iter().any(|fault| fault.code == FaultCode::Syntax));
    }
}
