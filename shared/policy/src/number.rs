//! Phone numbers: one E.164 text for every way a number is written, and the kinds of its absence.
//!
//! The plan of Japan is a small table of our own: the prefixes that stand before a number there (`184`, `186`, an outside
//! line's `0`, the international `010`) are in no library's grammar, and the ports of libphonenumber cost too much at a cold
//! start. Measured in a stripped release binary, with the instructions callgrind counts up to the first number read:
//! `rlibphonenumber` 2.2 adds 1.05 MB and 66 million, `phonenumber` 0.3 adds 1.99 MB and 616 million; a whole function has
//! 5 MB, and 5 million to start with. What is given up: elsewhere a number need only be of a length its country has.
//!
//! Sources of the tables: ITU-T E.164 (calling codes, at most 15 digits), the Ministry of Internal
//! Affairs and Communications' telephone numbering plan of Japan, and the national plans filed with the ITU.

mod absent;
pub mod beginning;
mod dialled;

use std::fmt;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

pub use self::absent::Absent;
use self::absent::{absent, is_between_digits};
use crate::percent;

/// 256 bytes: four times the longest SIP address seen before a number; more than that is not a number.
const WRITTEN_LIMIT_BYTES: usize = 256;

/// E.164: a country's code and the number together have at most 15 digits.
const E164_LIMIT_DIGITS: usize = 15;

/// Seven digits: the shortest national numbers have four, after a calling code of three.
const E164_LEAST_DIGITS: usize = 7;

/// Three digits are the shortest code anywhere, six the longest.
const SHORT_CODE_DIGITS: RangeInclusive<usize> = 3..=6;

/// A phone number: E.164 (`+` and 7 to 15 digits), or a short code's digits (`110`, `#7119`).
///
/// `Debug` and `Display` show the last four digits alone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

/// Neither E.164 nor a short code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a phone number is + and 7 to 15 digits, or a short code of 3 to 6 digits")]
pub struct NotAPhoneNumber;

impl PhoneNumber {
    /// The number itself: for the table, an answer to who may see it, a comparison; never for a log.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Its last four characters, all of a shorter one: what people search by.
    pub fn last4(&self) -> &str {
        // Every character is ASCII: `TryFrom` is the only way in.
        &self.0[self.0.len().saturating_sub(4)..]
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = NotAPhoneNumber;

    fn try_from(text: String) -> Result<Self, NotAPhoneNumber> {
        let (digits, lengths) = if let Some(digits) = text.strip_prefix('+') {
            (digits, E164_LEAST_DIGITS..=E164_LIMIT_DIGITS)
        } else {
            (text.strip_prefix('#').unwrap_or(&text), SHORT_CODE_DIGITS)
        };
        let is_e164_with_0 = text.starts_with("+0");
        let fits = lengths.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        if fits && !is_e164_with_0 { Ok(Self(text)) } else { Err(NotAPhoneNumber) }
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> String {
        number.0
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last4 = self.last4();
        for _ in last4.len()..self.0.len() {
            formatter.write_str("*")?;
        }
        formatter.write_str(last4)
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PhoneNumber({self})")
    }
}

/// The other party: a number, or why there is none. Stored as one text: a number begins with `+`, `#`
/// or a digit, a reason with a letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Counterpart {
    /// A number.
    Number(PhoneNumber),
    /// None, and why.
    Absent(Absent),
}

impl Counterpart {
    /// The number, where there is one.
    pub fn number(&self) -> Option<&PhoneNumber> {
        match self {
            Self::Number(number) => Some(number),
            Self::Absent(_) => None,
        }
    }

    /// Why there is no number, where there is none.
    pub fn absent(&self) -> Option<Absent> {
        match self {
            Self::Number(_) => None,
            Self::Absent(absent) => Some(*absent),
        }
    }
}

impl TryFrom<String> for Counterpart {
    type Error = NotAPhoneNumber;

