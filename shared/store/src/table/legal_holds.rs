//! The second wall: S3's legal hold on each version of a held call. While it stands S3 refuses to delete the version, whatever
//! the table says, and the role that deletes can't take it away.

use policy::call::Call;
use policy::id::CallId;
use policy::recording::CallReference;

use super::calls::CallLife;
use super::client::Table;
use super::recordings::Stored;
use crate::error::{ErrorKind, StoreError};
use crate::legal_hold::LegalHold;
use crate::objects::Objects;

/// 8 attempts: each fails only if the last hold of the call came or went while S3 was asked.
const ATTEMPTS: u32 = 8;

impl Table {
    /// Puts S3's legal hold on each version of a call's legs and of what follows them, or takes it away, as the table says.
    /// NEVER EARLY, NEVER LATE: after each change the table is read again, and where a hold has come or the last one has gone
    /// meanwhile, S3's follows. One version that fails keeps no other; the first failure is the answer. A repeat changes
    /// nothing.
    pub async fn secure_holds(&self, objects: &Objects, call: &CallId) -> Result<(), StoreError> {
        let mut failure = None;
        for incarnation in 0.. {
            let life = CallReference { id: call.clone(), incarnation };
            match self.call_life(&life).await? {
                CallLife::Unopened => break,
                CallLife::Emptied => {}
                CallLife::Standing(standing) => {
                    if let Err(error) = self.secure_life(objects, *standing).await {
                        failure.get_or_insert(error);
                    }
                }
            }
        }
        failure.map_or(Ok(()), Err)
    }

    async fn secure_life(&self, objects: &Objects, mut call: Call) -> Result<(), StoreError> {
        const ACT: &str = "keep S3's legal holds as the table's";
        for _ in 0..ATTEMPTS {
            let is_held = !call.holds.is_empty();
            let outcome = self.set_legal_holds(objects, &call, LegalHold::of(is_held)).await;
            match self.call(&call.reference).await? {
                Some(again) if again.holds.is_empty() == is_held => call = again,
                Some(_) | None => return outcome,
            }
        }
        Err(StoreError::plain(ACT, ErrorKind::Throttled))
    }

    async fn set_legal_holds(&self, objects: &Objects, call: &Call, status: LegalHold) -> Result<(), StoreError> {
        let mut failure = None;
        for id in &call.legs {
            let stored = match self.recording(id).await {
                Ok(stored) => stored,
                Err(error) => {
                    failure.get_or_insert(error);
                    continue;
                }
            };
            if let Some(Stored::Recording(recording)) = stored.map(|stored| stored.stored)
                && let Err(error) = objects.set_legal_hold(&recording.object, status).await
            {
                failure.get_or_insert(error);
            }
        }
        failure.map_or(Ok(()), Err)
    }
}
