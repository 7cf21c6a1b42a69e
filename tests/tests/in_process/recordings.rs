//! Recordings: found, heard, corrected, written about.

mod facts;
mod matrix;
mod notes;
mod play;
mod search;
