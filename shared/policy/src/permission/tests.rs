//! What each part of a decision comes to. Who may do what is proved against the tables in `tests/permission`.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::facts::{Direction, NoticeKind, QuarantineReason};
use crate::hold::Holds;
use crate::id::{CallId, HoldId, RecordingId};
use crate::number::{Absent, Counterpart};
use crate::origin_copy::KnownOriginCopy;
use crate::recording::{BackupState, CallReference, Tombstone};
use crate::retention::{ClassRevision, Periods};
use crate::rulebook::sample;

const EVIDENCE: Option<&str> = Some("evidence");

fn recording() -> Listed {
    let day = jiff::civil::date(2026, 11, 3);
    let mut periods = Periods::default();
    periods.add("standard.1".parse().unwrap(), day);
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
        extension: None,
        queue: None,
        staff: None,
        team: Some("sales".to_owned()),
        notice: NoticeKind::Unknown,
        purpose: "evidence".to_owned(),
        class: ClassRevision::new("standard", 1).unwrap(),
        periods,
        understood_at: None,
        holds: Holds::default(),
        quarantine_reason: None,
        duplicate_of: None,
        has_objection: false,
        object_gone_at: None,
        sound: None,
        notes: 0,
    }
}

fn member(role: Role, manages: &[&str]) -> Member {
    Member {
        id: "someone".to_owned(),
        name: "誰か".to_owned(),
        role,
        teams: vec!["sales".to_owned()],
        manages: manages.iter().map(|team| (*team).to_owned()).collect(),
        deputy_for: Vec::new(),
        predecessors: Vec::new(),
    }
}

fn holds(until: Option<Timestamp>) -> Holds {
    [(HoldId::of(&CallId::of("freepbx", None, "1"), "legal", "1"), until)].into_iter().collect()
}

/// The period's end of [`recording`]: midnight in Tokyo at the end of 3 November and 30 days.
fn expiry() -> Timestamp {
    "2026-12-03T15:00:00Z".parse().unwrap()
}

#[test]
fn access_ends_with_the_second_of_expiry_and_lifting_the_last_hold_lets_it_bite_at_once() {
    let rulebook = sample::rulebook();
    let admin = member(Role::Admin, &[]);
    let mut listed = recording();
    let play = |listed: &Listed, at| decide(&admin, Action::Play, listed, EVIDENCE, &rulebook, at);
    assert_eq!(expires_at(&listed, &rulebook), Some(expiry()));
    assert_eq!(play(&listed, expiry() - jiff::SignedDuration::from_nanos(1)), Decision::Permit);
    assert_eq!(play(&listed, expiry()), Decision::Refuse(Refusal::Expired));
    listed.holds = holds(None);
    assert_eq!(expires_at(&listed, &rulebook), None);
    assert_eq!(play(&listed, expiry()), Decision::Permit);
    listed.holds = Holds::default();
    assert_eq!(play(&listed, expiry()), Decision::Refuse(Refusal::Expired));
    // One that ends by itself counts to its last second, removed or not.
    let end = expiry() + jiff::SignedDuration::from_hours(5);
    listed.holds = holds(Some(end));
    assert_eq!(expires_at(&listed, &rulebook), Some(end));
    assert_eq!(play(&listed, end - jiff::SignedDuration::from_nanos(1)), Decision::Permit);
    assert_eq!(play(&listed, end), Decision::Refuse(Refusal::Expired));
    listed.holds = holds(Some(expiry() - jiff::SignedDuration::from_hours(5)));
    assert_eq!(expires_at(&listed, &rulebook), Some(expiry()));
    assert_eq!(play(&listed, expiry()), Decision::Refuse(Refusal::Expired));
}

