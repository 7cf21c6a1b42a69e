//! `GET /calls/{source}/{call_id}`: what a call log says of a call, recorded or lost.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use policy::audit::AuditAction;
use policy::calllog::Row;
use policy::facts::Direction;
use policy::id::{CallId, RecordingId};
use policy::merge::{self, OurSide};
use policy::permission::{self, Action, Decision};
use policy::report;
use policy::rulebook::Role;
use rokuban_http::audit::{self, Facts, Outcome};
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::Problem;
use rokuban_http::redact;
use rokuban_http::route::{About, Route};
use rokuban_http::time::Time;
use schemars::JsonSchema;
use serde::Serialize;
use store::AuditText;

use crate::context::Context;
use crate::problems::NO_SUCH_CALL;
use crate::recordings::lookup::TwoNames;
use crate::recordings::view::name_of;

/// 100 rows and recordings of one call: what a person reads.
const ROWS_LIMIT: usize = 100;

/// What a call log says of a call.
#[derive(Debug, Serialize, JsonSchema)]
struct LoggedCall {
    /// The PBX it came from.
    #[schemars(example = &"freepbx")]
    source: String,
    /// The PBX's own id of the call.
    #[schemars(example = &"1795076998.108")]
    call_id: String,
    /// The rows of the log, earliest first, as far as the caller may see them.
    rows: Vec<LoggedRow>,
    /// Its recordings that the caller may view; none where the call was lost.
    recordings: Vec<RecordingId>,
}

/// One row of a call log. Numbers are as the PBX wrote them; auditors see the last four digits.
#[derive(Debug, Serialize, JsonSchema)]
struct LoggedRow {
    started_at: Time,
    answered_at: Option<Time>,
    ended_at: Option<Time>,
    is_answered: bool,
    /// How long was spoken.
    #[schemars(example = 31)]
    talk_seconds: Option<u32>,
    /// How long it took, ringing included.
    #[schemars(example = 40)]
    duration_seconds: Option<u32>,
    /// Where the log says it.
    direction: Option<Direction>,
    /// The calling side.
    #[schemars(example = &"09012345678")]
    caller: Option<String>,
    /// The called side.
    #[schemars(example = &"201")]
    called: Option<String>,
    /// The outside party, where the log says which side that is.
    #[schemars(example = &"09012345678")]
    counterpart: Option<String>,
    /// Our own number, where the log says which side that is.
    #[schemars(example = &"0312345678")]
    our_number: Option<String>,
    #[schemars(example = &"600")]
    queue: Option<String>,
    /// The extension of the member who spoke.
    #[schemars(example = &"201")]
    extension: Option<String>,
    /// The member who spoke, as the PBX names people.
    #[schemars(example = &"sato")]
    agent: Option<String>,
    /// The member of staff who spoke, by the rulebook of the day.
    #[schemars(example = &"sato")]
    staff: Option<String>,
    /// Their name on that day.
    #[schemars(example = &"佐藤 花子")]
    staff_name: Option<String>,
    /// The team by the rulebook of the day.
    #[schemars(example = &"sales")]
    team: Option<String>,
    /// The names of the recordings that the log says there are.
    #[schemars(example = ["external-201-09012345678-20261103-140502-1793682300.101.wav"])]
    recording_names: Vec<String>,
}

impl LoggedRow {
    fn new(row: Row, ours: OurSide, caller: &MemberCaller) -> Self {
        let rulebook = &caller.rulebook;
        let time = |at| Time::new(at, rulebook);
        // QUIET: auditors see of a number its last four digits.
        let shown = |text: String| if caller.member.role == Role::Auditor { redact::number(&text) } else { text };
        Self {
            started_at: time(row.started_at),
            answered_at: row.answered_at.map(time),
            ended_at: row.ended_at.map(time),
            is_answered: row.is_answered,
            talk_seconds: row.talk_seconds,
            duration_seconds: row.duration_seconds,
            direction: row.direction,
            caller: row.caller.map(shown),
            called: row.called.map(shown),
            counterpart: row.counterpart.map(shown),
            our_number: row.our_number.map(shown),
            queue: row.queue.map(shown),
            staff_name: ours.staff.as_deref().and_then(|id| name_of(id, row.started_at, rulebook)),
            staff: ours.staff,
            extension: row.extension.map(shown),
            agent: row.agent,
            team: ours.team,
            recording_names: row.recordings.into_iter().map(shown).collect(),
        }
    }
}

