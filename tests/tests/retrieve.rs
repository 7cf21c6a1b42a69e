//! The HTTP API in one process: who finds, hears and reads what, and what is left behind.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod company;

#[path = "retrieve/api.rs"]
mod api;
#[path = "retrieve/document.rs"]
mod document;
#[path = "retrieve/exports.rs"]
mod exports;
#[path = "retrieve/facts.rs"]
mod facts;
#[path = "retrieve/limits.rs"]
mod limits;
#[path = "retrieve/listen.rs"]
mod listen;
#[path = "retrieve/notes.rs"]
mod notes;
#[path = "retrieve/problems.rs"]
mod problems;
#[path = "retrieve/quiet.rs"]
mod quiet;
#[path = "retrieve/reports.rs"]
mod reports;
#[path = "retrieve/roles.rs"]
mod roles;
#[path = "retrieve/rulebook.rs"]
mod rulebook;
#[path = "retrieve/search.rs"]
mod search;
#[path = "retrieve/strict.rs"]
mod strict;
#[path = "retrieve/tokens.rs"]
mod tokens;
