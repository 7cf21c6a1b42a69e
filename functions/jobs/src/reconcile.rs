//! Reconciliation: bucket and table side by side. NOTHING LOST also when no event came: an object version
//! that the table does not know is announced to `ingest`, as S3 would have; a recording whose object is
//! gone is marked; a version that was proved deleted and still exists raises an alarm.
//!
//! Both directions go in slices. What it costs is worked out in docs/internals/architecture.md.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use policy::custody::{EventKind, Happening};
use policy::id::RecordingId;
use policy::recording::{Listed, Recording};
use store::{
    CallWrite, DueKey, Job, ListedVersion, Month, Partition, RecordingWrite, SortKey, Stored, StoredKind, TIME_SHARDS,
    VersionPlace, WriteOutcome, announcement, metrics,
};
use tracing::{error, info, warn};

use crate::{Context, JobError, Run};

/// 1 hour: an event that has not come by then, and did not end in the dead-letter queue, will not come.
const EVENT_UNDER_WAY: SignedDuration = SignedDuration::from_hours(1);

/// 100 items: what one `BatchGetItem` takes.
const AT_ONCE: usize = 100;

/// 10 pages of 1,000 versions are looked through for the recordings of one folder before each is asked for
/// by itself: one that holds more is not cut by day.
const PAGES_OF_A_FOLDER: usize = 10;

/// 3 tries: who else writes to a recording is done in less.
const MARK_TRIES: u32 = 3;

/// 120 months: ten years, one of which is gone through again each day beside this month and the last.
const MONTHS: i64 = 120;

/// Every day: the whole bucket, this month's and last month's recordings, and those of one month of the
/// last ten years.
pub(crate) async fn schedule(context: &Context) -> Result<(), JobError> {
    let now = context.connection.now();
    context.jobs.send(&Job::ReconcileBucket { after: None }).await?;
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

/// Goes through the bucket on from a place.
pub(crate) async fn bucket(context: &Context, after: Option<VersionPlace>, run: Run) -> Result<(), JobError> {
    let now = context.connection.now();
    let bucket = &context.recordings_bucket;
    let mut after = after;
    let mut counts = Counts::default();
    loop {
        let page = context.objects.versions(bucket, "", after.as_ref()).await?;
        counts.delete_markers += page.delete_markers;
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
    if after.is_some() {
        run.send_rest(context, &Job::ReconcileBucket { after }).await?;
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

/// Goes through one partition of the table on from a place: every recording in it must have its object.
pub(crate) async fn entries(
    context: &Context,
    partition: &Partition,
    before: Option<SortKey>,
    run: Run,
) -> Result<(), JobError> {
    let now = context.connection.now();
    let mut until = before.unwrap_or_else(SortKey::last);
    let mut gone = 0;
    loop {
        let (views, has_more) = context.table.list(partition, &SortKey::first(), &until, 1000).await?;
        gone += look_for(context, views.iter().map(|(_, view)| view), now).await?;
        let Some((last, _)) = views.last().filter(|_| has_more) else {
            break;
        };
        // Newest first, both ends included: the last one is looked at twice.
        if *last == until {
            break;
        }
        until.clone_from(last);
        if run.is_over(context) {
            let job = Job::ReconcileEntries { partition: partition.clone(), before: Some(until) };
            run.send_rest(context, &job).await?;
            break;
        }
    }
    if gone > 0 {
        metrics::emit(now, &[("RecordingsWithoutObject", gone)]);
    }
    Ok(())
}

async fn look_for(context: &Context, views: impl Iterator<Item = &Listed>, now: Timestamp) -> Result<u64, JobError> {
    let mut folders: BTreeMap<String, Vec<Recording>> = BTreeMap::new();
    for view in views.filter(|view| view.object_gone_at.is_none()) {
        if let Some(stored) = context.table.recording(&view.id).await?
            && let Stored::Recording(recording) = stored.stored
        {
            folders.entry(recording.object.key.folder().to_owned()).or_default().push(*recording);
        }
    }
    let mut gone = 0;
    for (folder, mut recordings) in folders {
        leave_those_without_object(context, &folder, &mut recordings).await?;
        for recording in recordings {
            if !exists(context, &recording).await? && mark(context, &recording.view.id, now).await? {
                error!(recording = %recording.view.id, "the object of a recording is gone, and not by the sweep");
                gone += 1;
            }
        }
    }
    Ok(gone)
}

/// Strikes out what a folder's first pages list.
async fn leave_those_without_object(
    context: &Context,
    folder: &str,
    recordings: &mut Vec<Recording>,
) -> Result<(), JobError> {
    let mut after = None;
    for _ in 0..PAGES_OF_A_FOLDER {
        let page = context.objects.versions(&context.recordings_bucket, folder, after.as_ref()).await?;
        recordings.retain(|recording| {
            let object = &recording.object;
            !page.versions.iter().any(|version| version.key == object.key && version.version_id == object.version_id)
        });
        after = page.next;
        if after.is_none() || recordings.is_empty() {
            return Ok(());
        }
    }
    Ok(())
}

async fn exists(context: &Context, recording: &Recording) -> Result<bool, JobError> {
    let object = &recording.object;
    let mut after = None;
    loop {
        let page = context.objects.versions(&object.bucket, object.key.expose(), after.as_ref()).await?;
        let is_it = |version: &ListedVersion| version.key == object.key && version.version_id == object.version_id;
        if page.versions.iter().any(is_it) {
            return Ok(true);
        }
        // Longer keys that begin alike come behind it.
        let is_behind = |place: &VersionPlace| place.key != object.key;
        after = match page.next {
            Some(place) if !is_behind(&place) => Some(place),
            _ => return Ok(false),
        };
    }
}

/// Marks a recording, with an event on its custody; not where it ended meanwhile. One that changed is looked at
/// again at once: the next pass of an old month comes months later.
async fn mark(context: &Context, id: &RecordingId, now: Timestamp) -> Result<bool, JobError> {
    for _ in 0..MARK_TRIES {
        match try_to_mark(context, id, now).await? {
            Marked::Done => return Ok(true),
            Marked::NotToBe => return Ok(false),
            Marked::Changed => {}
        }
    }
    warn!(recording = %id, "a recording without its object kept changing: the next pass looks again");
    Ok(false)
}

/// What came of one try.
enum Marked {
    Done,
    NotToBe,
    /// It changed between the reading and the writing, or was not read whole.
    Changed,
}

async fn try_to_mark(context: &Context, id: &RecordingId, now: Timestamp) -> Result<Marked, JobError> {
    let Some(stored) = context.table.recording(id).await? else {
        return Ok(Marked::NotToBe);
    };
    let Stored::Recording(mut recording) = stored.stored else {
        return Ok(Marked::NotToBe);
    };
    let Some(call) = context.table.call(&recording.view.call).await? else {
        return Ok(Marked::NotToBe);
    };
    // What is being deleted loses its object first.
    if call.claim.is_some() || recording.view.object_gone_at.is_some() {
        return Ok(Marked::NotToBe);
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
        return Ok(Marked::NotToBe);
    };
    let write = RecordingWrite {
        recording: &recording,
        before: Some(stored.generation),
        joins: CallWrite { before: Some(call.generation), call: &call, due: DueKey::Claimed },
        leaves: None,
        event: Some(&event),
        is_first: false,
    };
    Ok(match context.table.write_recording(&write).await? {
        WriteOutcome::Done => Marked::Done,
        WriteOutcome::Conflict => Marked::Changed,
    })
}
