//! `custody.json`: what happened to the recordings up to now. QUIET: roles, not names, and none of the texts.

use policy::custody::CustodyEvent;
use policy::id::RecordingId;
use policy::rulebook::Rulebook;
use serde::Serialize;

use super::manifest::local;
use crate::context::{ClipError, Context};

/// 1,000 events: of more the last are left to the custody itself.
const EVENTS_LIMIT: usize = 1_000;

/// The custody of one recording.
#[derive(Debug, Serialize)]
pub(super) struct RecordingCustody {
    recording: RecordingId,
    events: Vec<ShownEvent>,
}

/// One event.
#[derive(Debug, Serialize)]
struct ShownEvent {
    number: u32,
    at: String,
    kind: serde_json::Value,
    by: &'static str,
    hash: String,
}

/// Reads the custody of recordings.
pub(super) async fn read(
    context: &Context,
    recordings: &[RecordingId],
    rulebook: &Rulebook,
) -> Result<Vec<u8>, ClipError> {
    let mut all = Vec::new();
    for recording in recordings {
        let events = context.table.custody(recording, 1, EVENTS_LIMIT).await?;
        let events = events.iter().map(|event| show(event, rulebook)).collect::<Result<_, _>>()?;
        all.push(RecordingCustody { recording: recording.clone(), events });
    }
    let mut bytes = serde_json::to_vec_pretty(&all)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn show(chained: &CustodyEvent, rulebook: &Rulebook) -> Result<ShownEvent, serde_json::Error> {
    let event = &chained.event;
    let post = rulebook.post_by_id(&event.actor, rulebook.day_of(event.at));
    Ok(ShownEvent {
        number: event.number,
        at: local(rulebook, event.at),
        kind: serde_json::to_value(event.kind)?,
        by: post.map_or("system", |post| post.role.as_str()),
        hash: chained.hash.clone(),
    })
}
