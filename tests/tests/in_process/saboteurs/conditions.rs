//! The conditions, and the tests that ask each.

use crate::deletions::races;
use crate::faults::{self, legs, orders};
use crate::{cases, clips, console, decided, holds, jobs, limits, stale_writes, sweep};

/// A test, as a function.
pub(super) type Test = fn();

/// What a condition is of (an item that ends with `*` stands for all that begin so), itself, and the tests that notice what
/// is wrong without it, the quickest first.
type Row = (&'static str, &'static str, &'static [Test]);

/// Not here: what another condition of the same transaction makes up for, always. A recording is written with its next event,
/// a case's step with its audit event, a rulebook's version under its number; each of these is there once.
pub(super) const CONDITIONS: [Row; 37] = [
    (
        "C#/C UpdateItem",
        "generation = :read AND legs = :legs AND holds = :none AND attribute_not_exists(claim)",
        &[
            stale_writes::a_call_is_claimed_as_it_was_read_free_and_once,
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
    (
        "C#/C UpdateItem",
        "attribute_exists(pk) AND attribute_not_exists(claim)",
        &[orders::a_hold_that_was_granted_keeps_everything_in_any_order],
    ),
    (
        "C#/C UpdateItem",
        "generation = :read AND attribute_exists(claim)",
        &[stale_writes::only_what_is_claimed_and_as_it_was_read_is_parked],
    ),
    (
        "C#/C ConditionCheck",
        "contains(legs, :leg) AND attribute_not_exists(claim)",
        &[
            stale_writes::nothing_is_derived_from_a_leg_that_the_call_does_not_have,
            clips::faults::a_recording_that_is_swept_meanwhile_leaves_no_clip_in_any_order,
        ],
    ),
    (
        "R#/R UpdateItem",
        "attribute_exists(deleted_at) AND #backup = :pending",
        &[stale_writes::what_has_ended_is_not_made_again_by_a_late_update],
    ),
    ("R#/E# UpdateItem", "attribute_exists(pk)", &[stale_writes::what_has_ended_is_not_made_again_by_a_late_update]),
    ("Q#/Q UpdateItem", "attribute_exists(pk)", &[stale_writes::what_has_ended_is_not_made_again_by_a_late_update]),
    ("V#/* UpdateItem", "attribute_exists(pk)", &[stale_writes::what_has_ended_is_not_made_again_by_a_late_update]),
    (
        "G#/* ConditionCheck",
        "attribute_exists(pk) AND attribute_not_exists(withdrawn)",
        &[cases::races::nobody_hears_a_share_after_it_was_withdrawn_in_any_order],
    ),
    ("J#/S# Put", "generation = :read", &[clips::faults::a_share_that_is_withdrawn_meanwhile_has_no_clip_in_any_order]),
    ("J#/Q# Put", "generation = :read", &[cases::races::a_release_is_built_once_from_one_reading]),
    (
        "J#/J Put",
        "attribute_not_exists(pk) OR generation < :generation",
        &[decided::replayed::what_people_decided_since_the_restored_moment_is_there_again_as_it_was],
    ),
    (
        "J#/Q# Put",
        "attribute_not_exists(pk) OR generation < :generation",
        &[decided::replayed::what_people_decided_since_the_restored_moment_is_there_again_as_it_was],
    ),
    (
        "J#/S# Put",
        "attribute_not_exists(pk) OR generation < :generation",
        &[decided::replayed::what_people_decided_since_the_restored_moment_is_there_again_as_it_was],
    ),
    ("Y#/ Update", "approved = :read", &[stale_writes::of_two_approvals_of_a_day_the_smaller_takes_nothing_back]),
    (
        "Y#/ UpdateItem",
        "waiting = :before",
        &[sweep::at_once::how_many_wait_is_put_right_only_where_nobody_wrote_it_since],
    ),
    (
        "U#/U UpdateItem",
        "generation = :read",
        &[console::session::signing_out_while_tokens_are_renewed_leaves_no_token_behind],
    ),
    (
        "U#/U UpdateItem",
        "generation = :read AND (attribute_not_exists(renewing_until) OR renewing_until <= :now)",
        &[console::session::a_renewal_that_many_ask_for_is_done_once_whatever_the_order],
    ),
    (
        "U#/U UpdateItem",
        "seen_at <= :seen",
        &[console::session::signing_out_while_tokens_are_renewed_leaves_no_token_behind],
    ),
    (
        "W#/* Update",
        "attribute_not_exists(#count) OR #count < :limit",
        &[limits::of_two_plays_at_once_with_one_left_exactly_one_passes_in_whatever_order],
    ),
    (
        "M#/D# Update",
        "attribute_not_exists(#count) OR #count < :limit",
        &[jobs::notify::a_day_of_many_memos_is_twenty_mails_at_most_and_the_rest_follows_the_next_day],
    ),
    (
        "M#/N# Put",
        "attribute_not_exists(pk)",
        &[stale_writes::an_attempt_to_mail_is_begun_by_one_run_and_settled_by_it_alone],
    ),
    ("M#/N# Put", "begun_at = :read", &[stale_writes::an_attempt_to_mail_is_begun_by_one_run_and_settled_by_it_alone]),
    (
        "M#/N# Update",
        "begun_at = :begun",
        &[stale_writes::an_attempt_to_mail_is_begun_by_one_run_and_settled_by_it_alone],
    ),
    ("P#/S# Put", "attribute_not_exists(pk)", &[stale_writes::a_slice_of_a_plan_is_counted_once]),
    ("P#/S# Put", "slices = :read", &[stale_writes::a_slice_of_a_plan_is_counted_once]),
];

/// Parts that another part, or the handlers' own order, makes up for: of what, the whole, the part, and why.
pub(super) const MADE_UP_FOR: [(&str, &str, &str, &str); 8] = [
    ("C#/C Put", JOINED, UNCLAIMED, MOVES),
    ("C#/C ConditionCheck", JOINED, UNCLAIMED, MOVES),
    ("C#/C ConditionCheck", JOINED, "generation = :read", "a leg that stays in its call meets only a claim there"),
    ("C#/C Update", DECIDED, UNCLAIMED, MOVES),
    ("C#/C Update", DECIDED, "holds = :holds", MOVES),
    ("C#/C UpdateItem", "attribute_exists(pk) AND attribute_not_exists(claim)", "attribute_exists(pk)", NEVER_GONE),
    (
        "R#/R UpdateItem",
        "attribute_exists(deleted_at) AND #backup = :pending",
        "attribute_exists(deleted_at)",
        "only a tombstone says what became of a copy",
    ),
    (
        "G#/* ConditionCheck",
        "attribute_exists(pk) AND attribute_not_exists(withdrawn)",
        "attribute_exists(pk)",
        "a grant is read before, and nothing but DynamoDB's own end of an item takes it away",
    ),
];

const JOINED: &str = "generation = :read AND attribute_not_exists(claim)";
const DECIDED: &str = "generation = :read AND holds = :holds AND attribute_not_exists(claim)";
const UNCLAIMED: &str = "attribute_not_exists(claim)";
const MOVES: &str = "every write of a call moves its generation";
const NEVER_GONE: &str = "a call's item is never deleted";
