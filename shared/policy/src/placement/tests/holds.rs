//! Holds follow the legs.

use proptest::prelude::*;

use super::*;
use crate::custody::Committed;
use crate::hold::{HoldChange, HoldKind, NewHold};
use crate::id::HoldId;

fn held(world: &mut World, number: u32, name: &str) -> HoldId {
    let call = world.recording(number).view.call.clone();
    let reason = Committed { salt: String::new(), text: String::new() };
    let placed_at = at("2026-11-12T00:00:00Z");
    let kind = HoldKind::Legal;
    let new = NewHold { kind, reason, owner: name, placed_by: "yamada", placed_at, until: None, operation: name };
    let hold = Hold::new(&call.id, new).unwrap();
    let id = hold.id.clone();
    let holds = world.holds.entry(call.id.clone()).or_default();
    *holds = holds.changed(&HoldChange::Place(hold), placed_at).unwrap();
    let carried = holds.carried();
    for life in world.calls.values_mut().filter(|life| life.reference.id == call.id) {
        *life = life.held(&carried);
    }
    id
}

const LINKED: &str = r#"{"linked_id": "y"}"#;

#[test]
fn a_leg_that_joins_a_held_call_is_held_with_it() {
    let mut world = World::with_sample_rulebook();
    world.place("2026-11-12T02:00:00Z", fragments(audio(1, "2026-11-12T01:30:00Z", &DATED)));
    let hold = held(&mut world, 1, "a");
    world.place("2026-11-12T03:00:00Z", fragments(audio(2, "2026-11-12T01:40:00Z", &DATED)));
    assert_eq!(world.recording(1).view.call, world.recording(2).view.call);
    assert!(world.recording(2).view.holds.contains(&hold));
}

#[test]
fn a_hold_is_for_all_lives_of_its_call_also_for_one_that_opens_later_and_one_that_was_empty() {
    let mut world = World::with_sample_rulebook();
    world.place("2026-11-12T02:00:00Z", fragments(audio(1, "2026-11-12T01:30:00Z", &DATED)));
    let hold = held(&mut world, 1, "a");
    let two_days_later = [("call-id", "x"), ("started-at", "2026-11-14T10:00:00+09:00"), ("extension", "201")];
    let second = fragments(audio(2, "2026-11-14T01:30:00Z", &two_days_later));
    world.place("2026-11-14T02:00:00Z", second.clone());
    assert_eq!(world.recording(2).view.call.incarnation, 1);
    assert!(world.call_of(2).holds.contains(&hold) && world.recording(2).view.holds.contains(&hold));
    // The first life is emptied, and opens again.
    let emptied = world.recording(1).view.call.clone();
    let first = fragments(audio(1, "2026-11-12T01:30:00Z", &DATED));
    world.place(
        "2026-11-14T03:00:00Z",
        Fragments { sidecars: vec![sidecar(3, "2026-11-14T03:00:00Z", LINKED)], ..first },
    );
    assert!(world.emptied.contains(&emptied));
    world.place("2026-11-14T04:00:00Z", fragments(audio(4, "2026-11-14T03:30:00Z", &DATED)));
    assert_eq!(world.recording(4).view.call, emptied);
    assert!(world.call_of(4).holds.contains(&hold));
}

#[test]
fn a_leg_that_moves_to_another_call_takes_its_holds_along_and_leaves_them_behind_too() {
    let mut world = World::with_sample_rulebook();
    let other = [("call-id", "y"), ("started-at", "2026-11-12T10:05:00+09:00"), ("extension", "201")];
    world.place("2026-11-12T02:00:00Z", fragments(audio(1, "2026-11-12T01:30:00Z", &DATED)));
    world.place("2026-11-12T02:00:00Z", fragments(audio(2, "2026-11-12T01:31:00Z", &DATED)));
    world.place("2026-11-12T02:00:00Z", fragments(audio(3, "2026-11-12T01:32:00Z", &other)));
    let (one, two) = (held(&mut world, 1, "a"), held(&mut world, 3, "b"));
    let second = fragments(audio(2, "2026-11-12T01:31:00Z", &DATED));
    let linked = Fragments { sidecars: vec![sidecar(4, "2026-11-12T03:00:00Z", LINKED)], ..second };
    world.place("2026-11-12T03:00:01Z", linked.clone());
    assert_eq!(world.recording(2).view.call, world.recording(3).view.call);
    for hold in [&one, &two] {
        assert!(world.call_of(2).holds.contains(hold) && world.recording(2).view.holds.contains(hold));
    }
    assert!(world.call_of(1).holds.contains(&one) && !world.call_of(1).holds.contains(&two));
    let there = &world.holds[&world.recording(3).view.call.id];
    assert!(there.get(&one).is_some() && there.get(&two).is_some(), "a later life finds both");
    assert!(!world.place("2026-11-12T03:00:02Z", linked), "TWICE IS ONCE");
}

#[test]
fn a_placement_in_a_held_call_says_so_even_where_it_writes_nothing() {
    let mut world = World::with_sample_rulebook();
    let first = fragments(audio(1, "2026-11-12T01:30:00Z", &DATED));
    world.place("2026-11-12T02:00:00Z", first.clone());
    let plan = |world: &World| {
        let subject = Subject::Recording { fragments: Box::new(first.clone()), dependants: Vec::new() };
        world.plan(at("2026-11-12T04:00:00Z"), subject).unwrap()
    };
    assert_eq!((plan(&world).is_empty(), plan(&world).held), (true, Vec::new()));
    held(&mut world, 1, "a");
    let call = world.recording(1).view.call.id.clone();
    assert_eq!(plan(&world).held, [call]);
}

proptest! {
    /// A hold that is placed on a leg's call is on the call of that leg for ever, wherever links and corrections move it.
    #[test]
    fn never_early_whatever_a_leg_goes_through_it_stays_under_every_hold_that_was_placed_on_it(
        steps in proptest::collection::vec((0_u32..4, 0_usize..4, any::<bool>()), 1..16)
    ) {
        let mut world = World::with_sample_rulebook();
        let mut placed: BTreeMap<u32, Vec<HoldId>> = BTreeMap::new();
        for (step, (number, call, holds)) in steps.into_iter().enumerate() {
            let call = ["x", "y", "z", "w"][call];
            let metadata = [("call-id", call), ("started-at", "2026-11-12T10:00:00+09:00"), ("extension", "201")];
            let link = format!(r#"{{"linked_id": "{call}"}}"#);
            let place = |number: u32| {
                let sidecars = vec![sidecar(100 + u32::try_from(step).unwrap(), "2026-11-12T03:00:00Z", &link)];
                Fragments { sidecars, ..fragments(audio(number, "2026-11-12T01:30:00Z", &metadata)) }
            };
            world.place("2026-11-12T03:00:01Z", place(number));
            let of = object("other/a.wav", number, Timestamp::MIN).id();
            if holds && world.recordings.contains_key(&of) {
                let hold = held(&mut world, number, &step.to_string());
                let reference = world.recording(number).view.call.clone();
                for other in 0..4 {
                    let id = object("other/a.wav", other, Timestamp::MIN).id();
                    if world.recordings.get(&id).is_some_and(|before| before.recording.view.call.id == reference.id) {
                        placed.entry(other).or_default().push(hold.clone());
                    }
                }
            }
            for (number, holds) in &placed {
                for hold in holds {
                    prop_assert!(world.call_of(*number).holds.contains(hold), "leg {number} lost a hold");
                }
            }
        }
    }
}