    fn try_from(text: String) -> Result<Self, NotAPhoneNumber> {
        match Absent::ALL.into_iter().find(|absent| absent.as_str() == text) {
            Some(absent) => Ok(Self::Absent(absent)),
            None => PhoneNumber::try_from(text).map(Self::Number),
        }
    }
}

impl From<Counterpart> for String {
    fn from(counterpart: Counterpart) -> String {
        match counterpart {
            Counterpart::Number(number) => number.into(),
            Counterpart::Absent(absent) => absent.as_str().to_owned(),
        }
    }
}

/// Reads a number as people, PBXs and SIP write it.
///
/// `country` is the ISO 3166 code of the plan that national numbers are read by; where [`has_plan`]
/// knows none, only international forms and short codes are read. A number need be possible, not
/// assigned. What can't be read is [`Absent::Unknown`].
///
/// The order, for Japan: the international `010` first; else `184` or `186` is taken off; then one `0`,
/// be it the trunk's or an outside line's, only where the rest is a valid domestic number; short codes
/// stay digits.
pub fn read(text: &str, country: &str) -> Counterpart {
    understand(text, country).unwrap_or(Counterpart::Absent(Absent::Unknown))
}

/// As [`read`]; `None` where the text says something that can't be read, so that it can be shown.
/// A text that says "unknown", or nothing at all, is read.
pub(crate) fn understand(text: &str, country: &str) -> Option<Counterpart> {
    if text.len() > WRITTEN_LIMIT_BYTES {
        return None;
    }
    // Whole URIs, user parts (RFC 3261) and names of files may have any character as a percent code.
    let folded = percent::decode(text).nfkc().collect::<String>().to_lowercase();
    let address = address(&folded);
    if let Some(absent) = absent(&folded).or_else(|| absent(&address)) {
        return Some(Counterpart::Absent(absent));
    }
    let number = possible(&dialled(&address)?, plan(country))?;
    PhoneNumber::try_from(number).map(Counterpart::Number).ok()
}

/// Whether national numbers of a country can be read; of any other, only `+` and the calling code can.
pub fn has_plan(country: &str) -> bool {
    plan(country).is_some()
}

/// What a URI or a name-and-address is about: the user part of `sip:`, the number of `tel:`.
pub(crate) fn address(folded: &str) -> String {
    let inner =
        folded.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or(folded, |(inner, _)| inner).trim();
    let schemed = ["sips:", "sip:", "tel:", "callto:"].iter().find_map(|scheme| inner.strip_prefix(scheme));
    match schemed {
        Some(rest) => {
            let user = rest.split(['@', ';', '?']).next().unwrap_or_default();
            user.to_owned()
        }
        // 電話 written before the number on a card: `TEL 03-…`, and `℡` after folding.
        None => inner.strip_prefix("tel").unwrap_or(inner).split(['@', ';']).next().unwrap_or_default().to_owned(),
    }
}

/// The digits, with the `+` or `#` before them; `None` where anything else is among them.
fn dialled(address: &str) -> Option<String> {
    let mut digits = String::new();
    for character in address.chars() {
        match character {
            '0'..='9' => digits.push(character),
            '+' | '#' if digits.is_empty() => digits.push(character),
            _ if is_between_digits(character) => {}
            _ => return None,
        }
    }
    Some(digits)
}

/// How the numbers of some countries are dialled and written.
struct Plan {
    /// ISO 3166.
    countries: &'static [&'static str],
    /// E.164.
    calling_code: &'static str,
    /// What is dialled before a calling code.
    international: &'static [&'static str],
    /// What is dialled before a number to show or hide one's own.
    caller_id: &'static [&'static str],
    /// What PBXs want before an outside number, where it is the custom to record it.
    outside_lines: &'static [&'static str],
    /// What is dialled before a number to choose the carrier.
    carriers: &'static [&'static str],
    /// What is written before a national number; empty where nothing is.
    trunk: &'static str,
    /// Whether a national number is also written without [`Self::trunk`].
    is_trunk_optional: bool,
    /// Whether digits are a possible national (significant) number.
    is_national: fn(&str) -> bool,
    /// Whether digits are a short code.
    is_short: fn(&str) -> bool,
}

