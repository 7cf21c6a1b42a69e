//! The world itself: what the tests of everything else lean on.

use std::{cell::RefCell, collections::BTreeSet, pin::Pin, time::Duration};

use aws_sdk_dynamodb::{error::ProvideErrorMetadata as _, types as dynamo};
use aws_sdk_s3::presigning::PresigningConfig;
use dynamo::AttributeValue::{N, S};
use serde_json::{Value, json};
use tests::world::{
    Answer, Chances, EVERY_FAULT, Explored, Fault, FaultKind, Handler, Lag, Moment, Order, Sabotage, Service, Which,
    World, count_gates, every_order, for_every_fault, for_every_kill, run_until_killed,
};

const BUCKET: &str = "recordings";
const TABLE: &str = "calls";

fn table() -> Value {
    json!({
        "AttributeDefinitions": [
            { "AttributeName": "pk", "AttributeType": "S" },
            { "AttributeName": "sk", "AttributeType": "S" },
            { "AttributeName": "number", "AttributeType": "S" },
        ],
        "KeySchema": [
            { "AttributeName": "pk", "KeyType": "HASH" },
            { "AttributeName": "sk", "KeyType": "RANGE" },
        ],
        "GlobalSecondaryIndexes": [{
            "IndexName": "by_number",
            "KeySchema": [
                { "AttributeName": "number", "KeyType": "HASH" },
                { "AttributeName": "sk", "KeyType": "RANGE" },
            ],
            "Projection": { "ProjectionType": "ALL" },
        }],
        "TimeToLiveSpecification": { "AttributeName": "expires", "Enabled": true },
        "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true },
    })
}

fn world() -> World {
    World::builder(1).bucket(BUCKET).queue("index").table(TABLE, &table()).build()
}

fn dynamodb(world: &World) -> aws_sdk_dynamodb::Client {
    aws_sdk_dynamodb::Client::new(&world.sdk_config_without_retries())
}

fn s3(world: &World) -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::new(&world.sdk_config_without_retries())
}

fn sqs(world: &World) -> aws_sdk_sqs::Client {
    aws_sdk_sqs::Client::new(&world.sdk_config_without_retries())
}

async fn put(client: &aws_sdk_dynamodb::Client, pk: &str, number: &str) {
    client
        .put_item()
        .table_name(TABLE)
        .item("pk", S(pk.into()))
        .item("sk", S("a".into()))
        .item("number", S(number.into()))
        .send()
        .await
        .unwrap();
}

/// Takes a ticket: reads a counter and writes it back plus one, if it has not changed meanwhile.
async fn take_ticket(client: &aws_sdk_dynamodb::Client) -> bool {
    let key = || (S("counter".into()), S("a".into()));
    let found = client
        .get_item()
        .table_name(TABLE)
        .key("pk", key().0)
        .key("sk", key().1)
        .consistent_read(true)
        .send()
        .await
        .unwrap();
    let count: u32 = found.item.and_then(|item| item["count"].as_n().ok()?.parse().ok()).unwrap_or_default();
    client
        .put_item()
        .table_name(TABLE)
        .item("pk", key().0)
        .item("sk", key().1)
        .item("count", N((count + 1).to_string()))
        .condition_expression("attribute_not_exists(pk) OR #count = :count")
        .expression_attribute_names("#count", "count")
        .expression_attribute_values(":count", N(count.to_string()))
        .send()
        .await
        .is_ok()
}

fn tickets(world: &World) -> u64 {
    let items = world.table_items(TABLE);
    items.first().map_or(0, |item| item["count"].as_u64().unwrap())
}

