//! Call logs, from the bytes of a file to rows: the samples, odd rows, and the laws of the reader.
#![allow(clippy::unwrap_used)]

use jiff::Timestamp;
use jiff::tz::TimeZone;
use policy::calllog::{BadRow, Encoding, Fact, Line, Log, LogDefinition, Position, Reader, Reason, Row, built_in};
use policy::facts::Direction;
use proptest::prelude::*;
use serde_json::json;

const ASTERISK: &[u8] = include_bytes!("../../../samples/calllog/asterisk/Master-20261105.csv");
const FREESWITCH: &[u8] =
    include_bytes!("../../../samples/calllog/freeswitch/0d0c7d7e-6a5f-4a1b-9c11-7b2a4b5c6d7e.cdr.json");
const CONNECT: &[u8] =
    include_bytes!("../../../samples/calllog/amazon-connect/6f1b2c1e-8a43-4f0d-9a8d-2f5f9e6f1a01.json");

const GENERIC: &str = r#"
prefix = "calllog/biztel/"
format = "csv"
zone = "Asia/Tokyo"
[columns]
call_id = "通話ID"
started_at = "開始日時"
direction = "種別"
counterpart = "相手番号"
our_number = "着信番号"
agent = "担当者"
talk_seconds = "通話時間"
recording = "録音ファイル"
"#;

fn tokyo() -> TimeZone {
    TimeZone::get("Asia/Tokyo").unwrap()
}

fn log(source: &str) -> Log {
    built_in().iter().find(|log| log.source == source).unwrap().clone()
}

fn defined(text: &str) -> Log {
    toml::from_str::<LogDefinition>(text).unwrap().check("biztel").unwrap()
}

fn lines_from(log: &Log, position: Position, chunks: &[&[u8]]) -> (Vec<Line>, Position) {
    let mut reader = Reader::new(log, &tokyo(), position);
    let mut lines = Vec::new();
    for chunk in chunks {
        reader.feed(chunk, &mut lines);
    }
    let end = reader.finish(&mut lines);
    (lines, end)
}

fn lines(log: &Log, bytes: &[u8]) -> Vec<Line> {
    lines_from(log, Position::default(), &[bytes]).0
}

fn rows(log: &Log, bytes: &[u8]) -> Vec<Row> {
    lines(log, bytes).into_iter().map(|line| line.read.unwrap()).collect()
}

