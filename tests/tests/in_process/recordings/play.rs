//! Hearing and downloading: the trace comes first, the URL dies in time.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::SignedDuration;
use policy::call::Claim;
use policy::custody;
use policy::hold::Holds;
use policy::id::RecordingId;
use policy::retention::ClassRevision;
use serde_json::{Value, json};
use tests::monitor::Rule;
use tests::world::{
    EVERY_FAULT, Fault, FaultKind, Handler, Moment, Sabotage, Service, Which, World, every_order, for_every_fault,
    for_every_kill,
};

use crate::api::{
    ADMIN, AUDITOR, Api, ApiRequest, SALES_MANAGER, SAMPLE, STAFF, SUPPORT_MANAGER, evidence, in_class, one_hold,
    sample_expiry,
};
use tests::company::{BUCKET, Company, sample, sample_rulebook};

#[tokio::test(start_paused = true)]
async fn a_url_plays_the_recording_and_says_what_it_is() {
    let (api, id) = Api::with_sample(1).await;
    let answer = api.play(SALES_MANAGER, &id).await.ok();
    assert_eq!(answer["content_type"], "audio/wav");
    assert_eq!(answer["expires_at"], "2026-11-13T09:02:00+09:00");
    let played = api.world().http_get(answer["url"].as_str().unwrap(), None).await;
    assert_eq!(played.status, 200);
    assert_eq!(played.body, sample(SAMPLE));
    assert_eq!(played.header("content-type"), Some("audio/wav"));
    assert_eq!(played.header("cache-control"), Some("no-store"));
    let inline = format!("inline; filename=\"{id}.wav\"");
    assert_eq!(played.header("content-disposition"), Some(inline.as_str()));

    let downloaded = api.download(ADMIN, &id).await.ok();
    let downloaded = api.world().http_get(downloaded["url"].as_str().unwrap(), None).await;
    let attachment = format!("attachment; filename=\"{id}.wav\"");
    assert_eq!(downloaded.header("content-disposition"), Some(attachment.as_str()));
}

#[tokio::test(start_paused = true)]
async fn a_url_dies_after_120_seconds_and_opens_no_other_version() {
    let (api, id) = Api::with_sample(1).await;
    let newer = api.company.upload(SAMPLE, b"RIFF".to_vec(), &[]).await;
    let url = api.play(ADMIN, &id).await.ok()["url"].as_str().unwrap().to_owned();
    let first = &api.world().object_versions(BUCKET, SAMPLE)[0].version_id;
    let second = &api.world().object_versions(BUCKET, SAMPLE)[1].version_id;
    assert_eq!(RecordingId::of(BUCKET, SAMPLE, second), newer);
    let status = async |url: &str| api.world().http_get(url, None).await.status;
    assert_eq!(status(&url).await, 200);
    assert_eq!(status(&url.replace(first, second)).await, 403);
    assert_eq!(status(&url.replace("attachment", "inline").replace("audio%2Fwav", "text%2Fhtml")).await, 403);
    api.world().advance(Duration::from_secs(119));
    assert_eq!(status(&url).await, 200);
    api.world().advance(Duration::from_secs(2));
    assert_eq!(status(&url).await, 403);
}

#[tokio::test(start_paused = true)]
async fn from_the_second_of_expiry_nothing_is_heard_not_even_with_an_older_url() {
    let (api, id) = Api::with_sample(1).await;
    let last_second = sample_expiry() - SignedDuration::from_secs(1);
    api.world().set_now(last_second + SignedDuration::from_millis(600));
    let answer = api.play(ADMIN, &id).await.ok();
    assert_eq!(answer["expires_at"], "2026-12-04T00:00:00+09:00");
    let url = answer["url"].as_str().unwrap();
    assert!(url.contains("X-Amz-Expires=1&"), "a second is left");
    assert_eq!(api.world().http_get(url, None).await.status, 200);

    api.world().set_now(sample_expiry());
    for login in [ADMIN, SALES_MANAGER] {
        assert_eq!(api.play(login, &id).await.problem(), "no-such-recording");
        assert_eq!(api.download(login, &id).await.problem(), "no-such-recording");
        assert_eq!(api.get(login, &format!("/recordings/{id}")).await.problem(), "no-such-recording");
        assert_eq!(api.get(login, &format!("/recordings/{id}/custody")).await.problem(), "no-such-recording");
        let found = api.get(login, "/recordings?from=2026-11-01T00:00:00Z").await.ok();
        assert_eq!(found["items"], json!([]));
    }
    api.world().advance(Duration::from_secs(1));
    assert_eq!(api.world().http_get(url, None).await.status, 403);
}

