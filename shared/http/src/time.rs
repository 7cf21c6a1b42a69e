//! Times and days as every answer writes them: in the company's time zone.

use jiff::Timestamp;
use jiff::civil::Date;
use policy::rulebook::Rulebook;
use schemars::JsonSchema;
use serde::Serialize;

/// RFC 3339 in the company's zone, with its offset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, extend("format" = "date-time"), example = &"2026-11-03T14:05:02+09:00")]
pub struct Time(String);

impl Time {
    /// A moment as the company's clocks show it.
    pub fn new(at: Timestamp, rulebook: &Rulebook) -> Self {
        // Whole milliseconds, as the indexes have them: no answer is finer.
        let at = Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at);
        Self(at.display_with_offset(rulebook.zone.to_offset(at)).to_string())
    }
}

impl Time {
    /// The text of it.
    pub fn into_text(self) -> String {
        self.0
    }
}

/// A day of the company's calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, extend("format" = "date"), example = &"2026-11-03")]
pub struct Day(String);

impl Day {
    /// A day as a calendar shows it.
    pub fn new(day: Date) -> Self {
        Self(day.to_string())
    }

    /// The text of it.
    pub fn as_text(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn times_are_in_the_companys_zone_with_its_offset() {
        let rulebook = Rulebook::strict_default("yamada");
        let at = |text: &str| Time::new(text.parse().unwrap(), &rulebook).0;
        assert_eq!(at("2026-11-03T05:05:02Z"), "2026-11-03T14:05:02+09:00");
        assert_eq!(at("2026-11-03T15:00:00.25Z"), "2026-11-04T00:00:00.25+09:00");
        assert_eq!(at("2026-11-03T15:00:00.123456789Z"), "2026-11-04T00:00:00.123+09:00");
    }
}
