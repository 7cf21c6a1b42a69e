//! Recordings: found, heard, corrected, written about.

mod facts;
mod lists;
mod matrix;
mod notes;
mod play;
mod search;
mod search_names;
mod search_oracle;
