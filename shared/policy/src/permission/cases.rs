//! What can be done with a case.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// What can be done with a case.
    CaseAction: 6 {
        /// Read it.
        View = "view_case",
        /// Add a recording to it, or take one out.
        Link = "link_recording",
        /// Close it with an outcome.
        Close = "close_case",
        /// Share a part of one of its recordings, or withdraw that.
        Share = "share_part",
        /// Request a release of parts of its recordings, and do what follows its approval.
        Release = "ask_release",
        /// Decide on a release that somebody else requested.
        Approve = "approve_release",
    }
}
