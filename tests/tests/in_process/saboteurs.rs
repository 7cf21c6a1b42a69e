//! Saboteurs that must not go unnoticed: without any one condition of these, a test fails.
//!
//! Each condition stands here with tests that ask it, and each of its saboteurs must turn one of them red. The tests are
//! those of the other modules, as they are: [`sabotaged`] puts a saboteur into every world that they make.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tests::world::{Condition, Sabotage, sabotaged};

use crate::deletions::races;
use crate::faults::{self, legs, orders};
use crate::holds;

/// A test, as a function.
type Test = fn();

/// What a condition is of, itself, and the tests that notice what is wrong without it, the quickest first.
type Row = (&'static str, &'static str, &'static [Test]);

/// Not here yet: conditions weakened by a part; that a recording, an event of it, or a call that `sweep` finishes is as it
/// was read, of which each makes up for the others; and the conditions of cases, shares, releases, sessions, limits and
/// the rulebook.
const CONDITIONS: [Row; 12] = [
    (
        "C#/C UpdateItem",
        "generation = :read AND legs = :legs AND holds = :none AND attribute_not_exists(claim)",
        &[
            orders::a_hold_that_was_granted_keeps_everything_in_any_order,
            orders::two_sweeps_at_once_leave_one_tombstone_in_many_orders,
            orders::a_leg_that_arrives_during_a_sweep_is_never_deleted_with_the_call_in_any_order,
        ],
    ),
    (
        "C#/C ConditionCheck",
        "generation = :read AND attribute_not_exists(claim)",
        &[legs::what_is_claimed_stands_as_it_was_read],
    ),
    (
        "C#/C Put",
        "generation = :read AND attribute_not_exists(claim)",
        &[
            legs::two_legs_that_come_at_once_join_a_call_that_stands,
            orders::a_leg_that_arrives_during_a_sweep_is_never_deleted_with_the_call_in_any_order,
        ],
    ),
    (
        "C#/C Update",
        "generation = :read AND holds = :holds AND attribute_not_exists(claim)",
        &[
            races::of_two_requests_at_once_one_stands_in_any_order,
            races::a_hold_beside_an_approval_keeps_everything_in_any_order,
            races::an_approval_and_a_sweep_end_the_call_once_in_any_order,
        ],
    ),
    ("C#/C Update", "attribute_not_exists(pk)", &[legs::two_legs_that_come_at_once_open_one_call]),
    (
        "C#/C Update",
        "attribute_not_exists(pk) OR attribute_exists(emptied)",
        &[legs::two_legs_that_come_at_once_open_a_call_again_that_was_emptied],
    ),
    (
        "H#/G ConditionCheck",
        "attribute_not_exists(holds_generation)",
        &[holds::a_life_that_opens_while_a_hold_is_placed_is_held_in_both_ways],
    ),
    (
        "H#/G ConditionCheck",
        "holds_generation = :read",
        &[holds::both_holds_lifted_in_every_order_leave_no_wall_and_the_call_goes],
    ),
    (
        "H#/H# Delete",
        "lifted_at = :at",
        &[holds::a_case_that_opens_again_holds_its_calls_in_every_order_with_what_clears_the_old_hold_away],
    ),
    ("PutItem", "attribute_not_exists(pk)", &[faults::an_event_that_comes_again_an_hour_later_changes_nothing]),
    (
        "K#/H# Put",
        "attribute_not_exists(pk) OR first_id = :first",
        &[orders::of_two_same_uploads_exactly_one_is_the_first_in_any_order],
    ),
    (
        "D#/D Put",
        "#state = :read",
        &[
            races::of_an_approval_and_a_refusal_one_stands_in_any_order,
            races::of_two_refusals_one_stands_also_without_a_call_in_any_order,
        ],
    ),
];

fn is_it(what: &'static str, expression: &'static str) -> impl Fn(&Condition) -> bool + Send + Sync + 'static {
    let is_of = move |asked: &Condition| asked.action == what || format!("{} {}", asked.item, asked.action) == what;
    move |asked| is_of(asked) && asked.expression == expression
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
