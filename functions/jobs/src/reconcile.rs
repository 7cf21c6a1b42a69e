//! Reconciliation: bucket and table side by side. NOTHING LOST also when no event came: an object version
//! that the table does not know is announced to `ingest`, as S3 would have; a recording whose object is
//! gone is marked; a version that was proved deleted and still exists raises an alarm.
//!
//! Both directions go in slices. What it costs is worked out in docs/internals/architecture.md.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use policy::custody::{EventKind, Happening};
use policy::fragment::{ObjectKey, ObjectVersion};
use policy::id::RecordingId;
use store::retry::{Attempt, on_conflict};
use store::{
    CallWrite, DueKey, Job, ListedVersion, Month, Partition, RecordingWrite, SortKey, Stored, StoredKind, TIME_SHARDS,
    VersionPosition, WriteOutcome, announcement, metrics,
};
use tracing::{error, info, warn};

use crate::context::Context;
use crate::error::JobError;
use crate::run::Run;

/// 1 hour: an event that has not come by then, and did not end in the dead-letter queue, will not come.
const EVENT_UNDER_WAY: SignedDuration = SignedDuration::from_hours(1);

/// 100 items: what one `BatchGetItem` takes.
const AT_ONCE: usize = 100;

/// 20,000 entries are compared with one reading of the bucket: some 6 MB, and of a folder of 100,000 objects, four
/// shards and one day, five readings.
const ENTRIES_AT_ONCE: usize = 20_000;

/// 1,000 entries: one page of an index.
const PAGE: u16 = 1_000;

/// 3 attempts: other writers of a recording are done in less.
const MARK_ATTEMPTS: u32 = 3;

/// 120 months: ten years, one of which is gone through again each day beside this month and the last.
const MONTHS: i64 = 120;

/// Every day: the whole bucket, this month's and last month's recordings, and those of one month of the
/// last ten years.
pub(crate) async fn schedule(context: &Context) -> Result<(), JobError> {
    let now = context.connection.now();
    context.jobs.send(&Job::ReconcileBucket { pass: now, hop: 0 }).await?;
    let today = now.to_zoned_datetime(TimeZone::UTC).date();
    let days_since_1970 = now.as_second().div_euclid(24 * 3600);
    let mut months = BTreeSet::new();
    for months_ago in [0, 1, days_since_1970.rem_euclid(MONTHS)] {
        let first = today.first_of_month().checked_sub(months_ago.months()).unwrap_or(today);
        months.extend(first.to_zoned_datetime(TimeZone::UTC).ok().map(|first| Month::of(first.timestamp())));
    }
    for month in months {
        for shard in 0..TIME_SHARDS {
            for partition in [Partition::Time(month.clone(), shard), Partition::Quarantine(month.clone(), shard)] {
                context.jobs.send(&Job::ReconcileEntries { partition, before: None }).await?;
            }
        }
    }
    Ok(())
}

/// Goes through the bucket, on from where an earlier slice of the pass ended.
pub(crate) async fn bucket(context: &Context, pass: Timestamp, hop: u32, run: Run) -> Result<(), JobError> {
    let now = context.connection.now();
    let bucket = &context.recordings_bucket;
    let mut after = None;
    if hop > 0 {
        after = context.table.bucket_position(pass, hop).await?;
        if after.is_none() {
            warn!(hop, "a pass over the bucket is too old to go on: the next one begins from the start");
            return Ok(());
        }
    }
    let mut counts = Counts::default();
    loop {
        let page = context.objects.versions(bucket, "", after.as_ref()).await?;
        counts.delete_markers += page.delete_markers;
        counts.objects += page.versions.len() as u64;
        counts.bytes += page.versions.iter().map(|version| version.size_bytes).sum::<u64>();
        for versions in page.versions.chunks(AT_ONCE) {
            compare(context, versions, now, &mut counts).await?;
        }
        after = page.next;
        if after.is_none() || run.is_over(context) {
            break;
        }
    }
    info!(?counts, is_done = after.is_none(), "the bucket was compared with the table");
    let metrics = [("ObjectsWithoutEvent", counts.announced), ("DeletedButThere", counts.undead)];
    metrics::emit(now, &metrics);
    let size = (counts.objects, counts.bytes);
    context.table.put_bucket_size(pass, hop, size, after.is_none()).await?;
    if let Some(position) = after {
        context.table.put_bucket_position(pass, hop + 1, &position).await?;
        run.send_rest(context, &Job::ReconcileBucket { pass, hop: hop + 1 }).await?;
    }
    Ok(())
}

