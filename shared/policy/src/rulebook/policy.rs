//! The policy file: TOML a manager fills in, read to the end so that every fault is told at once.

mod backup;
mod calendar;
mod call_log;
mod company;
mod limits;
mod origin_copy;
pub(super) mod reader;
mod slips;
mod source;
mod succession;

use std::ops::RangeInclusive;
use std::sync::Arc;

use jiff::tz::TimeZone;
use toml::de::DeTable;

use self::reader::{NAME_LIMIT_CHARACTERS, Reader, Section};
pub(super) use self::slips::Shadows;
use self::slips::Slips;
use super::calendar::Calendar;
use super::keeping::{
    AUDIT_DAYS, DEFAULT_AUDIT_DAYS, DEFAULT_CASE_DAYS, DEFAULT_LATE_ARRIVAL_DAYS, DEFAULT_PROOF_DAYS,
    DEFAULT_QUARANTINE_DAYS, DEFAULT_REGISTER_DAYS, DEFAULT_SETTLE_HOURS, KEEP_DAYS, PROOF_DAYS, SETTLE_HOURS,
};
use super::model::Located;
use super::model::{Deputy, DissolvedTeam, Handover, Limits, Line, Notice, Quality, RetentionRule, Role, When};
use super::text::{NotOurNumber, fold, our_number};
use crate::calllog::Log;
use crate::facts::NoticeKind;
use crate::fault::{Fault, Wrong};
use crate::origin_copy::OriginCopy;
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

/// A notice is one or two spoken sentences, in characters.
const NOTICE_LIMIT_CHARACTERS: usize = 1_000;

const ADMIN_LIMIT: RangeInclusive<u32> = 1..=1_000;
/// Admins allowed where the policy does not say a number aloud.
const DEFAULT_ADMIN_LIMIT: u32 = 2;

/// 0 to ten years; 0 is never.
const STAFF_VIEW_DAYS: RangeInclusive<u32> = 0..=3_650;

/// Days that staff view the facts of their own calls, where the policy says nothing.
pub(super) const DEFAULT_STAFF_VIEW_DAYS: u32 = 7;

/// 1,000 handovers, and as many deputies and dissolved teams.
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
    pub(super) case_days: u32,
    pub(super) proof_days: u32,
    pub(super) register_days: u32,
    pub(super) limits: Limits,
    pub(super) calendar: Calendar,
    /// Whether the policy says where copies lie.
    pub(super) names_backup: bool,
    pub(super) admin_limit: Located<u32>,
    pub(super) manager_download: bool,
    pub(super) staff_hears_own_calls: bool,
    pub(super) staff_view_days: u32,
    pub(super) age_limit_days: Option<u32>,
    pub(super) handovers: Vec<Located<Handover>>,
    pub(super) deputies: Vec<Located<Deputy>>,
    pub(super) dissolved_teams: Vec<Located<DissolvedTeam>>,
    pub(super) lines: Vec<Located<Line>>,
    pub(super) notices: Vec<Located<Notice>>,
    pub(super) sources: Vec<Located<Arc<Source>>>,
    pub(super) logs: Vec<Located<Log>>,
    pub(super) origin_copies: Vec<Located<OriginCopy>>,
}

/// Reads a policy, and what the slips in it make seem wrong. What can't be read is left at the strictest value, and
/// is a fault: a policy with faults is for looking at further, never for deciding with.
pub(super) fn read(text: &str) -> (Policy, Vec<Fault>, Shadows) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.len() > POLICY_LIMIT_BYTES {
        let mut reader = Reader::new("");
        reader.fault(1, Wrong::PolicyTooLong { limit_bytes: POLICY_LIMIT_BYTES });
        return (reader.policy(&DeTable::new(), true), reader.faults, Shadows::default());
    }
    let Slips { text: readable, faults, shadows } = Slips::of(text);
    let mut reader = Reader::new(&readable);
    let (root, _) = DeTable::parse_recoverable(&readable);
    let policy = reader.policy(root.get_ref(), false);
    let mut all = faults;
    all.extend(reader.faults.into_iter().filter(|fault| !shadows.hides(fault)));
    (policy, all, shadows)
}

