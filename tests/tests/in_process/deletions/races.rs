//! Deletion on request while AWS fails, and beside the sweep, holds and late legs in every order.

use std::cell::RefCell;
use std::collections::BTreeMap;

use policy::audit::{AuditAction, AuditOutcome};
use policy::id::{CallId, DeletionId, RecordingId};
use policy::recording::CallReference;
use serde_json::Value;
use store::{AuditEvent, DeletionRequest, DeletionWrite, WriteOutcome};
use tests::company::{BUCKET, Company, QUEUE, TABLE, failed};
use tests::world::{EVERY_FAULT, Handler, World, for_every_fault};

use crate::api::one_hold;
use crate::faults::must;
use crate::faults::orders::{ORDERS_LIMIT, side_by_side};

use super::{
    ADMIN, AUDITOR, Api, ApiRequest, SALES_MANAGER, approve, approved, delete, late_leg, leg_of, refuse, requested,
    set_holds, with_a_request,
};

/// One retry more than three.
const TRIES: usize = 4;

/// 40 orders of a late leg: each takes in an upload, and there are thousands.
const LATE_LEG_ORDERS: usize = 40;

/// Sends the same request until it is answered by something else than a fault; the status.
pub(crate) async fn until_answered(world: &World, ask: &ApiRequest) -> u16 {
    let api = Api::over(world);
    let mut status = 0;
    for _ in 0..TRIES {
        status = api.ask(ask).await.status;
        if status < 500 {
            break;
        }
    }
    status
}

async fn sweep_until_done(world: &World) -> bool {
    let company = Company::of_without_retries(world.clone());
    for _ in 0..TRIES {
        let stop_at = world.now() + jiff::SignedDuration::from_mins(5);
        let report = sweep::run(&company.sweep_context(), "run-1", stop_at).await;
        if report.is_ok_and(|report| report.refused + report.failed + report.left == 0) {
            return true;
        }
    }
    false
}

async fn index_until_done(world: &World, bodies: &[String]) -> bool {
    let company = Company::of_without_retries(world.clone());
    let context = company.index_context();
    for body in bodies {
        let mut tries = 0..TRIES;
        while failed(&index::handle(&context, company.index_batch(std::slice::from_ref(body))).await) > 0 {
            if tries.next().is_none() {
                return false;
            }
        }
    }
    true
}

/// The sweep of one call, as its indexes nominate it.
async fn sweep_call_of(world: &World, id: &RecordingId) -> bool {
    let company = Company::of_without_retries(world.clone());
    let call = company.recording(id).await.view.call;
    sweep::sweep_call(&company.sweep_context(), "run-1", &call).await.is_ok()
}

/// UNBROKEN, and as many events of a kind as there should be.
async fn check_custody(world: &World, id: &RecordingId, kind: &str, count: usize) {
    let company = Company::of(world.clone());
    let custody = company.table().custody(id, 1, 100).await.unwrap();
    must(policy::custody::verify(id, &custody).is_ok(), || "UNBROKEN".to_owned());
    let of_kind = custody.iter().filter(|link| serde_json::to_value(link.event.kind).unwrap() == kind).count();
    must(of_kind == count, || format!("TWICE IS ONCE: {of_kind} events {kind}, not {count}"));
}

/// The request and its call, and how many events there are: what is chained has another salt each time.
fn decisive(world: &World) -> Vec<Value> {
    let items = world.table_items(TABLE);
    let is_event = |item: &&Value| {
        item["sk"].as_str().is_some_and(|sk| sk.starts_with("E#")) || item["view"]["outcome"] == "permitted"
    };
    let events = items.iter().filter(is_event).count();
    let mut found: Vec<Value> = items.into_iter().filter(|item| item["sk"] == "D" || item["sk"] == "C").collect();
    found.push(events.into());
    found
}

/// One request under every fault: it is answered as without one, and the table is the same.
async fn with_every_fault(arrange: impl AsyncFn() -> (World, RecordingId, ApiRequest), kind: &str) -> usize {
    let clean: RefCell<(u16, Vec<Value>)> = RefCell::default();
    let (_, id, ask) = arrange().await;
    for_every_fault(
        EVERY_FAULT,
        async || {
            let (world, ..) = arrange().await;
            world
        },
        async |world| until_answered(world, &ask).await,
        async |world, fault, status| {
            if fault.is_none() {
                must(status < 300, || format!("answered {status}"));
                *clean.borrow_mut() = (status, decisive(world));
            }
            must(*clean.borrow() == (status, decisive(world)), || format!("{status} under {fault:?}"));
            check_custody(world, &id, kind, 1).await;
        },
    )
    .await
}