macro_rules! plan {
    ($countries:expr, $calling_code:literal, $international:expr, $trunk:literal, $optional:literal, $national:expr) => {
        Plan {
            countries: $countries,
            calling_code: $calling_code,
            international: $international,
            caller_id: &[],
            outside_lines: &[],
            carriers: &[],
            trunk: $trunk,
            is_trunk_optional: $optional,
            is_national: $national,
            is_short: is_short_elsewhere,
        }
    };
}

static PLANS: [Plan; 16] = [
    Plan {
        countries: &["JP"],
        calling_code: "81",
        international: &["010"],
        caller_id: &["184", "186"],
        outside_lines: &["0", "9", "8", "1"],
        // The Ministry's list of 00XY codes; 001 is KDDI's of old.
        carriers: &["0033", "0036", "0039", "0041", "0053", "0061", "0070", "0077", "0088", "001"],
        trunk: "0",
        is_trunk_optional: false,
        is_national: is_national_in_japan,
        is_short: is_short_in_japan,
    },
    plan!(&["US", "CA"], "1", &["011"], "1", true, |digits| {
        let starts =
            |position: usize| digits.as_bytes().get(position).is_some_and(|digit| (b'2'..=b'9').contains(digit));
        digits.len() == 10 && starts(0) && starts(3)
    }),
    plan!(&["GB"], "44", &["00"], "0", false, |digits| has_length(digits, 9, 10)),
    plan!(&["DE"], "49", &["00"], "0", false, |digits| has_length(digits, 5, 13)),
    plan!(&["FR"], "33", &["00"], "0", false, |digits| has_length(digits, 9, 9)),
    plan!(&["NL"], "31", &["00"], "0", false, |digits| has_length(digits, 7, 11)),
    plan!(&["CH"], "41", &["00"], "0", false, |digits| has_length(digits, 9, 9)),
    plan!(&["ES"], "34", &["00"], "", false, |digits| has_length(digits, 9, 9)),
    plan!(&["AU"], "61", &["0011"], "0", false, |digits| has_length(digits, 9, 9)),
    plan!(&["CN"], "86", &["00"], "0", true, |digits| has_length(digits, 9, 11)),
    plan!(&["TW"], "886", &["002", "009"], "0", false, |digits| { has_length(digits, 8, 9) }),
    plan!(&["KR"], "82", &["001", "002", "005", "006", "008"], "0", false, |digits| has_length(digits, 8, 10)),
    plan!(&["HK"], "852", &["001"], "", false, |digits| digits.len() == 8 && !digits.starts_with(['0', '1'])),
    plan!(&["SG"], "65", &["001", "002", "008"], "", false, |digits| digits.len() == 8
        && !digits.starts_with(['0', '1', '2'])),
    plan!(&["TH"], "66", &["001"], "0", false, |digits| has_length(digits, 8, 9)),
    plan!(&["VN"], "84", &["00"], "0", false, |digits| has_length(digits, 9, 10)),
];

/// The calling codes that are assigned (ITU-T E.164.D).
const CALLING_CODES: &str = "1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 \
    63 64 65 66 81 82 84 86 90 91 92 93 94 95 98 211 212 213 216 218 220 221 222 223 224 225 226 227 228 229 230 231 \
    232 233 234 235 236 237 238 239 240 241 242 243 244 245 246 247 248 249 250 251 252 253 254 255 256 257 258 260 \
    261 262 263 264 265 266 267 268 269 290 291 297 298 299 350 351 352 353 354 355 356 357 358 359 370 371 372 373 \
    374 375 376 377 378 379 380 381 382 383 385 386 387 389 420 421 423 500 501 502 503 504 505 506 507 508 509 590 \
    591 592 593 594 595 596 597 598 599 670 672 673 674 675 676 677 678 679 680 681 682 683 685 686 687 688 689 690 \
    691 692 800 808 850 852 853 855 856 870 878 880 881 882 883 886 888 960 961 962 963 964 965 966 967 968 970 971 \
    972 973 974 975 976 977 979 992 993 994 995 996 998";

fn plan(country: &str) -> Option<&'static Plan> {
    PLANS.iter().find(|plan| plan.countries.iter().any(|code| code.eq_ignore_ascii_case(country)))
}

fn has_length(digits: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&digits.len()) && !digits.starts_with('0')
}

