//! The second wall: S3's legal hold on each version of a held call. While it stands S3 refuses to delete the version, whatever
//! the table says, and the role that deletes can't take it away.

use policy::call::Call;
use policy::id::CallId;
use policy::recording::CallReference;

use super::calls::CallLife;
use super::client::Table;
use super::recordings::Stored;
use crate::error::StoreError;
use crate::legal_hold::LegalHold;
use crate::objects::Objects;

impl Table {
    /// Puts S3's legal hold on each version of a call's legs and of what follows them, or takes it away, as the table says.
    /// NEVER EARLY: after it was taken away the table is read again, and where a hold has come it is put on again. One
    /// version that fails keeps no other; the first failure is the answer. A repeat changes nothing.
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

    async fn secure_life(&self, objects: &Objects, call: Call) -> Result<(), StoreError> {
        if !call.holds.is_empty() {
            return self.set_legal_holds(objects, &call, LegalHold::On).await;
        }
        let outcome = self.set_legal_holds(objects, &call, LegalHold::Off).await;
        if let Some(again) = self.call(&call.reference).await?
            && !again.holds.is_empty()
        {
            self.set_legal_holds(objects, &again, LegalHold::On).await?;
        }
        outcome
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
