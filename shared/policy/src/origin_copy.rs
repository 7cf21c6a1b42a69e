//! What the PBX itself still keeps of a recording 録音元に残る録音. It is not ours to delete: a proof says what the company
//! knows of it.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::fault::Explanation;
use crate::language::Language;
use crate::vocabulary::vocabulary;

/// 365 days: a PBX is updated, moved or replaced within a year, and its period with it.
const CHECK_LIMIT_DAYS: i32 = 365;

/// How long a source keeps its own copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptAtOrigin {
    /// It keeps none once the recording is uploaded.
    Nothing,
    /// It deletes its own so many days after the day of the call.
    Days(u32),
    /// Nobody knows.
    Unknown,
}

/// Who looked at the source's settings, and on which day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginCheck {
    /// A person, or the company that maintains the PBX.
    pub by: String,
    /// The day.
    pub on: Date,
}

/// What a company's policy says of one source: an `[[origin_copy]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginCopy {
    /// The source's name.
    pub source: String,
    /// How long it keeps its own copy.
    pub kept: KeptAtOrigin,
    /// `None` where nobody checked, which only [`KeptAtOrigin::Unknown`] allows.
    pub checked: Option<OriginCheck>,
}

vocabulary! {
    /// What is known of the copy that the PBX itself keeps.
    #[derive(Default)]
    OriginCopyState: 3 {
        /// The PBX keeps none.
        None = "none",
        /// The PBX deletes its own on a day.
        Until = "until",
        /// The rulebook does not say.
        #[default]
        Unknown = "unknown",
    }
}

/// What a proof says of the PBX's own copy, by the rulebook under which the recording was deleted. QUIET: who checked
/// stands in that rulebook.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownOriginCopy {
    /// What is known.
    pub state: OriginCopyState,
    /// The last day on which the PBX may still keep it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// When a person looked at the PBX's settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked_on: Option<Date>,
}

impl KnownOriginCopy {
    /// Whether it says nothing: then a tombstone does not carry it.
    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }
}

vocabulary! {
    /// What a company should look at. It stops no publication.
    OriginCopyWarningCode: 4 {
        /// Nothing says what the PBX still keeps.
        Undeclared = "undeclared",
        /// The policy says that nobody knows.
        Unknown = "unknown",
        /// It was checked over a year ago.
        Stale = "stale",
        /// It was checked on a day to come.
        Later = "later",
    }
}

/// What a company should look at of the PBX's own copies, before its proofs say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginCopyWarning {
    /// What.
    pub code: OriginCopyWarningCode,
    /// The source; `None` where the policy says nothing of any.
    pub source: Option<String>,
    /// When it was checked, where that is what is wrong.
    checked_on: Option<Date>,
}

impl OriginCopyWarning {
    /// Of a policy that has no `[[origin_copy]]` at all.
    pub(crate) fn of_none() -> Self {
        Self { code: OriginCopyWarningCode::Undeclared, source: None, checked_on: None }
    }

    /// Why, and what to do about it. It repeats what was written: it goes into the answer and into no log.
    pub fn explain(&self, language: Language) -> Explanation {
        let source = self.source.as_deref();
        let day = self.checked_on.unwrap_or_default();
        let (about, name) = match (source, language) {
            (None, Language::English) => ("what the PBX itself still keeps".to_owned(), "freepbx"),
            (None, Language::Japanese) => ("録音元（PBX など）に録音がいつまで残るか".to_owned(), "freepbx"),
            (Some(source), Language::English) => (format!("what `{source}` itself still keeps"), source),
            (Some(source), Language::Japanese) => (format!("録音元「{source}」に録音がいつまで残るか"), source),
        };
        let declare = match language {
            Language::English => format!(
                "Look up the PBX's own period, and write an [[origin_copy]] with source = \"{name}\", kept (\"none\" or \
                 its days), checked_by and checked_on."
            ),
            Language::Japanese => format!(
                "機器の保存期間を確認し、[[origin_copy]] に source = \"{name}\" と kept（\"none\" か日数）・checked_by・\
                 checked_on を書いてください。"
            ),
        };
        let (reason, fix) = match (self.code, language) {
            (OriginCopyWarningCode::Undeclared, Language::English) => {
                (format!("Nothing says {about}: proofs of a deletion show it as unknown."), declare)
            }
            (OriginCopyWarningCode::Undeclared, Language::Japanese) => {
                (format!("{about}が書かれていません。削除証明には「不明」と出ます。"), declare)
            }
            (OriginCopyWarningCode::Unknown, Language::English) => {
                (format!("Nobody knows {about}: proofs of a deletion say so."), declare)
            }
            (OriginCopyWarningCode::Unknown, Language::Japanese) => {
                (format!("{about}が「不明」と書かれています。削除証明にも「不明」と出ます。"), declare)
            }
            (OriginCopyWarningCode::Stale, Language::English) => (
                format!("The last check of {about} was on {day}, over a year ago."),
                "Look up the PBX's own period again, and write the day in checked_on.".to_owned(),
            ),
            (OriginCopyWarningCode::Stale, Language::Japanese) => (
                format!("{about}を確認した日が {day} で、1年以上前です。"),
                "機器の保存期間をもう一度確認し、checked_on を確認した日に書き換えてください。".to_owned(),
            ),
            (OriginCopyWarningCode::Later, Language::English) => (
                format!("The check of {about} has a day to come, {day}."),
                "Write in checked_on the day on which it was checked.".to_owned(),
            ),
            (OriginCopyWarningCode::Later, Language::Japanese) => (
                format!("{about}を確認した日が {day} と、先の日付になっています。"),
                "checked_on には、実際に確認した日を書いてください。".to_owned(),
            ),
        };
        Explanation { reason, fix }
    }
}

/// What is to be looked at of one source today, by what a policy says.
pub fn warn_of(declared: &[OriginCopy], source: &str, today: Date) -> Option<OriginCopyWarning> {
    let found = declared.iter().find(|declared| declared.source == source);
    let checked_on = found.and_then(|found| found.checked.as_ref()).map(|check| check.on);
    let is_old = |on: Date| on.checked_add(CHECK_LIMIT_DAYS.days()).is_ok_and(|last| last < today);
    let code = match (found.map(|found| found.kept), checked_on) {
        (None, _) => OriginCopyWarningCode::Undeclared,
        (Some(KeptAtOrigin::Unknown), _) => OriginCopyWarningCode::Unknown,
        (Some(_), Some(on)) if on > today => OriginCopyWarningCode::Later,
        (Some(_), Some(on)) if is_old(on) => OriginCopyWarningCode::Stale,
        (Some(_), _) => return None,
    };
    Some(OriginCopyWarning { code, source: Some(source.to_owned()), checked_on })
}

#[cfg(test)]
mod tests;
