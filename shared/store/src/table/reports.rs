//! Roll-ups: what a report says of a day, worked out once and read often.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Table;
use super::layout::{Item, key, number, sortable, text};
use super::logs::ENDS;
use super::read::{read_number, read_text};
use crate::error::StoreError;

/// Which report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// Calls beside recordings.
    Completeness,
    /// What callers were told.
    Notice,
    /// What people did and were refused.
    Audit,
}

impl Report {
    fn letter(self) -> char {
        match self {
            Self::Completeness => 'C',
            Self::Notice => 'N',
            Self::Audit => 'A',
        }
    }

    fn pk(self, day: Date) -> String {
        format!("P#{}#{day}", self.letter())
    }
}

/// What a report says of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollUp<Line> {
    /// When it was worked out.
    pub rolled_at: Timestamp,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// 300,000 bytes a part: an item holds 400 KB, its names and key included.
const PART_LIMIT_BYTES: usize = 300_000;

/// 400 days: a year's report can be compared with the last one's. It holds ids, no number.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 400);

const HEAD: &str = "HEAD";

/// Where it lies by which rulebook quarantine was last read.
const QUARANTINE: &str = "P#QUARANTINE";
const READ_BY: &str = "READ_BY";

/// Where it lies by what the logins were last kept.
const LOGINS: &str = "P#LOGINS";
const KEPT_BY: &str = "KEPT_BY";

/// Where the days lie whose roll-ups are behind.
const BEHIND: &str = "P#BEHIND";

impl Table {
    /// Says that something was learnt of a day, so that its roll-ups are worked out again.
    pub async fn mark_behind(&self, day: Date) -> Result<(), StoreError> {
        const ACT: &str = "mark a day whose reports are behind";
        self.put_once(ACT, key(BEHIND.to_owned(), day.to_string())).await
    }

    /// The days whose roll-ups are behind, at most `limit`.
    pub async fn days_behind(&self, limit: usize) -> Result<Vec<Date>, StoreError> {
        const ACT: &str = "read the days whose reports are behind";
        let items = self.all(ACT, BEHIND.to_owned(), "", limit).await?;
        let day = |item: &Item| read_text(ACT, item, "sk")?.parse().map_err(|error| StoreError::garbled(ACT, error));
        items.iter().map(day).collect()
    }

