//! `GET /recordings/{id}/custody`: what happened to one recording, and whether its chain is whole.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use policy::custody::{self, Chained, Head};
use policy::permission::Action;
use serde_json::{Value, json};

use crate::audit::{self, Outcome};
use crate::caller::MemberCaller;
use crate::problem::Problem;
use crate::recording::{AskedFor, Found};
use crate::{Context, present};

/// 2,000 events: with a reason of 500 characters each they are 5 MB, and one answer carries 6.
const EVENTS_LIMIT: usize = 2_000;

/// The custody 取扱履歴, oldest first.
pub(crate) async fn custody(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    AskedFor(id): AskedFor,
) -> Result<Json<Value>, Problem> {
    // STRICT: three calls, whether it exists or not.
    let stored = context.table.recording(&id).await?;
    let chain = context.table.custody(&id, EVENTS_LIMIT).await?;
    let head = stored.as_ref().map_or_else(Head::none, |stored| stored.head.clone());
    if let Err(problem) = Found::of(stored).for_member(&caller, Action::Custody) {
        return Err(audit::refuse(&context, &caller, Action::Custody, &id, problem).await);
    }
    let is_unbroken = custody::verify(&id, &chain).is_ok();
    let reaches_head = reaches(&chain, &head);
    if !is_unbroken || !reaches_head && chain.len() < EVENTS_LIMIT {
        tracing::error!(recording = %id, "a custody is broken");
    }
    let event = audit::of_member(&caller, audit::word(Action::Custody), Outcome::Permitted, audit::about(&id));
    context.table.audit(&event).await?;
    let items: Vec<Value> = chain.iter().map(|link| present::event(link, &caller.rulebook)).collect();
    Ok(Json(json!({
        "items": items,
        "next_cursor": null,
        // Whole up to the event that was its last when it was asked for.
        "verified": is_unbroken && reaches_head,
    })))
}

/// Whether a chain holds the head that was read just before it: it can have grown since, not shrunk.
fn reaches(chain: &[Chained], head: &Head) -> bool {
    *head == Head::none() || chain.iter().any(|link| link.head() == *head)
}
