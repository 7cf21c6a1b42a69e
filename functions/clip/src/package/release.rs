//! A release's package, from the queue's message to the release that has it.

use data_encoding::HEXLOWER;
use policy::case::part::{Clip, CutFailure};
use policy::case::release::{Package, Release, ReleaseBasis, ReleaseState};
use policy::case::{Case, CaseKind};
use policy::id::{CaseId, RecordingId, ReleaseId, sha256_hex};
use policy::recording::CallReference;
use policy::rulebook::Rulebook;
use sha2::{Digest, Sha256};
use store::retry::{Attempt, on_conflict};
use store::{Derived, DerivedFor, WriteOutcome};
use tracing::info;

use super::archive::{Archive, MAX_HELD_BYTES};
use super::custody;
use super::manifest::{Manifest, ManifestPart, clock_of, local, number, transcript_name};
use super::record::Record;
use super::zip::MAX_BYTES;
use crate::context::{ATTEMPTS, ClipError, Context, WRITING};
use crate::finish;
use crate::output::Output;
use crate::source::{self, Source};

/// Makes the package of a release that waits for one.
pub(crate) async fn make(context: &Context, case: &CaseId, id: &ReleaseId, attempt: &str) -> Result<(), ClipError> {
    let Some(stored) = context.table.release(case, id).await? else {
        return Ok(());
    };
    let release = stored.release;
    // TWICE IS ONCE: it has its package, or is not wanted any more.
    if release.state != ReleaseState::Approved {
        return Ok(());
    }
    let Some(case) = context.table.case(case).await?.map(|stored| stored.case) else {
        return Ok(());
    };
    let Some(sources) = read_sources(context, &release).await? else {
        return finish::fail_release(context, &release, CutFailure::Gone, attempt).await;
    };
    let key = format!("packages/{}/{id}-{attempt}.zip", release.case);
    let Some(derived) = list(context, &release, &sources, &key).await? else {
        return finish::fail_release(context, &release, CutFailure::Gone, attempt).await;
    };
    let now = context.connection.now();
    let rulebook = context.rulebooks.in_force(now).await?;
    let mut archive = Archive::new(Output::new(&context.derived, &key), clock_of(&rulebook, now));
    let made = match write(context, &release, &case, &rulebook, &sources, &mut archive).await {
        Ok(Ok(made)) => made,
        Ok(Err(failure)) => {
            archive.abort().await;
            return finish::fail_release(context, &release, failure, attempt).await;
        }
        Err(error) => {
            archive.abort().await;
            return Err(error);
        }
    };
    let output = archive.end().await?;
    if context.connection.now() >= derived.written_until {
        output.abort().await;
        return Err(ClipError::Late);
    }
    let written = output.finish().await?;
    let package = Package { key, sha256: written.sha256, size: written.size_bytes, parts: made };
    finish::finish_release(context, &release, &package, attempt).await?;
    info!(release = %id, "a package was made");
    Ok(())
}

/// 64 MiB: beside the parts, what says what they are.
const MARGIN_BYTES: u64 = 64 * 1024 * 1024;

/// Writes one part; its SHA-256.
async fn write_part(
    context: &Context,
    source: &Source,
    plan: &cutter::Plan,
    file: &str,
    archive: &mut Archive<'_>,
) -> Result<String, ClipError> {
    let mut hasher = Sha256::new();
    if plan.size_bytes() <= MAX_HELD_BYTES {
        let mut bytes = Vec::new();
        source::copy(context, source, plan, &mut async |piece: &[u8]| {
            bytes.extend_from_slice(piece);
            Ok(())
        })
        .await?;
        hasher.update(&bytes);
        archive.add(file, &bytes).await?;
    } else {
        archive.begin(file).await?;
        source::copy(context, source, plan, &mut async |piece: &[u8]| {
            hasher.update(piece);
            archive.write(piece).await
        })
        .await?;
        archive.end_entry().await?;
    }
    Ok(HEXLOWER.encode(&hasher.finalize()))
}

/// The recording of each part; `None` where one has expired or is being deleted.
async fn read_sources(context: &Context, release: &Release) -> Result<Option<Vec<Source>>, ClipError> {
    let mut sources = Vec::new();
    for part in &release.parts {
        let Some(source) = source::read(context, &part.part.recording).await? else {
            return Ok(None);
        };
        sources.push(source);
    }
    Ok(Some(sources))
}

