//! What the names of recorders give.

#![allow(clippy::unwrap_used)]
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use proptest::prelude::*;

use super::pattern::compile;
use super::*;
use crate::facts::{Direction, QuarantineReason};
use crate::object::ObjectKey;

fn tokyo() -> TimeZone {
    TimeZone::get("Asia/Tokyo").unwrap()
}

fn read(key: &str) -> Result<NameFacts, QuarantineReason> {
    let key = ObjectKey::new(key);
    find(built_in(), &key).unwrap().read(&key, &tokyo())
}

fn at(text: &str) -> Began {
    Began::At { at: text.parse().unwrap(), precision_seconds: 1 }
}

#[allow(clippy::unnecessary_wraps)] // Every part of a name is one that may be missing.
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn every_built_in_pattern_compiles_within_its_limit() {
    for source in built_in() {
        assert!(source.pattern.chars().count() <= definition::PATTERN_LIMIT_CHARACTERS);
        compile(&source.pattern).unwrap();
    }
}

#[test]
fn a_freepbx_name_gives_its_parts_and_the_zone_its_epoch_proves() {
    assert_eq!(
        read("freepbx/2026/11/03/external-201-09012345678-20261103-140502-1793682300.101.wav"),
        Ok(NameFacts {
            began: at("2026-11-03T14:05:02+09:00"),
            call_id: Some("1793682300.101".to_owned()),
            kind: Some("external".to_owned()),
            direction: Some(Direction::Inbound),
            caller: Some("09012345678".to_owned()),
            called: Some("201".to_owned()),
            queue: None,
            extension: None,
        })
    );
}

#[test]
fn a_queues_name_gives_the_queue_and_no_called_side() {
    let facts = read("freepbx/q-600-08011112222-20261104-101545-1793754943.104.mp3").unwrap();
    assert_eq!(facts.queue.as_deref(), Some("600"));
    assert_eq!(facts.called, None);
    assert_eq!(facts.caller.as_deref(), Some("08011112222"));
}

#[test]
fn a_part_left_empty_says_nothing() {
    let facts = read("freepbx/q--anonymous-20261104-101545-1793754943.104.wav").unwrap();
    assert_eq!((facts.queue, facts.caller.as_deref()), (None, Some("anonymous")));
    let facts = read("freepbx/in-201--20261104-101545-1793754943.104.wav").unwrap();
    assert_eq!((facts.called.as_deref(), facts.caller), (Some("201"), None));
}

#[test]
fn the_same_name_in_other_zones_is_another_moment() {
    for (time, expected) in [
        ("20261103-050502", "2026-11-03T05:05:02Z"),
        ("20261103-105002", "2026-11-03T10:50:02+05:45"),
        ("20261103-190502", "2026-11-03T19:05:02+14:00"),
        ("20261102-170502", "2026-11-02T17:05:02-12:00"),
        ("20261103-141159", "2026-11-03T14:11:59+09:00"),
        ("20261103-135801", "2026-11-03T13:58:01+09:00"),
    ] {
        let facts = read(&format!("freepbx/in-201--{time}-1793682300.1.wav")).unwrap();
        assert_eq!(facts.began, at(expected), "{time}");
    }
}

#[test]
fn times_that_differ_by_no_zone_are_refused() {
    for time in [
        "20261103-141230", // 7 minutes and a half beyond +09:00
        "20261103-135730",
        "20261103-141500", // +09:15
        "20261103-200502", // +15:00
        "20261102-160502", // −13:00
        "20271103-140502",
        "99991231-235959",
    ] {
        let key = format!("freepbx/in-201--{time}-1793682300.1.wav");
        assert_eq!(read(&key), Err(QuarantineReason::Zone), "{time}");
    }
}

#[test]
fn a_date_or_time_no_calendar_has_is_refused() {
    for time in ["20261312-101000", "20260230-101000", "20261112-250000", "20261112-106000", "00000000-000000"] {
        let key = format!("freepbx/2026/11/12/external-201-09012345678-{time}-1794445798.204.wav");
        assert_eq!(read(&key), Err(QuarantineReason::ImpossibleDate), "{time}");
    }
}

#[test]
fn a_name_that_is_not_the_pattern_has_no_call_facts() {
    for name in [
        "2026/11/12/voicemail greeting.wav",
        "",
        "external-201-09012345678-20261103-140502-1793682300.101.txt",
        "external-201-09012345678-20261103-140502-1793682300.wav",
        "external-201-20261103-140502-1793682300.101.wav",
        "other-201-09012345678-20261103-140502-1793682300.101.wav",
        "out-03-5234-5678-201-20261103-140502-1793682300.101.wav",
        "xexternal-201-09012345678-20261103-140502-1793682300.101.wav.bak",
    ] {
        assert_eq!(read(&format!("freepbx/{name}")), Err(QuarantineReason::NoCallFacts), "{name}");
    }
}

