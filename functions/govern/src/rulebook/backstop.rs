//! The backstop: S3 itself ends what nothing else did. No period may come near it.

use policy::retention::{QUARANTINE_CLASS, Revisions};
use policy::rulebook::{Document, RetentionRule};
use rokuban_http::problem::{FAILED, Problem};

use crate::context::Context;
use crate::problems::beyond_backstop;

/// 30 days: time to see that a sweep does not run, before S3 ends what it should have ended.
const MARGIN_DAYS: u32 = 30;

/// No period comes near the day on which S3 itself ends what is left.
pub(super) fn require_backstop(context: &Context, document: &Document) -> Result<(), Problem> {
    let rulebook = document.rulebook().map_err(unreadable)?;
    require_margin(document, &rulebook.retention, context.backstop_days)
}

/// Refuses a rulebook of which a class is kept within 30 days of the backstop.
fn require_margin(document: &Document, classes: &[RetentionRule], backstop_days: u32) -> Result<(), Problem> {
    let names = classes.iter().map(|rule| rule.class.as_str()).chain([QUARANTINE_CLASS]);
    let days =
        |class: &str, revisions: &Revisions| revisions.current(class).and_then(|current| revisions.keep_days(current));
    for class in names {
        match days(class, &document.revisions) {
            Some(keep_days) if keep_days.saturating_add(MARGIN_DAYS) > backstop_days => {
                return Err(beyond_backstop(class, keep_days, backstop_days));
            }
            _ => {}
        }
    }
    Ok(())
}

/// A rulebook that was checked can be read.
pub(super) fn unreadable(error: impl std::error::Error) -> Problem {
    tracing::error!(%error, "a rulebook that was checked can't be read");
    Problem::of(&FAILED)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use policy::rulebook::Rulebook;

    use super::*;

    #[test]
    fn a_period_keeps_thirty_days_from_the_backstop() {
        let rulebook = Rulebook::strict_default("root");
        let mut document = Document {
            version: 1,
            policy: String::new(),
            staff: String::new(),
            revisions: rulebook.revisions.clone(),
            published_by: "root".to_owned(),
            published_at: jiff::Timestamp::UNIX_EPOCH,
        };
        for (keep_days, is_near) in [(365, false), (366, true)] {
            document.revisions.publish("standard", keep_days, true).unwrap();
            let checked = require_margin(&document, &rulebook.retention, 395);
            assert_eq!(checked.is_err(), is_near, "{keep_days}");
        }
    }
}
