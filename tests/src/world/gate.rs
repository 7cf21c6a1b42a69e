//! The gates every call stops at, and what stands there: nobody, a scheduler, or death.

use std::{
    collections::BTreeMap,
    fmt,
    future::{self, Future},
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
    time::Duration,
};

use tokio::{sync::oneshot, task_local, time::sleep};

use super::call::Footprint;

/// How long the scheduler waits for the handlers to come to rest. With the runtime's time paused
/// that is until nothing else can run, and takes no time.
const REST: Duration = Duration::from_millis(1);
/// Rests in a row with nobody at a gate before the handlers count as stuck: two minutes of the
/// runtime's time, longer than any back-off.
const MAX_RESTS: usize = 120_000;

/// Which of a call's two gates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// Before the call has its effect.
    Effect,
    /// After its effect, before its reply.
    Reply,
}

/// One gate passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The handler, by its place in the list given to the scheduler.
    pub handler: Option<usize>,
    /// Which gate.
    pub moment: Moment,
    /// The call's service, operation and resource, or the name of a gate of the test's own.
    pub what: String,
}

/// Gates in the order they were passed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace(pub Vec<Step>);

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.0 {
            match step.handler {
                Some(handler) => write!(f, "{handler}")?,
                None => f.write_str("-")?,
            }
            let moment = match step.moment {
                Moment::Effect => "does",
                Moment::Reply => "hears",
            };
            writeln!(f, " {moment} {}", step.what)?;
        }
        Ok(())
    }
}

#[derive(Default)]
pub(crate) struct Gates(Mutex<State>);

#[derive(Default)]
struct State {
    guard: Guard,
    waiting: Vec<Stopped>,
    arrivals: BTreeMap<Option<usize>, usize>,
    trace: Vec<Step>,
}

/// Which gates are shut.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Guard {
    #[default]
    None,
    Effects,
    All,
}

/// A call at a shut gate. A handler's calls are told apart by their order of arrival, which no
/// other handler can change while they wait.
pub(super) struct Stopped {
    pub(super) handler: Option<usize>,
    arrival: usize,
    pub(super) footprint: Footprint,
    open: oneshot::Sender<()>,
}

impl Stopped {
    pub(super) fn id(&self) -> (Option<usize>, usize) {
        (self.handler, self.arrival)
    }
}

task_local! {
    static HANDLER: usize;
    static LIFE: Arc<Life>;
}

/// How many gates a handler has passed, and at which it dies.
struct Life {
    passed: AtomicUsize,
    last: usize,
}

impl Life {
    fn is_over(&self) -> bool {
        self.passed.load(Ordering::Relaxed) >= self.last
    }
}

