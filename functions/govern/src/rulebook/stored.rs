//! The rulebook as it is stored: the pointer, and the document of each version.

use jiff::Timestamp;
use policy::rulebook::{Document, Pointer, PointerEntry};
use rokuban_http::problem::Problem;

use crate::context::Context;

/// The pointer to the versions, and its generation.
pub(crate) async fn read_pointer(context: &Context, now: Timestamp) -> Result<(Pointer, u64), Problem> {
    let read = context.shared.rulebooks.read_pointer(now).await;
    read.map_err(|error| context.shared.unreadable_rulebook(&error))
}

/// The document of a version.
pub(crate) async fn read_document(context: &Context, entry: &PointerEntry) -> Result<Document, Problem> {
    let read = context.shared.rulebooks.document(entry).await;
    read.map_err(|error| context.shared.unreadable_rulebook(&error))
}

/// `None` is the compiled-in default, which has no document.
pub(crate) async fn read_document_of(
    context: &Context,
    entry: Option<&PointerEntry>,
) -> Result<Option<Document>, Problem> {
    match entry {
        Some(entry) => read_document(context, entry).await.map(Some),
        None => Ok(None),
    }
}

/// A version that was published once, whatever became of it.
pub(super) async fn read_version(context: &Context, version: u64) -> Result<Option<(PointerEntry, Document)>, Problem> {
    let read = context.shared.rulebooks.published(version).await;
    let Some(entry) = read.map_err(|error| context.shared.unreadable_rulebook(&error))? else { return Ok(None) };
    let document = read_document(context, &entry).await?;
    Ok(Some((entry, document)))
}
