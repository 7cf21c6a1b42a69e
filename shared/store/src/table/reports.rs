//! Roll-ups: what a report says of a day, worked out once and read often.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::client::Table;
use super::item::{ENDS, Item, epoch_seconds, key, number, read_number, read_text, text};
use super::keys::time;
use crate::error::StoreError;

/// Which report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportKind {
    /// Calls beside recordings.
    Completeness,
    /// How callers were given notice.
    Notice,
    /// What people did and were refused.
    Audit,
    /// How many days after the call recordings were needed.
    AgeAtUse,
    /// The calls that live, by class and the day they count from.
    Live,
    /// How many recordings each source wrote.
    Sources,
}

impl ReportKind {
    fn letter(self) -> char {
        match self {
            Self::Completeness => 'C',
            Self::Notice => 'N',
            Self::Audit => 'A',
            Self::AgeAtUse => 'U',
            Self::Live => 'L',
            Self::Sources => 'S',
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
    pub computed_at: Timestamp,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// 300,000 bytes a part: an item holds 400 KB, its names and key included.
const PART_LIMIT_BYTES: usize = 300_000;

/// 400 days: a year's report can be compared with the last one's. It holds ids, no number.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 400);

const HEAD: &str = "HEAD";

impl Table {
    /// Puts a day's roll-up in the place of an earlier one; a later one stays.
    pub async fn put_roll_up<Line: Serialize>(
        &self,
        report: ReportKind,
        day: Date,
        roll_up: &RollUp<Line>,
    ) -> Result<(), StoreError> {
        const ACT: &str = "write a report's roll-up";
        let computed_at = time(roll_up.computed_at);
        let ends_at = roll_up.computed_at.checked_add(KEPT).unwrap_or(Timestamp::MAX);
        let item = |sk: String| {
            let mut item = key(report.pk(day), sk);
            item.insert("computed_at".to_owned(), text(computed_at.clone()));
            item.insert(ENDS.to_owned(), epoch_seconds(ends_at));
            item
        };
        let parts = parts(ACT, &roll_up.lines)?;
        for (position, part) in parts.iter().enumerate() {
            let mut item = item(part_sk(&computed_at, position));
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
            .condition_expression("attribute_not_exists(pk) OR computed_at < :this")
            .expression_attribute_values(":this", text(computed_at.clone()))
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
        self.end_older_parts(report, day, &computed_at).await
    }

    async fn end_older_parts(&self, report: ReportKind, day: Date, computed_at: &str) -> Result<(), StoreError> {
        const ACT: &str = "end an older roll-up";
        for item in self.all(ACT, report.pk(day), "", usize::MAX).await? {
            let sk = read_text(ACT, &item, "sk")?;
            if sk != HEAD && read_text(ACT, &item, "computed_at")? < computed_at {
                self.delete(ACT, key(report.pk(day), sk)).await?;
            }
        }
        Ok(())
    }

    /// What a report says of a day; `None` where it was not worked out.
    pub async fn roll_up<Line: DeserializeOwned>(
        &self,
        report: ReportKind,
        day: Date,
    ) -> Result<Option<RollUp<Line>>, StoreError> {
        const ACT: &str = "read a report's roll-up";
        let items = self.all(ACT, report.pk(day), "", usize::MAX).await?;
        let sk_of = |item: &Item| item.get("sk").and_then(|sk| sk.as_s().ok()).cloned().unwrap_or_default();
        let Some(head) = items.iter().find(|item| sk_of(item) == HEAD) else {
            return Ok(None);
        };
        let computed_at = read_text(ACT, head, "computed_at")?;
        let mut lines = Vec::new();
        for position in 0..usize::try_from(read_number(ACT, head, "parts")?).unwrap_or_default() {
            let sk = part_sk(computed_at, position);
            let part = items.iter().find(|item| sk_of(item) == sk).ok_or(StoreError::lacks(ACT))?;
            let part: Vec<Line> = serde_json::from_str(read_text(ACT, part, "lines")?)
                .map_err(|error| StoreError::garbled(ACT, error))?;
            lines.extend(part);
        }
        let computed_at = computed_at.parse().map_err(|error| StoreError::garbled(ACT, error))?;
        Ok(Some(RollUp { computed_at, lines }))
    }
}

fn part_sk(computed_at: &str, position: usize) -> String {
    format!("{computed_at}#{position:04}")
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
