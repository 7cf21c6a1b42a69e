//! The document: a published rulebook as it is stored, and what publishing one does to the periods.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::calendar::Calendar;
use super::check::Checked;
use super::keeping::{
    DEFAULT_AUDIT_DAYS, DEFAULT_CASE_DAYS, DEFAULT_LATE_ARRIVAL_DAYS, DEFAULT_PROOF_DAYS, DEFAULT_QUARANTINE_DAYS,
    DEFAULT_REGISTER_DAYS, DEFAULT_SETTLE_HOURS,
};
use super::model::{Limits, Located, RetentionRule, Rulebook, When};
use super::policy::{self, DEFAULT_COUNTRY, DEFAULT_STAFF_VIEW_DAYS, DEFAULT_ZONE, EVIDENCE, Policy};
use super::staff;
use crate::calllog;
use crate::fault::{FaultCode, FaultIn};
use crate::retention::{NotAClassRevision, QUARANTINE_CLASS, Revisions};
use crate::source::with_built_in;
use jiff::tz::TimeZone;

/// The class of the strict default, and its days.
const DEFAULT_CLASS: &str = "standard";
const DEFAULT_KEEP_DAYS: u32 = 30;

/// 16 MiB: both files at their limits, every character escaped in JSON, and the revisions.
const DOCUMENT_LIMIT_BYTES: usize = 16 * 1024 * 1024;

/// A published rulebook as it lies in S3, as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// From 1, one more with every publication.
    pub version: u64,
    /// The policy as it was handed in, TOML.
    pub policy: String,
    /// The staff list as it was handed in, CSV.
    pub staff: String,
    /// The days of every revision there ever was.
    pub revisions: Revisions,
    /// The login of the admin who published it.
    pub published_by: String,
    /// When.
    pub published_at: Timestamp,
}

/// A stored rulebook that can't be read. It stops deletion and access, so it is told in words that can
/// stand in a log: where the fault is, never what was written there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// More bytes than a document has.
    #[error("cannot read the stored rulebook: it is longer than {DOCUMENT_LIMIT_BYTES} bytes")]
    TooLong,
    /// Not the JSON of a document.
    #[error("cannot read the stored rulebook: not a document's JSON from line {line}, column {column} on")]
    NotADocument {
        /// Line of the JSON, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// A file in it is not one this version can read.
    #[error("cannot read rulebook {version}: faults: {faults}, the first `{}` in line {line} of the {}", code.as_str(), file.as_str())]
    Faulty {
        /// The document's version.
        version: u64,
        /// How many faults.
        faults: usize,
        /// In which file the first one is.
        file: FaultIn,
        /// On which line.
        line: u32,
        /// What it is.
        code: FaultCode,
    },
    /// The revisions are not those of its classes.
    #[error("cannot read rulebook {version}: its class `{class}` has no revision with its days")]
    RevisionMissing {
        /// The document's version.
        version: u64,
        /// The class.
        class: String,
    },
    /// Version 0 is the compiled-in default and never stored.
    #[error("cannot read the stored rulebook: it has the version of the compiled-in default")]
    VersionZero,
}

/// A document ready to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// The document.
    pub document: Document,
    /// Whether anything that stands may be deleted sooner under it than before: then it waits longer.
    pub deletes_sooner: bool,
    /// Whether it reads uploads in another way: then what waits in quarantine may be understood, and its period over.
    pub reads_differently: bool,
}

