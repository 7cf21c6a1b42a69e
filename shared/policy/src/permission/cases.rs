//! What can be done with a case.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// What can be done with a case.
    CaseAction: 3 {
        /// Read it.
        View = "view_case",
        /// Add a recording to it, or take one out.
        Link = "link_recording",
        /// Close it with an outcome.
        Close = "close_case",
    }
}
