//! `ingest`: an object version was put; its evidence becomes a fragment, and `index` receives a message.
//!
//! Nothing is interpreted here and no rulebook is read: what cannot be understood today is in the table
//! all the same, and taking in goes on when the rulebook can't be read.

pub mod config;
pub mod event;
pub mod probe;

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use event::{NotificationError, ObjectCreated};
use jiff::Timestamp;
use policy::audio::Probe;
use policy::fragment::{AudioFragment, ObjectKey, ObjectKind, ObjectVersion, TextFragment};
use sha2::{Digest, Sha256};
use store::{
    Batch, BatchResponse, Connection, IndexMessage, IndexQueue, ObjectRead, Objects, Redelivery, StoreError, Table,
};
use tracing::{info, warn};

pub use config::Config;

/// What the handler works with.
#[derive(Clone, Debug)]
pub struct Context {
    config: Config,
    connection: Connection,
    redelivery: Redelivery,
    table: Table,
    objects: Objects,
    queue: IndexQueue,
}

impl Context {
    /// Builds every client; no call is made.
    pub fn new(config: Config, connection: Connection) -> Self {
        Self {
            redelivery: Redelivery::new(&connection),
            table: Table::new(&connection, config.table.clone()),
            objects: Objects::new(&connection),
            queue: IndexQueue::new(&connection, config.index_queue_url.clone()),
            connection,
            config,
        }
    }
}

/// Why a message comes again.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// It will never do: it ends in the dead-letter queue.
    #[error(transparent)]
    Notification(#[from] NotificationError),
    /// AWS failed; the next try may do.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The body ended before its length.
    #[error("the object's body ended after {received} of {expected} bytes")]
    CutShort {
        /// Bytes that came.
        received: u64,
        /// Bytes that were announced.
        expected: u64,
    },
}

/// Takes in a batch; fails per message, never per batch.
pub async fn handle(context: &Context, batch: Batch) -> BatchResponse {
    batch.process(&context.redelivery, async |body| take_in_message(context, &body).await).await
}

async fn take_in_message(context: &Context, body: &str) -> Result<(), IngestError> {
    for put in event::read(body, &context.config.recordings_bucket)? {
        take_in(context, put).await?;
    }
    Ok(())
}

async fn take_in(context: &Context, put: ObjectCreated) -> Result<(), IngestError> {
    let key = ObjectKey::new(put.key);
    let kind = key.kind();
    let mut object = ObjectVersion {
        bucket: put.bucket,
        key,
        version_id: put.version_id,
        sequencer: put.sequencer,
        stored_at: put.at,
        taken_in_at: context.connection.now(),
        size_bytes: put.size_bytes,
    };
    let message = IndexMessage::of(&object);
    let mut read = None;
    // A call log over its limit is not read here either.
    let limit_bytes = match kind {
        ObjectKind::CallLog => context.config.max_object_bytes.min(TextFragment::CALL_LOG_LIMIT_BYTES),
        ObjectKind::Audio | ObjectKind::Sidecar => context.config.max_object_bytes,
    };
    if put.size_bytes <= limit_bytes {
        match context.objects.open(&object.bucket, &object.key, &object.version_id).await {
            Ok(Some(mut opened)) => {
                object.stored_at = opened.stored_at.unwrap_or(object.stored_at);
                object.size_bytes = opened.size_bytes;
                // The notification's size is not believed.
                if opened.size_bytes <= limit_bytes {
                    read = Some((evidence(&mut opened, kind, object.key.file_name()).await?, opened.metadata));
                }
            }
            // An event that came late or twice, of a version that has ended since.
            Ok(None) => {
                info!(recording = %message.id, "the object version is gone: nothing to take in");
                return Ok(());
            }
            // NOTHING LOST: it waits in quarantine, with an end, and not in a dead-letter queue.
            Err(unreadable) if unreadable.is_unreadable_object() => {
                warn!(recording = %message.id, error = %unreadable, "the object can't be read");
                read = Some((Evidence { probe: Probe::Unreadable, ..Evidence::default() }, BTreeMap::new()));
            }
            Err(error) => return Err(error.into()),
        }
    }
    object.taken_in_at = taken_in_at(&object, context.connection.now());
    let (evidence, metadata) = read.unwrap_or_default();
    match kind {
        ObjectKind::Audio => {
            let fragment = AudioFragment { object, sha256: evidence.sha256, probe: evidence.probe, metadata };
            context.table.put_audio_fragment(&fragment).await?;
        }
        ObjectKind::Sidecar | ObjectKind::CallLog => {
            let fragment =
                TextFragment { object, kind, sha256: evidence.sha256, text: evidence.text, unread_under: None };
            context.table.put_text_fragment(&fragment).await?;
        }
    }
    // Told after it is written, also when an earlier try wrote it: that try may have died in between.
    context.queue.send(&message).await?;
    info!(recording = %message.id, ?kind, "taken in");
    Ok(())
}

/// An object can't be taken in before it was stored, whatever two clocks say.
fn taken_in_at(object: &ObjectVersion, now: Timestamp) -> Timestamp {
    now.max(object.stored_at)
}

/// What one streaming read of the bytes finds.
#[derive(Debug)]
struct Evidence {
    sha256: Option<String>,
    probe: Probe,
    text: Option<String>,
}

impl Default for Evidence {
    /// Of an object that was too large to be read.
    fn default() -> Self {
        Self { sha256: None, probe: Probe::TooLarge, text: None }
    }
}

async fn evidence(object: &mut ObjectRead, kind: ObjectKind, file_name: &str) -> Result<Evidence, IngestError> {
    let mut hasher = Sha256::new();
    let mut reader = probe::Reader::of_file(file_name);
    let mut text = Vec::new();
    let mut received = 0_u64;
    while let Some(chunk) = object.next().await? {
        let chunk = chunk.as_ref();
        received += chunk.len() as u64;
        hasher.update(chunk);
        match kind {
            ObjectKind::Audio => reader.feed(chunk),
            // One byte over the limit is kept, to tell that it is over.
            ObjectKind::Sidecar => {
                let room = (TextFragment::LIMIT_BYTES + 1).saturating_sub(text.len());
                text.extend_from_slice(&chunk[..chunk.len().min(room)]);
            }
            ObjectKind::CallLog => {}
        }
    }
    if received != object.size_bytes {
        return Err(IngestError::CutShort { received, expected: object.size_bytes });
    }
    let text = (kind == ObjectKind::Sidecar && text.len() <= TextFragment::LIMIT_BYTES)
        .then(|| String::from_utf8(text).ok())
        .flatten();
    Ok(Evidence { sha256: Some(HEXLOWER.encode(&hasher.finalize())), probe: reader.finish(), text })
}
