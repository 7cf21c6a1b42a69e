//! After a restore of the table: what was published since the restored moment is in force, or pending, again.
//!
//! The old rulebook would delete by old periods, and know who has left. `govern` does it, because it alone may point to a
//! rulebook. What was published on the restored table itself stands.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{PublishError, RestoreStep, RulebookRestore, StoreError};

use crate::context::Context;

/// An operator's command.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestoreCommand {
    restore: Step,
}

/// The step of a restore that `govern` takes.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    /// Gives back what was published, agreed to or withdrawn since a moment.
    PublishedSince(Timestamp),
}

/// What stands now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RestoredRulebook {
    /// How many publications, agreements and withdrawals stand again.
    restored: u64,
    /// Whether somebody has published or withdrawn on the restored table: then that stands, and nothing was given back.
    is_superseded: bool,
    /// The version in force; 0 is the compiled-in default.
    in_force: u64,
    /// The version that waits; `null`: none.
    pending: Option<u64>,
}

/// Why nothing was given back.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// What was published on a table that serves is not overwritten.
    #[error("the table is not a restored one, or its restore is ended")]
    NotRestored,
    /// Somebody published at the same time.
    #[error("somebody published meanwhile: run the command again")]
    Contended,
    /// AWS failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A rulebook that was published can't be read.
    #[error(transparent)]
    Rulebook(#[from] PublishError),
}

/// Takes the step. TWICE IS ONCE: a repeat changes nothing.
///
/// # Errors
/// The table is no restored one, or AWS failed.
pub async fn answer(context: &Context, command: RestoreCommand) -> Result<RestoredRulebook, RestoreError> {
    let RestoreCommand { restore: Step::PublishedSince(from) } = command;
    let (shared, now) = (&context.shared, context.shared.connection.now());
    if !shared.table.is_restored().await? {
        return Err(RestoreError::NotRestored);
    }
    let kept = context.decisions.publications_since(from).await?;
    let outcome = shared.rulebooks.restore(&kept, now).await?;
    let restored = match outcome {
        RulebookRestore::Conflict => return Err(RestoreError::Contended),
        RulebookRestore::Known | RulebookRestore::Superseded => 0,
        RulebookRestore::Restored(moves) => moves,
    };
    let (pointer, _) = shared.rulebooks.read_pointer(now).await?;
    shared.table.note_taken(RestoreStep::Rulebook).await?;
    let answer = RestoredRulebook {
        restored,
        is_superseded: outcome == RulebookRestore::Superseded,
        in_force: pointer.in_force(now).map_or(0, |entry| entry.version),
        pending: pointer.waiting(now).map(|entry| entry.version),
    };
    tracing::info!(?answer, "a step of a restore");
    Ok(answer)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn an_operators_command_is_told_from_a_request_of_the_gateway() {
        let command = json!({"restore": {"published_since": "2026-11-27T03:00:00Z"}});
        let is_command = |event: &Value| serde_json::from_str::<RestoreCommand>(&event.to_string()).is_ok();
        assert!(is_command(&command));
        let mut request = json!({"version": "2.0", "routeKey": "GET /v1/rulebook", "body": command.to_string()});
        assert!(!is_command(&request));
        request["restore"] = command["restore"].clone();
        assert!(!is_command(&request));
        for wrong in [json!({}), json!({"restore": "holds"}), json!({"restore": {"published_since": "yesterday"}})] {
            assert!(!is_command(&wrong), "{wrong}");
        }
    }
}
