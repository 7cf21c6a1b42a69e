//! `clip`: cuts the parts that a share or a release needs, by ranges of the recordings' bytes, and puts a clip or a
//! package into the derived bucket; and the version of a recording without what a redaction silences beside the recording.
//!
//! TWICE IS ONCE, and no object that nothing lists: each attempt has a key of its own, which it lists on the recording
//! before it writes the object. The share or the release takes one attempt's object. What it did not take, whatever crashed, was
//! withdrawn or came twice, the sweep finds in the list and deletes: this function deletes nothing.

mod config;
mod context;
mod finish;
mod output;
mod package;
mod redaction;
mod share;
mod source;

use store::{Batch, BatchResponse, ClipMessage};

pub use config::Config;
pub use context::{ClipError, Context, WRITING};

/// Works on a batch; fails per message, never per batch. `attempt` is the invocation's id: no other invocation has it.
pub async fn handle(context: &Context, batch: Batch, attempt: &str) -> BatchResponse {
    let work = async |body: String| -> Result<(), ClipError> {
        match serde_json::from_str(&body)? {
            ClipMessage::Share { case, share } => share::make(context, &case, &share, attempt).await,
            ClipMessage::Release { case, release } => package::make(context, &case, &release, attempt).await,
            ClipMessage::Redaction { redaction } => Box::pin(redaction::make(context, &redaction)).await,
        }
    };
    batch.process(&context.redelivery, work).await
}
