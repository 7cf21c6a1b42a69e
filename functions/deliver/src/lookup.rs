//! What a token opens.

use jiff::Timestamp;
use policy::case::Case;
use policy::case::release::{Package, Release};
use policy::id::{CaseId, ReleaseId};
use policy::rulebook::Rulebook;
use std::sync::Arc;

use crate::context::{Context, DeliverError};
use crate::request::TokenHash;

/// A release that its token opens.
pub(crate) struct Found {
    pub(crate) token: TokenHash,
    pub(crate) release: Release,
    pub(crate) generation: u64,
    pub(crate) package: Package,
    /// From when on the token opens nothing.
    pub(crate) expires_at: Timestamp,
    pub(crate) rulebook: Arc<Rulebook>,
}

/// Reads what a token opens now. STRICT: the same calls for one that opens nothing.
pub(crate) async fn find(context: &Context, token: TokenHash) -> Result<Option<Found>, DeliverError> {
    let now = context.connection.now();
    let rulebook = context.rulebooks.in_force(now).await?;
    let named = context.table.release_of_token(&token.0).await?;
    let (case_id, release_id) =
        named.unwrap_or_else(|| (CaseId::of_nothing(&token.0), ReleaseId::of_nothing(&token.0)));
    let stored = context.table.release(&case_id, &release_id).await?;
    let case = context.table.case(&case_id).await?.map(|stored| stored.case);
    let (Some(stored), Some(case)) = (stored, case) else {
        return Ok(None);
    };
    let package = stored.release.package_of(&token.0, now).cloned().filter(|_| has_package(&case, now));
    let expires_at = stored.release.link.as_ref().map(|link| link.expires_at);
    let (Some(package), Some(expires_at)) = (package, expires_at) else {
        return Ok(None);
    };
    Ok(Some(Found { token, release: stored.release, generation: stored.generation, package, expires_at, rulebook }))
}

/// NEVER LATE: what a closed case made is gone 30 days after.
fn has_package(case: &Case, now: Timestamp) -> bool {
    case.outputs_end_at().is_none_or(|end| now < end)
}
