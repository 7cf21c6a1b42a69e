//! Saboteurs that must not go unnoticed: without any one condition of these, a test fails.
//!
//! Each condition stands here with tests that ask it, and each of its saboteurs must turn one of them red. The tests are
//! those of the other modules, as they are: [`sabotaged`] puts a saboteur into every world that they make.

mod conditions;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tests::world::{Condition, Sabotage, sabotaged};

use self::conditions::{CONDITIONS, MADE_UP_FOR, Test};
use crate::faults::orders;

fn is_it(what: &'static str, expression: &'static str) -> impl Fn(&Condition) -> bool + Send + Sync + 'static {
    let (item, action) = what.split_once(' ').unwrap_or(("*", what));
    let is_item = move |asked: &Condition| {
        item.strip_suffix('*').map_or(asked.item == item, |beginning| asked.item.starts_with(beginning))
    };
    move |asked| asked.action == action && asked.expression == expression && is_item(asked)
}

/// A saboteur by its name, and the tests that may notice it.
struct Saboteur {
    name: String,
    sabotage: Sabotage,
    tests: &'static [Test],
}

impl Saboteur {
    fn is_noticed(&self) -> bool {
        self.tests.iter().any(|test| catch_unwind(AssertUnwindSafe(|| sabotaged(&self.sabotage, test))).is_err())
    }
}

/// Those that no test notices, sorted; on every core.
fn unnoticed(saboteurs: &[Saboteur]) -> Vec<String> {
    let (next, unnoticed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(saboteur) = saboteurs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let started = std::time::Instant::now();
                    let is_noticed = saboteur.is_noticed();
                    eprintln!("{is_noticed} after {:?}: {}", started.elapsed(), saboteur.name);
                    if !is_noticed {
                        unnoticed.lock().unwrap().push(saboteur.name.clone());
                    }
                }
            });
        }
    });
    let mut unnoticed = unnoticed.into_inner().unwrap();
    unnoticed.sort();
    unnoticed
}

#[test]
fn every_condition_the_handlers_ask_is_needed_stripping_it_is_noticed() {
    let saboteurs = CONDITIONS.map(|(what, expression, tests)| Saboteur {
        name: format!("{what}: {expression}"),
        sabotage: Sabotage::strip_conditions_where(is_it(what, expression)),
        tests,
    });
    assert_eq!(unnoticed(&saboteurs), [""; 0]);
}

/// Of several conditions in one, each is needed, but those that another makes up for.
#[test]
fn every_part_of_a_condition_is_needed_leaving_it_out_is_noticed() {
    let mut saboteurs = Vec::new();
    for (what, expression, tests) in CONDITIONS {
        let parts: Vec<&str> = expression.split(" AND ").collect();
        for part in parts.iter().filter(|_| parts.len() > 1) {
            if !MADE_UP_FOR.iter().any(|(of, whole, made_up, _)| (*of, *whole, made_up) == (what, expression, part)) {
                let sabotage = Sabotage::weaken_conditions_where(part, is_it(what, expression));
                saboteurs.push(Saboteur { name: format!("{what}: {expression}: {part}"), sabotage, tests });
            }
        }
    }
    assert_eq!(unnoticed(&saboteurs), [""; 0]);
}

#[test]
fn dropping_a_version_id_or_swallowing_an_event_is_noticed() {
    let is_event = |item: &serde_json::Value| item["sk"].as_str().is_some_and(|sk| sk.starts_with("E#"));
    let saboteurs = [
        ("version ids", Sabotage::DropVersionIds),
        ("events", Sabotage::swallow_items_where(is_event)),
        ("calls", Sabotage::swallow_items_where(|item| item["sk"] == "C")),
    ];
    let tests: &[Test] = &[
        orders::of_two_same_uploads_exactly_one_is_the_first_in_any_order,
        orders::two_sweeps_at_once_leave_one_tombstone_in_many_orders,
    ];
    let saboteurs = saboteurs.map(|(name, sabotage)| Saboteur { name: name.to_owned(), sabotage, tests });
    assert_eq!(unnoticed(&saboteurs), [""; 0]);
}
