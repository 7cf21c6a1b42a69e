//! Rokuban's rules, pure: facts, rules and the time come in, a decision or a plan goes out.
//!
//! This crate does no I/O, has no async, reads no clock and no environment, and knows no AWS.

mod address;
pub mod audio;
pub mod audit;
pub mod breaker;
pub mod browser_origin;
pub mod call;
pub mod calllog;
pub mod case;
pub mod correction;
pub mod custody;
mod day;
pub mod deletion;
pub mod facts;
pub mod fault;
pub mod fragment;
pub mod hold;
pub mod holding;
pub mod id;
mod language;
pub mod logins;
pub mod merge;
pub mod metric;
pub mod names;
pub mod notification;
pub mod number;
pub mod number_hash;
pub mod object;
pub mod origin_copy;
mod percent;
pub mod permission;
pub mod placement;
pub mod plan;
pub mod recording;
pub mod redaction;
pub mod report;
pub mod retention;
pub mod rulebook;
pub mod source;
pub mod taken_away;
pub mod trial;
mod vocabulary;
pub mod words;

pub use language::Language;
pub use words::Label;
