//! The rulebook: checked, published, in force after its delay, withdrawn.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use policy::id::{RecordingId, sha256_hex};
use policy::recording::State;
use policy::rulebook::{self, Document, Pointer, PointerEntry};
use serde_json::{Value, json};
use store::Rulebooks;
use tests::world::{EVERY_FAULT, Handler, Sabotage, World, every_order, for_every_fault};

use crate::api::{ADMIN, Answer, Api, ApiRequest, SALES_MANAGER, SAMPLE, sample_expiry};
use tests::company::{ADMIN_LOGIN, BUCKET, Company, QUEUE, RULEBOOK_BUCKET, TABLE, failed, sample, sample_rulebook};

/// Stores a rulebook as one that was checked would be, in force at once.
pub(crate) async fn store_unchecked(company: &Company, policy: &str, staff: &str) {
    let now = company.world.now();
    let (sound_policy, sound_staff) = sample_rulebook();
    let checked = rulebook::check(&sound_policy, &sound_staff, now).unwrap();
    let publication = rulebook::publish(None, &checked, ADMIN_LOGIN, now).unwrap();
    let document = Document { policy: policy.to_owned(), staff: staff.to_owned(), ..publication.document };
    let sha256 = sha256_hex(&document.to_bytes().unwrap());
    let entry = PointerEntry { version: 1, sha256, effective_at: now, awaits_other_than: None };
    let pointer = Pointer { current: None, pending: Some(entry.clone()) };
    let rulebooks = Rulebooks::new(&company.connection(), Company::rulebooks_config());
    rulebooks.store(&document, &pointer, &entry, 0).await.unwrap();
}

pub(crate) fn publish(policy: &str, staff: &str) -> ApiRequest {
    ApiRequest::put("/rulebook", &json!({"policy": policy, "staff": staff}))
}

/// What an answer says that awaits nobody.
pub(crate) fn published(version: u64, effective_at: &str, deletes_sooner: bool) -> Value {
    json!({
        "version": version, "effective_at": effective_at, "deletes_sooner": deletes_sooner, "awaits_second_admin": false,
    })
}

pub(crate) fn check(policy: &str, staff: &str) -> ApiRequest {
    ApiRequest::post("/rulebook/check", &json!({"policy": policy, "staff": staff}))
}

pub(crate) fn withdraw() -> ApiRequest {
    ApiRequest::delete("/rulebook/pending")
}

/// A policy that keeps 20 days instead of 30.
fn shorter(policy: &str) -> String {
    let shorter = policy.replace("keep_days = 30", "keep_days = 20\nretroactive = true");
    assert_ne!(shorter, policy);
    shorter
}

async fn in_force(api: &Api) -> Value {
    api.get(ADMIN, "/rulebook").await.ok()["version"].clone()
}

/// Makes the cached pointer too old to be believed.
fn forget(api: &Api) {
    api.world().advance(Duration::from_secs(60));
}

#[tokio::test(start_paused = true)]
async fn the_first_rulebook_is_published_by_admin_login_and_comes_into_force_after_120_seconds() {
    let api = Api::of(Company::of(Company::builder(1).build()));
    let empty = api.get(ADMIN_LOGIN, "/rulebook").await.ok();
    assert_eq!(
        empty,
        json!({
            "version": 0, "state": "current", "effective_at": null, "published_by": null, "published_at": null,
            "policy": null, "staff": null, "previous_version": null, "changes": null, "pending": null,
        })
    );
    let (policy, staff) = sample_rulebook();
    let answer = api.ask(&publish(&policy, &staff).by(ADMIN_LOGIN)).await.ok();
    assert_eq!(answer, published(1, "2026-11-13T09:02:00+09:00", false));
    assert_eq!(api.get(ADMIN_LOGIN, "/rulebook").await.ok()["pending"]["version"], 1);
    api.world().advance(Duration::from_secs(119));
    assert_eq!(api.get("kato", "/me").await.status, 403);
    api.world().advance(Duration::from_secs(1));
    assert_eq!(api.get("kato", "/me").await.ok()["rulebook_version"], 1);
    let published = api.get(ADMIN_LOGIN, "/rulebook").await.ok();
    assert_eq!(
        published,
        json!({
            "version": 1,
            "state": "current",
            "effective_at": "2026-11-13T09:02:00+09:00",
            "published_by": ADMIN_LOGIN,
            "published_at": "2026-11-13T09:00:00+09:00",
            "policy": policy,
            "staff": staff,
            "previous_version": null,
            "changes": null,
            "pending": null,
        })
    );
    let event = api.audit().into_iter().find(|event| event["action"] != "read_rulebook").unwrap();
    assert_eq!((&event["action"], &event["staff"]), (&json!("publish"), &json!(ADMIN_LOGIN)));
    assert_eq!(event["facts"]["version"], "1");
}