pub(crate) fn route() -> Route<Context> {
    let about = About {
        id: "logged_call",
        tag: "recordings",
        summary: "What a call log says of a call, so that a lost one of the report of completeness can be followed.",
    };
    Route::get("/calls/{source}/{call_id}", logged_call, about)
        .answers::<LoggedCall>(200, "The rows of the log.")
        .problems(&[&NO_SUCH_CALL])
}

/// STRICT: a call that is not the caller's to see and one that no log has are one answer, after the same calls of AWS.
async fn logged_call(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    TwoNames(source, call_id): TwoNames,
) -> Result<Json<LoggedCall>, Problem> {
    let found = find(&context, &caller, &source, &call_id).await?;
    let outcome = if found.is_some() { Outcome::Permitted } else { Outcome::Refused };
    let mut event = audit::of_member(&caller, AuditAction::View, outcome, Facts::new());
    // Apart from the facts: whatever was typed can be a number.
    event.asked.insert("source".to_owned(), AuditText::new(source.clone()));
    event.asked.insert("call_id".to_owned(), AuditText::new(call_id.clone()));
    context.shared.table.audit(&event).await?;
    let (rows, recordings) = found.ok_or_else(|| Problem::of(&NO_SUCH_CALL))?;
    let rows = rows.into_iter().map(|(row, ours)| LoggedRow::new(row, ours, &caller)).collect();
    Ok(Json(LoggedCall { source, call_id, rows, recordings }))
}

/// The rows that the caller may see, with their teams, and the recordings that may be viewed.
async fn find(
    context: &Context,
    caller: &MemberCaller,
    source: &str,
    call_id: &str,
) -> Result<Option<(Vec<(Row, OurSide)>, Vec<RecordingId>)>, Problem> {
    let table = &context.shared.table;
    let group = CallId::of(source, None, call_id);
    let logged = table.log_rows_at(&group, ROWS_LIMIT, caller.now).await?;
    let members = table.log_members(&group, ROWS_LIMIT).await?;
    let with_our_side = logged.into_iter().map(|row| {
        let ours = merge::our_side(&row, &caller.rulebook);
        (row, ours)
    });
    let mut rows: Vec<_> =
        with_our_side.filter(|(_, ours)| report::may_see(&caller.member, ours.team.as_deref())).collect();
    if rows.is_empty() {
        return Ok(None);
    }
    rows.sort_by_key(|(row, _)| row.started_at);
    let ids: Vec<RecordingId> =
        members.into_iter().filter(|member| !member.has_ended).map(|member| member.id).collect();
    if ids.is_empty() {
        return Ok(Some((rows, Vec::new())));
    }
    let views = table.listed(&ids).await?;
    // NEVER LATE: of a call whose recordings are all past their end, the log says no more.
    let is_over =
        |view: &_| permission::expires_at(view, &caller.rulebook).is_some_and(|expires_at| expires_at <= caller.now);
    if !views.is_empty() && views.iter().all(is_over) {
        return Ok(None);
    }
    let may_view = |view: &_| {
        permission::is_listed(view)
            && permission::decide(&caller.member, Action::View, view, None, &caller.rulebook, caller.now)
                == Decision::Permit
    };
    let mut recordings: Vec<RecordingId> = views.into_iter().filter(may_view).map(|view| view.id).collect();
    recordings.sort();
    Ok(Some((rows, recordings)))
}