#[test]
fn the_name_of_the_system_is_part_of_the_call_id() {
    let facts = read("freepbx/rg-601-anonymous-20261103-140502-pbx1-1793682300.101.WAV").unwrap();
    assert_eq!(facts.call_id.as_deref(), Some("pbx1-1793682300.101"));
}

#[test]
fn a_source_is_data_a_fixed_zone_minutes_alone_and_parts_by_kind() {
    let source = Source::new(
        "recorder",
        "recorder/",
        r"^(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})T(?P<hour>\d{2})(?P<minute>\d{2})_(?P<ext>\d+)_(?P<number>\d+)_(?P<type>In|Out)$",
        ZoneRule::Fixed(TimeZone::get("America/New_York").unwrap()),
        vec![Kind {
            name: "In".to_owned(),
            direction: Some(Direction::Inbound),
            caller: text("number"),
            called: text("ext"),
            ..Kind::default()
        }],
    );
    let facts = source.read(&ObjectKey::new("recorder/20260704T1200_201_0312345678_In"), &tokyo()).unwrap();
    let noon = "2026-07-04T12:00:00-04:00".parse().unwrap();
    assert_eq!(facts.began, Began::At { at: noon, precision_seconds: 60 });
    assert_eq!(facts.caller.as_deref(), Some("0312345678"));
    assert_eq!(facts.called.as_deref(), Some("201"));
    let out = source.read(&ObjectKey::new("recorder/20260704T1200_201_0312345678_Out"), &tokyo());
    assert_eq!(out, Err(QuarantineReason::NoCallFacts));
}

#[test]
fn a_pattern_that_can_not_be_compiled_reads_nothing() {
    for pattern in ["(", "(?:a{1000}){1000}"] {
        let source = Source::new("bad", "bad/", pattern, ZoneRule::Company, vec![Kind::default()]);
        assert_eq!(source.read(&ObjectKey::new("bad/a"), &tokyo()), Err(QuarantineReason::NoCallFacts));
    }
}

#[test]
fn each_recorders_name_gives_what_stands_in_it() {
    let uuid = "0d0c7d7e-6a5f-4a1b-9c11-7b2a4b5c6d7e";
    let nothing = NameFacts {
        began: Began::Unsaid,
        call_id: None,
        kind: None,
        direction: None,
        caller: None,
        called: None,
        queue: None,
        extension: None,
    };
    let within = |from: &str, until: &str| Began::Within(from.parse().unwrap()..until.parse().unwrap());
    let table = [
        (
            "yeastar/20261106130005-1793937604.7-1001-1003-Internal.wav".to_owned(),
            NameFacts {
                began: at("2026-11-06T13:00:05+09:00"),
                call_id: text("1793937604.7"),
                kind: text("Internal"),
                direction: Some(Direction::Internal),
                caller: text("1001"),
                called: text("1003"),
                ..nothing.clone()
            },
        ),
        (
            "3cx/201/[佐藤 花子]_201-0367891234_20261106093015(380).wav".to_owned(),
            NameFacts {
                began: at("2026-11-06T09:30:15+09:00"),
                call_id: text("380"),
                caller: text("201"),
                called: text("0367891234"),
                extension: text("201"),
                ..nothing.clone()
            },
        ),
        (
            "3cx/202/[]_+81 90(1234)5678-202_20261106094500(381).mp3".to_owned(),
            NameFacts {
                began: at("2026-11-06T09:45:00+09:00"),
                call_id: text("381"),
                caller: text("+81 90(1234)5678"),
                called: text("202"),
                extension: text("202"),
                ..nothing.clone()
            },
        ),
        (
            "ringcentral/20261109-133555_302_(03)5234-8686_Outgoing_Auto_2243071124051.mp3".to_owned(),
            NameFacts {
                began: at("2026-11-09T13:35:55+09:00"),
                call_id: text("2243071124051"),
                kind: text("Outgoing"),
                direction: Some(Direction::Outbound),
                caller: text("302"),
                called: text("(03)5234-8686"),
                ..nothing.clone()
            },
        ),
        (
            "ringcentral/20261109-133555_+81312345678_Incoming_OnDemand_7.mp3".to_owned(),
            NameFacts {
                began: at("2026-11-09T13:35:55+09:00"),
                call_id: text("7"),
                kind: text("Incoming"),
                direction: Some(Direction::Inbound),
                caller: text("+81312345678"),
                ..nothing.clone()
            },
        ),
        (
            format!("connect/yamada/CallRecordings/2026/11/09/{uuid}_20261109T01:07_UTC.wav"),
            NameFacts {
                began: Began::At { at: "2026-11-09T01:07:00Z".parse().unwrap(), precision_seconds: 60 },
                call_id: text(uuid),
                ..nothing.clone()
            },
        ),
        (
            format!("genesys/yamada/year=2026/month=11/day=10/hour=09/conversation_id={uuid}/c7f2a8e1-0001"),
            NameFacts {
                began: within("2026-11-10T05:00:00Z", "2026-11-10T22:00:00Z"),
                call_id: text(uuid),
                ..nothing.clone()
            },
        ),
        (
            format!("fusionpbx/yamada.example/archive/2026/Nov/10/{uuid}.wav"),
            NameFacts {
                began: within("2026-11-09T20:00:00+09:00", "2026-11-11T12:00:00+09:00"),
                call_id: text(uuid),
                ..nothing.clone()
            },
        ),
    ];
    for (key, expected) in table {
        assert_eq!(read(&key), Ok(expected), "{key}");
    }
}

