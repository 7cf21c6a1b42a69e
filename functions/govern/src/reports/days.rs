//! The days of a report.

use jiff::ToSpan;
use jiff::civil::Date;
use policy::audit::AuditAction;
use rokuban_http::audit::{self, Facts, Outcome};
use rokuban_http::caller::MemberCaller;
use rokuban_http::export::CONDITIONS;
pub(crate) use rokuban_http::parameters::Given as Query;
use rokuban_http::parameters::{Parameter, Parameters};
use rokuban_http::problem::{Constraint, Problem};

use crate::context::Context;

/// 30 days, both ends included.
const DEFAULT_DAYS: i64 = 30;

/// 92 days: a quarter. A day is one read.
const DAYS_LIMIT: usize = 92;

/// The query parameters of every report.
pub(crate) const PARAMETERS: &[Parameter] = &[
    Parameter::new("from", Constraint::Day, "The first day; 29 days before `to` unless told.", "2026-11-01"),
    Parameter::new(
        "to",
        Constraint::Day,
        "The last day, at most 92 days with the first; today unless told.",
        "2026-11-13",
    ),
    CONDITIONS,
];

/// 366 days: a year.
const YEAR_DAYS: usize = 366;

/// The query parameters of a report that adds a year's days up.
pub(super) const YEAR: &[Parameter] = &[
    Parameter::new("from", Constraint::Day, "The first day; 365 days before `to` unless told.", "2025-11-14"),
    Parameter::new(
        "to",
        Constraint::Day,
        "The last day, at most 366 days with the first; today unless told.",
        "2026-11-13",
    ),
];

/// The days of a request, first to last: at most a quarter.
pub(crate) fn read_days(given: &Query, today: Date) -> Result<Vec<Date>, Problem> {
    read(Parameters::new(given, PARAMETERS)?, today, (DEFAULT_DAYS, DAYS_LIMIT, Constraint::WithinDays))
}

/// The same, at most a year.
pub(super) fn read_year(given: &Query, today: Date) -> Result<Vec<Date>, Problem> {
    let default_days = i64::try_from(YEAR_DAYS).unwrap_or_default();
    read(Parameters::new(given, YEAR)?, today, (default_days, YEAR_DAYS, Constraint::WithinYear))
}

fn read(
    parameters: Parameters<'_>,
    today: Date,
    (default_days, limit, within): (i64, usize, Constraint),
) -> Result<Vec<Date>, Problem> {
    parameters.yes_or_no(CONDITIONS.name)?;
    let day = |name| parameters.day(name);
    let to = day("to")?.unwrap_or(today);
    let from = match day("from")? {
        Some(from) => from,
        None => to.checked_sub((default_days - 1).days()).unwrap_or(Date::MIN),
    };
    if from > to {
        return Err(Problem::invalid("from", Constraint::NotAfter));
    }
    let days: Vec<Date> = from.series(1.day()).take_while(|day| *day <= to).take(limit + 1).collect();
    if days.len() > limit {
        return Err(Problem::invalid("from", within));
    }
    Ok(days)
}

/// Writes the event of a report that was read.
pub(super) async fn audit_read(
    context: &Context,
    caller: &MemberCaller,
    action: AuditAction,
    days: &[Date],
) -> Result<(), Problem> {
    Ok(context.shared.table.audit(&audit::of_member(caller, action, Outcome::Permitted, between(days))).await?)
}

/// What an event says of the days.
pub(crate) fn between(days: &[Date]) -> Facts {
    let day = |day: Option<&Date>| day.map(Date::to_string).unwrap_or_default();
    Facts::from([("from".to_owned(), day(days.first())), ("to".to_owned(), day(days.last()))])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::civil::date;

    use super::*;

    fn days(given: &[(&str, &str)]) -> Result<Vec<Date>, Problem> {
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        read_days(&Query(given), date(2026, 11, 13))
    }

    #[test]
    fn without_dates_it_is_the_last_thirty_days() {
        let days = days(&[]).unwrap();
        assert_eq!((days.len(), days[0], days[29]), (30, date(2026, 10, 15), date(2026, 11, 13)));
    }

    #[test]
    fn a_day_alone_and_a_quarter_are_read_and_more_is_not() {
        assert_eq!(days(&[("from", "2026-11-05"), ("to", "2026-11-05")]).unwrap(), [date(2026, 11, 5)]);
        assert_eq!(days(&[("from", "2026-08-14"), ("to", "2026-11-13")]).unwrap().len(), 92);
        let too_many = days(&[("from", "2026-08-13"), ("to", "2026-11-13")]).unwrap_err();
        assert_eq!(too_many, Problem::invalid("from", Constraint::WithinDays));
    }

    #[test]
    fn what_is_no_day_is_named() {
        for text in ["", "2026-11-31", "2026-11-05T00:00:00Z", "2026110", "yesterday", "-026-11-05"] {
            let refused = days(&[("to", text)]).unwrap_err();
            assert_eq!(refused, Problem::invalid("to", Constraint::Day), "{text}");
        }
        let backwards = days(&[("from", "2026-11-06"), ("to", "2026-11-05")]).unwrap_err();
        assert_eq!(backwards, Problem::invalid("from", Constraint::NotAfter));
        assert_eq!(days(&[("day", "2026-11-05")]).unwrap_err(), Problem::unknown_parameter(PARAMETERS));
        let twice = days(&[("to", "2026-11-05"), ("to", "2026-11-05")]).unwrap_err();
        assert_eq!(twice, Problem::invalid("to", Constraint::Once));
    }
}