#[derive(Debug, Default)]
struct Counts {
    known: u64,
    announced: u64,
    under_way: u64,
    undead: u64,
    delete_markers: u64,
    objects: u64,
    bytes: u64,
}

async fn compare(
    context: &Context,
    versions: &[ListedVersion],
    now: Timestamp,
    counts: &mut Counts,
) -> Result<(), JobError> {
    let bucket = &context.recordings_bucket;
    let id_of = |version: &ListedVersion| RecordingId::of(bucket, version.key.expose(), &version.version_id);
    let ids: Vec<RecordingId> = versions.iter().map(id_of).collect();
    let existing: HashMap<RecordingId, StoredKind> = context.table.existing(&ids).await?.into_iter().collect();
    for version in versions {
        let id = id_of(version);
        match existing.get(&id) {
            Some(StoredKind::Recording) => counts.known += 1,
            // The sweep may have deleted it since it was listed.
            Some(StoredKind::Tombstone)
                if !context.objects.has_version(bucket, &version.key, &version.version_id).await? => {}
            Some(StoredKind::Tombstone) => {
                error!(recording = %id, "a version that was proved deleted still exists");
                counts.undead += 1;
            }
            None if now.duration_since(version.stored_at) < EVENT_UNDER_WAY => counts.under_way += 1,
            None => {
                warn!(recording = %id, "no event brought this object version: it is taken in now");
                context.ingest.send(&announcement(bucket, version)).await?;
                counts.announced += 1;
            }
        }
    }
    Ok(())
}

/// Goes through one partition of the table, newest first, on from a sort key: every recording in it must have its
/// object.
pub(crate) async fn entries(
    context: &Context,
    partition: &Partition,
    before: Option<SortKey>,
    run: Run,
) -> Result<(), JobError> {
    let now = context.connection.now();
    let mut before = before;
    let mut gone = 0;
    loop {
        let (ids, next) = ids_of(context, partition, before.as_ref()).await?;
        for object in missing(context, objects_of(context, &ids).await?, run).await? {
            let id = object.id();
            if mark(context, &id, now).await? {
                error!(recording = %id, "the object of a recording is gone, and not by the sweep");
                gone += 1;
            }
        }
        if next.is_none() {
            break;
        }
        before = next;
        if run.is_over(context) {
            run.send_rest(context, &Job::ReconcileEntries { partition: partition.clone(), before }).await?;
            break;
        }
    }
    if gone > 0 {
        metrics::emit(now, &[("RecordingsWithoutObject", gone)]);
    }
    Ok(())
}

/// The next recordings of a partition that are not marked, and the sort key to go on below; `None` at its end.
async fn ids_of(
    context: &Context,
    partition: &Partition,
    before: Option<&SortKey>,
) -> Result<(Vec<RecordingId>, Option<SortKey>), JobError> {
    let mut until = before.map_or_else(SortKey::last, SortKey::just_below);
    let mut ids = Vec::new();
    loop {
        let (views, has_more) = context.table.list(partition, &SortKey::first(), &until, PAGE).await?;
        let last = views.last().map(|(at, _)| at.clone());
        let unmarked = views.into_iter().filter(|(_, view)| view.object_gone_at.is_none());
        ids.extend(unmarked.map(|(_, view)| view.id));
        let Some(last) = last.filter(|_| has_more) else {
            return Ok((ids, None));
        };
        if ids.len() >= ENTRIES_AT_ONCE {
            return Ok((ids, Some(last)));
        }
        until = last.just_below();
    }
}

