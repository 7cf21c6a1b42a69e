//! `index`: a fragment was written; all fragments of its object are merged into the recording and its
//! call. The result is a function of the set, written only if nothing changed meanwhile: the order in
//! which fragments arrive, and how often, can't matter.

mod config;
mod place;

use policy::calllog::Position;
use policy::fragment::{Fragments, ObjectKind};
use policy::id::{KeyId, RecordingId};
use store::{
    Batch, BatchResponse, Connection, IndexMessage, Job, JobsQueue, PublishError, Rulebooks, StoreError, Stored, Table,
};

pub use config::Config;

/// What the handler works with.
#[derive(Debug)]
pub struct Context {
    connection: Connection,
    table: Table,
    rulebooks: Rulebooks,
    jobs: JobsQueue,
}

impl Context {
    /// Builds every client; no call is made.
    pub fn new(config: Config, connection: Connection) -> Self {
        Self {
            table: Table::new(&connection, config.rulebooks.table.clone()),
            jobs: JobsQueue::new(&connection, config.jobs_queue_url),
            rulebooks: Rulebooks::new(&connection, config.rulebooks),
            connection,
        }
    }
}

/// Why a message comes again.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// Not what `ingest` sends.
    #[error("the message is not one of ours")]
    Message(#[source] serde_json::Error),
    /// AWS failed; the next try may do.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The rulebook can't be read: nothing is lost, the message comes again.
    #[error("{0}")]
    Rulebook(#[from] PublishError),
    /// Others kept writing the same call.
    #[error("the call kept changing while it was written")]
    Contended,
    /// A call has had a million lives, or a custody four billion events.
    #[error("a call or a custody is full")]
    Full,
}

/// 16 sidecars of one key are merged: the first stands, later ones are lesser; more bring nothing.
const SIDECARS_MERGED_LIMIT: usize = 16;

/// 64 rows of one call are merged: a call that rang more phones than that has said all by then.
pub(crate) const ROWS_MERGED_LIMIT: usize = 64;

/// 1,000 versions of one key are looked at again when a sidecar comes.
const VERSIONS_LIMIT: usize = 1000;

/// 8 tries: each fails only if another invocation succeeded in between.
const TRIES: usize = 8;

/// Indexes a batch; fails per message, never per batch.
pub async fn handle(context: &Context, batch: Batch) -> BatchResponse {
    batch
        .process(context.connection.now(), async |body| {
            let message = serde_json::from_str(&body).map_err(IndexError::Message)?;
            index(context, &message).await
        })
        .await
}

async fn index(context: &Context, message: &IndexMessage) -> Result<(), IndexError> {
    let IndexMessage { kind, key_id, id } = message;
    match kind {
        ObjectKind::Audio => index_audio(context, key_id, id).await?,
        ObjectKind::Sidecar => {
            let fragments = context.table.audio_fragments(key_id, VERSIONS_LIMIT).await?;
            for fragment in &fragments {
                index_audio(context, key_id, &fragment.object.id()).await?;
            }
            // A duplicate follows its first, whichever of the two came before in S3's order.
            if fragments.len() > 1 {
                for fragment in &fragments {
                    index_audio(context, key_id, &fragment.object.id()).await?;
                }
            }
        }
        ObjectKind::CallLog => {}
    }
    // A sidecar that came before its audio waits alone; one that came after joins what it speaks for.
    for text in context.table.text_fragments(key_id, VERSIONS_LIMIT).await? {
        place::place_text(context, &text).await?;
    }
    if *kind == ObjectKind::CallLog {
        let position = Position::default();
        context.jobs.send(&Job::ReadCallLog { key_id: key_id.clone(), id: id.clone(), position }).await?;
    }
    Ok(())
}

async fn index_audio(context: &Context, key_id: &KeyId, id: &RecordingId) -> Result<(), IndexError> {
    for _ in 0..TRIES {
        let Some(audio) = context.table.audio_fragment(key_id, id).await? else {
            return Ok(());
        };
        let before = context.table.recording(id).await?;
        let before = match before {
            None => None,
            Some(stored) => match stored.stored {
                Stored::Tombstone(_) => {
                    return Ok(context.table.end_fragment(&audio.object).await?);
                }
                Stored::Recording(recording) => {
                    Some(place::Before { recording: *recording, generation: stored.generation, head: stored.head })
                }
            },
        };
        let first = match &audio.sha256 {
            Some(sha256) => context.table.first_with(key_id, sha256).await?.filter(|first| first != id),
            None => None,
        };
        let outcome = if let Some(first) = first {
            place::place_duplicate(context, &audio, before, &first).await?
        } else {
            let sidecars = context.table.text_fragments(key_id, SIDECARS_MERGED_LIMIT).await?;
            // Nobody corrects what nobody has seen yet.
            let correction = match &before {
                Some(_) => context.table.corrections(key_id, id).await?.standing,
                None => None,
            };
            let fragments = Fragments { audio, sidecars, correction, rows: Vec::new() };
            Box::pin(place::place_audio(context, fragments, before)).await?
        };
        if outcome == store::WriteOutcome::Done {
            return Ok(());
        }
    }
    Err(IndexError::Contended)
}
