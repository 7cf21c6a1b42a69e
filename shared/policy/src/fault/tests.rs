//! The tests of `fault`.

#![allow(clippy::unwrap_used)]
use std::collections::BTreeSet;

use super::*;
use crate::rulebook::check;
use crate::rulebook::sample::{POLICY, STAFF, now};

/// What a text says that is the same in every language: what stands between backticks or these brackets 「」,
/// and numbers.
fn facts(text: &str) -> BTreeSet<String> {
    let text = text.replace(['「', '」'], "`");
    let names = text.split('`').skip(1).step_by(2).map(str::to_owned);
    let numbers = text.split(|letter: char| !letter.is_ascii_digit()).filter(|digits| !digits.is_empty());
    names.chain(numbers.map(str::to_owned)).collect()
}

#[test]
fn each_fault_says_the_same_names_and_numbers_in_both_languages() {
    let day = jiff::civil::date(2026, 11, 4);
    let of_a_check = [
        (POLICY.replace("keep_days = 30", "keep_days = 400"), STAFF.replace("mori,森 健,,220", "mori,森 健,kato,210")),
        (POLICY.replace("\"sales\"", "\"経理部\"").replace("Asia/Tokyo", "Asia/Edo"), STAFF.replace("staff", "x")),
        (POLICY.replace("[access]", "[access]\nadmin_limit = 1\nwhy = 3"), STAFF.replace(",2027-03-31", ",")),
        (POLICY.replace("class = \"standard\"", "class = \"contracts\""), STAFF.replace("support;general", "x")),
        (format!("{POLICY}[[handover]]\nfrom = \"a\"\nto = \"tanaka\"\nsince = 2026-12-01\n"), "id,id,x\n".to_owned()),
        (
            format!("{POLICY}[[team]]\nname = \"sales\"\ndissolved = 2026-07-01\nsuccessor = \"sales\"\n"),
            STAFF.to_owned(),
        ),
        (format!("{POLICY}[[source]]\nname = \"A\"\nprefix = \"a\"\npattern = \"(?P<who>[z-a])\"\n"), STAFF.to_owned()),
        (
            format!("{POLICY}[[source]]\nname = \"a\"\nprefix = \"a/\"\npattern = \"(?P<year>.)(?P<who>.)\"\n"),
            STAFF.to_owned(),
        ),
        (format!("{POLICY}[[call_log]]\nsource = \"x\"\nprefix = \"a/\"\nformat = \"csv\"\n"), STAFF.to_owned()),
    ];
    let mut faults: Vec<Wrong> = of_a_check
        .iter()
        .flat_map(|(policy, staff)| check(policy, staff, now()).unwrap_err())
        .map(|fault| fault.wrong)
        .collect();
    faults.extend([
        Wrong::TooManyAdmins { day, count: 7, limit: 3, who: "yamada, hayashi".to_owned() },
        Wrong::HandoverToAbsent {
            id: "sato".to_owned(),
            since: day,
            until: "2027-03-31".to_owned(),
            first: jiff::civil::date(2026, 12, 1),
            last: "2027-01-05".to_owned(),
        },
        Wrong::TooManySections { key: "line", count: 1_001, limit: 1_000 },
        Wrong::TextTooLong { key: "name", limit_characters: 100 },
        Wrong::PermissionTooWide { keep_days: 400, from_days: 180, limit_days: 90 },
        Wrong::NumberOverlap { first: 5, second: 9, day },
        Wrong::NoColumn { fact: "call_id", limit: 1_024 },
        Wrong::PartWithoutPart { part: "hour", needed: "day" },
    ]);
    let codes: BTreeSet<FaultCode> = faults.iter().map(Wrong::code).collect();
    assert!(codes.len() > 25, "{codes:?}");
    for wrong in faults {
        let (english, japanese) = (wrong.explain(Language::English), wrong.explain(Language::Japanese));
        assert!(!english.fix.is_empty() && !japanese.fix.is_empty(), "{wrong:?}");
        assert!(!japanese.reason.is_ascii() && !japanese.fix.is_ascii(), "{wrong:?}");
        let of_japanese = facts(&format!("{} {}", japanese.reason, japanese.fix));
        let missing: Vec<String> =
            facts(&english.reason).into_iter().filter(|fact| !of_japanese.contains(fact)).collect();
        assert_eq!(missing, [""; 0], "{english:?}\n{japanese:?}");
    }
}

#[test]
fn a_fault_is_told_to_a_manager_with_what_it_is_about() {
    let policy =
        POLICY.replace("[access]", "[access]\nadmin_limit = 1").replace("team = \"general\"", "team = \"経理部\"");
    let faults = check(&policy, STAFF, now()).unwrap_err();
    let explained: Vec<Explanation> = faults.iter().map(|fault| fault.wrong.explain(Language::Japanese)).collect();
    assert_eq!(
        explained[0].reason,
        "2026-11-20 には管理者が 2 人います（hayashi, yamada）。上限は 1 人です。管理者はすべてを聞き、ダウンロードできます。"
    );
    assert_eq!(explained[1].reason, "部署「経理部」の人が、社員名簿にいません。");
    assert_eq!(explained[1].fix, "社員名簿の team と同じに書くか、その部署の人を社員名簿に加えてください。");
}

#[test]
fn a_codes_word_is_its_own_and_the_one_it_is_serialised_as() {
    let words: BTreeSet<&str> = FaultCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(words.len(), FaultCode::ALL.len());
    assert_eq!(serde_json::to_value(FaultCode::OutOfRange).unwrap(), "out_of_range");
    for code in FaultCode::ALL {
        // A word is its name in snake case.
        let name = format!("{code:?}").to_lowercase();
        assert_eq!(name, code.as_str().replace('_', ""));
    }
}
