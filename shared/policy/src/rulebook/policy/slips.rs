//! Slips of writing: lines that are no TOML. Each is explained by what was most likely meant, and left out, so that
//! the rest of the policy is still read and one slip hides no other fault.

use std::collections::BTreeSet;

use toml::de::DeTable;

use crate::fault::{Fault, FaultCode, FaultIn, Wrong};
use crate::rulebook::text::fold;

/// 50 rounds of leaving lines out: one round finds nearly all slips, another what they hid.
const ROUNDS_LIMIT: usize = 50;

/// What was written is repeated up to 40 characters.
const SHOWN_CHARACTERS: usize = 40;

/// What is missing, or seems so, in a section of which a line was left out.
const ABSENCES: [FaultCode; 9] = [
    FaultCode::MissingKey,
    FaultCode::CompanyUndecided,
    FaultCode::PurposeUndecided,
    FaultCode::PeriodUndecided,
    FaultCode::PermissionUndecided,
    FaultCode::QualityUndecided,
    FaultCode::SuccessorMissing,
    FaultCode::LineWithoutTeam,
    FaultCode::BadPattern,
];

/// What only the whole policy can have wrong: a line that was left out might be the one looked for.
const OF_THE_WHOLE: [FaultCode; 11] = [
    FaultCode::ClassTwice,
    FaultCode::NoRuleForAll,
    FaultCode::RuleNeverReached,
    FaultCode::QualityUnused,
    FaultCode::QualityWithoutNotice,
    FaultCode::NeverViewed,
    FaultCode::BackupMissing,
    FaultCode::PermissionTooWide,
    FaultCode::TooManyAdmins,
    FaultCode::UnknownLine,
    FaultCode::UnknownSource,
];

/// The slips of a policy, and what can be read without them.
pub(super) struct Slips {
    /// The policy with blanks in place of the lines that are no TOML: every line keeps its number.
    pub(super) text: String,
    pub(super) faults: Vec<Fault>,
    pub(in crate::rulebook) shadows: Shadows,
}

/// What the lines that were left out make seem wrong.
#[derive(Clone, Debug, Default)]
pub(in crate::rulebook) struct Shadows {
    /// The first lines of the sections that lack a line.
    partial: BTreeSet<u32>,
    /// Whether a whole section was left out.
    lacks_section: bool,
    has_slips: bool,
}

impl Shadows {
    /// Whether a fault is only the shadow of a slip. It comes back once the slip is repaired.
    pub(in crate::rulebook) fn hides(&self, fault: &Fault) -> bool {
        let code = fault.code();
        let lacks_line = self.partial.contains(&fault.line) || (self.lacks_section && fault.line == 1);
        self.has_slips
            && (OF_THE_WHOLE.contains(&code)
                || (fault.file == FaultIn::Policy && lacks_line && ABSENCES.contains(&code)))
    }
}

impl Slips {
    /// Finds them, and leaves their lines out.
    pub(super) fn of(text: &str) -> Self {
        let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        let written = lines.clone();
        let mut slips = Self { text: text.to_owned(), faults: Vec::new(), shadows: Shadows::default() };
        for _ in 0..ROUNDS_LIMIT {
            let mut found = slips_of(&slips.text);
            if found.is_empty() {
                return slips;
            }
            // A slip in a heading can make a later one seem written twice: what really is comes again.
            if found.iter().any(|(_, said)| !is_twice(said)) {
                found.retain(|(_, said)| !is_twice(said));
            }
            slips.shadows.has_slips = true;
            let mut left_out = false;
            for (place, said) in found {
                let Some(line) = lines.get(place) else { continue };
                if line.trim().is_empty() {
                    continue;
                }
                left_out = true;
                slips.fault(place, explain(&written, place, &said));
                slips.leave_out(&mut lines, place);
            }
            if !left_out {
                break;
            }
            slips.text = lines.concat();
        }
        // Nothing that could be left out makes it TOML.
        if let Some((place, said)) = slips_of(&slips.text).into_iter().next() {
            slips.fault(place, Wrong::NotToml { said });
            slips.text.clear();
            slips.shadows.lacks_section = true;
        }
        slips
    }

    fn fault(&mut self, place: usize, wrong: Wrong) {
        let line = u32::try_from(place + 1).unwrap_or(u32::MAX);
        self.faults.push(Fault { file: FaultIn::Policy, line, wrong });
    }

    /// Leaves a line out; with a section's first line the whole section, whose keys would else be another's.
    fn leave_out(&mut self, lines: &mut [String], place: usize) {
        if is_header(&lines[place]) || lacks_bracket(&lines[place]) {
            self.shadows.lacks_section = true;
            let end = (place + 1..lines.len()).find(|next| is_header(&lines[*next])).unwrap_or(lines.len());
            lines[place..end].iter_mut().for_each(blank);
        } else {
            let header = (0..place).rev().find(|above| is_header(&lines[*above]));
            let header = header.map_or(1, |header| u32::try_from(header + 1).unwrap_or(u32::MAX));
            self.shadows.partial.insert(header);
            blank(&mut lines[place]);
        }
    }
}

