//! `GET /recordings/{id}/custody`: what happened to one recording, and whether its chain is whole.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use policy::custody::{self, Chained, Head};
use policy::id::RecordingId;
use policy::permission::Action;
use schemars::JsonSchema;
use serde::Serialize;

use crate::audit::{self, Outcome};
use crate::caller::MemberCaller;
use crate::problem::{Must, Problem};
use crate::recording::{self, AskedFor, Found};
use crate::{Context, present};

/// 2,000 events a page: with a reason of 500 characters each they are 5 MB, and one answer carries 6.
const PAGE: usize = 2_000;

/// The custody 取扱履歴 of one recording.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Custody {
    /// Oldest first.
    items: Vec<present::CustodyEvent>,
    /// Where the next page begins; `null` on the last.
    #[schemars(example = &"2000")]
    next_cursor: Option<String>,
    /// Whether the chain is whole: this page's part of it, linked to the page before, and on the last page up to the
    /// event that was its last when it was asked for.
    #[schemars(example = true)]
    verified: bool,
}

/// The custody 取扱履歴, oldest first.
pub(crate) async fn custody(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    AskedFor(id): AskedFor,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Result<Json<Custody>, Problem> {
    let cursor = recording::event_cursor(&query.map(|Query(given)| given).unwrap_or_default())?;
    let stored = context.table.recording(&id).await?;
    let head = stored.as_ref().map_or_else(Head::none, |stored| stored.head.clone());
    if let Err(problem) = Found::of(stored).for_member(&caller, Action::Custody) {
        return Err(audit::refuse(&context, &caller, Action::Custody, &id, problem).await);
    }
    // The event that a page before ended with is read again: what follows is linked to it.
    let mut chain = context.table.custody(&id, cursor.unwrap_or(1), PAGE + 1).await?;
    let before = match cursor {
        None => Head::none(),
        Some(number) if chain.first().is_some_and(|link| link.event.number == number) => chain.remove(0).head(),
        Some(_) => return Err(Problem::Invalid { parameter: "cursor", must: Must::Cursor }),
    };
    chain.truncate(PAGE);
    let reached = chain.last().map_or(before.number, |link| link.event.number);
    let next_cursor = (reached < head.number && !chain.is_empty()).then(|| reached.to_string());
    let verified = is_whole(&id, before, &chain, if next_cursor.is_some() { None } else { Some(&head) });
    if !verified {
        tracing::error!(recording = %id, "a custody is broken");
    }
    let event = audit::of_member(&caller, Action::Custody.into(), Outcome::Permitted, audit::about(&id));
    context.table.audit(&event).await?;
    let items = chain.iter().map(|link| present::event(link, &caller.rulebook)).collect();
    Ok(Json(Custody { items, next_cursor, verified }))
}

/// UNBROKEN: whether a part of a chain follows what is before it, is whole, and, where it is the last part, holds
/// the head that was read just before it: it can have grown since, not shrunk.
fn is_whole(id: &RecordingId, before: Head, chain: &[Chained], head: Option<&Head>) -> bool {
    let is_head = |reached: &Head| head.is_none_or(|head| *head == Head::none() || reached == head);
    let reaches_head = is_head(&before) || chain.iter().any(|link| is_head(&link.head()));
    custody::verify_after(before, id, chain).is_ok() && reaches_head
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
        assert!(is_whole(&id, Head::none(), &[], Some(&Head::none())));
        assert!(is_whole(&id, Head::none(), &chain, Some(&head)));
        assert!(is_whole(&id, Head::none(), &chain, Some(&chain[1].head())), "it grew");
        assert!(!is_whole(&id, Head::none(), &chain[..2], Some(&head)), "its end is missing");
        assert!(!is_whole(&id, Head::none(), &[], Some(&head)), "all of it is missing");
        assert!(!is_whole(&id, Head::none(), &chain[1..], Some(&head)), "its beginning is missing");
        let other = Head { number: 3, hash: "0".repeat(64) };
        assert!(!is_whole(&id, Head::none(), &chain, Some(&other)), "it ends otherwise");
    }
}
