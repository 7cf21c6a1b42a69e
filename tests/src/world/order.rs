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
    /// By priorities that a seed gives, one of which falls to the lowest at a random step: a handler stands still while
    /// others run to their ends. The same seed gives the same order.
    Priorities(u64),
    /// The handler to go at each step, by its place in the list. One that is not at a gate is
    /// passed over; when the turns are used up the first handler that can goes.
    Turns(Vec<usize>),
}

/// The first in the list goes first, until its gates are used up and it becomes the last.
struct Priorities {
    ranked: Vec<usize>,
    gates_left: usize,
}

impl Priorities {
    /// 24 gates: within them a handler reads what it decides by.
    const GATES: usize = 24;

    fn new(order: &Order, handlers: usize, random: &mut Random) -> Option<Self> {
        let Order::Priorities(_) = order else { return None };
        let mut left: Vec<usize> = (0..handlers).collect();
        let mut ranked = Vec::new();
        while !left.is_empty() {
            ranked.push(left.remove(random.below(left.len())));
        }
        Some(Self { ranked, gates_left: 1 + random.below(Self::GATES) })
    }

    fn choose(&mut self, waiting: &[Stopped]) -> usize {
        let place = |handler: &usize| waiting.iter().position(|waiting| waiting.handler == Some(*handler));
        let chosen = self.ranked.iter().find_map(place).unwrap_or(0);
        if waiting[chosen].handler == self.ranked.first().copied() {
            self.gates_left = self.gates_left.saturating_sub(1);
            if self.gates_left == 0 {
                self.ranked.rotate_left(1);
                self.gates_left = usize::MAX;
            }
        }
        chosen
    }
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
            Order::Seed(seed) | Order::Priorities(seed) => Random::new(*seed, "order"),
            Order::Turns(_) => Random::new(0, "order"),
        };
        let mut priorities = Priorities::new(&order, handlers.len(), &mut random);
        let mut turns = match order {
            Order::Seed(_) | Order::Priorities(_) => None,
            Order::Turns(turns) => Some(turns.into_iter()),
        };
        self.inner.gates.take_trace();
        let outcomes = self
            .inner
            .gates
            .schedule(Guard::All, handlers, |waiting| {
                if let Some(priorities) = &mut priorities {
                    return Some(priorities.choose(waiting));
                }
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

/// How often a handler that was interrupted gets the turn back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// The others run to their ends.
    Once,
    /// The others run to each of their effects; then it runs to its own end, and they to theirs.
    Twice,
}

/// Runs handlers with one change of turn, or two, each time in a world of its own: one handler stops before its first
/// effect, then before its second, and so on, while the others run; and so for each handler. That is what most faults of
/// two handlers need, in as many runs as they have effects together, or as the product of their effects.
///
/// Returns how many runs there were.
pub async fn every_interruption<Outcome>(
    interruption: Interruption,
    arrange: impl AsyncFn() -> World,
    handlers: impl Fn(&World) -> Vec<Handler<Outcome>>,
    check: impl AsyncFn(&World, Vec<Outcome>, &Trace),
) -> usize {
    let first_return = if interruption == Interruption::Once { usize::MAX } else { 1 };
    let (mut runs, mut interrupted, mut stops_before, mut returns_after) = (0, 0, 0, first_return);
    loop {
        let world = arrange().await;
        let all = handlers(&world);
        if interrupted == all.len() {
            return runs;
        }
        world.take_trace();
        let (mut own, mut of_others) = (0, 0);
        let choose = |waiting: &[Stopped]| {
            let place =
                |is_own: bool| waiting.iter().position(|stopped| (stopped.handler == Some(interrupted)) == is_own);
            let is_own_turn = own < stops_before || of_others >= returns_after;
            let chosen = place(is_own_turn).or_else(|| place(!is_own_turn))?;
            let count = if waiting[chosen].handler == Some(interrupted) { &mut own } else { &mut of_others };
            *count += 1;
            Some(chosen)
        };
        let outcomes = world.inner.gates.schedule(Guard::Effects, all, choose).await;
        let trace = world.take_trace();
        check(&world, outcomes.expect("somebody waits"), &trace).await;
        runs += 1;
        if returns_after < of_others {
            returns_after += 1;
        } else if stops_before < own {
            (stops_before, returns_after) = (stops_before + 1, first_return);
        } else {
            (interrupted, stops_before, returns_after) = (interrupted + 1, 0, first_return);
        }
    }
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
