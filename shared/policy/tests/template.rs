//! The commented rulebook that comes with the product: what its examples define reads what they say.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use jiff::Timestamp;
use policy::audio::{Audio, Codec, Container, Probe};
use policy::calllog::{Position, Reader, Row};
use policy::facts::Direction;
use policy::fragment::{AudioFragment, Fragments, ObjectKey, ObjectVersion};
use policy::merge::merge;
use policy::number::PhoneNumber;
use policy::rulebook::{Rulebook, check, decode_file, publish};

const POLICY: &str = include_str!("../../../infra/rulebook/policy.toml");
const STAFF: &[u8] = include_bytes!("../../../infra/rulebook/staff.csv");

fn now() -> Timestamp {
    "2026-11-20T03:00:00Z".parse().unwrap()
}

/// The template with every example in force.
fn rulebook() -> Rulebook {
    let policy: String =
        POLICY.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line).to_owned() + "\n").collect();
    let checked = check(&policy, &decode_file(STAFF).unwrap(), now()).unwrap();
    publish(None, &checked, "admin1", now()).unwrap().document.rulebook().unwrap()
}

fn rows(rulebook: &Rulebook, key: &str, bytes: &[u8]) -> Vec<Row> {
    let log = rulebook.log_of(&ObjectKey::new(key)).unwrap();
    let mut reader = Reader::new(log, &rulebook.zone, Position::default());
    let mut lines = Vec::new();
    reader.feed(bytes, &mut lines);
    reader.finish(&mut lines);
    lines.into_iter().map(|line| line.read.unwrap()).collect()
}

fn recording(key: &str, rows: Vec<Row>) -> Fragments {
    let at = now();
    let sound = Audio {
        container: Container::Wav,
        codec: Codec::Pcm,
        channels: 1,
        sample_rate_hertz: 8_000,
        duration_milliseconds: Some(30_000),
    };
    let object = ObjectVersion {
        bucket: "recordings".to_owned(),
        key: ObjectKey::new(key),
        version_id: "v1".to_owned(),
        sequencer: "01".to_owned(),
        stored_at: at,
        taken_in_at: at,
        size_bytes: 100_000,
    };
    let audio = AudioFragment { object, sha256: None, probe: Probe::Audio(sound), metadata: BTreeMap::new() };
    Fragments { audio, sidecars: Vec::new(), rows, correction: None }
}

const EXPORT: &str = "通話ID,開始日時,種別,相手番号,回線番号,担当者ID,結果,通話時間,録音ファイル,メモ\r\n\
    77,2026/11/3 14:04:58,着信,090-1234-5678,03-1234-5678,support1,応答あり,0:00:31,in_301_09012345678_20261103-140502_77.wav,\"髙橋様,①\"\r\n\
    78,2026/11/3 14:10:00,着信,非通知,03-1234-5678,,放棄呼,0,,\r\n";

#[test]
fn an_export_in_cp932_is_read_through_the_templates_example_and_joined_with_its_recording() {
    let rulebook = rulebook();
    let (cp932, _, is_lossy) = encoding_rs::SHIFT_JIS.encode(EXPORT);
    assert!(!is_lossy && std::str::from_utf8(&cp932).is_err());
    let key = "calllog/nagoya/2026-11.csv";
    let of_cp932 = rows(&rulebook, key, &cp932);
    assert_eq!(of_cp932, rows(&rulebook, key, EXPORT.as_bytes()));
    assert_eq!(of_cp932, rows(&rulebook, key, format!("\u{feff}{}", EXPORT.replace("\r\n", "\n")).as_bytes()));
    let shown: Vec<_> = of_cp932.iter().map(|row| (row.call_id.as_str(), row.is_answered, row.talk_seconds)).collect();
    assert_eq!(shown, [("77", true, Some(31)), ("78", false, Some(0))]);
    assert_eq!(of_cp932[0].started_at, "2026-11-03T14:04:58+09:00".parse().unwrap());
    assert_eq!(of_cp932[0].source, "nagoya");

    let key = "nagoya/in_301_09012345678_20261103-140502_77.wav";
    let alone = merge(&recording(key, Vec::new()), &rulebook).outcome.unwrap();
    let of_its_call = of_cp932.into_iter().filter(|row| row.call_id == "77").collect();
    let merged = merge(&recording(key, of_its_call), &rulebook);
    assert_eq!(merged.conflicts, []);
    let facts = merged.outcome.unwrap();
    assert_eq!(facts.started_at, "2026-11-03T14:05:02+09:00".parse().unwrap());
    assert_eq!((facts.direction, facts.staff.as_deref()), (Direction::Inbound, Some("support1")));
    // What the name can't say comes from the row, and with the number the line and its notice.
    assert_eq!((alone.our_number, alone.line, alone.notice.as_str()), (None, None, "unknown"));
    assert_eq!(facts.our_number.as_ref().map(PhoneNumber::expose), Some("+81312345678"));
    assert_eq!((facts.line.as_deref(), facts.notice.as_str()), (Some("代表"), "ivr"));
}

#[test]
fn the_templates_order_of_3cx_takes_the_place_of_the_documented_one() {
    let rulebook = rulebook();
    let line = "Call 380,2026/11/06 09:30:10,2026/11/06 09:30:14,2026/11/06 09:30:40,Ext.201,0367891234,x\n";
    let rows = rows(&rulebook, "calllog/3cx/cdr.log", line.as_bytes());
    assert_eq!((rows[0].call_id.as_str(), rows[0].is_answered), ("380", true));
    assert_eq!((rows[0].direction, rows[0].called.as_deref()), (Some(Direction::Outbound), Some("0367891234")));
    assert!(rulebook.names_log_of("3cx") && !rulebook.names_log_of("freepbx"));
}
