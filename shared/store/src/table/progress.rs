//! How far the jobs have come: which days' reports are stale, and by which rulebook work was last done.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::client::Table;
use super::item::{ENDS, Item, epoch_seconds, key, number, read_number, read_text, take, text, value_of};
use super::keys::time;
use crate::error::StoreError;
use crate::objects::VersionPosition;

/// The rulebook by which quarantine and calls without a team were last indexed again.
const REINDEX: &str = "P#REINDEX";

/// The rulebook and the day for which the logins were last synchronised.
const LOGINS: &str = "P#LOGINS";

const DONE_BY: &str = "DONE_BY";

/// The days whose roll-ups are stale.
const STALE: &str = "P#STALE";

/// 30 days: a dead letter is kept for 14, and can be sent again until then.
const POSITION_KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);

/// What the passes over the bucket met.
const BUCKET_SIZE: &str = "P#SIZE";

/// 3 days: there is a pass a day.
const SIZE_KEPT: SignedDuration = SignedDuration::from_hours(24 * 3);

/// Where the slices of one pass over the bucket begin.
fn pass_pk(pass: Timestamp) -> String {
    format!("P#RECONCILE#{}", time(pass))
}

fn hop_sk(hop: u32) -> String {
    format!("{hop:010}")
}

impl Table {
    /// Where a slice of a pass over the bucket goes on; `None` where it is not known.
    pub async fn bucket_position(&self, pass: Timestamp, hop: u32) -> Result<Option<VersionPosition>, StoreError> {
        const ACT: &str = "read where a pass over the bucket goes on";
        let item = self.get(ACT, pass_pk(pass), &hop_sk(hop)).await?;
        item.map(|item| take(ACT, item, "position")).transpose()
    }

    /// Writes where a slice of a pass over the bucket goes on.
    pub async fn put_bucket_position(
        &self,
        pass: Timestamp,
        hop: u32,
        position: &VersionPosition,
    ) -> Result<(), StoreError> {
        const ACT: &str = "write where a pass over the bucket goes on";
        let mut item = key(pass_pk(pass), hop_sk(hop));
        item.insert("position".to_owned(), value_of(ACT, position)?);
        item.insert(ENDS.to_owned(), epoch_seconds(pass.checked_add(POSITION_KEPT).unwrap_or(Timestamp::MAX)));
        self.put(ACT, item).await
    }

    /// Writes what a slice of a pass over the bucket met: object versions and their bytes. The slice again: the same.
    pub async fn put_bucket_size(
        &self,
        pass: Timestamp,
        hop: u32,
        (objects, bytes): (u64, u64),
        is_last: bool,
    ) -> Result<(), StoreError> {
        let mut item = key(BUCKET_SIZE.to_owned(), format!("{}#{}", time(pass), hop_sk(hop)));
        item.insert("objects".to_owned(), number(objects));
        item.insert("bytes".to_owned(), number(bytes));
        item.insert("is_last".to_owned(), value_of("write what lies in the bucket", &is_last)?);
        item.insert(ENDS.to_owned(), epoch_seconds(pass.checked_add(SIZE_KEPT).unwrap_or(Timestamp::MAX)));
        self.put("write what lies in the bucket", item).await
    }

    /// How many object versions lie in the bucket, and their bytes, by the latest pass that came to its end; `None` before
    /// the first one.
    pub async fn bucket_size(&self) -> Result<Option<(u64, u64)>, StoreError> {
        const ACT: &str = "read what lies in the bucket";
        let mut passes: BTreeMap<String, (u64, u64, bool)> = BTreeMap::new();
        for item in self.all(ACT, BUCKET_SIZE.to_owned(), "", usize::MAX).await? {
            let pass = read_text(ACT, &item, "sk")?.split('#').next().unwrap_or_default().to_owned();
            let (objects, bytes, is_done) = passes.entry(pass).or_default();
            *objects += read_number(ACT, &item, "objects")?;
            *bytes += read_number(ACT, &item, "bytes")?;
            *is_done |= take::<bool>(ACT, item, "is_last")?;
        }
        let done = passes.into_values().rev().find(|(_, _, is_done)| *is_done);
        Ok(done.map(|(objects, bytes, _)| (objects, bytes)))
    }

    /// Marks a day whose roll-ups are stale: something new is known of it.
    pub async fn mark_stale(&self, day: Date) -> Result<(), StoreError> {
        self.put_once("mark a day whose reports are stale", key(STALE.to_owned(), day.to_string())).await
    }

    /// The days whose roll-ups are stale, at most `limit`.
    pub async fn stale_days(&self, limit: usize) -> Result<Vec<Date>, StoreError> {
        const ACT: &str = "read the days whose reports are stale";
        let items = self.all(ACT, STALE.to_owned(), "", limit).await?;
        let day = |item: &Item| read_text(ACT, item, "sk")?.parse().map_err(|error| StoreError::garbled(ACT, error));
        items.iter().map(day).collect()
    }

    /// Removes the mark of a day, before its roll-ups are computed: what becomes known meanwhile marks it again.
    pub async fn unmark_stale(&self, day: Date) -> Result<(), StoreError> {
        self.delete("remove the mark of a day", key(STALE.to_owned(), day.to_string())).await
    }

    /// The version of the rulebook by which quarantine and calls without a team were last indexed again; `None` at
    /// first.
    pub async fn reindexed_by(&self) -> Result<Option<u64>, StoreError> {
        const ACT: &str = "read by which rulebook was last indexed again";
        let item = self.get(ACT, REINDEX.to_owned(), DONE_BY).await?;
        item.map(|item| read_number(ACT, &item, "version")).transpose()
    }

    /// Writes the version of the rulebook by which quarantine and calls without a team are indexed again.
    pub async fn put_reindexed_by(&self, version: u64) -> Result<(), StoreError> {
        let mut item = key(REINDEX.to_owned(), DONE_BY);
        item.insert("version".to_owned(), number(version));
        self.put("write by which rulebook is indexed again", item).await
    }

    /// The version of the rulebook, and the day, for which the logins were last synchronised; `None` at first.
    pub async fn logins_synced_by(&self) -> Result<Option<(u64, Date)>, StoreError> {
        const ACT: &str = "read for which rulebook the logins were synchronised";
        let Some(item) = self.get(ACT, LOGINS.to_owned(), DONE_BY).await? else {
            return Ok(None);
        };
        let day = read_text(ACT, &item, "day")?.parse().map_err(|error| StoreError::garbled(ACT, error))?;
        Ok(Some((read_number(ACT, &item, "version")?, day)))
    }

    /// Writes the version of the rulebook, and the day, for which the logins are as the staff list has them.
    pub async fn put_logins_synced_by(&self, version: u64, day: Date) -> Result<(), StoreError> {
        let mut item = key(LOGINS.to_owned(), DONE_BY);
        item.insert("version".to_owned(), number(version));
        item.insert("day".to_owned(), text(day.to_string()));
        self.put("write for which rulebook the logins are synchronised", item).await
    }
}
