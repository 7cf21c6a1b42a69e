//! Cases as JSON: times in the company's zone.

use policy::case::disclosure::{Disclosure, DisclosureMedium};
use policy::case::{Candidate, CandidateReason, Case, CaseKind, CaseOutcome, CaseState, CaseText, ListedCase, Sought};
use policy::facts::Direction;
use policy::id::{CaseId, RecordingId};
use policy::number::{Absent, Counterpart};
use policy::permission::CaseAction;
use policy::recording::RecordingSummary;
use policy::rulebook::Rulebook;
use rokuban_http::time::{Day, Time};
use schemars::JsonSchema;
use serde::Serialize;

use crate::names::name_of;
use crate::parts::seconds;
use crate::releases::ReleaseItem;
use crate::shares::ShareItem;

/// What a list tells of a case.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CaseItem {
    id: CaseId,
    kind: CaseKind,
    state: CaseState,
    /// When its memo 受付メモ was written.
    written_at: Time,
    /// Who wrote it, by id.
    #[schemars(example = &"sato")]
    writer: String,
    #[schemars(example = &"佐藤 花子")]
    writer_name: Option<String>,
    /// The team whose managers work on it.
    #[schemars(example = &"sales")]
    team: Option<String>,
    /// Who works on it, by id: who linked the first recording.
    #[schemars(example = &"kato")]
    owner: Option<String>,
    #[schemars(example = &"加藤 花子")]
    owner_name: Option<String>,
    /// When the call was, at the earliest.
    from: Time,
    /// And at the latest.
    to: Time,
    /// 相手番号: the other party's number, E.164, as far as the writer knew it.
    #[schemars(example = &"+819012345678")]
    counterpart: Option<String>,
    /// Why there was no number.
    counterpart_absent: Option<Absent>,
    /// The last four digits, where no more was known.
    #[schemars(example = &"5678")]
    last4: Option<String>,
    /// Who was on the call, by id, as far as the writer knew it.
    #[schemars(example = &"sato")]
    staff: Option<String>,
    /// How its summary begins.
    #[schemars(example = &"請求額が見積と違うとのお申し出。")]
    excerpt: String,
    /// Until when a request for disclosure 開示 must be answered.
    due_on: Option<Day>,
    /// Until when the calls that its memo may mean are held 仮の削除停止, if there are any; `null` once somebody works on it.
    provisional_until: Option<Time>,
    /// From when on nobody sees it; `null` until it is closed.
    ends_at: Option<Time>,
}

/// A case, whole.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CaseDetail {
    #[serde(flatten)]
    listed: CaseItem,
    /// What happened, in the writer's words.
    #[schemars(example = &"請求額が見積と違うとのお申し出。折り返しを約束した。")]
    summary: String,
    /// What the caller may do with it, as one who may see it.
    can: Vec<CaseAction>,
    /// Its recordings, of those that the caller may view.
    recordings: Vec<RecordingId>,
    /// The facts of these.
    linked: Vec<LinkedItem>,
    /// The recordings that it may mean, the likeliest first, of those that the caller may view; empty once it is closed.
    candidates: Vec<CandidateItem>,
    /// Its shares 社内共有, for those who may share.
    shares: Vec<ShareItem>,
    /// Its releases 社外提出, for those who may request one.
    releases: Vec<ReleaseItem>,
    /// How a person's request 開示・利用停止の請求 is handled; `null` until somebody wrote it down, and for those who do not
    /// work on the case.
    disclosure: Option<DisclosureItem>,
    /// What came of it.
    outcome: Option<CaseOutcome>,
    /// Why, where somebody is to be told.
    #[schemars(example = &"第三者の権利利益を害するおそれがあるため。")]
    outcome_reason: Option<String>,
    closed_at: Option<Time>,
    /// Who closed it, by id.
    #[schemars(example = &"kato")]
    closed_by: Option<String>,
}

/// How a person's request is handled, as it was written down.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DisclosureItem {
    /// How the person's identity was checked 本人確認の方法.
    #[schemars(example = &"運転免許証の写しと、登録の電話番号への折り返し")]
    identity_check: String,
    medium: DisclosureMedium,
    /// Who wrote it down, by id.
    #[schemars(example = &"kato")]
    by: String,
    #[schemars(example = &"加藤 恵")]
    by_name: Option<String>,
    at: Time,
}

impl DisclosureItem {
    fn new(handled: &Disclosure, rulebook: &Rulebook) -> Self {
        Self {
            identity_check: handled.identity_check.expose().to_owned(),
            medium: handled.medium,
            by_name: name_of(&handled.by, handled.at, rulebook),
            by: handled.by.clone(),
            at: Time::new(handled.at, rulebook),
        }
    }
}

/// A recording of a case.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct LinkedItem {
    recording_id: RecordingId,
    /// When the call began.
    started_at: Time,
    /// How long it is; `null` where its bytes do not tell.
    #[schemars(example = &65.4)]
    duration_seconds: Option<f64>,
    direction: Direction,
    /// 相手番号: the other party's number, E.164.
    #[schemars(example = &"+819012345678")]
    counterpart: Option<String>,
    /// Why there is no number.
    counterpart_absent: Option<Absent>,
    /// The member of staff, by id.
    #[schemars(example = &"sato")]
    staff: Option<String>,
    #[schemars(example = &"佐藤 花子")]
    staff_name: Option<String>,
    /// The team at the time of the call.
    #[schemars(example = &"sales")]
    team: Option<String>,
}