#[test]
fn what_lies_beside_a_recorders_recordings_has_no_call_facts() {
    let uuid = "0d0c7d7e-6a5f-4a1b-9c11-7b2a4b5c6d7e";
    for key in [
        &format!("connect/yamada/ChatTranscripts/2026/11/09/{uuid}_20261109T01:07_UTC.json"),
        &format!("connect/yamada/CallRecordings/2026/11/09/{uuid}_20261109T01:07_UTC.json"),
        &format!("connect/Analysis/Voice/2026/11/09/{uuid}_analysis_2026-11-09T01:09:00Z.json"),
        "yeastar/20261106130005-1793937604.7-1001-1003-Voicemail.wav",
        "yeastar/20261106130005-1793937604-1001-1003-Internal.wav",
        "3cx/[佐藤 花子]_201-0367891234_20261106093015(380).wav",
        "3cx/201/201-0367891234_20261106093015(380).wav",
        "3cx/201/[a]_201-0367891234_20261106093015.wav",
        "ringcentral/20261109-133555_302_0352348686_Missed_Auto_1.mp3",
        "genesys/yamada/year=2026/month=11/day=10/conversation_id=a/b",
        "fusionpbx/yamada.example/archive/2026/Nov/10/voicemail.wav",
    ] {
        assert_eq!(read(key), Err(QuarantineReason::NoCallFacts), "{key}");
    }
    for key in [
        &format!("fusionpbx/yamada.example/archive/2026/Nev/10/{uuid}.wav"),
        &format!("fusionpbx/yamada.example/archive/2026/Feb/30/{uuid}.wav"),
        "genesys/y/year=2026/month=11/day=10/hour=24/conversation_id=a/b",
        "3cx/201/[]_201-110_20261306093015(380).wav",
    ] {
        assert_eq!(read(key), Err(QuarantineReason::ImpossibleDate), "{key}");
    }
}

#[test]
fn a_part_that_is_too_long_or_holds_a_control_character_is_not_believed() {
    let name = |from: &str| format!("freepbx/in-201-{from}-20261103-140502-1793682300.101.wav");
    assert!(read(&name(&"1".repeat(128))).is_ok());
    assert_eq!(read(&name(&"1".repeat(129))), Err(QuarantineReason::NoCallFacts));
    assert_eq!(read(&name("1\u{0}2")), Err(QuarantineReason::NoCallFacts));
}

#[test]
fn an_epoch_alone_is_the_moment_and_two_digits_of_a_year_are_of_this_century() {
    let read = |pattern: &str, name: &str| {
        let source = Source::new("own", "own/", pattern, ZoneRule::Company, vec![Kind::default()]);
        source.read(&ObjectKey::new(format!("own/{name}")), &tokyo()).map(|facts| facts.began)
    };
    assert_eq!(read(r"(?P<epoch>\d+)\.wav", "1793682300.wav"), Ok(at("2026-11-03T14:05:00+09:00")));
    let impossible = Err(QuarantineReason::ImpossibleDate);
    assert_eq!(read(r"(?P<epoch>\d+)\.wav", "99999999999999999999.wav"), impossible);
    let date = r"(?P<year>\d\d)-(?P<month>\w+)-(?P<day>\d+) (?P<hour>\d+):(?P<minute>\d+):(?P<second>\d+)";
    assert_eq!(read(date, "26-NOVEMBER-3 14:05:00"), Ok(at("2026-11-03T14:05:00+09:00")));
    assert_eq!(read(date, "26-Novem-3 14:05:00"), impossible);
    assert_eq!(read("(?P<call_id>a)", "a"), Ok(Began::Unsaid));
    // The last day and hour of the calendar have no end.
    assert_eq!(read(r"(?P<year>\d+)-(?P<month>\d+)-(?P<day>\d+)", "9999-12-31"), impossible);
}

