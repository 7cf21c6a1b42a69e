//! The keys of the numbers' hashes: one a year, made by KMS, kept wrapped in the table, unwrapped once and kept in memory.
//!
//! A wrapped key ends by itself with its item. From then on no hash of its year can be computed, so no proof of it is found
//! by its number any more, and nobody can tell whose calls they were.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::BASE64;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use policy::number_hash::NumberKey;
use serde_json::{Value, json};

use crate::connect::Connection;
use crate::error::{ErrorKind, StoreError};
use crate::service::{Service, ServiceRequest};
use crate::table::{Table, WrappedNumberKey};

/// The prefix of every operation's name, in a header.
const TARGET: &str = "TrentService";

/// The keys, as far as they were needed.
#[derive(Clone)]
pub struct NumberKeys {
    table: Table,
    kms: Service,
    kms_key: String,
    unwrapped: Arc<Mutex<BTreeMap<i16, NumberKey>>>,
}

/// QUIET: no key is printed.
impl fmt::Debug for NumberKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("NumberKeys(…)")
    }
}

impl NumberKeys {
    /// The keys that lie in a table, wrapped under a key of KMS; no call is made.
    pub fn new(connection: &Connection, table: Table, kms_key: impl Into<String>) -> Self {
        let kms = Service::new(&connection.config, "kms");
        Self { table, kms, kms_key: kms_key.into(), unwrapped: Arc::default() }
    }

    /// The key of the year, UTC, of a moment; `None` where it is not made yet.
    pub async fn of_year(&self, at: Timestamp) -> Result<Option<NumberKey>, StoreError> {
        let year = year_of(at);
        if let Some(key) = self.known(year) {
            return Ok(Some(key));
        }
        match self.table.number_key(year).await? {
            Some(wrapped) => self.decrypt(&wrapped).await.map(Some),
            None => Ok(None),
        }
    }

    /// Makes the key of a moment's year, unless somebody made it meanwhile.
    pub async fn make(&self, at: Timestamp, ends_at: Timestamp) -> Result<NumberKey, StoreError> {
        const ACT: &str = "make a key of numbers' hashes";
        let year = year_of(at);
        let wanted = json!({"KeyId": self.kms_key, "KeySpec": "AES_256", "EncryptionContext": context_of(year)});
        let made = self.kms.ask(ACT, ServiceRequest::json(TARGET, "GenerateDataKey", &wanted)).await?;
        let wrapped = made["CiphertextBlob"].as_str().ok_or(StoreError::lacks(ACT))?.to_owned();
        self.table.put_number_key(&WrappedNumberKey { year, wrapped, ends_at }).await?;
        // The one that stands: another run may have made it.
        let standing = self.table.number_key(year).await?;
        self.decrypt(&standing.ok_or(StoreError::plain(ACT, ErrorKind::Missing))?).await
    }

    /// Every key that has not ended, the newest year first.
    pub async fn all(&self, now: Timestamp) -> Result<Vec<NumberKey>, StoreError> {
        let mut wrapped = self.table.number_keys().await?;
        wrapped.retain(|key| now < key.ends_at);
        let mut keys = Vec::new();
        for wrapped in wrapped.iter().rev() {
            keys.push(match self.known(wrapped.year) {
                Some(key) => key,
                None => self.decrypt(wrapped).await?,
            });
        }
        Ok(keys)
    }

    fn known(&self, year: i16) -> Option<NumberKey> {
        self.unwrapped.lock().unwrap_or_else(PoisonError::into_inner).get(&year).cloned()
    }

    async fn decrypt(&self, wrapped: &WrappedNumberKey) -> Result<NumberKey, StoreError> {
        const ACT: &str = "unwrap a key of numbers' hashes";
        let year = wrapped.year;
        let wanted = json!({
            "KeyId": self.kms_key,
            "CiphertextBlob": wrapped.wrapped,
            "EncryptionContext": context_of(year),
        });
        let answer = self.kms.ask(ACT, ServiceRequest::json(TARGET, "Decrypt", &wanted)).await?;
        let plain = answer["Plaintext"].as_str().and_then(|text| BASE64.decode(text.as_bytes()).ok());
        let key = plain.and_then(|bytes| NumberKey::new(&bytes)).ok_or(StoreError::lacks(ACT))?;
        self.unwrapped.lock().unwrap_or_else(PoisonError::into_inner).insert(year, key.clone());
        Ok(key)
    }
}

/// What a wrapped key is bound to: the roles allow this purpose alone.
fn context_of(year: i16) -> Value {
    json!({"purpose": "number-hash", "year": year.to_string()})
}

fn year_of(at: Timestamp) -> i16 {
    at.to_zoned_datetime(TimeZone::UTC).year()
}
