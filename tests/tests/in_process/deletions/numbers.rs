//! "There was one, deleted on that day": the keyed hash of a number, and who is told.

use policy::id::RecordingId;
use serde_json::{Value, json};
use tests::company::{AUDIT_BUCKET, TABLE};
use tests::world::{Fault, FaultKind, Moment, Service, Which};

use super::{ADMIN, Api, SALES_MANAGER, STAFF, SUPPORT_MANAGER, sample_expiry};

/// The number of the sample call.
const NUMBER: &str = "number=090-1234-5678";

async fn with_a_deletion(seed: u64) -> (Api, RecordingId) {
    let (api, id) = Api::with_sample(seed).await;
    api.world().set_now(sample_expiry());
    api.company.sweep().await.unwrap();
    (api, id)
}

async fn search(api: &Api, login: &str, query: &str) -> Value {
    api.get(login, &format!("/recordings?{query}")).await.ok()
}

fn deleted_ids(page: &Value) -> Vec<&str> {
    assert_eq!(page["items"], json!([]));
    page["deleted"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_search_that_finds_nothing_says_that_there_was_one_to_those_who_see_its_proof() {
    let (api, id) = with_a_deletion(1).await;
    for login in [ADMIN, SALES_MANAGER] {
        for query in ["number=090-1234-5678", "last4=5678", "number=090-1234-5678&from=2026-11-03&to=2026-11-04"] {
            let page = search(&api, login, query).await;
            assert_eq!(deleted_ids(&page), [id.as_str()], "{login} {query}");
            assert_eq!(page["deleted"][0]["day"], "2026-11-03");
            assert!(page["deleted"][0]["deleted_at"].as_str().unwrap().starts_with("2026-12-04T00:00:00"));
            // A missed need, 31 days after the call.
            let facts = api.audit().pop().unwrap()["facts"].clone();
            assert_eq!((&facts["missed_need_days"], &facts["missed_need_class"]), (&json!("31"), &json!("standard.1")));
        }
        for query in
            ["number=090-1234-5679", "number=080-1234-5678", "last4=5679", "number=090-1234-5678&from=2026-11-05"]
        {
            assert!(deleted_ids(&search(&api, login, query).await).is_empty(), "{login} {query}");
            assert_eq!(api.audit().pop().unwrap()["facts"].get("missed_need_days"), None);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_else_is_told_and_the_calls_are_the_same() {
    let (api, _) = with_a_deletion(1).await;
    for login in [SUPPORT_MANAGER, STAFF] {
        for [there, not_there] in [["number=090-1234-5678", "number=090-1234-5679"], ["last4=5678", "last4=5679"]] {
            api.warm().await;
            assert!(deleted_ids(&search(&api, login, there).await).is_empty(), "{login}");
            api.take_kinds();
            assert!(deleted_ids(&search(&api, login, there).await).is_empty(), "{login}");
            let with = api.take_kinds();
            assert!(deleted_ids(&search(&api, login, not_there).await).is_empty());
            assert_eq!(api.take_kinds(), with, "{login}: alike");
            assert_eq!(api.audit().pop().unwrap()["facts"].get("missed_need_days"), None);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn neither_the_proof_nor_the_journal_holds_the_number_or_the_key() {
    let (api, id) = with_a_deletion(1).await;
    let items = api.world().table_items(TABLE);
    let proof = items.iter().find(|item| item["pk"] == format!("R#{id}") && item["sk"] == "R").unwrap();
    assert_eq!(proof["view"]["number_hash"].as_str().unwrap().len(), 64);
    assert_ne!(proof["number_key"].as_str().unwrap(), format!("H#{}", proof["view"]["number_hash"].as_str().unwrap()));
    let keys: Vec<&Value> = items.iter().filter(|item| item["pk"] == "N#").collect();
    assert_eq!(keys.len(), 1);
    let mut names: Vec<&String> = keys[0].as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["expires_epoch_seconds", "pk", "sk", "wrapped"], "wrapped, and with an end");
    let texts = [proof["view"].to_string(), proof["number_key"].to_string(), keys[0].to_string()];
    assert!(texts.iter().all(|text| !text.contains("5678")), "{texts:?}");
    for key in api.world().object_keys(AUDIT_BUCKET) {
        for version in api.world().object_versions(AUDIT_BUCKET, &key) {
            assert!(!String::from_utf8_lossy(&version.body).contains("12345678"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_year_has_one_key_and_a_search_tries_those_that_have_not_ended() {
    let (api, first) = with_a_deletion(1).await;
    api.world().set_now("2027-01-05T09:00:00+09:00".parse().unwrap());
    let metadata = [
        ("started-at", "2027-01-04T10:00:00+09:00"),
        ("direction", "inbound"),
        ("counterpart", "090-1234-5678"),
        ("extension", "201"),
    ];
    let second = api.company.upload("other/later.wav", tests::company::sample(super::SAMPLE), &metadata).await;
    api.world().set_now("2027-02-05T00:00:00+09:00".parse().unwrap());
    api.company.sweep().await.unwrap();
    let page = search(&api, ADMIN, NUMBER).await;
    assert_eq!(deleted_ids(&page), [second.as_str(), first.as_str()], "the last deletion first");
    let hashes: std::collections::BTreeSet<String> = api
        .world()
        .table_items(TABLE)
        .iter()
        .filter_map(|item| Some(item["view"]["number_hash"].as_str()?.to_owned()))
        .collect();
    assert_eq!(hashes.len(), 2, "under another key the same number has another hash");
    // The key of 2026 ends 1,096 days after its year.
    api.world().set_now("2030-01-02T00:00:00+09:00".parse().unwrap());
    assert_eq!(deleted_ids(&search(&api, ADMIN, NUMBER).await), [second.as_str()]);
    api.world().set_now("2031-01-02T00:00:00+09:00".parse().unwrap());
    assert!(deleted_ids(&search(&api, ADMIN, NUMBER).await).is_empty());
}

#[tokio::test(start_paused = true)]
async fn without_its_key_nothing_is_deleted_and_the_next_run_does() {
    for operation in ["GenerateDataKey", "Decrypt"] {
        let (api, id) = Api::with_sample(1).await;
        api.world().set_now(sample_expiry());
        let which = Which::EveryOf(Service::Kms, operation);
        api.world().set_fault(Fault { which, moment: Moment::Effect, kind: FaultKind::AccessDenied });
        let stop_at = api.world().now() + jiff::SignedDuration::from_mins(5);
        assert!(sweep::run(&api.company.sweep_context(), "run-0", stop_at).await.is_err(), "{operation}");
        assert_eq!(api.company.versions().len(), 1, "a proof can't be given its hash later");
        api.world().clear_faults();
        assert_eq!(api.company.sweep().await.unwrap().deleted, 1);
        assert_eq!(deleted_ids(&search(&api, ADMIN, NUMBER).await), [id.as_str()]);
    }
}
