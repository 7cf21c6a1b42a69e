//! What was cut out of recordings: it ends with them, when nobody needs it any more, and 30 days after its case closed.

use jiff::Timestamp;
use store::{DeleteOutcome, Derived, DerivedFor, DerivedPlace};
use tracing::warn;

use crate::context::{Context, SweepError};

/// Deletes the object and takes it off its recordings. `false` where its writer may still be at work, or S3 keeps it: it
/// stays listed, and the next run deletes it again.
pub(crate) async fn end(context: &Context, derived: &Derived) -> Result<bool, SweepError> {
    // Before the deletion: what is written later than that can't be written any more.
    let now = context.connection.now();
    match context.objects.delete_all_of(&context.derived_bucket, &derived.object_key).await? {
        DeleteOutcome::Gone => {}
        DeleteOutcome::Kept(code) => {
            warn!(code, "S3 kept what was cut out of a recording");
            return Ok(false);
        }
    }
    if now < derived.written_until {
        return Ok(false);
    }
    context.table.end_derived(derived).await?;
    Ok(true)
}

/// Looks at what was derived: ends it, or says when to look again.
pub(crate) async fn look_at(context: &Context, place: &DerivedPlace) -> Result<(), SweepError> {
    let Some(derived) = context.table.derived(place).await? else {
        return Ok(());
    };
    let now = context.connection.now();
    let next = if is_needed(context, &derived, now).await? {
        let case = context.table.case(&derived.case).await?;
        case.and_then(|stored| derived.looked_at(&stored.case, now))
    } else {
        None
    };
    match next {
        Some(next) => Ok(context.table.keep_derived(&derived, next).await?),
        None => end(context, &derived).await.map(|_| ()),
    }
}

/// Whether a share or a release took this very object, and a share still has members who may hear it.
async fn is_needed(context: &Context, derived: &Derived, now: Timestamp) -> Result<bool, SweepError> {
    let key = derived.object_key.as_str();
    Ok(match &derived.made_for {
        DerivedFor::Share(id) => context.table.share(&derived.case, id).await?.is_some_and(|stored| {
            stored.share.is_open_at(now) && stored.share.clip.is_some_and(|clip| clip.key == key)
        }),
        DerivedFor::Release(id) => context
            .table
            .release(&derived.case, id)
            .await?
            .is_some_and(|stored| stored.release.package.is_some_and(|package| package.key == key)),
    })
}
