//! Why a part can't be cut.

/// Why a part can't be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotCut {
    /// Nothing here finds a moment in this coding.
    #[error("can't be cut: its coding can't be taken apart")]
    Coding,
    /// Silence can't be written in this coding.
    #[error("can't be cut: nothing can be muted in its coding")]
    Mute,
    /// Its header, or what follows, is damaged.
    #[error("can't be cut: it is damaged")]
    Damaged,
    /// The part begins where the recording has ended, or holds no sample.
    #[error("can't be cut: the part holds no sound")]
    Empty,
    /// It is too large to be decoded: more than [`crate::MAX_OBJECT_BYTES`], or its part more than [`crate::MAX_DECODED_BYTES`].
    #[error("can't be cut: it is too large to be decoded")]
    TooLarge,
}