#[tokio::test(start_paused = true)]
async fn one_that_deletes_sooner_waits_a_day() {
    let (api, id) = Api::with_sample(1).await;
    let (policy, staff) = sample_rulebook();
    let answer = api.ask(&crate::plans::planned(&api, "hayashi", &shorter(&policy), &staff).await).await.ok();
    assert_eq!(answer, published(2, "2026-11-14T09:00:00+09:00", true));
    let expires_at = async || api.get(ADMIN, &format!("/recordings/{id}")).await.ok()["expires_at"].clone();
    api.world().advance(Duration::from_secs(86_399));
    assert_eq!(expires_at().await, "2026-12-04T00:00:00+09:00");
    api.world().advance(Duration::from_secs(1));
    assert_eq!(expires_at().await, "2026-11-24T00:00:00+09:00");
}

#[tokio::test(start_paused = true)]
async fn what_is_handed_in_again_is_answered_as_before_and_written_once() {
    let api = Api::new(1).await;
    let (policy, staff) = sample_rulebook();
    let in_force = api.ask(&publish(&policy, &staff).by(ADMIN)).await.ok();
    assert_eq!(in_force["version"], 1, "what is in force is published already");
    let shorter = shorter(&policy);
    let first = api.ask(&crate::plans::planned(&api, ADMIN, &shorter, &staff).await).await.ok();
    let items = api.world().table_items(TABLE);
    let keys = api.world().object_keys(RULEBOOK_BUCKET);
    assert_eq!(api.ask(&publish(&shorter, &staff).by(ADMIN)).await.ok(), first);
    assert_eq!(api.world().table_items(TABLE), items);
    assert_eq!(api.world().object_keys(RULEBOOK_BUCKET), keys);
}

#[tokio::test(start_paused = true)]
async fn what_waits_can_be_withdrawn_and_its_number_is_never_used_again() {
    let api = Api::new(1).await;
    let (policy, staff) = sample_rulebook();
    let withdraw = || withdraw().by(ADMIN);
    assert_eq!(api.ask(&withdraw()).await.problem(), "nothing-pending");
    assert_eq!(api.ask(&crate::plans::planned(&api, ADMIN, &shorter(&policy), &staff).await).await.ok()["version"], 2);

    let other = policy.replace("admin_limit = 2", "admin_limit = 3");
    let refused = api.ask(&publish(&other, &staff).by(ADMIN)).await;
    assert_eq!((refused.status, refused.problem().as_str()), (409, "pending-stands"));
    let pending = json!({
        "version": 2, "effective_at": "2026-11-14T09:00:00+09:00", "awaits_second_admin": false, "may_agree": false,
    });
    assert_eq!(refused.json()["pending"], pending);

    assert_eq!(api.ask(&withdraw()).await.ok(), json!({"withdrawn": 2}));
    assert_eq!(api.ask(&withdraw()).await.status, 404);
    api.world().advance(Duration::from_secs(2 * 86_400));
    assert_eq!(in_force(&api).await, 1);
    let next = api.ask(&publish(&other, &staff).by(ADMIN)).await.ok()["version"].as_u64().unwrap();
    assert!(next > 2, "{next}");
    api.world().advance(Duration::from_secs(120));
    assert_eq!(in_force(&api).await, next);
    assert_eq!(api.ask(&withdraw()).await.problem(), "nothing-pending");
    let actions: Vec<Value> = api.audit().iter().map(|event| event["action"].clone()).collect();
    assert_eq!(actions, ["plan_rulebook", "publish", "withdraw", "read_rulebook", "publish", "read_rulebook"]);
}