/// What of a case its caller may know, beside the case itself.
#[derive(Debug, Default)]
pub(crate) struct Visible {
    pub(crate) can: Vec<CaseAction>,
    pub(crate) linked: Vec<RecordingSummary>,
    pub(crate) candidates: Vec<CandidateItem>,
    pub(crate) shares: Vec<ShareItem>,
    pub(crate) releases: Vec<ReleaseItem>,
}

/// A recording that a case may mean.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CandidateItem {
    recording_id: RecordingId,
    /// Why, the strongest first.
    reasons: Vec<CandidateReason>,
    /// When the call began.
    started_at: Time,
    direction: Direction,
    /// 相手番号: the other party's number, E.164.
    #[schemars(example = &"+819012345678")]
    counterpart: Option<String>,
    /// Why there is no number.
    counterpart_absent: Option<Absent>,
    /// The member of staff, by id.
    #[schemars(example = &"sato")]
    staff: Option<String>,
    #[schemars(example = &"佐藤 花子")]
    staff_name: Option<String>,
    /// The team at the time of the call.
    #[schemars(example = &"sales")]
    team: Option<String>,
}

/// A page of cases.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CaseList {
    /// Newest first.
    pub(crate) items: Vec<CaseItem>,
    /// Where the next page begins; `null` on the last.
    #[schemars(example = &"eyJ2IjoxLCJhdCI6IjIwMjYtMTEtMDNUMDU6MDU6MDIuMDAwWiMzdHFrIn0")]
    pub(crate) next_cursor: Option<String>,
}

impl CaseItem {
    pub(crate) fn new(case: &ListedCase, rulebook: &Rulebook) -> Self {
        let Sought { from, to, counterpart, last4, staff } = &case.sought;
        Self {
            id: case.id.clone(),
            kind: case.kind,
            state: case.state,
            written_at: Time::new(case.written_at, rulebook),
            writer_name: name_of(&case.writer, case.written_at, rulebook),
            writer: case.writer.clone(),
            team: case.team.clone(),
            owner_name: case.owner.as_ref().and_then(|id| name_of(id, case.written_at, rulebook)),
            owner: case.owner.clone(),
            from: Time::new(*from, rulebook),
            to: Time::new(*to, rulebook),
            counterpart: counterpart.as_ref().and_then(exposed),
            counterpart_absent: counterpart.as_ref().and_then(Counterpart::absent),
            last4: last4.as_ref().map(|last4| last4.expose().to_owned()),
            staff: staff.clone(),
            excerpt: case.excerpt.expose().to_owned(),
            due_on: case.due_on.map(Day::new),
            provisional_until: case.provisional_until().map(|at| Time::new(at, rulebook)),
            ends_at: case.ends_at.map(|at| Time::new(at, rulebook)),
        }
    }
}

impl CaseDetail {
    /// A case with what of it the caller may view.
    pub(crate) fn new(case: &Case, visible: Visible, rulebook: &Rulebook) -> Self {
        let Visible { can, linked, candidates, shares, releases } = visible;
        let closing = case.closing.as_ref();
        let works = can.contains(&CaseAction::Close);
        let handled = case.disclosure.as_ref().filter(|_| works);
        let reason = closing.and_then(|closing| closing.reason.as_ref());
        Self {
            listed: CaseItem::new(&case.view, rulebook),
            summary: case.summary.expose().to_owned(),
            can,
            recordings: linked.iter().map(|listed| listed.id.clone()).collect(),
            linked: linked.iter().map(|listed| LinkedItem::new(listed, rulebook)).collect(),
            candidates,
            shares,
            releases,
            disclosure: handled.map(|handled| DisclosureItem::new(handled, rulebook)),
            outcome: closing.map(|closing| closing.outcome),
            outcome_reason: reason.map(|reason: &CaseText| reason.expose().to_owned()),
            closed_at: closing.map(|closing| Time::new(closing.at, rulebook)),
            closed_by: closing.map(|closing| closing.by.clone()),
        }
    }
}

impl LinkedItem {
    fn new(listed: &RecordingSummary, rulebook: &Rulebook) -> Self {
        let milliseconds = listed.duration_milliseconds;
        Self {
            recording_id: listed.id.clone(),
            started_at: Time::new(listed.started_at, rulebook),
            duration_seconds: (milliseconds > 0).then(|| seconds(milliseconds)),
            direction: listed.direction,
            counterpart: exposed(&listed.counterpart),
            counterpart_absent: listed.counterpart.absent(),
            staff: listed.staff.clone(),
            staff_name: listed.staff.as_ref().and_then(|id| name_of(id, listed.started_at, rulebook)),
            team: listed.team.clone(),
        }
    }
}

impl CandidateItem {
    pub(crate) fn new(candidate: Candidate, listed: &RecordingSummary, rulebook: &Rulebook) -> Self {
        Self {
            recording_id: candidate.recording,
            reasons: candidate.reasons,
            started_at: Time::new(listed.started_at, rulebook),
            direction: listed.direction,
            counterpart: exposed(&listed.counterpart),
            counterpart_absent: listed.counterpart.absent(),
            staff: listed.staff.clone(),
            staff_name: listed.staff.as_ref().and_then(|id| name_of(id, listed.started_at, rulebook)),
            team: listed.team.clone(),
        }
    }
}

fn exposed(counterpart: &Counterpart) -> Option<String> {
    counterpart.number().map(|number| number.expose().to_owned())
}
