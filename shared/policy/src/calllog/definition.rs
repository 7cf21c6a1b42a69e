//! The definition of a log as data, and the ones that ship.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::fact::Fact;
use super::text::{self, LengthUnit};
use crate::fault::Wrong;
use crate::object::ObjectKey;

/// Where call logs lie.
const PREFIX: &str = "calllog/";

/// 256 bytes: a quarter of S3's longest key.
pub(crate) const PREFIX_LIMIT_BYTES: usize = 256;

/// 100 characters: no heading and no word of an export is longer.
pub(crate) const WORD_LIMIT_CHARACTERS: usize = 100;

/// 1,024 columns: ten times what exports have.
pub(crate) const COLUMN_LIMIT: u16 = 1024;

/// 64 words for "answered": exports have one to three.
pub(crate) const WORDS_LIMIT: usize = 64;

/// One call log: whose calls it tells, where it lies, and how it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Log {
    /// The source whose calls it tells.
    pub source: String,
    /// The prefix of its keys, under `calllog/`, with its `/`.
    pub prefix: String,
    /// The zone of times that name none.
    pub zone: LogZone,
    /// How it is written.
    pub format: Format,
    /// Whether it ships: nobody at the company said that there is one.
    pub is_built_in: bool,
}

/// What a log's local times mean.
#[derive(Clone, Debug, PartialEq)]
pub enum LogZone {
    /// The company's zone.
    Company,
    /// One of its own; UTC too.
    Fixed(TimeZone),
}

/// How a log is written.
#[derive(Clone, Debug, PartialEq)]
pub enum Format {
    /// Asterisk's `Master.csv`: 16 to 18 columns, 19 to 21 with `newcdrcolumns = yes`; or `cdr_custom`'s.
    Asterisk,
    /// FreeSWITCH's `json_cdr`, or `mod_xml_cdr`'s XML.
    FreeSwitch,
    /// Amazon Connect's contact records.
    AmazonConnect,
    /// 3CX's CDR.
    ThreeCx {
        /// What stands between the cells.
        delimiter: char,
        /// The administrator's order; none for a column that means nothing here.
        fields: Vec<Option<ThreeCxField>>,
    },
    /// Any other CSV.
    Csv {
        /// What stands between the cells.
        delimiter: char,
        /// Where each fact stands.
        columns: BTreeMap<Fact, Column>,
        /// The words that mean answered; empty for the usual ones.
        answered_words: Vec<String>,
        /// What a plain number counts in a length of time; where it is not said, the column's heading may say it.
        length_unit: Option<LengthUnit>,
    },
}

/// A column of a CSV file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Column {
    /// By its number, from 1.
    Number(u16),
    /// By its name in the heading.
    Name(String),
}

macro_rules! three_cx_fields {
    ($($variant:ident $name:literal),+ $(,)?) => {
        /// A field of 3CX's CDR, under 3CX's own names.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[allow(missing_docs)]
        pub enum ThreeCxField { $($variant),+ }

        impl ThreeCxField {
            /// Every field, in the order 3CX documents.
            pub const ALL: [Self; 27] = [$(Self::$variant),+];

            /// 3CX's name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

three_cx_fields! {
    HistoryId "historyid",
    CallId "callid",
    Duration "duration",
    TimeStart "time-start",
    TimeAnswered "time-answered",
    TimeEnd "time-end",
    ReasonTerminated "reason-terminated",
    FromNo "from-no",
    ToNo "to-no",
    FromDn "from-dn",
    ToDn "to-dn",
    DialNo "dial-no",
    ReasonChanged "reason-changed",
    FinalNumber "final-number",
    FinalDn "final-dn",
    BillCode "bill-code",
    BillRate "bill-rate",
    BillCost "bill-cost",
    BillName "bill-name",
    Chain "chain",
    FromType "from-type",
    ToType "to-type",
    FinalType "final-type",
    FromDispname "from-dispname",
    ToDispname "to-dispname",
    FinalDispname "final-dispname",
    MissedQueueCalls "missed-queue-calls",
}

impl ThreeCxField {
    /// The field 3CX calls so.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str() == word)
    }
}

/// A log as a rulebook writes it, unchecked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogDefinition {
    /// The prefix of its keys: `calllog/…/`.
    pub prefix: String,
    /// `asterisk`, `freeswitch`, `amazon-connect`, `3cx` or `csv`.
    pub format: String,
    /// `company` (the default), `UTC`, or a zone's IANA name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// What stands between the cells of `3cx` and `csv`: `,` (the default), `;` or a tab.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<String>,
    /// The order of 3CX's fields; an empty name for a column that means nothing here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<String>>,
    /// Where each fact of a `csv` stands, by name in the heading or by number from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<BTreeMap<String, Column>>,
    /// The words in the column `answered` that mean answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_words: Option<Vec<String>>,
    /// What a plain number counts in `talk_seconds` and `duration_seconds`: `seconds` (the default) or `minutes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length_unit: Option<String>,
}

/// What is wrong with a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFault {
    /// The key of the definition.
    pub field: &'static str,
    /// What.
    pub wrong: Wrong,
}

