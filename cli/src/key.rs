//! From a path below the folder to an object key.

use std::path::{Component, Path};

use policy::fragment::ObjectKey;
use unicode_normalization::UnicodeNormalization;

use crate::failure::FileFailure;

/// The key of a file: the prefix and its path below the folder, `/` between the parts, in NFC.
///
/// NFC, because a Mac's disk can return `ガ` as two characters where the recorder wrote one. The same archive must give
/// the same keys wherever it is imported from, and a sidecar must find its recording.
pub(crate) fn of(prefix: &str, below: &Path) -> Result<ObjectKey, FileFailure> {
    let mut key = prefix.to_owned();
    for (position, part) in below.components().enumerate() {
        // A walk gives only plain names.
        let Component::Normal(name) = part else { continue };
        if position > 0 {
            key.push('/');
        }
        key.push_str(name.to_str().ok_or(FileFailure::NotUtf8)?);
    }
    let key: String = key.nfc().collect();
    if key.chars().any(char::is_control) {
        return Err(FileFailure::ControlCharacter);
    }
    if key.len() > ObjectKey::LIMIT_BYTES {
        return Err(FileFailure::KeyTooLong(key.len()));
    }
    Ok(ObjectKey::new(key))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn key(prefix: &str, below: &str) -> Result<String, String> {
        of(prefix, Path::new(below)).map(|key| key.expose().to_owned()).map_err(|failure| failure.to_string())
    }

    #[test]
    fn a_key_is_the_prefix_and_the_path_as_it_is_written() {
        for (prefix, below, expected) in [
            ("", "freepbx/2026/11/03/a.wav", "freepbx/2026/11/03/a.wav"),
            ("freepbx/", "2026/a b+c%20.wav", "freepbx/2026/a b+c%20.wav"),
            ("", "other/meeting-room/通話 2026-11-11 (1).m4a", "other/meeting-room/通話 2026-11-11 (1).m4a"),
            (
                "",
                "3cx/201/[佐藤]_201-09012345678_20261103140502(1).wav",
                "3cx/201/[佐藤]_201-09012345678_20261103140502(1).wav",
            ),
            ("connect/", "x_20261103T05:05_UTC.wav", "connect/x_20261103T05:05_UTC.wav"),
        ] {
            assert_eq!(key(prefix, below).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn a_name_from_a_mac_gives_the_key_that_every_other_machine_gives() {
        assert_eq!(key("", "カ\u{3099}イト\u{3099}.wav"), key("", "ガイド.wav"));
    }

    #[test]
    fn a_key_of_1024_bytes_is_the_longest() {
        let longest = format!("{}/{}", "あ".repeat(300), "x".repeat(1024 - 901));
        assert_eq!(key("", &longest).unwrap().len(), 1024);
        let error = key("", &format!("{longest}x")).unwrap_err();
        assert_eq!(error, "its key would have 1025 bytes, and 1,024 is S3's limit");
        assert!(key("a/", &longest).is_err());
    }

    #[test]
    fn a_control_character_is_no_part_of_a_key() {
        assert!(key("", "a\nb.wav").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_name_in_another_encoding_is_refused_as_such() {
        use std::os::unix::ffi::OsStrExt;
        let name = std::ffi::OsStr::from_bytes(b"\x92\xca\x98\x62.wav");
        assert!(matches!(of("", Path::new(name)), Err(FileFailure::NotUtf8)));
    }

    proptest! {
        #[test]
        fn a_key_is_one_text_however_often_it_is_made(parts in proptest::collection::vec("[^/\\x00-\\x1f\\x7f-\\x9f]{1,40}", 1..5)) {
            let parts: Vec<String> = parts.into_iter().filter(|part| part != "." && part != "..").collect();
            prop_assume!(!parts.is_empty());
            if let Ok(first) = key("p/", &parts.join("/")) {
                prop_assert_eq!(key("", &first), Ok(first.clone()));
                prop_assert_eq!(first.matches('/').count(), parts.len());
            }
        }
    }
}
