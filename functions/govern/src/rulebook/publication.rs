//! What a publication changes, who must agree to it, and what is said of it.

use jiff::Timestamp;
use policy::rulebook::{self, Document, PointerEntry, SensitiveChange};
use rokuban_http::audit::Facts;
use rokuban_http::caller::Caller;
use store::metrics;

use crate::context::Context;

/// What an audit event says of a publication, and of an agreement to it.
pub(super) fn publication_facts(entry: &PointerEntry, deletes_sooner: bool, changes: &[SensitiveChange]) -> Facts {
    Facts::from([
        ("version".to_owned(), entry.version.to_string()),
        ("sha256".to_owned(), entry.sha256.clone()),
        ("effective_at".to_owned(), entry.effective_at.to_string()),
        ("deletes_sooner".to_owned(), deletes_sooner.to_string()),
        ("changes".to_owned(), changes.iter().map(|change| change.as_str()).collect::<Vec<_>>().join(",")),
        ("awaits_second_admin".to_owned(), entry.awaits_other_than.is_some().to_string()),
    ])
}

/// Rings the alarms of a publication, and of an agreement to it.
pub(super) fn count_publication(now: Timestamp, deletes_sooner: bool, changes: &[SensitiveChange]) {
    let has_admins = changes.contains(&SensitiveChange::Admins);
    let counts = [
        ("RulebookPublished", 1),
        ("DeletesSooner", u64::from(deletes_sooner)),
        ("AdminsChanged", u64::from(has_admins)),
    ];
    metrics::emit(now, &counts);
}

/// What of a publication one admin alone should not change unseen. The first one follows the default, under which
/// `AdminLogin` is the only admin.
pub(super) fn changes_of(
    previous: Option<&Document>,
    document: &Document,
    deletes_sooner: bool,
) -> Vec<SensitiveChange> {
    let Some(previous) = previous else {
        return Vec::new();
    };
    match (previous.rulebook(), document.rulebook()) {
        (Ok(before), Ok(after)) => rulebook::sensitive_changes(&before, &after, deletes_sooner),
        // Nobody can say what a version that can't be read any more permitted.
        _ => SensitiveChange::ALL.to_vec(),
    }
}

/// The id of the publisher, where another admin must publish the same first. Where the list has no other one today,
/// nobody could, so it does not wait; the alarms ring in any case.
pub(super) fn awaits_other_than(context: &Context, caller: &Caller, changes: &[SensitiveChange]) -> Option<String> {
    let is_needed = context.needs_second_publisher && !changes.is_empty();
    let today = caller.rulebook.day_of(caller.now);
    (is_needed && caller.rulebook.has_second_admin(caller.id(), today)).then(|| caller.id().to_owned())
}
