//! What a sidecar or S3 user metadata gives: texts by name, not yet understood.

use std::collections::BTreeMap;
use std::fmt;

use data_encoding::BASE64;
use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::Value;

use crate::calllog::Row;

/// 128 bytes of a fact: what listing projects of a recording stays under 1 KB.
const FACT_LIMIT_BYTES: usize = 128;

/// The name of the caller's objection 録音拒否.
const OBJECTION: &str = "objection";

/// 32 names kept aside: twice what the recorders seen write; more are counted.
const ASIDE_LIMIT_NAMES: usize = 32;

/// 64 characters of a name kept aside.
const ASIDE_NAME_LIMIT_CHARACTERS: usize = 64;

/// 256 characters of a value kept aside: enough to recognise it.
const ASIDE_VALUE_LIMIT_CHARACTERS: usize = 256;

/// The facts a sidecar or metadata can give, each as its text; under the names of FORMATS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) call_id: Option<String>,
    pub(super) started_at: Option<String>,
    pub(super) direction: Option<String>,
    pub(super) counterpart: Option<String>,
    pub(super) our_number: Option<String>,
    pub(super) extension: Option<String>,
    pub(super) queue: Option<String>,
    pub(super) staff: Option<String>,
    pub(super) notice: Option<String>,
    pub(super) linked_id: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) objection: Option<String>,
    /// The calling side; only where a source names the field that gives it.
    pub(super) caller: Option<String>,
    /// The called side, likewise.
    pub(super) called: Option<String>,
}

impl Given {
    fn slot(&mut self, name: &str) -> Option<&mut Option<String>> {
        Some(match name {
            "call_id" => &mut self.call_id,
            "started_at" => &mut self.started_at,
            "direction" => &mut self.direction,
            "counterpart" => &mut self.counterpart,
            "our_number" => &mut self.our_number,
            "extension" => &mut self.extension,
            "queue" => &mut self.queue,
            "staff" => &mut self.staff,
            "notice" => &mut self.notice,
            "linked_id" => &mut self.linked_id,
            "kind" => &mut self.kind,
            OBJECTION => &mut self.objection,
            "caller" => &mut self.caller,
            "called" => &mut self.called,
            _ => return None,
        })
    }

    /// Whether a member of a sidecar, by its own name or by the one its source gives it, is the objection.
    fn is_objection(name: &str, facts: &[&str]) -> bool {
        facts.contains(&OBJECTION) || (facts.is_empty() && name.eq_ignore_ascii_case(OBJECTION))
    }

    /// Takes one text under one of FORMATS' names.
    fn take(&mut self, name: &str, text: &str, aside: &mut Aside) {
        // `call-id`, `Call_Id`: one name. Metadata comes with hyphens, a sidecar with underscores.
        let known = name.to_ascii_lowercase().replace('-', "_");
        let is_ours = !["caller", "called"].contains(&known.as_str()) && self.slot(&known).is_some();
        if is_ours {
            self.take_fact(&known, text, &known, aside);
        } else {
            aside.keep(name, text.trim());
        }
    }

    /// Takes a fact's text, which stood under a name. Of a fact given twice the first stands. An empty text
    /// gives nothing.
    fn take_fact(&mut self, fact: &str, text: &str, name: &str, aside: &mut Aside) {
        let text = text.trim();
        match self.slot(fact) {
            Some(_) if text.is_empty() => {}
            // A NUL would make two call ids one, a cut would too: what does not fit is not a fact.
            Some(slot) if slot.is_none() && text.len() <= FACT_LIMIT_BYTES && !text.contains(char::is_control) => {
                *slot = Some(text.to_owned());
            }
            _ => aside.keep(name, text),
        }
    }

    /// Reads a sidecar; `fields` are those that a source names, by the fact each gives. What is no JSON
    /// object is kept aside under `sidecar`, as is what was too large.
    pub(super) fn of_sidecar(text: Option<&str>, fields: &BTreeMap<String, String>, aside: &mut Aside) -> Self {
        let mut given = Self::default();
        let Some(text) = text else {
            aside.keep("sidecar", "too large, or not UTF-8");
            return given;
        };
        let Ok(members) = serde_json::from_str::<Members>(text.trim_start_matches('\u{feff}')) else {
            aside.keep("sidecar", "not a JSON object");
            return given;
        };
        // A source's own paths first: what it names is surer than what a member happens to be called.
        for (fact, path) in fields {
            if let Some(text) = members.at_path(path).and_then(|value| text_of(value, true)) {
                given.take_fact(fact, &text, path, aside);
            }
        }
        for (name, value) in members.0 {
            let facts: Vec<&str> =
                fields.iter().filter(|(_, field)| **field == name).map(|(fact, _)| fact.as_str()).collect();
            // Whether there was an objection is the one fact that is no text.
            let flag = value.as_bool().filter(|_| Self::is_objection(&name, &facts)).map(|flag| flag.to_string());
            match flag.or_else(|| text_of(&value, !facts.is_empty())) {
                _ if value.is_null() => {}
                None => aside.keep(&name, &value.to_string()),
                Some(text) if facts.is_empty() => given.take(&name, &text, aside),
                Some(text) => facts.iter().for_each(|fact| given.take_fact(fact, &text, &name, aside)),
            }
        }
        given
    }