    /// Takes the mark off a day, before it is worked out: what is learnt meanwhile marks it again.
    pub async fn unmark_behind(&self, day: Date) -> Result<(), StoreError> {
        self.client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(key(BEHIND.to_owned(), day.to_string())))
            .send()
            .await
            .map_err(|error| StoreError::sort("take the mark off a day", error))?;
        Ok(())
    }

    /// The version of the rulebook that quarantine and what has no team were last read by; `None` at first.
    pub async fn read_again_by(&self) -> Result<Option<u64>, StoreError> {
        const ACT: &str = "read what was read again by";
        let item = self.get(ACT, QUARANTINE.to_owned(), READ_BY).await?;
        item.map(|item| read_number(ACT, &item, "version")).transpose()
    }

    /// Says by which version of the rulebook quarantine and what has no team are being read.
    pub async fn put_read_again_by(&self, version: u64) -> Result<(), StoreError> {
        let mut item = key(QUARANTINE.to_owned(), READ_BY);
        item.insert("version".to_owned(), number(version));
        self.client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .send()
            .await
            .map_err(|error| StoreError::sort("write what is read again by", error))?;
        Ok(())
    }

    /// By which version of the rulebook, and for which day, the logins were last kept; `None` at first.
    pub async fn logins_kept_by(&self) -> Result<Option<(u64, Date)>, StoreError> {
        const ACT: &str = "read what the logins were kept by";
        let Some(item) = self.get(ACT, LOGINS.to_owned(), KEPT_BY).await? else {
            return Ok(None);
        };
        let day = read_text(ACT, &item, "day")?.parse().map_err(|error| StoreError::garbled(ACT, error))?;
        Ok(Some((read_number(ACT, &item, "version")?, day)))
    }

    /// Says by which version of the rulebook, and for which day, the logins are as the staff list has them.
    pub async fn put_logins_kept_by(&self, version: u64, day: Date) -> Result<(), StoreError> {
        let mut item = key(LOGINS.to_owned(), KEPT_BY);
        item.insert("version".to_owned(), number(version));
        item.insert("day".to_owned(), text(day.to_string()));
        self.client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .send()
            .await
            .map_err(|error| StoreError::sort("write what the logins are kept by", error))?;
        Ok(())
    }

    /// Puts a day's roll-up in the place of an earlier one; a later one stays.
    pub async fn put_roll_up<Line: Serialize>(
        &self,
        report: Report,
        day: Date,
        roll_up: &RollUp<Line>,
    ) -> Result<(), StoreError> {
        const ACT: &str = "write a report's roll-up";
        let rolled_at = sortable(roll_up.rolled_at);
        let ends_at = roll_up.rolled_at.checked_add(KEPT).unwrap_or(Timestamp::MAX);
        let item = |sk: String| {
            let mut item = key(report.pk(day), sk);
            item.insert("rolled_at".to_owned(), text(rolled_at.clone()));
            item.insert(ENDS.to_owned(), number(u64::try_from(ends_at.as_second()).unwrap_or_default()));
            item
        };
        let parts = parts(ACT, &roll_up.lines)?;
        for (position, part) in parts.iter().enumerate() {
            let mut item = item(part_sk(&rolled_at, position));
            item.insert("lines".to_owned(), text(part.clone()));
            self.put_once(ACT, item).await?;
        }
        let mut head = item(HEAD.to_owned());
        head.insert("parts".to_owned(), number(parts.len() as u64));
        let answer = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(head))
            .condition_expression("attribute_not_exists(pk) OR rolled_at < :this")
            .expression_attribute_values(":this", text(rolled_at.clone()))
            .send()
            .await;
        if let Err(error) = answer {
            let is_older = error.as_service_error().is_some_and(
                aws_sdk_dynamodb::operation::put_item::PutItemError::is_conditional_check_failed_exception,
            );
            if !is_older {
                return Err(StoreError::sort(ACT, error));
            }
        }
        self.end_older_parts(report, day, &rolled_at).await
    }

    async fn end_older_parts(&self, report: Report, day: Date, rolled_at: &str) -> Result<(), StoreError> {
        const ACT: &str = "end an older roll-up";
        for item in self.all(ACT, report.pk(day), "", usize::MAX).await? {
            let sk = read_text(ACT, &item, "sk")?;
            if sk != HEAD && read_text(ACT, &item, "rolled_at")? < rolled_at {
                self.client
                    .delete_item()
                    .table_name(&self.name)
                    .set_key(Some(key(report.pk(day), sk)))
                    .send()
                    .await
                    .map_err(|error| StoreError::sort(ACT, error))?;
            }
        }
        Ok(())
    }

    /// What a report says of a day; `None` where it was not worked out.
    pub async fn roll_up<Line: DeserializeOwned>(
        &self,
        report: Report,
        day: Date,
    ) -> Result<Option<RollUp<Line>>, StoreError> {
        const ACT: &str = "read a report's roll-up";
        let items = self.all(ACT, report.pk(day), "", usize::MAX).await?;
        let sk_of = |item: &Item| item.get("sk").and_then(|sk| sk.as_s().ok()).cloned().unwrap_or_default();
        let Some(head) = items.iter().find(|item| sk_of(item) == HEAD) else {
            return Ok(None);
        };
        let rolled_at = read_text(ACT, head, "rolled_at")?;
        let mut lines = Vec::new();
        for position in 0..usize::try_from(read_number(ACT, head, "parts")?).unwrap_or_default() {
            let sk = part_sk(rolled_at, position);
            let part = items.iter().find(|item| sk_of(item) == sk).ok_or(StoreError::lacks(ACT))?;
            let part: Vec<Line> = serde_json::from_str(read_text(ACT, part, "lines")?)
                .map_err(|error| StoreError::garbled(ACT, error))?;
            lines.extend(part);
        }
        let rolled_at = rolled_at.parse().map_err(|error| StoreError::garbled(ACT, error))?;
        Ok(Some(RollUp { rolled_at, lines }))
    }
}

fn part_sk(rolled_at: &str, position: usize) -> String {
    format!("{rolled_at}#{position:04}")
}

/// The lines as JSON arrays, each short enough for an item.
fn parts<Line: Serialize>(act: &'static str, lines: &[Line]) -> Result<Vec<String>, StoreError> {
    let mut parts: Vec<String> = Vec::new();
    for line in lines {
        let line = serde_json::to_string(line).map_err(|error| StoreError::garbled(act, error))?;
        match parts.last_mut() {
            Some(part) if part.len() + line.len() < PART_LIMIT_BYTES => {
                part.push(',');
                part.push_str(&line);
            }
            _ => parts.push(format!("[{line}")),
        }
    }
    for part in &mut parts {
        part.push(']');
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn lines_are_cut_into_parts_that_fit_an_item_and_none_is_cut_through() {
        let lines: Vec<String> = (0..70).map(|number| format!("{number}{}", "x".repeat(9_998))).collect();
        let parts = parts("write", &lines).unwrap();
        assert_eq!(parts.len(), 3);
        let read: Vec<String> =
            parts.iter().flat_map(|part| serde_json::from_str::<Vec<String>>(part).unwrap()).collect();
        assert_eq!(read, lines);
        assert!(parts.iter().all(|part| part.len() < PART_LIMIT_BYTES + 10));
    }
}
