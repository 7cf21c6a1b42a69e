//! `GET /audit/admin-activity`: what every admin did in a month, for the auditor.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use jiff::ToSpan;
use jiff::civil::Date;
use policy::audit::AuditAction;
use policy::audit::admin_activity::{AdminMonth, Line, admins};
use rokuban_http::audit::{self, AuditTexts, Facts, Outcome};
use rokuban_http::caller::MemberCaller;
use rokuban_http::export::{CONDITIONS, Export, export};
use rokuban_http::negotiate::Format;
use rokuban_http::parameters::{Given, Parameter, Parameters};
use rokuban_http::problem::{Constraint, Problem};
use rokuban_http::route::{About, LinkRoute, Route};
use rokuban_http::time::{Day, Time};
use schemars::JsonSchema;
use serde::Serialize;
use store::ReportKind;

use super::access_columns::ADMIN_ACTIVITY;
use crate::context::Context;
use crate::guard::require_auditor;
use crate::problems::NO_AUDIT;
use crate::roll_ups::{pending, read_roll_ups};

const PARAMETERS: &[Parameter] = &[
    Parameter::new("month", Constraint::Month, "The month, in the company's zone; this one unless told.", "2026-10"),
    CONDITIONS,
];

/// What every admin did in a month.
#[derive(Debug, Serialize, JsonSchema)]
struct AdminActivity {
    /// The month, `2026-10`, of the company's zone.
    #[schemars(example = &"2026-10")]
    month: String,
    /// Every admin of the month, by id, those who did nothing among them.
    items: Vec<AdminMonth>,
    /// The days that are not counted: not worked out yet, or longer ago than they are kept.
    pending_days: Vec<Day>,
    /// When the day that was worked out longest ago was; what came later on that day is not in it.
    computed_at: Option<Time>,
}

pub(super) fn route() -> Route<Context> {
    let about = About {
        id: "audit_admin_activity",
        tag: "audit",
        summary: "What every admin 管理者 did in a month, those who did nothing among them.",
    };
    Route::get("/audit/admin-activity", admin_activity, about)
        .query(PARAMETERS)
        .answers::<AdminActivity>(200, "By admin.")
        .or_file(LinkRoute { path: "/audit/admin-activity/export-link", id: "admin_activity_export_link" })
        .problems(&[&NO_AUDIT])
}

async fn admin_activity(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    format: Format,
    given: Given,
) -> Result<Response, Problem> {
    let parameters = Parameters::new(&given, PARAMETERS)?;
    parameters.yes_or_no(CONDITIONS.name)?;
    let rulebook = &caller.rulebook;
    let days = days_of(parameters.value("month"), rulebook.day_of(caller.now))?;
    require_auditor(&context, &caller, AuditAction::AuditAdminActivity).await?;
    let (rolled, pending_days) = read_roll_ups::<Line>(&context, ReportKind::Audit, &days, |_| true).await?;
    let (first, last) = (days[0], days[days.len() - 1]);
    let month = first.strftime("%Y-%m").to_string();
    let facts = Facts::from([("month".to_owned(), month.clone())]);
    let items = admins(rolled.iter().flat_map(|(_, roll_up)| &roll_up.lines), rulebook, (first, last));
    if let Format::Csv(file) = format {
        let (rows, asked, given, more) = (&items, AuditTexts::new(), &given, pending(&pending_days));
        let activity = Export { list: &ADMIN_ACTIVITY, file, rows, facts, asked, given, next_cursor: None, more };
        return export(&context.shared, &caller, activity).await;
    }
    context
        .shared
        .table
        .audit(&audit::of_member(&caller, AuditAction::AuditAdminActivity, Outcome::Permitted, facts))
        .await?;
    let answer = AdminActivity {
        month,
        items,
        pending_days,
        computed_at: rolled.iter().map(|(_, roll_up)| roll_up.computed_at).min().map(|at| Time::new(at, rulebook)),
    };
    Ok(Json(answer).into_response())
}

/// The days of a month, up to today; never none.
fn days_of(month: Option<&str>, today: Date) -> Result<Vec<Date>, Problem> {
    let invalid = Problem::invalid("month", Constraint::Month);
    let first = match month {
        None => today.first_of_month(),
        Some(text) => {
            let is_month = text.len() == 7 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
            let first = is_month.then(|| format!("{text}-01").parse::<Date>().ok()).flatten();
            first.ok_or(invalid.clone())?
        }
    };
    let last = first.last_of_month().min(today);
    let days: Vec<Date> = first.series(1.day()).take_while(|day| *day <= last).collect();
    if days.is_empty() { Err(invalid) } else { Ok(days) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_month_is_its_days_up_to_today() {
        let today = date(2026, 11, 13);
        let days = |month: Option<&str>| days_of(month, today).map(|days| (days[0], days[days.len() - 1], days.len()));
        assert_eq!(days(None), Ok((date(2026, 11, 1), today, 13)));
        assert_eq!(days(Some("2026-11")), Ok((date(2026, 11, 1), today, 13)));
        assert_eq!(days(Some("2026-10")), Ok((date(2026, 10, 1), date(2026, 10, 31), 31)));
        assert_eq!(days(Some("2024-02")).unwrap().2, 29);
        for text in ["", "2026-12", "2026-13", "2026-1", "2026/10", "-026-10", "2026-10-01", "October"] {
            assert_eq!(days(Some(text)), Err(Problem::invalid("month", Constraint::Month)), "{text}");
        }
    }
}
