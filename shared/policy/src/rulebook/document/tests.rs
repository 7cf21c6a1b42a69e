//! What a published rulebook keeps.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::object::ObjectKey;
use crate::retention::{ClassRevision, Expiry, Periods};
use crate::rulebook::check::check;
use crate::rulebook::model::Role;
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
    let before =
        published(None, &POLICY.replace("[access]", "[keeping]\nsettle_hours = 72\nquarantine_days = 90\n[access]"));
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
        let standard: Vec<_> = days(&document).into_iter().filter(|(name, _)| name.starts_with("standard")).collect();
        assert_eq!(standard, expected(&expected_days));
    }
    let retroactive = with_days(40).replace("keep_days = 40", "keep_days = 40\nretroactive = true");
    let all = published(Some(&document), &retroactive);
    assert!(all.deletes_sooner);
    let standard: Vec<_> = days(&all.document).into_iter().filter(|(name, _)| name.starts_with("standard")).collect();
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
    let policy = include_str!("../../../../../infra/rulebook/policy.toml");
    let staff = staff::decode(include_bytes!("../../../../../infra/rulebook/staff.csv")).unwrap();
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
    assert_eq!(shipped.case_days, default.case_days);
    assert_eq!(shipped.proof_days, default.proof_days);
    assert_eq!((shipped.handovers, shipped.dissolved_teams), (default.handovers, default.dissolved_teams));
}

#[test]
fn the_examples_in_the_comments_of_the_shipped_policy_pass_the_check_once_they_are_uncommented() {
    let policy = include_str!("../../../../../infra/rulebook/policy.toml");
    let staff = staff::decode(include_bytes!("../../../../../infra/rulebook/staff.csv")).unwrap();
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
                format!("[[call_log]]\nsource = \"{source}\"\nprefix = \"calllog/{folder}/\"\nformat = \"asterisk\"\n")
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
