//! The rulebooks: bodies in S3 by SHA-256, the pointer in the table.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use policy::id::sha256_hex;
use policy::rulebook::{Document, Pointer, PointerEntry, PointerRestore, Rulebook, restore_pointer};

use crate::aws_date::AwsDate;
use crate::config::{ConfigError, Variables};
use crate::connect::Connection;
use crate::decided::Publications;
use crate::error::{ErrorKind, StoreError};
use crate::objects::{ListedVersion, Objects};
use crate::table::{Table, VersionWrite, WriteOutcome};

/// 4 MiB: a staff list of ten thousand rows is under one.
const DOCUMENT_LIMIT_BYTES: usize = 4 * 1024 * 1024;

/// 8 parsed rulebooks are kept: the one in force, the next, and a few that calls are pinned to.
const PARSED_LIMIT: usize = 8;

/// How the keys of bodies begin.
const BODIES: &str = "rulebooks/";

/// Where rulebooks lie and how long one is believed.
#[derive(Clone, Debug)]
pub struct RulebooksConfig {
    /// The table's name.
    pub table: String,
    /// The rulebook bucket's name.
    pub bucket: String,
    /// Who is admin under the compiled-in default.
    pub admin_login: String,
    /// How long a read pointer is believed, in seconds: 60 in production.
    pub cache_seconds: u32,
}

impl RulebooksConfig {
    /// `TABLE_NAME`, `RULEBOOK_BUCKET`, `ADMIN_LOGIN` and `RULEBOOK_CACHE_SECONDS` (0 to 60; the default is 60).
    pub fn read(variables: &Variables<'_>) -> Result<Self, ConfigError> {
        /// A role change bites within 60 s.
        const LIMIT_SECONDS: u64 = 60;
        let seconds = variables.number("RULEBOOK_CACHE_SECONDS", 0, LIMIT_SECONDS, LIMIT_SECONDS)?;
        Ok(Self {
            table: variables.needed("TABLE_NAME")?,
            bucket: variables.needed("RULEBOOK_BUCKET")?,
            admin_login: variables.needed("ADMIN_LOGIN")?,
            cache_seconds: u32::try_from(seconds).unwrap_or_default(),
        })
    }
}

/// The rulebooks.
#[derive(Debug)]
pub struct Rulebooks {
    table: Table,
    objects: Objects,
    config: RulebooksConfig,
    pointer: Mutex<Option<(Timestamp, Pointer)>>,
    aws_date: AwsDate,
    parsed: Mutex<BTreeMap<u64, Arc<Rulebook>>>,
}

/// A rulebook could not be read or published. Nothing is permitted and nothing is deleted without one.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// AWS failed.
    #[error("cannot reach the rulebook: {0}")]
    Store(#[from] StoreError),
    /// The stored body is not the one the pointer names.
    #[error("rulebook version {version} can't be read: {reason}")]
    Unreadable {
        /// Which version.
        version: u64,
        /// Why.
        reason: String,
    },
}

/// What came of giving a restored table its rulebook back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RulebookRestore {
    /// It stood.
    Known,
    /// Somebody has published on the restored table: that stands.
    Superseded,
    /// So many moves of the pointer stand again.
    Restored(u64),
    /// The pointer was moved meanwhile: try again.
    Conflict,
}

impl Rulebooks {
    /// Over this connection.
    pub fn new(connection: &Connection, config: RulebooksConfig) -> Self {
        Self {
            table: Table::new(connection, config.table.clone()),
            objects: Objects::new(connection),
            config,
            pointer: Mutex::new(None),
            aws_date: AwsDate::default(),
            parsed: Mutex::new(BTreeMap::new()),
        }
    }

    /// The rulebook in force, on a pointer read no longer ago than `cache_seconds`.
    pub async fn in_force(&self, now: Timestamp) -> Result<Arc<Rulebook>, PublishError> {
        let cached = self.pointer.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let lifetime = Duration::from_secs(u64::from(self.config.cache_seconds));
        let pointer = match cached {
            // A clock that went backwards makes the age negative: then nothing is believed.
            Some((read_at, pointer))
                if Duration::try_from(now.duration_since(read_at)).is_ok_and(|age| age < lifetime) =>
            {
                pointer
            }
            _ => self.read_pointer(now).await?.0,
        };
        self.by_entry(pointer.in_force(now)).await
    }

