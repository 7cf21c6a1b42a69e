//! A deletion request as the API shows it.

use policy::deletion::{self, DeletionState};
use policy::facts::QuarantineReason;
use policy::id::{CaseId, DeletionId, RecordingId};
use policy::rulebook::Role;
use rokuban_http::caller::MemberCaller;
use rokuban_http::time::{Day, Time};
use schemars::JsonSchema;
use serde::Serialize;
use store::DeletionRequest;

use crate::recordings::silenced::SilencedRange;
use crate::recordings::view::name_of;

/// A request 削除依頼 to delete a whole call before its time, or to silence parts of a recording for good マスキング.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DeletionItem {
    id: DeletionId,
    state: DeletionState,
    /// Every recording of the call: all of them are deleted, with their sidecars and duplicates. Of a redaction the one that
    /// is silenced.
    recordings: Vec<RecordingId>,
    /// The day of the call.
    day: Day,
    /// The team at the time of the call.
    #[schemars(example = &"sales")]
    team: Option<String>,
    /// Why it is in quarantine 要確認, where it is.
    quarantine_reason: Option<QuarantineReason>,
    /// The case that led to it.
    case_id: Option<CaseId>,
    /// Who requested it, by id.
    #[schemars(example = &"kato")]
    requested_by: String,
    /// The name then.
    #[schemars(example = &"加藤 恵")]
    requested_by_name: Option<String>,
    /// The role then.
    requested_by_role: Role,
    requested_at: Time,
    /// Why, in their words; `null` once it was refused.
    #[schemars(example = &"本人から利用停止の請求があった")]
    reason: Option<String>,
    /// Who may approve it today, by id: admins 管理者 and auditors 監査 who did not request it and were not on the call.
    #[schemars(example = ["ono"])]
    approvers: Vec<String>,
    /// Who approved or refused it, by id.
    #[schemars(example = &"ono")]
    decided_by: Option<String>,
    /// The name then.
    #[schemars(example = &"小野 誠")]
    decided_by_name: Option<String>,
    decided_at: Option<Time>,
    /// What of the recording is silenced for good マスキング, where the call lives on; `null` where all of it is deleted.
    silences: Option<Vec<SilencedRange>>,
}

impl DeletionItem {
    /// As of today.
    pub(super) fn new(request: &DeletionRequest, caller: &MemberCaller) -> Self {
        let rulebook = &caller.rulebook;
        let decided = request.decided.as_ref();
        Self {
            id: request.id.clone(),
            state: request.state,
            recordings: request.recordings.clone(),
            day: Day::new(request.day),
            team: request.team.clone(),
            quarantine_reason: request.quarantine_reason,
            case_id: request.case.clone(),
            requested_by: request.requested_by.clone(),
            requested_by_name: name_of(&request.requested_by, request.requested_at, rulebook),
            requested_by_role: request.requested_by_role,
            requested_at: Time::new(request.requested_at, rulebook),
            reason: request.reason.as_ref().map(|reason| reason.expose().to_owned()),
            approvers: deletion::approvers(
                rulebook,
                rulebook.day_of(caller.now),
                &request.requested_by,
                &request.on_the_call,
            ),
            decided_by: decided.map(|decided| decided.by.clone()),
            decided_by_name: decided.and_then(|decided| name_of(&decided.by, decided.at, rulebook)),
            decided_at: decided.map(|decided| Time::new(decided.at, rulebook)),
            silences: request.redaction.as_ref().map(|redaction| SilencedRange::list(&redaction.mute)),
        }
    }
}
