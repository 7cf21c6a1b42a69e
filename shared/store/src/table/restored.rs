//! Whether the table is a restored one, on which nothing is deleted until its restore is ended.
//!
//! `DynamoDB` restores to a table of another name. So a table carries its own: one that carries another name was made
//! from that one, and what happened since is not in it.

use super::client::Table;
use super::item::{Item, key, read_text, text};
use crate::error::StoreError;

const PK: &str = "Y#TABLE";

/// The name of the table that all of it belongs to.
const NAME: &str = "NAME";

/// A step of a restore, which is taken to its end before deletion goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestoreStep {
    /// What was published since the restored moment is in force, or pending, again.
    Rulebook,
    /// What was deleted since the restored moment has its tombstone again.
    Journal,
    /// What S3 holds is held again.
    Holds,
    /// What people decided since the restored moment stands again.
    Decided,
}

impl RestoreStep {
    /// Where the name of the table lies on which it was taken.
    fn sk(self) -> &'static str {
        match self {
            Self::Rulebook => "RULEBOOK",
            Self::Journal => "JOURNAL",
            Self::Holds => "HOLDS",
            Self::Decided => "DECIDED",
        }
    }
}

impl Table {
    /// Whether it was restored and its restore is not ended. A new one gets its name.
    pub async fn is_restored(&self) -> Result<bool, StoreError> {
        match self.name_under(NAME).await? {
            Some(name) => Ok(name != self.name),
            None => self.put_once("name a table", self.named(NAME)).await.map(|()| false),
        }
    }

    /// Notes that a step was taken to its end.
    pub async fn note_taken(&self, step: RestoreStep) -> Result<(), StoreError> {
        self.put("note a step of a restore", self.named(step.sk())).await
    }

    /// Whether a step was taken to its end on this table.
    pub async fn has_taken(&self, step: RestoreStep) -> Result<bool, StoreError> {
        Ok(self.name_under(step.sk()).await?.is_some_and(|name| name == self.name))
    }

    /// Ends the restore: deletion goes on.
    pub async fn end_restore(&self) -> Result<(), StoreError> {
        self.put("end the restore of a table", self.named(NAME)).await
    }

    async fn name_under(&self, sk: &str) -> Result<Option<String>, StoreError> {
        const ACT: &str = "read the name of a table";
        let item = self.get(ACT, PK.to_owned(), sk).await?;
        item.map(|item| read_text(ACT, &item, "name").map(str::to_owned)).transpose()
    }

    fn named(&self, sk: &str) -> Item {
        let mut item = key(PK.to_owned(), sk);
        item.insert("name".to_owned(), text(self.name.clone()));
        item
    }
}