/// Ten digits for mobiles (`070 080 090 060`), machines (`020`), IP phones (`050`) and `0800`; thirteen for
/// machines under `0200`; nine for places and for `0120 0570 0990`. `010` is the international prefix, and no area.
fn is_national_in_japan(digits: &str) -> bool {
    match digits.as_bytes() {
        [b'1', b'0', ..] => false,
        [b'2', b'0', b'0', rest @ ..] if rest.len() == 10 => true,
        [b'2' | b'5'..=b'9', b'0', rest @ ..] | [b'1'..=b'9', rest @ ..] => rest.len() == 8,
        _ => false,
    }
}

/// `110`, `119`, `171`, … and `#7119`, `#9110`, …; `184` and `186` are prefixes without a number.
fn is_short_in_japan(digits: &str) -> bool {
    match digits.as_bytes() {
        [b'1', b'8', b'4' | b'6'] => false,
        [b'1', rest @ ..] => rest.len() == 2,
        [b'#', rest @ ..] => rest.len() == 4,
        _ => false,
    }
}

/// What is dialled behind an outside line's `0` often enough to be sure of: police, coast guard, fire
/// brigade, directory, time, weather, disaster messages, consumers, child welfare.
const SERVICES_IN_JAPAN: [&str; 9] = ["110", "118", "119", "104", "117", "177", "171", "188", "189"];

/// `112`, `118`, `411`, `911`, `999`, `000`: three digits that begin with 1, or end in 11, or are all alike.
fn is_short_elsewhere(digits: &str) -> bool {
    match digits.as_bytes() {
        [b'1', _, _] | [_, b'1', b'1'] => true,
        [first, second, third] => first == second && second == third,
        _ => false,
    }
}

/// The number that was dialled or written, in E.164 or as a short code.
fn possible(written: &str, plan: Option<&Plan>) -> Option<String> {
    if let Some(digits) = written.strip_prefix('+') {
        return international(digits);
    }
    let Some(plan) = plan else {
        return is_short_elsewhere(written).then(|| written.to_owned());
    };
    let read = |digits: &str| abroad(plan, digits).or_else(|| home(plan, digits));
    let behind = |prefixes: &'static [&'static str], digits: &str| {
        prefixes.iter().filter_map(|prefix| digits.strip_prefix(prefix)).map(str::to_owned).collect::<Vec<_>>()
    };
    let outside = || behind(plan.outside_lines, written);
    // Each prefix by itself, then two of them: what stands before a number is never more.
    read(written)
        .or_else(|| behind(plan.caller_id, written).iter().find_map(|rest| read(rest)))
        .or_else(|| outside().iter().flat_map(|rest| behind(plan.caller_id, rest)).find_map(|rest| read(&rest)))
        .or_else(|| outside().iter().find_map(|rest| abroad(plan, rest).or_else(|| domestic(plan, rest))))
        .or_else(|| {
            let chosen = [written.to_owned()].into_iter().chain(outside());
            let rests: Vec<String> = chosen.flat_map(|digits| behind(plan.carriers, &digits)).collect();
            rests.iter().find_map(|rest| abroad(plan, rest).or_else(|| domestic(plan, rest)))
        })
        .or_else(|| written_in_full(plan, written))
}

/// E.164 without its plus and with the trunk's 0 that should not be there (`81 090…`), or behind `00`.
fn written_in_full(plan: &Plan, written: &str) -> Option<String> {
    let digits = written.strip_prefix("00").unwrap_or(written);
    let national = digits.strip_prefix(plan.calling_code)?;
    let national = national.strip_prefix(plan.trunk).unwrap_or(national);
    (plan.is_national)(national).then(|| format!("+{}{national}", plan.calling_code))
}

/// A number behind the international prefix.
fn abroad(plan: &Plan, digits: &str) -> Option<String> {
    plan.international.iter().find_map(|prefix| digits.strip_prefix(prefix)).and_then(international)
}

