//! `POST /recordings/{id}/play` and `/download`: decide, leave the trace, and only then sign a URL.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use jiff::{SignedDuration, Timestamp};
use policy::audio::Audio;
use policy::custody::{Chained, Committed, EventKind, Happening, Head};
use policy::id::{CallId, RecordingId};
use policy::permission::{self, Action, Decision, NotAllowed, Refusal};
use policy::recording::{Listed, Recording};
use rokuban_http::audit::{self, Facts, Outcome};
use rokuban_http::body::{self, BODY_LIMIT_BYTES};
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::{BUSY, Constraint, FAILED, INVALID, Kind, NOT_ALLOWED, Problem, TOO_MANY};
use rokuban_http::random::random_hex;
use rokuban_http::rate::{self, Limited};
use rokuban_http::route::{About, Route};
use rokuban_http::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{AccessRecord, CountResult, ErrorKind, Presigning};

use super::lookup::{Lookup, RecordingPath, about_needed, refresh, refuse};
use crate::context::Context;
use crate::problems::{
    DELETED, NO_AUDIO, NO_SUCH_RECORDING, NOT_A_PURPOSE, no_audio, no_such_recording, not_a_purpose,
};

/// 120 s: long enough to begin to listen, short enough that a URL passed on is soon worth nothing.
const URL_LIFETIME_SECONDS: i64 = 120;

/// 12 hours after the event that was counted: a working day with one recording. What renews it is traced and not
/// counted again, so without an end one counted play would be heard for ever.
const RENEWABLE: SignedDuration = SignedDuration::from_hours(12);

/// 4 tries: each fails only if somebody else changed the recording or its call in between.
const TRIES: usize = 4;

/// 500 characters: a reason, not a report.
const REASON_LIMIT_CHARACTERS: usize = 500;

/// 128 characters, as of every name.
const USE_LIMIT_CHARACTERS: usize = 128;

/// What is asked for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlayRequest {
    /// One of the rulebook's purposes.
    #[schemars(length(min = 1, max = USE_LIMIT_CHARACTERS), example = &"evidence")]
    #[serde(rename = "use")]
    use_: String,
    /// Why, in the words of the one who asks: erasable, beside the custody. Without control characters.
    #[schemars(length(min = 1, max = REASON_LIMIT_CHARACTERS), regex(pattern = r"\S"), example = &"見積の金額の確認")]
    reason: String,
    /// The case it is for.
    #[serde(default)]
    #[schemars(extend("pattern" = "^[a-z2-7]{26}$"), example = &"5mzd2ayqc4w7k3tfh6xnvbog2e")]
    case_id: Option<String>,
    /// The event of an earlier URL that this one renews, with the same `use`: traced, not counted again.
    #[serde(default)]
    #[schemars(length(max = 37), regex(pattern = r"^[a-z2-7]{26}\.[1-9][0-9]{0,9}$"))]
    #[schemars(example = &"3tqk5nwo2xvq7yhl4zgm6cbeda.2")]
    continues: Option<String>,
}

/// A link that plays, behind its trace.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SignedLink {
    /// Of this object version alone; whoever has it needs no token.
    #[schemars(extend("format" = "uri"), example = &"https://bucket.s3.ap-northeast-1.amazonaws.com/key?X-Amz-Signature=0")]
    url: String,
    /// When it stops: after two minutes, and never after the recording's expiry.
    expires_at: Time,
    #[schemars(example = &"audio/wav")]
    content_type: &'static str,
    /// The event of custody that it left: what `continues` takes.
    #[schemars(example = &"3tqk5nwo2xvq7yhl4zgm6cbeda.2")]
    event_id: String,
}

const FIELDS: &str = "use (text), reason (text), case_id (text, optional), continues (text, optional)";

/// What either route can answer.
const PROBLEMS: &[&Kind] =
    &[&NO_SUCH_RECORDING, &DELETED, &NOT_ALLOWED, &NOT_A_PURPOSE, &NO_AUDIO, &INVALID, &TOO_MANY];

