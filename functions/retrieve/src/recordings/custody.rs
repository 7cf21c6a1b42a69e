//! `GET /recordings/{id}/custody`: what happened to one recording, and whether its chain is whole.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use policy::custody::{self, Chained, Head};
use policy::id::RecordingId;
use policy::permission::Action;
use rokuban_http::audit::{self, Outcome};
use rokuban_http::caller::MemberCaller;
use rokuban_http::parameters::{Given, Parameter};
use rokuban_http::problem::{Constraint, NOT_ALLOWED, Problem};
use rokuban_http::route::{About, Route};
use schemars::JsonSchema;
use serde::Serialize;

use super::event_cursor::read_event_cursor;
use super::lookup::{Lookup, RecordingPath, about, refuse};
use super::view::CustodyEvent;
use crate::context::Context;
use crate::problems::NO_SUCH_RECORDING;

/// 2,000 events a page: with a reason of 500 characters each they are 5 MB, and one answer carries 6.
const PAGE: usize = 2_000;

/// The custody 取扱履歴 of one recording.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Custody {
    /// Oldest first.
    items: Vec<CustodyEvent>,
    /// Where the next page begins; `null` on the last.
    #[schemars(example = &"2000")]
    next_cursor: Option<String>,
    /// Whether the chain is whole: this page's part of it, linked to the page before, and on the last page up to the
    /// event that was its last when it was asked for.
    #[schemars(example = true)]
    verified: bool,
}

const PARAMETERS: &[Parameter] =
    &[Parameter::new("cursor", Constraint::Cursor, "What a page gave as `next_cursor`.", "2000")];

pub(super) fn route() -> Route<Context> {
    let about = About {
        id: "custody",
        tag: "recordings",
        summary: "Everything that happened to it 取扱履歴, as a chain, oldest first.",
    };
    Route::get("/recordings/{id}/custody", custody, about)
        .query(PARAMETERS)
        .answers::<Custody>(200, "A page of the chain.")
        .problems(&[&NO_SUCH_RECORDING, &NOT_ALLOWED])
}

/// The custody 取扱履歴, oldest first.
async fn custody(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    RecordingPath(id): RecordingPath,
    given: Given,
) -> Result<Json<Custody>, Problem> {
    let cursor = read_event_cursor(&given, PARAMETERS)?;
    let stored = context.shared.table.recording(&id).await?;
    let head = stored.as_ref().map_or_else(Head::none, |stored| stored.head.clone());
    if let Err(problem) = Lookup::of(stored).for_member(&caller, Action::Custody) {
        return Err(refuse(&context, &caller, Action::Custody, &id, problem).await);
    }
    // The event that a page before ended with is read again: what follows is linked to it.
    let mut chain = context.shared.table.custody(&id, cursor.unwrap_or(1), PAGE + 1).await?;
    let before = match cursor {
        None => Head::none(),
        Some(number) if chain.first().is_some_and(|link| link.event.number == number) => chain.remove(0).head(),
        Some(_) => return Err(Problem::invalid("cursor", Constraint::Cursor)),
    };
    chain.truncate(PAGE);
    let reached = chain.last().map_or(before.number, |link| link.event.number);
    let next_cursor = (reached < head.number && !chain.is_empty()).then(|| reached.to_string());
    let verified = is_whole(&id, before, &chain, if next_cursor.is_some() { None } else { Some(&head) });
    if !verified {
        tracing::error!(recording = %id, "a custody is broken");
    }
    let event = audit::of_member(&caller, Action::Custody.into(), Outcome::Permitted, about(&id));
    context.shared.table.audit(&event).await?;
    let items = chain.iter().map(|link| CustodyEvent::new(link, &caller.rulebook)).collect();
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
