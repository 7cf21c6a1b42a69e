//! The file that a recording is.

use policy::fragment::ObjectVersion;
use policy::rulebook::Rulebook;
use rokuban_http::time::Time;
use schemars::JsonSchema;
use serde::Serialize;

/// The file that was uploaded.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct StoredObject {
    /// Its key in the recordings bucket.
    #[schemars(example = &"freepbx/2026/11/03/external-201-09012345678-20261103-140502-1793682300.101.wav")]
    key: String,
    /// When it was uploaded.
    uploaded_at: Time,
    /// In bytes.
    #[schemars(example = 539_244)]
    size: u64,
}

impl StoredObject {
    /// What an admin is shown of an object version.
    pub(super) fn new(object: &ObjectVersion, rulebook: &Rulebook) -> Self {
        Self {
            key: object.key.expose().to_owned(),
            uploaded_at: Time::new(object.stored_at, rulebook),
            size: object.size_bytes,
        }
    }
}
