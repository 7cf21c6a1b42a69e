//! Times, lengths of time and words, as recorders and spreadsheets write them.

mod length;
mod moment;

use crate::facts::Direction;

pub(super) use super::letters::{fold, trim};
pub use length::LengthUnit;
pub(super) use length::{seconds, unit_in_heading};
pub(crate) use moment::{Moment, epoch};
pub(super) use moment::{is_no_moment, moment};

/// Whether a cell says nothing: empty, or the dash some exports write for that.
pub(super) fn says_nothing(text: &str) -> bool {
    trim(text).chars().all(|character| matches!(character, '-' | '－' | 'ー' | '―'))
}

/// Whether a cell names the type of its column, as in the second heading of Cisco's CUCM.
pub(super) fn is_column_type(cell: &str) -> bool {
    const TYPES: [&str; 12] = [
        "INTEGER",
        "INT",
        "SMALLINT",
        "BIGINT",
        "VARCHAR",
        "NVARCHAR",
        "CHAR",
        "TEXT",
        "DATE",
        "DATETIME",
        "TIMESTAMP",
        "UNIQUEIDENTIFIER",
    ];
    let cell = trim(cell);
    let name = cell.split_once('(').filter(|(_, size)| size.ends_with(')')).map_or(cell, |(name, _)| name);
    TYPES.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// The direction recorders mean by a word, beside those people write in a sidecar.
pub(super) fn direction(word: &str) -> Option<Direction> {
    let folded = fold(word).to_lowercase();
    let known = Direction::from_word(&folded).or(match folded.as_str() {
        "inbound call" | "インバウンド" | "受信" | "受電" | "入電" | "外線着信" => {
            Some(Direction::Inbound)
        }
        "outbound call" | "アウトバウンド" | "架電" | "発呼" | "外線発信" => Some(Direction::Outbound),
        "local" | "内線通話" | "内線発信" | "内線着信" => Some(Direction::Internal),
        _ => None,
    });
    known.filter(|direction| *direction != Direction::Unknown)
}

/// Words that exports write for an answered call.
const ANSWERED: [&str; 19] = [
    "answered",
    // So spelt in the manual of MAHO-PBX.
    "answerd",
    "answer",
    "yes",
    "true",
    "1",
    "completed",
    "connected",
    "応答",
    "応答あり",
    "応答済み",
    "通話",
    "成功",
    "成立",
    "成立呼",
    "完了呼",
    "応答呼",
    "着信応答",
    "○",
];

/// And for one that nobody answered.
const UNANSWERED: [&str; 29] = [
    "",
    "no answer",
    "noanswer",
    "unanswered",
    "not answered",
    "no",
    "false",
    "0",
    "missed",
    "busy",
    "failed",
    "cancelled",
    "canceled",
    "abandoned",
    "不応答",
    "応答なし",
    "無応答",
    "未応答",
    "不在",
    "不在着信",
    "話中",
    "失敗",
    "放棄",
    "キャンセル",
    "不成立",
    "不成立呼",
    "不完了呼",
    "放棄呼",
    "×",
];

/// Whether a word says that a call was answered; the rulebook's own words, where it has any, are the only ones
/// that do.
pub(super) fn is_answered(word: &str, answered_words: &[String]) -> Option<bool> {
    let folded = fold(word).to_lowercase();
    if !answered_words.is_empty() {
        return Some(answered_words.iter().any(|answered| fold(answered).to_lowercase() == folded));
    }
    if ANSWERED.contains(&folded.as_str()) {
        return Some(true);
    }
    (UNANSWERED.contains(&folded.as_str()) || says_nothing(&folded)).then_some(false)
}

#[cfg(test)]
mod tests;
