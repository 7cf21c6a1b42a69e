//! What waits, out of what is stored, and for whom.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::model::{Notification, NotificationKind};
use super::people::{Deciders, ids_of};
use crate::breaker;
use crate::case::release::{Release, ReleaseState};
use crate::case::share::Grant;
use crate::case::{CaseKind, CaseState, ListedCase};
use crate::deletion::approvers;
use crate::id::{DeletionId, RecordingId};
use crate::rulebook::{PointerEntry, Role, Rulebook};

/// 3 days: a weekend, and one day to act.
const AHEAD_DAYS: i64 = 3;

/// A memo that nobody works on: to the managers of its team, or to the admins where there are none. Not to its writer.
pub fn of_memo(case: &ListedCase, deciders: &Deciders) -> Option<Notification> {
    if case.state != CaseState::New {
        return None;
    }
    let is_writer_enough = case.owner.is_none() && deciders.may_work_on(case).any(|one| one.member.id == case.writer);
    let others = deciders.may_work_on(case).filter(|one| one.member.id != case.writer);
    let (managers, admins): (Vec<_>, Vec<_>) = others.partition(|one| one.member.role != Role::Admin);
    let recipients = match (managers.is_empty(), is_writer_enough) {
        (false, _) => managers,
        (true, true) => Vec::new(),
        (true, false) => admins,
    };
    Some(of_case(NotificationKind::MemoWaiting, case, case.id.to_string(), ids_of(recipients)))
}

/// Whether what its memo may mean is held for three more days at most. STRICT: it says nothing of whether anything is.
pub fn is_hold_ending(case: &ListedCase, now: Timestamp) -> bool {
    let ahead = SignedDuration::from_hours(24 * AHEAD_DAYS);
    case.provisional_until().is_some_and(|until| now < until && until.duration_since(now) <= ahead)
}

/// Calls that are held only while nobody has decided, and that end soon: to those who work on the case.
pub fn of_ending_hold(case: &ListedCase, deciders: &Deciders) -> Notification {
    of_case(NotificationKind::HoldEnding, case, case.id.to_string(), deciders.handlers(case))
}

/// A person's request that must be answered within three days: to those who work on the case.
pub fn of_due_answer(case: &ListedCase, deciders: &Deciders, today: Date) -> Option<Notification> {
    let due_on = case.due_on.filter(|_| case.state != CaseState::Closed)?;
    if due_on > today.checked_add(AHEAD_DAYS.days()).unwrap_or(Date::MAX) {
        return None;
    }
    // A day that is put off is another one.
    Some(of_case(NotificationKind::AnswerDue, case, format!("{}.{due_on}", case.id), deciders.handlers(case)))
}

/// A release that a second person decides on: to everyone who may.
pub fn of_release(case: &ListedCase, release: &Release, deciders: &Deciders) -> Option<Notification> {
    if release.state != ReleaseState::Requested || case.state == CaseState::Closed {
        return None;
    }
    let others = deciders.may_work_on(case).filter(|one| one.member.id != release.requested.by);
    let others = ids_of(others.collect());
    let mut found = of_case(NotificationKind::ReleaseToDecide, case, release.id.to_string(), others);
    found.ids.insert("release_id", release.id.to_string());
    Some(found)
}

/// A deletion request that a second person decides on: to everyone who may.
pub fn of_deletion(
    id: &DeletionId,
    requested_by: &str,
    on_the_call: &[String],
    (rulebook, deciders): (&Rulebook, &Deciders),
) -> Notification {
    let may_approve = approvers(rulebook, deciders.day, requested_by, on_the_call);
    Notification {
        kind: NotificationKind::DeletionToDecide,
        subject: id.to_string(),
        ids: BTreeMap::from([("deletion_id", id.to_string())]),
        place: "deletions".to_owned(),
        recipients: may_approve.into_iter().filter(|id| deciders.has(id)).collect(),
        is_for_tools: true,
        calls: None,
    }
}

/// A correction that a second admin confirms.
pub fn of_correction(recording: &RecordingId, by: &str, at: Timestamp, deciders: &Deciders) -> Notification {
    Notification {
        kind: NotificationKind::CorrectionToConfirm,
        // A later correction of the same recording is another one.
        subject: format!("{recording}.{}", at.as_millisecond()),
        ids: BTreeMap::from([("recording_id", recording.to_string())]),
        place: format!("calls/{recording}"),
        recipients: ids_of(deciders.admins().filter(|one| one.member.id != by).collect()),
        is_for_tools: true,
        calls: None,
    }
}

/// A rulebook that a second admin agrees to before it is in force.
pub fn of_pending_rulebook(pending: &PointerEntry, deciders: &Deciders) -> Option<Notification> {
    pending.awaits_other_than.as_ref()?;
    let may_agree = deciders.admins().filter(|one| pending.may_agree(Some(&one.member)));
    let version = pending.version.to_string();
    Some(Notification {
        kind: NotificationKind::RulebookToAgree,
        subject: version.clone(),
        ids: BTreeMap::from([("version", version)]),
        place: "rules".to_owned(),
        recipients: ids_of(may_agree.collect()),
        is_for_tools: true,
        calls: None,
    })
}

/// A part that is shared with a member, while they have it and are on the staff list.
pub fn of_share(grant: &Grant, member: &str, rulebook: &Rulebook, now: Timestamp) -> Option<Notification> {
    let is_there = rulebook.member_by_id(member, rulebook.day_of(now)).is_some();
    if !grant.is_open_at(now) || !is_there || grant.shared.by == member {
        return None;
    }
    Some(Notification {
        kind: NotificationKind::ShareGiven,
        subject: format!("{}.{member}", grant.share),
        ids: BTreeMap::from([("share_id", grant.share.to_string()), ("staff", member.to_owned())]),
        place: "shares".to_owned(),
        recipients: [member.to_owned()].into(),
        is_for_tools: true,
        calls: None,
    })
}

/// More calls are due than the day may lose: to the admins who may approve it.
pub fn of_breaker(published_by: Option<&str>, rulebook: &Rulebook, deciders: &Deciders) -> Notification {
    let day = deciders.day;
    let may_approve = deciders.admins().filter(|one| breaker::may_approve(rulebook, published_by, &one.login, day));
    Notification {
        kind: NotificationKind::BreakerOpen,
        subject: day.to_string(),
        ids: BTreeMap::from([("day", day.to_string())]),
        place: "deletions/days".to_owned(),
        recipients: ids_of(may_approve.collect()),
        is_for_tools: true,
        calls: None,
    }
}

fn of_case(kind: NotificationKind, case: &ListedCase, subject: String, recipients: BTreeSet<String>) -> Notification {
    let id = case.id.to_string();
    let place = format!("cases/{id}");
    let is_for_tools = case.kind != CaseKind::Investigation;
    Notification { kind, subject, ids: BTreeMap::from([("case_id", id)]), place, recipients, is_for_tools, calls: None }
}
