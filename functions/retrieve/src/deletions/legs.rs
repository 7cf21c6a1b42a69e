//! The recordings of a call, with the heads of their custody: a deletion is written to each.

use futures_util::future::try_join_all;
use policy::call::Call;
use policy::custody::{Chained, Happening};
use policy::id::RecordingId;
use policy::recording::Recording;
use rokuban_http::problem::{FAILED, Problem};
use store::{Stored, StoredRecording};

use crate::context::Context;
use crate::recordings::lookup::refresh;

/// One recording of a call, as it stands.
#[derive(Clone, Debug)]
pub(super) struct CallRecording {
    pub(super) recording: Box<Recording>,
    stored: StoredRecording,
}

/// The recordings of some ids, read consistently, with the periods and holds of their call in place of their copies. What
/// has ended is left out: at most 40, as many as a call has.
pub(super) async fn read_recordings<'i>(
    context: &Context,
    ids: impl Iterator<Item = &'i RecordingId>,
    call: Option<&Call>,
) -> Result<Vec<CallRecording>, Problem> {
    let read = ids.map(|id| context.shared.table.recording(id));
    let stored = try_join_all(read).await?;
    let mut found = Vec::new();
    for stored in stored.into_iter().flatten() {
        let Stored::Recording(recording) = &stored.stored else {
            continue;
        };
        let mut recording = recording.clone();
        if let Some(call) = call.filter(|call| call.reference == recording.view.call) {
            refresh(&mut recording.view, call);
        }
        found.push(CallRecording { recording, stored });
    }
    Ok(found)
}

/// The same event for the custody of each.
pub(super) fn append(recordings: &[CallRecording], happening: &Happening) -> Result<Vec<Chained>, Problem> {
    let events = recordings.iter().map(|one| one.stored.head.append(&one.recording.view.id, happening.clone()));
    let events = events.collect::<Option<Vec<Chained>>>();
    events.ok_or_else(|| {
        tracing::error!("a custody is full");
        Problem::of(&FAILED)
    })
}
