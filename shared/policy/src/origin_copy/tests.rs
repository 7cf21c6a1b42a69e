//! The tests of `origin_copy`, of its part of the policy, and of what a check warns of.

#![allow(clippy::unwrap_used)]
use jiff::Timestamp;
use jiff::civil::date;

use super::*;
use crate::object::ObjectKey;
use crate::rulebook::sample::{POLICY, STAFF, now};
use crate::rulebook::{Checked, FaultCode, Warning, WarningCode, check, publish};

fn checked(rest: &str) -> Checked {
    check(&format!("{POLICY}{rest}"), STAFF, now()).unwrap()
}

fn copy(source: &str, kept: &str, rest: &str) -> String {
    format!("[[origin_copy]]\nsource = \"{source}\"\nkept = {kept}\n{rest}\n")
}

const CHECKED: &str = "checked_by = \"yamada\"\nchecked_on = 2026-04-01";

fn known(rest: &str, key: &str) -> KnownOriginCopy {
    let rulebook = publish(None, &checked(rest), "yamada", now()).unwrap().document.rulebook().unwrap();
    rulebook.known_origin_copy(&ObjectKey::new(key.to_owned()), date(2026, 11, 3))
}

#[test]
fn a_proof_says_what_the_policy_says_of_the_source_of_its_key_and_no_more() {
    let own = "[[source]]\nname = \"osaka\"\nprefix = \"osaka/\"\nrecorder = \"freepbx\"\n";
    let rest =
        [own, &copy("freepbx", "30", CHECKED), &copy("3cx", "\"none\"", CHECKED), &copy("osaka", "\"不明\"", "")];
    let rest = rest.concat();
    let checked_on = Some(date(2026, 4, 1));
    let until = Some(date(2026, 12, 3));
    let expected = KnownOriginCopy { state: OriginCopyState::Until, until, checked_on };
    assert_eq!(known(&rest, "freepbx/2026/11/03/a.wav"), expected);
    let expected = KnownOriginCopy { state: OriginCopyState::None, until: None, checked_on };
    assert_eq!(known(&rest, "3cx/a.wav"), expected);
    // Nothing is said of these: said to be unknown, another source's, under no prefix.
    for key in ["osaka/a.wav", "yeastar/a.wav", "a.wav"] {
        assert!(known(&rest, key).is_unknown(), "{key}");
    }
    // The longest period there is ends on a day.
    assert_eq!(known(&copy("freepbx", "36500", CHECKED), "freepbx/a.wav").until, Some(date(2126, 10, 10)));
}

#[test]
fn a_proof_without_it_is_read_as_unknown_and_carries_nothing() {
    #[derive(Serialize, Deserialize)]
    struct Proof {
        #[serde(default, skip_serializing_if = "KnownOriginCopy::is_unknown")]
        origin_copy: KnownOriginCopy,
    }
    let proof: Proof = serde_json::from_str("{}").unwrap();
    assert_eq!(proof.origin_copy.state, OriginCopyState::Unknown);
    assert_eq!(serde_json::to_string(&proof).unwrap(), "{}");
}

#[test]
fn each_fault_of_it_is_told_with_its_line() {
    let first = u32::try_from(POLICY.lines().count()).unwrap() + 1;
    let found = |rest: &str| {
        let faults = check(&format!("{POLICY}{rest}"), STAFF, now()).err().unwrap_or_default();
        faults.into_iter().map(|fault| (fault.line - first, fault.code())).collect::<Vec<_>>()
    };
    for (rest, expected) in [
        (copy("freepbx", "30", CHECKED), vec![]),
        (copy("freepbx", "\"unknown\"", ""), vec![]),
        (copy("freepbx", "0", CHECKED), vec![(2, FaultCode::OutOfRange)]),
        (copy("freepbx", "\"30\"", CHECKED), vec![(2, FaultCode::UnknownWord)]),
        (copy("freepbx", "true", CHECKED), vec![(2, FaultCode::WrongType)]),
        (copy("osaka", "30", CHECKED), vec![(1, FaultCode::UnknownSource)]),
        (copy("freepbx", "\"none\"", "checked_by = \"x\""), vec![(0, FaultCode::MissingKey)]),
        (copy("freepbx", "30", ""), vec![(0, FaultCode::MissingKey), (0, FaultCode::MissingKey)]),
        (copy("freepbx", "30", "checked_by = \"x\"\nchecked_on = \"soon\""), vec![(4, FaultCode::NotADay)]),
        (copy("freepbx", "30", &format!("{CHECKED}\nwhy = 1")), vec![(5, FaultCode::UnknownKey)]),
        ("[[origin_copy]]\n".to_owned(), vec![(0, FaultCode::MissingKey), (0, FaultCode::MissingKey)]),
        (copy("freepbx", "30", CHECKED).repeat(2), vec![(5, FaultCode::SourceTwice)]),
    ] {
        assert_eq!(found(&rest), expected, "{rest}");
    }
}

