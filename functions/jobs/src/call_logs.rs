//! Reading a call log: its rows become fragments of the calls they tell of, whatever came first.
//!
//! A log is read in slices: each ends at a row's end, and the next goes on from there. A slice that is
//! read again writes the same rows under the same keys, so that a retry changes nothing.

use std::collections::BTreeSet;

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use policy::calllog::{BadRow, Line, Log, Position, Reader, Row};
use policy::fragment::{ObjectKind, TextFragment};
use policy::id::{CallId, KeyId, RecordingId};
use policy::rulebook::Rulebook;
use store::{BadLogRow, IndexMessage, Job, LogRowOutcome, LoggedRow, metrics};
use tracing::{error, info, warn};

use crate::context::Context;
use crate::error::JobError;
use crate::run::Run;

/// 50,000 rows a slice: at a few milliseconds a row and 32 at once, well within the function's time.
const SLICE_ROWS: u64 = 50_000;

/// 32 rows are written at once.
const AT_ONCE: usize = 32;

/// 100 bad rows of a log are kept aside: one that is wrong is wrong from its first row on.
const BAD_ROWS_KEPT: u64 = 100;

/// 1,000 bad rows without a good one: the file is no log of its folder's PBX.
const BAD_ROWS_LIMIT: u64 = 1_000;

/// 100 recordings of one call are looked at again: 40 legs and what came after.
const MEMBERS_LIMIT: usize = 100;

/// Reads one slice, and leaves the rest to the next.
pub(crate) async fn read(
    context: &Context,
    key_id: &KeyId,
    id: &RecordingId,
    position: Position,
    run: Run,
) -> Result<(), JobError> {
    let Some(fragment) = context.table.call_log_fragment(key_id, id).await? else {
        info!(log = %id, "the call log has ended: nothing to read");
        return Ok(());
    };
    let rulebook = context.rulebooks.in_force(context.connection.now()).await?;
    // Without a source it waits, in quarantine, until a rulebook names one.
    let Some(log) = rulebook.log_of(&fragment.object.key) else {
        return Ok(());
    };
    // It was read under this rulebook, and had no row that is one.
    if fragment.unread_under == Some(rulebook.version) || fragment.is_too_large_log() {
        return Ok(());
    }
    let keep = SignedDuration::from_hours(24 * i64::from(rulebook.quarantine_days));
    let writing = Writing {
        context,
        log,
        fragment: &fragment,
        ends_at: fragment.object.taken_in_at.checked_add(keep).unwrap_or(Timestamp::MAX),
    };
    let object = &fragment.object;
    if position.offset_bytes() >= object.size_bytes {
        // The slice before ended with the log; S3 has no byte to begin at.
        return Ok(());
    }
    let opened =
        context.objects.open_from(&object.bucket, &object.key, &object.version_id, position.offset_bytes()).await;
    if let Err(unreadable) = &opened
        && unreadable.is_unreadable_object()
    {
        // Another try would end the same way: its fragment stays, without rows.
        error!(log = %id, error = %unreadable, "the call log can't be read");
        return Ok(());
    }
    let Some(mut opened) = opened? else {
        info!(log = %id, "the call log's object is gone: nothing to read");
        return Ok(());
    };
    let mut reader = Reader::new(log, &rulebook.zone, position);
    let mut lines = Vec::new();
    let mut read = 0_u64;
    let mut marked = BTreeSet::new();
    let bad_before = position.rows().bad;
    while let Some(chunk) = opened.next().await? {
        reader.feed(chunk.as_ref(), &mut lines);
        read += lines.len() as u64;
        writing.write(&mut lines, &rulebook, &mut marked).await?;
        if is_not_this_format(&reader.position()) {
            return writing.give_up(rulebook.version).await;
        }
        if read >= SLICE_ROWS || run.is_over(context) {
            let job = Job::ReadCallLog { key_id: key_id.clone(), id: id.clone(), position: reader.position() };
            run.send_rest(context, &job).await?;
            let bad_rows = reader.position().rows().bad - bad_before;
            info!(log = %id, rows = read, bad_rows, "a slice of the call log is read");
            return Ok(());
        }
    }
    let end = reader.finish(&mut lines);
    read += lines.len() as u64;
    writing.write(&mut lines, &rulebook, &mut marked).await?;
    if is_not_this_format(&end) {
        return writing.give_up(rulebook.version).await;
    }
    if end.rows().good > 0 {
        writing.note_readable().await?;
    }
    info!(log = %id, rows = read, bad_rows = end.rows().bad - bad_before, "the call log is read");
    Ok(())
}