impl<'t> Reader {
    fn policy(&mut self, root: &DeTable<'t>, unreadable: bool) -> Policy {
        let mut top = Section::whole((!unreadable).then_some(root));

        let mut section = self.section(&mut top, "company");
        if top.lacks("company") {
            self.fault(1, Wrong::CompanyMissing);
        }
        for key in ["name", "time_zone", "country"] {
            self.need(&section, key, |_| Wrong::CompanyKeyMissing { key });
        }
        let company = self.text(&mut section, "name", NAME_LIMIT_CHARACTERS);
        let (zone, zone_name) = self.zone(&mut section);
        let country = self.country(&mut section);
        self.finish(&section);

        let mut section = self.section(&mut top, "purpose");
        if top.lacks("purpose") || section.lacks("default") {
            self.fault(section.line, Wrong::PurposeUndecided);
        }
        let (purposes, quality_line) = self.purposes(&mut section);
        self.finish(&section);

        let mut section = self.section(&mut top, "quality");
        let quality = if section.entries.is_some() { self.quality(&mut section) } else { None };
        self.finish(&section);
        match quality_line {
            Some(line) if top.lacks("quality") => self.fault(line, Wrong::QualityUndecided),
            None if section.entries.is_some() => self.fault(section.line, Wrong::QualityUnused),
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
            self.fault(1, Wrong::PeriodUndecided);
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
        let case_days = self.count(&mut section, "case_days", KEEP_DAYS);
        let proof_days = self.count(&mut section, "proof_days", PROOF_DAYS);
        let register_days = self.count(&mut section, "register_days", AUDIT_DAYS);
        self.finish(&section);

        let mut section = self.section(&mut top, "limits");
        let limits = self.limits(&mut section);
        self.finish(&section);

        let calendar = self.calendar(&mut top);

        let mut section = self.section(&mut top, "backup");
        let names_backup = self.backup(&mut section);
        self.finish(&section);

        let mut section = self.section(&mut top, "access");
        let access_line = section.line;
        if top.lacks("access") || section.lacks("staff") || section.lacks("manager_download") {
            self.fault(section.line, Wrong::PermissionUndecided);
        }
        let admin_limit = self.count(&mut section, "admin_limit", ADMIN_LIMIT).unwrap_or(DEFAULT_ADMIN_LIMIT);
        let staff_access = self.word(&mut section, "staff", &["none", OWN_CALLS]);
        let staff_view_days =
            self.count(&mut section, "staff_view_days", STAFF_VIEW_DAYS).unwrap_or(DEFAULT_STAFF_VIEW_DAYS);
        if let Some(Located { line, value: OWN_CALLS }) = staff_access
            && staff_view_days == 0
        {
            self.fault(line, Wrong::NeverViewed);
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

        let mut deputies = Vec::new();
        for mut section in self.sections(&mut top, "deputy", SUCCESSIONS_LIMIT) {
            deputies.extend(self.deputy(&mut section));
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
        let origin_copies = self.origin_copies(&mut top, known.as_deref());
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
            case_days: case_days.unwrap_or(DEFAULT_CASE_DAYS),
            proof_days: proof_days.unwrap_or(DEFAULT_PROOF_DAYS),
            register_days: register_days.unwrap_or(DEFAULT_REGISTER_DAYS),
            limits,
            calendar,
            names_backup,
            admin_limit: Located { line: access_line, value: admin_limit },
            manager_download: manager_download.unwrap_or(false),
            staff_hears_own_calls: staff_access.is_some_and(|access| access.value == OWN_CALLS),
            staff_view_days,
            age_limit_days,
            handovers,
            deputies,
            dissolved_teams,
            lines,
            notices,
            sources,
            logs,
            origin_copies,
        }
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
                self.fault(line, Wrong::PurposeTwice { purpose: value });
            } else {
                purposes.push(value.to_owned());
            }
        }
        (purposes, quality_line)
    }

    fn quality(&mut self, section: &mut Section<'_, 't>) -> Option<Located<Quality>> {
        self.need(section, "keep_days", |_| Wrong::QualityPeriodMissing);
        let keep_days = self.count(section, "keep_days", KEEP_DAYS);
        let faults_before = self.faults.len();
        let words = LISTENING_ROLES.map(Role::as_str);
        let roles = self.words(section, "roles", &words);
        let role = |word: &str| LISTENING_ROLES.into_iter().find(|role| role.as_str() == word);
        let roles: Vec<Role> = roles.into_iter().filter_map(|found| role(found.value)).collect();
        let teams = self.names(section, "teams", AUDIENCE_LIMIT);
        // What could not be read is told already.
        if faults_before == self.faults.len() && roles.is_empty() && teams.is_empty() {
            self.fault(section.line, Wrong::QualityAudienceMissing);
        }
        Some(Located { line: section.line, value: Quality { keep_days: keep_days?, roles, teams } })
    }

    fn retention_rule(&mut self, section: &mut Section<'_, 't>) -> Option<Located<RetentionRule>> {
        for key in ["class", "keep_days"] {
            self.need(section, key, |_| Wrong::PeriodKeyMissing { key });
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
            self.fault(class_line, Wrong::ClassReserved);
            return None;
        }
        if !is_class_name(&class) {
            self.fault(class_line, Wrong::NotAClassName { class });
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
                self.fault(rule.line, Wrong::ClassTwice { class: rule.value.class.clone(), earlier: earlier.line });
            }
        }
        match rules.iter().position(|rule| rule.value.when == When::default()) {
            None if !rules.is_empty() => self.fault(rules.last().map_or(1, |rule| rule.line), Wrong::NoRuleForAll),
            Some(position) => {
                for rule in &rules[position + 1..] {
                    self.fault(rule.line, Wrong::RuleNeverReached { earlier: rules[position].line });
                }
            }
            None => {}
        }
    }

    fn line(&mut self, section: &mut Section<'_, 't>, country: &str) -> Option<Located<Line>> {
        self.need_key(section, "name");
        let number_line = self.line_of_key(section, "number");
        let name = self.text(section, "name", NAME_LIMIT_CHARACTERS);
        let number = match self.text(section, "number", NAME_LIMIT_CHARACTERS).map(|text| our_number(&text, country)) {
            None => None,
            Some(Ok(number)) => Some(number),
            Some(Err(NotOurNumber::LostZero)) => {
                self.fault(number_line, Wrong::LostZero { key: "number" });
                None
            }
            Some(Err(NotOurNumber::Unreadable)) => {
                self.fault(number_line, Wrong::NotANumber { key: "number" });
                None
            }
        };
        let queue = self.text(section, "queue", NAME_LIMIT_CHARACTERS).map(|queue| fold(&queue));
        let team = self.text(section, "team", NAME_LIMIT_CHARACTERS).map(|team| fold(&team));
        let owned_by_line = self.word(section, "owner", &["line", "member"]).is_some_and(|owner| owner.value == "line");
        if owned_by_line && section.lacks("team") {
            self.fault(section.line, Wrong::LineWithoutTeam);
        }
        Some(Located { line: section.line, value: Line { name: name?, number, queue, team, owned_by_line } })
    }

    fn notice(&mut self, section: &mut Section<'_, 't>) -> Option<Located<Notice>> {
        for key in ["direction", "placed", "text", "from"] {
            self.need_key(section, key);
        }
        let line = self.text(section, "line", NAME_LIMIT_CHARACTERS);
        let direction = self.direction(section);
        let placed = self.word(section, "placed", &NoticeKind::PLACED.map(NoticeKind::as_str));
        let text = self.text(section, "text", NOTICE_LIMIT_CHARACTERS);
        let purposes = self.words(section, "purposes", &PURPOSES);
        let (from, until) = self.days(section, "from");
        Some(Located {
            line: section.line,
            value: Notice {
                line,
                direction: direction?,
                placed: NoticeKind::from_word(placed?.value)?,
                text: text?,
                purposes: purposes.into_iter().map(|purpose| purpose.value.to_owned()).collect(),
                from: from?,
                until,
            },
        })
    }
}

#[cfg(test)]
mod tests;
