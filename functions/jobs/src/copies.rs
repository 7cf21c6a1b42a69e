//! Legal holds of copies whose recordings are deleted.
//!
//! S3 replicates a legal hold, and that it was lifted only while the recording is there. A hold that was lifted a moment
//! before the deletion can stay on the copy. The sweep can't lift it: no role has both. NEVER EARLY: such a copy is listed
//! together with the tombstone, and only a recording without a hold gets one.

use jiff::Timestamp;
use store::CopyState;
use tracing::error;

use crate::context::Context;
use crate::error::JobError;

/// Takes S3's legal hold off every copy that S3 kept: the sweep's next try deletes it. A failure ends this hour's pass: what
/// is kept rings an alarm by itself.
pub(crate) async fn release(context: &Context, stop_at: Timestamp) -> Result<(), JobError> {
    let Some(copies) = &context.copies else {
        return Ok(());
    };
    let mut after = None;
    loop {
        let page = context.table.copies_due(CopyState::Kept, Timestamp::MAX, after).await?;
        let kept: Vec<_> = page.copies.into_iter().map(|(recording, _)| recording).collect();
        for pending in context.table.pending_copies(&kept).await? {
            if let Err(error) = copies.release(&pending.copy).await {
                error!(recording = %pending.recording, %error, "a copy's legal hold could not be lifted");
                return Ok(());
            }
        }
        after = page.next;
        if after.is_none() || context.connection.now() >= stop_at {
            return Ok(());
        }
    }
}
