//! Reads: everything the planner needs, and nothing is decided here.

use policy::facts::QuarantineReason;
use policy::fragment::{AudioFragment, Fragments, ObjectKind, ObjectVersion, TextFragment};
use policy::id::{KeyId, RecordingId};
use policy::placement::{
    Before, Dependant, DependantKind, Known, LoggedRows, Step, Subject, VERSIONS_MAX, followed, has_room, is_same,
    speaks_for,
};
use store::{CallLife, Stored, StoredRecording};

use crate::context::{Context, IndexError};
use crate::redaction;

/// 1,000 audio versions of one key are looked at: short items, one or two pages of them.
const VERSIONS_LIMIT: usize = 1000;

/// What is known of a recording at first.
pub(crate) struct Versions {
    pub(crate) known: Known,
    /// The version before it, where sidecars may move from that to this one.
    pub(crate) neighbour: Option<RecordingId>,
    /// Whether a sidecar has two fragments and is not recorded yet: S3 and a reconciliation announced it. Once it is
    /// recorded with one, the other is to end.
    pub(crate) has_twins: bool,
}

/// The audio versions of a key.
pub(crate) async fn audio_versions(context: &Context, key_id: &KeyId) -> Result<Vec<AudioFragment>, IndexError> {
    Ok(context.table.audio_fragments(key_id, VERSIONS_LIMIT).await?)
}

/// The first sidecars of a key in S3's order, as many as are placed with their recordings.
pub(crate) async fn texts(context: &Context, key_id: &KeyId) -> Result<Vec<TextFragment>, IndexError> {
    Ok(context.table.text_fragments(key_id, VERSIONS_MAX).await?)
}

/// A recording with its fragments and its dependants. A duplicate is looked at as part of its first. `None` where
/// there is nothing to place: the fragment or the recording has ended.
pub(crate) async fn recording(
    context: &Context,
    key_id: &KeyId,
    id: &RecordingId,
) -> Result<Option<Versions>, IndexError> {
    let Some(of_message) = context.table.audio_fragment(key_id, id).await? else {
        return Ok(None);
    };
    let Ok(of_before) = before(context, &of_message.object).await? else {
        return Ok(None);
    };
    // What took an original's place stands by itself, whatever else has its bytes.
    let first = match &of_message.sha256 {
        Some(sha256) if !of_before.as_ref().is_some_and(stands_by_itself) => {
            context.table.first_with(key_id, sha256).await?.filter(|first| first != id)
        }
        Some(_) | None => None,
    };
    if let Some(known) = redaction::find(context, &of_message, of_before.as_ref()).await? {
        return Ok(Some(Versions { known, neighbour: None, has_twins: false }));
    }
    let is_new = of_before.is_none();
    let first = match first {
        Some(first) => context.table.audio_fragment(key_id, &first).await?,
        None => None,
    };
    let first = match first {
        Some(audio) => self::before(context, &audio.object).await?.ok().map(|before| (audio, before)),
        None => None,
    };
    // Where the first has just ended, this one is the first now.
    let (audio, before) = first.unwrap_or_else(|| (of_message.clone(), of_before.clone()));
    let texts = texts(context, key_id).await?;
    // The first version of a key that has no sidecar has nothing beside it.
    let versions = if texts.is_empty() && is_new && audio.object.id() == *id {
        vec![audio.clone()]
    } else {
        audio_versions(context, key_id).await?
    };
    if versions.len() > VERSIONS_MAX && waits(of_before.as_ref()) && !has_room(id, &versions) {
        return surplus(context, key_id, of_message, of_before).await.map(Some);
    }
    let of_kind = || texts.iter().filter(|text| text.kind == ObjectKind::Sidecar);
    let speaking = of_kind().filter(|text| speaks_for(text, &audio, &versions));
    let mut sidecars: Vec<TextFragment> = Vec::new();
    for text in speaking {
        if sidecars.len() < Fragments::SIDECARS_MAX && !is_among(text, &sidecars) {
            sidecars.push(text.clone());
        }
    }
    let mut dependants = Vec::new();
    let of_redaction = before.as_ref().is_some_and(stands_by_itself);
    let is_duplicate = |other: &&AudioFragment| other.object.id() != audio.object.id() && is_same(other, &audio);
    for duplicate in versions.iter().filter(is_duplicate) {
        if let Ok(before) = self::before(context, &duplicate.object).await?
            && !before.as_ref().is_some_and(|before| is_apart(before, of_redaction))
        {
            dependants.push(Dependant { kind: DependantKind::Duplicate(duplicate.clone()), before });
        }
    }
    let follows = |text: &&TextFragment| followed(text, &versions).is_some_and(|other| is_same(other, &audio));
    let mut has_twins = false;
    for sidecar in of_kind().filter(follows) {
        let id = sidecar.object.id();
        if let Ok(before) = self::before(context, &sidecar.object).await? {
            if dependants.iter().any(|dependant| dependant.kind.object().id() == id) {
                has_twins = true;
                continue;
            }
            dependants.push(Dependant { kind: DependantKind::Sidecar(sidecar.clone()), before });
        }
    }
    let correction = match &before {
        Some(_) => context.table.corrections(key_id, &audio.object.id()).await?.standing,
        // Nobody corrects what nobody has seen yet.
        None => None,
    };
    let neighbour =
        versions.iter().filter(|other| !is_same(other, &audio) && other.object.sequencer < audio.object.sequencer);
    let neighbour = neighbour.max_by(|one, other| one.object.sequencer.cmp(&other.object.sequencer));
    let neighbour = neighbour.filter(|_| is_new && !texts.is_empty()).map(|other| other.object.id());
    let fragments = Box::new(Fragments { audio, sidecars, correction, rows: Vec::new() });
    let in_force = context.rulebooks.in_force(context.connection.now()).await?;
    let subject = Subject::Recording { fragments, dependants };
    Ok(Some(Versions { known: Known::new(context.connection.now(), in_force, subject, before), neighbour, has_twins }))
}

