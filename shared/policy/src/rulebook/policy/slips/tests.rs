//! What people who write no TOML write, and what they are answered.

#![allow(clippy::unwrap_used)]
use super::*;
use crate::language::Language;
use crate::rulebook::check;
use crate::rulebook::sample::{POLICY, STAFF, now};

/// The faults of the sample with one piece replaced: the line, and the Japanese reason and fix.
fn faults(piece: &str, by: &str) -> Vec<(u32, String)> {
    assert_eq!(POLICY.matches(piece).count(), 1, "{piece}");
    let faults = check(&POLICY.replace(piece, by), STAFF, now()).err().unwrap_or_default();
    faults
        .iter()
        .map(|fault| {
            let explanation = fault.wrong.explain(Language::Japanese);
            (fault.line, format!("{} {}", explanation.reason, explanation.fix))
        })
        .collect()
}

#[test]
fn a_slip_is_explained_by_what_was_meant_and_hides_nothing_else() {
    for (piece, by, line, explanation) in [
        ("keep_days = 30", "keep_days = ６０", 16, "「６０」を数として読めません。"),
        ("keep_days = 30", "keep_days = 60日", 16, "単位を付けずに keep_days = 60 と書いてください。"),
        ("keep_days = 30", "　keep_days = 30", 16, "行頭に全角の空白があります。"),
        ("keep_days = 30", "keep_days ＝ 30", 16, "半角の = に直してください。"),
        ("keep_days = 30", "keep_days = 30\nkeep_days = 60", 17, "「keep_days」は 16 行目にもあります。"),
        ("= false", "= はい", 20, "manager_download = true と書いてください。"),
        ("\"山田商事\"", "”山田商事”", 2, "文字は半角の \" と \" で囲んでください。"),
        ("\"山田商事\"", "「山田商事」", 2, "文字は半角の \" と \" で囲んでください。"),
        ("\"山田商事\"", "山田商事", 2, "name = \"山田商事\" と書いてください。"),
        ("\"03-1234-5678\"", "03-1234-5678", 24, "number = \"03-1234-5678\" のように"),
        ("\"03-1234-5678\"", "0312345678", 24, "number = \"03-1234-5678\" のように"),
        ("\"03-1234-5678\"", "+81312345678x", 24, "number = \"03-1234-5678\" のように"),
        ("staff = \"none\"", "staff = \"none", 19, "閉じる \" がありません。"),
        ("country = \"JP\"", "country = JP # 日本", 4, "country = \"JP\" と書いてください。"),
        ("[[notice]]", "[access]\nstaff = \"none\"\n\n[[notice]]", 33, "「[access]」は 18 行目にもあります。"),
        ("[purpose]", "[purpose", 6, "TOML の書き方になっていません"),
        ("[purpose]", "purpose]", 6, "TOML の書き方になっていません"),
    ] {
        let found = faults(piece, by);
        assert_eq!(found.len(), 1, "{by}: {found:#?}");
        assert!(found[0].0 == line && found[0].1.contains(explanation), "{by}: {found:#?}");
    }
}

#[test]
fn ten_mistakes_and_a_slip_are_ten_faults_and_one() {
    let wrong = |text: &str| {
        text.replace("\"Asia/Tokyo\"", "\"JST\"")
            .replace("\"JP\"", "\"日本\"")
            .replace("\"evidence\"", "\"fun\"")
            .replace("keep_days = 90", "keep_days = 0")
            .replace("\"standard\"", "\"Standard\"")
            .replace("staff = \"none\"", "staff = \"all\"")
            .replace("manager_download = false", "manager_download = \"いいえ\"")
            .replace("queue = \"600\"", "queues = \"600\"")
            .replace("placed = \"ivr\"", "placed = \"phone\"")
            .replace("from = \"2026-04-01\"", "from = \"4月1日\"")
    };
    let without = check(&wrong(POLICY), STAFF, now()).unwrap_err();
    assert_eq!(without.len(), 10, "{without:#?}");
    let with = check(&wrong(&POLICY.replace("keep_days = 30", "keep_days = ３０")), STAFF, now()).unwrap_err();
    assert_eq!(with.len(), 11, "{with:#?}");
    assert!(without.iter().all(|fault| with.contains(fault)));
}

#[test]
fn a_line_that_is_left_out_makes_nothing_else_seem_missing() {
    // The rule for all, the admins' number, the only purpose, a line that a notice names.
    let with_limit = POLICY.replace("[access]", "[access]\nadmin_limit = ３");
    for policy in [
        POLICY.replace("class = \"standard\"", "class = ＂standard＂"),
        POLICY.replace("when = {", "when = { team = 営業,"),
        POLICY.replace("default = \"evidence\"", "default ＝ \"evidence\""),
        POLICY.replace("name = \"代表\"", "name = 代表"),
        with_limit,
    ] {
        let faults = check(&policy, STAFF, now()).unwrap_err();
        assert!(faults.iter().all(|fault| fault.code() == FaultCode::Syntax), "{faults:#?}");
    }
}

#[test]
fn what_no_line_explains_is_still_a_fault() {
    for text in ["a = \"\"\"\n\n", "\"\"\"", "=", "[", "\u{0}", "a.b.c = 1\n[a.b]\nc = 2\n", &"[\n".repeat(2_000)] {
        assert!(!Slips::of(text).faults.is_empty(), "{text:?}");
    }
}

#[test]
fn words_may_be_written_in_japanese() {
    assert_eq!(faults("direction = \"inbound\"", "direction = \"着信\""), []);
    assert_eq!(faults("placed = \"ivr\"", "placed = \"自動音声\""), []);
    assert_eq!(faults("staff = \"none\"", "staff = \"なし\""), []);
    // A word of another key is still none of this one's.
    assert_eq!(faults("direction = \"inbound\"", "direction = \"自動音声\"").len(), 1);
}
