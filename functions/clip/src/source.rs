//! The recording that a part is of, and the part of its bytes.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use cutter::{CannotCut, Known, MAX_OBJECT_BYTES, Piece, Plan, Planned, Way};
use policy::audio::Audio;
use policy::case::part::{CutFailure, Part};
use policy::custody::Head;
use policy::id::RecordingId;
use policy::permission;
use policy::recording::Recording;
use store::{ObjectRead, Stored};

use crate::context::{ClipError, Context};

/// A recording that may be cut, and where its custody ends.
pub(crate) struct Source {
    pub(crate) recording: Recording,
    pub(crate) head: Head,
    pub(crate) audio: Audio,
}

/// Reads a recording consistently. NEVER LATE: `None` from the second of its expiry, and once it is being deleted.
pub(crate) async fn read(context: &Context, id: &RecordingId) -> Result<Option<Source>, ClipError> {
    let Some(stored) = context.table.recording(id).await? else {
        return Ok(None);
    };
    let (Stored::Recording(recording), head) = (stored.stored, stored.head) else {
        return Ok(None);
    };
    let mut recording = *recording;
    let Some(call) = context.table.call(&recording.view.call).await?.filter(|call| call.claim.is_none()) else {
        return Ok(None);
    };
    // The copies that lie in the recording may be behind its call.
    recording.view.periods.clone_from(&call.periods);
    recording.view.holds.clone_from(&call.holds);
    recording.view.understood_at = call.understood_at;
    let now = context.connection.now();
    let rulebook = context.rulebooks.in_force(now).await?;
    let has_expired = permission::expires_at(&recording.view, &rulebook).is_some_and(|at| at <= now);
    let audio = recording.audio.clone().filter(|_| permission::is_listed(&recording.view) && !has_expired);
    Ok(audio.map(|audio| Source { recording, head, audio }))
}

/// What a part becomes, as far as it can be said before its bytes are read.
pub(crate) async fn plan(
    context: &Context,
    source: &Source,
    part: &Part,
) -> Result<Result<Plan, CutFailure>, ClipError> {
    let wanted = cutter::Part {
        from_milliseconds: part.from_milliseconds.unwrap_or_default(),
        to_milliseconds: part.to_milliseconds,
        mute: part.mute.clone(),
    };
    let planned = match cutter::way(&source.audio, &wanted) {
        Ok(Way::Bytes) => match plan_bytes(context, source, &wanted).await {
            Ok(Err(CannotCut::Coding | CannotCut::Damaged)) if cutter::is_decoded(&source.audio) => {
                decode(context, source, &wanted).await
            }
            planned => planned,
        },
        Ok(Way::Decode) => decode(context, source, &wanted).await,
        Err(reason) => Ok(Err(reason)),
    };
    let planned = match planned {
        Err(ClipError::ObjectGone) => return Ok(Err(CutFailure::Gone)),
        planned => planned?,
    };
    Ok(planned.map_err(|reason| {
        tracing::warn!(recording = %source.recording.view.id, %reason, "a part");
        failure(reason)
    }))
}

fn failure(reason: CannotCut) -> CutFailure {
    match reason {
        CannotCut::Coding | CannotCut::Mute | CannotCut::Damaged => CutFailure::NotCuttable,
        CannotCut::Empty => CutFailure::OutOfRange,
        CannotCut::TooLarge => CutFailure::TooLarge,
    }
}

/// Reads the header, window by window, as far as the plan needs it.
async fn plan_bytes(
    context: &Context,
    source: &Source,
    part: &cutter::Part,
) -> Result<Result<Plan, CannotCut>, ClipError> {
    let mut known = Known::new(source.recording.object.size_bytes);
    loop {
        // Strangers' bytes: what panics on them says that they are damaged.
        let planned = catch_unwind(AssertUnwindSafe(|| cutter::plan(&source.audio, &known, part)));
        match planned.unwrap_or(Err(CannotCut::Damaged)) {
            Ok(Planned::Done(plan)) => return Ok(Ok(plan)),
            Ok(Planned::Wants(range)) => {
                let mut bytes = Vec::new();
                let mut window = open(context, source, range.clone()).await?;
                while let Some(chunk) = window.next().await? {
                    bytes.extend_from_slice(chunk.as_ref());
                }
                require_whole(&range, bytes.len() as u64)?;
                known.learn(range.start, bytes);
            }
            Err(reason) => return Ok(Err(reason)),
        }
    }
}

/// Reads the whole object and decodes it.
async fn decode(context: &Context, source: &Source, part: &cutter::Part) -> Result<Result<Plan, CannotCut>, ClipError> {
    let size_bytes = source.recording.object.size_bytes;
    if size_bytes > MAX_OBJECT_BYTES {
        return Ok(Err(CannotCut::TooLarge));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size_bytes).unwrap_or_default());
    let mut body = open(context, source, 0..size_bytes).await?;
    while let Some(chunk) = body.next().await? {
        bytes.extend_from_slice(chunk.as_ref());
    }
    require_whole(&(0..size_bytes), bytes.len() as u64)?;
    // Strangers' bytes: a decoder that panics on them says that they are damaged.
    let decoded = catch_unwind(AssertUnwindSafe(|| cutter::decode(&source.audio, bytes, part)));
    Ok(decoded.unwrap_or(Err(CannotCut::Damaged)))
}

/// Writes what was planned.
pub(crate) async fn copy(
    context: &Context,
    source: &Source,
    plan: &Plan,
    write: &mut impl AsyncFnMut(&[u8]) -> Result<(), ClipError>,
) -> Result<(), ClipError> {
    for piece in &plan.pieces {
        match piece {
            Piece::Write(bytes) => write(bytes).await?,
            Piece::Repeat { unit, times } => write_repeated(write, unit, *times).await?,
            Piece::Copy(range) => {
                let mut body = open(context, source, range.clone()).await?;
                let mut received = 0;
                while let Some(chunk) = body.next().await? {
                    received += chunk.as_ref().len() as u64;
                    write(chunk.as_ref()).await?;
                }
                require_whole(range, received)?;
            }
        }
    }
    Ok(())
}

async fn write_repeated(
    write: &mut impl AsyncFnMut(&[u8]) -> Result<(), ClipError>,
    unit: &[u8],
    times: u64,
) -> Result<(), ClipError> {
    /// 64 KiB at once.
    const CHUNK_BYTES: usize = 64 * 1024;
    let units_at_once = (CHUNK_BYTES / unit.len().max(1)).max(1);
    let chunk = unit.repeat(units_at_once);
    let mut left = times;
    while left > 0 {
        let now = left.min(units_at_once as u64);
        let bytes = usize::try_from(now).unwrap_or_default() * unit.len();
        write(&chunk[..bytes]).await?;
        left -= now;
    }
    Ok(())
}

/// The bytes of this object version, and no other's.
async fn open(context: &Context, source: &Source, range: Range<u64>) -> Result<ObjectRead, ClipError> {
    let object = &source.recording.object;
    let opened = context.objects.open_range(&object.bucket, &object.key, &object.version_id, range).await?;
    opened.ok_or(ClipError::ObjectGone)
}

fn require_whole(range: &Range<u64>, received: u64) -> Result<(), ClipError> {
    let expected = range.end - range.start;
    if received == expected { Ok(()) } else { Err(ClipError::CutShort { received, expected }) }
}