/// Whether it is a redacted version that took its original's place.
fn stands_by_itself(before: &Before) -> bool {
    before.recording.redacted_from.is_some() && before.recording.view.duplicate_of.is_none()
}

/// Whether a version of the same bytes is a recording by itself: a redacted version, or beside one what came before it.
fn is_apart(before: &Before, of_redaction: bool) -> bool {
    stands_by_itself(before) || of_redaction && before.recording.view.duplicate_of.is_none()
}

/// Whether a sidecar is in a list, under this fragment or another one.
fn is_among(text: &TextFragment, list: &[TextFragment]) -> bool {
    list.iter().any(|other| other.object.id() == text.object.id())
}

/// Whether nothing is known of it yet, but that its key has too many versions.
fn waits(before: Option<&Before>) -> bool {
    before.is_none_or(|before| before.recording.view.quarantine_reason == Some(QuarantineReason::TooManyVersions))
}

/// A recording beyond those of its key that are placed together: nothing beside it is read.
async fn surplus(
    context: &Context,
    key_id: &KeyId,
    audio: AudioFragment,
    before: Option<Before>,
) -> Result<Versions, IndexError> {
    let correction = match &before {
        Some(_) => context.table.corrections(key_id, &audio.object.id()).await?.standing,
        None => None,
    };
    let fragments = Fragments { audio, sidecars: Vec::new(), correction, rows: Vec::new() };
    let now = context.connection.now();
    let in_force = context.rulebooks.in_force(now).await?;
    let subject = Subject::SurplusRecording(Box::new(fragments));
    Ok(Versions { known: Known::new(now, in_force, subject, before), neighbour: None, has_twins: false })
}

/// An object version that is placed by itself. `None` where it has ended.
pub(crate) async fn alone(
    context: &Context,
    object: &ObjectVersion,
    subject: Subject,
) -> Result<Option<Known>, IndexError> {
    let Ok(before) = before(context, object).await? else {
        return Ok(None);
    };
    let now = context.connection.now();
    let in_force = context.rulebooks.in_force(now).await?;
    Ok(Some(Known::new(now, in_force, subject, before)))
}

/// Reads one thing that the planner needs; rows of a call log as the table has them.
pub(crate) async fn read(
    context: &Context,
    need: Step,
    known: &mut Known,
) -> Result<Option<store::LoggedRows>, IndexError> {
    match need {
        Step::NeedRulebook(version) => {
            known.rulebooks.insert(version, context.rulebooks.of_version(version).await?);
        }
        Step::NeedCall(reference) => {
            let call = match context.table.call_life(&reference).await? {
                CallLife::Standing(call) => Some(*call),
                CallLife::Emptied => {
                    known.emptied.insert(reference.clone());
                    None
                }
                CallLife::Unopened => None,
            };
            known.calls.insert(reference, call);
        }
        Step::NeedHolds(call) => {
            let holds = context.table.holds(&call).await?;
            known.holds.insert(call, holds);
        }
        Step::NeedMember(group) => {
            let object = match &known.subject {
                Subject::Recording { fragments, .. } | Subject::SurplusRecording(fragments) => {
                    Some(&fragments.audio.object)
                }
                Subject::Redacted(redacted) => Some(&redacted.audio.object),
                Subject::Alone(_) | Subject::Orphan { .. } | Subject::SurplusSidecar(_) => None,
            };
            if let Some(object) = object {
                context.table.put_log_member(&group, &object.id(), &object.key_id()).await?;
            }
            known.member_of = Some(group);
        }
        Step::NeedLogRows(group) => {
            let logged = context.table.log_rows(&group, Fragments::ROWS_MAX).await?;
            known.rows = Some(LoggedRows { group, rows: logged.rows.clone() });
            return Ok(Some(logged));
        }
        Step::Claimed | Step::Full | Step::Done(_) => {}
    }
    Ok(None)
}

/// The object version has ended, or another fragment stands for it.
struct Ended;

/// What is stored under an object version's id. A fragment that a late event wrote again for one that has ended ends
/// too.
async fn before(context: &Context, object: &ObjectVersion) -> Result<Result<Option<Before>, Ended>, IndexError> {
    let Some(StoredRecording { stored, generation, head, .. }) = context.table.recording(&object.id()).await? else {
        return Ok(Ok(None));
    };
    match stored {
        // A sidecar that was announced twice, by S3 and by a reconciliation, has two sequencers: one version is one
        // fragment.
        Stored::Recording(recording)
            if object.key.kind() != ObjectKind::Sidecar || recording.object.sequencer == object.sequencer =>
        {
            Ok(Ok(Some(Before { recording: *recording, generation, head })))
        }
        Stored::Recording(_) | Stored::Tombstone(_) => {
            context.table.end_fragment(object).await?;
            Ok(Err(Ended))
        }
    }
}