#[tokio::test]
async fn calls_are_listed_with_their_capacity_and_their_errors() {
    let world = world();
    let client = dynamodb(&world);
    put(&client, "1", "+815012345678").await;
    let refused = client
        .put_item()
        .table_name(TABLE)
        .item("pk", S("1".into()))
        .item("sk", S("a".into()))
        .condition_expression("attribute_not_exists(pk)")
        .send()
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Some("ConditionalCheckFailedException"));
    client
        .query()
        .table_name(TABLE)
        .index_name("by_number")
        .key_condition_expression("#n = :n")
        .expression_attribute_names("#n", "number")
        .expression_attribute_values(":n", S("+815012345678".into()))
        .send()
        .await
        .unwrap();
    sqs(&world).send_message().queue_url(world.queue_url("index")).message_body("hello").send().await.unwrap();
    s3(&world).get_object().bucket(BUCKET).key("none").send().await.unwrap_err();

    let calls: Vec<String> = world.calls().iter().map(ToString::to_string).collect();
    assert_eq!(
        calls,
        [
            "  1 dynamodb PutItem calls 2w",
            "  2 dynamodb PutItem calls ! ConditionalCheckFailedException",
            "  3 dynamodb Query calls/by_number 0.5r",
            "  4 sqs SendMessage index",
            "  5 s3 GetObject recordings ! NoSuchKey",
        ]
    );
    assert_eq!(world.take_calls().len(), 5);
    assert!(world.calls().is_empty());
    assert_eq!(world.take_messages("index"), ["hello"]);
    assert_eq!(world.table_items(TABLE), [json!({ "pk": "1", "sk": "a", "number": "+815012345678" })]);
}

#[tokio::test]
async fn capacity_that_was_not_asked_for_is_not_in_the_answer() {
    let world = world();
    let client = dynamodb(&world);
    let put = || client.put_item().table_name(TABLE).item("pk", S("1".into())).item("sk", S("a".into()));
    assert!(put().send().await.unwrap().consumed_capacity.is_none());
    let asked = put().return_consumed_capacity(dynamo::ReturnConsumedCapacity::Total);
    assert!(asked.send().await.unwrap().consumed_capacity.is_some());
}

#[tokio::test]
async fn a_queue_that_was_not_made_takes_nothing() {
    let world = world();
    let error =
        sqs(&world).send_message().queue_url(world.queue_url("indexx")).message_body("hello").send().await.unwrap_err();
    assert!(error.into_service_error().is_queue_does_not_exist());
}