pub(super) fn routes() -> Vec<Route<Context>> {
    let plays = About { id: "play", tag: "recordings", summary: "A link to hear it, after its trace 取扱履歴." };
    let downloads = About {
        id: "download",
        tag: "recordings",
        summary: "A link to take it away as a file, after its trace 取扱履歴.",
    };
    vec![
        Route::post("/recordings/{id}/play", play, plays)
            .body::<PlayRequest>(BODY_LIMIT_BYTES)
            .answers::<SignedLink>(200, "A link that lives two minutes.")
            .problems(PROBLEMS),
        Route::post("/recordings/{id}/download", download, downloads)
            .body::<PlayRequest>(BODY_LIMIT_BYTES)
            .answers::<SignedLink>(200, "A link that lives two minutes.")
            .problems(PROBLEMS),
    ]
}

/// Hears a recording.
async fn play(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    RecordingPath(id): RecordingPath,
    request: Request,
) -> Result<Json<SignedLink>, Problem> {
    listen(&context, &caller, Action::Play, &id, request).await
}

/// Takes a recording away as a file.
async fn download(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    RecordingPath(id): RecordingPath,
    request: Request,
) -> Result<Json<SignedLink>, Problem> {
    listen(&context, &caller, Action::Download, &id, request).await
}

async fn listen(
    context: &Context,
    caller: &MemberCaller,
    action: Action,
    id: &RecordingId,
    request: Request,
) -> Result<Json<SignedLink>, Problem> {
    let ask = PlayRequest::read(request, id).await?;
    let listening = Listening {
        context,
        caller,
        action,
        id,
        ask: &ask,
        reason: Committed { salt: random_hex()?, text: ask.reason.clone() },
        operation: caller.operation(action.as_str()),
    };
    for attempt in 1..=TRIES {
        match listening.attempt(attempt > 1).await? {
            Attempt::Signed(answer) => return Ok(Json(answer)),
            Attempt::Refused(problem) => {
                return Err(refuse(context, caller, action, id, problem).await);
            }
            Attempt::Changed => {}
        }
    }
    Err(Problem::of(&BUSY))
}

impl PlayRequest {
    async fn read(request: Request, id: &RecordingId) -> Result<Self, Problem> {
        let mut ask: Self = body::read(request, BODY_LIMIT_BYTES, FIELDS).await?;
        if !(1..=USE_LIMIT_CHARACTERS).contains(&ask.use_.chars().count()) {
            return Err(Problem::invalid("use", Constraint::Text));
        }
        if !body::is_reason(&ask.reason, REASON_LIMIT_CHARACTERS) {
            return Err(Problem::invalid("reason", Constraint::Reason));
        }
        ask.reason = ask.reason.trim().to_owned();
        // QUIET: these two stay on the chain for ever, so they can't be words.
        if ask.case_id.as_ref().is_some_and(|case| case.parse::<CallId>().is_err()) {
            return Err(Problem::invalid("case_id", Constraint::Id));
        }
        if ask.continues.as_ref().is_some_and(|event| !is_event_of(event, id)) {
            return Err(Problem::invalid("continues", Constraint::EventId));
        }
        Ok(ask)
    }
}

/// Whether a text is `{recording id}.{number}` of this recording.
fn is_event_of(event_id: &str, id: &RecordingId) -> bool {
    number_of(event_id, id).is_some()
}

/// The number in an event's id, `{recording id}.{number}`, of this recording.
fn number_of(event_id: &str, id: &RecordingId) -> Option<u32> {
    let (recording, number) = event_id.split_once('.')?;
    let value = number.parse::<u32>().ok()?;
    (recording == id.as_str() && value > 0 && value.to_string() == number).then_some(value)
}

/// When the event was counted that another one renews, over however many renewals between.
const SINCE: &str = "since";

