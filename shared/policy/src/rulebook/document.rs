//! The document: a published rulebook as it is stored, and what publishing one does to the periods.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::check::Checked;
use super::fault::{FaultCode, FaultIn};
use super::policy::{
    self, DEFAULT_AUDIT_DAYS, DEFAULT_COUNTRY, DEFAULT_LATE_ARRIVAL_DAYS, DEFAULT_QUARANTINE_DAYS, DEFAULT_SETTLE_HOURS,
};
use super::policy::{DEFAULT_STAFF_VIEW_DAYS, DEFAULT_ZONE, EVIDENCE, Policy};
use super::{Limits, Located, RetentionRule, Rulebook, When, staff};
use crate::calllog;
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
            limits: policy.limits,
            manager_download: policy.manager_download,
            sources: with_built_in(policy.sources.into_iter().map(|source| source.value).collect()),
            logs: calllog::with_built_in(policy.logs.into_iter().map(|log| log.value).collect()),
            staff_hears_own_calls: policy.staff_hears_own_calls,
            staff_view_days: policy.staff_view_days,
            age_limit_days: policy.age_limit_days,
            quality: policy.quality.map(|quality| quality.value),
            handovers: policy.handovers.into_iter().map(|handover| handover.value).collect(),
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
    let (zone_stands, settle_hours) = match previous {
        None => (policy.zone_name == DEFAULT_ZONE, Some(DEFAULT_SETTLE_HOURS)),
        Some(document) => {
            let (earlier, faults, _) = policy::read(&document.policy);
            let settle_hours = faults.is_empty().then_some(earlier.settle_hours);
            (earlier.zone_name == policy.zone_name, settle_hours)
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
    })
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
            limits: Limits::default(),
            manager_download: false,
            sources: with_built_in(Vec::new()),
            logs: calllog::with_built_in(Vec::new()),
            staff_hears_own_calls: false,
            staff_view_days: DEFAULT_STAFF_VIEW_DAYS,
            age_limit_days: None,
            quality: None,
            handovers: Vec::new(),
            dissolved_teams: Vec::new(),
            lines: Vec::new(),
            notices: Vec::new(),
            staff: Vec::new(),
            admin_logins: vec![admin_login.to_owned()],
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::fragment::ObjectKey;
    use crate::retention::{ClassRevision, Expiry, Periods};
    use crate::rulebook::Role;
    use crate::rulebook::check::check;
    use crate::rulebook::sample::{POLICY, STAFF, document, now, rulebook};
    use proptest::prelude::*;

    fn published(previous: Option<&Document>, policy: &str) -> Publication {
        publish(previous, &check(policy, STAFF, now()).unwrap(), "yamada", now()).unwrap()
    }

    fn revision(text: &str) -> ClassRevision {
        text.parse().unwrap()
    }

    fn days(document: &Document) -> Vec<(String, u32)> {
        document.revisions.iter().map(|(revision, days)| (revision.to_string(), days)).collect()
    }

    fn expected(pairs: &[(&str, u32)]) -> Vec<(String, u32)> {
        pairs.iter().map(|(revision, days)| ((*revision).to_owned(), *days)).collect()
    }

    #[test]
    fn the_strict_default_is_30_days_of_evidence_and_permits_nobody_but_its_admin() {
        let rulebook = Rulebook::strict_default("root");
        assert_eq!((rulebook.version, rulebook.zone_name.as_str(), rulebook.country.as_str()), (0, "Asia/Tokyo", "JP"));
        assert_eq!(rulebook.purposes, ["evidence"]);
        assert_eq!(rulebook.retention.len(), 1);
        assert_eq!(rulebook.retention[0].when, When::default());
        assert_eq!(rulebook.revisions.keep_days(&revision("standard.1")), Some(30));
        assert_eq!(rulebook.revisions.keep_days(&ClassRevision::quarantine()), Some(90));
        assert_eq!(rulebook.revisions.iter().count(), 2);
        assert_eq!((rulebook.settle_hours, rulebook.quarantine_days, rulebook.late_arrival_days), (72, 90, 366));
        assert!(!rulebook.manager_download && rulebook.staff.is_empty());
        let today = rulebook.day_of(now());
        assert_eq!(rulebook.member("root", today).unwrap().role, Role::Admin);
        assert_eq!(rulebook.member("someone", today), None);
    }

    #[test]
    fn a_document_comes_back_from_its_bytes_and_gives_the_rulebook_that_was_checked() {
        let document = document();
        let bytes = document.to_bytes().unwrap();
        assert_eq!(bytes, document.to_bytes().unwrap());
        let back = Document::from_bytes(&bytes).unwrap();
        assert_eq!(back, document);
        let rulebook = back.rulebook().unwrap();
        assert_eq!((rulebook.version, rulebook.company.as_str()), (1, "山田商事"));
        assert_eq!((rulebook.retention.len(), rulebook.lines.len(), rulebook.notices.len()), (2, 2, 1));
        assert_eq!(rulebook.staff.len(), 9);
        assert!(rulebook.admin_logins.is_empty(), "a published rulebook knows its admins by the list alone");
        assert!(rulebook.lines[1].owned_by_line);
    }

    #[test]
    fn a_stored_rulebook_that_can_not_be_read_says_where_and_repeats_nothing() {
        let good = document();
        let changed = |change: &dyn Fn(&mut Document)| {
            let mut document = good.clone();
            change(&mut document);
            document.rulebook().unwrap_err()
        };
        assert_eq!(
            changed(&|document| document.staff = document.staff.replace("2026-04-01", "090-0000-0201")),
            Unreadable::Faulty { version: 1, faults: 8, file: FaultIn::Staff, line: 2, code: FaultCode::NotADay }
        );
        let policy = changed(&|document| {
            document.policy.push_str("[[line]]\nnumber = \"090-0000-0201\"\n");
        });
        assert!(matches!(policy, Unreadable::Faulty { file: FaultIn::Policy, code: FaultCode::MissingKey, .. }));
        assert_eq!(
            policy.to_string(),
            "cannot read rulebook 1: faults: 1, the first `missing_key` in line 39 of the policy"
        );
        assert_eq!(changed(&|document| document.version = 0), Unreadable::VersionZero);
        assert_eq!(
            changed(&|document| document.revisions = default_revisions()),
            Unreadable::RevisionMissing { version: 1, class: "contracts".to_owned() }
        );
        assert_eq!(
            changed(&|document| {
                document.revisions.publish("quarantine", 7, true).unwrap();
            }),
            Unreadable::RevisionMissing { version: 1, class: "quarantine".to_owned() }
        );
    }

    #[test]
    fn bytes_that_are_no_document_are_refused_without_being_repeated() {
        for bytes in [
            &b""[..],
            b"{}",
            b"[]",
            b"[\"090-0000-0201\"]",
            b"{\"version\":\"090-0000-0201\"}",
            b"{\"090-0000-0201\":1}",
            b"\xff",
        ] {
            let error = Document::from_bytes(bytes).unwrap_err();
            assert!(matches!(error, Unreadable::NotADocument { .. }), "{error:?}");
            assert!(!format!("{error} {error:?}").contains("0201"), "{error:?}");
        }
        let mut json = serde_json::to_value(document()).unwrap();
        json["further"] = serde_json::json!(1);
        assert!(Document::from_bytes(json.to_string().as_bytes()).is_err());
        assert_eq!(Document::from_bytes(&vec![b' '; DOCUMENT_LIMIT_BYTES + 1]), Err(Unreadable::TooLong));
    }

    #[test]
    fn the_largest_files_that_are_taken_make_a_document_that_is_read() {
        let policy = "\u{1}".repeat(policy::POLICY_LIMIT_BYTES);
        let staff = "\"".repeat(staff::STAFF_LIMIT_BYTES);
        let document = Document { policy, staff, ..document() };
        assert_eq!(Document::from_bytes(&document.to_bytes().unwrap()).unwrap(), document);
    }

    #[test]
    fn the_first_publication_keeps_the_periods_of_calls_taken_in_before_it() {
        let first = published(None, POLICY);
        assert_eq!(days(&first.document), expected(&[("contracts.1", 90), ("quarantine.1", 90), ("standard.1", 30)]));
        assert!(!first.deletes_sooner);
        let shorter = published(None, &POLICY.replace("keep_days = 30", "keep_days = 10"));
        assert_eq!(
            days(&shorter.document),
            expected(&[("contracts.1", 90), ("quarantine.1", 90), ("standard.1", 30), ("standard.2", 10)])
        );
        assert!(!shorter.deletes_sooner);
        let renamed = published(None, &POLICY.replace("\"standard\"", "\"usual\""));
        assert_eq!(renamed.document.revisions.keep_days(&revision("standard.1")), Some(30));
        assert_eq!((first.document.version, first.document.published_by.as_str()), (1, "yamada"));
    }

    #[test]
    fn only_what_makes_something_that_stands_end_sooner_deletes_sooner() {
        let before = published(
            None,
            &POLICY.replace("[access]", "[keeping]\nsettle_hours = 72\nquarantine_days = 90\n[access]"),
        );
        let keeping = "settle_hours = 72\nquarantine_days = 90";
        for (what, piece, replacement, sooner) in [
            ("nothing", "", "", false),
            ("longer", "keep_days = 30", "keep_days = 60", false),
            ("shorter, for calls to come", "keep_days = 30", "keep_days = 29", false),
            ("shorter, for all", "keep_days = 30", "keep_days = 29\nretroactive = true", true),
            ("longer, for all", "keep_days = 30", "keep_days = 31\nretroactive = true", false),
            ("a class renamed", "\"standard\"", "\"usual\"", false),
            (
                "a rule taken out",
                "[[retention]]\nclass = \"contracts\"\nwhen = { team = \"sales\", direction = \"outbound\" }\nkeep_days = 90\n",
                "",
                false,
            ),
            ("settles sooner", keeping, "settle_hours = 71\nquarantine_days = 90", true),
            ("settles later", keeping, "settle_hours = 73\nquarantine_days = 90", false),
            ("quarantine shorter", keeping, "settle_hours = 72\nquarantine_days = 89", true),
            ("quarantine longer", keeping, "settle_hours = 72\nquarantine_days = 91", false),
            ("quarantine back at its default", keeping, "", false),
            ("another zone", "Asia/Tokyo", "Pacific/Auckland", true),
            ("the zone by another name", "Asia/Tokyo", "asia/tokyo", false),
            ("another team", "team = \"general\"", "team = \"support\"", false),
        ] {
            let after = published(Some(&before.document), &before.document.policy.replacen(piece, replacement, 1));
            assert_eq!(after.deletes_sooner, sooner, "{what}");
            assert_eq!(after.document.version, 2, "{what}");
            after.document.rulebook().unwrap();
        }
        assert!(published(None, &POLICY.replace("Asia/Tokyo", "Asia/Seoul")).deletes_sooner);
        assert!(published(None, &before.document.policy.replace("= 72", "= 1")).deletes_sooner);
    }

    #[test]
    fn what_an_unreadable_version_promised_nobody_knows_so_the_next_one_waits_longer() {
        let mut unreadable = document();
        unreadable.policy = "written by another version".to_owned();
        let next = published(Some(&unreadable), POLICY);
        assert!(next.deletes_sooner);
        assert_eq!(next.document.revisions, unreadable.revisions);
    }

    #[test]
    fn what_is_kept_longer_again_and_shorter_again_never_reaches_back() {
        let with_days = |days: u32| POLICY.replace("keep_days = 30", &format!("keep_days = {days}"));
        let mut document = published(None, &with_days(30)).document;
        for (next, expected_days) in [
            (60, vec![("standard.1", 60)]),
            (10, vec![("standard.1", 60), ("standard.2", 10)]),
            (90, vec![("standard.1", 60), ("standard.2", 90)]),
            (20, vec![("standard.1", 60), ("standard.2", 90), ("standard.3", 20)]),
        ] {
            document = published(Some(&document), &with_days(next)).document;
            let standard: Vec<_> =
                days(&document).into_iter().filter(|(name, _)| name.starts_with("standard")).collect();
            assert_eq!(standard, expected(&expected_days));
        }
        let retroactive = with_days(40).replace("keep_days = 40", "keep_days = 40\nretroactive = true");
        let all = published(Some(&document), &retroactive);
        assert!(all.deletes_sooner);
        let standard: Vec<_> =
            days(&all.document).into_iter().filter(|(name, _)| name.starts_with("standard")).collect();
        assert_eq!(standard, expected(&[("standard.1", 40), ("standard.2", 40), ("standard.3", 40)]));
    }

    #[derive(Clone, Debug)]
    struct Rules {
        standard: (u32, bool),
        contracts: Option<(u32, bool)>,
        settle_hours: u32,
        quarantine_days: u32,
        far_zone: bool,
    }

    fn rules() -> impl Strategy<Value = Rules> {
        let class = || (1_u32..6, proptest::bool::weighted(0.2));
        (class(), proptest::option::of(class()), 70_u32..73, 1_u32..4, proptest::bool::weighted(0.1)).prop_map(
            |(standard, contracts, settle_hours, quarantine_days, far_zone)| Rules {
                standard,
                contracts,
                settle_hours,
                quarantine_days,
                far_zone,
            },
        )
    }

    fn text(rules: &Rules) -> String {
        let class = |name: &str, when: &str, (days, retroactive): (u32, bool)| {
            format!("[[retention]]\nclass = \"{name}\"\n{when}keep_days = {days}\nretroactive = {retroactive}\n")
        };
        let contracts =
            rules.contracts.map_or_else(String::new, |days| class("contracts", "when = { team = \"sales\" }\n", days));
        format!(
            "[company]\nname = \"山田商事\"\ntime_zone = \"{}\"\ncountry = \"JP\"\n[purpose]\ndefault = \"evidence\"\n{contracts}{}\
             [keeping]\nsettle_hours = {}\nquarantine_days = {}\n[access]\nstaff = \"none\"\nmanager_download = false\n",
            if rules.far_zone { "Pacific/Auckland" } else { "Asia/Tokyo" },
            class("standard", "", rules.standard),
            rules.settle_hours,
            rules.quarantine_days,
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn unless_it_says_so_a_publication_makes_no_call_that_stands_due_sooner(
            history in proptest::collection::vec(rules(), 1..8)
        ) {
            let mut before = Rulebook::strict_default("root");
            let mut document: Option<Document> = None;
            for rules in history {
                let next = published(document.as_ref(), &text(&rules));
                let after = next.document.rulebook().unwrap();
                prop_assert!(after.settle_hours >= before.settle_hours || next.deletes_sooner);
                for (revision, _) in before.revisions.iter() {
                    let mut periods = Periods::default();
                    periods.add(revision.clone(), jiff::civil::date(2026, 11, 3));
                    let (Expiry::At(earlier), Expiry::At(later)) = (periods.expiry(&before.revisions, &before.zone), periods.expiry(&after.revisions, &after.zone)) else {
                        panic!("{revision} lost its rule");
                    };
                    prop_assert!(later >= earlier || next.deletes_sooner, "{} from {} to {}", revision, earlier, later);
                }
                for rule in &after.retention {
                    let current = after.revisions.current(&rule.class).unwrap();
                    prop_assert_eq!(after.revisions.keep_days(current), Some(rule.keep_days));
                }
                prop_assert_eq!(after.revisions.keep_days(&ClassRevision::quarantine()), Some(rules.quarantine_days));
                before = after;
                document = Some(next.document);
            }
        }
    }

    #[test]
    fn the_commented_rulebook_that_comes_with_the_product_is_the_strict_default() {
        let policy = include_str!("../../../../infra/rulebook/policy.toml");
        let staff = staff::decode(include_bytes!("../../../../infra/rulebook/staff.csv")).unwrap();
        let checked = check(policy, &staff, now()).unwrap_or_else(|faults| panic!("{faults:#?}"));
        let publication = publish(None, &checked, "root", now()).unwrap();
        assert!(!publication.deletes_sooner);
        let (shipped, default) = (publication.document.rulebook().unwrap(), Rulebook::strict_default("root"));
        assert_eq!(shipped.zone_name, default.zone_name);
        assert_eq!(shipped.country, default.country);
        assert_eq!(shipped.purposes, default.purposes);
        assert_eq!(shipped.retention, default.retention);
        assert_eq!(shipped.revisions, default.revisions);
        assert_eq!(
            (shipped.settle_hours, shipped.quarantine_days, shipped.late_arrival_days, shipped.manager_download),
            (default.settle_hours, default.quarantine_days, default.late_arrival_days, default.manager_download)
        );
        assert_eq!(
            (shipped.staff_hears_own_calls, shipped.staff_view_days, shipped.age_limit_days, shipped.quality),
            (default.staff_hears_own_calls, default.staff_view_days, default.age_limit_days, default.quality)
        );
        assert_eq!((shipped.audit_days, shipped.limits), (default.audit_days, default.limits));
        assert_eq!((shipped.handovers, shipped.dissolved_teams), (default.handovers, default.dissolved_teams));
    }

    #[test]
    fn the_examples_in_the_comments_of_the_shipped_policy_pass_the_check_once_they_are_uncommented() {
        let policy = include_str!("../../../../infra/rulebook/policy.toml");
        let staff = staff::decode(include_bytes!("../../../../infra/rulebook/staff.csv")).unwrap();
        let examples = policy.lines().filter(|line| line.starts_with("#: ")).count();
        assert!(examples > 10, "{examples} lines of examples");
        let uncommented: String =
            policy.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line).to_owned() + "\n").collect();
        let faults = check(&uncommented, &staff, now()).err().unwrap_or_default();
        assert_eq!(faults, []);
    }

    #[test]
    fn a_companys_own_call_log_takes_the_place_of_the_one_that_ships_for_its_source_or_under_its_prefix() {
        let of = |logs: &[(&str, &str)]| {
            let written: String = logs
                .iter()
                .map(|(source, folder)| {
                    format!(
                        "[[call_log]]\nsource = \"{source}\"\nprefix = \"calllog/{folder}/\"\nformat = \"asterisk\"\n"
                    )
                })
                .collect();
            published(None, &format!("{POLICY}{written}")).document.rulebook().unwrap()
        };
        let places = |rulebook: &Rulebook| -> Vec<(String, String)> {
            let place = |log: &calllog::Log| (log.source.clone(), log.prefix.trim_start_matches("calllog/").to_owned());
            rulebook.logs.iter().map(place).collect()
        };
        let shipped = [
            ("freepbx", "asterisk/"),
            ("fusionpbx", "freeswitch/"),
            ("amazon-connect", "amazon-connect/"),
            ("3cx", "3cx/"),
        ]
        .map(|(source, place)| (source.to_owned(), place.to_owned()));
        assert_eq!(places(&of(&[])), shipped);
        assert_eq!(places(&Rulebook::strict_default("root")), shipped);

        let own = of(&[("freepbx", "pbx"), ("yeastar", "3cx")]);
        let own_place = |source: &str, place: &str| (source.to_owned(), place.to_owned());
        assert_eq!(
            places(&own),
            [shipped[1].clone(), shipped[2].clone(), own_place("freepbx", "pbx/"), own_place("yeastar", "3cx/")]
        );
        let source_of = |key: &str| own.log_of(&ObjectKey::new(key)).map(|log| log.source.as_str());
        assert_eq!(source_of("calllog/pbx/Master.csv"), Some("freepbx"));
        assert_eq!(source_of("calllog/asterisk/Master.csv"), None);
        assert_eq!(source_of("calllog/3cx/Master.csv"), Some("yeastar"));
        assert_eq!(source_of("calllog/freeswitch/a.json"), Some("fusionpbx"));
        assert!(own.names_log_of("freepbx") && own.has_log_of("freepbx"));
        assert!(!own.names_log_of("fusionpbx") && own.has_log_of("fusionpbx"));
        assert!(!own.has_log_of("3cx") && !own.has_log_of("genesys"));
        // Said by the company itself, though it says no more than what ships.
        assert!(of(&[("freepbx", "asterisk")]).names_log_of("freepbx"));
    }

    #[test]
    fn the_sample_is_what_the_other_tests_take_it_for() {
        let rulebook = rulebook();
        assert_eq!(rulebook.version, 1);
        assert_eq!(rulebook.revisions.keep_days(&revision("contracts.1")), Some(90));
    }
}
