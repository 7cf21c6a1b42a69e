//! How a part is cut.

use policy::audio::{Audio, Codec, Container};

use crate::part::Part;
use crate::refusal::CannotCut;

/// How a part is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By [`crate::plan`].
    Bytes,
    /// By [`crate::decode`].
    Decode,
}

/// How a part of such audio is cut.
pub fn way(audio: &Audio, part: &Part) -> Result<Way, CannotCut> {
    let is_counted =
        matches!(audio.container, Container::Wav | Container::Au | Container::Gsm | Container::G722 | Container::Raw);
    match audio.codec {
        // A frame of silence can't be written without the state of an encoder.
        Codec::Amr | Codec::AmrWideband if audio.container == Container::Amr => {
            if part.has_mute() {
                Err(CannotCut::Mute)
            } else {
                Ok(Way::Bytes)
            }
        }
        Codec::Opus | Codec::Speex | Codec::Amr | Codec::AmrWideband => Err(CannotCut::Coding),
        Codec::Mp3 | Codec::Other if is_counted => Err(CannotCut::Coding),
        Codec::G722 | Codec::G729 if part.has_mute() => Err(CannotCut::Mute),
        _ if is_counted || is_decoded(audio) => Ok(Way::Bytes),
        _ => Ok(Way::Decode),
    }
}

/// Whether [`crate::decode`] may take audio that [`crate::plan`] could not: its frames are damaged, or have no length.
pub fn is_decoded(audio: &Audio) -> bool {
    matches!(audio.container, Container::Mp3 | Container::Flac)
}

/// Whether ranges of such audio can be silenced in place: a file of the same kind comes out, byte by byte the same
/// everywhere else.
pub fn silences_in_place(audio: &Audio, mute: &[(u64, u64)]) -> bool {
    let whole = Part { mute: mute.to_vec(), ..Part::whole() };
    matches!(audio.container, Container::Wav | Container::Gsm) && way(audio, &whole) == Ok(Way::Bytes)
}