#[tokio::test(start_paused = true)]
async fn a_hold_suspends_expiry_and_lifting_it_lets_expiry_bite_at_once() {
    let (api, id) = Api::with_sample(1).await;
    api.change(&id, |recording, call| {
        recording.view.holds = one_hold();
        call.holds = one_hold();
    })
    .await;
    api.world().set_now(sample_expiry() + SignedDuration::from_hours(48));
    let answer = api.play(ADMIN, &id).await.ok();
    assert!(answer["url"].as_str().unwrap().contains("X-Amz-Expires=120&"));
    let shown = api.get(ADMIN, &format!("/recordings/{id}")).await.ok();
    assert_eq!((&shown["holds"], &shown["expires_at"]), (&json!(1), &Value::Null));

    // The copy in the recording is behind: the trace asks the call itself.
    api.change(&id, |_, call| call.holds = Holds::default()).await;
    assert_eq!(api.play(ADMIN, &id).await.problem(), "no-such-recording");
    assert_eq!(api.get(ADMIN, &format!("/recordings/{id}")).await.problem(), "no-such-recording");
}

#[tokio::test(start_paused = true)]
async fn a_play_is_two_calls_warm_and_uncontended() {
    let (api, id) = Api::with_sample(1).await;
    api.warm().await;
    api.play(SALES_MANAGER, &id).await.ok();
    assert_eq!(api.take_kinds(), ["dynamodb Query rokuban", "dynamodb TransactWriteItems rokuban"]);
    api.download(ADMIN, &id).await.ok();
    assert_eq!(api.take_kinds().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn who_heard_what_and_why_stands_on_custody_and_in_the_audit() {
    let (api, id) = Api::with_sample(1).await;
    let answer = api.play(SALES_MANAGER, &id).await.ok();
    assert_eq!(answer["event_id"], format!("{id}.2"));
    let case = "a".repeat(26);
    let body = json!({"use": "evidence", "reason": " 続き ", "case_id": case, "continues": answer["event_id"]});
    api.ask(&ApiRequest::post(&format!("/recordings/{id}/play"), &body).by(SALES_MANAGER)).await.ok();
    api.download(ADMIN, &id).await.ok();

    let custody = api.get(SALES_MANAGER, &format!("/recordings/{id}/custody")).await.ok();
    assert_eq!(custody["verified"], true);
    assert_eq!(custody["next_cursor"], Value::Null);
    let items = custody["items"].as_array().unwrap();
    let told: Vec<Value> = items
        .iter()
        .map(|item| json!([item["number"], item["kind"], item["actor"], item["texts"]["reason"]]))
        .collect();
    assert_eq!(
        told,
        [
            json!([1, "taken_in", "index", null]),
            json!([2, "played", "kato", "見積の金額の確認"]),
            json!([3, "played", "kato", "続き"]),
            json!([4, "downloaded", "yamada", "見積の金額の確認"]),
        ]
    );
    let at = "2026-11-13T09:00:00+09:00";
    assert_eq!(items[1]["at"], at);
    // The chain keeps texts, as they were hashed; the answer tells what they are.
    let facts = json!({"use": "evidence", "case_id": case, "continues": format!("{id}.2"), "since": at});
    assert_eq!((&items[2]["facts"], &items[0]["facts"]["rulebook_version"]), (&facts, &json!(1)));

    let audit = api.audit();
    let played = audit.iter().find(|event| event["action"] == "play").unwrap();
    assert_eq!(played["staff"], "kato");
    assert_eq!((&played["outcome"], &played["day"]), (&json!("permitted"), &json!("2026-11-13")));
    assert_eq!(
        played["facts"],
        json!({
            "recording": id.as_str(), "use": "evidence", "event": "2", "of_staff": "sato", "of_team": "sales",
            "need": "2026-11-03 standard evidence",
        })
    );
    // QUIET: the words of a reason lie beside the chain alone, where they can be erased.
    assert!(!json!(audit).to_string().contains("見積"));
    let chain = api.chain(&id).await;
    assert_ne!(chain[1].texts["reason"].salt, chain[3].texts["reason"].salt);
}

#[tokio::test(start_paused = true)]
async fn one_request_handled_twice_leaves_one_event() {
    let (api, id) = Api::with_sample(1).await;
    let ask =
        ApiRequest::post(&format!("/recordings/{id}/play"), &evidence()).by(SALES_MANAGER).with_request_id("once");
    let first = api.ask(&ask).await.ok();
    let events = (api.chain(&id).await, api.audit());
    let second = api.ask(&ask).await.ok();
    assert_eq!(first["event_id"], second["event_id"]);
    assert_eq!((api.chain(&id).await, api.audit()), events);
}

#[tokio::test(start_paused = true)]
async fn a_broken_custody_is_not_called_verified() {
    let (api, id) = Api::with_sample(1).await;
    api.play(SALES_MANAGER, &id).await.ok();
    api.play(SALES_MANAGER, &id).await.ok();
    let path = format!("/recordings/{id}/custody");
    assert_eq!(api.get(ADMIN, &path).await.ok()["verified"], true);
    api.company.leaves(Rule::Unbroken, "the chain is changed by hand");
    let dynamodb = aws_sdk_dynamodb::Client::new(&api.world().sdk_config());
    let key = |number: u32| {
        let text = aws_sdk_dynamodb::types::AttributeValue::S;
        [("pk", text(format!("R#{id}"))), ("sk", text(format!("E#{number:010}")))]
    };
    let change = async |number: u32, actor: &str| {
        let [pk, sk] = key(number);
        let update = dynamodb.update_item().table_name("rokuban").key(pk.0, pk.1).key(sk.0, sk.1);
        let actor = aws_sdk_dynamodb::types::AttributeValue::S(actor.to_owned());
        let update = update.update_expression("SET actor = :actor").expression_attribute_values(":actor", actor);
        update.send().await.unwrap();
    };
    change(2, "hayashi").await;
    assert_eq!(api.get(ADMIN, &path).await.ok()["verified"], false);
    change(2, SALES_MANAGER).await;
    assert_eq!(api.get(ADMIN, &path).await.ok()["verified"], true);
    let [pk, sk] = key(2);
    dynamodb.delete_item().table_name("rokuban").key(pk.0, pk.1).key(sk.0, sk.1).send().await.unwrap();
    assert_eq!(api.get(ADMIN, &path).await.ok()["verified"], false);
}

#[tokio::test(start_paused = true)]
async fn managers_hear_their_own_teams_and_only_admins_download() {
    let (api, id) = Api::with_sample(1).await;
    for (login, play, download) in [
        (ADMIN, 200, 200),
        (SALES_MANAGER, 200, 403),
        (SUPPORT_MANAGER, 404, 404),
        (STAFF, 404, 404),
        (AUDITOR, 404, 404),
        ("nobody", 403, 403),
    ] {
        assert_eq!(api.play(login, &id).await.status, play, "{login}");
        assert_eq!(api.download(login, &id).await.status, download, "{login}");
    }
    let refused = api.download(SALES_MANAGER, &id).await;
    assert_eq!(refused.problem(), "not-allowed");
    assert_eq!(refused.json()["reason"], "managers_do_not_download");
    let event = api.audit().pop().unwrap();
    assert_eq!(
        (&event["action"], &event["outcome"], &event["facts"]["reason"]),
        (&json!("download"), &json!("refused"), &json!("managers_do_not_download"))
    );
    // Nothing but what was permitted stands on custody.
    let kinds = api.chain(&id).await.len();
    assert_eq!(kinds, 4, "taken in, two plays, one download");
}

#[tokio::test(start_paused = true)]
async fn the_rulebook_can_let_managers_download() {
    let company = Company::of(Company::builder(1).build());
    let (policy, staff) = sample_rulebook();
    company.publish(&policy.replace("manager_download = false", "manager_download = true"), &staff).await;
    let id = company.upload_sample(SAMPLE).await;
    let api = Api::of(company);
    api.download(SALES_MANAGER, &id).await.ok();
    assert_eq!(api.download(SUPPORT_MANAGER, &id).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn a_use_must_be_one_of_the_purposes() {
    let (api, id) = Api::with_sample(1).await;
    let body = json!({"use": "curiosity", "reason": "x"});
    let ask = |login: &str| ApiRequest::post(&format!("/recordings/{id}/play"), &body).by(login);
    let refused = api.ask(&ask(SALES_MANAGER)).await;
    assert_eq!(refused.problem(), "not-a-purpose");
    assert_eq!(refused.json()["purposes"], json!(["evidence"]));
    assert_eq!(api.ask(&ask(SUPPORT_MANAGER)).await.problem(), "no-such-recording");
    assert_eq!(api.chain(&id).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_can_not_be_meant_is_refused_before_anything_is_asked_of_aws() {
    let (api, id) = Api::with_sample(1).await;
    api.warm().await;
    let long = "あ".repeat(501);
    for (body, problem) in [
        (json!({"use": "evidence", "reason": ""}), "invalid"),
        (json!({"use": "evidence", "reason": " \n "}), "invalid"),
        (json!({"use": "evidence", "reason": long}), "invalid"),
        (json!({"use": "evidence", "reason": format!("x{}", " ".repeat(500))}), "invalid"),
        (json!({"use": "", "reason": "x"}), "invalid"),
        (json!({"use": "e".repeat(129), "reason": "x"}), "invalid"),
        (json!({"use": "evidence", "reason": "x", "case_id": "09012345678"}), "invalid"),
        (json!({"use": "evidence", "reason": "x", "continues": "x"}), "invalid"),
        (json!({"use": "evidence"}), "wrong-fields"),
        (json!({"reason": "x"}), "wrong-fields"),
        (json!({"use": "evidence", "reason": "x", "staff": "sato"}), "wrong-fields"),
        (json!([]), "wrong-fields"),
    ] {
        let answer = api.ask(&ApiRequest::post(&format!("/recordings/{id}/play"), &body).by(ADMIN)).await;
        assert_eq!((answer.status, answer.problem().as_str()), (400, problem), "{body}");
        assert!(!String::from_utf8(answer.bytes).unwrap().contains("09012345678"));
    }
    let body = json!({"use": "evidence", "reason": "あ".repeat(500)});
    assert_eq!(api.take_kinds(), [""; 0]);
    api.ask(&ApiRequest::post(&format!("/recordings/{id}/play"), &body).by(ADMIN)).await.ok();
}

#[tokio::test(start_paused = true)]
async fn what_is_in_quarantine_is_heard_by_admins_where_there_is_a_sound_and_never_leaves() {
    let api = Api::new(1).await;
    let unmatched = api.company.upload("other/unmatched.flac", sample("other/upload/rec_0001.flac"), &[]).await;
    let empty = api.company.upload("freepbx/empty.wav", Vec::new(), &[]).await;
    let answer = api.play(ADMIN, &unmatched).await.ok();
    assert_eq!(answer["content_type"], "audio/flac");
    let refused = api.download(ADMIN, &unmatched).await;
    assert_eq!((refused.problem().as_str(), &refused.json()["reason"]), ("not-allowed", &json!("in_quarantine")));
    let silent = api.play(ADMIN, &empty).await;
    assert_eq!((silent.status, silent.problem().as_str()), (409, "no-audio"));
    assert_eq!(silent.json()["quarantine_reason"], "empty");
    for id in [&unmatched, &empty] {
        assert_eq!(api.play(SALES_MANAGER, id).await.status, 404);
    }
}

#[tokio::test(start_paused = true)]
async fn what_sweep_has_claimed_is_no_longer_heard() {
    let (api, id) = Api::with_sample(1).await;
    api.company.leaves(Rule::NeverEarly, "the call is claimed by hand, weeks before its end");
    let recording = api.company.recording(&id).await;
    let call = api.company.table().call(&recording.view.call).await.unwrap().unwrap();
    let claim = Claim { id: "claim-1".to_owned(), at: api.world().now(), rulebook_version: 1 };
    api.company.table().claim(&call, &claim).await.unwrap();
    for login in [ADMIN, SALES_MANAGER] {
        assert_eq!(api.play(login, &id).await.problem(), "no-such-recording");
    }
    assert_eq!(api.chain(&id).await.len(), 1);
    assert_eq!(api.get(ADMIN, &format!("/recordings/{id}")).await.ok()["state"], "deleting");
}

#[tokio::test(start_paused = true)]
async fn periods_that_changed_since_they_were_copied_are_decided_on_anew() {
    let (api, id) = Api::with_sample(1).await;
    api.company.leaves(Rule::NeverLate, "the call has a period by hand that none of its legs has");
    let contracts = ClassRevision::new("contracts", 1).unwrap();
    // A leg of a longer class joined the call; the copy is behind.
    api.change(&id, |recording, call| call.periods.add(contracts.clone(), recording.day)).await;
    api.warm().await;
    api.play(ADMIN, &id).await.ok();
    let kinds = api.take_kinds();
    assert_eq!(kinds.len(), 5, "read, refused trace, read, the call, trace: {kinds:?}");
    assert_eq!(api.chain(&id).await.len(), 2);

    // The copy is of a longer class than the call's: what the call says counts.
    let (api, id) = Api::with_sample(2).await;
    api.change(&id, |recording, _| in_class(recording, "contracts")).await;
    api.world().set_now(sample_expiry());
    assert_eq!(api.play(ADMIN, &id).await.problem(), "no-such-recording");
    assert_eq!(api.chain(&id).await.len(), 1);
}

/// How a play may end: with a URL and its event, or without either being owed.
fn is_traced(answer: &crate::api::Answer, events: usize) -> Result<(), String> {
    match answer.status {
        200 if events == 2 => Ok(()),
        200 => Err(format!("TRACE FIRST: a URL and {events} events")),
        500 | 503 => Ok(()),
        other => Err(format!("an answer {other}")),
    }
}

async fn with_a_recording(prepare: &dyn Fn(&World)) -> (World, RecordingId) {
    let (api, id) = Api::with_sample(1).await;
    prepare(api.world());
    (api.world().clone(), id)
}

/// Plays under every fault; what was found wrong.
async fn play_with_every_fault(prepare: impl Fn(&World)) -> Result<usize, String> {
    let wrong = std::cell::RefCell::new(Ok(()));
    let (_, id) = with_a_recording(&|_| {}).await;
    let tried = for_every_fault(
        EVERY_FAULT,
        async || with_a_recording(&prepare).await.0,
        async |world| Api::over(world).play(SALES_MANAGER, &id).await,
        async |world, fault, answer| {
            let chain = Api::over(world).chain(&id).await;
            let found = is_traced(&answer, chain.len())
                .and_then(|()| custody::verify(&id, &chain).map(drop).map_err(|broken| broken.to_string()));
            let found = found.and(match (fault, answer.status) {
                (None, 200) | (Some(_), _) => Ok(()),
                (None, status) => Err(format!("{status} without a fault")),
            });
            // Whoever tries again hears it.
            let again = Api::over(world).play(SALES_MANAGER, &id).await;
            let found = found.and(if again.status == 200 { Ok(()) } else { Err("not even later".to_owned()) });
            let mut wrong = wrong.borrow_mut();
            if let (Ok(()), Err(found)) = (&*wrong, found) {
                *wrong = Err(format!("{found}: {fault:?}"));
            }
        },
    )
    .await;
    wrong.into_inner().map(|()| tried)
}

#[tokio::test(start_paused = true)]
async fn with_any_call_failed_there_is_no_url_without_its_event() {
    let tried = play_with_every_fault(|_| {}).await.unwrap();
    assert!(tried >= 20, "{tried}");
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_swallowed_does_not_go_unnoticed() {
    let found = play_with_every_fault(|world| {
        world
            .sabotage(Sabotage::swallow_items_where(|item| item["sk"].as_str().is_some_and(|sk| sk.starts_with("E#"))));
    })
    .await;
    assert!(found.unwrap_err().starts_with("TRACE FIRST"));
}

#[tokio::test(start_paused = true)]
async fn killed_at_any_gate_it_leaves_at_most_the_event() {
    let (_, id) = with_a_recording(&|_| {}).await;
    let gates = for_every_kill(
        async || with_a_recording(&|_| {}).await.0,
        async |world| Api::over(world).play(SALES_MANAGER, &id).await,
        async |world, gate| {
            let api = Api::over(world);
            let chain = api.chain(&id).await;
            assert!(custody::verify(&id, &chain).is_ok(), "{gate:?}");
            assert!((1..=2).contains(&chain.len()), "{gate:?}");
            api.play(SALES_MANAGER, &id).await.ok();
        },
    )
    .await;
    assert!(gates >= 8, "{gates}");
}

/// Two who listen at once, in every order; what was found wrong.
async fn two_listen(prepare: impl Fn(&World), limit: usize) -> Result<usize, String> {
    let wrong = std::cell::RefCell::new(Ok(()));
    let (_, id) = with_a_recording(&|_| {}).await;
    let explored = every_order(
        limit,
        async || with_a_recording(&prepare).await.0,
        |world| {
            [("one", SALES_MANAGER), ("two", ADMIN)]
                .map(|(request, login)| {
                    let (world, id) = (world.clone(), id.clone());
                    Box::pin(async move {
                        let ask = ApiRequest::post(&format!("/recordings/{id}/play"), &evidence());
                        Api::over(&world).ask(&ask.by(login).with_request_id(request)).await.status
                    }) as Handler<u16>
                })
                .into()
        },
        async |world, answers, trace| {
            let chain = Api::over(world).chain(&id).await;
            let actors: BTreeSet<&str> = chain.iter().map(|link| link.event.actor.as_str()).collect();
            let found = if answers != [200, 200] {
                Err(format!("answers {answers:?}"))
            } else if actors != BTreeSet::from(["index", SALES_MANAGER, ADMIN]) || chain.len() != 3 {
                Err(format!("TRACE FIRST: {} events of {actors:?}", chain.len()))
            } else {
                custody::verify(&id, &chain).map(drop).map_err(|broken| broken.to_string())
            };
            let mut wrong = wrong.borrow_mut();
            if let (Ok(()), Err(found)) = (&*wrong, found) {
                *wrong = Err(format!("{found}: {trace}"));
            }
        },
    )
    .await;
    wrong.into_inner().map(|()| explored.runs)
}

#[tokio::test(start_paused = true)]
async fn two_who_listen_at_once_are_both_on_custody_in_whatever_order() {
    let runs = two_listen(|_| {}, 2_000).await.unwrap();
    assert!(runs >= 4, "{runs}");
}

#[tokio::test(start_paused = true)]
async fn events_that_are_not_put_conditionally_overwrite_each_other() {
    let found = two_listen(
        |world| {
            world.sabotage(Sabotage::strip_conditions_where(|condition| {
                condition.operation == "TransactWriteItems" && condition.action == "Put"
            }));
        },
        200,
    )
    .await;
    assert!(found.unwrap_err().starts_with("TRACE FIRST"));
}

#[tokio::test(start_paused = true)]
async fn a_trace_that_does_not_ask_the_call_hears_what_is_being_deleted() {
    let heard = async |is_sabotaged: bool| {
        let (api, id) = Api::with_sample(1).await;
        api.company.leaves(Rule::NeverEarly, "the call is claimed by hand, weeks before its end");
        let recording = api.company.recording(&id).await;
        let call = api.company.table().call(&recording.view.call).await.unwrap().unwrap();
        let claim = Claim { id: "claim-1".to_owned(), at: api.world().now(), rulebook_version: 1 };
        api.company.table().claim(&call, &claim).await.unwrap();
        if is_sabotaged {
            api.world().sabotage(Sabotage::strip_conditions_where(|condition| condition.action == "ConditionCheck"));
        }
        api.play(ADMIN, &id).await.status
    };
    assert_eq!(heard(false).await, 404);
    assert_eq!(heard(true).await, 200, "the saboteur strikes what the test above rests on");
}

#[tokio::test(start_paused = true)]
async fn where_the_same_keeps_changing_it_gives_up_and_says_when_to_come_again() {
    let (api, id) = Api::with_sample(1).await;
    api.world().set_fault(Fault {
        which: Which::EveryOf(Service::DynamoDb, "TransactWriteItems"),
        moment: Moment::Effect,
        kind: FaultKind::Conflict,
    });
    let answer = api.play(ADMIN, &id).await;
    assert_eq!((answer.status, answer.problem().as_str()), (503, "busy"));
    assert_eq!(answer.headers["retry-after"], "2");
    assert_eq!(api.chain(&id).await.len(), 1);
}
