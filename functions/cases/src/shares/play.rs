//! `POST /shares/{share_id}/play`: decide, leave the trace, and only then sign a URL of the clip. The recording itself is
//! never signed here.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use jiff::{SignedDuration, Timestamp};
use policy::audit::AuditAction;
use policy::case::part::Clip;
use policy::case::share::{Grant, Share, ShareState};
use policy::custody::{Committed, EventKind};
use policy::object::ObjectKey;
use policy::permission::{self, Decision, part};
use policy::recording::Recording;
use policy::report::age_at_use::NEED;
use rokuban_http::audit::{self, Facts, Outcome};
use rokuban_http::body::{self, BODY_LIMIT_BYTES};
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::{BUSY, Constraint, INVALID, Problem, TOO_MANY};
use rokuban_http::random::random_hex;
use rokuban_http::rate::{self, Limited};
use rokuban_http::route::{About, Route};
use rokuban_http::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{AccessRecord, CountResult, ErrorKind, Presigning};

use crate::context::Context;
use crate::lookup::CasePath;
use crate::parts::next_event;
use crate::problems::{CLIP_FAILED, CLIP_NOT_READY, NO_SUCH_SHARE, clip_failed, clip_not_ready};
use crate::recordings::{Reached, need_of, reach};

/// 120 s, as of a recording.
const URL_LIFETIME_SECONDS: i64 = 120;

/// 4 tries: each fails only if somebody else changed the recording or its call in between.
const TRIES: usize = 4;

/// 500 characters, as every reason.
const REASON_LIMIT_CHARACTERS: usize = 500;

/// Why a part is heard.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SharePlayRequest {
    /// Why, in the words of the one who asks: erasable, beside the custody.
    #[serde(default)]
    #[schemars(length(min = 1, max = REASON_LIMIT_CHARACTERS), regex(pattern = r"\S"), example = &"回答の確認")]
    reason: Option<String>,
}

const FIELDS: &str = "reason (text, may be left out)";

/// A link that plays the part, behind its trace.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SharedLink {
    /// Of the clip alone; anyone who has it needs no token.
    #[schemars(extend("format" = "uri"), example = &"https://bucket.s3.ap-northeast-1.amazonaws.com/key?X-Amz-Signature=0")]
    url: String,
    /// When it stops: after two minutes, and never after the share's end.
    expires_at: Time,
    #[schemars(example = &"audio/wav")]
    content_type: String,
    /// The event of custody that it left.
    #[schemars(example = &"3tqk5nwo2xvq7yhl4zgm6cbeda.2")]
    event_id: String,
}

pub(super) fn route() -> Route<Context> {
    let about = About {
        id: "play_share",
        tag: "cases",
        summary: "A link to hear a part that is shared with oneself, after its trace 取扱履歴.",
    };
    Route::post("/shares/{share_id}/play", play, about)
        .body::<SharePlayRequest>(BODY_LIMIT_BYTES)
        .answers::<SharedLink>(200, "A link that lives two minutes.")
        .problems(&[&NO_SUCH_SHARE, &CLIP_NOT_READY, &CLIP_FAILED, &INVALID, &TOO_MANY])
}

/// Hears a shared part.
async fn play(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    path: CasePath,
    request: Request,
) -> Result<Json<SharedLink>, Problem> {
    let SharePlayRequest { reason } = body::read(request, BODY_LIMIT_BYTES, FIELDS).await?;
    if reason.as_ref().is_some_and(|reason| !body::is_reason(reason, REASON_LIMIT_CHARACTERS)) {
        return Err(Problem::invalid("reason", Constraint::Reason));
    }
    let salt = random_hex()?;
    let reason = reason.map(|reason| Committed { salt, text: reason.trim().to_owned() });
    for _ in 0..TRIES {
        let found = match find(&context, &caller, &path).await? {
            Ok(found) => found,
            Err(problem) => return Err(refuse(&context, &caller, &path, problem).await),
        };
        let Some(lifetime) = Lifetime::of(&found, &caller) else {
            return Err(refuse(&context, &caller, &path, Problem::of(&NO_SUCH_SHARE)).await);
        };
        match trace(&context, &caller, &found, reason.as_ref()).await? {
            Traced::Written(event_id) => return Ok(Json(sign(&context, &caller, &found, &lifetime, event_id).await?)),
            Traced::Changed => {}
            Traced::TooMany(problem) => return Err(refuse(&context, &caller, &path, problem).await),
        }
    }
    Err(Problem::of(&BUSY))
}

/// What is heard.
struct Found {
    grant: Grant,
    clip: Clip,
    reached: Reached,
    /// When the outputs of its case end.
    case_ends_at: Option<Timestamp>,
}

/// The clip of a share that is the caller's now. STRICT: withdrawn, ended, another's and absent are one answer, with one
/// read.
async fn find(context: &Context, caller: &MemberCaller, path: &CasePath) -> Result<Result<Found, Problem>, Problem> {
    let none = || Ok(Err(Problem::of(&NO_SUCH_SHARE)));
    let table = &context.shared.table;
    let now = context.shared.connection.now();
    let grant = table.grant(&path.share, &caller.member.id).await?;
    let Some(grant) = grant.filter(|grant| grant.is_open_at(now)) else { return none() };
    let Some(share) = table.share(&grant.case, &grant.share).await? else { return none() };
    let Some(case) = table.case(&grant.case).await? else { return none() };
    let case_ends_at = case.case.outputs_end_at();
    let is_open = share.share.is_open_at(now) && case_ends_at.is_none_or(|ends_at| now < ends_at);
    let Some(reached) = reach(context, &grant.recording).await?.filter(|_| is_open) else { return none() };
    if !may_hear(caller, &reached.recording, now) {
        return none();
    }
    Ok(clip_of(&share.share).map(|clip| Found { grant, clip, reached, case_ends_at }))
}

