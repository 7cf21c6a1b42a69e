//! A second admin agrees to the pending rulebook: by publishing the same two files.

use policy::audit::AuditAction;
use policy::rulebook::{Document, Pointer, PointerEntry};
use rokuban_http::audit::{self, Outcome};
use rokuban_http::caller::Caller;
use rokuban_http::problem::Problem;
use store::WriteOutcome;

use super::backstop::require_backstop;
use super::plan::require_plan;
use super::publication::{changes_of, count_publication, publication_facts};
use super::sooner::effective_at;
use super::stored::read_pointer;
use crate::context::Context;
use crate::problems::PUBLISHED_MEANWHILE;

/// The files of the pending rulebook, published once more.
pub(super) struct Again<'p> {
    pub(super) pointer: &'p Pointer,
    pub(super) generation: u64,
    pub(super) pending: &'p PointerEntry,
    /// Of the pending rulebook.
    pub(super) document: &'p Document,
    /// Of the one in force.
    pub(super) previous: Option<Document>,
    pub(super) deletes_sooner: bool,
}

/// The pending rulebook's entry, to which the caller has agreed now where it awaited that.
///
/// What deletes sooner needs a plan of the second admin's own, or the first one's while it is valid: both have looked at
/// it. Its delay runs again from the agreement, so that there is time to withdraw it.
pub(super) async fn agree_or_answer(
    context: &Context,
    caller: &Caller,
    again: Again<'_>,
    plan_id: Option<&str>,
) -> Result<PointerEntry, Problem> {
    let Again { pointer, generation, pending, document, previous, deletes_sooner } = again;
    let earliest = effective_at(context, caller.now, deletes_sooner)?;
    let Some(agreed) = pending.agreed_by(caller.member.as_ref(), earliest) else {
        // TWICE IS ONCE: it was published before, and the answer is the one it got then.
        return Ok(pending.clone());
    };
    require_backstop(context, document)?;
    let base_version = pointer.in_force(caller.now).map_or(0, |entry| entry.version);
    require_plan(context, caller, document, (base_version, deletes_sooner), plan_id).await?;
    let changes = changes_of(previous.as_ref(), document, deletes_sooner);
    let mut facts = publication_facts(&agreed, deletes_sooner, &changes);
    facts.insert("agrees".to_owned(), true.to_string());
    // The event is durable before the agreement is.
    context.shared.table.audit(&audit::of_publisher(caller, AuditAction::Publish, Outcome::Permitted, facts)).await?;
    let moved = Pointer { pending: Some(agreed.clone()), ..pointer.clone() };
    let written = context.shared.rulebooks.agree(&moved, &agreed, generation).await;
    match written.map_err(|error| context.shared.unreadable_rulebook(&error))? {
        WriteOutcome::Done => {
            count_publication(caller.now, deletes_sooner, &changes);
            Ok(agreed)
        }
        // TWICE IS ONCE: an earlier try was carried out and its answer lost, or another admin agreed at the same time.
        WriteOutcome::Conflict => read_pointer(context, caller.now)
            .await?
            .0
            .pending
            .filter(|entry| entry.version == agreed.version && entry.awaits_other_than.is_none())
            .ok_or_else(|| Problem::of(&PUBLISHED_MEANWHILE)),
    }
}