/// One request.
struct Listening<'a> {
    context: &'a Context,
    caller: &'a MemberCaller,
    action: Action,
    id: &'a RecordingId,
    ask: &'a PlayRequest,
    reason: Committed,
    operation: String,
}

/// What came of a trace.
enum Traced {
    /// It stands; its event's id.
    Written(String),
    /// Something changed between the reading and the trace.
    Changed,
    /// The limit of the hour is reached.
    TooMany(Problem),
}

/// What one try came to.
enum Attempt {
    Signed(SignedLink),
    Refused(Problem),
    /// Something changed between the reading and the trace.
    Changed,
}

impl Listening<'_> {
    /// Reads, decides, traces, signs. The first try believes the copies of the call's periods and holds
    /// that lie in the recording, for the trace is written only if they are the call's own; a later try
    /// reads the call.
    async fn attempt(&self, reads_call: bool) -> Result<Attempt, Problem> {
        let table = &self.context.shared.table;
        let now = self.context.shared.connection.now();
        let stored = table.recording(self.id).await?;
        let (head, last_operation) = match &stored {
            Some(stored) => (stored.head.clone(), stored.last_operation.clone()),
            None => (Head::none(), String::new()),
        };
        let mut recording = match Lookup::of(stored) {
            Lookup::Recording(recording) => recording,
            tombstone @ Lookup::Tombstone(_) => {
                return Ok(Attempt::Refused(tombstone.deleted(self.caller)));
            }
            Lookup::Nothing => return Ok(Attempt::Refused(no_such_recording())),
        };
        if reads_call {
            match table.call(&recording.view.call).await? {
                // NEVER LATE: what is claimed is being deleted.
                Some(call) if call.claim.is_some() => {
                    return Ok(Attempt::Refused(no_such_recording()));
                }
                Some(call) => refresh(&mut recording.view, &call),
                None => return Ok(Attempt::Changed),
            }
        }
        let audio = match self.decide(&recording, now) {
            Ok(audio) => audio.clone(),
            Err(problem) => return Ok(Attempt::Refused(problem)),
        };
        let Some(lifetime) = Lifetime::of(&recording.view, self.caller, now) else {
            return Ok(Attempt::Refused(no_such_recording()));
        };
        let event_id = if last_operation == self.operation {
            // TWICE IS ONCE: an earlier try wrote it, and only its answer was lost.
            format!("{}.{}", self.id, head.number)
        } else {
            // TRACE FIRST: the event is durable before the URL exists.
            let renews = match &self.ask.continues {
                None => None,
                Some(event_id) => match self.renewed(event_id).await? {
                    Some(since) => Some(since),
                    // Do not fall back to a counted play: the caller asked for a renewal.
                    None => return Err(Problem::invalid("continues", Constraint::Renewable)),
                },
            };
            match self.trace(&recording, &head, renews).await? {
                Traced::Written(event_id) => event_id,
                Traced::Changed => return Ok(Attempt::Changed),
                Traced::TooMany(problem) => return Ok(Attempt::Refused(problem)),
            }
        };
        self.sign(&recording, &audio, &lifetime, event_id).await.map(Attempt::Signed)
    }

    /// The audio, where it may be heard.
    fn decide<'r>(&self, recording: &'r Recording, now: Timestamp) -> Result<&'r Audio, Problem> {
        let view = &recording.view;
        let rulebook = &self.caller.rulebook;
        let use_ = Some(self.ask.use_.as_str());
        let without_audio = || no_audio(view.quarantine_reason);
        match permission::decide(&self.caller.member, self.action, view, use_, rulebook, now) {
            Decision::Permit => recording.audio.as_ref().ok_or_else(without_audio),
            Decision::Refuse(Refusal::NotVisible | Refusal::Expired) => Err(no_such_recording()),
            Decision::Refuse(Refusal::NotAllowed { reason: NotAllowed::NoAudio }) => Err(without_audio()),
            Decision::Refuse(Refusal::NotAllowed { reason }) => Err(Problem::not_allowed(reason)),
            Decision::Refuse(Refusal::NotAPurpose) => Err(not_a_purpose(&rulebook.purposes)),
        }
    }

    /// When the event was counted that is to be renewed: the caller's own, of this doing and use, within its time.
    async fn renewed(&self, event_id: &str) -> Result<Option<Timestamp>, Problem> {
        let Some(number) = number_of(event_id, self.id) else { return Ok(None) };
        let Some(Chained { event, .. }) = self.context.shared.table.custody_event(self.id, number).await? else {
            return Ok(None);
        };
        let since = match event.facts.get(SINCE) {
            Some(since) => since.parse().ok(),
            None => Some(event.at),
        };
        let is_own = event.actor == self.caller.member.id && event.kind == self.kind();
        let is_same_use = event.facts.get("use") == Some(&self.ask.use_);
        Ok(since.filter(|since| is_own && is_same_use && self.caller.now.duration_since(*since) <= RENEWABLE))
    }

    /// Writes the event, if nothing it rests on has changed, and counts it unless it renews one that was counted.
    async fn trace(&self, recording: &Recording, head: &Head, renews: Option<Timestamp>) -> Result<Traced, Problem> {
        let event = self.event(head, renews)?;
        let event_id = event.event_id();
        let mut facts = about_needed(recording, &self.caller.rulebook);
        facts.extend(event.event.facts.clone());
        facts.insert("event".to_owned(), event.event.number.to_string());
        let audit = audit::of_member(self.caller, self.action.into(), Outcome::Permitted, facts);
        let view = &recording.view;
        let limited = if renews.is_some() { None } else { Limited::of(self.action) };
        let count = limited.map(|limited| limited.count(self.caller));
        let trace = AccessRecord {
            event: &event,
            audit: &audit,
            count,
            call: &view.call,
            periods: &view.periods,
            holds: &view.holds,
        };
        match self.context.shared.table.record_access(&trace).await {
            Ok(CountResult::Done) => Ok(Traced::Written(event_id)),
            Ok(CountResult::Conflict) => Ok(Traced::Changed),
            // STRICT: only whoever would have heard it comes this far.
            Ok(CountResult::TooMany) => Ok(count.map_or(Traced::Changed, |count| {
                Traced::TooMany(rate::too_many(&count, &self.caller.rulebook, self.context.shared.connection.now()))
            })),
            // Another listener's transaction was at the same call: the next try comes behind it.
            Err(error) if error.kind == ErrorKind::Throttled => Ok(Traced::Changed),
            Err(error) => Err(Problem::of_store(&error)),
        }
    }

    /// What goes on the chain.
    fn kind(&self) -> EventKind {
        if self.action == Action::Download { EventKind::Downloaded } else { EventKind::Played }
    }

    fn event(&self, head: &Head, renews: Option<Timestamp>) -> Result<Chained, Problem> {
        let mut facts = Facts::from([("use".to_owned(), self.ask.use_.clone())]);
        if let Some(case) = &self.ask.case_id {
            facts.insert("case_id".to_owned(), case.clone());
        }
        if let Some(event) = &self.ask.continues {
            facts.insert("continues".to_owned(), event.clone());
        }
        if let Some(since) = renews {
            facts.insert(SINCE.to_owned(), since.to_string());
        }
        let happening = Happening {
            at: self.caller.now,
            kind: self.kind(),
            actor: self.caller.member.id.clone(),
            operation: self.operation.clone(),
            facts,
            texts: [("reason".to_owned(), self.reason.clone())].into(),
        };
        head.append(self.id, happening).ok_or_else(|| {
            tracing::error!(recording = %self.id, "a custody is full");
            Problem::of(&FAILED)
        })
    }

    async fn sign(
        &self,
        recording: &Recording,
        audio: &Audio,
        lifetime: &Lifetime,
        event_id: String,
    ) -> Result<SignedLink, Problem> {
        let object = &recording.object;
        if object.bucket != self.context.recordings_bucket {
            tracing::error!(recording = %self.id, "it lies in another bucket than RECORDINGS_BUCKET");
            return Err(Problem::of(&FAILED));
        }
        let disposition = if self.action == Action::Download { "attachment" } else { "inline" };
        let content_disposition = format!("{disposition}; filename=\"{}.{}\"", self.id, audio.extension());
        let url = self
            .context
            .objects
            .presign(Presigning {
                bucket: &object.bucket,
                key: &object.key,
                version_id: Some(&object.version_id),
                content_type: audio.content_type(),
                content_disposition: &content_disposition,
                now: lifetime.from,
                lifetime_seconds: lifetime.seconds,
            })
            .await?;
        Ok(SignedLink {
            url: url.expose().to_owned(),
            expires_at: Time::new(lifetime.until, &self.caller.rulebook),
            content_type: audio.content_type(),
            event_id,
        })
    }
}

