//! A given amount of one piece of work, so that two runs of different amounts tell what one of it costs:
//! `pieces decide TIMES`, `pieces hash MEBIBYTES`, `pieces wav MEBIBYTES`, `pieces mp3 MEBIBYTES`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a measurement ends when what it measures is wrong")]

use std::hint::black_box;

use ingest::probe::Reader;
use jiff::Timestamp;
use jiff::civil::Date;
use policy::audio::Probe;
use policy::facts::Direction;
use policy::id::{CallId, RecordingId};
use policy::number::{Absent, Counterpart};
use policy::permission::{Action, Decision, decide};
use policy::recording::{CallReference, Listed, State};
use policy::retention::{ClassRevision, Periods};
use policy::rulebook::{self, Rulebook};
use sha2::{Digest, Sha256};

/// 16 KiB: about what one read of a connection gives.
const CHUNK_BYTES: usize = 16 << 10;

/// Chunks of a mebibyte.
const CHUNKS: usize = (1 << 20) / CHUNK_BYTES;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let work = arguments.next().expect("decide, hash, wav or mp3");
    let amount: usize = arguments.next().and_then(|amount| amount.parse().ok()).expect("an amount");
    match work.as_str() {
        "decide" => decisions(amount),
        "hash" => hash(amount),
        "wav" => probe(&wave_header(amount), &[0x55], amount),
        "mp3" => probe(&[], &mp3_frame(), amount),
        other => panic!("{other} is no work"),
    }
}

/// A manager asks to play a recording of a team of theirs: every rule is looked at, and the answer is yes.
fn decisions(times: usize) {
    let now: Timestamp = "2026-11-13T00:00:00Z".parse().unwrap();
    let rulebook = sample_rulebook(now);
    let member = rulebook.member("mori", rulebook.day_of(now)).unwrap();
    let recording = recording();
    for _ in 0..times {
        let decision = decide(
            black_box(&member),
            Action::Play,
            black_box(&recording),
            black_box(Some("evidence")),
            black_box(&rulebook),
            now,
        );
        assert_eq!(black_box(decision), Decision::Permit);
    }
}

fn sample_rulebook(now: Timestamp) -> Rulebook {
    let policy = include_str!("../../../samples/rulebook/policy.toml");
    let staff = include_str!("../../../samples/rulebook/staff.csv");
    let checked = rulebook::check(policy, staff, now).unwrap();
    let publication = rulebook::publish(None, &checked, "yamada", now).unwrap();
    publication.document.rulebook().unwrap()
}

fn recording() -> Listed {
    let day: Date = "2026-11-03".parse().unwrap();
    let class = ClassRevision::new("standard", 1).unwrap();
    let mut periods = Periods::default();
    periods.add(class.clone(), day);
    Listed {
        id: RecordingId::of("bucket", "key", "version"),
        state: State::Active,
        call: CallReference { id: CallId::of("freepbx", None, "1"), incarnation: 0 },
        call_id: "1".to_owned(),
        source: "freepbx".to_owned(),
        started_at: "2026-11-03T05:05:02Z".parse().unwrap(),
        duration_milliseconds: 33_700,
        direction: Direction::Inbound,
        counterpart: Counterpart::Absent(Absent::Withheld),
        our_number: None,
        line: None,
        extension: Some("202".to_owned()),
        queue: None,
        staff: Some("suzuki".to_owned()),
        team: Some("support".to_owned()),
        notice: policy::facts::NoticeKind::Ivr,
        purpose: "evidence".to_owned(),
        class,
        periods,
        understood_at: None,
        holds: policy::hold::Holds::default(),
        quarantine_reason: None,
        duplicate_of: None,
        has_objection: false,
        object_gone_at: None,
        notes: 0,
        sound: None,
    }
}

fn hash(mebibytes: usize) {
    let chunk = [0x55; CHUNK_BYTES];
    let mut hasher = Sha256::new();
    for _ in 0..mebibytes * CHUNKS {
        hasher.update(black_box(&chunk));
    }
    black_box(hasher.finalize());
}

/// Feeds a header, then a pattern over and over, in chunks as they come from a connection.
fn probe(header: &[u8], pattern: &[u8], mebibytes: usize) {
    let mut reader = Reader::new();
    reader.feed(header);
    // As long as many patterns, so that it can be cut into chunks anywhere.
    let bytes: Vec<u8> = pattern.iter().copied().cycle().take(pattern.len() * CHUNK_BYTES).collect();
    let mut chunks = bytes.chunks(CHUNK_BYTES).cycle();
    for _ in 0..mebibytes * CHUNKS {
        reader.feed(black_box(chunks.next().unwrap()));
    }
    assert!(matches!(black_box(reader.finish()), Probe::Audio(_)));
}

/// Mono PCM, 16 bits at 8 kHz: what a PBX writes.
fn wave_header(mebibytes: usize) -> Vec<u8> {
    let data_bytes = u32::try_from(mebibytes << 20).expect("under 4 GiB");
    let mut header = Vec::new();
    header.extend_from_slice(b"RIFF");
    header.extend_from_slice(&(data_bytes + 36).to_le_bytes());
    header.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    header.extend_from_slice(&8_000_u32.to_le_bytes());
    header.extend_from_slice(&16_000_u32.to_le_bytes());
    header.extend_from_slice(b"\x02\0\x10\0data");
    header.extend_from_slice(&data_bytes.to_le_bytes());
    header
}

/// MPEG 2.5 layer III, mono, 16 kbit/s at 8 kHz: 144 bytes, the smallest frames a recorder writes, so the
/// most to look at in a mebibyte.
fn mp3_frame() -> Vec<u8> {
    let mut frame = vec![0; 144];
    frame[..4].copy_from_slice(&[0xff, 0xe3, 0x28, 0xc0]);
    frame
}
