//! Corrections: what admins said of a recording that was not understood, or wrongly.

use policy::correction::Corrections;
use policy::custody::Chained;
use policy::id::{KeyId, RecordingId};
use policy::recording::CallReference;

use super::audit::{AuditEvent, audit_item};
use super::client::Table;
use super::custody::put_event;
use super::item::{ABSENT, from_item, key, number, to_item};
use super::keys::{CALL_SK, SortKey, call_pk, correction_sk, fragments_pk};
use super::transaction::{Transaction, WriteOutcome};
use super::waiting::{CORRECTIONS_TO_CONFIRM, CorrectionToConfirm, let_wait};
use crate::error::StoreError;

/// A correction to be written, with its event, in one transaction.
#[derive(Clone, Debug)]
pub struct CorrectionWrite<'a> {
    /// The recording.
    pub id: &'a RecordingId,
    /// Its key's fragments.
    pub key_id: &'a KeyId,
    /// The corrections after it; their number is one more than what was read.
    pub corrections: &'a Corrections,
    /// What goes on its custody.
    pub event: &'a Chained,
    /// The same, for the audit.
    pub audit: &'a AuditEvent,
    /// The call, which must not be claimed: what is being deleted is not corrected.
    pub call: &'a CallReference,
}

impl Table {
    /// What admins said of a recording, read consistently; nothing is number 0.
    pub async fn corrections(&self, key_id: &KeyId, id: &RecordingId) -> Result<Corrections, StoreError> {
        const ACT: &str = "read the corrections of a recording";
        let item = self.get(ACT, fragments_pk(key_id), &correction_sk(id)).await?;
        item.map_or_else(|| Ok(Corrections::default()), |item| from_item(ACT, item))
    }

    /// TRACE FIRST: writes a correction with its events, if nobody wrote another one since.
    pub async fn correct(&self, correcting: &CorrectionWrite<'_>) -> Result<WriteOutcome, StoreError> {
        const ACT: &str = "write a correction";
        let mut transaction = self.transaction(ACT);
        let read = correcting.corrections.number - 1;
        put_corrections(&mut transaction, correcting.key_id, correcting.id, correcting.corrections, read)?;
        put_event(&mut transaction, correcting.event)?;
        transaction.put(audit_item(ACT, correcting.audit)?, ABSENT, &[])?;
        transaction.check(
            key(call_pk(correcting.call), CALL_SK),
            "attribute_exists(legs) AND attribute_not_exists(claim)",
            &[],
        )?;
        self.commit(transaction).await
    }
}

/// Writes what admins said of a recording, of which the number was read.
pub(super) fn put_corrections(
    transaction: &mut Transaction,
    key_id: &KeyId,
    id: &RecordingId,
    corrections: &Corrections,
    read: u64,
) -> Result<(), StoreError> {
    let act = transaction.act;
    let mut item = to_item(act, corrections)?;
    item.extend(key(fragments_pk(key_id), correction_sk(id)));
    if let Some(waiting) = &corrections.waiting {
        let (recording, by, at) = (id.clone(), waiting.by.clone(), waiting.at);
        let view = CorrectionToConfirm { recording, by, at };
        let_wait(act, &mut item, CORRECTIONS_TO_CONFIRM, &SortKey::new(at, id.as_str()), &view)?;
    }
    if read == 0 {
        transaction.put(item, ABSENT, &[])
    } else {
        transaction.put_named(item, "#number = :read", &[("#number", "number")], &[(":read", number(read))])
    }
}