/// Whether a file was read so far without one good row.
fn is_not_this_format(position: &Position) -> bool {
    let rows = position.rows();
    rows.good == 0 && rows.bad >= BAD_ROWS_LIMIT
}

struct Writing<'a> {
    context: &'a Context,
    log: &'a Log,
    fragment: &'a TextFragment,
    ends_at: Timestamp,
}

impl Writing<'_> {
    /// Writes lines, and marks the days that they tell of.
    async fn write(
        &self,
        lines: &mut Vec<Line>,
        rulebook: &Rulebook,
        marked: &mut BTreeSet<Date>,
    ) -> Result<(), JobError> {
        let lines = std::mem::take(lines);
        let rows = lines.iter().filter_map(|line| line.read.as_ref().ok());
        let days: BTreeSet<Date> = rows.map(|row| rulebook.day_of(row.started_at)).collect();
        let is_kept = |line: &Line| line.read.is_ok() || line.after.rows().bad <= BAD_ROWS_KEPT;
        stream::iter(lines.into_iter().filter(is_kept))
            .map(|line| async move {
                match line.read {
                    Ok(row) => self.row(row).await,
                    Err(bad) => self.bad_row(bad).await,
                }
            })
            .buffer_unordered(AT_ONCE)
            .try_collect::<()>()
            .await?;
        for day in days {
            if marked.insert(day) {
                self.context.table.mark_stale(day).await?;
            }
        }
        Ok(())
    }

    /// A row is durable before the recordings of its call are looked for, as each of those is before the
    /// rows are: whichever comes second sees the other.
    async fn row(&self, row: Row) -> Result<(), JobError> {
        let group = CallId::of(&self.log.source, None, &row.call_id);
        let logged = LoggedRow { group: group.clone(), log_id: self.fragment.object.id(), row };
        // The reading of the other version sent the messages.
        if self.context.table.put_log_row(&logged, self.ends_at).await? == LogRowOutcome::Superseded {
            return Ok(());
        }
        for member in self.context.table.log_members(&group, MEMBERS_LIMIT).await? {
            if !member.has_ended {
                let message =
                    IndexMessage { kind: ObjectKind::Audio, key_id: member.key_id, id: member.id, sequencer: None };
                self.context.index.send(&message).await?;
            }
        }
        Ok(())
    }

    /// Leaves the file in quarantine, until a rulebook describes another format or the file's end comes.
    async fn give_up(&self, rulebook_version: u64) -> Result<(), JobError> {
        let object = &self.fragment.object;
        warn!(log = %object.id(), "no row of the call log can be read: it waits in quarantine");
        metrics::emit(self.context.connection.now(), &[("UnreadCallLogs", 1)]);
        self.note_unread_under(Some(rulebook_version)).await
    }

    /// A file that could not be read under an earlier rulebook leaves quarantine.
    async fn note_readable(&self) -> Result<(), JobError> {
        if self.fragment.unread_under.is_none() { Ok(()) } else { self.note_unread_under(None).await }
    }

    /// Noted before it is placed: a message that comes again finds it noted.
    async fn note_unread_under(&self, rulebook_version: Option<u64>) -> Result<(), JobError> {
        let object = &self.fragment.object;
        let noted = TextFragment { unread_under: rulebook_version, ..self.fragment.clone() };
        self.context.table.note_log_read(&noted).await?;
        Ok(self.context.index.send(&IndexMessage::of(object)).await?)
    }

    async fn bad_row(&self, bad: BadRow) -> Result<(), JobError> {
        let log_id = self.fragment.object.id();
        let bad = BadLogRow { log_id, source: self.log.source.clone(), row: bad };
        self.context.table.put_bad_log_row(&bad, self.fragment.object.taken_in_at, self.ends_at).await?;
        Ok(())
    }
}