/// The objects of recordings, by key and version, as S3 lists them.
async fn objects_of(
    context: &Context,
    ids: &[RecordingId],
) -> Result<BTreeMap<ObjectKey, Vec<ObjectVersion>>, JobError> {
    let mut objects: BTreeMap<ObjectKey, Vec<ObjectVersion>> = BTreeMap::new();
    for ids in ids.chunks(AT_ONCE) {
        for object in context.table.object_versions(ids).await? {
            objects.entry(object.key.clone()).or_default().push(object);
        }
    }
    Ok(objects)
}

/// Those that the bucket does not list: both in the order of their keys, so that a page of a thousand versions settles
/// all that are wanted among them.
async fn missing(
    context: &Context,
    mut wanted: BTreeMap<ObjectKey, Vec<ObjectVersion>>,
    run: Run,
) -> Result<Vec<ObjectVersion>, JobError> {
    let mut missing = Vec::new();
    let mut after: Option<VersionPosition> = None;
    while let Some((first, _)) = wanted.first_key_value() {
        if after.is_some() && run.is_over(context) {
            warn!(left = wanted.len(), "there was no time to look for every object: the next pass looks again");
            break;
        }
        // Skip what lies between the end of the last page and the next wanted key.
        let just_before = before_key(first);
        let skips = after.as_ref().is_none_or(|after| after.key < just_before.key);
        let position = if skips { Some(&just_before) } else { after.as_ref() };
        let page = context.objects.versions(&context.recordings_bucket, "", position).await?;
        for version in &page.versions {
            if let Some(objects) = wanted.get_mut(&version.key) {
                objects.retain(|object| object.version_id != version.version_id);
            }
        }
        // The last key of a page may go on on the next one.
        let unlisted = match &page.next {
            Some(next) => wanted.split_off(&next.key),
            None => BTreeMap::new(),
        };
        missing.extend(std::mem::replace(&mut wanted, unlisted).into_values().flatten());
        after = page.next;
    }
    Ok(missing)
}

/// A position just before a key: few keys lie between the two.
fn before_key(key: &ObjectKey) -> VersionPosition {
    let mut text = key.expose().to_owned();
    text.pop();
    VersionPosition { key: ObjectKey::new(text), version_id: None }
}

/// Marks a recording, with an event on its custody; not where it ended meanwhile. One that changed is looked at
/// again at once: the next pass of an old month comes months later.
async fn mark(context: &Context, id: &RecordingId, now: Timestamp) -> Result<bool, JobError> {
    let attempt = async || try_to_mark(context, id, now).await;
    match on_conflict(&context.connection, MARK_ATTEMPTS, attempt).await? {
        Attempt::Done(is_marked) => Ok(is_marked),
        Attempt::Conflict => {
            warn!(recording = %id, "a recording without its object kept changing: the next pass looks again");
            Ok(false)
        }
    }
}

async fn try_to_mark(context: &Context, id: &RecordingId, now: Timestamp) -> Result<Attempt<bool>, JobError> {
    let Some(stored) = context.table.recording(id).await? else {
        return Ok(Attempt::Done(false));
    };
    let Stored::Recording(mut recording) = stored.stored else {
        return Ok(Attempt::Done(false));
    };
    let Some(call) = context.table.call(&recording.view.call).await? else {
        return Ok(Attempt::Done(false));
    };
    // What is being deleted loses its object first.
    if call.claim.is_some() || recording.view.object_gone_at.is_some() {
        return Ok(Attempt::Done(false));
    }
    recording.view.object_gone_at = Some(now);
    let happening = Happening {
        at: now,
        kind: EventKind::FactsChanged,
        actor: "jobs".to_owned(),
        operation: format!("reconcile-{}", stored.head.number + 1),
        facts: BTreeMap::from([("object_gone_at".to_owned(), now.to_string())]),
        texts: BTreeMap::new(),
    };
    let Some(event) = stored.head.append(id, happening) else {
        return Ok(Attempt::Done(false));
    };
    let write = RecordingWrite {
        recording: &recording,
        before: Some(stored.generation),
        joins: CallWrite { before: Some(call.generation), call: &call, due: DueKey::Unchanged, reopens: false },
        leaves: None,
        event: Some(&event),
        is_first: false,
    };
    Ok(match context.table.write_recording(&write).await? {
        WriteOutcome::Done => Attempt::Done(true),
        WriteOutcome::Conflict => Attempt::Conflict,
    })
}
