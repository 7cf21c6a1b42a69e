//! Cuts a part out of a recording. Pure: it is given the header's bytes and the object's size, and says which bytes to
//! copy, what to write before them, and what to write in place of muted ones. It reads and writes nothing.
//!
//! Two ways:
//!
//! - [`plan`]: without decoding. By bytes where the bytes of a moment can be found by counting: WAV, `.au`, and sound
//!   without a header. By frame where frames differ in length: MP3, FLAC, AMR. Only the header and the part are read, and what
//!   it takes to find it. What is kept is the original's sound, bit for bit.
//! - [`decode`]: the part of anything else (AAC in MP4, Vorbis, …) is decoded to PCM in WAV. It is exact to the sample,
//!   and lossless where the original is. The object must be read whole.
//!
//! [`way`] says which, or why neither. What [`plan`] finds damaged, [`decode`] may still play: [`is_decoded`] says so.

mod amr;
mod au;
mod bare;
mod bytes;
mod decode;
mod flac;
mod known;
mod layout;
mod limits;
mod mp3;
mod part;
mod pieces;
mod plan;
mod refusal;
mod silence;
mod wav;
mod way;

pub use decode::decode;
pub use known::Known;
pub use limits::{MAX_DECODED_BYTES, MAX_OBJECT_BYTES};
pub use part::Part;
pub use pieces::{Piece, Plan};
pub use plan::{Planned, plan};
pub use refusal::CannotCut;
pub use way::{Way, is_decoded, silences_in_place, way};
