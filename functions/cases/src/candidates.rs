//! The recordings that a memo may mean: which partitions of the search indexes are read for it.

use futures_util::future::try_join_all;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use policy::case::{Candidate, Sought, rank};
use policy::number::Counterpart;
use policy::recording::Listed;
use rokuban_http::problem::Problem;
use store::{Month, Partition, SortKey, TIME_SHARDS};

use crate::context::Context;

/// 200 of a partition: more calls of one number in two weeks, or in six hours, are no help to anybody.
const READ_LIMIT: u16 = 200;

/// 2 days: a longer range is searched by number and member alone, else a memo would read a month of everybody's calls.
const TIME_RANGE_LIMIT_HOURS: i64 = 48;

/// One partition and the part of it that is read.
#[derive(Debug, PartialEq, Eq)]
struct Reading {
    partition: Partition,
    from: Timestamp,
    until: Timestamp,
}

/// What is read. STRICT: it depends on the memo alone, never on what there is.
fn plan(sought: &Sought) -> Vec<Reading> {
    let mut readings = Vec::new();
    let mut read = |partition, (from, until)| readings.push(Reading { partition, from, until });
    if let Some(number) = sought.counterpart.as_ref().and_then(Counterpart::number) {
        read(Partition::Number(number.clone()), sought.number_window());
    }
    if let Some(last4) = sought.last4() {
        read(Partition::Last4(last4.to_owned()), sought.number_window());
    }
    if let Some(staff) = &sought.staff {
        for month in months(sought.staff_window()) {
            read(Partition::Staff(staff.clone(), month), sought.staff_window());
        }
    }
    if sought.to.duration_since(sought.from).as_hours() <= TIME_RANGE_LIMIT_HOURS {
        for month in months(sought.time_window()) {
            for shard in 0..TIME_SHARDS {
                read(Partition::Time(month.clone(), shard), sought.time_window());
            }
        }
    }
    readings
}

/// The months of a range, UTC.
fn months((from, until): (Timestamp, Timestamp)) -> Vec<Month> {
    let mut months = vec![Month::of(from)];
    let mut day = from.to_zoned_datetime(TimeZone::UTC).date().first_of_month();
    while months.last() != Some(&Month::of(until)) {
        let Ok(next) = day.checked_add(jiff::Span::new().months(1)) else { break };
        let Ok(first) = next.to_zoned_datetime(TimeZone::UTC) else { break };
        day = next;
        months.push(Month::of(first.timestamp()));
    }
    months
}

/// The recordings that a memo may mean, the likeliest first, each with what lists carry of it.
pub(crate) async fn find(context: &Context, sought: &Sought) -> Result<Vec<(Candidate, Listed)>, Problem> {
    let table = &context.shared.table;
    let readings = plan(sought);
    let read = readings.iter().map(async |reading| {
        let (from, until) = (SortKey::from_time(reading.from), SortKey::new(reading.until, "~"));
        table.list(&reading.partition, &from, &until, READ_LIMIT).await
    });
    let pages = try_join_all(read).await?;
    let listed: Vec<Listed> = pages.into_iter().flat_map(|(page, _)| page).map(|(_, listed)| listed).collect();
    let of = |candidate: Candidate| {
        let listed = listed.iter().find(|listed| listed.id == candidate.recording)?;
        Some((candidate, listed.clone()))
    };
    Ok(rank(sought, &listed).into_iter().filter_map(of).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use policy::case::CaseText;
    use policy::number;

    use super::*;

    fn sought(from: &str, to: &str) -> Sought {
        Sought { from: from.parse().unwrap(), to: to.parse().unwrap(), counterpart: None, last4: None, staff: None }
    }

    #[test]
    fn the_months_of_a_range_are_each_once_in_order() {
        let months = |from: &str, until: &str| {
            let range = (from.parse().unwrap(), until.parse().unwrap());
            months(range).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(months("2026-11-03T00:00:00Z", "2026-11-30T23:59:59Z"), ["2026-11"]);
        assert_eq!(months("2026-11-30T23:00:00Z", "2027-01-01T00:00:00Z"), ["2026-11", "2026-12", "2027-01"]);
    }

    #[test]
    fn what_is_read_is_the_number_the_member_and_a_short_time() {
        let at = "2026-11-10T05:00:00Z";
        let names = |sought: &Sought| {
            let name = |reading: Reading| format!("{:?}", reading.partition).split('(').next().unwrap().to_owned();
            let mut names: Vec<String> = plan(sought).into_iter().map(name).collect();
            names.dedup();
            names
        };
        assert_eq!(names(&sought(at, at)), ["Time"]);
        assert_eq!(names(&sought("2026-11-01T00:00:00Z", "2026-11-10T00:00:00Z")), [""; 0]);
        let all = Sought {
            counterpart: Some(number::read("090-1234-5678", "JP")),
            staff: Some("sato".to_owned()),
            ..sought(at, at)
        };
        assert_eq!(names(&all), ["Number", "Last4", "Staff", "Time"]);
        let last4 = Sought { last4: Some(CaseText::new("5678")), ..sought("2026-11-01T00:00:00Z", at) };
        assert_eq!(names(&last4), ["Last4"]);
    }
}
