//! Keys as S3 writes them into notifications and URLs.

use std::fmt::Write as _;

/// A key as S3 writes it into a notification.
pub(super) fn encode_key(key: &str) -> String {
    key.bytes().fold(String::new(), |mut text, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' | b'/' => {
                text.push(char::from(byte));
            }
            b' ' => text.push('+'),
            _ => write!(text, "%{byte:02X}").expect("a string takes all"),
        }
        text
    })
}

/// Undoes percent-encoding; what is not a code stands for itself.
pub(super) fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = (first == b'%')
            .then(|| after.get(..2))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        rest = if code.is_some() { &after[2..] } else { after };
        bytes.push(code.unwrap_or(first));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_written_as_s3_writes_it_and_reads_back() {
        let key = "録音/a b+c%(1):~*.wav";
        let encoded = encode_key(key);
        assert_eq!(encoded, "%E9%8C%B2%E9%9F%B3/a+b%2Bc%25%281%29%3A%7E*.wav");
        assert_eq!(percent_decode(&encoded.replace('+', " ")), key);
        assert_eq!(percent_decode("100%, %zz, %4"), "100%, %zz, %4");
    }
}
