//! How a cell of a call log is read.

#![allow(clippy::unwrap_used)]

use jiff::tz::TimeZone;

use super::*;

#[test]
fn a_time_is_read_as_recorders_and_spreadsheets_write_it() {
    let tokyo = TimeZone::get("Asia/Tokyo").unwrap();
    for (text, expected, precision_seconds) in [
        ("2026-04-01 09:05:00", "2026-04-01T09:05:00+09:00", 1),
        ("2026/4/1 9:05", "2026-04-01T09:05:00+09:00", 60),
        (" 2026/04/01  9:05:07 ", "2026-04-01T09:05:07+09:00", 1),
        ("2026.4.1 09:05:07", "2026-04-01T09:05:07+09:00", 1),
        ("2026-04-01T09:05:00.250", "2026-04-01T09:05:00.25+09:00", 0),
        ("2026-04-01T00:05:00Z", "2026-04-01T09:05:00+09:00", 1),
        ("2026-04-01T00:05:00.000Z", "2026-04-01T09:05:00+09:00", 0),
        ("2026-04-01 02:05:00 +0200", "2026-04-01T09:05:00+09:00", 1),
        ("2026-03-31 19:05-05:00", "2026-04-01T09:05:00+09:00", 60),
        ("20260401090507", "2026-04-01T09:05:07+09:00", 1),
        ("2026年4月1日 9時5分", "2026-04-01T09:05:00+09:00", 60),
        ("2026年4月1日9時5分7秒", "2026-04-01T09:05:07+09:00", 1),
        ("２０２６／４／１　９：０５", "2026-04-01T09:05:00+09:00", 60),
        ("1775001907", "2026-04-01T09:05:07+09:00", 1),
        (" １７７５００１９０７ ", "2026-04-01T09:05:07+09:00", 1),
        ("1775001907.25", "2026-04-01T09:05:07.25+09:00", 0),
        ("1775001907250", "2026-04-01T09:05:07.25+09:00", 0),
        ("1775001907250000", "2026-04-01T09:05:07.25+09:00", 0),
        ("1775001907250.0", "2026-04-01T09:05:07.25+09:00", 0),
        // With its weekday.
        ("2026/04/01(水) 9:05:07", "2026-04-01T09:05:07+09:00", 1),
        ("2026年4月1日（水）9時5分", "2026-04-01T09:05:00+09:00", 60),
        ("2026-04-01 (Wed) 09:05", "2026-04-01T09:05:00+09:00", 60),
        ("2026/4/1 水曜日 9:05", "2026-04-01T09:05:00+09:00", 60),
        // By a clock of twelve hours.
        ("2026/4/1 3:05:07 PM", "2026-04-01T15:05:07+09:00", 1),
        ("2026/4/1 午後3:05:07", "2026-04-01T15:05:07+09:00", 1),
        ("2026年4月1日 午後3時5分7秒", "2026-04-01T15:05:07+09:00", 1),
        ("2026-04-01 PM 3:05", "2026-04-01T15:05:00+09:00", 60),
        ("2026-04-01 12:05 a.m.", "2026-04-01T00:05:00+09:00", 60),
        ("2026/4/1 ＡＭ９：０５", "2026-04-01T09:05:00+09:00", 60),
        ("2026-04-01 09:05:00 午後", "2026-04-01T21:05:00+09:00", 1),
        // Digits with fewer marks.
        ("20260401 090507", "2026-04-01T09:05:07+09:00", 1),
        ("20260401T000507Z", "2026-04-01T09:05:07+09:00", 1),
        ("20260401T090507.25+0900", "2026-04-01T09:05:07.25+09:00", 0),
        ("20260401-090507", "2026-04-01T09:05:07+09:00", 1),
        ("20260401 0905", "2026-04-01T09:05:00+09:00", 60),
        // Months by name.
        ("1-Apr-2026 09:05:07", "2026-04-01T09:05:07+09:00", 1),
        ("01 April 2026 9:05", "2026-04-01T09:05:00+09:00", 60),
        ("Apr 1, 2026 3:05:07 PM", "2026-04-01T15:05:07+09:00", 1),
        ("Wed, 1 Apr 2026 00:05:07 +0000", "2026-04-01T09:05:07+09:00", 1),
        ("2026-Apr-01 09:05:07", "2026-04-01T09:05:07+09:00", 1),
        // An era's year, and zones by name.
        ("令和8年4月1日 9:05", "2026-04-01T09:05:00+09:00", 60),
        ("R8.4.1 9:05", "2026-04-01T09:05:00+09:00", 60),
        ("2026-04-01 09:05:07 JST", "2026-04-01T09:05:07+09:00", 1),
        ("2026-04-01 02:05:07 Europe/Paris", "2026-04-01T09:05:07+09:00", 1),
        ("2026-04-01T09:05:07+09:00[Asia/Tokyo]", "2026-04-01T09:05:07+09:00", 1),
    ] {
        let found = moment(text, &tokyo).map(|moment| (moment.at, moment.precision_seconds));
        assert_eq!(found, Some((expected.parse().unwrap(), precision_seconds)), "{text}");
    }
}

