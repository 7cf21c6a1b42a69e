//! What a name says, and what a source must say for it to be understood.

use std::ops::Range;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::facts::Direction;

/// What a source's local times mean.
#[derive(Clone, Debug, PartialEq)]
pub enum ZoneRule {
    /// The name's part `epoch` is the same moment in seconds since 1970: the difference is the zone.
    Epoch,
    /// The company's own zone.
    Company,
    /// The PBX's own zone, whatever the company's is; UTC is one.
    Fixed(TimeZone),
}

/// Which part of a name is what, for one kind of call. Each text names a part of the pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Kind {
    /// The value of the part `type` this is for; empty for every other value, and for names without the part.
    #[serde(rename = "type")]
    pub name: String,
    /// The direction, where the kind says it; else the part `type` may say it in a word of its own.
    pub direction: Option<Direction>,
    /// The part that is the calling side.
    pub caller: Option<String>,
    /// The part that is the called side.
    pub called: Option<String>,
    /// The part that is the queue or ring group.
    pub queue: Option<String>,
    /// The part that is our extension, on whichever side it is.
    pub extension: Option<String>,
}

impl Kind {
    /// The parts that it names.
    pub(super) fn parts(&self) -> impl Iterator<Item = &str> {
        [&self.caller, &self.called, &self.queue, &self.extension].into_iter().filter_map(|part| part.as_deref())
    }
}

/// When the call began, as a name says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Began {
    /// At a moment.
    At {
        /// The moment.
        at: Timestamp,
        /// How exactly: 60 or 1 seconds, or 0 where fractions of a second are given.
        precision_seconds: i64,
    },
    /// Within a day or an hour, widened by what may lie between a call's begin and its recording's:
    /// no start, but a lesser fragment's start outside is not believed.
    Within(Range<Timestamp>),
    /// Nothing of it.
    Unsaid,
}

/// What a name says, raw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameFacts {
    /// When the call began.
    pub began: Began,
    /// The PBX's id of the call.
    pub call_id: Option<String>,
    /// The kind of call, in the source's own word.
    pub kind: Option<String>,
    /// The direction the kind says.
    pub direction: Option<Direction>,
    /// The calling side, as written; none where the name leaves it empty.
    pub caller: Option<String>,
    /// The called side, as written; none where that is a queue.
    pub called: Option<String>,
    /// The queue or ring group, as written.
    pub queue: Option<String>,
    /// Our extension, as written, where the name says it beside the two sides.
    pub extension: Option<String>,
}