struct Faults(Vec<LogFault>);

impl Faults {
    fn add(&mut self, field: &'static str, wrong: Wrong) {
        self.0.push(LogFault { field, wrong });
    }
}

impl LogDefinition {
    /// The log, for a source.
    ///
    /// # Errors
    /// Every fault, each with how to fix it.
    pub fn check(&self, source: &str) -> Result<Log, Vec<LogFault>> {
        let mut faults = Faults(Vec::new());
        self.check_prefix(&mut faults);
        let zone = self.zone(&mut faults);
        let delimiter = self.delimiter(&mut faults);
        let format = match self.format.as_str() {
            "asterisk" => Some(Format::Asterisk),
            "freeswitch" => Some(Format::FreeSwitch),
            "amazon-connect" => Some(Format::AmazonConnect),
            "3cx" => Some(Format::ThreeCx { delimiter, fields: self.three_cx_fields(&mut faults) }),
            "csv" => {
                let columns = self.csv_columns(&mut faults);
                Some(Format::Csv {
                    delimiter,
                    columns,
                    answered_words: self.answered_words.clone().unwrap_or_default(),
                    length_unit: self.length_unit(&mut faults),
                })
            }
            _ => None,
        };
        if let Some(format) = &format {
            self.check_what_belongs(format, &mut faults);
        } else {
            faults.add("format", Wrong::NoSuchFormat);
        }
        match format {
            Some(format) if faults.0.is_empty() => {
                Ok(Log { source: source.to_owned(), prefix: self.prefix.clone(), zone, format, is_built_in: false })
            }
            _ => Err(faults.0),
        }
    }