#[test]
fn a_direction_is_said_by_the_kind_or_by_the_recorders_own_word_and_unknown_says_nothing() {
    let direction = |of_kind: Option<Direction>, word: &str| {
        let kind = Kind { direction: of_kind, ..Kind::default() };
        let source = Source::new("own", "own/", r"(?P<type>\w+)", ZoneRule::Company, vec![kind]);
        source.read(&ObjectKey::new(format!("own/{word}")), &tokyo()).unwrap().direction
    };
    assert_eq!(direction(None, "Incoming"), Some(Direction::Inbound));
    assert_eq!(direction(None, "発信"), Some(Direction::Outbound));
    assert_eq!(direction(Some(Direction::Inbound), "out"), Some(Direction::Inbound));
    assert_eq!(direction(Some(Direction::Unknown), "out"), None);
    assert_eq!(direction(None, "unknown"), None);
    assert_eq!(direction(None, "sideways"), None);
}

#[test]
fn a_companys_own_source_stands_in_the_place_of_one_that_ships_with_its_name_or_prefix() {
    let own =
        |name: &str, prefix: &str| Arc::new(Source::new(name, prefix, "x", ZoneRule::Company, vec![Kind::default()]));
    let all = with_built_in(Vec::new());
    assert_eq!(all.len(), 13);
    let merged = with_built_in(vec![own("freepbx", "pbx/"), own("tokyo", "3cx/"), own("osaka", "osaka/")]);
    let names: Vec<&str> = merged.iter().map(|source| source.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "yeastar",
            "ringcentral",
            "amazon-connect",
            "genesys",
            "fusionpbx",
            "freeswitch",
            "asterisk",
            "grandstream",
            "mikopbx",
            "five9",
            "twilio",
            "freepbx",
            "tokyo",
            "osaka"
        ]
    );
}

#[test]
fn a_further_prefix_of_a_shipped_source_is_a_companys_own_where_it_names_it() {
    let own = |prefix: &str| vec![Arc::new(Source::new("own", prefix, "x", ZoneRule::Company, vec![Kind::default()]))];
    let prefixes = |own: Vec<Arc<Source>>| {
        let sources = with_built_in(own);
        let connect = sources.iter().find(|source| source.name == "amazon-connect");
        connect.map(|source| source.prefixes.clone())
    };
    let texts = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
    assert_eq!(prefixes(own("osaka/")), texts(&["connect/", "CallRecordings/", "Analysis/"]));
    assert_eq!(prefixes(own("CallRecordings/")), texts(&["connect/", "Analysis/"]));
    assert_eq!(prefixes(own("connect/")), None);
}

#[test]
fn folders_before_what_a_name_needs_never_matter() {
    let uuid = "0d0c7d7e-6a5f-4a1b-9c11-7b2a4b5c6d7e";
    for (prefix, name) in [
        ("freepbx", "external-201-09012345678-20261103-140502-1793682300.101.wav".to_owned()),
        ("yeastar", "20261106130005-1793937604.7-1001-1003-Internal.wav".to_owned()),
        ("3cx", "201/[佐藤 花子]_201-0367891234_20261106093015(380).wav".to_owned()),
        ("ringcentral", "20261109-133555_302_(03)5234-8686_Outgoing_Auto_2243071124051.mp3".to_owned()),
        ("connect", format!("{uuid}_20261109T01:07_UTC.wav")),
        ("genesys", format!("year=2026/month=11/day=10/hour=09/conversation_id={uuid}/c7f2a8e1-0001")),
        ("fusionpbx", format!("2026/Nov/10/{uuid}.wav")),
        ("mikopbx", "mikopbx-1795137007.10565_0Fk3uO.webm".to_owned()),
    ] {
        let plain = read(&format!("{prefix}/{name}")).unwrap();
        for folders in ["tokyo-1/", "2026/11/03/", "東京/pbx-1/archive/", "a/b/c/d/e/f/g/h/", "201/"] {
            assert_eq!(read(&format!("{prefix}/{folders}{name}")), Ok(plain.clone()), "{folders}{name}");
        }
    }
    // A folder is one whole: half of one is no folder.
    assert_eq!(
        read("freepbx/tokyo-external-201-09012345678-20261103-140502-1793682300.101.wav"),
        Err(QuarantineReason::NoCallFacts)
    );
    let source = Source::new("own", "own/", r"(?P<call_id>.+)\.wav", ZoneRule::Company, vec![Kind::default()]);
    let facts = source.read(&ObjectKey::new("own/a/b.wav"), &tokyo()).unwrap();
    assert_eq!(facts.call_id, text("a/b"), "a pattern that takes the folders itself takes them all");
}