#[tokio::test(start_paused = true)]
async fn every_fault_is_told_with_its_line_and_its_mend_and_nothing_is_written() {
    let api = Api::new(1).await;
    let (policy, staff) = sample_rulebook();
    let items = api.world().table_items(TABLE);
    let policy = policy.replace("keep_days = 90", "keep_days = \"ninety\"");
    let staff = staff.replace("admin", "staff");
    let refused = api.ask(&publish(&policy, &staff).by(ADMIN)).await;
    assert_eq!((refused.status, refused.problem().as_str()), (422, "faulty-rulebook"));
    let json = refused.json();
    let faults = json["faults"].as_array().unwrap();
    for fault in faults {
        let line = fault["line"].as_u64().unwrap();
        assert!(line >= 1);
        for name in ["in", "code", "reason", "fix"] {
            assert!(!fault[name].as_str().unwrap().is_empty(), "{fault}");
        }
    }
    let codes: Vec<(&Value, &Value)> = faults.iter().map(|fault| (&fault["in"], &fault["code"])).collect();
    assert!(codes.contains(&(&json!("policy"), &json!("wrong_type"))), "{codes:?}");
    assert!(codes.contains(&(&json!("staff"), &json!("no_admin"))), "{codes:?}");
    assert_eq!(api.world().table_items(TABLE), items);
}

#[tokio::test(start_paused = true)]
async fn faults_are_told_in_japanese_with_the_same_facts() {
    let api = Api::new(1).await;
    let (policy, staff) = sample_rulebook();
    let policy = policy.replace("keep_days = 90", "keep_days = 0").replace("admin_limit = 2", "admin_limit = 1");
    let told = async |language: &str| {
        let refused = api.ask(&publish(&policy, &staff).by(ADMIN).header("accept-language", language)).await;
        assert_eq!((refused.status, &refused.headers["content-language"]), (422, &language.parse().unwrap()));
        refused.json()["faults"].as_array().unwrap().clone()
    };
    let (english, japanese) = (told("en").await, told("ja").await);
    assert_eq!(english.len(), japanese.len());
    assert_eq!(english[0]["reason"], "`keep_days` must be from 1 to 36500.");
    assert_eq!(japanese[0]["reason"], "「keep_days」に書けるのは 1 から 36500 までです。");
    assert!(japanese[1]["reason"].as_str().unwrap().contains("管理者が 2 人います（hayashi, yamada）"), "{japanese:?}");
}

/// A staff list of that many rows beside the sample's, as people write it.
fn long_list(rows: usize) -> String {
    let (_, staff) = sample_rulebook();
    let row = |number: usize| {
        format!(
            "m{number:05},録番 {number:05}郎,m{number:05}@example.com,{},,sales,staff,,,2026/4/1,\r\n",
            10_000 + number
        )
    };
    staff.replace('\n', "\r\n") + &(0..rows).map(row).collect::<String>()
}

#[tokio::test(start_paused = true)]
async fn a_staff_list_of_10_000_rows_is_handed_in_as_text_or_as_a_spreadsheet_saved_it_in_cp932() {
    let (policy, _) = sample_rulebook();
    let staff = long_list(10_000);
    let (cp932, _, is_lossy) = encoding_rs::SHIFT_JIS.encode(&staff);
    assert!(!is_lossy && std::str::from_utf8(&cp932).is_err());
    let with_mark = [b"\xef\xbb\xbf", staff.as_bytes()].concat();
    let bytes = |bytes: &[u8]| json!({"policy": policy, "staff_base64": BASE64.encode(bytes)});
    for body in [json!({"policy": policy, "staff": staff}), bytes(&cp932), bytes(&with_mark)] {
        let api = Api::of(Company::of(Company::builder(1).build()));
        assert_eq!(api.ask(&ApiRequest::put("/rulebook", &body).by(ADMIN_LOGIN)).await.ok()["version"], 1);
        api.world().advance(Duration::from_secs(120));
        assert_eq!(api.get("m09999@example.com", "/me").await.ok()["name"], "録番 09999郎");
        assert_eq!(api.get(ADMIN_LOGIN, "/rulebook").await.ok()["staff"], staff);
    }
}

#[tokio::test(start_paused = true)]
async fn a_staff_list_in_no_encoding_or_handed_in_twice_or_not_at_all_is_refused() {
    let api = Api::new(1).await;
    let (policy, staff) = sample_rulebook();
    let utf_16: Vec<u8> = staff.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf_16 = [b"\xff\xfe", &utf_16[..]].concat();
    let refused = api
        .ask(&ApiRequest::put("/rulebook", &json!({"policy": policy, "staff_base64": BASE64.encode(utf_16)})).by(ADMIN))
        .await;
    assert_eq!((refused.status, refused.problem().as_str()), (422, "faulty-rulebook"));
    let fault = &refused.json()["faults"][0];
    assert_eq!((&fault["in"], &fault["code"], &fault["line"]), (&json!("staff"), &json!("not_text"), &json!(1)));
    for (body, parameter) in [
        (json!({"policy": policy}), "staff"),
        (json!({"policy": policy, "staff": staff, "staff_base64": BASE64.encode(&staff)}), "staff"),
        (json!({"policy": policy, "staff_base64": "*"}), "staff_base64"),
    ] {
        let refused = api.ask(&ApiRequest::put("/rulebook", &body).by(ADMIN)).await;
        assert_eq!((refused.status, &refused.json()["parameter"]), (400, &json!(parameter)));
    }
    assert_eq!(in_force(&api).await, 1);
    // An encoder that breaks lines says the same as one that does not, and as the text.
    let encoded = BASE64
        .encode(&staff)
        .as_bytes()
        .chunks(76)
        .map(|line| String::from_utf8_lossy(line).into_owned() + "\r\n")
        .collect::<String>();
    let body = json!({"policy": policy, "staff_base64": encoded});
    assert_eq!(api.ask(&ApiRequest::put("/rulebook", &body).by(ADMIN)).await.ok()["version"], 1);
}

