//! The policy's `[company]`: the zone of its days, and the country of its numbers.

use jiff::tz::TimeZone;

use super::reader::{NAME_LIMIT_CHARACTERS, Reader, Section};
use crate::fault::Wrong;

impl<'t> Reader {
    pub(super) fn zone(&mut self, section: &mut Section<'_, 't>) -> (TimeZone, String) {
        let line = self.line_of_key(section, "time_zone");
        if let Some(name) = self.text(section, "time_zone", NAME_LIMIT_CHARACTERS) {
            if let Ok(zone) = TimeZone::get(&name) {
                let name = zone.iana_name().unwrap_or(&name).to_owned();
                return (zone, name);
            }
            self.fault(line, Wrong::NoSuchZone { zone: name });
        }
        (TimeZone::UTC, "UTC".to_owned())
    }

    pub(super) fn country(&mut self, section: &mut Section<'_, 't>) -> Option<String> {
        let line = self.line_of_key(section, "country");
        let country = self.text(section, "country", NAME_LIMIT_CHARACTERS)?;
        if country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Some(country);
        }
        self.fault(line, Wrong::NotACountry { country });
        None
    }
}
