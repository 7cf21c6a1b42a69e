//! Texts of bodies: people's own words.

use policy::case::CaseText;
use rokuban_http::problem::{Constraint, Problem};

/// A text of some lines, without what surrounds it.
pub(crate) fn read_lines(
    field: &'static str,
    text: &str,
    limit_characters: usize,
    constraint: Constraint,
) -> Result<CaseText, Problem> {
    let is_text = |character: char| character == '\n' || !character.is_control();
    let trimmed = text.trim();
    if trimmed.is_empty() || text.chars().count() > limit_characters || !trimmed.chars().all(is_text) {
        return Err(Problem::invalid(field, constraint));
    }
    Ok(CaseText::new(trimmed))
}
