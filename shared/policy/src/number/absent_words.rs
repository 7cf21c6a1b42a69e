//! The words for a number that is not there.

use super::{Absent, is_between_digits};

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
