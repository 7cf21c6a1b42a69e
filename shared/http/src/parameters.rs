//! Query parameters: each is known, and given at most once.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

pub use crate::parameter::Parameter;
use policy::rulebook;

use crate::problem::{Constraint, Problem};

/// 128 characters: no id, team, line or extension is longer.
pub const TEXT_LIMIT_CHARACTERS: usize = 128;

/// 64 characters: a phone number of 15 digits, however it is written.
pub const NUMBER_LIMIT_CHARACTERS: usize = 64;

/// 10 members at once, each a partition of every month.
pub const STAFF_LIMIT: usize = 10;

/// 1,000,000 s: 11 days and a half, longer than any call.
pub const SECONDS_LIMIT: u64 = 1_000_000;

/// The parameters of a request as they were given, in order.
#[derive(Clone, Debug, Default)]
pub struct Given(pub Vec<(String, String)>);

/// The glossary's word for it.
pub type QueryParameters = Given;

impl QueryParameters {
    /// As if they had been given.
    pub fn of(given: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(given.into_iter().collect())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Given {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        // A link holds its own.
        if let Some(given) = parts.extensions.remove::<Self>() {
            return Ok(given);
        }
        let query = Query::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        Ok(Self(query.map(|Query(given)| given).unwrap_or_default()))
    }
}

/// Parameters that a route knows, each given at most once.
#[derive(Clone, Copy, Debug)]
pub struct Parameters<'g> {
    given: &'g [(String, String)],
    known: &'static [Parameter],
}

impl<'g> Parameters<'g> {
    /// Checks the names of what was given.
    ///
    /// # Errors
    /// A parameter is unknown, or given twice.
    pub fn new(Given(given): &'g QueryParameters, known: &'static [Parameter]) -> Result<Self, Problem> {
        for (position, (name, _)) in given.iter().enumerate() {
            let Some(parameter) = known.iter().find(|known| known.name == name) else {
                return Err(Problem::unknown_parameter(known));
            };
            if given[..position].iter().any(|(earlier, _)| earlier == name) {
                return Err(Problem::invalid(parameter.name, Constraint::Once));
            }
        }
        Ok(Self { given, known })
    }

    /// The value of a parameter.
    pub fn value(&self, name: &str) -> Option<&'g str> {
        self.given.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The names of what was given, sorted.
    pub fn given_names(&self) -> Vec<&'static str> {
        let mut names: Vec<&'static str> =
            self.known.iter().map(|known| known.name).filter(|name| self.value(name).is_some()).collect();
        names.sort_unstable();
        names
    }

    /// A day as people write it: `2026-11-03`, `2026/11/3`, `2026年11月3日`, in any width.
    ///
    /// # Errors
    /// The value is invalid.
    pub fn day(&self, name: &'static str) -> Result<Option<Date>, Problem> {
        self.value(name).map(|text| read_day(name, text)).transpose()
    }

    /// Where a range begins: a time, RFC 3339 with an offset, or a day of the company's calendar from its first moment on.
    ///
    /// # Errors
    /// The value is invalid.
    pub fn range_start(&self, name: &'static str, zone: &TimeZone) -> Result<Option<Timestamp>, Problem> {
        self.value(name).map(|text| read_moment(name, text, zone, 0)).transpose()
    }

    /// Where a range ends: a time, RFC 3339 with an offset, or a day of the company's calendar up to its last moment.
    ///
    /// # Errors
    /// The value is invalid.
    pub fn range_end(&self, name: &'static str, zone: &TimeZone) -> Result<Option<Timestamp>, Problem> {
        self.value(name).map(|text| read_moment(name, text, zone, 1)).transpose()
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// The value is invalid.
    pub fn yes_or_no(&self, name: &'static str) -> Result<Option<bool>, Problem> {
        let read = |text: &str| text.parse().map_err(|_| Problem::invalid(name, Constraint::YesOrNo));
        self.value(name).map(read).transpose()
    }

    /// Whole seconds, at most [`SECONDS_LIMIT`].
    ///
    /// # Errors
    /// The value is invalid.
    pub fn seconds(&self, name: &'static str) -> Result<Option<u64>, Problem> {
        let read = |text: &str| {
            let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let seconds = text.parse().ok().filter(|seconds| is_digits && *seconds <= SECONDS_LIMIT);
            seconds.ok_or_else(|| Problem::invalid(name, Constraint::Seconds))
        };
        self.value(name).map(read).transpose()
    }

    /// Ids or names with commas between them: at most [`STAFF_LIMIT`].
    ///
    /// # Errors
    /// The value is invalid.
    pub fn names(&self, name: &'static str) -> Result<Vec<String>, Problem> {
        let Some(text) = self.value(name) else { return Ok(Vec::new()) };
        let names: Vec<String> = text.split([',', '、', '，']).map(|one| one.trim().to_owned()).collect();
        let is_name = |one: &String| (1..=TEXT_LIMIT_CHARACTERS).contains(&one.chars().count());
        if names.len() <= STAFF_LIMIT && names.iter().all(is_name) {
            Ok(names)
        } else {
            Err(Problem::invalid(name, Constraint::StaffNames))
        }
    }

    /// A text of 1 to [`TEXT_LIMIT_CHARACTERS`].
    ///
    /// # Errors
    /// The value is invalid.
    pub fn text(&self, name: &'static str) -> Result<Option<String>, Problem> {
        self.value(name).map(|text| read_text(name, text)).transpose()
    }
}