/// NEVER LATE: whether the recording may be heard at all, and its part by whom it is shared with.
fn may_hear(caller: &MemberCaller, recording: &Recording, now: Timestamp) -> bool {
    part::decide_on_part(&caller.member, &recording.view, &caller.rulebook, now) == Decision::Permit
}

fn clip_of(share: &Share) -> Result<Clip, Problem> {
    match (share.state, &share.clip, share.failure) {
        (ShareState::Ready, Some(clip), _) => Ok(clip.clone()),
        (ShareState::Failed, _, Some(failure)) => Err(clip_failed(failure)),
        _ => Err(clip_not_ready()),
    }
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

/// TRACE FIRST: the event is durable before the URL exists, and the share stood then.
async fn trace(
    context: &Context,
    caller: &MemberCaller,
    found: &Found,
    reason: Option<&Committed>,
) -> Result<Traced, Problem> {
    let Found { grant, reached, .. } = found;
    let action = AuditAction::PlayShare;
    if reached.last_operation == caller.operation(action.as_str()) {
        // TWICE IS ONCE: an earlier try wrote it, and only its answer was lost.
        return Ok(Traced::Written(format!("{}.{}", reached.recording.view.id, reached.head.number)));
    }
    let mut facts = about_share(grant);
    let texts = reason.map(|reason| ("reason".to_owned(), reason.clone())).into_iter().collect();
    let event = next_event(reached, caller, EventKind::SharePlayed, action, facts.clone(), texts)?;
    facts.extend(reached.facts());
    facts.insert(NEED.to_owned(), need_of(&reached.recording, &caller.rulebook).to_string());
    let audit = audit::of_member(caller, action, Outcome::Permitted, facts);
    let view = &reached.recording.view;
    let count = Limited::Play.count(caller);
    let access = AccessRecord {
        event: &event,
        audit: &audit,
        count: Some(count),
        call: &view.call,
        periods: &view.periods,
        holds: &view.holds,
    };
    match context.shared.table.record_shared_access(&access, grant, &caller.member.id).await {
        Ok(CountResult::Done) => Ok(Traced::Written(event.event_id())),
        Ok(CountResult::Conflict) => Ok(Traced::Changed),
        Ok(CountResult::TooMany) => {
            let problem = rate::too_many(&count, &caller.rulebook, context.shared.connection.now());
            Ok(Traced::TooMany(problem))
        }
        Err(error) if error.kind == ErrorKind::Throttled => Ok(Traced::Changed),
        Err(error) => Err(Problem::of_store(&error)),
    }
}

fn about_share(grant: &Grant) -> Facts {
    let share = ("share".to_owned(), grant.share.as_str().to_owned());
    Facts::from([share, ("case".to_owned(), grant.case.as_str().to_owned())])
}

async fn refuse(context: &Context, caller: &MemberCaller, path: &CasePath, problem: Problem) -> Problem {
    let mut facts = Facts::from([("share".to_owned(), path.share.as_str().to_owned())]);
    facts.extend(problem.audit_reason().map(|reason| ("reason".to_owned(), reason.to_owned())));
    let event = audit::of_member(caller, AuditAction::PlayShare, Outcome::Refused, facts);
    match context.shared.table.audit(&event).await {
        Ok(()) => problem,
        Err(error) => Problem::of_store(&error),
    }
}

/// How long a URL lives: the shortest of 120 s, the time to the share's end, to the recording's and to that of the case's
/// outputs.
struct Lifetime {
    /// A whole second, as signatures have them.
    from: Timestamp,
    seconds: u32,
}

impl Lifetime {
    /// `None` where not even a second is left.
    fn of(found: &Found, caller: &MemberCaller) -> Option<Self> {
        let from = Timestamp::from_second(caller.now.as_second()).ok()?;
        let recording_ends_at = permission::expires_at(&found.reached.recording.view, &caller.rulebook);
        let ends = [Some(found.grant.ends_at), recording_ends_at, found.case_ends_at];
        let left = ends.into_iter().flatten().map(|at| at.as_second() - from.as_second()).min();
        let seconds = left.unwrap_or(URL_LIFETIME_SECONDS).min(URL_LIFETIME_SECONDS);
        let seconds = u32::try_from(seconds).ok().filter(|seconds| *seconds > 0)?;
        Some(Self { from, seconds })
    }
}

async fn sign(
    context: &Context,
    caller: &MemberCaller,
    found: &Found,
    lifetime: &Lifetime,
    event_id: String,
) -> Result<SharedLink, Problem> {
    let key = ObjectKey::new(found.clip.key.clone());
    let content_disposition = format!("inline; filename=\"{}\"", found.grant.share);
    let url = context
        .objects
        .presign(Presigning {
            bucket: &context.derived_bucket,
            key: &key,
            version_id: None,
            content_type: &found.clip.content_type,
            content_disposition: &content_disposition,
            now: lifetime.from,
            lifetime_seconds: lifetime.seconds,
        })
        .await?;
    let expires_at = lifetime.from.checked_add(SignedDuration::from_secs(lifetime.seconds.into()));
    Ok(SharedLink {
        url: url.expose().to_owned(),
        expires_at: Time::new(expires_at.unwrap_or(lifetime.from), &caller.rulebook),
        content_type: found.clip.content_type.clone(),
        event_id,
    })
}
