//! Pages of lists: how many items one has.

use crate::negotiate::Format;
use crate::problem::{Constraint, Problem};

/// 50 items a page, unless a limit is given.
pub const DEFAULT_LIMIT: usize = 50;

/// 100 items a page: what a person looks through.
pub const LIMIT: usize = 100;

/// 1,000 items are read for one page, each under 1 KB: at most 1 MB is read and held. A page of a file may have them all.
pub const READ_LIMIT: usize = 1_000;

/// 200 characters: a cursor of ours has 110.
pub const CURSOR_LIMIT_CHARACTERS: usize = 200;

/// How many items a page may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pages {
    /// 1 to [`LIMIT`], by default [`DEFAULT_LIMIT`].
    Json,
    /// 1 to [`READ_LIMIT`], and by default that many.
    File,
}

impl Pages {
    /// The pages of a format.
    pub fn of(format: &Format) -> Self {
        match format {
            Format::Json => Self::Json,
            Format::Csv(_) => Self::File,
        }
    }

    /// How many items a page has, by the parameter `limit`.
    ///
    /// # Errors
    /// The parameter is invalid.
    pub fn limit(self, given: Option<&str>) -> Result<usize, Problem> {
        let (default, limit, constraint) = match self {
            Self::Json => (DEFAULT_LIMIT, LIMIT, Constraint::Limit),
            Self::File => (READ_LIMIT, READ_LIMIT, Constraint::FileLimit),
        };
        let Some(text) = given else { return Ok(default) };
        // As it is written, and nothing else: the parser itself would also take `+5` and `005`.
        let given = text.parse().ok().filter(|given: &usize| (1..=limit).contains(given) && given.to_string() == text);
        given.ok_or_else(|| Problem::invalid("limit", constraint))
    }
}