/// A national number, a short code, either behind an outside line's digit, or E.164 without its `+`.
fn home(plan: &Plan, digits: &str) -> Option<String> {
    if let Some(number) = domestic(plan, digits) {
        return Some(number);
    }
    if (plan.is_short)(digits) {
        return Some(digits.to_owned());
    }
    if let Some(rest) = plan.outside_lines.first().and_then(|line| digits.strip_prefix(line)) {
        if SERVICES_IN_JAPAN.contains(&rest) {
            return Some(rest.to_owned());
        }
        if let Some(number) = domestic(plan, rest) {
            return Some(number);
        }
    }
    let national = digits.strip_prefix(plan.calling_code)?;
    (plan.is_national)(national).then(|| format!("+{digits}"))
}

/// A national number as it is written at home.
fn domestic(plan: &Plan, digits: &str) -> Option<String> {
    let with_trunk = digits.strip_prefix(plan.trunk).filter(|national| (plan.is_national)(national));
    let without = Some(digits).filter(|national| plan.is_trunk_optional && (plan.is_national)(national));
    with_trunk.or(without).map(|national| format!("+{}{national}", plan.calling_code))
}

/// What stands behind `+` or an international prefix.
fn international(digits: &str) -> Option<String> {
    for plan in &PLANS {
        if let Some(national) = digits.strip_prefix(plan.calling_code) {
            // `+81 (0)3 …`: a trunk's 0 that should not have been written.
            let trimmed = national.strip_prefix(plan.trunk).unwrap_or(national);
            return [national, trimmed]
                .into_iter()
                .find(|national| (plan.is_national)(national))
                .map(|national| format!("+{}{national}", plan.calling_code));
        }
    }
    let is_assigned = CALLING_CODES.split_ascii_whitespace().any(|code| digits.starts_with(code));
    (is_assigned && (E164_LEAST_DIGITS..=E164_LIMIT_DIGITS).contains(&digits.len())).then(|| format!("+{digits}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(String::from(read(text, "JP")), expected, "{text}");
    }

    #[test]
    fn one_number_reads_the_same_however_it_is_written() {
        for text in [
            "03-1234-5678",
            "0312345678",
            "+81312345678",
            "０３（１２３４）５６７８",
            "(03)1234-5678",
            "03ー1234ー5678",
            "０３－１２３４－５６７８",
            "03‐1234‐5678",
            "03–1234—5678",
            "03−1234−5678",
            "03.1234.5678",
            " 03　1234 5678 ",
            "+81 (0)3-1234-5678",
            "+81(0)312345678",
            "＋８１ ３ １２３４ ５６７８",
            "010 81 3 1234 5678",
            "010-81-(0)3-1234-5678",
            "184-03-1234-5678",
            "１８６０３１２３４５６７８",
            "0-03-1234-5678",
            "0 184 03 1234 5678",
            "184 0 03-1234-5678",
            "184-010-81-3-1234-5678",
            "81312345678",
            "tel:+81-3-1234-5678",
            "tel:0312345678;phone-context=+81",
            "sip:0312345678@pbx.example",
            "sip:%2B81312345678@pbx.example;user=phone",
            "\"代表\" <sip:+81312345678@pbx.example>;tag=1",
            "0312345678@pbx.example",
            "TEL 03-1234-5678",
            "81-03-1234-5678",
            "0081 3 1234 5678",
            "9-03-1234-5678",
            "0033-010-81-3-1234-5678",
            "0077-03-1234-5678",
            "0-0033-03-1234-5678",
            "0-010-81-3-1234-5678",
            "0312345678;ext=12",
            "03〜1234〜5678",
            "03～1234～5678",
            "%2B81312345678",
            "03%2D1234%2D5678",
            "℡03(1234)5678",
            "\u{202d}03-1234-5678\u{202c}",
        ] {
            check(text, "+81312345678");
        }
    }

    #[test]
    fn every_kind_of_japanese_number_is_possible() {
        for (text, expected) in [
            ("090-1234-5678", "+819012345678"),
            ("070-1234-5678", "+817012345678"),
            ("050-1234-5678", "+815012345678"),
            ("020-1234-5678", "+812012345678"),
            ("0120-123-456", "+81120123456"),
            ("0570-012-345", "+81570012345"),
            ("0800-123-4567", "+818001234567"),
            ("0184-23-4567", "+81184234567"),
            ("0186-23-4567", "+81186234567"),
            ("01012125550123", "+12125550123"),
            ("009012345678", "+819012345678"),
            ("0 0120 123 456", "+81120123456"),
            ("9-090-1234-5678", "+819012345678"),
            ("81090-1234-5678", "+819012345678"),
            ("0081 90 1234 5678", "+819012345678"),
            ("0-010-1-212-555-0123", "+12125550123"),
            ("0033-010-1-212-555-0123", "+12125550123"),
            ("001-010-1-212-555-0123", "+12125550123"),
            ("0077-0120-123-456", "+81120123456"),
            ("0200-12345-67890", "+812001234567890"),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn short_codes_stay_digits() {
        for (text, expected) in [
            ("110", "110"),
            ("１１９", "119"),
            ("184-110", "110"),
            ("0110", "110"),
            ("#7119", "#7119"),
            ("tel:110", "110"),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn what_is_no_possible_number_is_unknown_and_never_a_guess() {
        for text in [
            "",
            "0",
            "00",
            "010",
            "0101",
            "184",
            "186",
            "0184",
            "201",
            "1001",
            "12345",
            "0312345",
            "03123456789",
            "090123456",
            "0901234567",
            "0120",
            "312345678",
            "8131234567890",
            "+",
            "+0",
            "+81",
            "+8131234567",
            "+9991234567",
            "+1234567890123456",
            "+1 012 555 0123",
            "+81+312345678",
            "03-1234-5678 内線3",
            "voicemail",
            "s",
            "*97",
            "１２３４あ",
            "0010999123456789",
            "1234-5678",
            "9-110",
            "91234",
            "0077-110",
            "8103123456",
            "0101234567",
            "+81101234567",
            "+12121550123",
        ] {
            check(text, "unknown");
        }
        check(&"0".repeat(100_000), "unknown");
        check(&"\u{fdfa}".repeat(80), "unknown");
    }

    #[test]
    fn the_kinds_of_absent_number_stay_apart() {
        for (text, expected) in [
            ("anonymous", "withheld"),
            ("Anonymous", "withheld"),
            ("RESTRICTED", "withheld"),
            ("Private", "withheld"),
            ("withheld", "withheld"),
            ("非通知", "withheld"),
            ("sip:anonymous@anonymous.invalid", "withheld"),
            ("\"Anonymous\" <sip:anonymous@anonymous.invalid>", "withheld"),
            ("公衆電話", "payphone"),
            ("payphone", "payphone"),
            ("Coin line/payphone", "payphone"),
            ("表示圏外", "out_of_area"),
            ("通知不可", "out_of_area"),
            ("out-of-area", "out_of_area"),
            ("out_of_area", "out_of_area"),
            ("Unavailable", "out_of_area"),
            ("ﾋﾂｳﾁ", "withheld"),
            ("ヒツウチ", "withheld"),
            ("P", "withheld"),
            ("ｺｳｼｭｳﾃﾞﾝﾜ", "payphone"),
            ("C", "payphone"),
            ("ﾋｮｳｼﾞｹﾝｶﾞｲ", "out_of_area"),
            ("O", "out_of_area"),
            ("unknown", "unknown"),
            ("<unknown>", "unknown"),
            ("不明", "unknown"),
            ("内線", "internal"),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn what_says_nothing_is_told_from_what_can_not_be_read() {
        for (text, is_read) in [("", true), ("unknown", true), ("不明", true), ("voicemail", false), ("0312345", false)]
        {
            assert_eq!(understand(text, "JP").is_some(), is_read, "{text}");
        }
    }

    #[test]
    fn a_national_number_is_read_by_its_countrys_plan() {
        for (text, country, expected) in [
            ("(212) 555-0123", "US", "+12125550123"),
            ("1-212-555-0123", "us", "+12125550123"),
            ("011 81 3 1234 5678", "US", "+81312345678"),
            ("911", "US", "911"),
            ("020 7946 0123", "GB", "+442079460123"),
            ("+44 (0)20 7946 0123", "JP", "+442079460123"),
            ("00 81 3 1234 5678", "GB", "+81312345678"),
            ("020 7946 0123", "ZZ", "unknown"),
            ("+442079460123", "ZZ", "+442079460123"),
            ("112", "ZZ", "112"),
        ] {
            assert_eq!(String::from(read(text, country)), expected, "{text} {country}");
        }
        assert!(has_plan("JP") && has_plan("jp") && !has_plan("ZZ"));
    }

    #[test]
    fn no_calling_code_is_the_start_of_another() {
        let codes: Vec<_> = CALLING_CODES.split_ascii_whitespace().collect();
        for code in &codes {
            let starts = codes.iter().filter(|other| code.starts_with(**other)).count();
            assert_eq!(starts, 1, "{code}");
        }
        for plan in &PLANS {
            assert!(codes.contains(&plan.calling_code), "{}", plan.calling_code);
        }
    }

    #[test]
    fn a_printed_number_shows_its_last_four_digits_alone() {
        let number = read("090-1234-5678", "JP");
        assert_eq!(format!("{number:?}"), "Number(PhoneNumber(*********5678))");
        assert_eq!(number.number().unwrap().to_string(), "*********5678");
        assert_eq!(number.number().unwrap().last4(), "5678");
        assert_eq!(read("110", "JP").number().unwrap().last4(), "110");
    }

    #[test]
    fn a_counterpart_is_stored_as_one_short_text() {
        for (text, stored) in
            [("090-1234-5678", "\"+819012345678\""), ("110", "\"110\""), ("表示圏外", "\"out_of_area\"")]
        {
            let counterpart = read(text, "JP");
            assert_eq!(serde_json::to_string(&counterpart).unwrap(), stored);
            assert_eq!(serde_json::from_str::<Counterpart>(stored).unwrap(), counterpart);
        }
    }

    #[test]
    fn only_numbers_and_reasons_come_out_of_the_store() {
        for wrong in [
            "\"\"",
            "\"09012345678\"",
            "\"+0123456789\"",
            "\"+81abc45678\"",
            "\"nobody\"",
            "\"12\"",
            "\"+1234567890123456\"",
        ] {
            assert!(serde_json::from_str::<Counterpart>(wrong).is_err(), "{wrong}");
            assert!(serde_json::from_str::<PhoneNumber>(wrong).is_err(), "{wrong}");
        }
    }

    fn national() -> impl Strategy<Value = String> {
        prop_oneof!["0[36][1-9][0-9]{7}", "0[1-9][1-9][0-9]{7}", "0[5-9]0[0-9]{8}", "0120[0-9]{6}"]
    }

    proptest! {
        #[test]
        fn reading_what_was_read_changes_nothing(text in "\\PC{0,24}|[0-9+#() -]{0,20}", country in "JP|US|GB|HK|ZZ") {
            if let Counterpart::Number(number) = read(&text, &country) {
                prop_assert_eq!(read(number.expose(), &country), Counterpart::Number(number));
            }
        }

        #[test]
        fn nothing_written_makes_it_panic(text in any::<String>(), country in any::<String>()) {
            read(&text, &country);
        }

        #[test]
        fn prefixes_hyphens_and_widths_do_not_change_a_number(
            number in national(),
            prefix in "|184|186|0|184 0|0184|0186",
            cuts in proptest::collection::vec((0_usize..12, "[-ー－‐() 　.]"), 0..4),
            wide in any::<bool>(),
        ) {
            let expected = format!("+81{}", &number[1..]);
            let mut written: Vec<char> = number.chars().collect();
            for (at, separator) in cuts {
                let at = at.min(written.len());
                written.splice(at..at, separator.chars());
            }
            let mut written: String = prefix.chars().chain(written).collect();
            if wide {
                written = written.chars().map(|character| match character {
                    '0'..='9' => char::from_u32(u32::from(character) - u32::from('0') + u32::from('０')).unwrap(),
                    other => other,
                }).collect();
            }
            prop_assert_eq!(String::from(read(&written, "JP")), expected.clone());
            prop_assert_eq!(String::from(read(&format!("010-81-{}", &number[1..]), "JP")), expected);
        }
    }
}
