//! Offsets from UTC, as names write them.

use jiff::tz::Offset;

/// What zones use beside whole hours from −12 to +14 (IANA time zone database), in minutes.
const ZONES_BETWEEN_HOURS_MINUTES: [i64; 13] = [-570, -210, -150, 210, 270, 330, 345, 390, 525, 570, 630, 765, 825];

/// `+0900`, `+09:00`, `+09`, `-0330`, `Z`, `UTC`, `GMT`: an offset that a zone in use has.
pub(super) fn read_offset(text: &str) -> Option<Offset> {
    if ["Z", "UTC", "GMT"].iter().any(|utc| text.eq_ignore_ascii_case(utc)) {
        return Some(Offset::UTC);
    }
    let (sign, digits) = match text.strip_prefix('+') {
        Some(digits) => (1, digits),
        // A minus sign is written as a hyphen, or as U+2212.
        None => (-1, text.strip_prefix(['-', '\u{2212}'])?),
    };
    let digits: String = digits.chars().filter(|character| !matches!(character, ':' | '.' | '_')).collect();
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = match digits.len() {
        1 | 2 => (digits.as_str(), "0"),
        4 => digits.split_at(2),
        _ => return None,
    };
    let minutes = minutes.parse::<i64>().ok().filter(|minutes| *minutes < 60)?;
    let offset_minutes = sign * (hours.parse::<i64>().ok()? * 60 + minutes);
    if !is_zone(offset_minutes) {
        return None;
    }
    Offset::from_seconds(i32::try_from(offset_minutes * 60).ok()?).ok()
}

/// Whether a zone in use has the offset.
pub(super) fn is_zone(offset_minutes: i64) -> bool {
    (offset_minutes % 60 == 0 && (-12 * 60..=14 * 60).contains(&offset_minutes))
        || ZONES_BETWEEN_HOURS_MINUTES.contains(&offset_minutes)
}
