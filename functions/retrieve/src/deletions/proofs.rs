//! The proofs of the deletions that were made, newest first.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use policy::recording::Tombstone;
use rokuban_http::paging::READ_LIMIT;
use rokuban_http::problem::Problem;
use store::{BatchPart, Month, SortKey};

use super::cursor::Position;
use crate::context::Context;

/// 10 parts of batches a query: as many ids as a page reads.
const PARTS_AT_ONCE: u16 = 10;

/// From when to when the deletions were begun, and where the page begins.
#[derive(Clone, Debug)]
pub(super) struct ProofsQuery {
    pub(super) from: Timestamp,
    /// Exclusive.
    pub(super) until: Timestamp,
    pub(super) start: Option<Position>,
    pub(super) limit: usize,
}

/// A page that is being read.
struct ProofsPage {
    limit: usize,
    found: Vec<Tombstone>,
    /// How many ids were looked at.
    weighed: usize,
}

/// One page: month by month, newest first, until it is full or enough was looked at. A query a month, and a
/// `BatchGetItem` a part of a batch, of up to 100 proofs.
pub(super) async fn read_proofs(
    context: &Context,
    query: &ProofsQuery,
) -> Result<(Vec<Tombstone>, Option<Position>), Problem> {
    let mut page = ProofsPage { limit: query.limit, found: Vec::new(), weighed: 0 };
    let from = SortKey::from_time(query.from);
    let last = SortKey::from_time(query.until);
    let mut bound = query.start.as_ref().map_or(last, |start| start.at.clone());
    for month in months(query.from, query.until) {
        loop {
            if bound < from {
                return Ok((page.found, None));
            }
            let table = &context.shared.table;
            let (parts, has_more) = table.deletion_batches(&month, &from, &bound, PARTS_AT_ONCE).await?;
            for part in &parts {
                let done = query.start.as_ref().filter(|start| start.at == part.at).map_or(0, |start| start.done);
                if let Some(reached) = page.read(context, part, done).await? {
                    return Ok((page.found, Some(Position { at: part.at.clone(), done: reached })));
                }
            }
            let Some(part) = parts.last().filter(|_| has_more) else {
                break;
            };
            bound = part.at.just_below();
        }
    }
    Ok((page.found, None))
}

impl ProofsPage {
    /// Takes the proofs of a part, from so many ids on. How many are done, where the page ends within the part.
    async fn read(&mut self, context: &Context, part: &BatchPart, done: usize) -> Result<Option<usize>, Problem> {
        let ids = part.ids.get(done..).unwrap_or_default();
        if self.found.len() == self.limit {
            return Ok(Some(done));
        }
        let mut tombstones = context.shared.table.tombstones(ids).await?;
        for (position, id) in ids.iter().enumerate() {
            if self.found.len() == self.limit || self.weighed == READ_LIMIT {
                return Ok(Some(done + position));
            }
            self.weighed += 1;
            // An earlier run was about to delete it, and another one did: it is listed there.
            let of_this = |tombstone: &Tombstone| tombstone.batch.as_deref() == Some(&part.batch);
            self.found.extend(tombstones.remove(id).filter(of_this));
        }
        Ok(None)
    }
}

/// The months, in UTC, of a range of time, newest first.
fn months(from: Timestamp, until: Timestamp) -> Vec<Month> {
    let mut months = Vec::new();
    let mut until = until;
    while until > from {
        let Ok(latest) = until.checked_sub(SignedDuration::from_nanos(1)) else {
            break;
        };
        months.push(Month::of(latest));
        let first = latest.to_zoned_datetime(TimeZone::UTC).date().first_of_month();
        let Ok(begins_at) = first.to_zoned_datetime(TimeZone::UTC).map(|midnight| midnight.timestamp()) else {
            break;
        };
        until = begins_at;
    }
    months
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_range_is_read_by_its_months_newest_first() {
        let names = |from: &str, until: &str| -> Vec<String> {
            months(from.parse().unwrap(), until.parse().unwrap()).iter().map(ToString::to_string).collect()
        };
        assert_eq!(names("2026-10-31T15:00:00Z", "2026-11-01T00:00:00Z"), ["2026-10"]);
        assert_eq!(names("2026-10-31T15:00:00Z", "2026-11-01T15:00:00Z"), ["2026-11", "2026-10"]);
        assert_eq!(names("2025-12-31T00:00:00Z", "2026-02-01T00:00:00.001Z"), ["2026-02", "2026-01", "2025-12"]);
        assert_eq!(names("2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z"), [""; 0]);
    }
}
