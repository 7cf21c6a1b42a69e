//! Sources: PBXs and recorders, each known by a prefix and by the names it writes.
//!
//! A source is data: a pattern with named parts, a rule for the zone, for each kind of call which part is
//! whose number, and the fields of its sidecars. A recorder more is a value more, no branch: those that
//! ship are in `built_in`, a company's own come from its policy ([`Definition`]). What a name gives is
//! handed on raw: which part is a member's extension is decided by the rulebook of the day, in
//! [`crate::merge`].

mod built_in;
pub(crate) mod clue;
mod definition;
mod facts;
mod offset;
pub(crate) mod pattern;
mod recorder;
#[cfg(test)]
mod tests;
pub(crate) mod time;

pub use built_in::{built_in, with_built_in};
pub use definition::{Definition, Flaw, Prefixes, SIDECAR_FACTS};
pub(crate) use definition::{
    KINDS_LIMIT, PATTERN_LIMIT_CHARACTERS, PREFIX_LIMIT_BYTES, PREFIXES_LIMIT, WORD_LIMIT_CHARACTERS,
};
pub use facts::{Began, Kind, NameFacts, ZoneRule};
pub use recorder::{Source, find};
