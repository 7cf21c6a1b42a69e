//! The session behind a cookie: whether it stands, that its member of staff was seen, and its access token.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use oidc::{Secret, Tokens, random};
use store::{Session, SessionKey, WriteOutcome};

use crate::context::Context;
use crate::cookies;
use crate::gateway::Request;
use crate::problems::Problem;
use crate::seal::{open, seal};

/// 12 hours, as long as Cognito's refresh token lasts: nobody works longer than a shift without signing in.
const LONGEST: SignedDuration = SignedDuration::from_hours(12);

/// 1 minute: an access token is renewed so long before its end, and the old one serves meanwhile.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_mins(1);

/// 15 seconds: one request alone renews so long. Longer than the provider is waited for, and half as long as a rotated
/// refresh token can be used once more (`RetryGracePeriodSeconds`), so that a renewal that died is made up for.
const RENEWAL: SignedDuration = SignedDuration::from_secs(15);

/// 1 minute: so often it is noted that somebody was seen.
const SEEN_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// 20 waits of half a second: about as long as the renewal of another request may take.
const WAITS: u32 = 20;
const WAIT: Duration = Duration::from_millis(500);

/// A session that stands.
#[derive(Debug)]
pub(crate) struct Current {
    secret: [u8; 32],
    key: SessionKey,
    session: Session,
}

impl Current {
    /// When it ends, however active it is.
    pub(crate) fn ends_at(&self) -> Timestamp {
        self.session.ends_at
    }

    /// When it ends without activity.
    pub(crate) fn idle_ends_at(&self, idle: SignedDuration) -> Timestamp {
        self.session.seen_at.checked_add(idle).map_or(self.session.ends_at, |end| end.min(self.session.ends_at))
    }
}

/// Whether a request is what a person does, or what a page asks by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activity {
    /// It keeps the session from its idle end.
    Counts,
    /// It leaves the session as it is.
    IsNone,
}

/// Makes a session, and the cookie that holds its secret. Its secret is always a new one: none that a browser brought
/// along becomes a signed-in session (session fixation).
pub(crate) async fn begin(context: &Context, tokens: &Tokens) -> Result<String, Problem> {
    let secret = random::<32>()?;
    let key = SessionKey::of(&secret);
    let now = whole_seconds(context.now());
    let session = Session {
        sealed: seal(&secret, &key, tokens)?,
        generation: 0,
        seen_at: now,
        ends_at: now.checked_add(LONGEST).unwrap_or(now),
        renewing_until: None,
    };
    context.table.put_session(&key, &session).await?;
    Ok(cookies::set_session(&secret))
}

/// The session of a request.
///
/// # Errors
/// [`Problem::SignedOut`] without a session, or when it has ended.
pub(crate) async fn find(context: &Context, request: &Request, activity: Activity) -> Result<Current, Problem> {
    let secret = cookies::find_session(request).ok_or(Problem::SignedOut)?;
    let key = SessionKey::of(&secret);
    let session = context.table.session(&key).await?.ok_or(Problem::SignedOut)?;
    let mut current = Current { secret, key, session };
    let now = context.now();
    if current.idle_ends_at(context.config.idle) <= now {
        context.table.end_session(&current.key).await?;
        return Err(Problem::SignedOut);
    }
    if activity == Activity::Counts && current.session.seen_at.duration_until(now) >= SEEN_EVERY {
        let seen_at = whole_seconds(now);
        // A session that was ended meanwhile stays so; its end is found by the next request.
        context.table.touch_session(&current.key, seen_at).await?;
        current.session.seen_at = seen_at;
    }
    Ok(current)
}

/// Ends a session; gives its tokens, so that they can be revoked. Those that are being renewed are revoked by who renews
/// them.
pub(crate) async fn end(context: &Context, current: &Current) -> Result<Option<Tokens>, Problem> {
    let Some(was) = context.table.end_session(&current.key).await? else {
        return Ok(None);
    };
    Ok(open(&current.secret, &current.key, &was.sealed))
}

/// The session's access token, renewed when it is about to end. A refresh token is good once, so one request alone
/// renews it; the others use the old token while it lasts, and wait when it does not.
///
/// # Errors
/// [`Problem::SignedOut`] when no token can be had, [`Problem::Busy`] when none can be had now.
pub(crate) async fn access_token(context: &Context, current: &mut Current) -> Result<Secret, Problem> {
    for _ in 0..WAITS {
        let now = context.now();
        let Some(tokens) = open(&current.secret, &current.key, &current.session.sealed) else {
            return given_up(context, current).await;
        };
        if now.duration_until(tokens.expires_at) > RENEW_BEFORE {
            return Ok(tokens.access);
        }
        let is_good = now < tokens.expires_at;
        let Some(refresh) = &tokens.refresh else {
            return if is_good { Ok(tokens.access) } else { given_up(context, current).await };
        };
        let until = now.checked_add(RENEWAL).unwrap_or(now);
        match context.table.claim_renewal(&current.key, current.session.generation, now, until).await? {
            WriteOutcome::Done => return renew(context, current, &tokens, refresh, now).await,
            WriteOutcome::Conflict if is_good => return Ok(tokens.access),
            WriteOutcome::Conflict => {
                tokio::time::sleep(WAIT).await;
                current.session = context.table.session(&current.key).await?.ok_or(Problem::SignedOut)?;
            }
        }
    }
    Err(Problem::Busy)
}

/// Renews the tokens, which this request alone does now.
async fn renew(
    context: &Context,
    current: &Current,
    tokens: &Tokens,
    refresh: &Secret,
    now: Timestamp,
) -> Result<Secret, Problem> {
    let answer = match context.provider().await {
        Ok(client) => client.renew(refresh, tokens.id.as_ref(), now).await,
        Err(error) => Err(error),
    };
    let renewed = match answer {
        Ok(renewed) => renewed,
        Err(error) if error.is_final() => {
            tracing::info!(%error, "a session ends");
            return given_up(context, current).await;
        }
        Err(error) => {
            tracing::warn!(%error, "a session's tokens were not renewed");
            return if now < tokens.expires_at { Ok(tokens.access.clone()) } else { Err(Problem::Busy) };
        }
    };
    let sealed = seal(&current.secret, &current.key, &renewed)?;
    match context.table.renew_session(&current.key, current.session.generation, &sealed).await? {
        WriteOutcome::Done => Ok(renewed.access),
        WriteOutcome::Conflict => {
            // Signed out meanwhile, or renewed once more: what was just given is nobody's.
            if let (Some(refresh), Ok(client)) = (&renewed.refresh, context.provider().await)
                && let Err(error) = client.revoke(refresh).await
            {
                tracing::warn!(%error, "a refresh token was not revoked");
            }
            Err(Problem::SignedOut)
        }
    }
}

/// Ends a session that no token can be had for.
async fn given_up(context: &Context, current: &Current) -> Result<Secret, Problem> {
    context.table.end_session(&current.key).await?;
    Err(Problem::SignedOut)
}

/// The table keeps whole seconds.
fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}
