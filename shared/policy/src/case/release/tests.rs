#![allow(clippy::unwrap_used)]
use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn step(by: &str) -> Step {
    Step { by: by.to_owned(), at: at("2026-11-27T00:00:00Z") }
}

fn requested() -> Release {
    let recording = RecordingId::of("bucket", "key", "version");
    let part = Part::new(recording, (None, Some(5_000)), &[], 0).unwrap();
    let new = NewRelease {
        recipient: CaseText::new("警視庁"),
        basis: ReleaseBasis::InvestigationInquiry,
        reference: None,
        basis_date: None,
        reason: CaseText::new("照会への回答"),
        parts: vec![ReleasePart { part, transcript: None }],
        register_days: 3 * 365,
    };
    Release::request(ReleaseId::of("1"), CaseId::of("1"), new, step("kato"))
}

fn package(key: &str) -> Package {
    Package { key: key.to_owned(), sha256: "0".repeat(64), size: 1, parts: Vec::new() }
}

/// A release in each state.
fn in_states() -> Vec<Release> {
    let reason = || CaseText::new("理由");
    let requested = requested();
    let approved = requested.change(&ReleaseChange::Approve, step("yamada")).unwrap();
    let FinishDecision::Finished(built) = approved.finish(&package("a")) else { panic!("not built") };
    let FinishDecision::Finished(failed) = approved.fail(CutFailure::Gone) else { panic!("not failed") };
    let delivered = built.change(&deliver(), step("kato")).unwrap();
    let refused = requested.change(&ReleaseChange::Refuse(reason()), step("yamada")).unwrap();
    let withdrawn = delivered.change(&ReleaseChange::Withdraw(reason()), step("kato")).unwrap();
    vec![requested, approved, built, delivered, refused, withdrawn, failed]
}

fn deliver() -> ReleaseChange {
    ReleaseChange::Deliver { received_by: CaseText::new("担当官"), channel: CaseText::new("手渡し") }
}

fn link(token_sha256: &str) -> ReleaseChange {
    ReleaseChange::Link { token_sha256: token_sha256.to_owned(), expires_at: at("2026-12-01T00:00:00Z") }
}

#[test]
fn each_step_is_done_in_its_states_alone() {
    // By another than who requested it: requested approved built delivered refused withdrawn failed.
    let reason = CaseText::new("別の理由");
    for (change, allowed) in [
        (ReleaseChange::Approve, "x--- ---"),
        (ReleaseChange::Refuse(reason.clone()), "x--- ---"),
        (ReleaseChange::Withdraw(reason), "xxxx -xx"),
        (link("hash"), "--xx ---"),
        (deliver(), "--x- ---"),
    ] {
        let expected: Vec<bool> = allowed.chars().filter(|one| *one != ' ').map(|one| one == 'x').collect();
        for (release, expected) in in_states().iter().zip(expected) {
            let changed = release.change(&change, step("mori"));
            assert_eq!(changed.is_ok(), expected, "{change:?} {:?}", release.state);
            if let Err(refusal) = changed {
                assert_eq!(refusal, ReleaseRefusal::WrongState(release.state));
            }
        }
    }
}

#[test]
fn who_requested_a_release_does_not_decide_on_it_and_a_repeat_changes_nothing() {
    let states = in_states();
    for change in [ReleaseChange::Approve, ReleaseChange::Refuse(CaseText::new("理由"))] {
        assert_eq!(states[0].change(&change, step("kato")), Err(ReleaseRefusal::OwnRequest));
    }
    for (number, change, by) in [
        (1, ReleaseChange::Approve, "yamada"),
        (2, ReleaseChange::Approve, "yamada"),
        (3, deliver(), "kato"),
        (4, ReleaseChange::Refuse(CaseText::new("理由")), "yamada"),
        (5, ReleaseChange::Withdraw(CaseText::new("理由")), "mori"),
    ] {
        let release: &Release = &states[number];
        assert_eq!(release.change(&change, step(by)).as_ref(), Ok(release), "{change:?}");
    }
}

#[test]
fn a_link_opens_the_package_until_its_end_another_is_made_or_it_is_withdrawn() {
    let now = at("2026-11-30T00:00:00Z");
    let end = at("2026-12-01T00:00:00Z");
    for release in in_states() {
        let Ok(linked) = release.change(&link("one"), step("kato")) else {
            assert_eq!(release.package_of("one", now), None);
            continue;
        };
        assert!(linked.package_of("one", now).is_some());
        assert_eq!(linked.package_of("one", end), None);
        assert_eq!(linked.package_of("other", now), None);
        let again = linked.change(&link("other"), step("kato")).unwrap();
        assert_eq!(again.package_of("one", now), None, "the former one is dead");
        let withdrawn = again.change(&ReleaseChange::Withdraw(CaseText::new("理由")), step("kato")).unwrap();
        assert_eq!(withdrawn.package_of("other", now), None);
        assert_eq!(format!("{:?}", linked.link), "Some(ReleaseLink(until 2026-12-01T00:00:00Z))");
    }
}

#[test]
fn a_package_is_taken_once_and_only_while_it_is_wanted() {
    for release in in_states() {
        let is_wanted = release.state == ReleaseState::Approved;
        let taken = release.finish(&package("b"));
        assert_eq!(matches!(taken, FinishDecision::Finished(_)), is_wanted, "{:?}", release.state);
        let is_done = matches!(release.state, ReleaseState::Built | ReleaseState::Delivered);
        let again = release.finish(&package("a"));
        assert_eq!(again == FinishDecision::Already, is_done, "{:?}", release.state);
    }
}
