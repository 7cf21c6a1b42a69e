//! The files of a rulebook as they are sent.

use std::borrow::Cow;

use data_encoding::BASE64;
use policy::rulebook::{self, Document};
use rokuban_http::problem::{Constraint, Problem};

use crate::problems::faulty_rulebook;

/// 3 MiB: a staff list of 20,000 rows of 100 bytes in base64, which makes four bytes of three, is 2.7 MB, and a policy
/// 0.3. Lambda takes 6.
pub(super) const BODY_LIMIT_BYTES: usize = 3 * 1024 * 1024;

/// The policy's text, sent as text or as the file's bytes in base64. A text that was decoded wrongly on the way has lost
/// its letters; bytes have not.
pub(super) fn policy_text(policy: Option<String>, policy_base64: Option<String>) -> Result<String, Problem> {
    match (policy, policy_base64) {
        (Some(text), None) => Ok(text),
        (None, Some(encoded)) => {
            let bytes = read_base64("policy_base64", &encoded)?;
            rulebook::decode_file(&bytes).map_err(|_| Problem::invalid("policy_base64", Constraint::TextFile))
        }
        _ => Err(Problem::invalid("policy", Constraint::OnePolicy)),
    }
}

/// The bytes of a file.
fn read_base64(parameter: &'static str, encoded: &str) -> Result<Vec<u8>, Problem> {
    // Encoders break lines.
    let encoded: String = encoded.split_ascii_whitespace().collect();
    BASE64.decode(encoded.as_bytes()).map_err(|_| Problem::invalid(parameter, Constraint::Base64))
}

/// The staff list's text, sent as text or as the file's bytes in base64.
pub(super) fn staff_text(staff: Option<String>, staff_base64: Option<String>) -> Result<String, Problem> {
    match (staff, staff_base64) {
        (Some(text), None) => Ok(text),
        (None, Some(encoded)) => {
            let bytes = read_base64("staff_base64", &encoded)?;
            rulebook::decode_file(&bytes).map_err(|_| faulty_rulebook(&[rulebook::staff_list_is_not_text(&bytes)]))
        }
        _ => Err(Problem::invalid("staff", Constraint::OneStaffList)),
    }
}

/// Whether these are the two files of a document. An editor or a spreadsheet may have saved them with other line endings.
pub(super) fn is_same(document: &Document, policy: &str, staff: &str) -> bool {
    [(&*document.policy, policy), (&*document.staff, staff)]
        .iter()
        .all(|(stored, sent)| with_one_line_ending(stored) == with_one_line_ending(sent))
}

/// A text with LF for each CR LF.
pub(super) fn with_one_line_ending(text: &str) -> Cow<'_, str> {
    if text.contains("\r\n") { Cow::Owned(text.replace("\r\n", "\n")) } else { Cow::Borrowed(text) }
}
