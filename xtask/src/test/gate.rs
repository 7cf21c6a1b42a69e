//! Lets one lane of the tests wait for what another lane makes.

use std::sync::{Condvar, Mutex, PoisonError};

/// Whether the value is there.
enum State<T> {
    Closed,
    /// The value, or nothing where it could not be made.
    Open(Option<T>),
}

/// A value that is made once and waited for by any number of lanes.
pub(crate) struct Gate<T> {
    state: Mutex<State<T>>,
    opened: Condvar,
}

impl<T: Clone> Gate<T> {
    pub(crate) fn new() -> Self {
        Self { state: Mutex::new(State::Closed), opened: Condvar::new() }
    }

    /// Opens the gate, with the value or, where it could not be made, with nothing.
    pub(crate) fn open(&self, value: Option<T>) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::Open(value);
        self.opened.notify_all();
    }

    /// Waits until the gate is open.
    pub(crate) fn wait(&self) -> Option<T> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let State::Open(value) = &*state {
                return value.clone();
            }
            state = self.opened.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn everyone_who_waits_gets_the_value() {
        let gate = Gate::new();
        let found = thread::scope(|scope| {
            let waiting: Vec<_> = (0..3).map(|_| scope.spawn(|| gate.wait())).collect();
            gate.open(Some(7));
            waiting.into_iter().filter_map(|lane| lane.join().ok().flatten()).collect::<Vec<_>>()
        });
        assert_eq!(found, [7, 7, 7]);
    }

    #[test]
    fn a_gate_may_open_on_nothing() {
        let gate: Gate<u8> = Gate::new();
        gate.open(None);
        assert_eq!(gate.wait(), None);
    }
}