impl Document {
    /// The JSON to store; the same document always gives the same bytes.
    ///
    /// # Errors
    /// Only where JSON can't carry it, which no document known does.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    /// Reads the stored JSON.
    ///
    /// # Errors
    /// The bytes are not a document's.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Unreadable> {
        if bytes.len() > DOCUMENT_LIMIT_BYTES {
            return Err(Unreadable::TooLong);
        }
        // QUIET: the parser's own error can repeat what it found, and that can be a staff list.
        serde_json::from_slice(bytes)
            .map_err(|error| Unreadable::NotADocument { line: error.line(), column: error.column() })
    }

    /// The rulebook it is.
    ///
    /// # Errors
    /// A file in it has a fault, or its revisions are not those of its classes.
    pub fn rulebook(&self) -> Result<Rulebook, Unreadable> {
        if self.version == 0 {
            return Err(Unreadable::VersionZero);
        }
        let (policy, mut faults, _) = policy::read(&self.policy);
        let (staff, staff_faults) = staff::read(&self.staff, &policy.country);
        faults.extend(staff_faults);
        if let Some(first) = faults.first() {
            return Err(Unreadable::Faulty {
                version: self.version,
                faults: faults.len(),
                file: first.file,
                line: first.line,
                code: first.code(),
            });
        }
        // NEVER EARLY: a class without its revision would leave calls to come without the period they were promised.
        for (class, keep_days, _) in classes(&policy) {
            let current = self.revisions.current(class).and_then(|revision| self.revisions.keep_days(revision));
            if current != Some(keep_days) {
                return Err(Unreadable::RevisionMissing { version: self.version, class: class.to_owned() });
            }
        }
        let values = |rules: Vec<Located<RetentionRule>>| rules.into_iter().map(|rule| rule.value).collect();
        Ok(Rulebook {
            version: self.version,
            company: policy.company,
            zone: policy.zone,
            zone_name: policy.zone_name,
            country: policy.country,
            purposes: policy.purposes,
            retention: values(policy.retention),
            revisions: self.revisions.clone(),
            settle_hours: policy.settle_hours,
            quarantine_days: policy.quarantine_days,
            late_arrival_days: policy.late_arrival_days,
            audit_days: policy.audit_days,
            case_days: policy.case_days,
            proof_days: policy.proof_days,
            register_days: policy.register_days,
            limits: policy.limits,
            calendar: policy.calendar,
            manager_download: policy.manager_download,
            sources: with_built_in(policy.sources.into_iter().map(|source| source.value).collect()),
            logs: calllog::with_built_in(policy.logs.into_iter().map(|log| log.value).collect()),
            origin_copies: policy.origin_copies.into_iter().map(|copy| copy.value).collect(),
            staff_hears_own_calls: policy.staff_hears_own_calls,
            staff_view_days: policy.staff_view_days,
            age_limit_days: policy.age_limit_days,
            quality: policy.quality.map(|quality| quality.value),
            handovers: policy.handovers.into_iter().map(|handover| handover.value).collect(),
            deputies: policy.deputies.into_iter().map(|deputy| deputy.value).collect(),
            dissolved_teams: policy.dissolved_teams.into_iter().map(|team| team.value).collect(),
            lines: policy.lines.into_iter().map(|line| line.value).collect(),
            notices: policy.notices.into_iter().map(|notice| notice.value).collect(),
            staff: staff.posts.into_iter().map(|post| post.value).collect(),
            admin_logins: Vec::new(),
        })
    }
}

/// Every class a policy names, with its days and whether a shortening bites on calls that stand.
/// Quarantine has one revision for ever: its days are edited in place.
fn classes(policy: &Policy) -> impl Iterator<Item = (&str, u32, bool)> {
    policy
        .retention
        .iter()
        .map(|rule| (rule.value.class.as_str(), rule.value.keep_days, rule.value.retroactive))
        .chain([(QUARANTINE_CLASS, policy.quarantine_days, true)])
}

/// The days of every revision under the compiled-in default: calls taken in before the first publication have these.
fn default_revisions() -> Revisions {
    let mut revisions = Revisions::default();
    for (class, keep_days) in [(DEFAULT_CLASS, DEFAULT_KEEP_DAYS), (QUARANTINE_CLASS, DEFAULT_QUARANTINE_DAYS)] {
        // Both names are class names, so this can't fail; a test reads both days back.
        let _ = revisions.publish(class, keep_days, false);
    }
    revisions
}

