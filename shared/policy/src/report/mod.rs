//! Reports: what a day's recordings, call logs and audit say, rolled up once a day into tallies.

pub mod age_at_use;
pub mod completeness;
pub mod notice;
pub mod permissions;
pub mod retention;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::permission::{self, Decision, TraceAction};
use crate::rulebook::Member;

/// 200 ids a list: what a person looks through; the rest is counted.
pub const IDS_LIMIT: usize = 200;

/// A count with the ids behind it, as many as are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counted {
    /// How many.
    pub count: u64,
    /// The first [`IDS_LIMIT`] of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(example = ["1793867398.108"])]
    pub ids: Vec<String>,
}

impl Counted {
    /// One more.
    pub fn add(&mut self, id: impl Into<String>) {
        self.count += 1;
        if self.ids.len() < IDS_LIMIT {
            self.ids.push(id.into());
        }
    }
}

/// Whether a member reads reports at all: those who read all of them, and managers those of their teams.
pub fn may_read(member: &Member) -> bool {
    may_see(member, None) || !member.manages.is_empty()
}

/// STRICT: whether a member sees a report's line about a team; what is of no team is for those alone who
/// read all of them.
pub fn may_see(member: &Member, team: Option<&str>) -> bool {
    let sees_all = permission::decide_on_traces(member, TraceAction::Reports) == Decision::Permit;
    sees_all || team.is_some_and(|team| member.manages.iter().any(|managed| managed == team))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_the_ids_that_are_kept_is_counted() {
        let mut counted = Counted::default();
        for number in 0..IDS_LIMIT + 5 {
            counted.add(number.to_string());
        }
        assert_eq!((counted.count, counted.ids.len()), (205, 200));
        assert_eq!(counted.ids[199], "199");
    }
}
