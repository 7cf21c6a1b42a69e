//! The policy's `[calendar]` and `[[closed_days]]`: the days on which nobody works.

use jiff::civil::Weekday;

use super::reader::{Reader, Section};
use crate::rulebook::calendar::{Calendar, ClosedDays};

/// 500 rows: the public holidays of twenty years.
pub(super) const CLOSED_DAYS_LIMIT: usize = 500;

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

impl<'t> Reader {
    /// Reads both; what they leave out is the default's. With an empty `weekend` every day of the week is open.
    pub(super) fn calendar(&mut self, top: &mut Section<'_, 't>) -> Calendar {
        let mut section = self.section(top, "calendar");
        let mut calendar = Calendar::default();
        let has_weekend = section.entries.is_some() && !section.lacks("weekend");
        let named = self.words(&mut section, "weekend", &WEEKDAYS.map(|(word, _)| word));
        if has_weekend {
            let weekday = |word: &str| WEEKDAYS.iter().find(|(known, _)| *known == word).map(|(_, day)| *day);
            calendar.weekend = named.iter().filter_map(|found| weekday(found.value)).collect();
        }
        self.finish(&section);
        for mut section in self.sections(top, "closed_days", CLOSED_DAYS_LIMIT) {
            self.need_key(&section, "from");
            let (from, until) = self.days(&mut section, "from");
            // One day alone has no last one.
            calendar.closed.extend(from.map(|from| ClosedDays { from, until: until.unwrap_or(from) }));
            self.finish(&section);
        }
        calendar
    }
}