#[test]
fn a_tombstone_is_seen_by_those_who_might_have_seen_the_recording_and_heard_by_nobody() {
    let rulebook = sample::rulebook();
    let tombstone = |team: Option<&str>| Tombstone {
        id: RecordingId::of("bucket", "key", "version"),
        state: State::Deleted,
        version_id: "version".to_owned(),
        sha256: None,
        class: ClassRevision::new("standard", 1).unwrap(),
        team: team.map(str::to_owned),
        day: jiff::civil::date(2026, 11, 3),
        rulebook_version: 1,
        deleted_at: expiry(),
        deleted_by: "sweep".to_owned(),
        batch: None,
        requested: None,
        backup: BackupState::NotKept,
        backup_checked_at: None,
        origin_copy: KnownOriginCopy::default(),
        replaced_by: None,
    };
    let ask = |member: &Member, action, tombstone: &Tombstone| {
        decide(member, action, tombstone, EVIDENCE, &rulebook, expiry())
    };
    let manager = member(Role::Manager, &["sales"]);
    for action in [Action::View, Action::Custody] {
        assert_eq!(ask(&manager, action, &tombstone(Some("sales"))), Decision::Permit);
        assert_eq!(ask(&manager, action, &tombstone(None)), Decision::Refuse(Refusal::NotVisible));
        assert_eq!(ask(&manager, action, &tombstone(Some("support"))), Decision::Refuse(Refusal::NotVisible));
        assert_eq!(ask(&member(Role::Admin, &[]), action, &tombstone(None)), Decision::Permit);
    }
    for action in [Action::Play, Action::Download] {
        assert_eq!(ask(&manager, action, &tombstone(Some("sales"))), Decision::Refuse(Refusal::Expired));
        assert_eq!(ask(&member(Role::Admin, &[]), action, &tombstone(None)), Decision::Refuse(Refusal::Expired));
    }
}

#[test]
fn what_is_no_sound_is_played_to_nobody_and_what_is_one_is_to_an_admin() {
    let rulebook = sample::rulebook();
    for (reason, plays) in [
        (QuarantineReason::TooLarge, false),
        (QuarantineReason::Unreadable, false),
        (QuarantineReason::Empty, false),
        (QuarantineReason::NoAudio, false),
        (QuarantineReason::NotAudio, false),
        (QuarantineReason::NoSourceMatches, true),
        (QuarantineReason::NoCallFacts, true),
        (QuarantineReason::ImpossibleDate, true),
        (QuarantineReason::Zone, true),
        (QuarantineReason::TooEarly, true),
        (QuarantineReason::TooLate, true),
        (QuarantineReason::ExpiredOnArrival, true),
        (QuarantineReason::NotThisFormat, false),
        (QuarantineReason::TooManyVersions, true),
    ] {
        let mut listed = recording();
        listed.state = State::Quarantined;
        listed.quarantine_reason = Some(reason);
        let found = decide(&member(Role::Admin, &[]), Action::Play, &listed, EVIDENCE, &rulebook, sample::now());
        assert_eq!(found == Decision::Permit, plays, "{reason:?}");
    }
}

#[test]
fn the_rulebook_is_the_admins_and_the_named_logins_whatever_the_list_says() {
    let (admin, manager) = (member(Role::Admin, &[]), member(Role::Manager, &["sales"]));
    let refused = Decision::Refuse(Refusal::NotAllowed { reason: NotAllowed::OnlyAdmins });
    for action in [RulebookAction::Read, RulebookAction::Publish] {
        for (who, login, admin_login, expected) in [
            (Some(&admin), "someone", "root", Decision::Permit),
            (None, "root", "root", Decision::Permit),
            (Some(&manager), "root", "root", Decision::Permit),
            (Some(&manager), "someone", "root", refused),
            (None, "someone", "root", refused),
            (None, "", "", refused),
            (None, "root", "", refused),
        ] {
            assert_eq!(decide_on_rulebook(who, action, login, admin_login), expected, "{login} of {admin_login}");
        }
    }
    let auditor = member(Role::Auditor, &[]);
    let decided = |action| decide_on_rulebook(Some(&auditor), action, "someone", "root");
    assert_eq!(decided(RulebookAction::Read), Decision::Permit, "auditors read it");
    assert_eq!(decided(RulebookAction::Publish), refused);
}

#[test]
fn lists_hide_duplicates_fragments_and_tombstones() {
    let mut listed = recording();
    for (state, shown) in
        [(State::Active, true), (State::Quarantined, true), (State::Fragment, false), (State::Deleted, false)]
    {
        listed.state = state;
        listed.duplicate_of = None;
        assert_eq!(is_listed(&listed), shown, "{state:?}");
        listed.duplicate_of = Some(RecordingId::of("bucket", "key", "earlier"));
        assert!(!is_listed(&listed), "a duplicate in state {state:?}");
    }
}

#[test]
fn a_word_is_written_in_the_audit_as_in_an_answer() {
    for reason in NotAllowed::ALL {
        assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
    }
    for action in Action::ALL {
        assert_eq!(serde_json::to_value(action).unwrap(), action.as_str());
    }
    for action in [TraceAction::Audit, TraceAction::Reports] {
        assert_eq!(serde_json::to_value(action).unwrap(), action.as_str());
    }
    for role in [Role::Admin, Role::Manager, Role::Staff, Role::Auditor] {
        assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
    }
}
