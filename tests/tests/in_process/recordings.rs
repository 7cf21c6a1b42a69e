//! Recordings: found, heard, corrected, written about, held.

mod facts;
mod holds;
mod lists;
mod matrix;
mod note_changes;
mod notes;
mod play;
mod search;
mod search_names;
mod search_oracle;
