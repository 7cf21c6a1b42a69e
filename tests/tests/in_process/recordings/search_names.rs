//! Search: names in any form, names that nobody knows, and how many there are.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::search_oracle::known_to;
use crate::api::{ADMIN, Api, SALES_MANAGER, STAFF, SUPPORT_MANAGER, made};

#[tokio::test(start_paused = true)]
async fn a_name_that_nobody_knows_is_told_with_the_nearest_that_the_caller_may_know() {
    let (api, id) = Api::with_sample(1).await;
    let ids = |answer: &Value| -> Vec<String> {
        answer["candidates"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    // By id or name, in any width or case.
    for query in [
        "staff=sato",
        "staff=SATO",
        "staff=佐藤 花子",
        "staff=佐藤花子",
        "staff=sato、阿部 学",
        "team=ＳＡＬＥＳ",
        "extension=２０１",
    ] {
        let encoded: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let encoded = encoded.replace("%3D", "=");
        for login in [ADMIN, SALES_MANAGER] {
            let page = api.get(login, &format!("/recordings?{encoded}")).await.ok();
            assert_eq!(page["items"][0]["id"], id.as_str(), "{login} {query}");
        }
    }
    for (query, parameter, nearest) in [
        ("staff=satoh", "staff", "sato"),
        ("staff=%E4%BD%90%E8%97%A4", "staff", "sato"),
        ("staff=abe,satoh", "staff", "sato"),
        ("team=sale", "team", "sales"),
        ("extension=2011", "extension", "201"),
        ("line=%E4%BB%A3", "line", "代表"),
    ] {
        for login in [ADMIN, SUPPORT_MANAGER, SALES_MANAGER, STAFF] {
            let answer = api.get(login, &format!("/recordings?{query}")).await;
            assert_eq!((answer.status, answer.problem().as_str()), (400, "unknown-name"), "{login} {query}");
            let (problem, candidates) = (answer.json(), ids(&answer.json()));
            assert_eq!(problem["parameter"], parameter);
            assert!(candidates.len() <= 10, "{candidates:?}");
            if login == ADMIN {
                assert!(candidates.iter().any(|one| one == nearest), "{problem}");
                assert!(problem["detail"].as_str().unwrap().contains(nearest), "{problem}");
            }
            // STRICT: nobody is offered whom the caller may not know.
            let [staff, teams, extensions] = known_to(login);
            let known = [("staff", staff), ("team", teams), ("extension", extensions)];
            let known = known.iter().find(|(name, _)| *name == parameter).filter(|_| login != ADMIN);
            assert!(known.is_none_or(|(_, known)| candidates.iter().all(|one| known.contains(&one.as_str()))));
        }
    }
    // STRICT: whom one may not know and whom nobody knows are one answer, except for the nearest.
    let hidden = api.get(SALES_MANAGER, "/recordings?staff=mori").await.json();
    let nobody = api.get(SALES_MANAGER, "/recordings?staff=mora").await.json();
    assert_eq!(ids(&hidden).into_iter().collect::<BTreeSet<_>>(), ids(&nobody).into_iter().collect::<BTreeSet<_>>());
    let event = api.audit().pop().unwrap();
    assert_eq!((&event["outcome"], &event["facts"]["reason"]), (&json!("refused"), &json!("unknown_name")));
    assert_eq!(event["asked"], json!({"staff": "mora"}));
}

#[tokio::test(start_paused = true)]
async fn an_admin_finds_what_an_older_list_named() {
    let api = Api::new(1).await;
    let mut old = made(1, "2026-11-12T10:00:00+09:00".parse().unwrap());
    (old.view.staff, old.view.extension) = (Some("left".to_owned()), Some("999".to_owned()));
    (old.view.team, old.view.line) = (Some("gone".to_owned()), Some("old line".to_owned()));
    api.put(&old).await;
    for query in ["staff=left", "team=gone", "extension=999", "line=old+line"] {
        let page = api.get(ADMIN, &format!("/recordings?{query}")).await.ok();
        assert_eq!(page["items"][0]["id"], old.view.id.as_str(), "{query}");
        assert_eq!(api.get(SALES_MANAGER, &format!("/recordings?{query}")).await.problem(), "unknown-name", "{query}");
    }
    assert_eq!(api.get(ADMIN, "/recordings?staff=left&to=2026-11-11").await.problem(), "unknown-name");
}

#[tokio::test(start_paused = true)]
async fn a_count_is_exact_up_to_a_thousand_and_reads_no_more_than_five_pages() {
    let api = Api::new(1).await;
    let last: Timestamp = "2026-11-12T10:00:00+09:00".parse().unwrap();
    let total = async |query: &str| {
        api.world().take_calls();
        let page = api.get(ADMIN, &format!("/recordings?limit=1{query}")).await.ok();
        let calls = api.take_kinds().len();
        (page["total"].clone(), calls)
    };
    for position in 0..1_001 {
        let mut recording = made(position, last - SignedDuration::from_secs(i64::try_from(position).unwrap()));
        recording.view.line = (position < 7).then(|| "代表".to_owned());
        recording.view.team = Some(if position < 1_000 { "sales" } else { "support" }.to_owned());
        api.put(&recording).await;
    }
    api.warm().await;
    assert_eq!(total("").await.0, Value::Null);
    let exact = |count: u32, is_exact: bool| json!({"count": count, "is_exact": is_exact});
    assert_eq!(total("&count=true&line=%E4%BB%A3%E8%A1%A8").await.0, exact(7, true));
    assert_eq!(total("&count=true&team=sales").await.0, exact(1_000, true));
    assert_eq!(total("&count=true&team=sales&sort=oldest").await.0, exact(1_000, true));
    assert_eq!(total("&count=true&staff=sato").await.0, exact(0, true));
    let (whole, calls) = total("&count=true").await;
    assert_eq!(whole, exact(1_000, false));
    // At most five pages more, each of 4 partitions a month.
    assert!(calls <= 2 + 6 * 8, "{calls}");
}

#[tokio::test(start_paused = true)]
async fn an_item_says_what_can_be_played_and_in_quarantine_which_file_it_is() {
    let (api, id) = Api::with_sample(1).await;
    let empty = api.company.upload("freepbx/empty.wav", Vec::new(), &[]).await;
    api.world().advance(std::time::Duration::from_secs(60));
    for login in [ADMIN, SALES_MANAGER] {
        let item = api.get(login, "/recordings").await.ok()["items"][0].clone();
        assert_eq!((&item["id"], &item["content_type"]), (&json!(id.as_str()), &json!("audio/wav")));
        assert_eq!((&item["plays_in_browser"], &item["object"]), (&json!(true), &Value::Null));
    }
    let item = api.get(ADMIN, "/recordings?state=quarantined").await.ok()["items"][0].clone();
    assert_eq!((&item["id"], &item["plays_in_browser"]), (&json!(empty.as_str()), &Value::Null));
    assert_eq!((&item["object"]["key"], &item["object"]["size"]), (&json!("freepbx/empty.wav"), &json!(0)));
    assert!(item["object"]["uploaded_at"].is_string());
    let detail = async |login: &str| api.get(login, &format!("/recordings/{id}")).await.ok()["object"].clone();
    assert!(detail(ADMIN).await["key"].as_str().unwrap().ends_with(".101.wav"));
    assert_eq!(detail(SALES_MANAGER).await, Value::Null);
}