#[test]
fn freepbx_names_of_parked_calls_conferences_and_pages_are_read() {
    let table = [
        ("parked-201-201-20261120-101010-1795137008.3101.wav", text("parked"), None, None, text("201")),
        ("parked-202-09000001101-20261120-101010-1795137008.3101.wav", text("parked"), None, None, text("202")),
        ("800-800-always-20261120-101010-1795137008.3103.wav", None, None, None, None),
        ("s-conf-800-always-20261120-101010-1795137008.3103.wav", None, None, None, None),
        ("700-203-always-20261120-101010-1795137008.3104.WAV", None, text("203"), text("700"), None),
    ];
    for (name, kind, caller, queue, extension) in table {
        let Ok(facts) = read(&format!("freepbx/{name}")) else {
            assert!(name.starts_with("s-conf"), "{name}");
            continue;
        };
        assert_eq!(
            (facts.kind, facts.caller, facts.queue, facts.extension),
            (kind, caller, queue, extension),
            "{name}"
        );
        assert_eq!((facts.direction, facts.called), (None, None), "{name}");
        assert_eq!(facts.began, at("2026-11-20T10:10:10+09:00"), "{name}");
    }
}

#[test]
fn each_place_that_amazon_connect_writes_audio_to_is_read() {
    let uuid = "5eed0000-1111-4222-8333-0000000000a1";
    let minute = |key: &str| (key.to_owned(), "2026-11-20T01:09:00Z", 60, None);
    let second = |key: &str| (key.to_owned(), "2026-11-20T01:07:10Z", 1, text("redacted"));
    let day = "2026/11/20";
    for (key, at, precision_seconds, kind) in [
        minute(&format!("connect/field/CallRecordings/{day}/{uuid}_20261120T01:09_UTC.wav")),
        minute(&format!("connect/field/CallRecordings/ivr/{day}/{uuid}_20261120T01:09_UTC.wav")),
        minute(&format!("connect/CallRecordings/{day}/{uuid}_20261120T01:09_UTC.wav")),
        minute(&format!("CallRecordings/{day}/{uuid}_20261120T01:09_UTC.wav")),
        minute(&format!("CallRecordings/ivr/{day}/{uuid}_20261120T01_09_UTC.wav")),
        minute(&format!("CallRecordings/ivr/{day}/{uuid}_20261120T01%3A09_UTC.wav")),
        second(&format!(
            "connect/field/Analysis/Voice/Redacted/{day}/{uuid}_call_recording_redacted_2026-11-20T01:07:10Z.wav"
        )),
        second(&format!("Analysis/Voice/Redacted/{day}/{uuid}_call_recording_redacted_2026-11-20T01:07:10Z.wav")),
        second(&format!("Analysis/Voice/ivr/Redacted/{day}/{uuid}_call_recording_redacted_2026-11-20T01:07:10Z.wav")),
    ] {
        let facts = read(&key).unwrap_or_else(|reason| panic!("{key}: {reason:?}"));
        assert_eq!(facts.began, Began::At { at: at.parse().unwrap(), precision_seconds }, "{key}");
        assert_eq!((facts.call_id.as_deref(), facts.kind), (Some(uuid), kind), "{key}");
    }
}

#[test]
fn the_recorders_that_ship_beside_the_first_seven_are_read() {
    let sid = "RE0123456789abcdef0123456789abcdef";
    let facts = |key: &str| {
        let facts = read(key).unwrap_or_else(|reason| panic!("{key}: {reason:?}"));
        (facts.began, facts.call_id, facts.caller, facts.called)
    };
    let noon = || at("2026-11-20T10:10:07+09:00");
    for (key, expected) in [
        (
            "mikopbx/2026/11/20/10/mikopbx-1795137007.10565_0Fk3uO.webm",
            (noon(), text("mikopbx-1795137007.10565_0Fk3uO"), None, None),
        ),
        ("asterisk/2026/11/20/1795137007.35.mp3", (noon(), text("1795137007.35"), None, None)),
        ("asterisk/pbx1-1795137007.35.wav", (noon(), text("pbx1-1795137007.35"), None, None)),
        ("grandstream/2026-11/auto-1795137007-09000001903-202.wav", (noon(), None, text("09000001903"), text("202"))),
        ("freeswitch/09000001903.2026-11-20-10-10-07.wav", (noon(), None, text("09000001903"), None)),
        ("freeswitch/2026-11-20-10-10-07_202_09000001903.wav", (noon(), None, text("09000001903"), text("202"))),
        (
            "five9/recording.09000001909_A1B2C3_agent@example.com_Sales_11_20_2026_10_10_07 AM.wav",
            (noon(), text("A1B2C3"), text("09000001909"), None),
        ),
        (
            "five9/recording.09000001909_A1B2C3_agent@example.com_My Campaign_2_11_19_2026_10_10_07 PM.wav",
            (at("2026-11-19T22:10:07+09:00"), text("A1B2C3"), text("09000001909"), None),
        ),
        (&format!("twilio/AC1/{sid}"), (Began::Unsaid, None, None, None)),
        (&format!("twilio/{sid}.wav"), (Began::Unsaid, None, None, None)),
    ] {
        assert_eq!(facts(key), expected, "{key}");
    }
}