#[tokio::test(start_paused = true)]
async fn a_request_an_approval_and_a_refusal_stand_once_whatever_fails() {
    let request = async || {
        let (api, id) = Api::with_sample(1).await;
        (api.company.world, id.clone(), delete(&id).by(SALES_MANAGER).with_request_id("one"))
    };
    let approval = async || {
        let (world, id, deletion) = with_a_request().await;
        (world, id, approve(&deletion).by(AUDITOR).with_request_id("two"))
    };
    let refusal = async || {
        let (world, id, deletion) = with_a_request().await;
        (world, id, refuse(&deletion).by(ADMIN).with_request_id("two"))
    };
    let mut tried = with_every_fault(request, "deletion_requested").await;
    tried += with_every_fault(approval, "deletion_approved").await;
    tried += with_every_fault(refusal, "deletion_refused").await;
    assert!(tried >= 60, "{tried}");
}

#[tokio::test(start_paused = true)]
async fn an_approved_call_is_swept_to_the_same_end_whatever_fails() {
    let clean = RefCell::new(Vec::new());
    let arrange = async || {
        let (api, id) = Api::with_sample(1).await;
        approved(&api, &id).await;
        let call = api.company.recording(&id).await.view.call;
        (api.company.world, call)
    };
    let call = arrange().await.1;
    let tried = for_every_fault(
        EVERY_FAULT,
        async || arrange().await.0,
        async |world| {
            let company = Company::of_without_retries(world.clone());
            let mut is_done = false;
            for _ in 0..TRIES {
                let swept = sweep::sweep_call(&company.sweep_context(), "run-1", &call).await;
                is_done = swept.is_ok_and(|summary| summary.failed + summary.left + summary.refused == 0);
                if is_done {
                    break;
                }
            }
            is_done
        },
        async |world, fault, done| {
            must(done && world.object_keys(BUCKET).is_empty(), || format!("not swept: {fault:?}"));
            if fault.is_none() {
                *clean.borrow_mut() = decisive(world);
            }
            must(*clean.borrow() == decisive(world), || format!("another end: {fault:?}"));
        },
    )
    .await;
    assert!(tried >= 40, "{tried}");
}

/// The approval beside the sweep of the same call: it is wholly there and approved later, or wholly gone.
#[tokio::test(start_paused = true)]
pub(crate) async fn an_approval_and_a_sweep_end_the_call_once_in_any_order() {
    let (_, id, deletion) = with_a_request().await;
    let runs = side_by_side(
        ORDERS_LIMIT,
        async || {
            let (world, ..) = with_a_request().await;
            world
        },
        |world| {
            let (approver, sweeper, id) = (world.clone(), world.clone(), id.clone());
            let ask = approve(&deletion).by(AUDITOR).with_request_id("approval");
            vec![
                Box::pin(async move { until_answered(&approver, &ask).await == 200 }) as Handler<bool>,
                Box::pin(async move { sweep_call_of(&sweeper, &id).await }),
            ]
        },
        async |world, done, trace| {
            must(done.iter().all(|done| *done), || format!("{done:?}: {trace}"));
            must(sweep_until_done(world).await && world.object_keys(BUCKET).is_empty(), || {
                format!("NEVER LATE: what was approved stays: {trace}")
            });
            check_custody(world, &id, "deletion_approved", 1).await;
        },
    )
    .await;
    assert!(runs > 1, "{runs}");
}

const LEG: &str = "other/a.wav";
const LATE_LEG: &str = "other/b.wav";

/// A late leg beside the approval, or beside the sweep of what was approved.
async fn a_late_leg_beside(is_approved: bool) {
    let arrange = async || {
        let company = Company::with_sample_rulebook(4).await;
        let first = leg_of(&company, LEG).await;
        let api = Api::over(&company.world);
        let deletion =
            if is_approved { approved(&api, &first).await } else { requested(&api, SALES_MANAGER, &first).await };
        let bodies = late_leg(&company, LATE_LEG).await;
        (company.world, first, deletion, bodies)
    };
    let (_, first, deletion, bodies) = arrange().await;
    let runs = side_by_side(
        LATE_LEG_ORDERS,
        async || arrange().await.0,
        |world| {
            let (other, indexer, bodies, id) = (world.clone(), world.clone(), bodies.clone(), first.clone());
            let ask = approve(&deletion).by(AUDITOR).with_request_id("approval");
            vec![
                Box::pin(async move {
                    if is_approved {
                        sweep_call_of(&other, &id).await
                    } else {
                        until_answered(&other, &ask).await == 200
                    }
                }) as Handler<bool>,
                Box::pin(async move { index_until_done(&indexer, &bodies).await }),
            ]
        },
        async |world, done, trace| {
            must(done[1], || format!("the late leg was not indexed: {trace}"));
            // Once everything that was agreed on is done, the late leg stands, and the first one as it was decided.
            must(sweep_until_done(world).await, || format!("never finished: {trace}"));
            must(world.object_versions(BUCKET, LATE_LEG).len() == 1, || {
                format!("NEVER EARLY: nobody agreed on the late leg: {trace}")
            });
            let is_gone = world.object_versions(BUCKET, LEG).is_empty();
            must(is_gone == (is_approved || done[0]), || format!("gone: {is_gone}, {done:?}: {trace}"));
            world.advance(std::time::Duration::from_hours(24 * 61));
            must(sweep_until_done(world).await && world.object_keys(BUCKET).is_empty(), || {
                format!("NEVER LATE: something stays: {trace}")
            });
        },
    )
    .await;
    assert!(runs > 1, "{runs}");
}

