//! Reads from the table what became of the uploads.
//!
//! It reads the table, not the API. One request covers a hundred recordings, and an import adds no views to the audit
//! log. The person who runs it has AWS credentials, while an API token ends soon. Nothing is written.

use std::time::Duration;

use policy::facts::QuarantineReason;
use policy::id::RecordingId;
use policy::recording::State;
use store::{StoreError, Stored, Table};
use tokio::time::{Instant, sleep};

use crate::console::{Show, count};
use crate::failure::Failure;
use crate::journal::Journal;
use crate::report::Became;
use crate::stop::Stop;

/// 100 items: what one `BatchGetItem` takes.
const BATCH: usize = 100;

/// Between two rounds; a recording takes some seconds from its upload to its place.
const ROUND_EVERY: Duration = Duration::from_secs(10);

/// What is known of one object version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    Nothing,
    TakenIn,
    Quarantined(QuarantineReason),
    Ended,
}

/// Why the table could not be read.
pub(crate) enum AskError {
    Table(StoreError),
    Journal(Failure),
}

/// Reads until everything is known, the time is over, or the person stops it. Each round reads the ids from the
/// journal's file: memory holds a byte or two for each.
pub(crate) async fn ask(
    table: &Table,
    journal: &Journal,
    wait: Duration,
    stop: &Stop,
    show: Show,
) -> Result<Became, AskError> {
    let until = Instant::now() + wait;
    let mut known = vec![Known::Nothing; journal.len()];
    loop {
        // Read what was known before the last upload once more: a sidecar that arrived after its recording
        // releases it from quarantine.
        let all_had_come = !known.contains(&Known::Nothing);
        round(table, journal, &mut known).await?;
        let missing = known.iter().filter(|known| **known == Known::Nothing).count() as u64;
        let is_settled =
            missing == 0 && (all_had_come || !known.iter().any(|known| matches!(known, Known::Quarantined(_))));
        if is_settled || stop.is_requested() || Instant::now() >= until {
            return Ok(sum(&known));
        }
        if missing > 0 {
            show.say(&format!("  {} of {} not taken in yet", count(missing), count(known.len() as u64)));
            tokio::select! {
                () = sleep(ROUND_EVERY.min(until.saturating_duration_since(Instant::now()))) => {}
                () = stop.requested() => return Ok(sum(&known)),
            }
        }
    }
}

async fn round(table: &Table, journal: &Journal, known: &mut [Known]) -> Result<(), AskError> {
    let mut ids = journal.ids().map_err(AskError::Journal)?.enumerate();
    loop {
        let batch: Vec<(usize, RecordingId)> = ids
            .by_ref()
            .filter(|(at, _)| matches!(known.get(*at), Some(Known::Nothing | Known::Quarantined(_))))
            .take(BATCH)
            .collect();
        if batch.is_empty() {
            return Ok(());
        }
        look(table, &batch, journal.len_before(), known).await.map_err(AskError::Table)?;
    }
}

async fn look(
    table: &Table,
    batch: &[(usize, RecordingId)],
    len_before: usize,
    known: &mut [Known],
) -> Result<(), StoreError> {
    let mut asked: Vec<RecordingId> = batch.iter().map(|(_, id)| id.clone()).collect();
    // A journal can have one id twice: the reply of a put was lost, and the retry found the object. A batch must not
    // name an id twice.
    asked.sort_unstable();
    asked.dedup();
    let listed = table.listed(&asked).await?;
    for (at, id) in batch {
        let found = listed.iter().find(|listed| listed.id == *id);
        let now_known = match found.map(|listed| (listed.state, listed.quarantine_reason)) {
            Some((State::Quarantined, Some(reason))) => Known::Quarantined(reason),
            Some((State::Active | State::Fragment | State::Quarantined, _)) => Known::TakenIn,
            Some((State::Deleted, _)) => Known::Ended,
            // Nothing ends within hours of its upload: only what an earlier run stored can be gone.
            None if *at < len_before => match table.recording(id).await?.map(|stored| stored.stored) {
                Some(Stored::Tombstone(_)) => Known::Ended,
                _ => Known::Nothing,
            },
            None => Known::Nothing,
        };
        if let Some(slot) = known.get_mut(*at) {
            *slot = now_known;
        }
    }
    Ok(())
}

fn sum(known: &[Known]) -> Became {
    let mut became = Became::default();
    for known in known {
        match known {
            Known::Nothing => became.on_their_way += 1,
            Known::TakenIn => became.taken_in += 1,
            Known::Quarantined(reason) => *became.quarantined.entry(*reason).or_default() += 1,
            Known::Ended => became.ended += 1,
        }
    }
    became
}