    /// The rulebook in force, on a pointer read consistently now: what `sweep` claims on.
    pub async fn in_force_read_now(&self, now: Timestamp) -> Result<Arc<Rulebook>, PublishError> {
        let (pointer, _) = self.read_pointer(now).await?;
        self.by_entry(pointer.in_force(now)).await
    }

    /// The same, and the rulebook before it where that one was in force until less than `within` ago.
    pub async fn in_force_and_before(
        &self,
        now: Timestamp,
        within: SignedDuration,
    ) -> Result<(Arc<Rulebook>, Option<Arc<Rulebook>>), PublishError> {
        let (pointer, _) = self.read_pointer(now).await?;
        let in_force = self.by_entry(pointer.in_force(now)).await?;
        let begun = pointer.pending.as_ref().filter(|_| pointer.waiting(now).is_none());
        if begun.is_none_or(|entry| now.duration_since(entry.effective_at) >= within) {
            return Ok((in_force, None));
        }
        // What can't be read any more nominates nothing; the one in force decides.
        Ok((in_force, self.by_entry(pointer.current.as_ref()).await.ok()))
    }

    /// The pointer and its generation (0 where nothing was ever published), read consistently.
    pub async fn read_pointer(&self, now: Timestamp) -> Result<(Pointer, u64), PublishError> {
        let (pointer, generation) = self.table.rulebook_pointer(&self.aws_date).await?;
        *self.pointer.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, pointer.clone()));
        Ok((pointer, generation))
    }

    /// What AWS's clock said when it last answered with the pointer; `None` where it did not say.
    pub fn aws_date(&self) -> Option<Timestamp> {
        self.aws_date.last()
    }

    /// A version that was published once: what a call is pinned to. Version 0 is the compiled-in default.
    pub async fn of_version(&self, version: u64) -> Result<Arc<Rulebook>, PublishError> {
        if version == 0 {
            return self.by_entry(None).await;
        }
        if let Some(parsed) = self.parsed.lock().unwrap_or_else(PoisonError::into_inner).get(&version) {
            return Ok(Arc::clone(parsed));
        }
        let entry = self.table.rulebook_version(version).await?;
        let Some(entry) = entry else {
            return Err(PublishError::Unreadable { version, reason: "the table does not know it".to_owned() });
        };
        self.by_entry(Some(&entry)).await
    }

    /// The entry of a version that was published once; `None` where no version has that number.
    pub async fn published(&self, version: u64) -> Result<Option<PointerEntry>, PublishError> {
        Ok(self.table.rulebook_version(version).await?)
    }

    async fn by_entry(&self, entry: Option<&PointerEntry>) -> Result<Arc<Rulebook>, PublishError> {
        let version = entry.map_or(0, |entry| entry.version);
        if let Some(parsed) = self.parsed.lock().unwrap_or_else(PoisonError::into_inner).get(&version) {
            return Ok(Arc::clone(parsed));
        }
        let rulebook = match entry {
            None => Rulebook::strict_default(&self.config.admin_login),
            Some(entry) => self
                .document(entry)
                .await?
                .rulebook()
                .map_err(|unreadable| PublishError::Unreadable { version, reason: unreadable.to_string() })?,
        };
        let rulebook = Arc::new(rulebook);
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        while parsed.len() >= PARSED_LIMIT {
            parsed.pop_first();
        }
        parsed.insert(version, Arc::clone(&rulebook));
        Ok(rulebook)
    }

    /// The body a pointer names; its SHA-256 must be the one named.
    pub async fn document(&self, entry: &PointerEntry) -> Result<Document, PublishError> {
        let unreadable = |reason: &str| PublishError::Unreadable { version: entry.version, reason: reason.to_owned() };
        let bytes = self
            .objects
            .read_small(&self.config.bucket, &body_key(&entry.sha256), DOCUMENT_LIMIT_BYTES)
            .await?
            .ok_or_else(|| unreadable("its body is missing or longer than 4 MiB"))?;
        if sha256_hex(&bytes) != entry.sha256 {
            return Err(unreadable("its body is not the one that was published"));
        }
        Document::from_bytes(&bytes).map_err(|error| unreadable(&error.to_string()))
    }

    /// Stores a body and points to it: body first, then, in one transaction and only if the pointer is
    /// still the one that was read, the version and the pointer.
    pub async fn store(
        &self,
        document: &Document,
        pointer: &Pointer,
        entry: &PointerEntry,
        generation: u64,
    ) -> Result<WriteOutcome, PublishError> {
        let bytes =
            document.to_bytes().map_err(|error| PublishError::Store(StoreError::garbled("store a rulebook", error)))?;
        if sha256_hex(&bytes) != entry.sha256 || bytes.len() > DOCUMENT_LIMIT_BYTES {
            return Err(PublishError::Store(StoreError::plain("store a rulebook", ErrorKind::Invalid)));
        }
        self.objects.write_small(&self.config.bucket, &body_key(&entry.sha256), bytes, "application/json").await?;
        Ok(self.table.point(pointer, VersionWrite::New(entry), generation).await?)
    }

    /// Gives a restored table back what was published since, unless somebody has published on it.
    pub async fn restore(&self, kept: &Publications, now: Timestamp) -> Result<RulebookRestore, PublishError> {
        let (standing, read) = self.read_pointer(now).await?;
        match restore_pointer((read, &standing), &kept.pointers) {
            PointerRestore::Known => Ok(RulebookRestore::Known),
            PointerRestore::Superseded => Ok(RulebookRestore::Superseded),
            PointerRestore::GiveBack(generation, pointer) => {
                // What can't be read is not pointed to: everything would stop.
                for entry in pointer.current.iter().chain(&pointer.pending) {
                    self.document(entry).await?;
                }
                let versions: Vec<PointerEntry> = kept.versions.values().cloned().collect();
                let outcome = self.table.restore_publications(&versions, (generation, pointer), read).await?;
                self.read_pointer(now).await?;
                Ok(match outcome {
                    WriteOutcome::Done => RulebookRestore::Restored(generation - read),
                    WriteOutcome::Conflict => RulebookRestore::Conflict,
                })
            }
        }
    }

    /// Whether the table knows the body that was stored last: a restored table has lost what was published since.
    pub async fn knows_newest(&self) -> Result<bool, PublishError> {
        const ACT: &str = "read the newest rulebook";
        let mut newest: Option<ListedVersion> = None;
        let mut after = None;
        loop {
            let page = self.objects.versions(&self.config.bucket, BODIES, after.as_ref()).await?;
            newest = newest.into_iter().chain(page.versions).max_by_key(|body| body.stored_at);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let Some(newest) = newest else { return Ok(true) };
        let name = newest.key.expose();
        let bytes = self.objects.read_small(&self.config.bucket, name, DOCUMENT_LIMIT_BYTES).await?;
        let document = Document::from_bytes(&bytes.ok_or(StoreError::lacks(ACT))?)
            .map_err(|error| StoreError::garbled(ACT, error))?;
        let known = self.table.rulebook_version(document.version).await?;
        Ok(known.is_some_and(|entry| body_key(&entry.sha256) == name))
    }

    /// Points elsewhere without a new version: a withdrawal.
    pub async fn point(&self, pointer: &Pointer, generation: u64) -> Result<WriteOutcome, PublishError> {
        Ok(self.table.point(pointer, VersionWrite::None, generation).await?)
    }

    /// Points to a version that a second admin agreed to, and keeps beside it when it comes into force.
    pub async fn agree(
        &self,
        pointer: &Pointer,
        agreed: &PointerEntry,
        generation: u64,
    ) -> Result<WriteOutcome, PublishError> {
        Ok(self.table.point(pointer, VersionWrite::Changed(agreed), generation).await?)
    }
}

fn body_key(sha256: &str) -> String {
    format!("{BODIES}{sha256}.json")
}
