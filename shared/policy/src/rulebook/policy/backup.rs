//! The policy's `[backup]`: where the copies of recordings lie. The copying is the deployment's; that there is
//! one is the company's decision, which long periods need.

use super::reader::{Reader, Section};
use crate::fault::Wrong;

/// 63 characters: the longest name of a bucket, and more than any Region's.
const PLACE_LIMIT_CHARACTERS: usize = 63;

impl<'t> Reader {
    /// Reads it: whether it is there. One that can't be read is a fault, and no reason for another.
    pub(super) fn backup(&mut self, section: &mut Section<'_, 't>) -> bool {
        for (key, is_one, wrong) in
            [("region", is_region as fn(&str) -> bool, Wrong::NotARegion), ("bucket", is_bucket, Wrong::NotABucket)]
        {
            let line = self.line_of_key(section, key);
            if self.text(section, key, PLACE_LIMIT_CHARACTERS).is_some_and(|place| !is_one(&place)) {
                self.fault(line, wrong);
            }
        }
        if section.lacks("region") && section.lacks("bucket") {
            self.fault(section.line, Wrong::BackupPlaceMissing);
        }
        section.entries.is_some()
    }
}

/// `ap-northeast-3`: words of lower-case letters, then a number.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_all = |part: &str, fits: fn(&u8) -> bool| !part.is_empty() && part.bytes().all(|byte| fits(&byte));
    match parts.as_slice() {
        [words @ .., number] if words.len() >= 2 => {
            words.iter().all(|word| is_all(word, u8::is_ascii_lowercase)) && is_all(number, u8::is_ascii_digit)
        }
        _ => false,
    }
}

/// 3 to 63 of `a-z 0-9 . -`, a letter or digit first and last, no two dots in a row: S3's rule.
fn is_bucket(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = [text.bytes().next(), text.bytes().next_back()];
    (3..=PLACE_LIMIT_CHARACTERS).contains(&text.len())
        && text.bytes().all(|byte| is_plain(byte) || matches!(byte, b'.' | b'-'))
        && ends.into_iter().all(|end| end.is_some_and(is_plain))
        && !text.contains("..")
}