/// Two people decide at once: one approves, the other refuses.
#[tokio::test(start_paused = true)]
pub(crate) async fn of_an_approval_and_a_refusal_one_stands_in_any_order() {
    let (_, id, deletion) = with_a_request().await;
    let runs = side_by_side(
        ORDERS_LIMIT,
        async || {
            let (world, ..) = with_a_request().await;
            world
        },
        |world| {
            [(approve(&deletion).by(AUDITOR), "approval"), (refuse(&deletion).by(ADMIN), "refusal")]
                .into_iter()
                .map(|(ask, request_id)| {
                    let (world, ask) = (world.clone(), ask.with_request_id(request_id));
                    Box::pin(async move { until_answered(&world, &ask).await == 200 }) as Handler<bool>
                })
                .collect()
        },
        async |world, done, trace| {
            must(done[0] != done[1], || format!("both or neither: {done:?}: {trace}"));
            check_custody(world, &id, "deletion_approved", usize::from(done[0])).await;
            check_custody(world, &id, "deletion_refused", usize::from(done[1])).await;
            must(sweep_until_done(world).await, || format!("never finished: {trace}"));
            let is_gone = world.object_keys(BUCKET).is_empty();
            must(is_gone == done[0], || format!("gone: {is_gone}, {done:?}: {trace}"));
        },
    )
    .await;
    assert!(runs > 1, "{runs}");
}

/// Two people request the end of one call at once: one request stands.
#[tokio::test(start_paused = true)]
pub(crate) async fn of_two_requests_at_once_one_stands_in_any_order() {
    let id = Api::with_sample(1).await.1;
    let runs = side_by_side(
        ORDERS_LIMIT,
        async || Api::with_sample(1).await.0.company.world,
        |world| {
            [(SALES_MANAGER, "one"), (ADMIN, "two")]
                .into_iter()
                .map(|(login, request_id)| {
                    let (world, ask) = (world.clone(), delete(&id).by(login).with_request_id(request_id));
                    Box::pin(async move { until_answered(&world, &ask).await == 202 }) as Handler<bool>
                })
                .collect()
        },
        async |world, done, trace| {
            must(done[0] != done[1], || format!("both or neither: {done:?}: {trace}"));
            let standing = world.table_items(TABLE).into_iter().filter(|item| item["sk"] == "D").count();
            must(standing == 1, || format!("{standing} requests: {trace}"));
            check_custody(world, &id, "deletion_requested", 1).await;
        },
    )
    .await;
    assert!(runs > 1, "{runs}");
}

/// Two people refuse a request whose call was emptied: nothing but the request itself says that it is decided.
#[tokio::test(start_paused = true)]
pub(crate) async fn of_two_refusals_one_stands_also_without_a_call_in_any_order() {
    let arrange = async || {
        let (world, id, deletion) = with_a_request().await;
        let company = Company::of(world.clone());
        let request = company.table().deletion_request(&deletion.parse().unwrap()).await.unwrap().unwrap();
        // Another one like it, of a call that is not there.
        let gone = CallReference { incarnation: 7, ..request.call.clone() };
        let id = DeletionId::of(&CallId::alone(&id), "gone");
        let request = DeletionRequest { id: id.clone(), call: gone, recordings: Vec::new(), ..request };
        let audit = AuditEvent {
            at: world.now(),
            day: "2026-11-13".to_owned(),
            operation: "made.delete".to_owned(),
            staff: ADMIN.to_owned(),
            role: None,
            action: AuditAction::Delete,
            outcome: AuditOutcome::Permitted,
            facts: BTreeMap::new(),
            asked: BTreeMap::new(),
            origin: None,
            ends_at: jiff::Timestamp::MAX,
        };
        let write = DeletionWrite { request: &request, before: None, call: None, events: &[], audit: &audit };
        assert_eq!(company.table().write_deletion(&write).await.unwrap(), WriteOutcome::Done);
        (world, id)
    };
    let deletion = arrange().await.1.to_string();
    let runs = side_by_side(
        ORDERS_LIMIT,
        async || arrange().await.0,
        |world| {
            [AUDITOR, ADMIN]
                .into_iter()
                .map(|login| {
                    let (world, ask) = (world.clone(), refuse(&deletion).by(login).with_request_id(login));
                    Box::pin(async move { until_answered(&world, &ask).await == 200 }) as Handler<bool>
                })
                .collect()
        },
        async |_, done, trace| {
            must(done[0] != done[1], || format!("both or neither: {done:?}: {trace}"));
        },
    )
    .await;
    assert!(runs > 1, "{runs}");
}