#[test]
fn what_is_no_whole_time_is_none() {
    for text in [
        "",
        "-",
        "46113.378",
        "2026-04-01",
        "4/1/2026 9:05",
        "26/4/1 9:05",
        "2026-04-01 25:10:00",
        "2026-02-30 09:05:00",
        "2026-04-01 09",
        "2026-04-01 09:",
        "2026-04-01 09:05:",
        "2026-04-01 09:05:00.",
        "2026-04-01 09:05:60",
        "2026-04-01 09:05:00+15:00",
        "2026-04-01 09:05:00+09:60",
        "2026-04-01 09:05:00 CST",
        "2026-04-01 午前 09:05 PM",
        "2026-04-01 13:05 AM",
        "1 April 9:05",
        "Foo 1 2026 9:05",
        "11/10/2026 9:05",
        "R100.4.1 9:05",
        "20260401 09",
        "2026-04-01 09:05 Asia/Nowhere",
        "2026-04-0109:05:00",
        "202604010905",
        "2026-04-01 09:05:00+9",
        "+026-04-01 09:05:00",
        "9:05",
        "0",
        "177500190",
        "0775001907",
        "1775001907.",
        "1775001907.x",
        "1775001907250.5",
        "12345678901234567890",
    ] {
        assert_eq!(moment(text, &TimeZone::UTC), None, "{text}");
    }
}

#[test]
fn a_length_of_time_is_read_in_seconds() {
    for (text, expected) in [
        ("0", 0),
        ("75", 75),
        ("75.9", 75),
        ("1:15", 75),
        ("0:01:15", 75),
        ("00:01:15.2", 75),
        ("12:00:00", 43_200),
        ("90:00", 5400),
        ("1分15秒", 75),
        ("75秒", 75),
        ("1時間2分", 3720),
        ("１：１５", 75),
        ("1.25分", 75),
        ("PT1M15S", 75),
        ("PT75S", 75),
        ("PT1H2M", 3720),
        ("1m15s", 75),
        ("1h 1m 15s", 3675),
        ("75 sec", 75),
        ("1 min, 15 sec.", 75),
        ("75400ms", 75),
        ("７５秒", 75),
    ] {
        assert_eq!(seconds(text, LengthUnit::Seconds), Some(expected), "{text}");
    }
    for text in [
        "",
        "-1",
        "1:75",
        "1:60:00",
        "1:2:3:4",
        "a",
        "1.",
        "1.x",
        ".5",
        "99999999999",
        "1時",
        "1秒2分",
        ":",
        "1e3",
        "PT",
        "1m1m",
        "1mx",
        "約75秒",
        "PT1M75",
    ] {
        assert_eq!(seconds(text, LengthUnit::Seconds), None, "{text}");
    }
}

#[test]
fn a_plain_number_counts_minutes_where_the_unit_is_minutes_and_nothing_else_changes() {
    for (text, expected) in
        [("3", Some(180)), ("2.5", Some(150)), ("0", Some(0)), ("1:15", Some(75)), ("1分15秒", Some(75))]
    {
        assert_eq!(seconds(text, LengthUnit::Minutes), expected, "{text}");
    }
    for (text, expected) in [("75400", Some(75)), ("999", Some(0)), ("75.4", Some(0)), ("1:15", Some(75))] {
        assert_eq!(seconds(text, LengthUnit::Milliseconds), expected, "{text}");
    }
    for text in ["", ".", "1.2.3", "99999999999", "-1", "a"] {
        assert_eq!(seconds(text, LengthUnit::Minutes), None, "{text}");
    }
    for (heading, unit) in [
        ("通話時間(分)", Some(LengthUnit::Minutes)),
        ("通話時間（分）", Some(LengthUnit::Minutes)),
        ("通話時間[秒]", Some(LengthUnit::Seconds)),
        ("duration_ms", Some(LengthUnit::Milliseconds)),
        ("durationMs", Some(LengthUnit::Milliseconds)),
        ("通話時間(ミリ秒)", Some(LengthUnit::Milliseconds)),
        ("Talk Time (min)", Some(LengthUnit::Minutes)),
        ("duration_minutes", Some(LengthUnit::Minutes)),
        ("billsec", None),
        ("通話時間", None),
        ("通話時間(分:秒)", Some(LengthUnit::Seconds)),
        ("部分", None),
    ] {
        assert_eq!(unit_in_heading(heading), unit, "{heading}");
    }
}

#[test]
fn a_time_that_never_came_is_told_from_one_that_can_not_be_read() {
    for text in ["0", "00:00:00", "0000-00-00 00:00:00", "0000/00/00", "0000-00-00T00:00:00"] {
        assert!(is_no_moment(text), "{text}");
    }
    for text in ["", "1775001907", "2026-04-01 00:00:00", "00:00:01", "0x"] {
        assert!(!is_no_moment(text), "{text}");
    }
}

#[test]
fn a_direction_is_read_in_either_language() {
    for (word, expected) in [
        ("着信", Direction::Inbound),
        ("発信", Direction::Outbound),
        ("内線", Direction::Internal),
        ("INBOUND", Direction::Inbound),
        ("Outgoing", Direction::Outbound),
        ("local", Direction::Internal),
        ("インバウンド", Direction::Inbound),
        ("ｱｳﾄﾊﾞｳﾝﾄﾞ", Direction::Outbound),
        (" 外線着信 ", Direction::Inbound),
    ] {
        assert_eq!(direction(word), Some(expected), "{word}");
    }
    for word in ["", "不明", "転送", "sideways"] {
        assert_eq!(direction(word), None, "{word}");
    }
}

#[test]
fn a_word_that_says_neither_answered_nor_not_is_not_guessed_at() {
    for (word, expected) in [
        ("ANSWERED", Some(true)),
        ("応答", Some(true)),
        ("○", Some(true)),
        ("成立呼", Some(true)),
        ("不成立呼", Some(false)),
        ("ANSWERD", Some(true)),
        ("NO ANSWER", Some(false)),
        ("不在着信", Some(false)),
        ("", Some(false)),
        ("-", Some(false)),
        ("転送", None),
        ("maybe", None),
    ] {
        assert_eq!(is_answered(word, &[]), expected, "{word}");
    }
    let words = ["転送".to_owned()];
    assert_eq!(is_answered("転送", &words), Some(true));
    assert_eq!(is_answered("answered", &words), Some(false));
}