/// How long a URL lives: the shorter of 120 s and the time to expiry.
#[derive(Debug, PartialEq, Eq)]
struct Lifetime {
    /// A whole second, as signatures have them.
    from: Timestamp,
    until: Timestamp,
    seconds: u32,
}

impl Lifetime {
    /// `None` where not even a second is left.
    fn of(view: &Listed, caller: &MemberCaller, now: Timestamp) -> Option<Self> {
        Self::between(now, permission::expires_at(view, &caller.rulebook))
    }

    fn between(now: Timestamp, expires_at: Option<Timestamp>) -> Option<Self> {
        let from = Timestamp::from_second(now.as_second()).ok()?;
        // Under a hold nothing expires. Without a rule nothing was permitted.
        let left = expires_at.map_or(URL_LIFETIME_SECONDS, |at| at.as_second() - from.as_second());
        let seconds = u32::try_from(left.min(URL_LIFETIME_SECONDS)).ok().filter(|seconds| *seconds > 0)?;
        let until = from.checked_add(SignedDuration::from_secs(seconds.into())).ok()?;
        Some(Self { from, until, seconds })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_url_lives_120_seconds_and_never_beyond_the_second_of_expiry() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let expiry = at("2026-12-03T15:00:00Z");
        for (now, expires_at, seconds) in [
            ("2026-12-03T14:00:00Z", Some(expiry), Some(120)),
            ("2026-12-03T14:57:59.999Z", Some(expiry), Some(120)),
            ("2026-12-03T14:58:00Z", Some(expiry), Some(120)),
            ("2026-12-03T14:58:01Z", Some(expiry), Some(119)),
            ("2026-12-03T14:59:59Z", Some(expiry), Some(1)),
            ("2026-12-03T14:59:59.999Z", Some(expiry), Some(1)),
            ("2026-12-03T15:00:00Z", Some(expiry), None),
            ("2027-12-03T15:00:00Z", Some(expiry), None),
            ("2027-12-03T15:00:00Z", None, Some(120)),
        ] {
            let lifetime = Lifetime::between(at(now), expires_at);
            assert_eq!(lifetime.as_ref().map(|lifetime| lifetime.seconds), seconds, "{now}");
            if let (Some(lifetime), Some(expiry)) = (lifetime, expires_at) {
                assert!(lifetime.until <= expiry && lifetime.from <= at(now), "{now}");
            }
        }
    }

    #[test]
    fn only_an_event_of_this_recording_can_be_continued() {
        let id = RecordingId::of("bucket", "key", "version");
        let other = RecordingId::of("bucket", "key", "other");
        assert!(is_event_of(&format!("{id}.2"), &id));
        for wrong in [
            format!("{other}.2"),
            format!("{id}.0"),
            format!("{id}.02"),
            format!("{id}.+2"),
            format!("{id}."),
            id.to_string(),
        ] {
            assert!(!is_event_of(&wrong, &id), "{wrong}");
        }
    }
}
