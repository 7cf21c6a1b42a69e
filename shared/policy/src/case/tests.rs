#![allow(clippy::unwrap_used)]
use jiff::civil::date;
use proptest::prelude::*;

use super::disclosure::{DisclosureMedium, NewDisclosure};
use super::*;
use crate::facts::{Direction, NoticeKind};
use crate::hold::Holds;
use crate::id::CallId;
use crate::number::{self, Counterpart};
use crate::recording::{CallReference, Listed, State};
use crate::retention::{ClassRevision, Periods};
use crate::rulebook::Role;

const NUMBER: &str = "+819012345678";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn listed(id: &str, started_at: &str, counterpart: &str, staff: Option<&str>) -> Listed {
    Listed {
        id: RecordingId::of("bucket", id, "version"),
        state: State::Active,
        call: CallReference { id: CallId::of("freepbx", None, id), incarnation: 0 },
        call_id: id.to_owned(),
        source: "freepbx".to_owned(),
        started_at: at(started_at),
        duration_milliseconds: 1_000,
        direction: Direction::Inbound,
        counterpart: Counterpart::try_from(counterpart.to_owned()).unwrap(),
        our_number: None,
        line: None,
        extension: None,
        queue: None,
        staff: staff.map(str::to_owned),
        team: Some("sales".to_owned()),
        notice: NoticeKind::Ivr,
        purpose: "evidence".to_owned(),
        class: ClassRevision::new("standard", 1).unwrap(),
        periods: Periods::default(),
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

fn sought(counterpart: Option<&str>, last4: Option<&str>, staff: Option<&str>) -> Sought {
    Sought {
        from: at("2026-11-10T05:00:00Z"),
        to: at("2026-11-10T05:00:00Z"),
        counterpart: counterpart.map(|text| number::read(text, "JP")),
        last4: last4.map(CaseText::new),
        staff: staff.map(str::to_owned),
    }
}

fn reasons(sought: &Sought, listed: Listed) -> Vec<CandidateReason> {
    rank(sought, &[listed]).into_iter().flat_map(|candidate| candidate.reasons).collect()
}

#[test]
fn a_candidate_says_why_it_is_one() {
    use CandidateReason::{CounterpartAbsent, Last4, Number, Staff, Time};
    let by_number = sought(Some("090-1234-5678"), None, None);
    let by_last4 = sought(None, Some("5678"), None);
    let by_staff = sought(None, None, Some("sato"));
    let withheld = sought(Some("非通知"), None, None);
    let by_time = sought(None, None, None);
    for (sought, started_at, counterpart, staff, expected) in [
        (&by_number, "2026-11-10T05:00:00Z", NUMBER, None, vec![Number, Last4, Time]),
        (&by_number, "2026-11-17T05:00:00Z", NUMBER, None, vec![Number, Last4]),
        (&by_number, "2026-11-17T05:00:01Z", NUMBER, None, vec![]),
        (&by_number, "2026-11-03T05:00:00Z", NUMBER, None, vec![Number, Last4]),
        // Other digits were misheard; the end was not.
        (&by_number, "2026-11-10T05:00:00Z", "+819099995678", None, vec![Last4, Time]),
        (&by_number, "2026-11-10T05:00:00Z", "+81312340000", None, vec![]),
        (&by_number, "2026-11-10T05:00:00Z", "withheld", None, vec![Time]),
        (&by_last4, "2026-11-08T05:00:00Z", NUMBER, None, vec![Last4]),
        (&by_last4, "2026-11-10T05:00:00Z", "+81312340000", None, vec![]),
        (&by_staff, "2026-11-11T05:00:00Z", NUMBER, Some("sato"), vec![Staff]),
        (&by_staff, "2026-11-11T05:00:01Z", NUMBER, Some("sato"), vec![]),
        (&by_staff, "2026-11-10T06:00:00Z", NUMBER, Some("suzuki"), vec![]),
        (&by_staff, "2026-11-10T06:00:00Z", NUMBER, None, vec![Time]),
        (&withheld, "2026-11-10T08:00:00Z", "withheld", None, vec![CounterpartAbsent, Time]),
        (&withheld, "2026-11-10T08:00:00Z", NUMBER, None, vec![]),
        (&withheld, "2026-11-10T08:00:01Z", "withheld", None, vec![]),
        (&by_time, "2026-11-10T02:00:00Z", NUMBER, Some("sato"), vec![Time]),
        (&by_time, "2026-11-10T01:59:59Z", NUMBER, Some("sato"), vec![]),
    ] {
        let found = reasons(sought, listed("a", started_at, counterpart, staff));
        assert_eq!(found, expected, "{sought:?} {started_at} {staff:?}");
    }
}

#[test]
fn what_lists_hide_or_nobody_understands_is_no_candidate() {
    let sought = sought(None, None, None);
    let near = || listed("a", "2026-11-10T05:00:00Z", NUMBER, None);
    assert_eq!(reasons(&sought, near()).len(), 1);
    for state in [State::Quarantined, State::Fragment, State::Deleted] {
        assert_eq!(reasons(&sought, Listed { state, ..near() }), [], "{state:?}");
    }
    let first = RecordingId::of("bucket", "first", "version");
    assert_eq!(reasons(&sought, Listed { duplicate_of: Some(first), ..near() }), []);
}

#[test]
fn the_likeliest_candidate_comes_first_and_each_once() {
    let sought = sought(Some(NUMBER), None, Some("sato"));
    let in_order = [
        listed("number and staff", "2026-11-12T05:00:00Z", NUMBER, Some("sato")),
        listed("number near", "2026-11-10T05:10:00Z", NUMBER, Some("suzuki")),
        listed("number far", "2026-11-15T05:00:00Z", NUMBER, None),
        listed("last four", "2026-11-10T05:00:00Z", "+819099995678", None),
        listed("staff", "2026-11-10T05:00:00Z", "withheld", Some("sato")),
        listed("time", "2026-11-10T05:01:00Z", "withheld", None),
        listed("time, later", "2026-11-10T05:02:00Z", "withheld", None),
    ];
    let mut thrown: Vec<Listed> = in_order.iter().rev().chain(&in_order).cloned().collect();
    thrown.push(listed("another", "2026-11-10T05:00:00Z", "+81312340000", None));
    let ranked: Vec<RecordingId> = rank(&sought, &thrown).into_iter().map(|candidate| candidate.recording).collect();
    assert_eq!(ranked, in_order.map(|listed| listed.id));
}

proptest! {
    #[test]
    fn the_order_in_which_recordings_are_read_changes_nothing(
        chosen in proptest::collection::vec((0_usize..40, -20_i64..20, 0_usize..4, 0_usize..3), 0..24),
        asked in (0_usize..4, 0_usize..3),
    ) {
        let numbers = [NUMBER, "+819099995678", "+81312340000", "withheld"];
        let staff = [None, Some("sato"), Some("suzuki")];
        let sought = sought(Some(numbers[asked.0]).filter(|_| asked.0 < 3), None, staff[asked.1]);
        let mut recordings: Vec<Listed> = chosen.iter().map(|(id, hours, number, who)| {
            let started_at = sought.from + SignedDuration::from_hours(*hours * 9);
            listed(&format!("{id} {hours} {number} {who}"), &started_at.to_string(), numbers[*number], staff[*who])
        }).collect();
        let ranked = rank(&sought, &recordings);
        recordings.reverse();
        prop_assert_eq!(&rank(&sought, &recordings), &ranked);
        // Whatever is ranked lies in what a search for it covers.
        let (from, to) = sought.number_window();
        for candidate in &ranked {
            let listed = recordings.iter().find(|listed| listed.id == candidate.recording).unwrap();
            prop_assert!(from <= listed.started_at && listed.started_at <= to);
            prop_assert!(!candidate.reasons.is_empty());
        }
    }
}

fn member(id: &str, role: Role) -> Member {
    Member {
        id: id.to_owned(),
        name: id.to_owned(),
        role,
        teams: vec!["sales".to_owned()],
        manages: Vec::new(),
        deputy_for: Vec::new(),
        predecessors: Vec::new(),
    }
}

fn case(kind: CaseKind) -> Case {
    let memo = Memo {
        kind,
        sought: sought(None, None, None),
        summary: CaseText::new("請求額が違う\nと言われた"),
        team: None,
        candidates: [].into(),
    };
    let rulebook = Rulebook::strict_default("yamada");
    // In Tokyo it is the 11th.
    Case::open(CaseId::of("1.write_memo"), memo, &member("sato", Role::Staff), &rulebook, at("2026-11-10T15:30:00Z"))
}

#[test]
fn a_disclosure_is_due_14_days_after_its_day_and_an_investigation_is_its_writers() {
    for kind in CaseKind::ALL {
        let case = case(kind).view;
        assert_eq!(case.due_on, (kind == CaseKind::Disclosure).then(|| date(2026, 11, 25)), "{kind:?}");
        let owner = (kind == CaseKind::Investigation).then_some("sato");
        assert_eq!((case.owner.as_deref(), case.team.as_deref()), (owner, Some("sales")), "{kind:?}");
        assert_eq!((case.state, case.excerpt.expose()), (CaseState::New, "請求額が違う と言われた"), "{kind:?}");
    }
}

#[test]
fn who_links_the_first_recording_owns_the_case_and_linking_it_again_changes_nothing() {
    let recording = |number: usize| RecordingId::of("bucket", &number.to_string(), "version");
    let opened = case(CaseKind::Complaint);
    let linked = opened.link(&recording(1), &member("kato", Role::Manager)).unwrap();
    assert_eq!((linked.view.state, linked.view.owner.as_deref()), (CaseState::InProgress, Some("kato")));
    let again = linked.link(&recording(1), &member("mori", Role::Manager)).unwrap();
    assert_eq!(again, linked);
    let without = linked.unlink(&recording(1)).unwrap();
    assert!(without.recordings.is_empty());
    assert_eq!(without.unlink(&recording(1)).unwrap(), without);
    let mut full = linked;
    for number in 0..RECORDINGS_LIMIT {
        full.recordings.insert(recording(number));
    }
    assert_eq!(full.link(&recording(RECORDINGS_LIMIT), &member("kato", Role::Manager)), Err(Unchanged::Full));
    assert!(full.link(&recording(0), &member("kato", Role::Manager)).is_ok());
}

#[test]
fn a_case_is_closed_once_with_an_outcome_of_its_kind_and_ends_a_year_later() {
    let kato = member("kato", Role::Manager);
    let mut rulebook = Rulebook::strict_default("yamada");
    let now = at("2026-12-01T00:00:00Z");
    for kind in CaseKind::ALL {
        for outcome in CaseOutcome::ALL {
            let identity_check = CaseText::new("運転免許証の写し");
            let check = NewDisclosure { identity_check, medium: DisclosureMedium::Paper, due_on: None };
            let open = case(kind);
            let open = open.handle_request(check, &kato, &rulebook, now).unwrap_or(open);
            let close = |reason| open.close(outcome, reason, &kato, &rulebook, now);
            let reason = Some(CaseText::new("第三者の権利を害するおそれがあるため"));
            if !kind.outcomes().contains(&outcome) {
                assert_eq!(close(reason), Err(Unchanged::WrongOutcome), "{kind:?} {outcome:?}");
                continue;
            }
            assert_eq!(close(None).is_err(), outcome.needs_reason(), "{kind:?} {outcome:?}");
            let closed = close(reason).unwrap();
            assert_eq!(closed.view.state, CaseState::Closed);
            assert!(
                !closed.view.has_ended(at("2027-11-30T23:59:59Z")) && closed.view.has_ended(at("2027-12-01T00:00:00Z"))
            );
            let recording = RecordingId::of("bucket", "key", "version");
            assert_eq!(closed.link(&recording, &kato), Err(Unchanged::Closed));
            assert_eq!(closed.unlink(&recording), Err(Unchanged::Closed));
            assert_eq!(closed.close(outcome, None, &kato, &rulebook, now), Err(Unchanged::Closed));
        }
    }
    rulebook.case_days = 10;
    let closed = case(CaseKind::Legal).close(CaseOutcome::Resolved, None, &kato, &rulebook, now).unwrap();
    assert_eq!(closed.view.ends_at, Some(at("2026-12-11T00:00:00Z")));
}

#[test]
fn what_people_wrote_is_not_printed() {
    let case = case(CaseKind::Complaint);
    assert!(!format!("{case:?}").contains("請求"));
    let sought = sought(None, Some("5678"), None);
    assert!(!format!("{sought:?}").contains("5678"));
}

#[test]
fn an_excerpt_is_one_line_and_says_where_it_was_cut() {
    let long = CaseText::new("あ".repeat(41));
    assert_eq!(long.excerpt(40).expose(), format!("{}…", "あ".repeat(40)));
    assert_eq!(CaseText::new("一行目\n二行目").excerpt(40).expose(), "一行目 二行目");
}
