//! What a function's memory has room for.

/// 256 MiB: a day of speech as MP3, and what a function's memory holds beside the part.
pub const MAX_OBJECT_BYTES: u64 = 256 * 1024 * 1024;

/// 256 MiB: 4.6 hours of a telephone's sound, 25 minutes of a studio's.
pub const MAX_DECODED_BYTES: u64 = 256 * 1024 * 1024;
