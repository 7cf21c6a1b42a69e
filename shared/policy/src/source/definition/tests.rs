//! How a source of a company is read.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::language::Language;

const PATTERN: &str = r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)_(?P<caller>\d+)_(?P<called>\d+)\.wav";

fn definition(change: &Value) -> Definition {
    let mut whole = json!({ "name": "osaka", "prefix": "osaka/", "pattern": PATTERN });
    for (field, value) in change.as_object().unwrap() {
        whole[field] = value.clone();
    }
    serde_json::from_value(whole).unwrap()
}

fn flaws(change: &Value) -> Vec<Flaw> {
    definition(change).source().err().unwrap_or_default()
}

#[test]
fn a_pattern_alone_is_a_source_whose_parts_are_what_they_are_called() {
    let source = definition(&json!({})).source().unwrap();
    assert_eq!((source.name.as_str(), source.prefixes.as_slice()), ("osaka", &["osaka/".to_owned()][..]));
    assert_eq!(source.zone, ZoneRule::Company);
    let kind = Kind { caller: Some("caller".to_owned()), called: Some("called".to_owned()), ..Kind::default() };
    assert_eq!(source.kinds, [kind]);
    let zone = |zone: &str| definition(&json!({ "zone": zone })).source().unwrap().zone;
    assert_eq!(zone("UTC"), ZoneRule::Fixed(TimeZone::UTC));
    assert_eq!(zone("Asia/Seoul"), ZoneRule::Fixed(TimeZone::get("Asia/Seoul").unwrap()));
    assert_eq!(zone("company"), ZoneRule::Company);
    let with_epoch = definition(&json!({ "pattern": format!("{PATTERN}(?P<epoch>x)") })).source().unwrap();
    assert_eq!(with_epoch.zone, ZoneRule::Epoch);
}

#[test]
fn a_recorder_that_ships_stands_under_another_name_prefix_zone_and_dialect() {
    let recorder = |change: Value| {
        let mut whole = json!({ "name": "osaka", "prefix": "osaka/" });
        whole.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        serde_json::from_value::<Definition>(whole).unwrap().source()
    };
    for shipped in built_in() {
        let source = recorder(json!({ "recorder": shipped.name })).unwrap();
        assert_eq!((source.name.as_str(), source.prefixes.as_slice()), ("osaka", &["osaka/".to_owned()][..]));
        assert_eq!((&source.pattern, &source.kinds), (&shipped.pattern, &shipped.kinds));
        assert_eq!((&source.zone, &source.sidecar), (&shipped.zone, &shipped.sidecar));
    }
    let source = recorder(json!({ "recorder": "3cx", "zone": "UTC", "sidecar": { "staff": "agent" } })).unwrap();
    assert_eq!(source.zone, ZoneRule::Fixed(TimeZone::UTC));
    assert_eq!(source.sidecar, BTreeMap::from([("staff".to_owned(), "agent".to_owned())]));
    let wrong = recorder(json!({ "recorder": "4cx", "kind": [{}] })).unwrap_err();
    assert_eq!(
        wrong.iter().map(super::Flaw::code).collect::<Vec<_>>(),
        [FaultCode::RecorderAndPattern, FaultCode::UnknownRecorder]
    );
    assert!(
        wrong[1]
            .wrong
            .explain(Language::English)
            .fix
            .contains("freepbx, yeastar, 3cx, ringcentral, amazon-connect, genesys, fusionpbx, freeswitch")
    );
    assert_eq!(recorder(json!({ "recorder": "3cx", "zone": "epoch" })).unwrap_err()[0].code(), FaultCode::MissingPart);
}