impl Gates {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("nothing panics while holding it")
    }

    /// Stops at a gate until it is opened. A handler that dies here stops until it is dropped.
    pub(crate) async fn pass(&self, moment: Moment, what: &str, footprint: &Footprint) {
        let dies = LIFE.try_with(|life| {
            life.passed.fetch_add(1, Ordering::Relaxed);
            life.is_over()
        });
        if dies == Ok(true) {
            future::pending::<()>().await;
        }
        let handler = HANDLER.try_with(|handler| *handler).ok();
        let shut = {
            let mut state = self.lock();
            let is_shut = match state.guard {
                Guard::None => false,
                Guard::Effects => moment == Moment::Effect,
                Guard::All => true,
            };
            is_shut.then(|| {
                let arrival = state.arrivals.entry(handler).or_default();
                *arrival += 1;
                let arrival = *arrival;
                let (open, opened) = oneshot::channel();
                state.waiting.push(Stopped { handler, arrival, footprint: footprint.clone(), open });
                opened
            })
        };
        if let Some(opened) = shut {
            // A scheduler that is gone has opened every gate.
            let _ = opened.await;
        }
        self.lock().trace.push(Step { handler, moment, what: what.to_owned() });
    }

    pub(crate) fn take_trace(&self) -> Trace {
        Trace(std::mem::take(&mut self.lock().trace))
    }

    /// Runs the handlers to their ends, opening the gate that `choose` points at whenever all of
    /// them are at rest. Gives up, dropping them, when `choose` does.
    pub(super) async fn schedule<Outcome>(
        &self,
        guard: Guard,
        handlers: Vec<impl Future<Output = Outcome>>,
        mut choose: impl FnMut(&[Stopped]) -> Option<usize>,
    ) -> Option<Vec<Outcome>> {
        struct Opened<'a>(&'a Gates);
        impl Drop for Opened<'_> {
            fn drop(&mut self) {
                let mut state = self.0.lock();
                state.guard = Guard::None;
                state.waiting.clear();
                state.arrivals.clear();
            }
        }
        self.lock().guard = guard;
        let _opened = Opened(self);

        let mut handlers: Vec<Pin<Box<_>>> = handlers
            .into_iter()
            .enumerate()
            .map(|(number, handler)| Box::pin(HANDLER.scope(number, handler)))
            .collect();
        let mut outcomes: Vec<Option<Outcome>> = handlers.iter().map(|_| None).collect();
        let mut rests = 0;
        loop {
            let mut rest = pin!(sleep(REST));
            let is_done = future::poll_fn(|context| {
                for (handler, outcome) in handlers.iter_mut().zip(&mut outcomes) {
                    if outcome.is_none()
                        && let Poll::Ready(done) = handler.as_mut().poll(context)
                    {
                        *outcome = Some(done);
                    }
                }
                if outcomes.iter().all(Option::is_some) {
                    return Poll::Ready(true);
                }
                rest.as_mut().poll(context).map(|()| false)
            })
            .await;
            if is_done {
                return outcomes.into_iter().collect();
            }

            let mut state = self.lock();
            state.waiting.retain(|waiting| !waiting.open.is_closed());
            state.waiting.sort_by_key(Stopped::id);
            if state.waiting.is_empty() {
                rests += 1;
                assert!(rests < MAX_RESTS, "the handlers wait, but not at a gate");
                continue;
            }
            rests = 0;
            let chosen = choose(&state.waiting)?;
            let waiting = state.waiting.remove(chosen);
            // A call given up in this very moment is not there to be let through.
            let _ = waiting.open.send(());
        }
    }
}

/// Runs a handler until it comes to its `gate`-th gate, from 1, and drops it there: everything up
/// to that gate has happened, nothing after it. A call has two gates, before its effect and before
/// its reply. None when it was killed.
///
/// The handler must make its calls itself, not in tasks it spawns.
pub fn run_until_killed<Outcome>(
    gate: usize,
    handler: impl Future<Output = Outcome>,
) -> impl Future<Output = Option<Outcome>> {
    let life = live(gate, handler);
    async { life.await.0 }
}

/// Runs a handler to its end and counts the gates it passes.
pub fn count_gates<Outcome>(handler: impl Future<Output = Outcome>) -> impl Future<Output = (Outcome, usize)> {
    let life = live(usize::MAX, handler);
    async {
        let (outcome, gates) = life.await;
        (outcome.expect("no handler passes that many gates"), gates)
    }
}

/// Handlers are large: they are boxed here, so that nobody above carries them.
fn live<Outcome>(
    last: usize,
    handler: impl Future<Output = Outcome>,
) -> impl Future<Output = (Option<Outcome>, usize)> {
    let life = Arc::new(Life { passed: AtomicUsize::new(0), last });
    let mut handler = Box::pin(LIFE.scope(Arc::clone(&life), handler));
    async move {
        let outcome = future::poll_fn(|context| match handler.as_mut().poll(context) {
            Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
            Poll::Pending if life.is_over() => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        })
        .await;
        (outcome, life.passed.load(Ordering::Relaxed))
    }
}