/// Makes the next version of the rulebook. `previous` is the one in force; `None` where none was ever
/// published, and the compiled-in default is.
///
/// # Errors
/// A class has 2^32 revisions.
pub fn publish(
    previous: Option<&Document>,
    checked: &Checked,
    by: &str,
    now: Timestamp,
) -> Result<Publication, NotAClassRevision> {
    let policy = &checked.policy;
    let before = previous.map_or_else(default_revisions, |document| document.revisions.clone());
    // What a class that is no longer named gave to calls that stand stays: nothing is taken out of the revisions.
    let mut revisions = before.clone();
    for (class, keep_days, retroactive) in classes(policy) {
        revisions.publish(class, keep_days, retroactive)?;
    }
    let shortened = before
        .iter()
        .any(|(revision, keep_days)| revisions.keep_days(revision).is_none_or(|now_kept| now_kept < keep_days));
    // Every expiry is a midnight in the zone, and another zone's may come sooner. Of a version that can't be
    // read any more nobody can say what it promised.
    let (zone_stands, settle_hours, reading) = match previous {
        None => (policy.zone_name == DEFAULT_ZONE, Some(DEFAULT_SETTLE_HOURS), Some(Reading::default())),
        Some(document) => {
            let (earlier, faults, _) = policy::read(&document.policy);
            let is_read = faults.is_empty();
            let zone_stands = earlier.zone_name == policy.zone_name;
            (zone_stands, is_read.then_some(earlier.settle_hours), is_read.then(|| Reading::of(&earlier)))
        }
    };
    let settles_sooner = settle_hours.is_none_or(|settle_hours| policy.settle_hours < settle_hours);
    Ok(Publication {
        document: Document {
            version: previous.map_or(0, |document| document.version) + 1,
            policy: checked.policy_text.clone(),
            staff: checked.staff_text.clone(),
            revisions,
            published_by: by.to_owned(),
            published_at: now,
        },
        deletes_sooner: shortened || settles_sooner || !zone_stands,
        reads_differently: reading.is_none_or(|reading| reading != Reading::of(policy)),
    })
}

/// How uploads are read: the sources, the call logs, and how late one may arrive.
#[derive(Debug, PartialEq)]
struct Reading {
    sources: Vec<String>,
    logs: Vec<calllog::Log>,
    late_arrival_days: u32,
}

impl Reading {
    fn of(policy: &Policy) -> Self {
        Self {
            sources: policy.sources.iter().map(|source| source.value.written()).collect(),
            logs: policy.logs.iter().map(|log| log.value.clone()).collect(),
            late_arrival_days: policy.late_arrival_days,
        }
    }
}

/// That of the compiled-in default.
impl Default for Reading {
    fn default() -> Self {
        Self { sources: Vec::new(), logs: Vec::new(), late_arrival_days: DEFAULT_LATE_ARRIVAL_DAYS }
    }
}

impl Rulebook {
    /// The compiled-in default, in force until a rulebook is published: 30 days, evidence, and nothing
    /// permitted but to the admin whose login the deployment names.
    pub fn strict_default(admin_login: &str) -> Self {
        Self {
            version: 0,
            company: String::new(),
            // Japan's clocks have stood 9 hours before UTC since 1951: without a time zone database the offset is the zone.
            zone: TimeZone::get(DEFAULT_ZONE).unwrap_or_else(|_| jiff::tz::offset(9).to_time_zone()),
            zone_name: DEFAULT_ZONE.to_owned(),
            country: DEFAULT_COUNTRY.to_owned(),
            purposes: vec![EVIDENCE.to_owned()],
            retention: vec![RetentionRule {
                class: DEFAULT_CLASS.to_owned(),
                keep_days: DEFAULT_KEEP_DAYS,
                retroactive: false,
                when: When::default(),
            }],
            revisions: default_revisions(),
            settle_hours: DEFAULT_SETTLE_HOURS,
            quarantine_days: DEFAULT_QUARANTINE_DAYS,
            late_arrival_days: DEFAULT_LATE_ARRIVAL_DAYS,
            audit_days: DEFAULT_AUDIT_DAYS,
            case_days: DEFAULT_CASE_DAYS,
            proof_days: DEFAULT_PROOF_DAYS,
            register_days: DEFAULT_REGISTER_DAYS,
            limits: Limits::default(),
            calendar: Calendar::default(),
            manager_download: false,
            sources: with_built_in(Vec::new()),
            logs: calllog::with_built_in(Vec::new()),
            origin_copies: Vec::new(),
            staff_hears_own_calls: false,
            staff_view_days: DEFAULT_STAFF_VIEW_DAYS,
            age_limit_days: None,
            quality: None,
            handovers: Vec::new(),
            deputies: Vec::new(),
            dissolved_teams: Vec::new(),
            lines: Vec::new(),
            notices: Vec::new(),
            staff: Vec::new(),
            admin_logins: vec![admin_login.to_owned()],
        }
    }
}

#[cfg(test)]
mod tests;
