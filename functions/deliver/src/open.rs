//! The button: custody and audit first, then a URL of a minute.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use policy::audit::{AuditAction, AuditOutcome};
use policy::custody::{Committed, CustodyEvent, EventKind, NewEvent};
use policy::fragment::ObjectKey;
use policy::id::RecordingId;
use policy::permission;
use policy::recording::CallReference;
use policy::rulebook::Rulebook;
use store::{AuditEvent, CaseRecording, ErrorKind, Presigning, ReleaseWrite, Stored, WriteOutcome};

use crate::context::{Context, DeliverError};
use crate::lookup::{Found, find};
use crate::request::Request;

/// 60 seconds: the browser follows at once.
const URL_LIFETIME_SECONDS: u32 = 60;

/// 4 tries: each fails only if somebody else changed the release, a recording or its call in between.
const TRIES: usize = 4;

/// Who does it, in custody and in the audit log.
const ACTOR: &str = "recipient";

type CallEvent = (CustodyEvent, CallReference);

/// Opens the package; `None` where the token opens nothing any more.
pub(crate) async fn open(
    context: &Context,
    request: &Request,
    mut found: Found,
) -> Result<Option<String>, DeliverError> {
    for _ in 0..TRIES {
        let now = context.connection.now();
        let Some(events) = events(context, request, &found, now).await? else {
            return Ok(None);
        };
        // TRACE FIRST: the events are durable before the URL exists.
        if write(context, request, &found, &events, now).await? {
            return Ok(Some(sign(context, &found, now).await?));
        }
        // STRICT: withdrawn meanwhile, it opens nothing.
        match find(context, found.token).await? {
            Some(again) => found = again,
            None => return Ok(None),
        }
    }
    Err(DeliverError::Contended)
}

/// The next event of each recording's custody; `None` where one has expired, or is being deleted: its package goes with
/// it.
async fn events(
    context: &Context,
    request: &Request,
    found: &Found,
    now: Timestamp,
) -> Result<Option<Vec<CallEvent>>, DeliverError> {
    let mut events = Vec::new();
    for recording in found.release.recordings() {
        match event(context, request, found, &recording, now).await? {
            Some(event) => events.push(event),
            None => return Ok(None),
        }
    }
    Ok(Some(events))
}

async fn event(
    context: &Context,
    request: &Request,
    found: &Found,
    id: &RecordingId,
    now: Timestamp,
) -> Result<Option<CallEvent>, DeliverError> {
    let Some(stored) = context.table.recording(id).await? else {
        return Ok(None);
    };
    let Stored::Recording(mut recording) = stored.stored else {
        return Ok(None);
    };
    let Some(call) = context.table.call(&recording.view.call).await?.filter(|call| call.claim.is_none()) else {
        return Ok(None);
    };
    // The copies that lie in the recording may be behind its call.
    recording.view.periods.clone_from(&call.periods);
    recording.view.holds.clone_from(&call.holds);
    recording.view.understood_at = call.understood_at;
    if permission::expires_at(&recording.view, &found.rulebook).is_some_and(|at| at <= now) {
        return Ok(None);
    }
    let mut salt = [0; 16];
    getrandom::fill(&mut salt)?;
    let address = Committed { salt: HEXLOWER.encode(&salt), text: request.origin().address };
    let happening = NewEvent {
        at: now,
        kind: EventKind::ReleaseOpened,
        actor: ACTOR.to_owned(),
        operation: request.operation(),
        facts: facts(found),
        texts: BTreeMap::from([("address".to_owned(), address)]),
    };
    let event = stored.head.append(id, happening).ok_or(DeliverError::CustodyFull)?;
    Ok(Some((event, recording.view.call)))
}

fn facts(found: &Found) -> BTreeMap<String, String> {
    let release = &found.release;
    [("case_id", release.case.to_string()), ("release_id", release.id.to_string())]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
}

/// Writes the events, if nothing they rest on has changed; whether they stand.
async fn write(
    context: &Context,
    request: &Request,
    found: &Found,
    events: &[CallEvent],
    now: Timestamp,
) -> Result<bool, DeliverError> {
    let audit = audit(request, found, &found.rulebook, now);
    let write = ReleaseWrite {
        release: &found.release.open(),
        before: Some(found.generation),
        case_before: None,
        audit: &audit,
        events: events.iter().map(|(event, call)| CaseRecording { event, call }).collect(),
    };
    match context.table.open_release(&write).await {
        Ok(outcome) => Ok(outcome == WriteOutcome::Done),
        // Another's transaction was at the same release or call: the next try comes behind it.
        Err(error) if error.kind == ErrorKind::Throttled => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn audit(request: &Request, found: &Found, rulebook: &Rulebook, now: Timestamp) -> AuditEvent {
    AuditEvent {
        at: now,
        day: rulebook.day_of(now).to_string(),
        operation: format!("{}.{}", request.operation(), AuditAction::OpenRelease.as_str()),
        staff: ACTOR.to_owned(),
        role: None,
        action: AuditAction::OpenRelease,
        outcome: AuditOutcome::Permitted,
        facts: facts(found),
        asked: BTreeMap::new(),
        origin: Some(request.origin()),
        ends_at: rulebook.audit_ends_at(now),
    }
}

async fn sign(context: &Context, found: &Found, now: Timestamp) -> Result<String, DeliverError> {
    let left = found.expires_at.as_second() - now.as_second();
    let lifetime_seconds = u32::try_from(left).unwrap_or(1).clamp(1, URL_LIFETIME_SECONDS);
    let url = context
        .objects
        .presign(Presigning {
            bucket: &context.derived_bucket,
            key: &ObjectKey::new(found.package.key.clone()),
            version_id: None,
            content_type: "application/zip",
            content_disposition: &format!("attachment; filename=\"{}.zip\"", found.release.id),
            now,
            lifetime_seconds,
        })
        .await?;
    Ok(url.expose().to_owned())
}