#[test]
fn percent_codes_in_a_name_are_decoded() {
    let facts = read("freepbx/in-%2B81312345678-%2B819000001106-20261120-104000-1795138798.3123.wav").unwrap();
    assert_eq!((facts.called, facts.caller), (text("+81312345678"), text("+819000001106")));
    let facts = read("3cx/201/%5B%E4%BD%90%E8%97%A4%5D_201-%2B81367891234_20261106093015%28380%29.wav").unwrap();
    assert_eq!((facts.call_id, facts.called), (text("380"), text("+81367891234")));
    let facts = read("freepbx/tokyo%201/in-201-100%25-20261120-104000-1795138798.3123.wav").unwrap();
    assert_eq!(facts.caller, text("100%"));
}

/// Reads a name by a pattern whose first part is a time of the day of 2026-11-20.
fn began_by(pattern: &str, zone: ZoneRule, name: &str) -> Result<Began, QuarantineReason> {
    let source = Source::new("own", "own/", pattern, zone, vec![Kind::default()]);
    source.read(&ObjectKey::new(format!("own/{name}")), &tokyo()).map(|facts| facts.began)
}

const TIME: &str = r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)_(?P<hour>\d{1,2})(?P<minute>\d\d)(?P<second>\d\d)";

#[test]
fn an_offset_in_the_name_is_the_zone_whatever_the_rule_says() {
    let pattern = format!(r"{TIME}(?:\.(?P<fraction>\d+))?(?P<offset>Z|[+-]\d\d:?\d\d)?_(?:in|out)\.oga");
    let fixed = ZoneRule::Fixed(TimeZone::get("America/New_York").unwrap());
    for zone in [ZoneRule::Company, fixed.clone(), ZoneRule::Fixed(TimeZone::UTC)] {
        for (name, expected) in [
            ("20261119_201007-0500_out.oga", "2026-11-20T10:10:07+09:00"),
            ("20261120_101007+0900_in.oga", "2026-11-20T10:10:07+09:00"),
            ("20261120_011007Z_in.oga", "2026-11-20T10:10:07+09:00"),
            ("20261120_064007+05:30_in.oga", "2026-11-20T10:10:07+09:00"),
            ("20261119_214007-0330_in.oga", "2026-11-20T10:10:07+09:00"),
        ] {
            assert_eq!(began_by(&pattern, zone.clone(), name), Ok(at(expected)), "{name}");
        }
        for name in ["20261120_101007+0905_in.oga", "20261120_101007-1300_in.oga", "20261120_101007+0960_in.oga"] {
            assert_eq!(began_by(&pattern, zone.clone(), name), Err(QuarantineReason::Zone), "{name}");
        }
    }
    assert_eq!(began_by(&pattern, fixed, "20261119_201007_in.oga"), Ok(at("2026-11-20T10:10:07+09:00")));
    let fraction = Began::At { at: "2026-11-20T10:10:07.881926+09:00".parse().unwrap(), precision_seconds: 0 };
    assert_eq!(began_by(&pattern, ZoneRule::Company, "20261119_201007.881926-0500_out.oga"), Ok(fraction));
}

#[test]
fn a_12_hour_clock_is_read_with_its_half_of_the_day() {
    let pattern = format!(r"{TIME} ?(?P<meridiem>[^.]+(?:\.[^.]+\.)?)\.wav");
    for (name, expected) in [
        ("20261120_31007 PM.wav", Ok("15:10:07")),
        ("20261120_31007 am.wav", Ok("03:10:07")),
        ("20261120_123007 AM.wav", Ok("00:30:07")),
        ("20261120_123007PM.wav", Ok("12:30:07")),
        ("20261120_115907 p.m..wav", Ok("23:59:07")),
        ("20261120_31007午後.wav", Ok("15:10:07")),
        ("20261120_151007PM.wav", Ok("15:10:07")),
        ("20261120_151007AM.wav", Err(QuarantineReason::ImpossibleDate)),
        ("20261120_31007 XM.wav", Err(QuarantineReason::ImpossibleDate)),
    ] {
        let expected = expected.map(|time| at(&format!("2026-11-20T{time}+09:00")));
        assert_eq!(began_by(&pattern, ZoneRule::Company, name), expected, "{name}");
    }
}