#[test]
fn each_flaw_is_told_with_its_field() {
    use FaultCode as C;
    let nine = "(?P<year>.)".to_owned();
    let table: Vec<(Value, &[(&str, C)])> = vec![
        (json!({ "name": null }), &[("name", C::MissingKey)]),
        (json!({ "name": "Osaka" }), &[("name", C::NotASourceName)]),
        (json!({ "name": "" }), &[("name", C::NotASourceName)]),
        (json!({ "name": "sidecar" }), &[("name", C::NotASourceName)]),
        (json!({ "name": "x".repeat(33) }), &[("name", C::NotASourceName)]),
        (json!({ "prefix": null }), &[("prefix", C::MissingKey)]),
        (json!({ "prefix": "" }), &[("prefix", C::NotAPrefix)]),
        (json!({ "prefix": "osaka" }), &[("prefix", C::NotAPrefix)]),
        (json!({ "prefix": "/osaka/" }), &[("prefix", C::NotAPrefix)]),
        (json!({ "prefix": "calllog/" }), &[("prefix", C::NotAPrefix)]),
        (json!({ "prefix": "calllog/osaka/" }), &[("prefix", C::NotAPrefix)]),
        (json!({ "prefix": "a\u{0}/" }), &[("prefix", C::NotAPrefix)]),
        (json!({ "prefix": format!("{}/", "x".repeat(256)) }), &[("prefix", C::NotAPrefix)]),
        (json!({ "prefix": format!("{}/", "x".repeat(255)) }), &[]),
        (json!({ "prefix": [] }), &[("prefix", C::MissingKey)]),
        (json!({ "prefix": ["osaka/", "kobe/"] }), &[]),
        (json!({ "prefix": ["osaka/", "kobe", "calllog/"] }), &[("prefix", C::NotAPrefix), ("prefix", C::NotAPrefix)]),
        (json!({ "prefix": vec!["osaka/"; 17] }), &[("prefix", C::TooMany)]),
        (json!({ "pattern": format!("{PATTERN}(?P<meridiem>.)") }), &[("pattern", C::MissingPart)]),
        (json!({ "pattern": format!("{PATTERN}(?P<offset>.)") }), &[("pattern", C::MissingPart)]),
        (json!({ "pattern": format!("{PATTERN}(?P<fraction>.)") }), &[("pattern", C::MissingPart)]),
        (json!({ "pattern": null }), &[("pattern", C::MissingKey)]),
        (json!({ "recorder": "freepbx" }), &[("pattern", C::RecorderAndPattern)]),
        (json!({ "zone": "Asia/Edo" }), &[("zone", C::UnknownZone)]),
        (json!({ "zone": "epoch" }), &[("zone", C::MissingPart)]),
        (json!({ "pattern": "(" }), &[("pattern", C::BadPattern)]),
        (json!({ "pattern": "(?P<call_id>(?:a{1000}){1000})" }), &[("pattern", C::BadPattern)]),
        (json!({ "pattern": "(?x)(?P<call_id>a) # a" }), &[("pattern", C::BadPattern)]),
        (json!({ "pattern": "x".repeat(1_001) }), &[("pattern", C::TooLong)]),
        (json!({ "pattern": "x".repeat(1_000) }), &[("pattern", C::UselessPattern)]),
        (json!({ "pattern": "(?P<call_id>a)(?P<who>b)" }), &[("pattern", C::UnknownPart)]),
        (json!({ "pattern": nine }), &[("pattern", C::MissingPart), ("pattern", C::MissingPart)]),
        (json!({ "pattern": format!("{PATTERN}(?P<minute>.)") }), &[("pattern", C::MissingPart)]),
        (json!({ "pattern": format!("{PATTERN}(?P<hour>.)(?P<second>.)") }), &[("pattern", C::MissingPart)]),
        (json!({ "kind": [{ "caller": "caller", "called": "called" }] }), &[]),
        (json!({ "kind": [{ "caller": "caller" }] }), &[("pattern", C::UnknownPart)]),
        (
            json!({ "kind": [{ "caller": "caller", "called": "called", "queue": "group" }] }),
            &[("kind", C::MissingPart)],
        ),
        (json!({ "kind": [{ "type": "in", "caller": "caller", "called": "called" }] }), &[("kind", C::MissingPart)]),
        (json!({ "kind": [{ "caller": "caller", "called": "called" }, {}] }), &[("kind", C::KindTwice)]),
        (json!({ "sidecar": { "agent": "staff" } }), &[("sidecar", C::UnknownKey)]),
        (json!({ "sidecar": { "staff": "" } }), &[("sidecar", C::NoText)]),
        (
            json!({ "name": "A", "prefix": "", "zone": "x", "pattern": "[" }),
            &[
                ("name", C::NotASourceName),
                ("prefix", C::NotAPrefix),
                ("zone", C::UnknownZone),
                ("pattern", C::BadPattern),
            ],
        ),
    ];
    for (change, expected) in table {
        let found = flaws(&change);
        let short: Vec<_> = found.iter().map(|flaw| (flaw.field, flaw.code())).collect();
        assert_eq!(short, expected, "{change}: {found:#?}");
        assert!(found.iter().all(|flaw| !flaw.wrong.explain(Language::Japanese).reason.is_empty()));
    }
    let too_many: Vec<Value> = (0..51).map(|kind| json!({ "type": format!("{kind}") })).collect();
    let pattern = "(?P<type>.)(?P<call_id>.)";
    let found = flaws(&json!({ "pattern": pattern, "kind": too_many }));
    assert_eq!(found.iter().map(super::Flaw::code).collect::<Vec<_>>(), [C::TooMany]);
}

#[test]
fn a_wrong_pattern_is_told_by_its_place_and_the_parsers_reason_and_no_picture() {
    for (pattern, place, reason) in [
        ("通話(?P<year>", 3, "unclosed group"),
        ("a{2}{", 5, "repetition"),
        ("ab[z-a]", 4, "character class range"),
        ("a(?=b)", 2, "look-around"),
        (r"a\p{Kanji}", 2, "Unicode"),
        ("(?P<a>.)(?P<a>.)", 13, "duplicate capture group name"),
    ] {
        let found = flaws(&json!({ "pattern": pattern }));
        assert_eq!(found.len(), 1, "{pattern}");
        let told = found[0].wrong.explain(Language::English).reason;
        assert!(told.contains(&format!("at its character {place}: ")), "{told}");
        assert!(told.contains(reason), "{told}");
        assert!(!told.contains('\n'));
    }
}

#[test]
fn a_flaw_in_a_kind_says_which() {
    let kinds = json!([{ "caller": "caller", "called": "called" }, { "type": "in", "queue": "x" }]);
    let found = flaws(&json!({ "kind": kinds }));
    assert_eq!(found.iter().map(|flaw| flaw.kind).collect::<Vec<_>>(), [Some(1), Some(1)]);
    assert_eq!((found[0].field, found[0].code()), ("kind", FaultCode::MissingPart));
}

proptest! {
    #[test]
    fn no_pattern_makes_it_panic(pattern in "\\PC{0,60}|(\\(\\?P<(year|month|day|x)>|\\)|\\[|\\]|[a-z*+?{}0-9|\\\\.^$]){0,30}", name in "\\PC{0,60}") {
        if let Ok(source) = definition(&json!({ "pattern": pattern })).source() {
            let key = crate::object::ObjectKey::new(format!("osaka/{name}"));
            let _ = source.read(&key, &TimeZone::UTC);
        }
    }
}
