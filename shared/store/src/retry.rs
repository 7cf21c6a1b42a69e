//! Retries of what another writer got in the way of: read again, decide again, write again.

use std::time::Duration;

use crate::connect::Connection;
use crate::error::{ErrorKind, StoreError};

/// 20 ms before the second attempt: a transaction takes about ten.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// Half a second at most: 8 attempts pause for less than two seconds together.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// What came of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt<Value> {
    /// It is done.
    Done(Value),
    /// Something has changed since it was read: the next attempt reads again.
    Conflict,
}

/// An error that says whether the next attempt can succeed.
pub trait Contention {
    /// Whether another writer or a lack of capacity was in the way, and nothing was written.
    fn is_contention(&self) -> bool;
}

impl Contention for StoreError {
    fn is_contention(&self) -> bool {
        self.kind == ErrorKind::Throttled
    }
}

/// Runs `attempt` until it is done, at most `attempts` times, with a growing, jittered pause before each repeat. A
/// conflict and a contention are repeated, any other error is not.
///
/// # Errors
/// Any other error, or the last contention. [`Attempt::Conflict`] where the last attempt met a conflict.
pub async fn on_conflict<Value, Error: Contention>(
    connection: &Connection,
    attempts: u32,
    mut attempt: impl AsyncFnMut() -> Result<Attempt<Value>, Error>,
) -> Result<Attempt<Value>, Error> {
    for number in 1.. {
        let outcome = attempt().await;
        if is_over(&outcome, number >= attempts) {
            return outcome;
        }
        pause_after(connection, number).await;
    }
    Ok(Attempt::Conflict)
}

/// Whether an attempt was the last one.
pub(crate) fn is_over<Value, Error: Contention>(outcome: &Result<Attempt<Value>, Error>, is_last: bool) -> bool {
    match outcome {
        Ok(Attempt::Done(_)) => true,
        Ok(Attempt::Conflict) => is_last,
        Err(error) => is_last || !error.is_contention(),
    }
}

/// The pause before an attempt is repeated.
pub(crate) async fn pause_after(connection: &Connection, attempt: u32) {
    tokio::time::sleep(pause(attempt, connection.now().subsec_nanosecond())).await;
}

/// Doubles with every attempt; between a half and the whole of it, by the fraction of a second that the clock shows:
/// two writers that met do not meet again.
fn pause(attempt: u32, nanoseconds: i32) -> Duration {
    let whole = FIRST_PAUSE.saturating_mul(1 << (attempt - 1).min(10)).min(LONGEST_PAUSE);
    // The digits below a microsecond-thousand are the ones that differ between two instances.
    let share = f64::from(nanoseconds.unsigned_abs() % 1_000_000) / 1_000_000.0;
    whole.mul_f64(0.5 + share / 2.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn pauses_double_to_a_limit_and_vary_by_the_clock() {
        assert_eq!(pause(1, 0), Duration::from_millis(10));
        assert_eq!(pause(1, 500_000), Duration::from_millis(15));
        assert_eq!(pause(2, 0), Duration::from_millis(20));
        assert_eq!(pause(30, 0), Duration::from_millis(250));
        assert!(pause(u32::MAX, 999_999) < LONGEST_PAUSE);
    }
}
