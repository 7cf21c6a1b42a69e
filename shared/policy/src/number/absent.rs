//! Why there is no number, and the words for it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why there is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Absent {
    /// 非通知: the caller withheld it.
    Withheld,
    /// 公衆電話: a payphone.
    Payphone,
    /// 表示圏外, 通知不可: the caller's network can't send it.
    OutOfArea,
    /// Nothing says, or what is said can't be read.
    Unknown,
    /// 内線: a call between two of us has no outside party.
    Internal,
}

impl Absent {
    /// Every reason.
    pub const ALL: [Self; 5] = [Self::Withheld, Self::Payphone, Self::OutOfArea, Self::Unknown, Self::Internal];

    /// The word the API and the table use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Withheld => "withheld",
            Self::Payphone => "payphone",
            Self::OutOfArea => "out_of_area",
            Self::Unknown => "unknown",
            Self::Internal => "internal",
        }
    }
}

/// Whether a character is only written for the eye: spaces, hyphens of all kinds, brackets, marks of direction.
pub(super) fn is_between_digits(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '-' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{2500}' | '\u{2501}'
                | 'ー' | '(' | ')' | '[' | ']' | '〔' | '〕' | '【' | '】' | '.' | '/' | '_' | ':' | '·' | '・' | '~' | '〜' | '∼'
                | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
        )
}

/// The words for a number that is not there, as they come from PBXs, carriers and people; without the
/// separators between their letters.
const WORDS: [(Absent, &[&str]); 5] = [
    (
        Absent::Withheld,
        &[
            "anonymous",
            "withheld",
            "restricted",
            "private",
            "privatenumber",
            "privatecaller",
            "blocked",
            "nocallerid",
            "hidden",
            "非通知",
            "非通知設定",
            "番号非通知",
            "ヒツウチ",
            "ひつうち",
            // NTT's own letters for why no number is shown, as some gateways hand them on.
            "p",
        ],
    ),
    (
        Absent::Payphone,
        &[
            "payphone",
            "coin",
            "coinline",
            "coinlinepayphone",
            "公衆電話",
            "公衆",
            "コウシュウ",
            "コウシュウデンワ",
            "c",
        ],
    ),
    (
        Absent::OutOfArea,
        &[
            "outofarea",
            "unavailable",
            "notavailable",
            "表示圏外",
            "圏外",
            "通知不可",
            "通知不可能",
            "ヒョウジケンガイ",
            "ツウチフカ",
            "o",
        ],
    ),
    (Absent::Unknown, &["", "unknown", "unknownnumber", "unknowncaller", "none", "null", "不明", "番号不明"]),
    (Absent::Internal, &["internal", "内線", "内線通話"]),
];

/// Why there is no number, where a text says it.
pub(super) fn absent(folded: &str) -> Option<Absent> {
    let is_of_a_word = |character: &char| !is_between_digits(*character) && !matches!(character, '<' | '>' | '"');
    let word: String = folded.chars().filter(is_of_a_word).collect();
    WORDS.iter().find(|(_, words)| words.contains(&word.as_str())).map(|(absent, _)| *absent)
}