/// The places of the lines that are no TOML, from 0, and what the parser says of each.
fn slips_of(text: &str) -> Vec<(usize, String)> {
    let (_, errors) = DeTable::parse_recoverable(text);
    let mut found: Vec<(usize, String)> = Vec::new();
    for error in &errors {
        let start = error.span().map_or(0, |span| span.start.min(text.len()));
        let place = text.get(..start).map_or(0, |before| before.matches('\n').count());
        if found.iter().all(|(known, _)| *known != place) {
            found.push((place, error.message().lines().collect::<Vec<_>>().join(", ")));
        }
    }
    found
}

fn is_twice(said: &str) -> bool {
    said.contains("duplicate key")
}

fn is_header(line: &str) -> bool {
    line.trim_start().starts_with('[')
}

/// `purpose]`: a heading that was begun without its bracket.
fn lacks_bracket(line: &str) -> bool {
    let line = line.trim();
    line.ends_with(']') && line.starts_with(|first: char| first.is_ascii_alphabetic()) && !line.contains('=')
}

/// Blanks a line and keeps what ends it.
fn blank(line: &mut String) {
    let end = line.trim_end_matches(['\r', '\n']).len();
    *line = line[end..].to_owned();
}

/// What was most likely meant.
fn explain(lines: &[String], place: usize, said: &str) -> Wrong {
    let line = lines[place].trim_end();
    let generic = || Wrong::NotToml { said: said.to_owned() };
    if is_twice(said) {
        return twice(lines, place).unwrap_or_else(generic);
    }
    let outside = outside_quotes(line);
    if outside.starts_with('\u{3000}') {
        return Wrong::WideBlank;
    }
    if outside.contains('＝') {
        return Wrong::WideEquals;
    }
    if outside.contains(['”', '“', '＂', '「', '」']) {
        return Wrong::WideQuotes;
    }
    let Some((key, value)) = line.split_once('=') else { return generic() };
    let key = shown(key.trim());
    if line.matches('"').count() % 2 == 1 {
        return Wrong::OpenQuote;
    }
    let value = value.split('#').next().unwrap_or_default().trim();
    if key.is_empty() || value.is_empty() || value.starts_with(['"', '\'', '[', '{']) {
        return generic();
    }
    explain_value(key, value)
}

/// What was written, as it can be repeated: no file moves a terminal's cursor.
fn shown(written: &str) -> String {
    written.chars().filter(|character| !character.is_control()).take(SHOWN_CHARACTERS).collect()
}

/// A value without quotes that is no number, flag or day.
fn explain_value(key: String, value: &str) -> Wrong {
    let folded = fold(value);
    let digits: String = folded.chars().take_while(char::is_ascii_digit).collect();
    let rest = folded[digits.len()..].trim();
    let written = shown(&value.replace('"', ""));
    if matches!(folded.to_lowercase().as_str(), "はい" | "yes" | "on") {
        return Wrong::WordForFlag { key, written, flag: "true" };
    }
    if matches!(folded.to_lowercase().as_str(), "いいえ" | "no" | "off") {
        return Wrong::WordForFlag { key, written, flag: "false" };
    }
    let is_telephone = folded.starts_with('+') || folded.starts_with('0') || rest.starts_with(['-', '(']);
    if is_telephone && folded.chars().filter(char::is_ascii_digit).count() > 4 {
        return Wrong::NumberNotQuoted { key };
    }
    if !digits.is_empty() && digits.len() < 10 && rest.chars().count() <= 2 {
        return Wrong::NotPlainNumber { key, written, number: digits };
    }
    Wrong::TextNotQuoted { key, written }
}

/// The line above with the same section or key.
fn twice(lines: &[String], place: usize) -> Option<Wrong> {
    let name = |line: &str| match line.trim() {
        header if header.starts_with('[') => header.split(']').next().map(|name| format!("{name}]")),
        entry => entry.split_once('=').map(|(key, _)| key.trim().to_owned()),
    };
    let wanted = name(&lines[place])?;
    // A key is twice in its own section; a section is twice in the policy.
    let is_section = wanted.starts_with('[');
    let above = lines[..place].iter().enumerate().rev();
    let mut above = above.take_while(|(_, line)| is_section || !is_header(line));
    let earlier = above.find(|(_, line)| name(line).as_ref() == Some(&wanted))?.0;
    Some(Wrong::WrittenTwice { written: shown(&wanted), earlier: u32::try_from(earlier + 1).ok()? })
}

/// A line without its quoted texts and its comment.
fn outside_quotes(line: &str) -> String {
    let mut quote = None;
    let mut outside = String::new();
    for character in line.chars() {
        match quote {
            Some(open) if character == open => quote = None,
            Some(_) => {}
            None if matches!(character, '"' | '\'') => quote = Some(character),
            None if character == '#' => break,
            None => outside.push(character),
        }
    }
    outside
}

#[cfg(test)]
mod tests;
