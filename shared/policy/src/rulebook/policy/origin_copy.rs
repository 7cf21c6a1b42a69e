//! The policy's `[[origin_copy]]`: what a source itself still keeps, and who checked.

use toml::de::DeValue;

use super::SOURCES_LIMIT;
use super::reader::{NAME_LIMIT_CHARACTERS, Reader, Section};
use crate::fault::Wrong;
use crate::origin_copy::{KeptAtOrigin, OriginCheck, OriginCopy};
use crate::rulebook::keeping::KEEP_DAYS;
use crate::rulebook::model::Located;
use crate::source::WORD_LIMIT_CHARACTERS;

impl<'t> Reader {
    /// Reads all of them. Which sources there are is `None` where one of them could not be read.
    pub(super) fn origin_copies(
        &mut self,
        top: &mut Section<'_, 't>,
        known: Option<&[String]>,
    ) -> Vec<Located<OriginCopy>> {
        let mut copies: Vec<Located<OriginCopy>> = Vec::new();
        for mut section in self.sections(top, "origin_copy", SOURCES_LIMIT) {
            if let Some(copy) = self.origin_copy(&mut section, known) {
                if let Some(earlier) = copies.iter().find(|earlier| earlier.value.source == copy.source) {
                    self.fault(section.line, Wrong::SourceTwice { key: "origin_copy", earlier: earlier.line });
                }
                copies.push(Located { line: section.line, value: copy });
            }
            self.finish(&section);
        }
        copies
    }

    fn origin_copy(&mut self, section: &mut Section<'_, 't>, known: Option<&[String]>) -> Option<OriginCopy> {
        self.need_key(section, "source");
        self.need_key(section, "kept");
        let source = self.text(section, "source", WORD_LIMIT_CHARACTERS);
        if let (Some(source), Some(known)) = (&source, known)
            && !known.contains(source)
        {
            let wrong = Wrong::UnknownSource { source: source.clone(), known: known.join(", ") };
            self.fault(self.line_of_key(section, "source"), wrong);
        }
        let kept = self.kept(section);
        let by = self.text(section, "checked_by", NAME_LIMIT_CHARACTERS);
        let on = self.day(section, "checked_on");
        // What nobody checked is not known.
        if kept.is_some_and(|kept| kept != KeptAtOrigin::Unknown) {
            self.need_key(section, "checked_by");
            self.need_key(section, "checked_on");
        }
        let checked = by.zip(on).map(|(by, on)| OriginCheck { by, on });
        Some(OriginCopy { source: source?, kept: kept?, checked })
    }

    /// A word, or the days after the day of the call.
    fn kept(&mut self, section: &mut Section<'_, 't>) -> Option<KeptAtOrigin> {
        let is_text = section
            .entries
            .and_then(|entries| entries.get("kept"))
            .is_some_and(|value| matches!(value.get_ref(), DeValue::String(_)));
        if is_text {
            return self.word(section, "kept", &["none", "unknown"]).map(|word| match word.value {
                "none" => KeptAtOrigin::Nothing,
                _ => KeptAtOrigin::Unknown,
            });
        }
        self.count(section, "kept", KEEP_DAYS).map(KeptAtOrigin::Days)
    }
}
