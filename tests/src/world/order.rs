//! Handlers side by side: in one order, or in every order that can make a difference.

use std::{future::Future, pin::Pin};

use super::{
    call::Footprint,
    cloud::World,
    gate::{Guard, Moment, Stopped, Trace},
    random::Random,
};

/// In which order handlers pass their gates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Any, by a seed: the same seed gives the same order.
    Seed(u64),
    /// The handler to go at each step, by its place in the list. One that is not at a gate is
    /// passed over; when the turns are used up the first handler that can goes.
    Turns(Vec<usize>),
}

impl World {
    /// Runs handlers side by side, one gate at a time in the order asked for, and returns what they
    /// returned and the order in which they passed their gates.
    ///
    /// The runtime must be a `current_thread` one; its time should be paused
    /// (`#[tokio::test(start_paused = true)]`), so that "at rest" is exact and costs no time.
    pub async fn interleave<Outcome>(
        &self,
        order: Order,
        handlers: Vec<impl Future<Output = Outcome>>,
    ) -> (Vec<Outcome>, Trace) {
        let mut random = match &order {
            Order::Seed(seed) => Random::new(*seed, "order"),
            Order::Turns(_) => Random::new(0, "order"),
        };
        let mut turns = match order {
            Order::Seed(_) => None,
            Order::Turns(turns) => Some(turns.into_iter()),
        };
        self.inner.gates.take_trace();
        let outcomes = self
            .inner
            .gates
            .schedule(Guard::All, handlers, |waiting| {
                let Some(turns) = &mut turns else {
                    return Some(random.below(waiting.len()));
                };
                let next = turns.find_map(|turn| waiting.iter().position(|waiting| waiting.handler == Some(turn)));
                Some(next.unwrap_or(0))
            })
            .await
            .expect("an order always chooses");
        (outcomes, self.inner.gates.take_trace())
    }

    /// A gate that belongs to no call, for what happens beside the handlers: a clock that jumps, a
    /// rulebook that is published.
    pub async fn gate(&self, name: &str) {
        self.inner.gates.pass(Moment::Effect, name, &Footprint::Everything).await;
    }

    /// The gates passed since the last time, when no scheduler took them.
    pub fn take_trace(&self) -> Trace {
        self.inner.gates.take_trace()
    }
}

/// What [`every_order`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explored {
    /// Runs carried to their end and checked.
    pub runs: usize,
    /// Runs given up, because they could only repeat one already checked.
    pub repetitions: usize,
    /// Whether there is no order left. False when the limit came first.
    pub is_complete: bool,
}

/// A handler for [`every_order`].
pub type Handler<Outcome> = Pin<Box<dyn Future<Output = Outcome>>>;

/// Runs handlers in every order that can make a difference, each in a world of its own, up to
/// `limit` runs.
///
/// Only the order of effects is chosen: what a handler does between a reply and its next call is
/// its own. Orders that differ only in effects that do not touch each other (two reads, two items)
/// are the same order, and run once. That is sound as long as handlers meet nowhere but in the
/// world; where they do, say so with [`World::gate`].
pub async fn every_order<Outcome>(
    limit: usize,
    arrange: impl AsyncFn() -> World,
    handlers: impl Fn(&World) -> Vec<Handler<Outcome>>,
    check: impl AsyncFn(&World, Vec<Outcome>, &Trace),
) -> Explored {
    let mut explored = Explored { runs: 0, repetitions: 0, is_complete: false };
    let mut path: Vec<Branch> = Vec::new();
    while explored.runs + explored.repetitions < limit {
        let world = arrange().await;
        world.take_trace();
        let mut depth = 0;
        let outcomes = world
            .inner
            .gates
            .schedule(Guard::Effects, handlers(&world), |waiting| {
                if depth == path.len() {
                    let asleep = path.last().map(Branch::asleep_after).unwrap_or_default();
                    path.push(Branch::new(waiting, asleep)?);
                }
                let chosen = path[depth].chosen;
                depth += 1;
                let id = path[depth - 1].options[chosen].id;
                let found = waiting.iter().position(|waiting| waiting.id() == id);
                Some(found.expect("the same choices lead to the same gates"))
            })
            .await;
        match outcomes {
            Some(outcomes) => {
                explored.runs += 1;
                let trace = world.take_trace();
                check(&world, outcomes, &trace).await;
            }
            None => explored.repetitions += 1,
        }
        while path.last_mut().is_some_and(|branch| !branch.advance()) {
            path.pop();
        }
        if path.is_empty() {
            explored.is_complete = true;
            break;
        }
    }
    explored
}

type GateId = (Option<usize>, usize);

#[derive(Clone)]
struct Choice {
    id: GateId,
    footprint: Footprint,
}

/// A moment at which one of several effects could be next. The search is depth-first with sleep
/// sets: an effect that was tried here sleeps in the branches of the others until something it
/// conflicts with has happened, since until then it would only repeat what was tried.
struct Branch {
    options: Vec<Choice>,
    asleep: Vec<Choice>,
    tried: Vec<usize>,
    chosen: usize,
}

impl Branch {
    /// None when every effect that could be next sleeps.
    fn new(waiting: &[Stopped], asleep: Vec<Choice>) -> Option<Self> {
        let options: Vec<Choice> =
            waiting.iter().map(|waiting| Choice { id: waiting.id(), footprint: waiting.footprint.clone() }).collect();
        let mut branch = Self { options, asleep, tried: Vec::new(), chosen: 0 };
        branch.chosen = branch.next()?;
        Some(branch)
    }

    fn next(&self) -> Option<usize> {
        (0..self.options.len()).find(|option| {
            let sleeps = |choice: &Choice| choice.id == self.options[*option].id;
            !self.tried.contains(option) && !self.asleep.iter().any(sleeps)
        })
    }

    /// Turns to the next effect; false when none is left.
    fn advance(&mut self) -> bool {
        self.tried.push(self.chosen);
        match self.next() {
            Some(next) => {
                self.chosen = next;
                true
            }
            None => false,
        }
    }

    fn asleep_after(&self) -> Vec<Choice> {
        let chosen = &self.options[self.chosen].footprint;
        let tried = self.tried.iter().map(|option| &self.options[*option]);
        self.asleep.iter().chain(tried).filter(|choice| !choice.footprint.conflicts_with(chosen)).cloned().collect()
    }
}
