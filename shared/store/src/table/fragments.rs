//! Fragments: what is known of an object before it is merged.

use policy::fragment::{AudioFragment, ObjectKind, ObjectVersion, TextFragment};
use policy::id::{KeyId, RecordingId};

use super::client::Table;
use super::item::{Item, from_item, key, read_text, text, to_item};
use super::keys::{audio_sk, call_log_sk, first_sk, fragments_pk, text_sk};
use crate::error::StoreError;
use crate::queue::IndexMessage;

impl Table {
    /// One audio fragment.
    pub async fn audio_fragment(&self, key_id: &KeyId, id: &RecordingId) -> Result<Option<AudioFragment>, StoreError> {
        const ACT: &str = "read an audio fragment";
        let item = self.get(ACT, fragments_pk(key_id), &audio_sk(id)).await?;
        item.map(|item| from_item(ACT, item)).transpose()
    }

    /// The audio fragments of the versions of a key, by S3's sequencer, at most `limit`.
    pub async fn audio_fragments(&self, key_id: &KeyId, limit: usize) -> Result<Vec<AudioFragment>, StoreError> {
        const ACT: &str = "read the audio fragments of a key";
        let items = self.all(ACT, fragments_pk(key_id), "A#", limit).await?;
        let mut fragments: Vec<AudioFragment> =
            items.into_iter().map(|item| from_item(ACT, item)).collect::<Result<_, _>>()?;
        fragments.sort_by(|a, b| a.object.sequencer.cmp(&b.object.sequencer));
        Ok(fragments)
    }

    /// The sidecars of a key, by S3's sequencer, or versions of a call log in no order, at most `limit`.
    pub async fn text_fragments(&self, key_id: &KeyId, limit: usize) -> Result<Vec<TextFragment>, StoreError> {
        const ACT: &str = "read the sidecars of a key";
        let items = self.all(ACT, fragments_pk(key_id), "T#", limit).await?;
        items.into_iter().map(|item| from_item(ACT, item)).collect()
    }

    /// One version of a sidecar.
    pub async fn sidecar_fragment(
        &self,
        key_id: &KeyId,
        sequencer: &str,
        id: &RecordingId,
    ) -> Result<Option<TextFragment>, StoreError> {
        const ACT: &str = "read a sidecar's fragment";
        let item = self.get(ACT, fragments_pk(key_id), &text_sk(sequencer, id)).await?;
        item.map(|item| from_item(ACT, item)).transpose()
    }

    /// One version of a call log.
    pub async fn call_log_fragment(
        &self,
        key_id: &KeyId,
        id: &RecordingId,
    ) -> Result<Option<TextFragment>, StoreError> {
        const ACT: &str = "read a call log's fragment";
        let item = self.get(ACT, fragments_pk(key_id), &call_log_sk(id)).await?;
        item.map(|item| from_item(ACT, item)).transpose()
    }

    /// The first recording with these bytes under this key.
    pub async fn first_with(&self, key_id: &KeyId, sha256: &str) -> Result<Option<RecordingId>, StoreError> {
        const ACT: &str = "look for the same bytes";
        let Some(item) = self.get(ACT, fragments_pk(key_id), &first_sk(sha256)).await? else {
            return Ok(None);
        };
        let first = read_text(ACT, &item, "first_id")?.parse();
        first.map(Some).map_err(|error| StoreError::garbled(ACT, error))
    }

    /// Writes an audio fragment. TWICE IS ONCE: only the first writing counts.
    pub async fn put_audio_fragment(&self, fragment: &AudioFragment) -> Result<(), StoreError> {
        const ACT: &str = "write an audio fragment";
        let mut item = to_item(ACT, fragment)?;
        item.extend(key(fragments_pk(&fragment.object.key_id()), audio_sk(&fragment.object.id())));
        self.put_once(ACT, item).await
    }

    /// Writes the fragment of a sidecar or a call log; only the first writing counts.
    pub async fn put_text_fragment(&self, fragment: &TextFragment) -> Result<(), StoreError> {
        const ACT: &str = "write a sidecar fragment";
        let mut item = to_item(ACT, fragment)?;
        item.extend(fragment_key(&fragment.object));
        self.put_once(ACT, item).await
    }

    /// Notes whether a call log could be read; it writes nothing where the log has ended.
    pub async fn note_log_read(&self, fragment: &TextFragment) -> Result<(), StoreError> {
        const ACT: &str = "note whether a call log could be read";
        let mut item = to_item(ACT, fragment)?;
        item.extend(fragment_key(&fragment.object));
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        let Err(error) = put.condition_expression("attribute_exists(pk)").send().await else {
            return Ok(());
        };
        let is_gone = error
            .as_service_error()
            .is_some_and(aws_sdk_dynamodb::operation::put_item::PutItemError::is_conditional_check_failed_exception);
        if is_gone { Ok(()) } else { Err(StoreError::sort(ACT, error)) }
    }

    /// NEVER LATE: ends the fragment of an object version that has ended, also where a late event wrote it again.
    pub async fn end_fragment(&self, object: &ObjectVersion) -> Result<(), StoreError> {
        self.delete("end a fragment", fragment_key(object)).await
    }

    /// Ends the marker that a recording is the first with its bytes: the same bytes are a first again. Nothing is done
    /// where the marker names another one.
    pub async fn end_first(&self, object: &ObjectVersion, sha256: &str) -> Result<(), StoreError> {
        const ACT: &str = "end the marker of the first with its bytes";
        let delete = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(key(fragments_pk(&object.key_id()), first_sk(sha256))))
            .condition_expression("first_id = :first")
            .expression_attribute_values(":first", text(object.id().as_str()));
        let Err(error) = delete.send().await else {
            return Ok(());
        };
        let is_none = error.as_service_error().is_some_and(
            aws_sdk_dynamodb::operation::delete_item::DeleteItemError::is_conditional_check_failed_exception,
        );
        if is_none { Ok(()) } else { Err(StoreError::sort(ACT, error)) }
    }

    /// The same, of an object version whose key is not known.
    pub async fn end_named_fragment(&self, fragment: &IndexMessage) -> Result<(), StoreError> {
        let sk = fragment_sk(fragment.kind, fragment.sequencer.as_deref().unwrap_or_default(), &fragment.id);
        self.delete("end a fragment", key(fragments_pk(&fragment.key_id), sk)).await
    }
}

fn fragment_key(object: &ObjectVersion) -> Item {
    let sk = fragment_sk(object.key.kind(), &object.sequencer, &object.id());
    key(fragments_pk(&object.key_id()), sk)
}

fn fragment_sk(kind: ObjectKind, sequencer: &str, id: &RecordingId) -> String {
    match kind {
        ObjectKind::Audio => audio_sk(id),
        ObjectKind::Sidecar => text_sk(sequencer, id),
        ObjectKind::CallLog => call_log_sk(id),
    }
}
