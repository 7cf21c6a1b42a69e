//! The keys by which the API believes the console where a browser asks from: one a day, which ends by itself.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use policy::browser_origin::BrowserOriginKey;

use super::client::Table;
use super::item::{ENDS, epoch_seconds, key, read_text, text};
use crate::error::StoreError;

/// There is one item a day.
const KEY_SK: &str = "E";

/// 2 days from the beginning of its day: what is signed at its end is read a minute later.
const KEPT: SignedDuration = SignedDuration::from_hours(48);

fn key_pk(day: Date) -> String {
    format!("E#{day}")
}

impl Table {
    /// The key of a day, read consistently.
    pub async fn browser_origin_key(&self, day: Date) -> Result<Option<BrowserOriginKey>, StoreError> {
        const ACT: &str = "read the key of where browsers ask from";
        let Some(item) = self.get(ACT, key_pk(day), KEY_SK).await? else { return Ok(None) };
        BrowserOriginKey::from_digits(read_text(ACT, &item, "digits")?).map(Some).ok_or(StoreError::lacks(ACT))
    }

    /// Puts the key of a day, unless it has one.
    pub async fn put_browser_origin_key(&self, day: Date, new: &BrowserOriginKey) -> Result<(), StoreError> {
        let begins = day.to_zoned_datetime(TimeZone::UTC).map_or(Timestamp::MIN, |midnight| midnight.timestamp());
        let mut item = key(key_pk(day), KEY_SK);
        item.insert("digits".to_owned(), text(new.to_digits()));
        item.insert(ENDS.to_owned(), epoch_seconds(begins.checked_add(KEPT).unwrap_or(begins)));
        self.put_once("put the key of where browsers ask from", item).await
    }
}