/// The staff list after the manager of sales handed the team on, and is staff of it.
fn without_kato(staff: &str) -> String {
    staff
        .replace("kato,加藤 恵,,210,,sales,manager,sales", "kato,加藤 恵,,210,,sales,staff,")
        .replace("support;general", "support;general;sales")
}

#[tokio::test(start_paused = true)]
async fn a_role_that_changed_bites_when_the_rulebook_does() {
    let (api, id) = Api::with_sample(1).await;
    let (policy, staff) = sample_rulebook();
    let moved = without_kato(&staff);
    assert_ne!(moved, staff);
    api.ask(&publish(&policy, &moved).by(ADMIN)).await.ok();
    api.world().advance(Duration::from_secs(119));
    api.play(SALES_MANAGER, &id).await.ok();
    api.world().advance(Duration::from_secs(1));
    assert_eq!(api.play(SALES_MANAGER, &id).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn a_rulebook_that_can_not_be_read_permits_nothing() {
    let (api, id) = Api::with_sample(1).await;
    api.company.leaves(tests::monitor::Rule::LivesOn, "the rulebook can not be read");
    api.world().put_object(RULEBOOK_BUCKET, &api.world().object_keys(RULEBOOK_BUCKET)[0], b"{}".to_vec(), &[]);
    // Another instance, that has read nothing yet.
    let api = Api::of(api.company);
    let events = (api.audit(), api.chain(&id).await);
    for path in ["/me".to_owned(), "/recordings".to_owned(), format!("/recordings/{id}"), "/rulebook".to_owned()] {
        let answer = api.get(ADMIN, &path).await;
        assert_eq!((answer.status, answer.problem().as_str()), (503, "rulebook-unreadable"), "{path}");
        assert_eq!(answer.headers["retry-after"], "2");
    }
    assert_eq!(api.play(ADMIN, &id).await.status, 503);
    let (policy, staff) = sample_rulebook();
    assert_eq!(api.ask(&publish(&policy, &staff).by(ADMIN_LOGIN)).await.status, 503);
    assert_eq!((api.audit(), api.chain(&id).await), events);
}

#[tokio::test(start_paused = true)]
async fn a_rulebook_that_can_not_be_read_stops_deletion_and_taking_in_goes_on() {
    let (api, id) = Api::with_sample(1).await;
    let company = &api.company;
    let key = api.world().object_keys(RULEBOOK_BUCKET).remove(0);
    let sound = api.world().object_versions(RULEBOOK_BUCKET, &key).remove(0).body;
    api.world().put_object(RULEBOOK_BUCKET, &key, b"{}".to_vec(), &[]);
    api.world().set_now(sample_expiry());
    // Past its expiry, and yet nothing is deleted: `sweep` fails, which is counted and raises the alarm.
    let versions = company.versions();
    assert!(company.sweep().await.is_err());
    assert_eq!(company.versions(), versions);
    assert!(company.tombstone(&id).await.is_none());
    // What is uploaded is taken in, and waits for `index`.
    let late = "freepbx/2026/12/03/external-201-09012345678-20261203-140502-1796274300.101.wav";
    let version = company.put(late, sample(SAMPLE), &[]);
    assert_eq!(failed(&company.ingest(late, &version).await), 0);
    let is_fragment = |item: &&Value| {
        let starts_with =
            |name: &str, beginning: &str| item[name].as_str().is_some_and(|key| key.starts_with(beginning));
        starts_with("pk", "K#") && starts_with("sk", "A#")
    };
    assert_eq!(company.snapshot().iter().filter(is_fragment).count(), 2);
    let waiting = api.world().take_messages(QUEUE);
    assert_eq!(waiting.len(), 1);
    assert_eq!(failed(&index::handle(&company.index_context(), company.index_batch(&waiting)).await), 1);
    // Readable again, both are done.
    api.world().put_object(RULEBOOK_BUCKET, &key, sound, &[]);
    assert_eq!(failed(&index::handle(&company.index_context(), company.index_batch(&waiting)).await), 0);
    company.sweep().await.unwrap();
    assert!(company.tombstone(&id).await.is_some());
    let taken_in = RecordingId::of(BUCKET, late, &version);
    assert_eq!(company.recording(&taken_in).await.view.state, State::Active);
}

#[tokio::test(start_paused = true)]
async fn what_was_read_is_believed_for_60_seconds_and_no_longer() {
    let (api, id) = Api::with_sample(1).await;
    api.warm().await;
    let (policy, staff) = sample_rulebook();
    // Somebody publishes through another instance, and it is in force at once.
    let moved = without_kato(&staff);
    api.company.publish(&policy, &moved).await;
    api.world().advance(Duration::from_secs(59));
    api.play(SALES_MANAGER, &id).await.ok();
    api.world().advance(Duration::from_secs(1));
    assert_eq!(api.play(SALES_MANAGER, &id).await.status, 404);
    forget(&api);
    assert_eq!(in_force(&api).await, 2);
}

/// Two who publish different rulebooks at once, in every order; what was found wrong.
async fn two_publish(prepare: impl Fn(&World)) -> Result<usize, String> {
    let wrong = std::cell::RefCell::new(Ok(()));
    let explored = every_order(
        2_000,
        async || {
            let world = Company::with_sample_rulebook(1).await.world;
            prepare(&world);
            world
        },
        |world| {
            [("one", "admin_limit = 3"), ("two", "admin_limit = 4")]
                .map(|(request, limit)| {
                    let world = world.clone();
                    Box::pin(async move {
                        let (policy, staff) = sample_rulebook();
                        let policy = policy.replace("admin_limit = 2", limit);
                        let ask = publish(&policy, &staff).by(ADMIN).with_request_id(request);
                        Api::over(&world).ask(&ask).await
                    }) as Handler<Answer>
                })
                .into()
        },
        async |world, answers, trace| {
            let published = answers.iter().filter(|answer| answer.status == 200).count();
            let refused = answers.iter().filter(|answer| answer.status == 409).count();
            let mut found = if (published, refused) == (1, 1) {
                Ok(())
            } else {
                Err(format!("{published} published, {refused} refused"))
            };
            if let Some(answer) = answers.iter().find(|answer| answer.status == 200) {
                let standing = Api::over(world).get(ADMIN, "/rulebook").await.json();
                if standing["pending"]["version"] != answer.json()["version"] {
                    found = Err("what was answered does not stand".to_owned());
                }
            }
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
async fn of_two_who_publish_at_once_one_is_told_so_in_whatever_order() {
    let runs = two_publish(|_| {}).await.unwrap();
    assert!(runs >= 2, "{runs}");
}

#[tokio::test(start_paused = true)]
async fn a_pointer_that_moves_unconditionally_does_not_go_unnoticed() {
    let found = two_publish(|world| {
        world.sabotage(Sabotage::strip_conditions_of("TransactWriteItems"));
    })
    .await;
    assert!(found.is_err());
}

#[tokio::test(start_paused = true)]
async fn with_any_call_failed_a_rulebook_is_published_whole_with_its_event_or_not() {
    let (policy, staff) = sample_rulebook();
    let ask = publish(&policy.replace("admin_limit = 2", "admin_limit = 3"), &staff).by(ADMIN);
    let tried = for_every_fault(
        EVERY_FAULT,
        async || Company::with_sample_rulebook(1).await.world,
        async |world| Api::over(world).ask(&ask).await,
        async |world, fault, answer| {
            let api = Api::over(world);
            let standing = api.get(ADMIN, "/rulebook").await.ok();
            let is_standing = standing["pending"]["version"] == 2;
            let is_event = api.audit().iter().any(|event| event["action"] == "publish");
            match answer.status {
                200 => assert!(is_standing, "{fault:?}"),
                500 | 503 => assert!(fault.is_some(), "{fault:?}"),
                status => panic!("{status} {fault:?}"),
            }
            assert!(is_event || !is_standing, "{fault:?}");
            assert_eq!(api.ask(&ask).await.ok()["version"], 2, "{fault:?}");
        },
    )
    .await;
    assert!(tried >= 20, "{tried}");
}
