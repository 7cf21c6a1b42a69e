//! Trying a source before it is published: what each of some keys would give.

use std::cell::OnceCell;

use jiff::Timestamp;
use regex::Regex;
use regex_syntax::ast::{self, Ast, GroupKind};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::facts::{Direction, QuarantineReason};
use crate::language::Language;
use crate::merge::understand_name;
use crate::object::ObjectKey;
use crate::rulebook::{Rulebook, Wrong};
use crate::source::clue::Clue;
use crate::source::pattern::{behind_folders, compile, part};
use crate::source::time::{BEGAN_BEFORE, MONTHS};
use crate::source::{Began, Definition, Flaw, NameFacts, Source, ZoneRule};

/// 100 keys: enough of every kind of call, few enough for one answer.
pub const TRIAL_KEYS_LIMIT: usize = 100;

/// The name and prefix of a definition that is tried without: its keys are relative to a prefix to come.
const TRIAL_NAME: &str = "trial";
const TRIAL_PREFIX: &str = "trial/";

/// What one key would give.
#[derive(Clone, Serialize)]
pub struct Tried {
    /// The key, as it was handed in.
    pub key: String,
    /// Its facts, or why there are none.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What comes out of one key.
#[derive(Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Its facts.
    Gives(Box<Gives>),
    /// Why it would be in quarantine.
    Fails(Missed),
}

