//! `DELETE /cases/{id}/shares/{share_id}`: nobody hears the part from then on.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use policy::audit::AuditAction;
use policy::case::share::{Share, ShareState};
use policy::custody::EventKind;
use policy::permission::CaseAction;
use rokuban_http::audit::{self, Outcome};
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::{BUSY, NOT_ALLOWED, Problem};
use rokuban_http::route::{About, Route};
use store::{CaseRecording, ErrorKind, ShareWrite, StoredShare, WriteOutcome};

use super::view::ShareItem;
use crate::context::Context;
use crate::lookup::{CasePath, about, read_case, refuse};
use crate::parts::next_event;
use crate::problems::{NO_SUCH_CASE, NO_SUCH_SHARE};
use crate::recordings::reach;

/// 8 tries: each fails only if somebody else changed the share, the recording or its call in between.
const TRIES: usize = 8;

pub(super) fn route() -> Route<Context> {
    let about = About {
        id: "withdraw_share",
        tag: "cases",
        summary: "Withdraws a share 社内共有: nobody hears it from then on.",
    };
    Route::delete("/cases/{id}/shares/{share_id}", withdraw, about)
        .answers::<ShareItem>(200, "It is withdrawn.")
        .problems(&[&NO_SUCH_CASE, &NO_SUCH_SHARE, &NOT_ALLOWED])
}

/// Withdraws a share, of a closed case too.
async fn withdraw(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    path: CasePath,
) -> Result<Json<ShareItem>, Problem> {
    read_case(&context, &caller, CaseAction::Share, &path.case).await?;
    for _ in 0..TRIES {
        let Some(stored) = context.shared.table.share(&path.case, &path.share).await? else {
            let mut facts = about(&path.case);
            facts.insert("share".to_owned(), path.share.as_str().to_owned());
            let problem = Problem::of(&NO_SUCH_SHARE).audited("no_such_share");
            return Err(refuse(&context, &caller, CaseAction::Share, facts, problem).await);
        };
        // TWICE IS ONCE: what is withdrawn stays so.
        let withdrawn = stored.share.withdraw(&caller.member.id, caller.now);
        if stored.share.state == ShareState::Withdrawn || write(&context, &caller, &stored, &withdrawn).await? {
            return Ok(Json(ShareItem::new(&withdrawn, &caller.rulebook)));
        }
    }
    Err(Problem::of(&BUSY))
}

/// The share, what its members have of it, and the events are one write; whether it stands. What became of the recording is
/// no obstacle.
async fn write(
    context: &Context,
    caller: &MemberCaller,
    stored: &StoredShare,
    withdrawn: &Share,
) -> Result<bool, Problem> {
    let action = AuditAction::WithdrawShare;
    let mut facts = about(&withdrawn.case);
    facts.insert("share".to_owned(), withdrawn.id.as_str().to_owned());
    let reached = reach(context, &withdrawn.part.recording).await?;
    let event = match &reached {
        Some(reached) => {
            Some(next_event(reached, caller, EventKind::ShareWithdrawn, action, facts.clone(), [].into())?)
        }
        None => None,
    };
    if let Some(reached) = &reached {
        facts.extend(reached.facts());
    }
    let audit = audit::of_member(caller, action, Outcome::Permitted, facts);
    let events = event.as_ref().zip(reached.as_ref());
    let write = ShareWrite {
        share: withdrawn,
        before: Some(stored.generation),
        case_before: None,
        audit: &audit,
        event: events.map(|(event, reached)| CaseRecording { event, call: &reached.recording.view.call }),
    };
    match context.shared.table.write_share(&write).await {
        Ok(WriteOutcome::Done) => Ok(true),
        Ok(WriteOutcome::Conflict) => Ok(false),
        Err(error) if error.kind == ErrorKind::Throttled => Ok(false),
        Err(error) => Err(Problem::of_store(&error)),
    }
}
