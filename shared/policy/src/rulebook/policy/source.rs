//! The policy's `[[source]]`: what a company's own recorders write.

use std::collections::BTreeMap;
use std::sync::Arc;

use toml::de::DeValue;

use super::reader::{Reader, Section};
use crate::fault::FaultCode;
use crate::rulebook::model::Located;
use crate::source::{Definition, Flaw, KINDS_LIMIT, Kind, PATTERN_LIMIT_CHARACTERS, Prefixes, SIDECAR_FACTS, Source};
use crate::source::{PREFIX_LIMIT_BYTES, PREFIXES_LIMIT, WORD_LIMIT_CHARACTERS};

impl<'t> Reader {
    /// Reads one; what is wrong with it is told on the line of the key or kind it is in.
    pub(super) fn source(&mut self, section: &mut Section<'_, 't>) -> Option<Located<Arc<Source>>> {
        let faults_before = self.faults.len();
        let mut kind_lines = Vec::new();
        let mut definition = Definition {
            name: self.text(section, "name", WORD_LIMIT_CHARACTERS),
            prefix: self.prefixes(section),
            recorder: self.text(section, "recorder", WORD_LIMIT_CHARACTERS),
            pattern: self.text(section, "pattern", PATTERN_LIMIT_CHARACTERS),
            zone: self.text(section, "zone", WORD_LIMIT_CHARACTERS),
            kind: Vec::new(),
            sidecar: BTreeMap::new(),
        };
        for mut kind in self.sections(section, "kind", KINDS_LIMIT) {
            kind_lines.push(kind.line);
            definition.kind.push(Kind {
                name: self.text(&mut kind, "type", WORD_LIMIT_CHARACTERS).unwrap_or_default(),
                direction: self.direction(&mut kind),
                caller: self.text(&mut kind, "caller", WORD_LIMIT_CHARACTERS),
                called: self.text(&mut kind, "called", WORD_LIMIT_CHARACTERS),
                queue: self.text(&mut kind, "queue", WORD_LIMIT_CHARACTERS),
                extension: self.text(&mut kind, "extension", WORD_LIMIT_CHARACTERS),
            });
            self.finish(&kind);
        }
        let mut sidecar = self.section(section, "sidecar");
        for fact in SIDECAR_FACTS {
            if let Some(field) = self.text(&mut sidecar, fact, WORD_LIMIT_CHARACTERS) {
                definition.sidecar.insert(fact.to_owned(), field);
            }
        }
        self.finish(&sidecar);

        let was_read = self.faults.len() == faults_before;
        match definition.source() {
            Ok(source) if was_read => Some(Located { line: section.line, value: Arc::new(source) }),
            Ok(_) => None,
            Err(flaws) => {
                for flaw in flaws {
                    // What could not be read is a fault already: that it is missing is its shadow.
                    let is_shadow = !was_read
                        && matches!(
                            flaw.code(),
                            FaultCode::MissingKey | FaultCode::MissingPart | FaultCode::UnknownPart
                        );
                    if !is_shadow {
                        self.flaw(section, &kind_lines, flaw);
                    }
                }
                None
            }
        }
    }

    /// One prefix, or a list of them.
    fn prefixes(&mut self, section: &mut Section<'_, 't>) -> Option<Prefixes> {
        let is_list = section
            .entries
            .and_then(|entries| entries.get("prefix"))
            .is_some_and(|value| matches!(value.get_ref(), DeValue::Array(_)));
        if is_list {
            self.texts(section, "prefix", PREFIXES_LIMIT, PREFIX_LIMIT_BYTES).map(Prefixes::Several)
        } else {
            self.text(section, "prefix", PREFIX_LIMIT_BYTES).map(Prefixes::One)
        }
    }

    fn flaw(&mut self, section: &Section<'_, 't>, kind_lines: &[u32], flaw: Flaw) {
        let line = flaw
            .kind
            .and_then(|kind| kind_lines.get(kind).copied())
            .unwrap_or_else(|| self.line_of_key(section, flaw.field));
        self.fault(line, flaw.wrong);
    }
}
