//! Releases as JSON: times in the company's zone.

use policy::case::part::CutFailure;
use policy::case::release::{Release, ReleaseBasis, ReleaseChange, ReleaseState};
use policy::case::share::Step;
use policy::case::{Case, CaseKind, CaseText};
use policy::id::{CaseId, ReleaseId};
use policy::permission::{self, CaseAction, Decision};
use rokuban_http::caller::MemberCaller;
use rokuban_http::time::{Day, Time};
use schemars::JsonSchema;
use serde::Serialize;

use crate::parts::PartItem;

/// What can be done with a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReleaseAction {
    Approve,
    Refuse,
    Withdraw,
    Link,
    Delivered,
}

/// A part of a release.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ReleasePartItem {
    #[serde(flatten)]
    part: PartItem,
    /// Whether a transcript 反訳 goes with it.
    has_transcript: bool,
}

/// Who did something, when and why.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct StepItem {
    /// Who, by id.
    #[schemars(example = &"yamada")]
    by: String,
    at: Time,
    /// Why, where that is said.
    #[schemars(example = &"範囲が広すぎるため。")]
    reason: Option<String>,
}

/// That the recipient has it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DeliveryItem {
    /// Who wrote it down, by id.
    #[schemars(example = &"kato")]
    by: String,
    at: Time,
    #[schemars(example = &"担当官")]
    received_by: String,
    #[schemars(example = &"リンク")]
    channel: String,
}

/// A release, for those who work on its case.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ReleaseItem {
    id: ReleaseId,
    state: ReleaseState,
    /// What the caller may do with it now.
    can: Vec<ReleaseAction>,
    #[schemars(example = &"〇〇警察署")]
    recipient: String,
    basis: ReleaseBasis,
    #[schemars(example = &"捜査関係事項照会書 第123号")]
    reference: Option<String>,
    basis_date: Option<Day>,
    #[schemars(example = &"照会への回答のため。")]
    reason: String,
    items: Vec<ReleasePartItem>,
    requested: StepItem,
    approved: Option<StepItem>,
    refused: Option<StepItem>,
    withdrawn: Option<StepItem>,
    /// Why no package could be made.
    failure: Option<CutFailure>,
    /// SHA-256 of the package, once it is made.
    #[schemars(example = &"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    package_sha256: Option<String>,
    /// Its length in bytes.
    #[schemars(example = &1_048_576)]
    package_size: Option<u64>,
    /// Until when the recipient's link opens it; `null` without one.
    link_expires_at: Option<Time>,
    delivered: Option<DeliveryItem>,
    /// How often the recipient opened it.
    #[schemars(example = &1)]
    opened: u32,
}

/// A release that waits for a decision, for those who may take it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct WaitingReleaseItem {
    /// Its case.
    case_id: CaseId,
    case_kind: CaseKind,
    #[serde(flatten)]
    release: ReleaseItem,
}

/// A page of what waits.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct WaitingReleaseList {
    /// Oldest first. A page can be short or empty while there is a next one.
    pub(crate) items: Vec<WaitingReleaseItem>,
    /// Where the next page begins; `null` on the last.
    #[schemars(example = &"eyJ2IjoxLCJhdCI6IjIwMjYtMTEtMDNUMDU6MDU6MDIuMDAwWiMzdHFrIn0")]
    pub(crate) next_cursor: Option<String>,
}

impl WaitingReleaseItem {
    /// A release, where the caller may decide on it now.
    pub(super) fn new(release: &Release, case: &Case, caller: &MemberCaller) -> Option<Self> {
        let release = ReleaseItem::new(release, case, caller);
        // What can be approved can be refused; of a closed case it can only be refused.
        release.can.contains(&ReleaseAction::Refuse).then(|| Self {
            case_id: case.view.id.clone(),
            case_kind: case.view.kind,
            release,
        })
    }
}

impl ReleaseItem {
    pub(crate) fn new(release: &Release, case: &Case, caller: &MemberCaller) -> Self {
        let time = |at| Time::new(at, &caller.rulebook);
        let step = |step: &Step, reason: Option<&CaseText>| StepItem {
            by: step.by.clone(),
            at: time(step.at),
            reason: reason.map(|reason| reason.expose().to_owned()),
        };
        let part = |part: &policy::case::release::ReleasePart| ReleasePartItem {
            part: PartItem::from(&part.part),
            has_transcript: part.transcript.is_some(),
        };
        Self {
            id: release.id.clone(),
            state: release.state,
            can: actions(release, case, caller),
            recipient: release.recipient.expose().to_owned(),
            basis: release.basis,
            reference: release.reference.as_ref().map(|reference| reference.expose().to_owned()),
            basis_date: release.basis_date.map(Day::new),
            reason: release.reason.expose().to_owned(),
            items: release.parts.iter().map(part).collect(),
            requested: step(&release.requested, None),
            approved: release.approved.as_ref().map(|by| step(by, None)),
            refused: release.refused.as_ref().map(|by| step(&by.step, Some(&by.reason))),
            withdrawn: release.withdrawn.as_ref().map(|by| step(&by.step, Some(&by.reason))),
            failure: release.failure,
            package_sha256: release.package.as_ref().map(|package| package.sha256.clone()),
            package_size: release.package.as_ref().map(|package| package.size),
            link_expires_at: release.link.as_ref().map(|link| time(link.expires_at)),
            delivered: release.delivered.as_ref().map(|delivery| DeliveryItem {
                by: delivery.step.by.clone(),
                at: time(delivery.step.at),
                received_by: delivery.received_by.expose().to_owned(),
                channel: delivery.channel.expose().to_owned(),
            }),
            opened: release.opened,
        }
    }
}

/// What the caller may do with a release, asked of the same rules that decide on it.
fn actions(release: &Release, case: &Case, caller: &MemberCaller) -> Vec<ReleaseAction> {
    let text = || CaseText::new("");
    let may = |action| permission::decide_on_case(&caller.member, action, &case.view, caller.now) == Decision::Permit;
    let is_open = case.closing.is_none();
    let changes = [
        (ReleaseAction::Approve, CaseAction::Approve, ReleaseChange::Approve, is_open),
        (ReleaseAction::Refuse, CaseAction::Approve, ReleaseChange::Refuse(text()), true),
        (ReleaseAction::Withdraw, CaseAction::Release, ReleaseChange::Withdraw(text()), true),
        (
            ReleaseAction::Link,
            CaseAction::Release,
            ReleaseChange::Link { token_sha256: String::new(), expires_at: caller.now },
            true,
        ),
        (
            ReleaseAction::Delivered,
            CaseAction::Release,
            ReleaseChange::Deliver { received_by: text(), channel: text() },
            true,
        ),
    ];
    let step = || Step { by: caller.member.id.clone(), at: caller.now };
    // What would change nothing is not offered.
    let changes_it = |change: &ReleaseChange| release.change(change, step()).is_ok_and(|changed| changed != *release);
    let offered = changes.into_iter().filter(|(_, action, change, open)| *open && may(*action) && changes_it(change));
    offered.map(|(action, ..)| action).collect()
}