#[test]
fn a_check_warns_of_what_no_proof_could_say_and_stops_nothing() {
    use WarningCode::{
        OriginCopyLater as Later, OriginCopyStale as Stale, OriginCopyUndeclared as Undeclared,
        OriginCopyUnknown as Unknown,
    };
    let first = u32::try_from(POLICY.lines().count()).unwrap() + 1;
    let found = |rest: &str, now: Timestamp| {
        let warnings = checked(rest).warnings(now);
        assert_eq!(warnings, checked(rest).warnings_with_sources(now, &std::collections::BTreeSet::new()));
        assert!(warnings.iter().all(|warning| !warning.code().needs_confirmation()), "it stops no publication");
        let named = |warning: &Warning| {
            let reason = warning.explain(Language::English).reason;
            ["freepbx", "osaka"].into_iter().find(|name| reason.contains(&format!("`{name}`")))
        };
        warnings.iter().map(|warning| (warning.line, warning.code(), named(warning))).collect::<Vec<_>>()
    };
    let of = |code, line| vec![(line, code, Some("freepbx"))];
    assert_eq!(found("", now()), [(1, Undeclared, None)]);
    assert_eq!(found(&copy("freepbx", "30", CHECKED), now()), []);
    assert_eq!(found(&copy("freepbx", "\"unknown\"", ""), now()), of(Unknown, first));
    assert_eq!(found(&copy("freepbx", "\"unknown\"", CHECKED), now()), of(Unknown, first));
    // A year and not a day more; the day is the company's.
    let until = |at: &str| found(&copy("freepbx", "\"none\"", CHECKED), at.parse().unwrap());
    assert_eq!(until("2027-04-01T14:59:59Z"), []);
    assert_eq!(until("2027-04-01T15:00:00Z"), of(Stale, first));
    assert_eq!(until("2026-03-31T15:00:00Z"), []);
    assert_eq!(until("2026-03-31T14:59:59Z"), of(Later, first));
    // A source of the company's own is pointed to where it stands.
    let own = "[[source]]\nname = \"osaka\"\nprefix = \"osaka/\"\nrecorder = \"freepbx\"\n";
    let rest = format!("{own}{}", copy("freepbx", "30", CHECKED));
    assert_eq!(found(&rest, now()), [(first, Undeclared, Some("osaka"))]);
    assert_eq!(found(&format!("{rest}{}", copy("osaka", "30", CHECKED)), now()), []);
}

#[test]
fn a_warning_says_what_to_do_in_both_languages() {
    let day = date(2025, 4, 1);
    for code in OriginCopyWarningCode::ALL {
        for source in [None, Some("osaka".to_owned())] {
            let warning = OriginCopyWarning { code, source: source.clone(), checked_on: Some(day) };
            let (english, japanese) = (warning.explain(Language::English), warning.explain(Language::Japanese));
            assert!(english.reason.is_ascii() && !japanese.reason.is_ascii() && !japanese.fix.is_ascii(), "{code:?}");
            for text in [&english.reason, &japanese.reason] {
                assert_eq!(text.contains("osaka"), source.is_some(), "{text}");
                let names_day = matches!(code, OriginCopyWarningCode::Stale | OriginCopyWarningCode::Later);
                assert_eq!(text.contains("2025-04-01"), names_day, "{text}");
            }
            assert!(english.fix.contains("checked_on") && japanese.fix.contains("checked_on"), "{code:?}");
        }
    }
}
