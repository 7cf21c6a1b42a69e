//! The two languages that people are answered in.

/// English or Japanese.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Where nothing else is asked for.
    English,
    /// 日本語.
    Japanese,
}

impl Language {
    /// The one of the two that `Accept-Language` (RFC 9110, 12.5.4) likes better; English where it says nothing.
    pub fn asked_for<T: AsRef<[u8]> + ?Sized>(header: Option<&T>) -> Self {
        let Some(header) = header.and_then(|value| std::str::from_utf8(value.as_ref()).ok()) else {
            return Self::English;
        };
        let mut best = (Self::English, 0.0);
        for range in header.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let tag = parts.next().unwrap_or_default().to_ascii_lowercase();
            let quality: f32 = parts
                .find_map(|part| part.strip_prefix("q="))
                .map_or(1.0, |quality| quality.trim().parse().unwrap_or(0.0));
            let language = match tag.split('-').next() {
                Some("ja") => Self::Japanese,
                Some("en" | "*") => Self::English,
                _ => continue,
            };
            if quality > best.1 {
                best = (language, quality);
            }
        }
        best.0
    }

    /// Its tag, as `Content-Language` has it.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Japanese => "ja",
        }
    }

    /// Of two texts the one in this language.
    pub fn choose<'t>(self, english: &'t str, japanese: &'t str) -> &'t str {
        match self {
            Self::English => english,
            Self::Japanese => japanese,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_liked_better_is_spoken_and_english_where_nothing_is_said() {
        for (header, language) in [
            (None, Language::English),
            (Some(""), Language::English),
            (Some("ja"), Language::Japanese),
            (Some("ja-JP, en;q=0.9"), Language::Japanese),
            (Some("en, ja;q=0.9"), Language::English),
            (Some("en;q=0.2, JA;q=0.3"), Language::Japanese),
            (Some("fr, ja;q=0.1"), Language::Japanese),
            (Some("fr"), Language::English),
            (Some("ja;q=0"), Language::English),
            (Some("ja;q=x"), Language::English),
            (Some("*"), Language::English),
            (Some("jav"), Language::English),
        ] {
            assert_eq!(Language::asked_for(header), language, "{header:?}");
        }
        assert_eq!(Language::asked_for(Some(&[0xff_u8][..])), Language::English);
    }
}
