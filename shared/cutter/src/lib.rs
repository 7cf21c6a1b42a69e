//! Cuts a part out of a recording. Pure: it is given the header's bytes and the object's size, and says which bytes to
//! copy, what to write before them, and what to write in place of muted ones. It reads and writes nothing.
//!
//! Two ways:
//!
//! - [`plan`]: by bytes, without decoding, where the bytes of a moment can be found by counting: WAV, `.au`, and sound
//!   without a header. What is kept is byte for byte the original's. Only the header and the part are read.
//! - [`decode`]: where frames differ in length (MP3, FLAC, AAC in MP4, Vorbis, …), the part is decoded to PCM in WAV.
//!   It is exact to the sample, and lossless where the original is. The object must be read whole.
//!
//! [`way`] says which, or why neither.

mod au;
mod bare;
mod bytes;
mod decode;
mod known;
mod layout;
mod part;
mod plan;
mod refusal;
mod silence;
mod wav;
mod way;

pub use decode::{MAX_DECODED_BYTES, MAX_OBJECT_BYTES, decode};
pub use known::Known;
pub use part::Part;
pub use plan::{Piece, Plan, Planned, plan};
pub use refusal::CannotCut;
pub use way::{Way, way};
