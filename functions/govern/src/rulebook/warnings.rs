//! What who publishes a rulebook has looked at, and means.

use policy::rulebook::{FaultIn, Warning, WarningCode};
use rokuban_http::problem::Problem;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::problems::warnings_to_confirm;

/// A warning that who publishes has looked at, and means.
#[derive(Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmedWarning {
    /// Which file.
    r#in: FaultIn,
    /// On which line.
    #[schemars(example = 34)]
    line: u32,
    code: WarningCode,
}

/// Refuses a rulebook with a warning that needs to be confirmed and is not. A confirmation is of one line: what an edit
/// adds or moves is looked at again.
pub(super) fn require_confirmation(warnings: &[Warning], confirmed: &[ConfirmedWarning]) -> Result<(), Problem> {
    let is_confirmed = |warning: &&Warning| {
        let (file, line, code) = (warning.file, warning.line, warning.code());
        !code.needs_confirmation() || confirmed.contains(&ConfirmedWarning { r#in: file, line, code })
    };
    if warnings.iter().all(|warning| is_confirmed(&warning)) {
        return Ok(());
    }
    let to_confirm: Vec<Warning> =
        warnings.iter().filter(|warning| warning.code().needs_confirmation()).cloned().collect();
    Err(warnings_to_confirm(&to_confirm))
}
