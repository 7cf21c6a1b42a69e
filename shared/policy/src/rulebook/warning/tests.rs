//! The tests of `warning`: what it says of the policy and the staff list, but not of a PBX's own copies.

#![allow(clippy::unwrap_used)]
use super::*;
use crate::rulebook::check;
use crate::rulebook::sample::{POLICY, STAFF, now};

fn found(policy: &str, staff: &str) -> Vec<(FaultIn, u32, WarningCode)> {
    let warnings = check(policy, staff, now()).unwrap().warnings(now()).into_iter();
    let warnings = warnings.filter(|warning| warning.code().needs_confirmation());
    warnings.map(|warning| (warning.file, warning.line, warning.code())).collect()
}

#[test]
fn a_line_that_no_call_can_reach_is_pointed_to() {
    assert_eq!(found(POLICY, STAFF), []);
    let first = u32::try_from(POLICY.lines().count()).unwrap() + 1;
    let of = |rest: &str| found(&format!("{POLICY}\n[[line]]\nname = \"夜間\"\n{rest}"), STAFF);
    let expected = [(FaultIn::Policy, first + 1, WarningCode::LineMatchesNothing)];
    assert_eq!(of(""), expected);
    assert_eq!(of("team = \"general\"\n"), expected, "a team tells no calls apart");
    assert_eq!(of("number = \"03-5550-0199\"\n"), []);
    assert_eq!(of("queue = \"900\"\n"), []);
}

#[test]
fn a_first_day_more_than_a_year_ahead_is_pointed_to_wherever_it_stands() {
    let lines = |text: &str| u32::try_from(text.lines().count()).unwrap();
    // Today is 2026-11-20: 366 days on is 2027-11-21.
    for (section, key, last_good, first_bad) in [
        (
            "[[notice]]\ndirection = \"inbound\"\nplaced = \"ivr\"\ntext = \"録音します。\"\n",
            "from",
            "2027-11-21",
            "2027-11-22",
        ),
        (
            "[[notice]]\ndirection = \"inbound\"\nplaced = \"ivr\"\ntext = \"録音します。\"\n",
            "from",
            "2026-04-01",
            "2062-04-01",
        ),
        ("[[deputy]]\nteam = \"sales\"\nmember = \"kato\"\nuntil = 2099-01-01\n", "from", "2027-11-21", "2027-11-22"),
        ("[[handover]]\nfrom = \"sato\"\nto = \"kato\"\n", "since", "2027-11-21", "2027-11-22"),
        ("[[team]]\nname = \"support\"\nsuccessor = \"sales\"\n", "dissolved", "2027-11-21", "2027-11-22"),
    ] {
        let of = |day: &str| {
            // Who is in the team that is dissolved has left by then.
            found(&format!("{POLICY}\n{section}{key} = {day}\n"), &STAFF.replace(",support,manager", ",sales,manager"))
        };
        assert_eq!(of(last_good), [], "{section}");
        assert_eq!(of(first_bad), [(FaultIn::Policy, lines(POLICY) + 2, WarningCode::DayFarAhead)], "{section}");
    }
    let row = |from: &str| found(POLICY, &format!("{STAFF}new,新人 一,,,,sales,auditor,,,{from},\n"));
    assert_eq!(row("2027-11-21"), []);
    assert_eq!(row("2062/4/1"), [(FaultIn::Staff, lines(STAFF) + 1, WarningCode::DayFarAhead)]);
}

#[test]
fn what_is_pointed_to_is_named_in_both_languages_with_what_to_do() {
    let policy = format!("{POLICY}\n[[line]]\nname = \"夜間\"\n").replacen("2026-04-01", "2062-04-01", 1);
    let warnings = check(&policy, STAFF, now()).unwrap().warnings(now());
    let texts = |language| {
        let confirmed = warnings.iter().filter(|warning| warning.code().needs_confirmation());
        confirmed
            .map(|warning| warning.explain(language))
            .map(|it| format!("{} {}", it.reason, it.fix))
            .collect::<Vec<_>>()
    };
    let (english, japanese) = (texts(Language::English), texts(Language::Japanese));
    assert_eq!((english.len(), japanese.len()), (2, 2), "{english:?}");
    for (texts, words) in [(&english, ["2062-04-01", "year"]), (&japanese, ["2062-04-01", "年の書き間違い"])] {
        assert!(words.iter().all(|word| texts[0].contains(word)), "{texts:?}");
    }
    for (texts, words) in [(&english, ["`夜間`", "`queue`"]), (&japanese, ["「夜間」", "queue"])] {
        assert!(words.iter().all(|word| texts[1].contains(word)), "{texts:?}");
    }
}
