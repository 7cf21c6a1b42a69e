//! Synchronises the users of the stack's own pool with the staff list in force.

use std::collections::BTreeMap;

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use policy::audit::{AuditAction, AuditOutcome};
use policy::id::sha256_hex;
use policy::logins::{Step, is_address, plan};
use policy::rulebook::Rulebook;
use store::{AuditEvent, ErrorKind, Logins, TemporaryPassword, metrics};
use tracing::{error, info};

use crate::context::Context;
use crate::error::JobError;

/// Every 5 minutes, once for each staff list and each day: new members can sign in, and those who left can't. A run
/// that ends early leaves the rest to the next, which plans again.
pub(crate) async fn sync(context: &Context, stop_at: Timestamp) -> Result<(), JobError> {
    let Some(logins) = &context.logins else {
        return Ok(());
    };
    let now = context.connection.now();
    // Read now: an old list must shut nobody out.
    let rulebook = context.rulebooks.in_force_read_now(now).await?;
    let today = rulebook.day_of(now);
    if context.table.logins_synced_by().await? == Some((rulebook.version, today)) {
        return Ok(());
    }
    let steps = plan(&rulebook, &context.admin_login, today, &logins.all().await?);
    let mut failed = 0_u64;
    let mut can_mail = true;
    for (done, step) in steps.iter().enumerate() {
        if context.connection.now() >= stop_at {
            info!(done, of = steps.len(), "the next run goes on with the logins");
            return Ok(());
        }
        // Cognito's own sender stops at 50 a day. The new day plans again, and goes on.
        if !can_mail && is_invitation(step) {
            failed += 1;
            continue;
        }
        // The event is durable before its effect: a step that is begun again leaves an event too many, none too few.
        context.table.audit(&event(step, &rulebook, now)).await?;
        match apply(logins, step).await {
            Ok(()) => {}
            // One name that can't be a user's, or one invitation that can't be sent, keeps nobody else waiting.
            Err(JobError::Store(refused)) if refused.kind == ErrorKind::Invalid => {
                error!(error = %refused, step = AuditAction::from(step).as_str(), "a login can't be as the staff list has it");
                failed += 1;
            }
            Err(JobError::Store(refused)) if is_invitation(step) && refused.code.as_deref() == Some(MAIL_LIMIT) => {
                error!(error = %refused, "no more invitations can be mailed today");
                can_mail = false;
                failed += 1;
            }
            Err(error) => return Err(error),
        }
    }
    context.table.put_logins_synced_by(rulebook.version, today).await?;
    info!(steps = steps.len(), failed, version = rulebook.version, "the logins are as the staff list has them");
    metrics::emit(now, &[("LoginsFailed", failed)]);
    Ok(())
}

/// What Cognito answers when no mail is left.
const MAIL_LIMIT: &str = "LimitExceededException";

/// Whether the step mails an invitation.
fn is_invitation(step: &Step) -> bool {
    matches!(step, Step::Create(login) if is_address(login))
}

async fn apply(logins: &Logins, step: &Step) -> Result<(), JobError> {
    match step {
        Step::Disable(login) => logins.disable(login).await?,
        Step::Enable(login) => logins.enable(login).await?,
        Step::Create(login) => logins.create(login, &temporary_password()?, is_address(login)).await?,
    }
    Ok(())
}

fn event(step: &Step, rulebook: &Rulebook, now: Timestamp) -> AuditEvent {
    let version = rulebook.version;
    // Its digest: an operation's id is part of keys.
    let login = sha256_hex(step.login().as_bytes());
    AuditEvent {
        at: now,
        day: rulebook.day_of(now).to_string(),
        operation: format!("logins-{version}-{login}.{}", AuditAction::from(step).as_str()),
        staff: "jobs".to_owned(),
        role: None,
        action: step.into(),
        outcome: AuditOutcome::Permitted,
        facts: BTreeMap::from([
            ("login".to_owned(), step.login().to_owned()),
            ("version".to_owned(), version.to_string()),
        ]),
        asked: BTreeMap::new(),
        origin: None,
        ends_at: rulebook.audit_ends_at(now),
    }
}

/// 24 characters of 64, 144 bits, and one of each kind that the pool asks for.
fn temporary_password() -> Result<TemporaryPassword, JobError> {
    let mut random = [0; 18];
    getrandom::fill(&mut random).map_err(JobError::Random)?;
    Ok(TemporaryPassword(format!("{}aA0", BASE64URL_NOPAD.encode(&random))))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_temporary_password_is_what_the_pool_asks_for_and_never_the_same() {
        let (one, other) = (temporary_password().unwrap(), temporary_password().unwrap());
        assert_ne!(one.0, other.0);
        for password in [&one.0, &other.0] {
            assert_eq!(password.len(), 27);
            for kind in [char::is_uppercase as fn(char) -> bool, char::is_lowercase, |it| it.is_ascii_digit()] {
                assert!(password.contains(kind));
            }
        }
        assert_eq!(format!("{one:?}"), "TemporaryPassword", "it is printed nowhere");
    }
}