fn bad(log: &Log, bytes: &[u8]) -> Vec<(u64, Reason, Option<Fact>)> {
    let bad = lines(log, bytes).into_iter().filter_map(|line| line.read.err());
    bad.map(|BadRow { line, reason, column }| (line, reason, column)).collect()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn asterisk(start: &str, rest: &str) -> String {
    format!(
        r#""","0312345678","201","external","","PJSIP/a-1","PJSIP/201-2","Dial","x",{start},,{start},2,0,"NO ANSWER","DOCUMENTATION"{rest}"#
    )
}

#[test]
fn every_row_of_the_asterisk_sample_comes_out() {
    let rows = rows(&log("freepbx"), ASTERISK);
    let shown: Vec<_> = rows
        .iter()
        .map(|row| {
            let parties = (row.caller.as_deref().unwrap(), row.called.as_deref(), row.queue.as_deref());
            (row.call_id.as_str(), row.started_at, row.is_answered, row.talk_seconds, row.duration_seconds, parties)
        })
        .collect();
    let expected = [
        ("1793682300.101", "2026-11-03T14:05:00+09:00", true, 34, 36, ("09012345678", Some("201"), None)),
        ("1793686798.102", "2026-11-03T15:19:58+09:00", true, 20, 22, ("201", Some("0352345678"), None)),
        ("1793750428.103", "2026-11-04T09:00:28+09:00", true, 8, 10, ("202", Some("301"), None)),
        ("1793754943.104", "2026-11-04T10:15:43+09:00", true, 19, 21, ("08011112222", None, Some("600"))),
        ("1793779198.110", "2026-11-04T16:59:58+09:00", true, 19, 21, ("0451112222", Some("203"), None)),
        ("1793757598.105", "2026-11-04T10:59:58+09:00", true, 9, 11, ("anonymous", Some("202"), None)),
        ("1793864708.106", "2026-11-05T16:45:08+09:00", true, 18, 20, ("0663456789", Some("203"), None)),
        ("1793890737.107", "2026-11-05T23:58:57+09:00", true, 29, 31, ("203", Some("01012125550123"), None)),
        ("1793867398.108", "2026-11-05T17:29:58+09:00", true, 75, 77, ("0451234567", Some("201"), None)),
        ("1793867998.109", "2026-11-05T17:39:58+09:00", false, 0, 2, ("0451234567", Some("201"), None)),
    ]
    .map(|(id, start, is_answered, talk, duration, parties)| {
        (id, at(start), is_answered, Some(talk), Some(duration), parties)
    });
    assert_eq!(shown, expected);
    let first = &rows[0];
    assert_eq!(first.answered_at, Some(at("2026-11-03T14:05:02+09:00")));
    assert_eq!(first.ended_at, Some(at("2026-11-03T14:05:36+09:00")));
    assert_eq!((first.source.as_str(), first.direction, first.left_out), ("freepbx", None, 0));
    assert_eq!(rows[9].answered_at, None);
    assert!(rows.iter().all(|row| row.recordings.is_empty() && row.linked_id.is_none() && row.extension.is_none()));
}

#[test]
fn the_freeswitch_sample_comes_out() {
    let rows = rows(&log("fusionpbx"), FREESWITCH);
    let [row] = rows.as_slice() else { panic!("{} rows", rows.len()) };
    assert_eq!(row.call_id, "0d0c7d7e-6a5f-4a1b-9c11-7b2a4b5c6d7e");
    assert_eq!(row.started_at, at("2026-11-10T08:59:00+09:00"));
    assert_eq!(row.answered_at, Some(at("2026-11-10T08:59:03+09:00")));
    assert_eq!(row.ended_at, Some(at("2026-11-10T08:59:22+09:00")));
    assert_eq!((row.is_answered, row.talk_seconds, row.direction), (true, Some(19), None));
    assert_eq!((row.caller.as_deref(), row.called.as_deref()), (Some("09077778888"), Some("204")));
    assert_eq!(row.recordings, ["0d0c7d7e-6a5f-4a1b-9c11-7b2a4b5c6d7e.wav"]);
}

#[test]
fn the_contact_record_of_the_samples_comes_out() {
    let rows = rows(&log("amazon-connect"), CONNECT);
    let [row] = rows.as_slice() else { panic!("{} rows", rows.len()) };
    assert_eq!(row.call_id, "6f1b2c1e-8a43-4f0d-9a8d-2f5f9e6f1a01");
    assert_eq!(row.linked_id, None);
    assert_eq!(row.started_at, at("2026-11-09T01:07:00Z"));
    assert_eq!(row.ended_at, Some(at("2026-11-09T01:07:34Z")));
    assert_eq!(row.updated_at, Some(at("2026-11-09T01:08:30Z")));
    assert_eq!((row.is_answered, row.direction), (true, Some(Direction::Inbound)));
    assert_eq!((row.counterpart.as_deref(), row.our_number.as_deref()), (Some("+818099998888"), Some("+81312345678")));
    assert_eq!((row.agent.as_deref(), row.queue.as_deref()), (Some("suzuki"), Some("サポート窓口")));
    assert_eq!(row.recordings, ["6f1b2c1e-8a43-4f0d-9a8d-2f5f9e6f1a01_20261109T01:07_UTC.wav"]);
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_packed_log_is_read_by_its_bytes_in_any_pieces_and_from_any_row_on() {
    for (source, bytes) in [("freepbx", ASTERISK), ("fusionpbx", FREESWITCH), ("amazon-connect", CONNECT)] {
        let log = log(source);
        let plain = rows(&log, bytes);
        let file = packed(bytes);
        assert_eq!(rows(&log, &file), plain);
        // Firehose appends one packed record to the other.
        assert_eq!(rows(&log, &[file.clone(), file.clone()].concat()).len(), 2 * plain.len());
        for size in [1, 2, 7, 1000] {
            let chunks: Vec<&[u8]> = file.chunks(size).collect();
            let (read, _) = lines_from(&log, Position::default(), &chunks);
            assert_eq!(read.iter().map(|line| line.read.clone().unwrap()).collect::<Vec<_>>(), plain, "{size}");
            for (done, line) in read.iter().enumerate() {
                let stored = serde_json::to_string(&line.after).unwrap();
                let after: Position = serde_json::from_str(&stored).unwrap();
                assert_eq!(after.offset_bytes(), 0, "a packed file is read from its beginning");
                let (rest, _) = lines_from(&log, after, &chunks);
                let rest: Vec<Row> = rest.into_iter().map(|line| line.read.unwrap()).collect();
                assert_eq!(rest, plain[done + 1..], "{size}");
            }
        }
    }
}

#[test]
fn a_packed_log_that_is_cut_off_or_damaged_gives_its_whole_rows_and_says_so() {
    let log = log("freepbx");
    let file = packed(ASTERISK);
    let whole = rows(&log, ASTERISK);
    for cut in [3, 12, file.len() / 2, file.len() - 9, file.len() - 1] {
        let read = lines(&log, &file[..cut]);
        let (last, before) = read.split_last().unwrap();
        assert_eq!(last.read.as_ref().unwrap_err().reason, Reason::DamagedFile, "{cut}");
        let before: Vec<Row> = before.iter().map(|line| line.read.clone().unwrap()).collect();
        assert!(whole.starts_with(&before), "{cut}: a row that is cut off is no row");
    }
    let mut damaged = file.clone();
    damaged[file.len() / 2] ^= 0xFF;
    assert!(lines(&log, &damaged).iter().any(|line| line.read.is_err()));
    assert_eq!(bad(&log, &[0x1F]), [(1, Reason::ColumnCount, None)], "one byte is no mark");
}

const XML: &str = r#"<?xml version="1.0"?>
<cdr core-uuid="1"><channel_data><state>CS_REPORTING</state><direction>inbound</direction></channel_data>
<variables><direction>inbound</direction><uuid>0d0c7d7e-6a5f-4a1b-9c11-0000000000e3</uuid>
<caller_id_number>%2B819000001503</caller_id_number><record_name>e3.wav</record_name>
<start_stamp>2026-11-20%2009%3A30%3A00</start_stamp><start_epoch>1795134600</start_epoch>
<answer_epoch>1795134603</answer_epoch><end_epoch>1795134623</end_epoch><duration>23</duration><billsec>20</billsec></variables>
<callflow profile_index="2"><caller_profile><destination_number>201</destination_number></caller_profile></callflow>
<callflow profile_index="1"><caller_profile><destination_number>600</destination_number></caller_profile></callflow></cdr>
"#;

#[test]
fn freeswitchs_xml_says_what_its_json_says() {
    let log = log("fusionpbx");
    let read = rows(&log, XML.as_bytes());
    let [row] = read.as_slice() else { panic!("{} rows", read.len()) };
    assert_eq!(row.call_id, "0d0c7d7e-6a5f-4a1b-9c11-0000000000e3");
    assert_eq!(row.started_at, at("2026-11-20T09:30:00+09:00"));
    assert_eq!((row.answered_at, row.ended_at), (Some(at("2026-11-20T00:30:03Z")), Some(at("2026-11-20T00:30:23Z"))));
    assert_eq!((row.is_answered, row.talk_seconds, row.duration_seconds), (true, Some(20), Some(23)));
    assert_eq!((row.caller.as_deref(), row.called.as_deref()), (Some("+819000001503"), Some("201")));
    assert_eq!(row.recordings, ["e3.wav"]);
    let twice = format!("{XML}\n{}", XML.replace("e3", "e4"));
    assert_eq!(rows(&log, twice.as_bytes()).len(), 2);
    assert_eq!(rows(&log, &packed(twice.as_bytes())).len(), 2);
    for size in 1..40 {
        let chunks: Vec<&[u8]> = twice.as_bytes().chunks(size).collect();
        let (read, _) = lines_from(&log, Position::default(), &chunks);
        assert_eq!(read.len(), 2, "{size}");
        let from = usize::try_from(read[0].after.offset_bytes()).unwrap();
        let (rest, _) = lines_from(&log, read[0].after, &[&twice.as_bytes()[from..]]);
        assert_eq!(rest, read[1..]);
    }
}

#[test]
fn xml_that_is_cut_off_wrong_or_far_too_long_is_kept_aside() {
    let log = log("fusionpbx");
    assert_eq!(bad(&log, &XML.as_bytes()[..XML.len() / 2]), [(1, Reason::NotXml, None)]);
    let wrong = XML.replace("</uuid>", "</uid>");
    let both = format!("{wrong}{XML}");
    assert_eq!(bad(&log, both.as_bytes()), [(1, Reason::NotXml, None)]);
    assert_eq!(lines(&log, both.as_bytes()).len(), 2);
    let oversized = XML.replace("<record_name>", &format!("<x>{}</x><record_name>", "y".repeat(300 * 1024)));
    let both = format!("{oversized}{XML}");
    for size in [4096, 100_000, both.len()] {
        let chunks: Vec<&[u8]> = both.as_bytes().chunks(size).collect();
        let (read, _) = lines_from(&log, Position::default(), &chunks);
        assert_eq!(read[0].read.as_ref().unwrap_err().reason, Reason::TooLong, "{size}");
        assert!(read[1].read.is_ok() && read.len() == 2, "{size}");
    }
}

#[test]
fn cdr_customs_master_csv_is_told_apart_by_its_columns() {
    let row = |start: &str, tail: &str| {
        format!(
            r#""""090"" <09000001601>","09000001601","600","ext-queues","PJSIP/trunk-1","PJSIP/202-2","Queue","600,t,,",{start},"2026-11-20 14:00:02","2026-11-20 14:00:40","40","38","ANSWERED","3","","1795150800.5001"{tail}"#
        )
    };
    for tail in ["", ",\"\"", ",\"\",5001"] {
        for start in ["\"2026-11-20 14:00:00\"", "1795150800", "1795150800.000000"] {
            let rows = rows(&log("freepbx"), row(start, tail).as_bytes());
            let [row] = rows.as_slice() else { panic!("{} rows", rows.len()) };
            assert_eq!((row.call_id.as_str(), row.started_at), ("1795150800.5001", at("2026-11-20T14:00:00+09:00")));
            assert_eq!((row.talk_seconds, row.duration_seconds, row.is_answered), (Some(38), Some(40), true));
            assert_eq!((row.caller.as_deref(), row.called.as_deref()), (Some("09000001601"), None));
            assert_eq!((row.queue.as_deref(), row.extension.as_deref()), (Some("600"), Some("202")));
        }
    }
}

#[test]
fn a_csv_may_count_in_epochs_and_minutes_and_name_its_columns_types_below_their_names() {
    let cucm = defined(
        "prefix = 'calllog/cucm/'\nformat = 'csv'\n[columns]\ncall_id = 'globalCallID_callId'\n\
         started_at = 'dateTimeOrigination'\nanswered_at = 'dateTimeConnect'\nended_at = 'dateTimeDisconnect'\n\
         caller = 'callingPartyNumber'\ncalled = 'finalCalledPartyNumber'\nduration_seconds = 'duration'\n",
    );
    let file = "\"globalCallID_callId\",\"dateTimeOrigination\",\"callingPartyNumber\",\"finalCalledPartyNumber\",\
                \"dateTimeConnect\",\"dateTimeDisconnect\",\"duration\"\n\
                INTEGER,INTEGER,VARCHAR(50),VARCHAR(50),INTEGER,INTEGER,INTEGER\n\
                4711,1795150800,\"201\",\"09000001601\",1795150802,1795150840,38\n\
                4712,1795150900,\"201\",\"09000001601\",0,1795150940,0\n";
    let read = rows(&cucm, file.as_bytes());
    assert_eq!(read.len(), 2);
    assert_eq!(
        (read[0].started_at, read[0].answered_at),
        (at("2026-11-20T14:00:00+09:00"), Some(at("2026-11-20T14:00:02+09:00")))
    );
    assert_eq!((read[0].is_answered, read[0].duration_seconds, read[0].local_offset_seconds), (true, Some(38), None));
    assert_eq!((read[1].is_answered, read[1].answered_at), (false, None));

    let head = "prefix = 'calllog/x/'\nformat = 'csv'\n";
    let by_heading = format!(
        "{head}[columns]\ncall_id = 'ID'\nstarted_at = '開始'\ntalk_seconds = '通話時間(分)'\nanswered = '結果'\n"
    );
    let read = rows(
        &defined(&by_heading),
        "ID,開始,通話時間（分）,結果\n1,2026/4/1 9:05,3,成立呼\n2,2026/4/1 9:06,0,不成立呼\n".as_bytes(),
    );
    let shown: Vec<_> = read.iter().map(|row| (row.talk_seconds, row.is_answered)).collect();
    assert_eq!(shown, [(Some(180), true), (Some(0), false)]);
    for (unit, seconds) in [("minutes", 180), ("seconds", 3)] {
        let by_number =
            format!("{head}length_unit = '{unit}'\n[columns]\ncall_id = 1\nstarted_at = 2\ntalk_seconds = 3\n");
        assert_eq!(rows(&defined(&by_number), b"1,2026/4/1 9:05,3\n")[0].talk_seconds, Some(seconds));
    }
}

#[test]
fn asterisks_optional_columns_are_told_apart() {
    let read = |rest: &str| {
        let row = asterisk(r#""2026-11-03 14:05:00""#, rest);
        lines(&log("freepbx"), row.as_bytes()).remove(0).read
    };
    let ids = |rest: &str| read(rest).map(|row| (row.call_id, row.linked_id, row.recordings));
    let id = || "1793682300.101".to_owned();
    assert_eq!(ids(r#","1793682300.101""#), Ok((id(), None, vec![])));
    assert_eq!(ids(r#","pbx1-1793682300.101""#), Ok((format!("pbx1-{}", id()), None, vec![])));
    assert_eq!(ids(r#","1793682300.101","note""#), Ok((id(), None, vec![])));
    assert_eq!(
        ids(r#","1793682300.101","note","","1793682300.99",7"#),
        Ok((id(), Some("1793682300.99".to_owned()), vec![]))
    );
    assert_eq!(ids(r#","1793682300.101","","1793682300.101",7"#), Ok((id(), None, vec![])));
    let name = "in-201-0312345678-20261103-140500-1793682300.101.wav";
    assert_eq!(ids(&format!(r#","audio:{name}""#)), Ok((id(), None, vec![name.to_owned()])));
    assert_eq!(ids(&format!(r#","1793682300.101","/var/spool/{name}""#)), Ok((id(), None, vec![name.to_owned()])));
    for rest in ["", r#","a note""#, r#","","1793682300.99",7"#] {
        assert_eq!(read(rest).unwrap_err().reason, Reason::NoCallId, "{rest}");
    }
    assert_eq!(read(r#","1793682300.101","","","",7,"x""#).unwrap_err().reason, Reason::ColumnCount);
}

#[test]
fn a_queues_row_names_the_queue_and_the_member_who_answered() {
    let row = r#""","0312345678","600","ext-queues","","PJSIP/t-1","Local/203@from-queue-0001;1","Queue","600,t,,,300","2026-11-03 14:05:00","2026-11-03 14:05:02","2026-11-03 14:05:36",36,34,"ANSWERED","DOCUMENTATION","1793682300.101","""#;
    let read = |row: &str| rows(&log("freepbx"), row.as_bytes()).remove(0);
    let answered = read(row);
    assert_eq!((answered.queue.as_deref(), answered.called.as_deref()), (Some("600"), None));
    assert_eq!(answered.extension.as_deref(), Some("203"));
    let rung = read(&row.replace("203@", "204@").replace("ANSWERED", "NO ANSWER"));
    assert_eq!(rung.extension, None);
    assert_ne!(rung.row_key(), answered.row_key());
    assert_eq!(read(row).row_key(), answered.row_key());
}

#[test]
fn a_log_in_utc_read_as_local_is_found_out_by_the_epoch_in_its_ids() {
    let row = asterisk(r#""2026-11-03 05:05:00""#, r#","1793682300.101""#);
    assert_eq!(bad(&log("freepbx"), row.as_bytes()), [(1, Reason::Zone, Some(Fact::StartedAt))]);
    let utc =
        toml::from_str::<LogDefinition>("prefix = 'calllog/asterisk/'\nformat = 'asterisk'\nzone = 'UTC'").unwrap();
    assert_eq!(rows(&utc.check("freepbx").unwrap(), row.as_bytes())[0].started_at, at("2026-11-03T14:05:00+09:00"));
}

#[test]
fn a_bad_row_names_its_line_and_the_good_ones_go_in() {
    let good = asterisk(r#""2026-11-03 14:05:00""#, r#","1793682300.101""#);
    let file = format!(
        "\n{good}\r\n,,,\n\"a\" b\n{}\n{}\n{good}\n\"open\n{good}\n\0\0\0",
        good.replace("2026-11-03", "2026-13-03"),
        good.replace("NO ANSWER", "PERHAPS"),
    );
    assert_eq!(
        bad(&log("freepbx"), file.as_bytes()),
        [
            (4, Reason::Quote, None),
            (5, Reason::Time, Some(Fact::StartedAt)),
            (6, Reason::UnknownWord, Some(Fact::Answered)),
            (8, Reason::Quote, None),
        ]
    );
    assert_eq!(lines(&log("freepbx"), file.as_bytes()).iter().filter(|line| line.read.is_ok()).count(), 3);
}

#[test]
fn a_row_over_the_limit_is_one_bad_row_and_the_next_is_read() {
    let good = asterisk(r#""2026-11-03 14:05:00""#, r#","1793682300.101""#);
    let file = format!("{good}\n{}\n{good}\n", "x".repeat(300 * 1024));
    assert_eq!(bad(&log("freepbx"), file.as_bytes()), [(2, Reason::TooLong, None)]);
    assert_eq!(lines(&log("freepbx"), file.as_bytes()).len(), 3);
    let contact = String::from_utf8(CONNECT.to_vec()).unwrap();
    let huge =
        contact.replace("\"Attributes\": {}", &format!("\"Attributes\": {{\"a\":\"{}\"}}", "x".repeat(300 * 1024)));
    let file = format!("{contact}{huge}{contact}");
    assert_eq!(
        bad(&log("amazon-connect"), file.as_bytes()).iter().map(|bad| bad.1).collect::<Vec<_>>(),
        [Reason::TooLong]
    );
    assert_eq!(lines(&log("amazon-connect"), file.as_bytes()).len(), 3);
}

#[test]
fn an_open_quote_costs_one_row_however_long_the_file_is() {
    let good = asterisk(r#""2026-11-03 14:05:00""#, r#","1793682300.101""#).replace('"', "");
    let file = format!("\"open\n{}", format!("{good}\n").repeat(4000));
    let lines = lines(&log("freepbx"), file.as_bytes());
    assert_eq!(lines.iter().filter(|line| line.read.is_err()).count(), 1);
    assert_eq!(lines.len(), 4001);
}

#[test]
fn json_objects_come_alone_by_line_run_together_or_in_an_array() {
    let one = |id: &str| json!({"ContactId": id, "InitiationTimestamp": "2026-11-09T01:07:00Z"}).to_string();
    let (a, b) = (one("a"), one("b"));
    for file in [format!("{a}\n{b}\n"), format!("{a}{b}"), format!("[{a},\n {b}]"), format!("\u{feff}{a}\r\n\r\n{b}\0")]
    {
        let ids: Vec<String> =
            rows(&log("amazon-connect"), file.as_bytes()).into_iter().map(|row| row.call_id).collect();
        assert_eq!(ids, ["a", "b"], "{file}");
    }
    let read = |file: String| {
        let lines = lines(&log("amazon-connect"), file.as_bytes());
        lines
            .into_iter()
            .map(|line| line.read.map(|row| row.call_id).map_err(|bad| (bad.line, bad.reason)))
            .collect::<Vec<_>>()
    };
    let good = |id: &str| Ok(id.to_owned());
    let not_json = |line| Err((line, Reason::NotJson));
    assert_eq!(read(format!("{a}\nnot json\n{b}\n")), [good("a"), not_json(2), good("b")]);
    assert_eq!(read(format!("{}\n{b}", &a[..20])), [not_json(1), good("b")]);
    assert_eq!(read(format!("{{\"x\":1,\n{b}")), [not_json(1), good("b")]);
    assert_eq!(read(format!("{{\"x\":1,{b}")), [not_json(1), good("b")]);
    assert_eq!(read(format!("{{\"x\":wrong}}{b}")), [not_json(1), good("b")]);
    assert_eq!(read(format!("{a}\n{{\"x\":")), [good("a"), not_json(2)]);
    assert_eq!(read("{}".to_owned()), [Err((1, Reason::Time))]);
}

#[test]
fn contacts_that_are_no_calls_are_passed_over_and_transfers_belong_to_their_first_contact() {
    let contact = |changes: serde_json::Value| {
        let mut contact: serde_json::Value = serde_json::from_slice(CONNECT).unwrap();
        contact.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        rows(&log("amazon-connect"), contact.to_string().as_bytes())
    };
    assert_eq!(contact(json!({"Channel": "CHAT"})), []);
    let transfer = contact(json!({"ContactId": "t", "InitiationMethod": "TRANSFER"})).remove(0);
    assert_eq!(transfer.linked_id.as_deref(), Some("6f1b2c1e-8a43-4f0d-9a8d-2f5f9e6f1a01"));
    assert_eq!((transfer.direction, transfer.caller.is_some(), transfer.counterpart.is_some()), (None, false, true));
    let dialled = contact(json!({"InitiationMethod": "OUTBOUND"})).remove(0);
    assert_eq!((dialled.direction, dialled.called.as_deref()), (Some(Direction::Outbound), Some("+818099998888")));
    assert!(!contact(json!({"Agent": null})).remove(0).is_answered);
    let timed = contact(json!({"Agent": {"ConnectedToAgentTimestamp": "2026-11-09T01:07:10Z"}})).remove(0);
    assert_eq!(timed.talk_seconds, Some(24));
    assert_eq!(
        contact(json!({"Recordings": [{"Location": "b/k/x.wav", "Status": "DELETED"}]})).remove(0).recordings,
        [""; 0]
    );
}

#[test]
fn a_freeswitch_record_need_not_be_encoded_nor_have_epochs() {
    let record = |variables: serde_json::Value| {
        let record =
            json!({"variables": variables, "callflow": [{"caller_profile": {"caller_id_number": "%2B81312345678"}}]});
        rows(&log("fusionpbx"), record.to_string().as_bytes()).remove(0)
    };
    let row = record(
        json!({"uuid": "b", "start_stamp": "2026-11-10 08:59:00", "answer_stamp": "", "end_stamp": "2026-11-10 08:59:22",
        "call_uuid": "a", "call_direction": "local", "cc_queue": "600@yamada.example", "answer_epoch": "0"}),
    );
    assert_eq!((row.started_at, row.is_answered), (at("2026-11-10T08:59:00+09:00"), false));
    assert_eq!(
        (row.linked_id.as_deref(), row.direction, row.queue.as_deref()),
        (Some("a"), Some(Direction::Internal), Some("600"))
    );
    // Where the stamps show that nothing is encoded, a percent sign is one.
    assert_eq!(row.caller.as_deref(), Some("%2B81312345678"));
    // The start's stamp and epoch prove the server's zone, here UTC, for the stamps that have no epoch.
    let row = record(json!({"uuid": "b", "start_epoch": 1_794_268_740, "start_stamp": "2026-11-09%2023%3A59%3A00",
        "answer_stamp": "2026-11-09%2023%3A59%3A03", "call_uuid": "b"}));
    assert_eq!(row.answered_at, Some(at("2026-11-10T08:59:03+09:00")));
    assert_eq!((row.caller.as_deref(), row.linked_id), (Some("+81312345678"), None));
}

const THREE_CX: &str = "Call 381,00000148F0BF3D95_6,00:00:33,2026/11/06 09:44:55,2026/11/06 09:45:00,2026/11/06 09:45:33,TerminatedByDst,09055556666,Ext.202,10000,202\r\n";

#[test]
fn a_3cx_row_is_read_in_the_documented_order_an_administrators_or_its_headings() {
    let check = |log: &Log, file: &str| {
        let rows = rows(log, file.as_bytes());
        let [row] = rows.as_slice() else { panic!("{} rows", rows.len()) };
        assert_eq!((row.call_id.as_str(), row.started_at), ("381", at("2026-11-06T09:44:55+09:00")));
        assert_eq!((row.caller.as_deref(), row.called.as_deref()), (Some("09055556666"), Some("202")));
        assert_eq!((row.direction, row.is_answered, row.talk_seconds), (Some(Direction::Inbound), true, Some(33)));
    };
    check(&log("3cx"), THREE_CX);
    let swapped = toml::from_str::<LogDefinition>(
        "prefix = 'calllog/3cx/'\nformat = '3cx'\ndelimiter = ';'\nfields = ['callid', 'historyid', '', 'to-no', 'from-no', 'time-end', 'time-answered', 'time-start']",
    );
    let row =
        "Call 381;00000148F0BF3D95_6;x;Ext.202;09055556666;2026/11/06 09:45:33;2026/11/06 09:45:00;2026/11/06 09:44:55";
    check(&swapped.unwrap().check("3cx").unwrap(), row);
    let heading = "time-start,time-answered,time-end,historyid,from-no,to-no\n2026/11/06 09:44:55,2026/11/06 09:45:00,2026/11/06 09:45:33,381,09055556666,Ext.202\n";
    check(&log("3cx"), heading);
    assert_eq!(bad(&log("3cx"), b"Call 1,2\n"), [(1, Reason::ColumnCount, None)]);
}

const EXPORT: &str = "通話ID,開始日時,種別,相手番号,着信番号,担当者,通話時間,録音ファイル,メモ\r\n\
    c-1,2026/4/1 9:05,着信,09012345678,0312345678,佐藤,0:01:15,c-1.mp3,\"折り返し\r\n希望, \"\"至急\"\"\"\r\n\
    c-2,2026-04-01 09:06:00,発信,9012345678,312345678,鈴木,0,,\r\n\
    ,,,,,,,,\r\n\
    c-3,2026-04-01T00:07:00Z,内線,202,,,75,,";

fn check_export(bytes: &[u8]) {
    let rows = rows(&defined(GENERIC), bytes);
    let shown: Vec<_> =
        rows.iter().map(|row| (row.call_id.as_str(), row.direction, row.is_answered, row.talk_seconds)).collect();
    assert_eq!(
        shown,
        [
            ("c-1", Some(Direction::Inbound), true, Some(75)),
            ("c-2", Some(Direction::Outbound), false, Some(0)),
            ("c-3", Some(Direction::Internal), true, Some(75)),
        ]
    );
    assert_eq!((rows[0].started_at, rows[0].precision_seconds), (at("2026-04-01T09:05:00+09:00"), 60));
    assert_eq!(
        (rows[0].agent.as_deref(), rows[0].recordings.as_slice()),
        (Some("佐藤"), ["c-1.mp3".to_owned()].as_slice())
    );
    assert_eq!(rows[1].counterpart.as_deref(), Some("9012345678"));
    assert_eq!(rows[1].lost_zero("JP"), [Fact::Counterpart, Fact::OurNumber]);
    assert_eq!(rows[2].started_at, at("2026-04-01T09:07:00+09:00"));
}

#[test]
fn an_export_is_read_as_utf8_with_or_without_a_mark_and_as_cp932() {
    check_export(EXPORT.as_bytes());
    check_export(format!("\u{feff}{EXPORT}").as_bytes());
    check_export(EXPORT.replace("\r\n", "\n").as_bytes());
    let (cp932, _, is_lossy) = encoding_rs::SHIFT_JIS.encode(EXPORT);
    assert!(!is_lossy);
    check_export(&cp932);
    assert_eq!(lines(&defined(GENERIC), &cp932)[0].after.encoding(), Encoding::Cp932);
    assert_eq!(lines(&defined(GENERIC), EXPORT.as_bytes())[0].after.encoding(), Encoding::Utf8);
}

#[test]
fn a_file_that_changes_its_encoding_has_bad_rows_and_no_wrong_letters() {
    let file = [EXPORT.as_bytes(), b"\r\nc-4,2026-04-01 09:06:00,,,,\x8d\xb2\x93\xa1,1,,\r\n"].concat();
    assert_eq!(bad(&defined(GENERIC), &file), [(7, Reason::NotText, None)]);
}

#[test]
fn a_heading_that_lacks_a_column_is_said_once_and_nothing_else_is_read() {
    let file = EXPORT.replacen("相手番号", "電話番号", 1);
    assert_eq!(bad(&defined(GENERIC), file.as_bytes()), [(1, Reason::MissingColumn, Some(Fact::Counterpart))]);
    assert_eq!(lines(&defined(GENERIC), file.as_bytes()).len(), 1);
}

#[test]
fn columns_by_number_need_no_heading_and_pass_one_over() {
    let log = defined(
        "prefix = 'calllog/x/'\nformat = 'csv'\ncolumns = { call_id = 1, started_on = 2, started_at = 3, ended_at = 4, answered = 5 }",
    );
    let file = "a,2026/4/1,23:59:00,0:01:00,応答\nb,2026/4/1,9:00,9:01,不在\nc,2026/4/1,9:00,9:01,多分\nd,2026/4/1\n";
    for file in [file.to_owned(), format!("番号,日,開始,終了,結果\n{file}")] {
        let lines = lines(&log, file.as_bytes());
        let shift = lines.len() as u64 - 4 + u64::from(file.starts_with('番'));
        let row = lines[0].read.clone().unwrap();
        assert_eq!((row.call_id.as_str(), row.is_answered), ("a", true));
        assert_eq!(row.ended_at, Some(at("2026-04-02T00:01:00+09:00")));
        assert!(!lines[1].read.clone().unwrap().is_answered);
        assert_eq!(
            bad(&log, file.as_bytes()),
            [(3 + shift, Reason::UnknownWord, Some(Fact::Answered)), (4 + shift, Reason::ColumnCount, None),]
        );
    }
}

#[test]
fn a_row_survives_being_stored_and_says_what_it_said() {
    for (source, bytes) in [("freepbx", ASTERISK), ("fusionpbx", FREESWITCH), ("amazon-connect", CONNECT)] {
        for line in lines(&log(source), bytes) {
            let row = line.read.unwrap();
            let stored = serde_json::to_string(&row).unwrap();
            assert!(stored.len() < 1024, "{} bytes", stored.len());
            assert_eq!(serde_json::from_str::<Row>(&stored).unwrap(), row);
            let position = serde_json::to_string(&line.after).unwrap();
            assert!(position.len() < 512);
            assert_eq!(serde_json::from_str::<Position>(&position).unwrap(), line.after);
        }
    }
}

#[test]
fn the_newest_reading_of_a_row_stands() {
    let contact = |updated: &str, agent: &str| {
        let record = json!({"ContactId": "a", "InitiationTimestamp": "2026-11-09T01:07:00Z",
            "LastUpdateTimestamp": updated, "Agent": {"Username": agent}});
        rows(&log("amazon-connect"), record.to_string().as_bytes()).remove(0)
    };
    let (older, newer) = (contact("2026-11-09T01:08:00Z", "z"), contact("2026-11-09T01:09:00Z", "a"));
    assert!(newer.supersedes(&older) && !older.supersedes(&newer) && !newer.supersedes(&newer));
    let mut other = newer.clone();
    other.call_id = "b".to_owned();
    assert!(!other.supersedes(&older), "another call's row");
}

/// The logs that the laws are tried on, each with text that is nearly what it reads.
fn subjects() -> Vec<(Log, Vec<u8>)> {
    let (cp932, _, _) = encoding_rs::SHIFT_JIS.encode(EXPORT);
    let asterisk_rows = ASTERISK.split_inclusive(|&byte| byte == b'\n').take(2).collect::<Vec<_>>().concat();
    let contact =
        br#"{"ContactId":"a","InitiationTimestamp":"2026-11-09T01:07:00Z","Recordings":[{"Location":"b/c.wav"}]}
{"ContactId":"b","Agent":{"Username":"x"},"InitiationTimestamp":"2026-11-09T01:07:00Z"}"#;
    let channel =
        br#"[{"variables":{"uuid":"a","start_epoch":"1794268740","start_stamp":"2026-11-10%2008%3A59%3A00"}}]"#;
    vec![
        (log("freepbx"), asterisk_rows),
        (log("fusionpbx"), channel.to_vec()),
        (log("amazon-connect"), contact.to_vec()),
        (log("3cx"), THREE_CX.as_bytes().to_vec()),
        (defined(GENERIC), EXPORT.as_bytes().to_vec()),
        (defined(GENERIC), cp932.into_owned()),
    ]
}

/// A generator small enough that 10 million inputs are a matter of minutes: xorshift64.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }

    /// What upsets parsers: their own marks, line ends, halves of letters.
    fn byte(&mut self) -> u8 {
        const MARKS: &[u8] = b"\"\"\",;\t\n\r\n{}{}[]:\\%0/-.\0\x81\xe3\xff\x1aeE+ ";
        if self.below(3) == 0 { u8::try_from(self.below(256)).unwrap() } else { MARKS[self.below(MARKS.len())] }
    }

    /// A text with a few bytes changed, put in, taken out or repeated; or bytes alone.
    fn nearly(&mut self, text: &[u8]) -> Vec<u8> {
        if self.below(8) == 0 {
            return (0..self.below(64)).map(|_| self.byte()).collect();
        }
        let from = if self.below(4) == 0 { self.below(text.len()) } else { 0 };
        let mut bytes = text[from..].to_vec();
        for _ in 0..self.below(5) {
            let at = self.below(bytes.len().max(1));
            match self.below(4) {
                0 if at < bytes.len() => bytes[at] = self.byte(),
                1 if at < bytes.len() => drop(bytes.remove(at)),
                2 if at < bytes.len() => {
                    let piece: Vec<u8> = bytes[at..].iter().copied().take(12).collect();
                    let to = self.below(bytes.len());
                    bytes.splice(to..to, piece);
                }
                _ => bytes.insert(at.min(bytes.len()), self.byte()),
            }
        }
        bytes
    }
}

/// 100,000 inputs, or as many as `PROPTEST_CASES` says.
fn inputs() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(100_000)
}

#[test]
fn whatever_the_bytes_however_they_are_cut_wherever_one_resumes_the_same_rows_come() {
    let subjects = subjects();
    let (mut good, mut bad_rows) = (0_u64, 0_u64);
    for seed in 1..=u64::from(inputs()) {
        let mut chance = Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let (log, text) = &subjects[chance.below(subjects.len())];
        let bytes = chance.nearly(text);
        let (whole, end) = lines_from(log, Position::default(), &[&bytes]);
        assert!(whole.len() <= bytes.len(), "seed {seed}");
        assert_eq!(end.offset_bytes(), bytes.len() as u64, "seed {seed}");
        let (head, tail) = bytes.split_at(chance.below(bytes.len() + 1));
        let (middle, tail) = tail.split_at(chance.below(tail.len() + 1));
        let cut = lines_from(log, Position::default(), &[head, middle, tail]);
        assert_eq!(cut, (whole.clone(), end), "seed {seed}");
        if !whole.is_empty() {
            let done = chance.below(whole.len());
            let after = whole[done].after;
            let rest = &bytes[usize::try_from(after.offset_bytes()).unwrap()..];
            assert_eq!(lines_from(log, after, &[rest]), (whole[done + 1..].to_vec(), end), "seed {seed}");
        }
        for line in whole {
            match line.read {
                Ok(_) => good += 1,
                Err(_) => bad_rows += 1,
            }
        }
    }
    // Else the inputs would be too wild, or too tame, to try anything.
    assert!(good > u64::from(inputs()) / 10 && bad_rows > u64::from(inputs()) / 10, "{good} good, {bad_rows} bad");
}

#[test]
fn byte_by_byte_the_same_rows_come_and_every_place_between_can_be_resumed_from() {
    for (log, bytes) in subjects() {
        let (whole, end) = lines_from(&log, Position::default(), &[&bytes]);
        assert!(!whole.is_empty());
        let chunks: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(lines_from(&log, Position::default(), &chunks), (whole.clone(), end));
        let mut reader = Reader::new(&log, &tokyo(), Position::default());
        let mut read = Vec::new();
        for chunk in &chunks {
            reader.feed(chunk, &mut read);
            let position = reader.position();
            let rest = &bytes[usize::try_from(position.offset_bytes()).unwrap()..];
            let (resumed, resumed_end) = lines_from(&log, position, &[rest]);
            assert_eq!([read.clone(), resumed].concat(), whole);
            assert_eq!(resumed_end, end);
        }
    }
}

fn reading() -> impl Strategy<Value = Row> {
    let row = rows(&log("freepbx"), ASTERISK).remove(0);
    (0..3_i64, 0..3_i64, any::<bool>(), 0..3_u32, 0..3_u8).prop_map(
        move |(updated, ended, is_answered, talk, caller)| {
            let mut row = row.clone();
            row.updated_at = (updated > 0).then(|| Timestamp::from_second(updated).unwrap());
            row.ended_at = (ended > 0).then(|| Timestamp::from_second(ended).unwrap());
            (row.is_answered, row.talk_seconds, row.caller) = (is_answered, Some(talk), Some(caller.to_string()));
            row
        },
    )
}

proptest! {
    #[test]
    fn whatever_order_readings_of_a_row_arrive_in_the_same_one_stands(
        readings in proptest::collection::vec(reading(), 1..6), turn in 0..6_usize
    ) {
        let standing = |readings: &[Row]| {
            readings.iter().cloned().reduce(|stands, next| if next.supersedes(&stands) { next } else { stands }).unwrap()
        };
        let mut turned = readings.clone();
        turned.rotate_left(turn % readings.len());
        prop_assert_eq!(standing(&turned), standing(&readings));
        turned.reverse();
        prop_assert_eq!(standing(&turned), standing(&readings));
        prop_assert_eq!(standing(&[readings.clone(), turned].concat()), standing(&readings));
    }
}
