//! A share's clip.

use policy::case::part::{Clip, CutFailure};
use policy::case::share::{Share, ShareState};
use policy::id::{CaseId, ShareId};
use store::retry::{Attempt, on_conflict};
use store::{Derived, DerivedFor, WriteOutcome};
use tracing::info;

use crate::context::{ATTEMPTS, ClipError, Context, WRITING};
use crate::finish;
use crate::output::Output;
use crate::source::{self, Source};

/// Makes the clip of a share that waits for one.
pub(crate) async fn make(context: &Context, case: &CaseId, id: &ShareId, attempt: &str) -> Result<(), ClipError> {
    let Some(stored) = context.table.share(case, id).await? else {
        return Ok(());
    };
    let share = stored.share;
    // TWICE IS ONCE: it has its clip, or is not wanted any more.
    if share.state != ShareState::Making || !share.is_open_at(context.connection.now()) {
        return Ok(());
    }
    let Some(source) = source::read(context, &share.part.recording).await? else {
        return finish::fail_share(context, &share, CutFailure::Gone, attempt).await;
    };
    let plan = match source::plan(context, &source, &share.part).await? {
        Ok(plan) => plan,
        Err(failure) => return finish::fail_share(context, &share, failure, attempt).await,
    };
    let key = format!("clips/{}/{id}-{attempt}.{}", share.part.recording, plan.extension);
    let Some(derived) = list(context, &share, &source, &key).await? else {
        return finish::fail_share(context, &share, CutFailure::Gone, attempt).await;
    };
    let mut output = Output::new(&context.derived, &key);
    if let Err(error) = source::copy(context, &source, &plan, &mut async |bytes: &[u8]| output.write(bytes).await).await
    {
        output.abort().await;
        return Err(error);
    }
    if context.connection.now() >= derived.written_until {
        output.abort().await;
        return Err(ClipError::Late);
    }
    let written = output.finish().await?;
    let clip = Clip {
        key,
        sha256: written.sha256,
        size: written.size_bytes,
        content_type: plan.content_type.to_owned(),
        duration_milliseconds: plan.duration_milliseconds(),
        original_sha256: source.recording.sha256.clone().unwrap_or_default(),
    };
    finish::finish_share(context, &share, &clip, attempt).await?;
    info!(share = %id, "a clip was made");
    Ok(())
}

/// Lists the object on the recording before it is written; `None` where the recording is being deleted.
async fn list(context: &Context, share: &Share, source: &Source, key: &str) -> Result<Option<Derived>, ClipError> {
    let recording = share.part.recording.clone();
    let mut call = source.recording.view.call.clone();
    let outcome = on_conflict(&context.connection, ATTEMPTS, async || -> Result<_, ClipError> {
        let now = context.connection.now();
        let derived = Derived {
            object_key: key.to_owned(),
            case: share.case.clone(),
            made_for: DerivedFor::Share(share.id.clone()),
            recordings: vec![recording.clone()],
            written_until: now.checked_add(WRITING).unwrap_or(now),
        };
        match context.table.list_derived(&derived, &[(recording.clone(), call.clone())]).await? {
            WriteOutcome::Done => Ok(Attempt::Done(Some(derived))),
            // It may have moved to another call meanwhile.
            WriteOutcome::Conflict => match source::read(context, &recording).await? {
                Some(again) => {
                    call = again.recording.view.call;
                    Ok(Attempt::Conflict)
                }
                None => Ok(Attempt::Done(None)),
            },
        }
    });
    match outcome.await? {
        Attempt::Done(listed) => Ok(listed),
        Attempt::Conflict => Err(ClipError::Contended),
    }
}
