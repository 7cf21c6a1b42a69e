//! What people, browsers and file managers do to a recorder's names on the way: the facts in them stay readable.
#![allow(clippy::unwrap_used)]

use jiff::tz::TimeZone;
use policy::object::ObjectKey;
use policy::source::{Began, NameFacts, find, with_built_in};
use policy::{Language, rulebook::Rulebook, trial::try_keys};
use serde_json::json;

fn read(key: &str) -> Option<NameFacts> {
    let key = ObjectKey::new(key.to_owned());
    let tokyo = TimeZone::get("Asia/Tokyo").unwrap();
    find(&with_built_in(vec![]), &key).and_then(|source| source.read(&key, &tokyo).ok())
}

/// A name of each source that ships with an ending, without it.
const NAMES: [&str; 12] = [
    "freepbx/2026/11/20/external-201-09000001101-20261120-102000-1795137600.3111",
    "yeastar/20261120110006-1795140006.121193-09000001201-202-Inbound",
    "3cx/202/[鈴木, 一郎]_09000001401-202_20261120100005(265501)",
    "ringcentral/20261120-101007_(090) 0000-1101_Incoming_Auto_123",
    "connect/a/CallRecordings/2026/11/20/5eed0000-1111-4222-8333-0000000000c1_20261120T01:11_UTC",
    "fusionpbx/pbx.example/archive/2026/Nov/20/0d0c7d7e-6a5f-4a1b-9c11-0000000000e3",
    "freeswitch/2026-11-20-10-10-07_202_09000001903",
    "asterisk/2026/11/20/1795137007.35",
    "grandstream/auto-1795137007-09000001903-202",
    "mikopbx/2026/11/20/10/mikopbx-1795137007.10565_0Fk3uO",
    "five9/recording.09000001909_A1B2C3_agent@example.com_Sales_11_20_2026_3_10_07 PM",
    "twilio/RE0123456789abcdef0123456789abcdef",
];

#[test]
fn a_converted_or_copied_recording_says_what_the_original_said() {
    for name in NAMES {
        let original = read(&format!("{name}.wav")).unwrap_or_else(|| panic!("{name}.wav"));
        for end in [
            ".WAV",
            ".Wav",
            ".mp3",
            ".MP3",
            ".m4a",
            ".flac",
            ".ogg",
            ".opus",
            " (1).wav",
            "(2).wav",
            " - コピー.mp3",
            " - Copy (2).wav",
        ] {
            assert_eq!(read(&format!("{name}{end}")).as_ref(), Some(&original), "{name}{end}");
        }
        for end in [".txt", ".wav.part", ".json", " (1)"] {
            assert_eq!(read(&format!("{name}{end}")), None, "{name}{end}");
        }
    }
}

#[test]
fn full_width_letters_percent_codes_and_parted_marks_are_what_they_stand_for() {
    let original = read("freepbx/external-201-09000001101-20261120-102000-1795137600.3111.wav").unwrap();
    assert!(matches!(original.began, Began::At { .. }));
    for name in [
        "ｅｘｔｅｒｎａｌ－２０１－０９０００００１１０１－２０２６１１２０－１０２０００－１７９５１３７６００．３１１１．ｗａｖ",
        "external-201-09000001101-２０２６１１２０-102000-1795137600.3111.wav",
        "external%2D201%2D09000001101%2D20261120%2D102000%2D1795137600.3111.wav",
        "東京支店/２階/external-201-09000001101-20261120-102000-1795137600.3111.wav",
    ] {
        assert_eq!(read(&format!("freepbx/{name}")).as_ref(), Some(&original), "{name}");
    }
    let connect = "5eed0000-1111-4222-8333-0000000000c1_20261120T01";
    let colon = read(&format!("CallRecordings/2026/11/20/{connect}:11_UTC.wav"));
    for sign in ["：", "%3A", "_"] {
        let name = format!("CallRecordings/2026/11/20/{connect}{sign}11_UTC.wav");
        assert!(colon.is_some() && read(&name) == colon, "{name}");
    }
}

#[test]
fn a_companys_own_pattern_reads_them_too() {
    let time = r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)_(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)";
    let of_clock = r"(?P<year>[0-9]{4})年(?P<month>[0-9]+)月(?P<day>[0-9]+)日(?P<meridiem>午前|午後)(?P<hour>[0-9]+)時(?P<minute>[0-9]+)分";
    for (pattern, key, started_at) in [
        (format!(r"{time}\.wav"), "２０２６１１２０_１０１００７.wav", "2026-11-20T10:10:07+00:00"),
        (format!(r"{of_clock}\.wav"), "２０２６年１１月２０日午後３時１０分.wav", "2026-11-20T15:10:00+00:00"),
        // テ and a mark of its own, as a Mac writes it.
        (format!(r"録音データ_{time}\.wav"), "録音テ\u{3099}ータ_20261120_101007.wav", "2026-11-20T10:10:07+00:00"),
    ] {
        let body = json!({"pattern": pattern, "zone": "UTC", "keys": [key]});
        let tried = try_keys(body, &Rulebook::strict_default("admin"), Language::English).unwrap_or_default();
        let tried = serde_json::to_value(tried).unwrap();
        let found = tried[0]["gives"]["started_at"].as_str().map(|at| at.parse::<jiff::Timestamp>().unwrap());
        assert_eq!(found, Some(started_at.parse().unwrap()), "{key}: {tried}");
    }
}