#[test]
fn what_stands_beside_the_time_and_has_no_part_is_read_where_it_can_be_nothing_else() {
    let free = format!(r"(?:\D*){TIME}.*\.wav");
    let signed = format!(r"{TIME}(?:\.\d+)?[+-]\d{{4}}.*\.wav");
    let named = format!(r"{TIME}(?P<call_id>-\d{{4}}).*\.wav");
    for (pattern, name, expected) in [
        (&free, "20261120_31007 PM.wav", "2026-11-20T15:10:07+09:00"),
        (&free, "20261120_123007_AM_x.wav", "2026-11-20T00:30:07+09:00"),
        (&free, "20261120_31007午後.wav", "2026-11-20T15:10:07+09:00"),
        (&free, "20261120_31007_amano.wav", "2026-11-20T03:10:07+09:00"),
        (&free, "20261120_151007 PM.wav", "2026-11-20T15:10:07+09:00"),
        (&free, "20261120_011007+0000.wav", "2026-11-20T10:10:07+09:00"),
        (&free, "20261120_011007Z.wav", "2026-11-20T10:10:07+09:00"),
        (&free, "20261120_011007_UTC.wav", "2026-11-20T10:10:07+09:00"),
        (&free, "GMT20261120_011007_a.wav", "2026-11-20T10:10:07+09:00"),
        (&free, "20261120_101007Zebra.wav", "2026-11-20T10:10:07+09:00"),
        // A hyphen and four digits can be a counter or an extension.
        (&free, "20261120_101007-0500.wav", "2026-11-20T10:10:07+09:00"),
        (&free, "20261120_101007+0905.wav", "2026-11-20T10:10:07+09:00"),
        (&free, "20261120_101007+090012345678.wav", "2026-11-20T10:10:07+09:00"),
        (&signed, "20261119_201007.881926-0500_out.wav", "2026-11-20T10:10:07+09:00"),
        (&named, "20261120_101007-0500.wav", "2026-11-20T10:10:07+09:00"),
    ] {
        assert_eq!(began_by(pattern, ZoneRule::Company, name), Ok(at(expected)), "{name}");
    }
    // A zone that the rulebook names stands.
    let seoul = ZoneRule::Fixed(TimeZone::get("Asia/Seoul").unwrap());
    assert_eq!(began_by(&free, seoul, "20261120_101007Z.wav"), Ok(at("2026-11-20T10:10:07+09:00")));
}

#[test]
fn an_epoch_may_count_milliseconds_or_microseconds() {
    for (name, expected) in [
        ("1795137007.wav", Began::At { at: "2026-11-20T01:10:07Z".parse().unwrap(), precision_seconds: 1 }),
        ("1795137007543.wav", Began::At { at: "2026-11-20T01:10:07.543Z".parse().unwrap(), precision_seconds: 0 }),
        ("1795137007543210.wav", Began::At { at: "2026-11-20T01:10:07.54321Z".parse().unwrap(), precision_seconds: 0 }),
    ] {
        assert_eq!(began_by(r"(?P<epoch>\d+)\.wav", ZoneRule::Company, name), Ok(expected), "{name}");
    }
    let proven = format!(r"{TIME}-(?P<epoch>\d+)\.wav");
    assert_eq!(
        began_by(&proven, ZoneRule::Epoch, "20261120_101007-1795137007543.wav"),
        Ok(at("2026-11-20T10:10:07+09:00"))
    );
}

#[test]
fn the_longest_prefix_finds_the_source() {
    let source = |name: &str, prefix: &str| Arc::new(Source::new(name, prefix, "", ZoneRule::Company, Vec::new()));
    let sources = [source("a", "pbx/"), source("b", "pbx/branch/"), source("c", "pbx/b")];
    let found = |key: &str| find(&sources, &ObjectKey::new(key)).map(|source| source.name.as_str());
    assert_eq!(found("pbx/branch/1.wav"), Some("b"));
    assert_eq!(found("pbx/bran/1.wav"), Some("c"));
    assert_eq!(found("pbx/1.wav"), Some("a"));
    assert_eq!(found("pb/1.wav"), None);
}