fn read_day(parameter: &'static str, text: &str) -> Result<Date, Problem> {
    rulebook::read_day(text).ok_or_else(|| Problem::invalid(parameter, Constraint::Day))
}

/// A time, or the midnight so many days after that of a day.
///
/// # Errors
/// The text is neither.
pub fn read_moment(
    parameter: &'static str,
    text: &str,
    zone: &TimeZone,
    days_later: i64,
) -> Result<Timestamp, Problem> {
    let Some(day) = rulebook::read_day(text) else { return read_time(parameter, text) };
    let midnight = day.checked_add(days_later.days()).and_then(|day| day.to_zoned_datetime(zone.clone()));
    midnight.map(|midnight| midnight.timestamp()).map_err(|_| Problem::invalid(parameter, Constraint::Time))
}

/// RFC 3339 with an offset. A `+` that was not encoded arrives as a space, and can't have been anything else.
fn read_time(parameter: &'static str, text: &str) -> Result<Timestamp, Problem> {
    let invalid = || Problem::invalid(parameter, Constraint::Time);
    // `2026-11-03T14:05:02Z` is the shortest; the parser itself would take more than RFC 3339 has.
    let bytes = text.as_bytes();
    let is_rfc_3339 = bytes.len() >= 20
        && matches!(bytes[10], b'T' | b't')
        && bytes[13] == b':'
        && bytes[16] == b':'
        && text.len() <= 35
        && bytes.iter().all(|byte| byte.is_ascii_digit() || b"-+:.TtZz ".contains(byte));
    if !is_rfc_3339 {
        return Err(invalid());
    }
    text.replace(' ', "+").parse().map_err(|_| invalid())
}

fn read_text(parameter: &'static str, text: &str) -> Result<String, Problem> {
    if (1..=TEXT_LIMIT_CHARACTERS).contains(&text.chars().count()) {
        Ok(text.to_owned())
    } else {
        Err(Problem::invalid(parameter, Constraint::Text))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const KNOWN: &[Parameter] =
        &[Parameter::new("from", Constraint::Time, "", ""), Parameter::new("day", Constraint::Day, "", "")];

    fn given(pairs: &[(&str, &str)]) -> Given {
        Given(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn a_parameter_is_known_and_given_once() {
        let unknown = given(&[("from", "x"), ("to", "y")]);
        assert_eq!(Parameters::new(&unknown, KNOWN).unwrap_err(), Problem::unknown_parameter(KNOWN));
        let twice = given(&[("day", "x"), ("day", "x")]);
        assert_eq!(Parameters::new(&twice, KNOWN).unwrap_err(), Problem::invalid("day", Constraint::Once));
        let both = given(&[("from", "x"), ("day", "y")]);
        let parameters = Parameters::new(&both, KNOWN).unwrap();
        assert_eq!((parameters.value("day"), parameters.value("to")), (Some("y"), None));
        assert_eq!(parameters.given_names(), ["day", "from"]);
    }

    #[test]
    fn a_day_is_the_companys_whole_day_in_either_form() {
        let zone = TimeZone::get("Asia/Tokyo").unwrap();
        for text in [
            "2026-11-03",
            "2026/11/03",
            "2026/11/3",
            "2026-11-3",
            "２０２６／１１／３",
            "2026年11月3日",
            " 2026-11-03 ",
            "20261103",
            "2026/11/3(火)",
            "令和8年11月3日",
        ] {
            let (from, day) = (given(&[("from", text)]), given(&[("day", text)]));
            let range = Parameters::new(&from, KNOWN).unwrap();
            let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
            assert_eq!(range.range_start("from", &zone).unwrap(), at("2026-11-02T15:00:00Z"));
            assert_eq!(range.range_end("from", &zone).unwrap(), at("2026-11-03T15:00:00Z"));
            let day = Parameters::new(&day, KNOWN).unwrap().day("day").unwrap();
            assert_eq!(day, Some(jiff::civil::date(2026, 11, 3)));
        }
    }

    #[test]
    fn what_is_no_day_is_named() {
        for text in ["", "2026-11-31", "2026-11-05T00:00:00Z", "2026110", "11月5日", "yesterday", "-026-11-05"] {
            let given = given(&[("day", text)]);
            let refused = Parameters::new(&given, KNOWN).unwrap().day("day").unwrap_err();
            assert_eq!(refused, Problem::invalid("day", Constraint::Day), "{text}");
        }
    }
}
