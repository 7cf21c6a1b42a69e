//! After a restore of the table: what S3 holds is held again.
//!
//! S3's legal hold stands on each version of a held call before the hold is answered, so S3 knows every hold that the table
//! has lost. NEVER EARLY: it is placed again before the sweep goes on. Why it was placed, only a person knows.

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use policy::case::holds::HOLDS_ACTOR;
use policy::custody::Committed;
use policy::hold::{Hold, HoldKind, NewHold};
use policy::holding::HoldAct;
use policy::id::{RecordingId, sha256_hex};
use policy::recording::CallReference;
use policy::rulebook::Rulebook;
use store::{HoldOutcome, HoldRequest, Job, LegalHold, ListedVersion, RestoreStep, Stored, announcement};
use tracing::{error, info, warn};

use crate::context::Context;
use crate::error::JobError;
use crate::run::Run;

/// 16 versions are asked for at once: a page of a thousand takes some seconds.
const VERSIONS_AT_ONCE: usize = 16;

/// 32 digits, as of every salt.
const SALT_DIGITS: usize = 32;

/// What custody says, for people.
const REASON: &str = "復元した表にはないが、S3で削除停止中だったため";

/// Begins, once the dead have their tombstones: what is gone is not held.
pub(crate) async fn begin(context: &Context) -> Result<(), JobError> {
    if !context.table.has_taken(RestoreStep::Journal).await? {
        return Err(JobError::JournalNotReplayed);
    }
    Ok(context.jobs.send(&Job::RestoreHolds { pass: context.connection.now(), hop: 0 }).await?)
}

/// Goes through the bucket, on from where an earlier slice ended. A version that fails keeps no other; the slice is
/// repeated.
pub(crate) async fn holds(context: &Context, pass: Timestamp, hop: u32, run: Run) -> Result<(), JobError> {
    let again = &Again { context, pass, rulebook: &*context.rulebooks.in_force(context.connection.now()).await? };
    let mut after = None;
    if hop > 0 {
        after = context.table.bucket_position(pass, hop).await?;
        if after.is_none() {
            warn!(hop, "a restore of holds is too old to go on: begin it again");
            return Ok(());
        }
    }
    let (mut held, mut failure) = (0_u64, None);
    loop {
        let page = context.objects.versions(&context.recordings_bucket, "", after.as_ref()).await?;
        let mut asked =
            stream::iter(&page.versions).map(|version| again.hold(version)).buffer_unordered(VERSIONS_AT_ONCE);
        while let Some(outcome) = asked.next().await {
            match outcome {
                Ok(is_placed) => held += u64::from(is_placed),
                Err(error) => {
                    failure.get_or_insert(error);
                }
            }
        }
        after = page.next;
        if after.is_none() || run.is_over(context) {
            break;
        }
    }
    info!(held, is_done = after.is_none() && failure.is_none(), "what S3 holds is held again");
    match (failure, after) {
        (Some(failure), _) => Err(failure),
        (None, Some(position)) => {
            context.table.put_bucket_position(pass, hop + 1, &position).await?;
            Ok(run.send_rest(context, &Job::RestoreHolds { pass, hop: hop + 1 }).await?)
        }
        (None, None) => Ok(context.table.note_taken(RestoreStep::Holds).await?),
    }
}

/// What holds are placed again with.
struct Again<'a> {
    context: &'a Context,
    pass: Timestamp,
    rulebook: &'a Rulebook,
}

impl Again<'_> {
    /// Holds the call of a version that S3 holds, where no hold of it is known; whether it placed one.
    async fn hold(&self, version: &ListedVersion) -> Result<bool, JobError> {
        let Self { context, .. } = self;
        let bucket = &context.recordings_bucket;
        if context.objects.legal_hold(bucket, &version.key, &version.version_id).await? == LegalHold::Off {
            return Ok(false);
        }
        let id = RecordingId::of(bucket, version.key.expose(), &version.version_id);
        let call = match context.table.recording(&id).await?.map(|stored| stored.stored) {
            Some(Stored::Recording(recording)) => recording.view.call,
            Some(Stored::Tombstone(_)) => {
                error!(recording = %id, "a version that was proved deleted still exists");
                return Ok(false);
            }
            // It was taken in after the restored moment.
            None => {
                context.ingest.send(&announcement(bucket, version)).await?;
                return Err(JobError::NotTakenIn);
            }
        };
        match context.table.call(&call).await? {
            Some(standing) if standing.holds.is_empty() => self.place(&call).await,
            Some(_) => Ok(false),
            None => Err(JobError::Contended),
        }
    }

    async fn place(&self, call: &CallReference) -> Result<bool, JobError> {
        let Self { context, pass, rulebook } = self;
        let operation = format!("restore-{pass}");
        // TWICE IS ONCE: nothing of it is drawn, for it is no secret.
        let salt = sha256_hex(operation.as_bytes()).chars().take(SALT_DIGITS).collect();
        let reason = Committed { salt, text: REASON.to_owned() };
        let new = NewHold {
            kind: HoldKind::Legal,
            reason: reason.clone(),
            owner: HOLDS_ACTOR,
            placed_by: HOLDS_ACTOR,
            placed_at: *pass,
            until: None,
            operation: &operation,
        };
        let Ok(hold) = Hold::new(&call.id, new) else { return Err(JobError::Contended) };
        let act =
            HoldAct { at: context.connection.now(), actor: HOLDS_ACTOR.to_owned(), operation, reason: Some(reason) };
        match context.table.place_hold(call, hold, &HoldRequest { act, audit: None, rulebook }).await? {
            HoldOutcome::Done => {
                // The other versions of the call.
                context.jobs.send(&Job::FollowHolds { call: call.id.clone() }).await?;
                Ok(true)
            }
            // Claimed before the restored moment: S3 keeps it.
            HoldOutcome::Gone | HoldOutcome::Refused(_) => Ok(false),
            HoldOutcome::Busy => Err(JobError::Contended),
        }
    }
}
