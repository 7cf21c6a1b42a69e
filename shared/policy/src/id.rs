//! Identifiers: each a digest, so that it says nothing about what it names.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE32_NOPAD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// 26 characters of base32 carry 130 bits: no two of a hundred million objects will meet.
const LENGTH_CHARACTERS: usize = 26;

/// The first 26 characters of the lower-case RFC 4648 base32 of SHA-256 over the parts joined by NUL.
fn digest(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for (position, part) in parts.iter().enumerate() {
        if position > 0 {
            hasher.update([0]);
        }
        hasher.update(part.as_bytes());
    }
    let mut text = BASE32_NOPAD.encode(&hasher.finalize()).to_ascii_lowercase();
    text.truncate(LENGTH_CHARACTERS);
    text
}

/// Not 26 characters of lower-case base32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id is 26 characters of a-z and 2-7")]
pub struct NotAnId;

fn parse(text: &str) -> Result<String, NotAnId> {
    let fits = text.len() == LENGTH_CHARACTERS
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || (b'2'..=b'7').contains(&byte));
    if fits { Ok(text.to_owned()) } else { Err(NotAnId) }
}

macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(inline, extend("pattern" = "^[a-z2-7]{26}$"), example = &"3tqk5nwo2xvq7yhl4zgm6cbeda")]
        pub struct $name(String);

        impl $name {
            /// The 26 characters.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                parse(text).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;
            fn try_from(text: String) -> Result<Self, NotAnId> {
                parse(&text).map(Self)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

id! {
    /// One stored object version: a recording, a sidecar or a call log.
    RecordingId
}

id! {
    /// One object key of a bucket, over all its versions.
    KeyId
}

id! {
    /// One call of one source, as the PBX counts calls.
    CallId
}

id! {
    /// One row of a source's call log.
    RowId
}

id! {
    /// One request to delete a call before its time.
    DeletionId
}

impl DeletionId {
    /// The id of the request that an operation makes: a repeat makes the same one.
    pub fn of(call: &CallId, operation: &str) -> Self {
        Self(digest(&["deletion", call.as_str(), operation]))
    }

    /// What a text stands for that can't be an id: an id that no request has.
    pub fn of_text(text: &str) -> Self {
        text.parse().unwrap_or_else(|_| Self(digest(&["no deletion", text])))
    }
}

id! {
    /// One case 案件.
    CaseId
}

impl CaseId {
    /// The id of the case that an operation opens: however often the operation is retried, it is one case.
    pub fn of(operation: &str) -> Self {
        Self(digest(&["case", operation]))
    }

    /// An id that nothing has, for a text that can't be one.
    pub fn of_nothing(text: &str) -> Self {
        Self(digest(&["no case", text]))
    }
}

id! {
    /// One share 社内共有.
    ShareId
}

impl ShareId {
    /// The id of the share that an operation makes: a repeat makes the same one.
    pub fn of(operation: &str) -> Self {
        Self(digest(&["share", operation]))
    }

    /// An id that nothing has, for a text that can't be one.
    pub fn of_nothing(text: &str) -> Self {
        Self(digest(&["no share", text]))
    }
}

id! {
    /// One release 社外提出.
    ReleaseId
}

impl ReleaseId {
    /// The id of the release that an operation requests: a repeat requests the same one.
    pub fn of(operation: &str) -> Self {
        Self(digest(&["release", operation]))
    }

    /// An id that nothing has, for a text that can't be one.
    pub fn of_nothing(text: &str) -> Self {
        Self(digest(&["no release", text]))
    }
}

id! {
    /// One plan 試算: what another rulebook would do.
    PlanId
}

impl PlanId {
    /// The id of the plan that an operation makes: a repeat makes the same one.
    pub fn of(operation: &str) -> Self {
        Self(digest(&["plan", operation]))
    }

    /// An id that nothing has, for a text that can't be one.
    pub fn of_nothing(text: &str) -> Self {
        Self(digest(&["no plan", text]))
    }
}

id! {
    /// One hold.
    HoldId
}

impl HoldId {
    /// The id of a hold: of what it was placed on, its kind, and what places one at most once.
    pub fn of(call: &CallId, kind: &str, once: &str) -> Self {
        Self(digest(&["hold", call.as_str(), kind, once]))
    }
}

impl RowId {
    /// The id of a row: of one call, what tells its rows apart is the leg.
    pub fn of(source: &str, call_id: &str, leg: &str) -> Self {
        Self(digest(&["row", source, call_id, leg]))
    }

    /// The id of a row that nothing but its cells tells from others.
    pub fn of_cells<T: AsRef<str>>(cells: &[T]) -> Self {
        let parts: Vec<&str> = std::iter::once("cells").chain(cells.iter().map(AsRef::as_ref)).collect();
        Self(digest(&parts))
    }
}

impl RecordingId {
    /// The id of an object version.
    pub fn of(bucket: &str, key: &str, version_id: &str) -> Self {
        Self(digest(&[bucket, key, version_id]))
    }
}

impl KeyId {
    /// The id of an object key.
    pub fn of(bucket: &str, key: &str) -> Self {
        Self(digest(&[bucket, key]))
    }
}

impl CallId {
    /// The id of a call: call ids are unique only within a source, and outside every configured
    /// prefix only within a folder.
    pub fn of(source: &str, folder: Option<&str>, call_id: &str) -> Self {
        match folder {
            Some(folder) => Self(digest(&["folder", source, folder, call_id])),
            None => Self(digest(&["call", source, call_id])),
        }
    }

    /// The id of the unit that keeps one object alone: what is in quarantine, or waits.
    pub fn alone(recording: &RecordingId) -> Self {
        Self(digest(&["alone", recording.as_str()]))
    }

    /// The number of shards of the due index, for ever: a call's shard never changes.
    pub const SHARDS: u8 = 16;

    /// Which shard of the due index the call lies in: 0 to 15.
    pub fn shard(&self) -> u8 {
        Sha256::digest(self.0.as_bytes())[0] % Self::SHARDS
    }

    /// Which of some slices of its shard the call lies in, for runs that divide a shard.
    pub fn slice(&self, slices: u16) -> u16 {
        let digest = Sha256::digest(self.0.as_bytes());
        u16::from_be_bytes([digest[1], digest[2]]) % slices.max(1)
    }
}

/// SHA-256 as 64 lower-case hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_id_is_the_start_of_the_base32_of_the_sha256_of_the_parts_joined_by_nul() {
        // printf 'bucket\0key\0version' | sha256sum | xxd -r -p | base32 | tr A-Z a-z | cut -c1-26
        assert_eq!(RecordingId::of("bucket", "key", "version").as_str(), "wv55cf4yam2maihzh57byvhygr");
    }

    #[test]
    fn parts_can_not_be_shifted_into_each_other() {
        assert_ne!(KeyId::of("ab", "c"), KeyId::of("a", "bc"));
        assert_ne!(CallId::of("a", None, "b"), CallId::of("a", Some(""), "b"));
    }

    #[test]
    fn only_26_characters_of_lower_case_base32_parse() {
        let id = KeyId::of("bucket", "key");
        assert_eq!(id.as_str().parse::<KeyId>().unwrap(), id);
        for wrong in ["", "abc", &id.as_str().to_uppercase(), &format!("{id}a"), &"1".repeat(26)] {
            assert_eq!(wrong.parse::<KeyId>(), Err(NotAnId), "{wrong}");
        }
    }
}