    fn check_prefix(&self, faults: &mut Faults) {
        let inner = self.prefix.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix('/'));
        let fits = inner.is_some_and(|inner| {
            !inner.split('/').any(|folder| folder.is_empty() || folder == "." || folder == "..")
                && !inner.contains(char::is_control)
                && self.prefix.len() <= PREFIX_LIMIT_BYTES
        });
        if !fits {
            faults.add("prefix", Wrong::NotALogPrefix { limit_bytes: PREFIX_LIMIT_BYTES });
        }
    }

    fn zone(&self, faults: &mut Faults) -> LogZone {
        match self.zone.as_deref() {
            None | Some("company") => LogZone::Company,
            Some(name) if name.eq_ignore_ascii_case("UTC") => LogZone::Fixed(TimeZone::UTC),
            Some(name) => TimeZone::get(name).map_or_else(
                |_| {
                    faults.add("zone", Wrong::NoSuchLogZone { zone: name.to_owned() });
                    LogZone::Company
                },
                LogZone::Fixed,
            ),
        }
    }

    fn delimiter(&self, faults: &mut Faults) -> char {
        match self.delimiter.as_deref() {
            None | Some(",") => ',',
            Some(";") => ';',
            Some("\t" | "tab") => '\t',
            Some(_) => {
                faults.add("delimiter", Wrong::NotADelimiter);
                ','
            }
        }
    }

    fn length_unit(&self, faults: &mut Faults) -> Option<LengthUnit> {
        let word = self.length_unit.as_deref()?;
        let unit = LengthUnit::from_word(text::trim(word));
        if unit.is_none() {
            faults.add("length_unit", Wrong::NoSuchLengthUnit);
        }
        unit
    }

    fn three_cx_fields(&self, faults: &mut Faults) -> Vec<Option<ThreeCxField>> {
        let Some(names) = &self.fields else {
            return ThreeCxField::ALL.into_iter().map(Some).collect();
        };
        let mut fields: Vec<Option<ThreeCxField>> = Vec::new();
        for name in names.iter().take(usize::from(COLUMN_LIMIT)) {
            let field = ThreeCxField::from_word(text::trim(name));
            if field.is_none() && !text::trim(name).is_empty() {
                let known: Vec<&str> = ThreeCxField::ALL.into_iter().map(ThreeCxField::as_str).collect();
                faults.add(
                    "fields",
                    Wrong::NoFieldOf3cx {
                        name: name.chars().take(WORD_LIMIT_CHARACTERS).collect(),
                        known: known.join(", "),
                    },
                );
            }
            if field.is_some() && fields.contains(&field) {
                faults.add("fields", Wrong::FieldTwice { name: field.map_or("", ThreeCxField::as_str) });
            }
            fields.push(field);
        }
        let has = |field| fields.contains(&Some(field));
        if !has(ThreeCxField::TimeStart) || !(has(ThreeCxField::HistoryId) || has(ThreeCxField::CallId)) {
            faults.add("fields", Wrong::FieldsMissing);
        }
        fields
    }

    fn csv_columns(&self, faults: &mut Faults) -> BTreeMap<Fact, Column> {
        let mut columns = BTreeMap::new();
        for (name, column) in self.columns.iter().flatten() {
            let Some(fact) = Fact::from_word(name) else {
                let known: Vec<&str> = Fact::ALL.into_iter().map(Fact::as_str).collect();
                faults.add(
                    "columns",
                    Wrong::NoSuchFact {
                        name: name.chars().take(WORD_LIMIT_CHARACTERS).collect(),
                        known: known.join(", "),
                    },
                );
                continue;
            };
            let fits = match column {
                Column::Number(number) => (1..=COLUMN_LIMIT).contains(number),
                Column::Name(name) => !text::trim(name).is_empty() && name.chars().count() <= WORD_LIMIT_CHARACTERS,
            };
            if !fits {
                faults.add("columns", Wrong::NoColumn { fact: fact.as_str(), limit: COLUMN_LIMIT });
            }
            columns.insert(fact, column.clone());
        }
        let has = |fact| columns.contains_key(&fact);
        for fact in [Fact::CallId, Fact::StartedAt] {
            if !has(fact) {
                faults.add("columns", Wrong::FactMissing { fact: fact.as_str() });
            }
        }
        if ![Fact::Answered, Fact::TalkSeconds, Fact::AnsweredAt].into_iter().any(has) {
            faults.add("columns", Wrong::AnsweredMissing);
        }
        columns
    }

    fn check_what_belongs(&self, format: &Format, faults: &mut Faults) {
        let is_three_cx = matches!(format, Format::ThreeCx { .. });
        let is_csv = matches!(format, Format::Csv { .. });
        for (field, is_given, belongs) in [
            ("zone", self.zone.is_some(), *format != Format::AmazonConnect),
            ("delimiter", self.delimiter.is_some(), is_three_cx || is_csv),
            ("fields", self.fields.is_some(), is_three_cx),
            ("columns", self.columns.is_some(), is_csv),
            ("answered_words", self.answered_words.is_some(), is_csv),
            ("length_unit", self.length_unit.is_some(), is_csv),
        ] {
            if is_given && !belongs {
                faults.add(field, Wrong::NotOfThisFormat { field });
            }
        }
        let words = self.answered_words.as_deref().unwrap_or_default();
        let fits = |word: &String| !text::trim(word).is_empty() && word.chars().count() <= WORD_LIMIT_CHARACTERS;
        if words.len() > WORDS_LIMIT || !words.iter().all(fits) {
            faults.add(
                "answered_words",
                Wrong::BadAnsweredWords { limit: WORDS_LIMIT, limit_characters: WORD_LIMIT_CHARACTERS },
            );
        }
        if !words.is_empty() && !self.columns.iter().flatten().any(|(name, _)| name == Fact::Answered.as_str()) {
            faults.add("answered_words", Wrong::NoColumnOfWords);
        }
    }
}

