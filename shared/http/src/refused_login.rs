//! Refused logins: each is counted, and where the token is ours, it stands in the audit log under a digest.

use std::collections::BTreeMap;

use jiff::Timestamp;
use policy::audit::{AuditAction, AuditOutcome};
use policy::id::sha256_hex;
use store::{AuditEvent, AuditOrigin, Count, metrics};

use crate::context::Context;
use crate::problem::{self, Problem};

/// 5 events of one login in an hour: enough to see who tries, and no way to fill the audit log. The metric counts all.
const EVENTS_PER_HOUR: u32 = 5;

/// 16 digits of a hash tell the logins of a company apart.
const DIGEST_DIGITS: usize = 16;

/// What an event names in the place of a member: no member's list of events holds it.
const PREFIX: &str = "login:";

/// Why a token that the authorizer let through is let in nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LoginRefusal {
    /// It was not issued by our issuer for us.
    NotOurs,
    /// It is ours.
    Ours {
        /// Whom it speaks for; empty where it does not say.
        login: String,
        /// What is wrong with it.
        reason: LoginRefusalReason,
    },
}

/// What is wrong with a token of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoginRefusalReason {
    /// An id token, or anything else that the issuer signs.
    NotAnAccessToken,
    /// Over, or not yet valid.
    NotValidNow,
    /// An address that the issuer did not verify.
    NotVerified,
    /// No identity claim.
    NoLogin,
    /// On today's staff list there is no such login.
    NotAMember,
}

impl LoginRefusalReason {
    fn as_str(self) -> &'static str {
        match self {
            Self::NotAnAccessToken => "not_an_access_token",
            Self::NotValidNow => "not_valid_now",
            Self::NotVerified => "not_verified",
            Self::NoLogin => "no_login",
            Self::NotAMember => "not_a_member",
        }
    }
}

/// The request of a login that is refused.
pub(crate) struct RefusedRequest {
    /// When it came.
    pub(crate) now: Timestamp,
    /// The API's id of it; `None` where there is none.
    pub(crate) request_id: Option<String>,
    /// Where it came from.
    pub(crate) origin: AuditOrigin,
}

/// Counts a refused login and writes its event. STRICT: the answer is the same whatever is wrong, and also where the
/// event can't be written.
pub(crate) async fn refuse(context: &Context, request: RefusedRequest, refusal: LoginRefusal) -> Problem {
    metrics::emit(request.now, &[("RefusedLogins", 1)]);
    if let LoginRefusal::Ours { login, reason } = refusal {
        write_event(context, request, &login, reason).await;
    }
    Problem::of(&problem::NOT_A_MEMBER)
}

async fn write_event(context: &Context, request: RefusedRequest, login: &str, reason: LoginRefusalReason) {
    let RefusedRequest { now, request_id: Some(request_id), origin } = request else {
        return;
    };
    // An unreadable rulebook raises an alarm of its own.
    let Ok(rulebook) = context.rulebook_in_force(now).await else {
        return;
    };
    let digits: String = sha256_hex(login.as_bytes()).chars().take(DIGEST_DIGITS).collect();
    let staff = format!("{PREFIX}{digits}");
    let event = AuditEvent {
        at: now,
        day: rulebook.day_of(now).to_string(),
        operation: format!("{request_id}.{}", AuditAction::SignIn.as_str()),
        staff: staff.clone(),
        role: None,
        action: AuditAction::SignIn,
        outcome: AuditOutcome::Refused,
        facts: BTreeMap::from([("reason".to_owned(), reason.as_str().to_owned())]),
        asked: BTreeMap::new(),
        origin: Some(origin),
        ends_at: rulebook.audit_ends_at(now),
    };
    let count = Count { staff: &staff, what: "sign_in", at: now, adds: 1, limit: EVENTS_PER_HOUR };
    if let Err(error) = context.table.audit_counted(&event, &count).await {
        tracing::warn!(%error, "the event of a refused login was not written");
    }
}
