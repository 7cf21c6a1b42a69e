//! What a company should look at before it publishes a rulebook. It stops no publication.

use jiff::Timestamp;

use super::check::Checked;
use crate::origin_copy::{OriginCopyWarning, warn_of};

/// One thing to look at, and where in the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// On which line, from 1; where something is missing altogether, 1.
    pub line: u32,
    /// What.
    pub about: OriginCopyWarning,
}

impl Checked {
    /// What to look at today, in the order of the lines.
    pub fn warnings(&self, now: Timestamp) -> Vec<Warning> {
        let today = now.to_zoned_datetime(self.policy.zone.clone()).date();
        let declared = &self.policy.origin_copies;
        let own = self.policy.sources.iter().map(|source| (source.line, source.value.name.as_str()));
        let written = declared.iter().map(|copy| (copy.line, copy.value.source.as_str()));
        let mut sources: Vec<(u32, &str)> = written.collect();
        // A source is pointed to where its [[origin_copy]] stands, and only where it has none by itself.
        sources.extend(own.filter(|(_, name)| !declared.iter().any(|copy| copy.value.source == *name)));
        sources.sort_unstable();
        if sources.is_empty() {
            return vec![Warning { line: 1, about: OriginCopyWarning::of_none() }];
        }
        let copies: Vec<_> = declared.iter().map(|copy| copy.value.clone()).collect();
        let warning = |(line, source)| warn_of(&copies, source, today).map(|about| Warning { line, about });
        sources.into_iter().filter_map(warning).collect()
    }
}
