//! What is said about a fault.

/// What is wrong, in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Why it is a fault.
    pub reason: String,
    /// What to do about it.
    pub fix: String,
}
