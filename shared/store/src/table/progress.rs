//! How far the jobs have come: which days' reports are stale, and by which rulebook work was last done.

use jiff::civil::Date;

use super::Table;
use super::item::{Item, key, number, read_number, read_text, text};
use crate::error::StoreError;

/// The rulebook by which quarantine and calls without a team were last indexed again.
const REINDEX: &str = "P#REINDEX";

/// The rulebook and the day for which the logins were last synchronised.
const LOGINS: &str = "P#LOGINS";

const DONE_BY: &str = "DONE_BY";

/// The days whose roll-ups are stale.
const STALE: &str = "P#STALE";

impl Table {
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