/// The log a key is of; of two the one with the longer prefix.
pub fn find<'a>(logs: &'a [Log], key: &ObjectKey) -> Option<&'a Log> {
    logs.iter().filter(|log| key.expose().starts_with(&log.prefix)).max_by_key(|log| log.prefix.len())
}

/// The logs of a company: its own, and those that ship whose prefix and source none of its own has.
pub fn with_built_in(own: Vec<Log>) -> Vec<Log> {
    let is_replaced =
        |shipped: &Log| own.iter().any(|own| own.source == shipped.source || own.prefix == shipped.prefix);
    let mut logs: Vec<Log> = built_in().iter().filter(|shipped| !is_replaced(shipped)).cloned().collect();
    logs.extend(own);
    logs
}

/// The logs that ship.
pub fn built_in() -> &'static [Log] {
    static BUILT_IN: OnceLock<Vec<Log>> = OnceLock::new();
    BUILT_IN.get_or_init(|| {
        let log = |source: &str, folder: &str, format: Format| Log {
            source: source.to_owned(),
            prefix: format!("{PREFIX}{folder}/"),
            zone: LogZone::Company,
            format,
            is_built_in: true,
        };
        let fields = ThreeCxField::ALL.into_iter().map(Some).collect();
        vec![
            log("freepbx", "asterisk", Format::Asterisk),
            log("fusionpbx", "freeswitch", Format::FreeSwitch),
            log("amazon-connect", "amazon-connect", Format::AmazonConnect),
            log("3cx", "3cx", Format::ThreeCx { delimiter: ',', fields }),
        ]
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn definition(text: &str) -> LogDefinition {
        toml::from_str(text).unwrap()
    }

    fn fields_at_fault(text: &str) -> Vec<&'static str> {
        let faults = definition(text).check("x").unwrap_err();
        faults.into_iter().map(|fault| fault.field).collect()
    }

    const COLUMNS: &str = "columns = { call_id = 1, started_at = '開始日時', talk_seconds = 3 }\n";

    #[test]
    fn a_rulebooks_log_is_read_with_its_columns() {
        let log = definition(&format!(
            "prefix = 'calllog/biztel/'\nformat = 'csv'\nzone = 'asia/tokyo'\ndelimiter = 'tab'\n{COLUMNS}"
        ))
        .check("biztel")
        .unwrap();
        assert_eq!(log.zone, LogZone::Fixed(TimeZone::get("Asia/Tokyo").unwrap()));
        let Format::Csv { delimiter, columns, answered_words, length_unit: None } = log.format else {
            panic!("another format")
        };
        assert_eq!((delimiter, answered_words.len()), ('\t', 0));
        assert_eq!(columns[&Fact::StartedAt], Column::Name("開始日時".to_owned()));
        assert_eq!(columns[&Fact::CallId], Column::Number(1));
    }

    #[test]
    fn a_definition_survives_being_stored() {
        let definition = definition(&format!("prefix = 'calllog/x/'\nformat = 'csv'\n{COLUMNS}"));
        let stored = serde_json::to_string(&definition).unwrap();
        assert_eq!(serde_json::from_str::<LogDefinition>(&stored).unwrap(), definition);
    }

    #[test]
    fn each_fault_names_its_field() {
        for (text, fields) in [
            ("prefix = 'calllog/'\nformat = 'asterisk'", vec!["prefix"]),
            ("prefix = 'calllog//'\nformat = 'asterisk'", vec!["prefix"]),
            ("prefix = 'calllog/x'\nformat = 'asterisk'", vec!["prefix"]),
            ("prefix = 'freepbx/x/'\nformat = 'asterisk'", vec!["prefix"]),
            ("prefix = 'calllog/../x/'\nformat = 'asterisk'", vec!["prefix"]),
            ("prefix = 'calllog/x/'\nformat = 'xml'", vec!["format"]),
            ("prefix = 'calllog/x/'\nformat = 'asterisk'\nzone = 'Asia/Edo'", vec!["zone"]),
            ("prefix = 'calllog/x/'\nformat = 'amazon-connect'\nzone = 'UTC'", vec!["zone"]),
            ("prefix = 'calllog/x/'\nformat = '3cx'\ndelimiter = '|'", vec!["delimiter"]),
            ("prefix = 'calllog/x/'\nformat = '3cx'\nlength_unit = 'minutes'", vec!["length_unit"]),
            (
                "prefix = 'calllog/x/'\nformat = 'csv'\nlength_unit = 'hours'\ncolumns = { call_id = 1, started_at = 2, talk_seconds = 3 }",
                vec!["length_unit"],
            ),
            ("prefix = 'calllog/x/'\nformat = 'asterisk'\ndelimiter = ';'", vec!["delimiter"]),
            ("prefix = 'calllog/x/'\nformat = '3cx'\nfields = ['historyid', 'callid']", vec!["fields"]),
            ("prefix = 'calllog/x/'\nformat = '3cx'\nfields = ['historyid', 'time-start', 'x']", vec!["fields"]),
            ("prefix = 'calllog/x/'\nformat = '3cx'\nfields = ['callid', 'time-start', 'callid']", vec!["fields"]),
            ("prefix = 'calllog/x/'\nformat = 'csv'", vec!["columns"; 3]),
            (
                "prefix = 'calllog/x/'\nformat = 'csv'\ncolumns = { call_id = 0, started_at = 2, answered = ' ' }",
                vec!["columns"; 2],
            ),
            (
                "prefix = 'calllog/x/'\nformat = 'csv'\ncolumns = { call_id = 1, started_at = 2, answered = 3, x = 4 }",
                vec!["columns"],
            ),
            (
                "prefix = 'calllog/x/'\nformat = 'csv'\ncolumns = { call_id = 1, started_at = 2, caller = 4 }",
                vec!["columns"],
            ),
            (
                "prefix = 'calllog/x/'\nformat = 'csv'\nanswered_words = ['']\ncolumns = { call_id = 1, started_at = 2, talk_seconds = 3 }",
                vec!["answered_words"; 2],
            ),
        ] {
            assert_eq!(fields_at_fault(text), fields, "{text}");
        }
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(toml::from_str::<LogDefinition>("prefix = 'calllog/x/'\nformat = 'csv'\nheader = true").is_err());
    }

    #[test]
    fn a_key_is_of_the_log_with_the_longest_prefix() {
        let find = |key: &str| find(built_in(), &ObjectKey::new(key)).map(|log| log.source.as_str());
        assert_eq!(find("calllog/asterisk/Master.csv"), Some("freepbx"));
        assert_eq!(find("calllog/freeswitch/a.cdr.json"), Some("fusionpbx"));
        assert_eq!(find("calllog/amazon-connect/a.json"), Some("amazon-connect"));
        assert_eq!(find("calllog/3cx/cdr.log"), Some("3cx"));
        assert_eq!(find("calllog/asterisk"), None);
        let mut nested = built_in()[0].clone();
        (nested.prefix, nested.source) = ("calllog/asterisk/branch/".to_owned(), "branch".to_owned());
        let logs = [built_in()[0].clone(), nested];
        let key = ObjectKey::new("calllog/asterisk/branch/Master.csv");
        assert_eq!(super::find(&logs, &key).map(|log| log.source.as_str()), Some("branch"));
    }
}
