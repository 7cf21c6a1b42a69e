//! Percent codes, as URLs and logs have them.

use std::borrow::Cow;

/// `%2B81` is `+81`; a plus is a plus; what is no code, or no UTF-8 when decoded, stays as it is.
pub(crate) fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        let code = behind.get(..2).filter(|digits| byte == b'%' && digits.iter().all(u8::is_ascii_hexdigit));
        let code = code.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        decoded.push(code.unwrap_or(byte));
        rest = if code.is_some() { &behind[2..] } else { behind };
    }
    match String::from_utf8(decoded) {
        Ok(decoded) if decoded != text => Cow::Owned(decoded),
        _ => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_decoded_where_it_holds_codes_and_left_where_it_does_not() {
        for (text, expected) in [
            ("2026-11-10%2008%3A59%3A00", "2026-11-10 08:59:00"),
            ("%2B81312345678", "+81312345678"),
            ("+81", "+81"),
            ("100%", "100%"),
            ("%zz%4", "%zz%4"),
            ("%E9%80%9A", "通"),
            ("%E9%80", "%E9%80"),
        ] {
            assert_eq!(decode(text), expected, "{text}");
        }
    }
}
