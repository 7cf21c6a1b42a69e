//! The company's calendar: which days nobody works on. Public holidays are not computed: the company lists them.

use jiff::civil::{Date, Weekday};

/// 3 closed days in a row: more than a weekend.
const CLOSURE_DAYS: usize = 3;

/// 366 days: no company is closed for longer.
const LONGEST_DAYS: usize = 366;

/// The days on which nobody works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Those of every week.
    pub weekend: Vec<Weekday>,
    /// Others, such as public holidays.
    pub closed: Vec<ClosedDays>,
}

impl Default for Calendar {
    /// Saturday and Sunday.
    fn default() -> Self {
        Self { weekend: vec![Weekday::Saturday, Weekday::Sunday], closed: Vec::new() }
    }
}

/// Closed days 休業日 in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosedDays {
    /// The first.
    pub from: Date,
    /// The last one.
    pub until: Date,
}

impl Calendar {
    /// Whether nobody works on a day.
    pub fn is_closed_on(&self, day: Date) -> bool {
        self.weekend.contains(&day.weekday()) || self.closed.iter().any(|days| days.from <= day && day <= days.until)
    }

    /// The closed days that begin tomorrow, where somebody works today and there are three or more of them.
    pub fn closure_after(&self, today: Date) -> Option<ClosedDays> {
        if self.is_closed_on(today) {
            return None;
        }
        let closed = today.series(jiff::Span::new().days(1)).skip(1).take(LONGEST_DAYS);
        let closed: Vec<Date> = closed.take_while(|day| self.is_closed_on(*day)).collect();
        let (from, until) = (*closed.first()?, *closed.last()?);
        (closed.len() >= CLOSURE_DAYS).then_some(ClosedDays { from, until })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn closed(days: &[(Date, Date)]) -> Calendar {
        let closed = days.iter().map(|(from, until)| ClosedDays { from: *from, until: *until }).collect();
        Calendar { closed, ..Calendar::default() }
    }

    #[test]
    fn three_closed_days_in_a_row_are_a_closure_and_a_weekend_alone_is_none() {
        // 29 December 2026 is a Tuesday, 23 November a Monday; the days after 3 January are a Monday and on.
        let new_year = closed(&[(date(2026, 12, 29), date(2027, 1, 3)), (date(2026, 11, 23), date(2026, 11, 23))]);
        let is = |from: Date, until: Date| Some(ClosedDays { from, until });
        for (today, expected) in [
            (date(2026, 12, 27), None),
            (date(2026, 12, 28), is(date(2026, 12, 29), date(2027, 1, 3))),
            (date(2026, 12, 29), None),
            (date(2027, 1, 4), None),
            (date(2026, 11, 13), None),
            (date(2026, 11, 20), is(date(2026, 11, 21), date(2026, 11, 23))),
            (date(2026, 11, 21), None),
        ] {
            assert_eq!(new_year.closure_after(today), expected, "{today}");
        }
        assert_eq!(Calendar::default().closure_after(date(2026, 11, 20)), None);
        let every_day = Calendar { weekend: Vec::new(), ..new_year };
        assert_eq!(every_day.closure_after(date(2026, 11, 20)), None, "23 November alone");
    }

    #[test]
    fn a_calendar_without_an_open_day_ends() {
        let always = closed(&[(Date::MIN, Date::MAX)]);
        assert_eq!(always.closure_after(date(2026, 11, 20)), None);
        let from_tomorrow = closed(&[(date(2026, 11, 21), Date::MAX)]);
        assert_eq!(from_tomorrow.closure_after(date(2026, 11, 20)).map(|days| days.until), Some(date(2027, 11, 21)));
    }
}
