//! What one of several runs at once is to do. Runs beside each other take different calls, so that none waits for another;
//! where two meet all the same, the claim's condition lets one of them through.

use jiff::SignedDuration;
use policy::id::CallId;
use serde::Deserialize;
use serde_json::{Value, json};

/// 2 runs after the first: three of 270 seconds end before the schedule's next begins, so that runs of two schedules do
/// not meet at the same calls.
pub const HOPS_LIMIT: u64 = 2;

/// 75 calls a second: some less than a run's processor ends (docs/internals/performance.md). Of what would take longer than
/// a run has, others take a part.
const CALLS_PER_SECOND: u64 = 75;

/// What a run is to do, as the event says that starts it. A schedule's says nothing: everything that is due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Task {
    /// How many runs ended by time before it.
    #[serde(default)]
    pub hop: u64,
    /// Its part of what is due.
    #[serde(default)]
    pub part: Option<Part>,
    /// Whether another run started it beside itself: that one does what is not divided.
    #[serde(default)]
    pub helps: bool,
}

/// One of some parts of what is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Part {
    /// Which, from 0 on.
    pub number: u16,
    /// Of how many.
    pub of: u16,
}

impl Task {
    /// Of the event that starts a run.
    pub fn of(event: &Value) -> Self {
        let task = Self::deserialize(event).unwrap_or_default();
        Self { part: task.part.filter(|part| part.number < part.of), ..task }
    }

    /// The event that starts its run.
    pub fn event(self) -> Value {
        let mut event = json!({"hop": self.hop});
        if let Some(Part { number, of }) = self.part {
            event["part"] = json!({"number": number, "of": of});
        }
        if self.helps {
            event["helps"] = json!(true);
        }
        event
    }

    /// The same, for the run that goes on where this one ends by time. `None`: the schedule's next does.
    pub(crate) fn next(self) -> Option<Self> {
        (self.hop < HOPS_LIMIT).then(|| Self { hop: self.hop + 1, ..self })
    }

    /// Whether its run may start others beside itself: a schedule's alone may, so that what one schedule starts is bounded.
    pub(crate) fn may_divide(self) -> bool {
        self.hop == 0 && self.part.is_none()
    }

    /// Whether its run looks at a shard.
    pub(crate) fn has_shard(self, shard: u8) -> bool {
        let shards = u16::from(CallId::SHARDS);
        self.part.is_none_or(|Part { number, of }| u16::from(shard) % of.min(shards) == number % shards)
    }

    /// Whether a call of such a shard is its run's.
    pub(crate) fn has_call(self, call: &CallId) -> bool {
        self.part.is_none_or(|part| call.slice(self.slices(call.shard())) == part.number / u16::from(CallId::SHARDS))
    }

    /// How many runs divide a shard: from 17 parts on more than one.
    pub(crate) fn slices(self, shard: u8) -> u16 {
        let shards = u16::from(CallId::SHARDS);
        self.part.map_or(1, |part| part.of.saturating_sub(u16::from(shard)).div_ceil(shards).max(1))
    }
}

/// How many runs so many due calls keep busy, each for that long.
pub(crate) fn runs_needed(due: u64, time_left: SignedDuration) -> u64 {
    due.div_ceil(calls_in(time_left).max(1))
}

/// How many calls a run ends in a time.
pub(crate) fn calls_in(time: SignedDuration) -> u64 {
    CALLS_PER_SECOND * u64::try_from(time.as_secs()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn task(number: u16, of: u16) -> Task {
        Task { part: Some(Part { number, of }), ..Task::default() }
    }

    #[test]
    fn every_call_is_in_one_part_however_many_there_are() {
        for of in 1..=64 {
            let mut taken = vec![0; usize::from(of)];
            for number in 0..2_000 {
                let call = CallId::of("a", None, &format!("c{number}"));
                let of_it: Vec<u16> = (0..of)
                    .filter(|number| task(*number, of).has_shard(call.shard()) && task(*number, of).has_call(&call))
                    .collect();
                assert_eq!(of_it.len(), 1, "{of} parts: {of_it:?}");
                taken[usize::from(of_it[0])] += 1;
            }
            assert!(taken.iter().all(|taken| *taken > 0), "{of} parts: {taken:?}");
        }
        let whole = Task::default();
        assert!((0..CallId::SHARDS).all(|shard| whole.has_shard(shard) && whole.slices(shard) == 1));
        assert!(whole.has_call(&CallId::of("a", None, "c")));
    }

    #[test]
    fn an_event_that_names_no_part_is_everything() {
        for event in [
            json!({}),
            json!({"time": "2026-12-04T00:00:00Z"}),
            json!({"hop": 0, "part": {"number": 4, "of": 4}}),
            json!({"hop": 0, "part": {"number": 0, "of": 0}}),
            json!({"hop": "x"}),
            json!(null),
        ] {
            assert_eq!(Task::of(&event), Task::default(), "{event}");
        }
        for task in [task(3, 4), Task { hop: 2, ..Task::default() }, Task { hop: 1, helps: true, ..task(0, 2) }] {
            assert_eq!(Task::of(&task.event()), task);
        }
    }

    #[test]
    fn a_schedules_run_alone_may_start_others_and_a_chain_of_runs_ends() {
        assert!(Task::default().may_divide());
        for other in [Task { hop: 1, ..Task::default() }, task(0, 2), Task { helps: true, ..task(1, 2) }] {
            assert!(!other.may_divide());
            assert!(other.next().is_none_or(|next| !next.may_divide()));
        }
        let chain = std::iter::successors(Some(task(1, 4)), |task| task.next());
        assert!(chain.clone().all(|each| each.part == task(1, 4).part));
        assert_eq!(chain.count(), 3);
    }

    #[test]
    fn one_run_is_enough_for_what_it_can_end_in_its_time() {
        let time = SignedDuration::from_secs(270);
        for (due, expected) in [(0, 0), (1, 1), (20_250, 1), (20_251, 2), (202_500, 10)] {
            assert_eq!(runs_needed(due, time), expected, "{due}");
        }
        assert_eq!(runs_needed(3, SignedDuration::ZERO), 3);
    }
}
