//! Who may do what here. A refusal is an audit event of its own.

use policy::audit::AuditAction;
use policy::permission::{self, Decision, NotAllowed, RulebookAction, TraceAction};
use policy::report;
use rokuban_http::audit::{self, Facts, Outcome};
use rokuban_http::caller::{Caller, MemberCaller};
use rokuban_http::problem::Problem;

use crate::context::Context;
use crate::problems::{NO_AUDIT, NO_REPORTS};

/// Admins and `AdminLogin` read and publish the rulebook, and try sources.
pub(crate) async fn require_rulebook(
    context: &Context,
    caller: &Caller,
    rulebook_action: RulebookAction,
    action: AuditAction,
) -> Result<(), Problem> {
    match caller.may(rulebook_action, &context.shared.config.rulebooks.admin_login) {
        Decision::Permit => Ok(()),
        Decision::Refuse(_) => {
            let event = audit::of_publisher(caller, action, Outcome::Refused, Facts::new());
            context.shared.table.audit(&event).await?;
            Err(Problem::not_allowed(NotAllowed::OnlyAdmins))
        }
    }
}

/// Admins and auditors read the audit.
pub(crate) async fn require_auditor(
    context: &Context,
    caller: &MemberCaller,
    action: AuditAction,
) -> Result<(), Problem> {
    match permission::decide_on_traces(&caller.member, TraceAction::Audit) {
        Decision::Permit => Ok(()),
        Decision::Refuse(_) => Err(refused(context, caller, action, Problem::of(&NO_AUDIT)).await),
    }
}

/// Admins and auditors read every report, managers those of their teams.
pub(crate) async fn require_reports(
    context: &Context,
    caller: &MemberCaller,
    action: AuditAction,
) -> Result<(), Problem> {
    if report::may_read(&caller.member) {
        return Ok(());
    }
    Err(refused(context, caller, action, Problem::of(&NO_REPORTS)).await)
}

/// Admins and auditors read the reports that are not by team.
pub(crate) async fn require_all_reports(
    context: &Context,
    caller: &MemberCaller,
    action: AuditAction,
) -> Result<(), Problem> {
    if report::may_see(&caller.member, None) {
        return Ok(());
    }
    Err(refused(context, caller, action, Problem::of(&NO_REPORTS)).await)
}

async fn refused(context: &Context, caller: &MemberCaller, action: AuditAction, problem: Problem) -> Problem {
    let event = audit::of_member(caller, action, Outcome::Refused, Facts::new());
    match context.shared.table.audit(&event).await {
        Ok(()) => problem,
        Err(error) => Problem::of_store(&error),
    }
}
