//! `GET /recordings/{id}/custody`: what happened to one recording, and whether its chain is whole.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use policy::custody::{self, Chained, Head};
use policy::id::RecordingId;
use policy::permission::Action;
use schemars::JsonSchema;
use serde::Serialize;

use crate::audit::{self, Outcome};
use crate::caller::MemberCaller;
use crate::problem::Problem;
use crate::recording::{AskedFor, Found};
use crate::{Context, present};

/// 2,000 events: with a reason of 500 characters each they are 5 MB, and one answer carries 6.
const EVENTS_LIMIT: usize = 2_000;

/// The custody 取扱履歴 of one recording.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Custody {
    /// Oldest first.
    items: Vec<present::CustodyEvent>,
    /// Always `null`: one answer holds them all.
    #[schemars(with = "()")]
    next_cursor: Option<String>,
    /// Whether the chain is whole up to the event that was its last when it was asked for.
    #[schemars(example = true)]
    verified: bool,
}

/// The custody 取扱履歴, oldest first.
pub(crate) async fn custody(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    AskedFor(id): AskedFor,
) -> Result<Json<Custody>, Problem> {
    // STRICT: three calls, whether it exists or not.
    let stored = context.table.recording(&id).await?;
    let chain = context.table.custody(&id, EVENTS_LIMIT).await?;
    let head = stored.as_ref().map_or_else(Head::none, |stored| stored.head.clone());
    if let Err(problem) = Found::of(stored).for_member(&caller, Action::Custody) {
        return Err(audit::refuse(&context, &caller, Action::Custody, &id, problem).await);
    }
    let verified = is_whole(&id, &chain, &head);
    if !verified && chain.len() < EVENTS_LIMIT {
        tracing::error!(recording = %id, "a custody is broken");
    }
    let event = audit::of_member(&caller, audit::word(Action::Custody), Outcome::Permitted, audit::about(&id));
    context.table.audit(&event).await?;
    let items = chain.iter().map(|link| present::event(link, &caller.rulebook)).collect();
    Ok(Json(Custody { items, next_cursor: None, verified }))
}

/// UNBROKEN: whether a chain is whole and holds the head that was read just before it: it can have grown
/// since, not shrunk.
fn is_whole(id: &RecordingId, chain: &[Chained], head: &Head) -> bool {
    let reaches_head = *head == Head::none() || chain.iter().any(|link| link.head() == *head);
    custody::verify(id, chain).is_ok() && reaches_head
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeMap;

    use policy::custody::{EventKind, Happening};

    use super::*;

    #[test]
    fn a_chain_is_whole_up_to_the_head_that_was_read_and_may_go_on() {
        let id = RecordingId::of("bucket", "key", "version");
        let mut head = Head::none();
        let mut chain = Vec::new();
        for number in 1..=3 {
            let happening = Happening {
                at: "2026-11-03T05:05:02Z".parse().unwrap(),
                kind: EventKind::Played,
                actor: "kato".to_owned(),
                operation: format!("{number}.play"),
                facts: BTreeMap::new(),
                texts: BTreeMap::new(),
            };
            let next = head.append(&id, happening).unwrap();
            head = next.head();
            chain.push(next);
        }
        assert!(is_whole(&id, &[], &Head::none()));
        assert!(is_whole(&id, &chain, &head));
        assert!(is_whole(&id, &chain, &chain[1].head()), "it grew");
        assert!(!is_whole(&id, &chain[..2], &head), "its end is missing");
        assert!(!is_whole(&id, &[], &head), "all of it is missing");
        assert!(!is_whole(&id, &chain[1..], &head), "its beginning is missing");
        let other = Head { number: 3, hash: "0".repeat(64) };
        assert!(!is_whole(&id, &chain, &other), "it ends otherwise");
    }
}