/// The facts of a name, as texts; what it does not say is left out. They hold a number and are for the
/// answer alone.
#[derive(Clone, Default, Serialize, JsonSchema)]
pub struct Gives {
    /// The source's name.
    pub source: String,
    /// The PBX's id of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_id: Option<String>,
    /// RFC 3339, in the company's zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// Where there is no start: a call log or sidecar gives it, but not before this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<String>,
    /// And only before this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The kind of call, in the source's own word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Which way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// E.164, or why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counterpart: Option<String>,
    /// Our number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub our_number: Option<String>,
    /// Our line's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// Our extension.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
    /// The queue or ring group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// The member of staff, by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staff: Option<String>,
    /// The team.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// The class it would be kept under.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention_class: Option<String>,
    /// What the name says of its time and no part of the pattern takes. Where it would make the start another,
    /// `started_at` is left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// Why a key gives nothing.
#[derive(Clone, Serialize, JsonSchema)]
pub struct Missed {
    /// FORMATS' word for it.
    pub reason: QuarantineReason,
    /// The part of the pattern that failed, by its name, or as it is written where it has none; none where
    /// the pattern ends before the name does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// What of the name, behind the prefix, was left when it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rest: Option<String>,
    /// What to do about it.
    pub fix: String,
}

/// Tries a source on some keys. `body` has the fields of a [`Definition`] and `keys`; without `prefix` the keys
/// are what follows it. The start's day is looked up in the rulebook as it stands. How to fix a key is told in
/// the language.
///
/// # Errors
/// Everything that is wrong with the definition; more than 100 keys, or one over 1,024 bytes.
pub fn try_keys(body: Value, rulebook: &Rulebook, language: Language) -> Result<Vec<Tried>, Vec<Flaw>> {
    let (keys, definition) = split(body)?;
    let is_relative = definition.prefix.is_none();
    let definition = Definition {
        name: definition.name.or_else(|| Some(TRIAL_NAME.to_owned())),
        prefix: definition.prefix.or_else(|| Some(TRIAL_PREFIX.into())),
        ..definition
    };
    let source = definition.source()?;
    let stages = Stages::of(&source.pattern);
    let of_key = |key: String| {
        let full = ObjectKey::new(if is_relative { format!("{TRIAL_PREFIX}{key}") } else { key.clone() });
        let outcome = match source.read(&full, &rulebook.zone) {
            Ok(name) => {
                let mut gives = gives(&source, &name, rulebook);
                doubt(&source, &full, &name, rulebook, language, &mut gives);
                Outcome::Gives(Box::new(gives))
            }
            Err(reason) => Outcome::Fails(missed(&source, &full, reason, &stages, language)),
        };
        Tried { key, outcome }
    };
    Ok(keys.into_iter().map(of_key).collect())
}

fn split(mut body: Value) -> Result<(Vec<String>, Definition), Vec<Flaw>> {
    let flaw = |field, wrong| vec![Flaw { field, kind: None, wrong }];
    let keys = body.as_object_mut().and_then(|members| members.remove("keys")).unwrap_or_default();
    let keys: Vec<String> = serde_json::from_value(keys).map_err(|_| flaw("keys", Wrong::KeysNotTexts))?;
    if keys.len() > TRIAL_KEYS_LIMIT {
        return Err(flaw("keys", Wrong::TooManyKeys { count: keys.len(), limit: TRIAL_KEYS_LIMIT }));
    }
    if keys.iter().any(|key| key.len() > ObjectKey::LIMIT_BYTES) {
        return Err(flaw("keys", Wrong::KeyTooLong { limit_bytes: ObjectKey::LIMIT_BYTES }));
    }
    let definition = serde_json::from_value(body)
        .map_err(|error| flaw("definition", Wrong::NotADefinition { said: error.to_string() }))?;
    Ok((keys, definition))
}

fn gives(source: &Source, name: &NameFacts, rulebook: &Rulebook) -> Gives {
    let shown =
        |at: Timestamp| at.to_zoned_datetime(rulebook.zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    let (at, within) = match &name.began {
        Began::At { at, .. } => (*at, None),
        Began::Within(range) => (range.start.checked_add(BEGAN_BEFORE).unwrap_or(range.start), Some(range)),
        Began::Unsaid => {
            return Gives {
                source: source.name.clone(),
                call_id: name.call_id.clone(),
                kind: name.kind.clone(),
                queue: name.queue.clone(),
                extension: name.extension.clone(),
                ..Gives::default()
            };
        }
    };
    let facts = understand_name(&source.name, name, at, rulebook);
    let is_known = facts.direction != Direction::Unknown;
    Gives {
        source: facts.source,
        call_id: facts.call_id,
        started_at: within.is_none().then(|| shown(at)),
        not_before: within.map(|range| shown(range.start)),
        before: within.map(|range| shown(range.end)),
        kind: facts.kind,
        direction: is_known.then_some(facts.direction),
        counterpart: Some(String::from(facts.counterpart)).filter(|text| text != "unknown"),
        our_number: facts.our_number.map(String::from),
        line: facts.line,
        extension: facts.extension,
        queue: facts.queue,
        staff: facts.staff,
        team: facts.team,
        retention_class: Some(facts.class.class().to_owned()),
        warnings: Vec::new(),
    }
}

/// Warns of an AM or PM, or an offset, that the name has beside its time and the pattern does not name.
fn doubt(
    source: &Source,
    key: &ObjectKey,
    name: &NameFacts,
    rulebook: &Rulebook,
    language: Language,
    gives: &mut Gives,
) {
    let Some((text, pattern)) = source.name_in(key).and_then(|name| source.fitting(name)) else { return };
    let Some(parts) = pattern.captures(&text) else { return };
    let clues = source.clues(pattern, &parts, &text);
    if clues.half.is_some() {
        gives.warnings.push(
            language
                .choose(
                    "AM or PM stands beside the time, and was read. Name it in the pattern: (?P<meridiem>[AP]M).",
                    "時刻の隣にある AM・PM（午前・午後）を読み取りました。ファイル名の形式に (?P<meridiem>[AP]M) と書いてください。",
                )
                .to_owned(),
        );
    }
    let (Some(Clue { value, is_sure }), Began::At { at, .. }) = (clues.offset, &name.began) else { return };
    let is_read = is_sure && source.zone == ZoneRule::Company;
    let is_the_zones = match &source.zone {
        ZoneRule::Company => rulebook.zone.to_offset(*at) == value,
        ZoneRule::Fixed(zone) => zone.to_offset(*at) == value,
        ZoneRule::Epoch => true,
    };
    if is_read {
        gives.warnings.push(
            language
                .choose(
                    "An offset stands beside the time, and was read. Name it in the pattern: (?P<offset>[+-][0-9]{4}).",
                    "時刻の隣にある時差を読み取りました。ファイル名の形式に (?P<offset>[+-][0-9]{4}) と書いてください。",
                )
                .to_owned(),
        );
    } else if !is_the_zones {
        gives.started_at = None;
        gives.warnings.push(
            language
                .choose(
                    "What stands beside the time may be an offset, and was not read: the start would be hours off. \
                     Name it in the pattern: (?P<offset>[+-][0-9]{4}), or take it into another part.",
                    "時刻の隣に時差らしいものがあり、読み取っていません。開始時刻が何時間もずれるおそれがあります。\
                     ファイル名の形式に (?P<offset>[+-][0-9]{4}) と書くか、ほかの部分に含めてください。",
                )
                .to_owned(),
        );
    }
}

fn missed(source: &Source, key: &ObjectKey, reason: QuarantineReason, stages: &Stages, language: Language) -> Missed {
    let Some(name) = source.name_in(key) else {
        let fix = match language {
            Language::English => {
                let prefixes = source.prefixes.join("` or `");
                format!("It does not lie under `{prefixes}`: change the prefix, or try keys that do.")
            }
            Language::Japanese => {
                let prefixes = source.prefixes.join("」「");
                format!("「{prefixes}」の下にありません。prefix を変えるか、その下のファイル名を試してください。")
            }
        };
        return Missed { reason: QuarantineReason::NoSourceMatches, part: None, rest: None, fix };
    };
    let fitting = source.fitting(name);
    let Some(parts) = fitting.as_ref().and_then(|(name, pattern)| pattern.captures(name)) else {
        let (part, rest) = stages.furthest(name);
        let fix = match (&part, language) {
            (Some(part), Language::English) => {
                format!("Up to here the name fits; then `{part}` does not: compare it with the rest.")
            }
            (Some(part), Language::Japanese) => {
                format!("「{part}」の前までは形式に合い、そこから合いません。ファイル名の残りと見比べてください。")
            }
            (None, Language::English) => {
                "The pattern ends here, and the name goes on: let the pattern take the rest.".to_owned()
            }
            (None, Language::Japanese) => {
                "形式はここで終わりますが、ファイル名にはまだ続きがあります。続きも形式に含めてください。".to_owned()
            }
        };
        return Missed { reason, part, rest: Some(rest.to_owned()), fix };
    };
    let (failed, english, japanese) = match reason {
        QuarantineReason::ImpossibleDate => (
            Some(impossible_part(&parts)),
            "No calendar has this date: look which digits each part takes.",
            "存在しない日時です。各部分がどの数字を読み取るかを確認してください。",
        ),
        QuarantineReason::Zone => (
            Some("epoch"),
            "The local time and the epoch differ by no zone: look which digits each part takes, or name the zone.",
            "日時と epoch の差が、どのタイムゾーンにも合いません。各部分がどの数字を読み取るかを確認するか、タイムゾーンを書いてください。",
        ),
        _ if source.kind(&parts).is_none() => (
            Some("type"),
            "Write a kind for this value, or one without `type`.",
            "この値の kind を書くか、type を書かない kind を加えてください。",
        ),
        _ => (
            None,
            "A part holds more than 128 bytes or a control character: take less into it.",
            "128 バイトより長いか、使えない文字を含む部分があります。読み取る範囲を狭くしてください。",
        ),
    };
    Missed {
        reason,
        part: failed.map(str::to_owned),
        rest: failed.and_then(|failed| part(&parts, failed)).map(str::to_owned),
        fix: language.choose(english, japanese).to_owned(),
    }
}

/// The part of a time that no calendar or clock has, as far as one part can be told; else the day.
fn impossible_part(parts: &regex::Captures<'_>) -> &'static str {
    let number = |name: &str| part(parts, name).map(|text| text.parse::<i64>().ok());
    let month_is_named = part(parts, "month").is_some_and(|text| {
        let text = text.to_ascii_lowercase();
        MONTHS.iter().any(|month| *month == text || month[..3] == text)
    });
    let ranges = [("month", 1..=12), ("day", 1..=31), ("hour", 0..=23), ("minute", 0..=59), ("second", 0..=59)];
    ranges
        .into_iter()
        .filter(|(name, _)| !(*name == "month" && month_is_named))
        .find(|(name, range)| number(name).is_some_and(|number| number.is_none_or(|number| !range.contains(&number))))
        .map_or("day", |(name, _)| name)
}

/// A pattern cut behind each of its parts: how far a name fits tells which part fails.
struct Stages {
    pattern: String,
    /// For each element of the pattern where it begins, and how it is called.
    elements: Vec<(usize, String)>,
    /// What stands before each element, compiled when it is first asked for.
    compiled: Vec<OnceCell<Option<Regex>>>,
}

impl Stages {
    fn of(pattern: &str) -> Self {
        let mut elements: Vec<(usize, String)> = Vec::new();
        match &ast::parse::Parser::new().parse(pattern) {
            Ok(Ast::Concat(concat)) => {
                let mut after_letter = false;
                for ast in &concat.asts {
                    let is_letter = matches!(ast, Ast::Literal(_));
                    match elements.last_mut() {
                        // Letters in a row are one word.
                        Some((_, word)) if is_letter && after_letter => word.push_str(&written(ast, pattern)),
                        _ => elements.push((ast.span().start.offset, called(ast, pattern))),
                    }
                    after_letter = is_letter;
                }
            }
            Ok(ast) => elements.push((0, called(ast, pattern))),
            Err(_) => {}
        }
        Self { compiled: vec![OnceCell::new(); elements.len() + 1], pattern: pattern.to_owned(), elements }
    }

    /// The element that does not fit, and what of the name was left for it: behind the folders from which most
    /// of the pattern fits.
    fn furthest<'n>(&self, name: &'n str) -> (Option<String>, &'n str) {
        let tried = behind_folders(name).map(|name| (self.first_to_fail(name), name));
        // Of equals the first stands: the name with all its folders.
        let furthest = tried.reduce(|best, next| if next.0.0 > best.0.0 { next } else { best });
        let ((element, at), name) = furthest.unwrap_or(((0, 0), name));
        let called = self.elements.get(element).map(|(_, called)| called.clone());
        (called, name.get(at..).unwrap_or_default())
    }

    /// How many elements fit, and where in the name the next should stand.
    fn first_to_fail(&self, name: &str) -> (usize, usize) {
        // What fits up to an element fits up to every earlier one.
        let (mut fits, mut fails) = (0, self.compiled.len());
        let mut reached = 0;
        while fits + 1 < fails {
            let middle = fits.midpoint(fails);
            match self.reach(middle, name) {
                Some(end) => (fits, reached) = (middle, end),
                None => fails = middle,
            }
        }
        (fits, reached)
    }

    /// How many bytes of a name what stands before an element takes, where it fits; behind the last element
    /// that is the whole pattern.
    fn reach(&self, element: usize, name: &str) -> Option<usize> {
        let end = self.elements.get(element).map_or(self.pattern.len(), |(start, _)| *start);
        let before = &self.pattern[..end];
        // Behind it anything may follow: only how far it reaches counts.
        let stage = self.compiled.get(element)?.get_or_init(|| compile(&format!("({before})(?s:.*)")).ok());
        Some(stage.as_ref()?.captures(name)?.get(1)?.end())
    }
}

/// How an element of a pattern is called: a part by its name, anything else as it is written.
fn called(ast: &Ast, pattern: &str) -> String {
    match ast {
        Ast::Group(group) => match &group.kind {
            GroupKind::CaptureName { name, .. } => name.name.clone(),
            GroupKind::CaptureIndex(_) | GroupKind::NonCapturing(_) => written(ast, pattern),
        },
        Ast::Repetition(repetition) => match repetition.ast.as_ref() {
            named @ Ast::Group(_) => called(named, pattern),
            _ => written(ast, pattern),
        },
        _ => written(ast, pattern),
    }
}

fn written(ast: &Ast, pattern: &str) -> String {
    let span = ast.span();
    pattern[span.start.offset..span.end.offset].to_owned()
}

#[cfg(test)]
mod tests;