/// A hold that comes between the reading of the call and the writing of a decision.
#[tokio::test(start_paused = true)]
pub(crate) async fn a_hold_beside_an_approval_keeps_everything_in_any_order() {
    let (world, id, deletion) = with_a_request().await;
    let taken_in = {
        let company = Company::of(world);
        let call = company.recording(&id).await.view.call;
        company.table().call(&call).await.unwrap().unwrap().generation - 1
    };
    let runs = Box::pin(side_by_side(
        ORDERS_LIMIT,
        async || {
            let (world, ..) = with_a_request().await;
            world
        },
        |world| {
            let (approver, holder, id) = (world.clone(), world.clone(), id.clone());
            let ask = approve(&deletion).by(AUDITOR).with_request_id("approval");
            vec![
                Box::pin(async move { until_answered(&approver, &ask).await }) as Handler<u16>,
                Box::pin(async move {
                    let api = Api::over(&holder);
                    let call = api.company.recording(&id).await.view.call;
                    hold(&api, &call).await;
                    0
                }),
            ]
        },
        async |world, _, trace| {
            must(sweep_until_done(world).await && !world.object_keys(BUCKET).is_empty(), || {
                format!("NEVER EARLY: deleted under a hold: {trace}")
            });
            set_holds(&Api::over(world), &id, 0).await;
            let company = Company::of(world.clone());
            let call = company.recording(&id).await.view.call;
            let call = company.table().call(&call).await.unwrap().unwrap();
            let item = super::request_item(world).unwrap();
            let is_approved = item["state"] == "approved";
            must(call.is_deletion_approved() == is_approved, || format!("half a decision: {trace}"));
            // Nobody wrote over what somebody else wrote: the request, the hold, its end, and the approval.
            let writes = 3 + u64::from(is_approved);
            must(call.generation == taken_in + writes, || {
                format!("generation {} after {taken_in} and {writes} writes: {trace}", call.generation)
            });
        },
    ))
    .await;
    assert!(runs > 1, "{runs}");
}

/// Sets a hold as somebody else would, until nobody writes in between.
async fn hold(api: &Api, call: &policy::recording::CallReference) {
    let dynamodb = aws_sdk_dynamodb::Client::new(&api.world().sdk_config());
    let text = |value: String| aws_sdk_dynamodb::types::AttributeValue::S(value);
    let one = aws_sdk_dynamodb::types::AttributeValue::N("1".to_owned());
    let end = aws_sdk_dynamodb::types::AttributeValue::Null(true);
    let holds = one_hold().ids().map(|id| (id.to_string(), end.clone())).collect();
    let holds = aws_sdk_dynamodb::types::AttributeValue::M(holds);
    let update =
        dynamodb.update_item().table_name(TABLE).key("pk", text(format!("C#{}#{:06}", call.id, call.incarnation)));
    let update = update.key("sk", text("C".to_owned())).update_expression("SET holds = :holds ADD generation :one");
    update.expression_attribute_values(":one", one).expression_attribute_values(":holds", holds).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_late_leg_is_never_deleted_by_an_approval_in_whatever_order() {
    for is_approved in [false, true] {
        a_late_leg_beside(is_approved).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_tells_of_the_late_leg_twice_changes_nothing() {
    let company = Company::with_sample_rulebook(4).await;
    let first = leg_of(&company, LEG).await;
    let api = Api::over(&company.world);
    approved(&api, &first).await;
    let bodies = late_leg(&company, LATE_LEG).await;
    assert!(index_until_done(&company.world, &bodies).await);
    let state = company.world.table_items(TABLE);
    assert!(index_until_done(&company.world, &bodies).await);
    assert_eq!(company.world.table_items(TABLE), state, "TWICE IS ONCE");
    company.world.take_messages(QUEUE);
}