proptest! {
    #[test]
    fn any_moment_under_any_offset_and_clock_is_read_as_it_was_written(
        second in 1_600_000_000_i64..4_000_000_000,
        quarters in -48_i32..=56,
        is_12_hour in any::<bool>(),
    ) {
        let offset = Offset::from_seconds(quarters / 4 * 3600).unwrap();
        let moment = Timestamp::from_second(second).unwrap();
        let format = if is_12_hour { "%Y-%m-%d_%I-%M-%S_%p_%z" } else { "%Y-%m-%d_%H-%M-%S_%z" };
        let name = moment.to_zoned_datetime(TimeZone::fixed(offset)).strftime(format).to_string();
        let parts = r"(?P<year>\d+)-(?P<month>\d+)-(?P<day>\d+)_(?P<hour>\d+)-(?P<minute>\d+)-(?P<second>\d+)_(?:(?P<meridiem>[AP]M)_)?(?P<offset>[+-]\d{4})";
        prop_assert_eq!(began_by(parts, ZoneRule::Company, &name), Ok(Began::At { at: moment, precision_seconds: 1 }));
    }

    #[test]
    fn any_zone_and_a_few_minutes_apart_the_local_time_is_what_the_name_says(
        epoch in 1_000_000_000_i64..4_000_000_000,
        hours in -12_i64..=14,
        residue in -420_i64..=420,
    ) {
        let shown = Timestamp::from_second(epoch + residue).unwrap();
        let zone = TimeZone::fixed(Offset::from_seconds(i32::try_from(hours * 3600).unwrap()).unwrap());
        let name = shown.to_zoned_datetime(zone).strftime("%Y%m%d-%H%M%S").to_string();
        let facts = read(&format!("freepbx/out-0352345678-201-{name}-{epoch}.1.wav")).unwrap();
        prop_assert_eq!(facts.began, Began::At { at: shown, precision_seconds: 1 });
    }

    #[test]
    fn a_recorders_name_gives_the_moment_it_was_written_at(
        second in 1_600_000_000_i64..4_000_000_000,
        shift in -300_i64..300,
        extension in "[1-9][0-9]{1,5}",
        number in "0[1-9][0-9]{8,9}|[+]81[1-9][0-9]{8}|[(]03[)]5234_?",
        id in 1_u64..99_999_999,
    ) {
        let number = number.replace('_', "");
        let moment = Timestamp::from_second(second).unwrap();
        let local = |zone: &TimeZone, format: &str| moment.to_zoned_datetime(zone.clone()).strftime(format).to_string();
        let (tokyo, utc) = (tokyo(), TimeZone::UTC);
        let uuid = format!("0d0c7d7e-6a5f-4a1b-9c11-{id:012x}");
        let to_the_second = [
            format!("yeastar/{}-{}.{id}-{extension}-{number}-Outbound.wav", local(&tokyo, "%Y%m%d%H%M%S"), second + shift),
            format!("3cx/{extension}/[{number}]_{extension}-{number}_{}({id}).wav", local(&tokyo, "%Y%m%d%H%M%S")),
            format!("ringcentral/{}_{extension}_{number}_Outgoing_Auto_{id}.mp3", local(&tokyo, "%Y%m%d-%H%M%S")),
        ];
        for key in to_the_second {
            let facts = read(&key).unwrap();
            prop_assert_eq!(facts.began, Began::At { at: moment, precision_seconds: 1 });
            prop_assert_eq!(facts.caller.as_ref(), Some(&extension));
            prop_assert_eq!(facts.called.as_ref(), Some(&number));
            prop_assert!(facts.call_id.unwrap().ends_with(&id.to_string()));
        }
        let facts = read(&format!("connect/a/CallRecordings/{}/{uuid}_{}_UTC.wav", local(&utc, "%Y/%m/%d"), local(&utc, "%Y%m%dT%H:%M"))).unwrap();
        let minute = Timestamp::from_second(second - second % 60).unwrap();
        prop_assert_eq!(facts.began, Began::At { at: minute, precision_seconds: 60 });
        prop_assert_eq!(facts.call_id.as_ref(), Some(&uuid));
        for key in [
            format!("genesys/a/{}/conversation_id={uuid}/{id}", local(&utc, "year=%Y/month=%m/day=%d/hour=%H")),
            format!("fusionpbx/a/archive/{}/{uuid}.wav", local(&tokyo, "%Y/%b/%d")),
        ] {
            let facts = read(&key).unwrap();
            let is_within = matches!(&facts.began, Began::Within(range) if range.contains(&moment));
            prop_assert!(is_within, "{:?}", facts.began);
            prop_assert_eq!(facts.call_id.as_ref(), Some(&uuid));
        }
    }

    #[test]
    fn no_name_makes_it_panic(
        prefix in "freepbx/|yeastar/|3cx/[0-9]{1,3}/|ringcentral/|connect/|genesys/|fusionpbx/|freeswitch/|asterisk/|five9/|twilio/|grandstream/|a/b/",
        name in "\\PC{0,80}|(in|out|q)-[0-9]{0,4}-[0-9]{0,12}-[0-9]{8}-[0-9]{6}-[0-9]{9,11}\\.[0-9]{1,3}\\.wav|[0-9]{14}-[0-9]{9,11}\\.1-[0-9]{3}-[0-9]{3}-Inbound\\.wav|\\[\\]_[0-9]{3}-[0-9]{3}_[0-9]{14}\\([0-9]\\)\\.wav|y/year=[0-9]{4}/month=[0-9]{2}/day=[0-9]{2}/hour=[0-9]{2}/conversation_id=a/b",
    ) {
        let key = ObjectKey::new(format!("{prefix}{name}"));
            if let Some(source) = find(built_in(), &key) {
                let _ = source.read(&key, &tokyo());
            }
            let free = Source::new("own", "", r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d).(?P<hour>\d\d)(?P<minute>\d\d).*", ZoneRule::Company, vec![Kind::default()]);
            let _ = free.read(&ObjectKey::new(format!("20261120_1010{name}")), &tokyo());
    }
}
