//! The rulebook's pointer and versions; the bodies lie in S3.

use policy::rulebook::{Pointer, PointerEntry};

use super::client::Table;
use super::item::{ABSENT, Item, key, number, read_number, read_text, take, value_of};
use super::keys::{POINTER_PK, POINTER_SK, version_sk};
use super::transaction::WriteOutcome;
use crate::aws_date::AwsDate;
use crate::error::StoreError;

/// What becomes of a version's item when the pointer moves.
#[derive(Clone, Copy, Debug)]
pub(crate) enum VersionWrite<'e> {
    /// Nothing.
    None,
    /// It is new.
    New(&'e PointerEntry),
    /// It is there, and another moment is its.
    Changed(&'e PointerEntry),
}

/// What an item of the rulebook was.
#[derive(Debug)]
pub(crate) enum RulebookImage {
    /// The pointer, of a generation.
    Pointer(Pointer, u64),
    /// A version.
    Version(PointerEntry),
}

impl RulebookImage {
    pub(crate) fn of(item: Item) -> Result<Self, StoreError> {
        const ACT: &str = "read what was published";
        if read_text(ACT, &item, "sk")? == POINTER_SK {
            let generation = read_number(ACT, &item, "generation")?;
            return Ok(Self::Pointer(take(ACT, item, "pointer")?, generation));
        }
        Ok(Self::Version(take(ACT, item, "entry")?))
    }
}

/// 90 versions and the pointer: what a transaction takes is a hundred.
const VERSIONS_AT_ONCE: usize = 90;

impl Table {
    /// Gives a restored table back its rulebook's versions and then its pointer, of a generation, if that is still of the
    /// generation that was read.
    pub(crate) async fn restore_publications(
        &self,
        versions: &[PointerEntry],
        (generation, pointer): (u64, &Pointer),
        read: u64,
    ) -> Result<WriteOutcome, StoreError> {
        const ACT: &str = "give the rulebook back";
        let mut rest = versions;
        loop {
            let (these, later) = rest.split_at(rest.len().min(VERSIONS_AT_ONCE));
            rest = later;
            let mut transaction = self.transaction(ACT);
            for entry in these {
                transaction.put_any(version_item(ACT, entry)?)?;
            }
            if !rest.is_empty() {
                if self.commit(transaction).await? == WriteOutcome::Conflict {
                    return Ok(WriteOutcome::Conflict);
                }
                continue;
            }
            let item = pointer_item(ACT, pointer, generation)?;
            match read {
                0 => transaction.put(item, ABSENT, &[])?,
                _ => transaction.put(item, "generation = :read", &[(":read", number(read))])?,
            }
            return self.commit(transaction).await;
        }
    }

    /// The rulebook's pointer and its generation; 0 where nothing was ever published. `date` is told what AWS's clock
    /// said.
    pub(crate) async fn rulebook_pointer(&self, date: &AwsDate) -> Result<(Pointer, u64), StoreError> {
        const ACT: &str = "read the rulebook's pointer";
        let answer = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(key(POINTER_PK.to_owned(), POINTER_SK)))
            .consistent_read(true)
            .customize()
            .interceptor(date.clone())
            .send()
            .await
            .map_err(|error| StoreError::sort(ACT, error))?;
        let Some(item) = answer.item else {
            return Ok((Pointer::default(), 0));
        };
        let generation = read_number(ACT, &item, "generation")?;
        Ok((take(ACT, item, "pointer")?, generation))
    }

    /// What a version of the rulebook was.
    pub(crate) async fn rulebook_version(&self, version: u64) -> Result<Option<PointerEntry>, StoreError> {
        const ACT: &str = "read a rulebook's version";
        let item = self.get(ACT, POINTER_PK.to_owned(), &version_sk(version)).await?;
        item.map(|item| take(ACT, item, "entry")).transpose()
    }

    /// Moves the rulebook's pointer, and writes a version beside it, if the pointer is still of the generation that was
    /// read. A version's number is used once: the pointer's next generation serves.
    pub(crate) async fn point(
        &self,
        pointer: &Pointer,
        version: VersionWrite<'_>,
        generation: u64,
    ) -> Result<WriteOutcome, StoreError> {
        const ACT: &str = "move the rulebook's pointer";
        let mut transaction = self.transaction(ACT);
        let item = pointer_item(ACT, pointer, generation + 1)?;
        if generation == 0 {
            transaction.put(item, ABSENT, &[])?;
        } else {
            transaction.put(item, "generation = :read", &[(":read", number(generation))])?;
        }
        let written = match version {
            VersionWrite::None => None,
            VersionWrite::New(entry) => Some((entry, ABSENT)),
            VersionWrite::Changed(entry) => Some((entry, "attribute_exists(pk)")),
        };
        if let Some((entry, condition)) = written {
            transaction.put(version_item(ACT, entry)?, condition, &[])?;
        }
        self.commit(transaction).await
    }
}

fn pointer_item(act: &'static str, pointer: &Pointer, generation: u64) -> Result<Item, StoreError> {
    let mut item = key(POINTER_PK.to_owned(), POINTER_SK);
    item.insert("pointer".to_owned(), value_of(act, pointer)?);
    item.insert("generation".to_owned(), number(generation));
    Ok(item)
}

fn version_item(act: &'static str, entry: &PointerEntry) -> Result<Item, StoreError> {
    let mut item = key(POINTER_PK.to_owned(), version_sk(entry.version));
    item.insert("entry".to_owned(), value_of(act, entry)?);
    Ok(item)
}
