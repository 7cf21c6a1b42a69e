//! Notes 通話メモ: events of custody, and how many stand on a recording.

use policy::recording::Recording;

use super::client::Table;
use super::custody::AccessRecord;
use super::recordings::put_recording;
use super::transaction::CountResult;
use crate::error::StoreError;

/// A note 通話メモ that is written, corrected or withdrawn, in one transaction.
#[derive(Clone, Debug)]
pub struct NoteWrite<'a> {
    /// Its events, and what they rest on.
    pub access: AccessRecord<'a>,
    /// The recording, with the number of notes that it has then.
    pub recording: &'a Recording,
    /// The generation that was read.
    pub before: u64,
}

impl Table {
    /// Writes a note, as [`Self::record_access`] writes an access, and how many the recording has.
    pub async fn write_note(&self, write: &NoteWrite<'_>) -> Result<CountResult, StoreError> {
        const ACT: &str = "write a note";
        let mut transaction = self.access_transaction(ACT, &write.access)?;
        put_recording(&mut transaction, write.recording, write.before + 1, Some(write.before))?;
        self.commit_access(transaction, &write.access).await
    }
}
