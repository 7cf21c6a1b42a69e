//! What people decide is kept as the table's stream says it, so that a restored table has it again.

mod decisions;
mod kept;
mod publications;
pub(crate) mod replayed;
