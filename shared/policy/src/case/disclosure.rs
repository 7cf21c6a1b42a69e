//! What the law asks of a person's request 本人からの請求: who asked, how the answer goes out, and its letter.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::text::CaseText;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// By what the person asked to be answered.
    DisclosureMedium: 4 {
        /// A file, by a link.
        Electronic = "electronic",
        /// A file on a disc or a stick.
        Disc = "disc",
        /// A transcript on paper.
        Paper = "paper",
        /// To be heard at the company.
        Hearing = "hearing",
    }
}

/// How a person's request is handled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disclosure {
    /// How the person's identity was checked: which papers, by whom they were shown.
    pub identity_check: CaseText,
    /// By what the answer was asked for.
    pub medium: DisclosureMedium,
    /// Who wrote it down, by id.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// What is written down of a person's request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDisclosure {
    /// How the person's identity was checked.
    pub identity_check: CaseText,
    /// By what the answer was asked for.
    pub medium: DisclosureMedium,
    /// Until when it is answered; what stands unless given.
    pub due_on: Option<Date>,
}