#[tokio::test]
async fn a_body_arrives_in_pieces_and_whole() {
    let world = world();
    let sent: Vec<u8> = (0..200_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    let client = s3(&world);
    client
        .put_object()
        .bucket(BUCKET)
        .key("録音/a b+c%.wav")
        .metadata("staff", "sato")
        .body(sent.clone().into())
        .send()
        .await
        .unwrap();
    let mut got = client.get_object().bucket(BUCKET).key("録音/a b+c%.wav").send().await.unwrap();
    assert_eq!(got.content_length(), Some(200_000));
    assert_eq!(got.metadata().unwrap()["staff"], "sato");
    let mut pieces = Vec::new();
    while let Some(piece) = got.body.next().await {
        pieces.push(piece.unwrap());
    }
    assert!(pieces.iter().all(|piece| piece.len() <= 64 * 1024));
    assert_eq!(pieces.concat(), sent);
}

#[tokio::test]
async fn metadata_that_is_not_ascii_comes_back_in_rfc_2047() {
    let world = world();
    world.put_object(BUCKET, "a", &b"x"[..], &[("staff", "佐藤")]);
    let got = s3(&world).head_object().bucket(BUCKET).key("a").send().await.unwrap();
    assert_eq!(got.metadata().unwrap()["staff"], "=?UTF-8?B?5L2Q6Jek?=");
}

/// The SDK takes the machine's time for a presigned URL unless it is told another.
fn for_a_minute(world: &World) -> PresigningConfig {
    PresigningConfig::builder()
        .start_time(world.now().try_into().unwrap())
        .expires_in(Duration::from_mins(1))
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_presigned_url_lives_by_the_worlds_clock_in_any_year() {
    for now in ["1999-12-31T23:59:59Z", "2026-06-01T00:00:00Z", "2150-01-01T00:00:00Z"] {
        let world = world();
        world.set_now(now.parse().unwrap());
        world.put_object(BUCKET, "a", &b"sound"[..], &[]);
        let url = s3(&world).get_object().bucket(BUCKET).key("a").presigned(for_a_minute(&world)).await.unwrap();
        assert_eq!(world.http_get(url.uri(), None).await.body, "sound");
        world.advance(Duration::from_mins(1));
        assert_eq!(world.http_get(url.uri(), None).await.status, 200);
        world.advance(Duration::from_secs(1));
        let late = world.http_get(url.uri(), None).await;
        assert_eq!(late.status, 403);
        assert!(String::from_utf8_lossy(&late.body).contains("Request has expired"));
        world.set_now(now.parse().unwrap());
        let tampered = url.uri().replace("/a?", "/b?");
        assert_eq!(world.http_get(&tampered, None).await.status, 403);
        assert!(world.calls().is_empty());
    }
}

#[tokio::test]
async fn a_request_signed_long_ago_is_refused() {
    let world = world();
    world.put_object(BUCKET, "a", &b"x"[..], &[]);
    let client = s3(&world);
    let late = async {
        world.gate("a queue on the way").await;
        world.advance(Duration::from_mins(16));
    };
    let head = async {
        let head = client.head_object().bucket(BUCKET).key("a").send().await;
        assert_eq!(head.unwrap_err().raw_response().unwrap().status().as_u16(), 403);
    };
    let handlers: Vec<Pin<Box<dyn Future<Output = ()>>>> = vec![Box::pin(head), Box::pin(late)];
    world.interleave(Order::Turns(vec![1, 0, 0]), handlers).await;
}

#[tokio::test]
async fn an_upload_event_names_the_object_as_s3_does() {
    let world = world();
    let first = world.put_object(BUCKET, "in/a b.wav", &b"1"[..], &[]);
    let second = world.put_object(BUCKET, "in/a b.wav", &b"22"[..], &[]);
    let event = world.s3_event(&[(BUCKET, "in/a b.wav", &first), (BUCKET, "in/a b.wav", &second)]);
    let objects: Vec<Value> = event["Records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| {
            let body: Value = serde_json::from_str(record["body"].as_str().unwrap()).unwrap();
            assert_eq!(body["Records"][0]["eventTime"], "2026-07-01T00:00:00.000Z");
            body["Records"][0]["s3"]["object"].clone()
        })
        .collect();
    assert_eq!(objects[0]["key"], "in/a+b.wav");
    assert_eq!(objects[0]["size"], 1);
    assert_eq!(objects[1]["versionId"], second);
    assert!(objects[0]["sequencer"].as_str() < objects[1]["sequencer"].as_str());
    assert_eq!(world.s3_test_event(BUCKET)["Event"], "s3:TestEvent");
}

#[tokio::test]
async fn items_whose_time_is_over_go_when_the_world_sweeps() {
    let world = world();
    let client = dynamodb(&world);
    let expires = world.now().as_second() + 60;
    client
        .put_item()
        .table_name(TABLE)
        .item("pk", S("1".into()))
        .item("sk", S("a".into()))
        .item("expires", N(expires.to_string()))
        .send()
        .await
        .unwrap();
    assert_eq!(world.sweep_time_to_live(), 0);
    world.advance(Duration::from_secs(61));
    assert_eq!(world.sweep_time_to_live(), 1);
    assert!(world.table_items(TABLE).is_empty());
}

#[tokio::test]
async fn a_fault_before_the_effect_leaves_no_trace_and_one_after_it_does() {
    for (moment, kind, applied) in [
        (Moment::Effect, FaultKind::TimedOut, 0),
        (Moment::Effect, FaultKind::ServerError, 0),
        (Moment::Reply, FaultKind::TimedOut, 1),
    ] {
        let world = world();
        world.set_fault(Fault { which: Which::NthOf(Service::DynamoDb, "PutItem", 1), moment, kind });
        assert!(!take_ticket(&dynamodb(&world)).await);
        assert_eq!(tickets(&world), applied);
        assert_eq!(world.faults_fired(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn the_sdk_tries_again_when_it_may() {
    let world = world();
    world.set_fault(Fault { which: Which::Nth(2), moment: Moment::Reply, kind: FaultKind::TimedOut });
    // The put was applied, its reply lost; tried again it meets its own trace.
    assert!(!take_ticket(&aws_sdk_dynamodb::Client::new(&world.sdk_config())).await);
    assert_eq!(tickets(&world), 1);
    let answers: Vec<Answer> = world.calls().into_iter().map(|call| call.answer).collect();
    assert_eq!(answers, [Answer::Done, Answer::Nothing, Answer::Error("ConditionalCheckFailedException".into())]);
}

#[tokio::test]
async fn every_kind_of_fault_is_what_the_sdk_would_see() {
    let world = world();
    let client = dynamodb(&world);
    let fail = |kind| {
        world.set_fault(Fault { which: Which::Nth(1), moment: Moment::Effect, kind });
    };
    let put = || client.put_item().table_name(TABLE).item("pk", S("1".into())).item("sk", S("a".into()));
    fail(FaultKind::Throttled);
    let error = put().send().await.unwrap_err().into_service_error();
    assert!(error.is_provisioned_throughput_exceeded_exception());
    fail(FaultKind::Conflict);
    let error = put().send().await.unwrap_err().into_service_error();
    assert!(error.is_transaction_conflict_exception());
    fail(FaultKind::AccessDenied);
    let error = put().send().await.unwrap_err();
    assert_eq!(error.code(), Some("AccessDeniedException"));

    fail(FaultKind::Conflict);
    let action = || {
        let put = dynamo::Put::builder().table_name(TABLE).item("pk", S("1".into())).item("sk", S("b".into()));
        dynamo::TransactWriteItem::builder().put(put.build().unwrap()).build()
    };
    let error = client.transact_write_items().transact_items(action()).send().await.unwrap_err().into_service_error();
    let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(
        cancelled,
    ) = error
    else {
        panic!("another error: {error}");
    };
    assert_eq!(cancelled.cancellation_reasons()[0].code(), Some("TransactionConflict"));

    let s3 = s3(&world);
    fail(FaultKind::Throttled);
    let error = s3.head_object().bucket(BUCKET).key("a").send().await.unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 503);
    fail(FaultKind::ServerError);
    let error = s3.get_object().bucket(BUCKET).key("a").send().await.unwrap_err();
    assert_eq!(error.code(), Some("InternalError"));
    assert!(world.table_items(TABLE).is_empty());
}

#[tokio::test]
async fn a_batch_can_be_done_in_part() {
    let world = world();
    let client = dynamodb(&world);
    let half = |operation, service| {
        world.set_fault(Fault {
            which: Which::NthOf(service, operation, 1),
            moment: Moment::Effect,
            kind: FaultKind::Unprocessed,
        });
    };
    let write = |pk: &str| {
        let put = dynamo::PutRequest::builder().item("pk", S(pk.into())).item("sk", S("a".into()));
        dynamo::WriteRequest::builder().put_request(put.build().unwrap()).build()
    };
    half("BatchWriteItem", Service::DynamoDb);
    let answer = client
        .batch_write_item()
        .request_items(TABLE, vec![write("1"), write("2"), write("3"), write("4")])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.unprocessed_items().unwrap()[TABLE].len(), 2);
    assert_eq!(world.table_items(TABLE).len(), 2);

    let versions: Vec<String> = ["a", "b"].map(|key| world.put_object(BUCKET, key, &b"x"[..], &[])).into();
    half("DeleteObjects", Service::S3);
    let objects = ["a", "b"].iter().zip(&versions).map(|(key, version)| {
        aws_sdk_s3::types::ObjectIdentifier::builder().key(*key).version_id(version).build().unwrap()
    });
    let delete = aws_sdk_s3::types::Delete::builder().set_objects(Some(objects.collect()));
    let answer = s3(&world).delete_objects().bucket(BUCKET).delete(delete.build().unwrap()).send().await.unwrap();
    assert_eq!(answer.deleted().len(), 1);
    assert_eq!(answer.errors()[0].key(), Some("b"));
    assert_eq!(world.object_keys(BUCKET), ["b"]);

    half("SendMessageBatch", Service::Sqs);
    let entry =
        |id: &str| aws_sdk_sqs::types::SendMessageBatchRequestEntry::builder().id(id).message_body(id).build().unwrap();
    let answer = sqs(&world)
        .send_message_batch()
        .queue_url(world.queue_url("index"))
        .entries(entry("1"))
        .entries(entry("2"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.successful()[0].id(), "1");
    assert_eq!(answer.failed()[0].id(), "2");
    assert_eq!(world.take_messages("index"), ["1"]);
}

#[tokio::test]
async fn short_pages_lose_and_repeat_nothing() {
    let world =
        World::builder(3).table(TABLE, &table()).chances(Chances { short_page: 60, ..Chances::default() }).build();
    let client = dynamodb(&world);
    for number in 0..9 {
        put(&client, &number.to_string(), "n").await;
    }
    let mut pages = client
        .query()
        .table_name(TABLE)
        .index_name("by_number")
        .key_condition_expression("#n = :n")
        .expression_attribute_names("#n", "number")
        .filter_expression("pk > :four")
        .expression_attribute_values(":n", S("n".into()))
        .expression_attribute_values(":four", S("4".into()))
        .into_paginator()
        .send();
    let (mut found, mut empty) = (Vec::new(), 0);
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        empty += usize::from(page.items().is_empty() && page.last_evaluated_key().is_some());
        found.extend(page.items().iter().map(|item| item["pk"].as_s().unwrap().clone()));
    }
    assert!(empty > 0, "no empty page in the middle");
    assert_eq!(found.len(), 4);
    assert_eq!(BTreeSet::from_iter(found).len(), 4);
}

#[tokio::test]
async fn a_download_can_break_off_in_the_middle() {
    let world = world();
    world.put_object(BUCKET, "a", vec![7; 300_000], &[]);
    world.set_fault(Fault { which: Which::Nth(1), moment: Moment::Reply, kind: FaultKind::CutShort });
    let mut got = s3(&world).get_object().bucket(BUCKET).key("a").send().await.unwrap();
    let mut bytes = 0;
    let error = loop {
        match got.body.next().await {
            Some(Ok(piece)) => bytes += piece.len(),
            Some(Err(error)) => break error,
            None => panic!("the body ended as if it were whole"),
        }
    };
    assert!(bytes < 300_000, "{error}");
}

#[tokio::test]
async fn an_index_and_a_careless_read_lag_and_a_consistent_read_does_not() {
    let mut missed = 0;
    for seed in 0..20 {
        let world = World::builder(seed).table(TABLE, &table()).lag(Lag { percent: 50, writes: 3 }).build();
        let client = dynamodb(&world);
        put(&client, "1", "n").await;
        let query = client
            .query()
            .table_name(TABLE)
            .index_name("by_number")
            .key_condition_expression("#n = :n")
            .expression_attribute_names("#n", "number")
            .expression_attribute_values(":n", S("n".into()));
        missed += usize::from(query.send().await.unwrap().count() == 0);
        let get = || {
            let client = client.get_item().table_name(TABLE);
            client.key("pk", S("1".into())).key("sk", S("a".into()))
        };
        assert!(get().consistent_read(true).send().await.unwrap().item.is_some());
        // What was seen once does not go away again.
        let mut seen = false;
        for _ in 0..10 {
            let found = get().send().await.unwrap().item.is_some();
            assert!(found || !seen);
            seen |= found;
        }
    }
    assert!((3..18).contains(&missed), "{missed} of 20");
}

#[tokio::test(start_paused = true)]
async fn every_call_of_a_scenario_can_be_failed_and_the_worlds_compared() {
    let clean = RefCell::new(None);
    let tried = for_every_fault(
        EVERY_FAULT,
        async || world(),
        async |world| {
            let client = dynamodb(world);
            // Three attempts or fewer, as a queue would bring a message again.
            for _ in 0..3 {
                put_once(&client).await.ok();
            }
        },
        async |world, fault, ()| {
            let items = world.table_items(TABLE);
            let mut clean = clean.borrow_mut();
            let expected = clean.get_or_insert_with(|| items.clone());
            assert_eq!(&items, expected, "after {fault:?}");
        },
    )
    .await;
    // Three puts, and for each: five before the effect, one before the reply.
    assert_eq!(tried, 18);
}

async fn put_once(client: &aws_sdk_dynamodb::Client) -> Result<(), aws_sdk_dynamodb::Error> {
    let put = client
        .put_item()
        .table_name(TABLE)
        .item("pk", S("1".into()))
        .item("sk", S("a".into()))
        .condition_expression("attribute_not_exists(pk)");
    put.send().await?;
    Ok(())
}

#[tokio::test]
async fn a_handler_killed_at_a_gate_has_done_what_came_before_and_nothing_after() {
    let after = RefCell::new(Vec::new());
    let gates = for_every_kill(
        async || world(),
        async |world| {
            let client = dynamodb(world);
            take_ticket(&client).await;
            take_ticket(&client).await;
        },
        async |world, gate| after.borrow_mut().push((gate, tickets(world))),
    )
    .await;
    // Two tickets of two calls of two gates; a put counts from the gate before its reply.
    assert_eq!(gates, 8);
    let expected = [(None, 2)]
        .into_iter()
        .chain([0, 0, 0, 1, 1, 1, 1, 2].into_iter().enumerate().map(|(at, count)| (Some(at + 1), count)));
    assert_eq!(*after.borrow(), expected.collect::<Vec<_>>());
}

#[tokio::test]
async fn a_handler_with_fewer_gates_is_not_killed() {
    let world = world();
    let client = dynamodb(&world);
    assert_eq!(run_until_killed(5, take_ticket(&client)).await, Some(true));
    assert_eq!(count_gates(take_ticket(&client)).await, (true, 4));
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_order_and_another_seed_another() {
    let run = async |seed| {
        let world = world();
        let clients = [dynamodb(&world), dynamodb(&world), dynamodb(&world)];
        let handlers = clients.iter().map(take_ticket).collect();
        let (outcomes, trace) = world.interleave(Order::Seed(seed), handlers).await;
        (outcomes, trace.to_string(), tickets(&world))
    };
    let mut traces = BTreeSet::new();
    for seed in 0..8 {
        let first = run(seed).await;
        assert_eq!(first, run(seed).await);
        let won = first.0.iter().filter(|won| **won).count();
        assert_eq!(u64::try_from(won).unwrap(), first.2, "a lost update:\n{}", first.1);
        traces.insert(first.1);
    }
    assert!(traces.len() > 4, "{} different orders of 8", traces.len());
}

#[tokio::test(start_paused = true)]
async fn one_of_two_handlers_can_die_while_the_other_goes_on() {
    for gate in 1..=4 {
        let world = world();
        let client = dynamodb(&world);
        let handlers: Vec<Handler<Option<bool>>> = vec![
            Box::pin({
                let client = client.clone();
                async move { run_until_killed(gate, take_ticket(&client)).await }
            }),
            Box::pin(async move { Some(take_ticket(&client).await) }),
        ];
        let order = Order::Turns([0, 0, 0, 0, 1, 1, 1, 1].into());
        let (outcomes, _) = world.interleave(order, handlers).await;
        assert_eq!(outcomes, [None, Some(true)]);
        assert_eq!(tickets(&world), if gate < 4 { 1 } else { 2 });
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_throws_the_same_dice() {
    let run = async |seed| {
        let world = World::builder(seed)
            .table(TABLE, &table())
            .chances(Chances { throttled: 20, reply_lost: 20, ..Chances::default() })
            .build();
        let client = dynamodb(&world);
        for _ in 0..20 {
            put_once(&client).await.ok();
        }
        let calls = world.calls();
        calls.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(run(1).await, run(1).await);
    assert_ne!(run(1).await, run(2).await);
}

#[tokio::test(start_paused = true)]
async fn turns_can_be_given_one_by_one() {
    let world = world();
    let client = dynamodb(&world);
    let handlers = vec![take_ticket(&client), take_ticket(&client)];
    // Both read before either writes; the second writes first.
    let order = Order::Turns(vec![0, 0, 1, 1, 1, 1]);
    let (outcomes, trace) = world.interleave(order, handlers).await;
    assert_eq!(outcomes, [false, true], "\n{trace}");
    assert_eq!(trace.to_string().lines().next(), Some("0 does dynamodb GetItem calls"));
}

#[tokio::test(start_paused = true)]
async fn every_order_of_two_handlers_is_tried_and_the_saboteur_is_found_out() {
    let explore = async |sabotaged: bool| {
        let lost = RefCell::new(0);
        let explored = every_order(
            1000,
            async || {
                let world = world();
                if sabotaged {
                    world.sabotage(Sabotage::strip_conditions());
                }
                world
            },
            |world| {
                (0..2)
                    .map(|_| {
                        let client = dynamodb(world);
                        Box::pin(async move { take_ticket(&client).await }) as Handler<bool>
                    })
                    .collect()
            },
            async |world, outcomes, _| {
                let won = outcomes.iter().filter(|won| **won).count();
                *lost.borrow_mut() += usize::from(u64::try_from(won).unwrap() != tickets(world));
            },
        )
        .await;
        (explored, lost.into_inner())
    };
    // Of the six orders of two reads and two writes the reads commute where they meet: four differ.
    let (explored, lost) = explore(false).await;
    assert_eq!((explored.runs, explored.is_complete, lost), (4, true, 0));
    let (explored, lost) = explore(true).await;
    assert_eq!((explored.runs, explored.is_complete, lost), (4, true, 2));
}

#[tokio::test(start_paused = true)]
async fn handlers_that_never_meet_have_one_order() {
    let explored = every_order(
        1000,
        async || world(),
        |world| {
            (0..2)
                .map(|number: u8| {
                    let client = dynamodb(world);
                    let world = world.clone();
                    Box::pin(async move {
                        put(&client, &number.to_string(), "n").await;
                        put(&client, &format!("{number}0"), "n").await;
                        s3(&world).head_object().bucket(BUCKET).key("a").send().await.ok();
                    }) as Handler<()>
                })
                .collect()
        },
        async |world, _, _| assert_eq!(world.table_items(TABLE).len(), 4),
    )
    .await;
    assert_eq!((explored.runs, explored.is_complete), (1, true));
}

#[tokio::test(start_paused = true)]
async fn a_limit_ends_the_search_and_says_so() {
    let explored = every_order(
        2,
        async || world(),
        |world| {
            (0..2)
                .map(|_| {
                    let client = dynamodb(world);
                    Box::pin(async move { take_ticket(&client).await }) as Handler<bool>
                })
                .collect()
        },
        async |_, _, _| {},
    )
    .await;
    assert_eq!(explored, Explored { runs: 2, repetitions: 0, is_complete: false });
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_can_stand_among_the_handlers() {
    let world = world();
    let client = dynamodb(&world);
    let seen: Vec<Handler<i64>> = vec![
        Box::pin({
            let world = world.clone();
            async move {
                take_ticket(&client).await;
                world.now().as_second()
            }
        }),
        Box::pin({
            let world = world.clone();
            async move {
                world.gate("a day passes").await;
                world.advance(Duration::from_hours(24));
                0
            }
        }),
    ];
    let began = world.now().as_second();
    let (outcomes, trace) = world.interleave(Order::Turns(vec![0, 0, 1]), seen).await;
    assert_eq!(outcomes[0], began + 24 * 60 * 60);
    assert!(trace.to_string().contains("1 does a day passes"));
}

#[tokio::test]
async fn saboteurs_strike_where_they_are_sent() {
    let world = world();
    let first = world.put_object(BUCKET, "a", &b"1"[..], &[]);
    world.put_object(BUCKET, "a", &b"2"[..], &[]);
    world.sabotage(Sabotage::DropVersionIds);
    let got = s3(&world).get_object().bucket(BUCKET).key("a").version_id(&first).send().await.unwrap();
    assert_eq!(got.body.collect().await.unwrap().into_bytes(), "2");
    s3(&world).delete_object().bucket(BUCKET).key("a").version_id(&first).send().await.unwrap();
    assert_eq!(world.object_versions(BUCKET, "a").len(), 3, "a delete marker, nothing gone");
    assert_eq!(world.sabotage_strikes(), 2);

    world.sabotage(Sabotage::StripPutCondition);
    let client = s3(&world);
    let put = || client.put_object().bucket(BUCKET).key("b").if_none_match("*");
    put().send().await.unwrap();
    put().send().await.unwrap();
}

#[tokio::test]
async fn a_swallowed_item_is_answered_as_if_it_were_there() {
    let world = world();
    let client = dynamodb(&world);
    world.sabotage(Sabotage::swallow_items_where(|item| item["sk"] == "custody#1"));
    let put = |sk: &str| {
        let put = dynamo::Put::builder().table_name(TABLE).item("pk", S("1".into())).item("sk", S(sk.into()));
        dynamo::TransactWriteItem::builder().put(put.build().unwrap()).build()
    };
    client
        .transact_write_items()
        .transact_items(put("recording"))
        .transact_items(put("custody#1"))
        .send()
        .await
        .unwrap();
    client.transact_write_items().transact_items(put("custody#1")).send().await.unwrap();
    assert_eq!(world.table_items(TABLE), [json!({ "pk": "1", "sk": "recording" })]);
    assert_eq!(world.sabotage_strikes(), 2);
}

#[tokio::test]
async fn a_read_whose_consistency_is_dropped_sees_the_past() {
    let world = World::builder(1).table(TABLE, &table()).lag(Lag { percent: 100, writes: 1000 }).build();
    let client = dynamodb(&world);
    let get = || {
        let get = client.get_item().table_name(TABLE).consistent_read(true);
        get.key("pk", S("1".into())).key("sk", S("a".into())).send()
    };
    put(&client, "1", "n").await;
    assert!(get().await.unwrap().item.is_some());
    world.sabotage(Sabotage::DropConsistentRead);
    assert!(get().await.unwrap().item.is_none());
}

#[tokio::test]
async fn the_conditions_seen_can_be_stripped_one_by_one() {
    let world = world();
    take_ticket(&dynamodb(&world)).await;
    let seen = world.conditions_seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].expression, "attribute_not_exists(pk) OR #count = :count");

    let stripped = self::world();
    stripped.sabotage(Sabotage::strip_conditions_where(move |condition| *condition == seen[0]));
    let client = dynamodb(&stripped);
    put_once(&client).await.unwrap();
    put_once(&client).await.unwrap_err();
    assert!(take_ticket(&client).await);
    assert_eq!(stripped.sabotage_strikes(), 1);
}
