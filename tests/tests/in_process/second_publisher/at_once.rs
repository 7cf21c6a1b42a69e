//! An agreement beside another one, beside a withdrawal, and with every call failed.

use std::cell::RefCell;

use serde_json::{Value, json};
use tests::company::sample_rulebook;
use tests::world::{EVERY_FAULT, Handler, Sabotage, World, every_order, for_every_fault};

use super::{SECOND, agreements, pending, permitting, under, with_row};
use crate::api::{ADMIN, Answer, Api, ApiRequest};
use crate::rulebook::{publish, withdraw};

/// A company of three admins, of whom one has published what permits more.
async fn awaiting() -> World {
    let (policy, staff) = sample_rulebook();
    let policy = policy.replace("admin_limit = 2", "admin_limit = 3");
    let staff = with_row(&staff, "abe", "abe,阿部 学,,302,,management,admin,,,2026-04-01,");
    let api = under(&policy, &staff).await;
    assert_eq!(api.ask(&of_three().by(SECOND)).await.ok()["awaits_second_admin"], true);
    api.company.world
}

/// What it published.
fn of_three() -> ApiRequest {
    let (policy, staff) = permitting();
    let policy = policy.replace("admin_limit = 2", "admin_limit = 3");
    publish(&policy, &with_row(&staff, "abe", "abe,阿部 学,,302,,management,admin,,,2026-04-01,"))
}

/// Both requests at once, in every order; what was found wrong, or how many orders there are.
async fn at_once(
    requests: &[ApiRequest; 2],
    prepare: impl Fn(&World),
    is_right: impl Fn(&[Answer], &Value) -> bool,
) -> Result<usize, String> {
    let wrong = RefCell::new(None);
    let explored = every_order(
        2_000,
        async || {
            let world = awaiting().await;
            prepare(&world);
            world
        },
        |world| {
            let ask = |(number, request): (usize, &ApiRequest)| {
                let (world, request) = (world.clone(), request.clone().with_request_id(&format!("request-{number}")));
                Box::pin(async move { Api::over(&world).ask(&request).await }) as Handler<Answer>
            };
            requests.iter().enumerate().map(ask).collect()
        },
        async |world, answers, trace| {
            let pending = pending(&Api::over(world), "ono").await;
            if !is_right(&answers, &pending) {
                let found: Vec<(u16, Value)> = answers.iter().map(|answer| (answer.status, answer.json())).collect();
                wrong.borrow_mut().get_or_insert(format!("{found:?} {pending}: {trace}"));
            }
        },
    )
    .await;
    wrong.into_inner().map_or(Ok(explored.runs), Err)
}

#[tokio::test(start_paused = true)]
async fn of_two_who_agree_at_once_both_are_told_what_stands_in_whatever_order() {
    let runs = at_once(
        &[of_three().by(ADMIN), of_three().by("abe")],
        |_| {},
        |answers, pending| {
            let is_told = |answer: &Answer| {
                answer.status == 200
                    && ["version", "effective_at"].iter().all(|name| answer.json()[name] == pending[name])
            };
            answers.iter().all(is_told) && pending["awaits_second_admin"] == false
        },
    )
    .await;
    assert!(runs.unwrap() >= 2);
}

/// One agrees while the publisher thinks better of it: what was answered stands.
fn one_wins(answers: &[Answer], pending: &Value) -> bool {
    let [agrees, withdraws] = answers else { return false };
    match (agrees.status, withdraws.status) {
        // Agreed, then withdrawn.
        (200, 200) => {
            agrees.json()["awaits_second_admin"] == false && pending.is_null()
            // Withdrawn, then published: it waits for another.
            || agrees.json()["version"] == pending["version"] && pending["version"] != 2
        }
        (200, 409) => pending["version"] == 2 && pending["awaits_second_admin"] == false,
        (409, 200) => pending.is_null(),
        _ => false,
    }
}

#[tokio::test(start_paused = true)]
async fn of_an_agreement_and_a_withdrawal_at_once_what_was_answered_stands_in_whatever_order() {
    let both = [of_three().by(ADMIN), withdraw().by(SECOND)];
    let runs = at_once(&both, |_| {}, one_wins).await;
    assert!(runs.unwrap() >= 4);
    let strip = |world: &World| {
        world.sabotage(Sabotage::strip_conditions_of("TransactWriteItems"));
    };
    assert!(at_once(&both, strip, one_wins).await.is_err(), "an agreement without its condition goes unnoticed");
}

#[tokio::test(start_paused = true)]
async fn with_any_call_failed_an_agreement_is_made_with_its_event_or_not_at_all() {
    let ask = of_three().by(ADMIN).with_request_id("request-agrees");
    let tried = for_every_fault(
        EVERY_FAULT,
        awaiting,
        async |world| Api::over(world).ask(&ask).await,
        async |world, fault, answer| {
            let api = Api::over(world);
            let stands = pending(&api, "ono").await;
            let is_agreed = stands["awaits_second_admin"] == false;
            match answer.status {
                200 => assert!(is_agreed, "{fault:?}"),
                500 | 503 => assert!(fault.is_some(), "{fault:?}"),
                status => panic!("{status} {fault:?}"),
            }
            assert!(!agreements(&api).is_empty() || !is_agreed, "{fault:?}");
            let again = api.ask(&ask).await.ok();
            assert_eq!((&again["version"], &again["awaits_second_admin"]), (&json!(2), &json!(false)), "{fault:?}");
            let version = api.get("ono", "/rulebook?version=2").await.ok();
            assert_eq!(version["effective_at"], again["effective_at"], "{fault:?}");
        },
    )
    .await;
    assert!(tried >= 10, "{tried}");
}
