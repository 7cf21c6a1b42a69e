//! The product in one process, against the tests' world: the API's routes, what happens to a recording from its upload
//! to its deletion, and what goes wrong on the way.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod api;
mod audit;
mod audit_range;
mod breaker;
mod call_end;
mod calls;
mod cases;
mod clips;
mod console;
mod deletions;
mod deliver;
mod directory;
mod document;
mod export_links;
mod exports;
mod faults;
mod field;
mod histories;
mod holds;
mod import;
mod jobs;
mod limits;
mod managers_day;
mod permissions;
mod placed_late;
mod plans;
mod problems;
mod quiet;
mod recordings;
mod reports;
mod restore;
mod roles;
mod rulebook;
mod rulebook_versions;
mod saboteurs;
mod safety;
mod single_sign_on;
mod strict;
mod sweep;
mod tokens;
mod upload_to_deletion;
mod versions;
mod world;