    /// Takes a row of a call log, whose texts are bounded already. When the call began is not when its
    /// recording did, so the row's start is asked for elsewhere.
    pub(super) fn of_row(row: &Row) -> Self {
        Self {
            call_id: Some(row.call_id.clone()),
            linked_id: row.linked_id.clone(),
            direction: row.direction.map(|direction| direction.as_str().to_owned()),
            counterpart: row.counterpart.clone(),
            our_number: row.our_number.clone(),
            extension: row.extension.clone(),
            queue: row.queue.clone(),
            staff: row.agent.clone(),
            caller: row.caller.clone(),
            called: row.called.clone(),
            ..Self::default()
        }
    }

    /// Reads S3 user metadata: names without `x-amz-meta-`, values in RFC 2047 where not ASCII.
    pub(super) fn of_metadata(metadata: &BTreeMap<String, String>, aside: &mut Aside) -> Self {
        let mut given = Self::default();
        for (name, value) in metadata {
            given.take(name, &decode_words(value), aside);
        }
        given
    }
}

/// A value's text: a whole number's digits are one. A list is one only where a source names its field, and
/// only with a single text in it: of several nobody can say which.
fn text_of(value: &Value, of_named_field: bool) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.is_u64() => Some(number.to_string()),
        Value::Array(items) if of_named_field => match items.as_slice() {
            [Value::String(text)] => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// What was given and means nothing here: shown, never dropped without a word.
#[derive(Debug, Default)]
pub(super) struct Aside {
    entries: Vec<(String, String)>,
    left_out: usize,
}

impl Aside {
    /// Keeps a name and its value, cut to a length.
    pub(super) fn keep(&mut self, name: &str, value: &str) {
        if self.entries.len() < ASIDE_LIMIT_NAMES {
            let entry = (cut(name, ASIDE_NAME_LIMIT_CHARACTERS), cut(value, ASIDE_VALUE_LIMIT_CHARACTERS));
            self.entries.push(entry);
        } else {
            self.left_out += 1;
        }
    }

    /// The entries, and how many more there were.
    pub(super) fn finish(mut self) -> Vec<(String, String)> {
        if self.left_out > 0 {
            self.entries.push(("…".to_owned(), format!("{} more", self.left_out)));
        }
        self.entries
    }
}

fn cut(text: &str, limit_characters: usize) -> String {
    let mut shown: String = text
        .chars()
        .take(limit_characters)
        .map(|character| if character.is_control() { char::REPLACEMENT_CHARACTER } else { character })
        .collect();
    if text.chars().nth(limit_characters).is_some() {
        shown.push('…');
    }
    shown
}

/// A JSON object's members in their order, names that come twice included: a map would let the last one
/// win in silence.
struct Members(Vec<(String, Value)>);

impl Members {
    /// What a path into the object leads to: `calls[0].phone_number`. A member's plain name is no path.
    fn at_path(&self, path: &str) -> Option<&Value> {
        let end = path.find(['.', '['])?;
        let (name, mut rest) = path.split_at(end);
        if self.0.iter().any(|(member, _)| member == path) {
            return None;
        }
        let mut value = self.0.iter().find(|(member, _)| member == name).map(|(_, value)| value)?;
        while !rest.is_empty() {
            if let Some(behind) = rest.strip_prefix('[') {
                let (index, behind) = behind.split_once(']')?;
                value = value.get(index.parse::<usize>().ok()?)?;
                rest = behind;
            } else {
                let behind = rest.strip_prefix('.')?;
                let (member, behind) = behind.split_at(behind.find(['.', '[']).unwrap_or(behind.len()));
                value = value.get(member)?;
                rest = behind;
            }
        }
        Some(value)
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

/// Decodes the encoded words of RFC 2047, `=?UTF-8?B?…?=` and `=?UTF-8?Q?…?=`, in UTF-8 or ASCII: S3
/// writes no other. What is not one, or can't be decoded, stays as it is.
fn decode_words(text: &str) -> String {
    let mut decoded = String::new();
    let mut rest = text;
    let mut after_word = false;
    while let Some(start) = rest.find("=?") {
        let (before, tail) = rest.split_at(start);
        // Between two encoded words white space only folds the line.
        if !(after_word && before.trim().is_empty()) {
            decoded.push_str(before);
        }
        if let Some((word, behind)) = encoded_word(tail) {
            decoded.push_str(&word);
            rest = behind;
            after_word = true;
        } else {
            decoded.push_str("=?");
            rest = &tail[2..];
            after_word = false;
        }
    }
    decoded.push_str(rest);
    decoded
}

/// The text of the encoded word that `tail` begins with, and what stands behind it.
fn encoded_word(tail: &str) -> Option<(String, &str)> {
    let mut parts = tail.strip_prefix("=?")?.splitn(3, '?');
    let (charset, encoding, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let (encoded, behind) = rest.split_once("?=")?;
    // RFC 2231 lets a language follow the charset.
    let charset = charset.split('*').next()?;
    if !["utf-8", "utf8", "us-ascii"].iter().any(|known| charset.eq_ignore_ascii_case(known)) {
        return None;
    }
    let bytes = match encoding {
        "B" | "b" => BASE64.decode(encoded.as_bytes()).ok()?,
        "Q" | "q" => quoted(encoded)?,
        _ => return None,
    };
    Some((String::from_utf8(bytes).ok()?, behind))
}

fn quoted(encoded: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'_' => b' ',
            b'=' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            other => other,
        });
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sidecar(text: &str) -> (Given, Vec<(String, String)>) {
        let mut aside = Aside::default();
        let given = Given::of_sidecar(Some(text), &BTreeMap::new(), &mut aside);
        (given, aside.finish())
    }

    fn entry(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn words_of_rfc_2047_are_decoded_and_anything_else_is_left() {
        for (text, expected) in [
            ("plain", "plain"),
            ("=?UTF-8?B?44K144Od44O844OI56qT5Y+j?=", "サポート窓口"),
            ("=?utf-8?q?=E4=BD=90=E8=97=A4_=E8=8A=B1=E5=AD=90?=", "佐藤 花子"),
            ("=?UTF-8?B?44K144Od44O844OI?= =?UTF-8?B?56qT5Y+j?=", "サポート窓口"),
            ("a =?UTF-8?Q?b?= c", "a b c"),
            ("=?UTF-8*ja?Q?b?=", "b"),
            ("=?UTF-8?B?!!!?=", "=?UTF-8?B?!!!?="),
            ("=?UTF-8?Q?=4?=", "=?UTF-8?Q?=4?="),
            ("=?UTF-8?Q?=FF?=", "=?UTF-8?Q?=FF?="),
            ("=?x-unheard-of?Q?b?=", "=?x-unheard-of?Q?b?="),
            ("=?=?=?", "=?=?=?"),
        ] {
            assert_eq!(decode_words(text), expected);
        }
    }

    #[test]
    fn metadata_names_come_with_hyphens_or_underscores() {
        let metadata =
            [("call-id", "a"), ("linked_id", "b"), ("Queue", "=?UTF-8?B?44K144Od44O844OI56qT5Y+j?="), ("mtime", "1")]
                .map(|(name, value)| entry(name, value));
        let mut aside = Aside::default();
        let given = Given::of_metadata(&BTreeMap::from(metadata), &mut aside);
        assert_eq!(given.call_id.as_deref(), Some("a"));
        assert_eq!(given.linked_id.as_deref(), Some("b"));
        assert_eq!(given.queue.as_deref(), Some("サポート窓口"));
        assert_eq!(aside.finish(), [entry("mtime", "1")]);
    }

    #[test]
    fn of_a_name_given_twice_the_first_stands_and_the_other_is_shown() {
        let (given, aside) = sidecar(r#"{"call_id": "a", "call-id": "b", "call_id": "c"}"#);
        assert_eq!(given.call_id.as_deref(), Some("a"));
        assert_eq!(aside, [entry("call_id", "b"), entry("call_id", "c")]);
    }

    #[test]
    fn what_is_no_text_is_shown_and_not_believed_but_whole_numbers_are_text() {
        let (given, aside) = sidecar(
            r#"{"extension": 201, "queue": 6.5, "staff": ["sato"], "notice": true, "kind": null, "other": {"a": 1}}"#,
        );
        assert_eq!(given, Given { extension: Some("201".to_owned()), ..Given::default() });
        assert_eq!(
            aside,
            [entry("queue", "6.5"), entry("staff", "[\"sato\"]"), entry("notice", "true"), entry("other", "{\"a\":1}")]
        );
    }

    #[test]
    fn a_source_names_the_fields_of_its_sidecars_and_formats_own_names_count_beside_them() {
        let fields =
            [("call_id", "conversationId"), ("linked_id", "conversationId"), ("staff", "userIds"), ("caller", "ani")];
        let fields = fields.map(|(fact, field)| entry(fact, field)).into();
        let read = |text: &str| {
            let mut aside = Aside::default();
            let given = Given::of_sidecar(Some(text), &fields, &mut aside);
            (given, aside.finish())
        };
        let text = r#"{"conversationId": "c", "userIds": ["sato"], "ani": "tel:110", "queue": "600", "caller": "x", "call_id": "d"}"#;
        let (given, aside) = read(text);
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            given,
            Given {
                call_id: some("c"),
                linked_id: some("c"),
                staff: some("sato"),
                caller: some("tel:110"),
                queue: some("600"),
                ..Given::default()
            }
        );
        assert_eq!(aside, [entry("caller", "x"), entry("call_id", "d")]);
        let (given, aside) = read(r#"{"userIds": ["sato", "suzuki"], "conversationId": [1], "ani": null}"#);
        assert_eq!(given, Given::default());
        assert_eq!(aside, [entry("userIds", "[\"sato\",\"suzuki\"]"), entry("conversationId", "[1]")]);
    }

    #[test]
    fn a_source_names_fields_by_their_path() {
        let read = |fields: &[(&str, &str)], text: &str| {
            let fields = fields.iter().map(|(fact, field)| entry(fact, field)).collect();
            Given::of_sidecar(Some(text), &fields, &mut Aside::default())
        };
        // As BCR writes it, beside the audio of a telephone.
        let text = r#"{"timestamp": "2026-11-20T10:10:07.881+09:00", "direction": "in",
            "calls": [{"phone_number": "+819000001907", "caller_name": null}, {"phone_number": 5}], "a.b": "c"}"#;
        let counterpart = |path: &str| read(&[("counterpart", path)], text).counterpart;
        assert_eq!(counterpart("calls[0].phone_number").as_deref(), Some("+819000001907"));
        assert_eq!(counterpart("calls[1].phone_number").as_deref(), Some("5"));
        assert_eq!(counterpart("a.b").as_deref(), Some("c"), "a member's own name");
        for path in [
            "calls[2].phone_number",
            "calls[0].caller_name",
            "calls[0]",
            "calls[x].phone_number",
            "calls[0]phone_number",
            "calls[0",
            "calls.phone_number",
            ".calls",
            "[0]",
            "calls[0].",
        ] {
            assert_eq!(counterpart(path), None, "{path}");
        }
        let given = read(&[("started_at", "timestamp"), ("counterpart", "calls[0].phone_number")], text);
        assert_eq!(given.started_at.as_deref(), Some("2026-11-20T10:10:07.881+09:00"));
        assert_eq!(given.direction.as_deref(), Some("in"), "FORMATS' own names count beside them");
        let given = read(&[("queue", "q[0]")], r#"{"queue": "601", "q": ["600"]}"#);
        assert_eq!(given.queue.as_deref(), Some("600"), "what the source names is surer");
    }

    #[test]
    fn a_sidecar_that_is_no_object_is_shown_as_such() {
        for text in ["", "[]", "null", "\"a\"", "{", "{} {}", "{'call_id': 1}", &"[".repeat(60_000)] {
            assert_eq!(sidecar(text), (Given::default(), vec![entry("sidecar", "not a JSON object")]));
        }
        let mut aside = Aside::default();
        assert_eq!(Given::of_sidecar(None, &BTreeMap::new(), &mut aside), Given::default());
        assert_eq!(aside.finish(), [entry("sidecar", "too large, or not UTF-8")]);
    }

    #[test]
    fn a_byte_order_mark_before_the_object_is_no_fault() {
        assert_eq!(sidecar("\u{feff}{\"call_id\": \"a\"}").0.call_id.as_deref(), Some("a"));
    }

    #[test]
    fn a_fact_that_is_too_long_or_holds_control_characters_is_shown_cut_and_not_believed() {
        let long = "x".repeat(100_000);
        let (given, aside) = sidecar(&format!(r#"{{"call_id": "{long}", "queue": "a\u0000b"}}"#));
        assert_eq!(given, Given::default());
        assert_eq!(aside, [entry("call_id", &format!("{}…", "x".repeat(256))), entry("queue", "a\u{fffd}b")]);
    }

    #[test]
    fn more_than_32_unknown_names_are_counted() {
        let members: Vec<String> = (0..40).map(|number| format!("\"name{number}\": \"\"")).collect();
        let (_, aside) = sidecar(&format!("{{{}}}", members.join(",")));
        assert_eq!(aside.len(), 33);
        assert_eq!(aside.last(), Some(&entry("…", "8 more")));
    }

    proptest! {
        #[test]
        fn nothing_written_makes_it_panic(text in any::<String>(), value in "[=?UTF8utf\\-BQbq_a-z0-9+/ ]{0,40}") {
            sidecar(&text);
            sidecar(&format!("{{\"call_id\": {text}}}"));
            decode_words(&text);
            decode_words(&value);
            let members = Members(vec![(text.clone(), Value::Array(vec![Value::Null]))]);
            members.at_path(&value);
            members.at_path(&format!("{text}[0].{value}"));
        }
    }
}