/// Lists the object on every recording before it is written; `None` where one of them is being deleted.
async fn list(
    context: &Context,
    release: &Release,
    sources: &[Source],
    key: &str,
) -> Result<Option<Derived>, ClipError> {
    let recordings = release.recordings();
    let call_of = |recording: &RecordingId| -> Option<CallReference> {
        let found = sources.iter().find(|source| source.recording.view.id == *recording);
        found.map(|source| source.recording.view.call.clone())
    };
    let mut places: Vec<(RecordingId, CallReference)> =
        recordings.iter().filter_map(|recording| Some((recording.clone(), call_of(recording)?))).collect();
    let outcome = on_conflict(&context.connection, ATTEMPTS, async || -> Result<_, ClipError> {
        let now = context.connection.now();
        let derived = Derived {
            object_key: key.to_owned(),
            case: release.case.clone(),
            made_for: DerivedFor::Release(release.id.clone()),
            recordings: recordings.clone(),
            written_until: now.checked_add(WRITING).unwrap_or(now),
        };
        if context.table.list_derived(&derived, &places).await? == WriteOutcome::Done {
            return Ok(Attempt::Done(Some(derived)));
        }
        // One may have moved to another call meanwhile.
        for (recording, call) in &mut places {
            match source::read(context, recording).await? {
                Some(again) => *call = again.recording.view.call,
                None => return Ok(Attempt::Done(None)),
            }
        }
        Ok(Attempt::Conflict)
    });
    match outcome.await? {
        Attempt::Done(listed) => Ok(listed),
        Attempt::Conflict => Err(ClipError::Contended),
    }
}

/// Writes every entry; the parts as the release will name them, or why one of them can't be cut.
async fn write(
    context: &Context,
    release: &Release,
    case: &Case,
    rulebook: &Rulebook,
    sources: &[Source],
    archive: &mut Archive<'_>,
) -> Result<Result<Vec<Clip>, CutFailure>, ClipError> {
    let mut manifest = Manifest::new(release, rulebook, context.connection.now());
    let mut clips = Vec::new();
    let mut total_bytes = 0;
    for (position, (source, asked)) in sources.iter().zip(&release.parts).enumerate() {
        // One after the other: what is decoded lies in memory.
        let plan = match source::plan(context, source, &asked.part).await? {
            Ok(plan) => plan,
            Err(failure) => return Ok(Err(failure)),
        };
        total_bytes += plan.size_bytes();
        if total_bytes > MAX_BYTES - MARGIN_BYTES {
            return Ok(Err(CutFailure::TooLarge));
        }
        let file = format!("{}.{}", number(position), plan.extension);
        let sha256 = write_part(context, source, &plan, &file, archive).await?;
        let clip = Clip {
            key: file,
            sha256,
            size: plan.size_bytes(),
            content_type: plan.content_type.to_owned(),
            duration_milliseconds: plan.duration_milliseconds(),
            original_sha256: source.recording.sha256.clone().unwrap_or_default(),
        };
        let transcript = transcript_name(position, asked);
        if let (Some(name), Some(text)) = (&transcript, &asked.transcript) {
            archive.add(name, text.expose().as_bytes()).await?;
        }
        manifest.parts.push(ManifestPart {
            file: clip.key.clone(),
            transcript,
            content_type: plan.content_type,
            size_bytes: clip.size,
            sha256: clip.sha256.clone(),
            duration_milliseconds: clip.duration_milliseconds,
            original_sha256: clip.original_sha256.clone(),
            recording: asked.part.recording.clone(),
            call_started_at: local(rulebook, source.recording.view.started_at),
            from_milliseconds: asked.part.from_milliseconds.unwrap_or_default(),
            to_milliseconds: asked.part.to_milliseconds,
            muted_milliseconds: asked.part.mute.clone(),
        });
        clips.push(clip);
    }
    let manifest_bytes = manifest.to_bytes()?;
    archive.add("manifest.json", &manifest_bytes).await?;
    // What a person is disclosed is about them; who in the company did what is not.
    let has_custody = case.view.kind != CaseKind::Disclosure && release.basis != ReleaseBasis::PersonRequest;
    if has_custody {
        archive.add("custody.json", &custody::read(context, &release.recordings(), rulebook).await?).await?;
    }
    let manifest_sha256 = sha256_hex(&manifest_bytes);
    let record =
        Record { release, case, rulebook, manifest: &manifest, manifest_sha256: &manifest_sha256, has_custody };
    archive.add("record.html", record.page().as_bytes()).await?;
    Ok(Ok(clips))
}
