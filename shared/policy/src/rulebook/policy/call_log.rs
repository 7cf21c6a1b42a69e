//! The policy's `[[call_log]]`: where a source's call logs lie, and how they are written.

use std::collections::BTreeMap;
use std::sync::Arc;

use toml::de::DeValue;

use super::reader::{Reader, Section};
use crate::calllog::{COLUMN_LIMIT, PREFIX_LIMIT_BYTES, WORD_LIMIT_CHARACTERS, WORDS_LIMIT};
use crate::calllog::{Column, Fact, Log, LogDefinition};
use crate::fault::{FaultCode, Wrong};
use crate::rulebook::model::Located;
use crate::source::{Source, with_built_in};

/// The names of the sources that a company has: its own, and those that ship.
pub(super) fn source_names(own: &[Located<Arc<Source>>]) -> Vec<String> {
    let own = own.iter().map(|source| Arc::clone(&source.value)).collect();
    with_built_in(own).into_iter().map(|source| source.name.clone()).collect()
}

impl<'t> Reader {
    /// Reads one; what is wrong with it is told on the line of the key it is in. Which sources there are is
    /// `None` where one of them could not be read.
    pub(super) fn call_log(&mut self, section: &mut Section<'_, 't>, known: Option<&[String]>) -> Option<Located<Log>> {
        let faults_before = self.faults.len();
        for key in ["source", "prefix", "format"] {
            self.need_key(section, key);
        }
        let source = self.text(section, "source", WORD_LIMIT_CHARACTERS);
        if let (Some(source), Some(known)) = (&source, known)
            && !known.contains(source)
        {
            let wrong = Wrong::UnknownSource { source: source.clone(), known: known.join(", ") };
            self.fault(self.line_of_key(section, "source"), wrong);
        }
        let prefix = self.text(section, "prefix", PREFIX_LIMIT_BYTES);
        let format = self.text(section, "format", WORD_LIMIT_CHARACTERS);
        let (has_prefix, has_format) = (prefix.is_some(), format.is_some());
        let definition = LogDefinition {
            prefix: prefix.unwrap_or_default(),
            format: format.unwrap_or_default(),
            zone: self.text(section, "zone", WORD_LIMIT_CHARACTERS),
            delimiter: self.delimiter(section),
            fields: self.texts(section, "fields", usize::from(COLUMN_LIMIT), WORD_LIMIT_CHARACTERS),
            columns: self.columns(section),
            answered_words: self.texts(section, "answered_words", WORDS_LIMIT, WORD_LIMIT_CHARACTERS),
            length_unit: self.text(section, "length_unit", WORD_LIMIT_CHARACTERS),
        };

        let was_read = self.faults.len() == faults_before;
        match definition.check(&source.unwrap_or_default()) {
            Ok(log) => was_read.then_some(Located { line: section.line, value: log }),
            Err(faults) => {
                for fault in faults {
                    // What could not be read is a fault already: that it is missing is its shadow.
                    let is_shadow = match fault.field {
                        "prefix" => !has_prefix,
                        "format" => !has_format,
                        _ => !was_read && fault.wrong.code() == FaultCode::MissingKey,
                    };
                    if !is_shadow {
                        self.fault(self.line_of_key(section, fault.field), fault.wrong);
                    }
                }
                None
            }
        }
    }

    /// What stands between the cells: the one text that may be a tab and nothing else.
    fn delimiter(&mut self, section: &mut Section<'_, 't>) -> Option<String> {
        let value = section.value("delimiter")?;
        if let DeValue::String(text) = value.get_ref() {
            return Some(text.to_string());
        }
        let line = self.line_of(value.span().start);
        self.fault(line, Wrong::NotQuoted { key: "delimiter" });
        None
    }

    /// The columns by the fact each gives, by name or number.
    fn columns(&mut self, section: &mut Section<'_, 't>) -> Option<BTreeMap<String, Column>> {
        let mut table = self.section(section, "columns");
        let mut columns = BTreeMap::new();
        for fact in Fact::ALL {
            let key = fact.as_str();
            let is_number =
                table.entries.and_then(|entries| entries.get(key)).is_some_and(|value| value.get_ref().is_integer());
            let column = if is_number {
                let number = self.count(&mut table, key, 1..=u32::from(COLUMN_LIMIT));
                number.and_then(|number| u16::try_from(number).ok()).map(Column::Number)
            } else {
                self.text(&mut table, key, WORD_LIMIT_CHARACTERS).map(Column::Name)
            };
            columns.extend(column.map(|column| (key.to_owned(), column)));
        }
        self.finish(&table);
        table.entries.map(|_| columns)
    }
}
