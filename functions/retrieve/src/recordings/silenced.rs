//! Ranges of a recording, in seconds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// 1,000 milliseconds a second.
const MILLISECONDS: f64 = 1_000.0;

/// 1,000,000 s: 11 days and a half, longer than any call.
const SECONDS_LIMIT: f64 = 1_000_000.0;

/// A range of a recording that is silenced for good, in seconds from its beginning.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SilencedRange {
    #[schemars(range(min = 0.0, max = SECONDS_LIMIT), example = &12.5)]
    from_seconds: f64,
    #[schemars(range(min = 0.0, max = SECONDS_LIMIT), example = &17.0)]
    to_seconds: f64,
}

impl SilencedRange {
    /// Of milliseconds.
    #[expect(clippy::cast_precision_loss, reason = "2^53 milliseconds are 285,000 years")]
    pub(crate) fn list(mute: &[(u64, u64)]) -> Vec<Self> {
        let seconds = |milliseconds: u64| milliseconds as f64 / MILLISECONDS;
        mute.iter().map(|&(from, to)| Self { from_seconds: seconds(from), to_seconds: seconds(to) }).collect()
    }

    /// In milliseconds; `None` for what is no range of positions in a recording.
    pub(crate) fn milliseconds(self) -> Option<(u64, u64)> {
        Some((milliseconds(self.from_seconds)?, milliseconds(self.to_seconds)?))
    }
}

fn milliseconds(seconds: f64) -> Option<u64> {
    let fits = (0.0..=SECONDS_LIMIT).contains(&seconds);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to a billion")]
    fits.then(|| (seconds * MILLISECONDS).round() as u64)
}
