//! Search: every filter against a naive oracle, page by page.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use policy::number;
use serde_json::{Value, json};
use tests::world::Lag;

use super::search_oracle::{Dice, NUMBERS, Query, corpus};
use crate::api::{ADMIN, AUDITOR, Api, SALES_MANAGER, STAFF, SUPPORT_MANAGER, made};
use tests::company::{Company, sample_rulebook};

/// Every page of a search, and the calls of each.
async fn pages(api: &Api, login: &str, query: &Query, limit: usize) -> (Vec<String>, Vec<Vec<String>>) {
    let mut ids = Vec::new();
    let mut calls = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        api.world().take_calls();
        let page = api.get(login, &query.path(limit, cursor.as_deref())).await.ok();
        calls.push(api.take_kinds());
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= limit);
        ids.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            None => return (ids, calls),
            Some(next) => {
                assert_ne!(cursor.as_deref(), Some(next), "the cursor stands still");
                cursor = Some(next.to_owned());
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_is_asked_the_pages_together_are_what_a_naive_search_finds() {
    let api = Api::new(1).await;
    let recordings = corpus(&api).await;
    let now = api.world().now();
    let mut dice = Dice(1);
    let (mut found, mut refused) = (0, 0);
    for round in 0..480 {
        let query = Query::thrown(&mut dice);
        if query.from.unwrap_or(Timestamp::MIN) >= query.to.unwrap_or(now) {
            continue;
        }
        let login = dice.one_of(&[ADMIN, ADMIN, ADMIN, SALES_MANAGER, SALES_MANAGER, SUPPORT_MANAGER, STAFF, AUDITOR]);
        let limit = 1 + dice.throw(12);
        let is_inverted = query.min_seconds.as_deref() == Some("61") && query.max_seconds.as_deref() == Some("60");
        let refusal = if is_inverted { Some("invalid") } else { query.refusal(login) };
        if let Some(refusal) = refusal {
            assert_eq!(api.get(login, &query.path(limit, None)).await.problem(), refusal, "{login} {query:?}");
            refused += 1;
            continue;
        }
        let (ids, _) = pages(&api, login, &query, limit).await;
        let expected = query.expected(&recordings, login, now);
        assert_eq!(ids, expected, "round {round}: {login} {query:?} by {limit}");
        found += ids.len();
    }
    assert!(found > 500 && refused > 30, "{found} {refused}");
}

#[tokio::test(start_paused = true)]
async fn every_filter_alone_finds_what_it_should() {
    let api = Api::new(1).await;
    let recordings = corpus(&api).await;
    let now = api.world().now();
    let some = |text: &str| Some(text.to_owned());
    let from = Some("2026-08-30T00:00:00+09:00".parse().unwrap());
    let wide = Query { from, ..Query::default() };
    let queries = [
        Query::default(),
        wide.clone(),
        Query { to: Some("2026-10-01T00:00:00+09:00".parse().unwrap()), ..wide.clone() },
        Query { number: some(NUMBERS[0]), ..wide.clone() },
        Query { last4: some("5678"), ..wide.clone() },
        Query { staff: some("sato"), ..wide.clone() },
        Query { team: some("support"), ..wide.clone() },
        Query { extension: some("201"), ..wide.clone() },
        Query { line: some("代表"), ..wide.clone() },
        Query { state: some("quarantined"), ..wide.clone() },
        Query { state: some("active"), ..wide.clone() },
        Query { staff: some("sato,suzuki"), ..wide.clone() },
        Query { number_prefix: some("090-1234"), ..wide.clone() },
        Query { number_suffix: some("345678"), ..wide.clone() },
        Query { number_suffix: some("78"), ..wide.clone() },
        Query { absent: some("withheld"), ..wide.clone() },
        Query { absent: some("payphone"), ..wide.clone() },
        Query { direction: some("outbound"), ..wide.clone() },
        Query { min_seconds: some("61"), ..wide.clone() },
        Query { max_seconds: some("60"), ..wide.clone() },
        Query { held: some("true"), ..wide.clone() },
        Query { held: some("false"), ..wide.clone() },
        Query { sort: some("oldest"), ..wide },
    ];
    for query in queries {
        for login in [ADMIN, SALES_MANAGER, SUPPORT_MANAGER, STAFF] {
            if let Some(refusal) = query.refusal(login) {
                assert_eq!(api.get(login, &query.path(100, None)).await.problem(), refusal, "{login} {query:?}");
                continue;
            }
            let expected = query.expected(&recordings, login, now);
            assert!(login != ADMIN || !expected.is_empty(), "{query:?}");
            assert_eq!(pages(&api, login, &query, 100).await.0, expected, "{login} {query:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_bounds_of_the_time_are_kept_to_the_microsecond() {
    let api = Api::new(1).await;
    let at: Timestamp = "2026-11-12T10:00:00.0005+09:00".parse().unwrap();
    api.put(&made(1, at)).await;
    let found = async |from: &str, to: &str| {
        let path = format!("/recordings?from=2026-11-12T10:00:00{from}%2B09:00&to=2026-11-12T10:00:00{to}%2B09:00");
        api.get(ADMIN, &path).await.ok()["items"].as_array().unwrap().len()
    };
    assert_eq!(found(".0005", ".000501").await, 1);
    assert_eq!(found(".0004", ".0006").await, 1);
    assert_eq!(found(".0001", ".0005").await, 0);
    assert_eq!(found(".000501", ".9").await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_page_is_one_call_for_each_partition_it_needs_and_one_event() {
    let api = Api::new(1).await;
    corpus(&api).await;
    api.warm().await;
    let event = "dynamodb TransactWriteItems rokuban";
    let from = Some("2026-09-15T00:00:00+09:00".parse().unwrap());
    let some = |text: &str| Some(text.to_owned());
    // September to November: three months.
    for (login, query, index, calls) in [
        (ADMIN, Query { from, number: some(NUMBERS[0]), ..Query::default() }, "by_number", 1),
        (ADMIN, Query { from, last4: some("5678"), ..Query::default() }, "by_last4", 1),
        (ADMIN, Query { from, staff: some("sato"), ..Query::default() }, "by_staff", 3),
        (ADMIN, Query { from, team: some("sales"), ..Query::default() }, "by_team", 3),
        (ADMIN, Query { from, ..Query::default() }, "by_time", 12),
        (ADMIN, Query { from, state: some("quarantined"), ..Query::default() }, "by_time", 12),
        (SALES_MANAGER, Query { from, ..Query::default() }, "by_team", 3),
        (SUPPORT_MANAGER, Query { from, ..Query::default() }, "by_team", 6),
        (SUPPORT_MANAGER, Query { from, team: some("general"), ..Query::default() }, "by_team", 3),
        (ADMIN, Query { from, staff: some("sato,abe"), ..Query::default() }, "by_staff", 6),
        (ADMIN, Query { from, number_suffix: some("345678"), ..Query::default() }, "by_last4", 1),
        (ADMIN, Query { from, sort: some("oldest"), ..Query::default() }, "by_time", 12),
        (STAFF, Query { from, number: some(NUMBERS[0]), ..Query::default() }, "by_staff", 3),
    ] {
        let (_, made) = pages(&api, login, &query, 100).await;
        let mut expected = vec![format!("dynamodb Query rokuban/{index}"); calls];
        // Which files they are is read for the admins who work on them.
        expected.extend(query.state.as_ref().map(|_| "dynamodb BatchGetItem rokuban".to_owned()));
        expected.push(event.to_owned());
        assert_eq!(made, [expected], "{login} {query:?}");
    }
    // What is refused reads nothing, is an event too, and is not counted.
    for (login, query) in [
        (SUPPORT_MANAGER, Query { from, team: some("sales"), ..Query::default() }),
        (SUPPORT_MANAGER, Query { from, team: some("no such team"), ..Query::default() }),
        (STAFF, Query { from, staff: some("abe"), ..Query::default() }),
        (AUDITOR, Query { from, number: some(NUMBERS[0]), ..Query::default() }),
    ] {
        api.world().take_calls();
        assert_eq!(
            api.get(login, &query.path(100, None)).await.problem(),
            query.refusal(login).unwrap_or("unknown-name")
        );
        assert_eq!(api.take_kinds(), ["dynamodb PutItem rokuban"], "{login} {query:?}");
    }
    // A page that is full in the newest month reads no older one.
    let (_, made) = pages(&api, ADMIN, &Query { from, ..Query::default() }, 5).await;
    assert_eq!(made[0].len(), 5, "{:?}", made[0]);
}

#[tokio::test(start_paused = true)]
async fn the_event_of_a_search_says_which_filters_and_apart_from_its_facts_what_they_were() {
    let api = Api::new(1).await;
    corpus(&api).await;
    let query = Query { number: Some(NUMBERS[0].to_owned()), staff: Some("sato".to_owned()), ..Query::default() };
    let page = api.get(SALES_MANAGER, &query.path(10, None)).await.ok();
    let event = api.audit().pop().unwrap();
    assert_eq!(event["action"], "search");
    assert_eq!(event["staff"], SALES_MANAGER);
    let items = page["items"].as_array().unwrap().len().to_string();
    assert_eq!((&event["facts"]["filters"], &event["facts"]["items"]), (&json!("limit,number,staff"), &json!(items)));
    // Apart from the facts, for those who may see numbers.
    assert_eq!(event["asked"], json!({"number": "+819012345678", "staff": "sato"}));
    assert!(!event["facts"].to_string().contains("345678"));
}

#[tokio::test(start_paused = true)]
async fn no_more_than_a_thousand_are_weighed_and_a_cursor_names_nothing_hidden() {
    let api = Api::new(1).await;
    let last: Timestamp = "2026-11-12T10:00:00+09:00".parse().unwrap();
    let number = number::read(NUMBERS[0], "JP");
    let mut hidden = BTreeSet::new();
    for position in 0..1_010 {
        let mut recording = made(position, last - SignedDuration::from_secs(i64::try_from(position).unwrap()));
        recording.view.counterpart = number.clone();
        recording.view.team = Some("sales".to_owned());
        hidden.insert(recording.view.id.as_str().to_owned());
        api.put(&recording).await;
    }
    let mut own = made(2_000, last - SignedDuration::from_hours(1));
    own.view.counterpart = number;
    own.view.team = Some("support".to_owned());
    api.put(&own).await;

    let query = Query { number: Some(NUMBERS[0].to_owned()), ..Query::default() };
    let first = api.get(SUPPORT_MANAGER, &query.path(10, None)).await.ok();
    assert_eq!(first["items"], json!([]), "a page may be empty while there is a next one");
    let cursor = first["next_cursor"].as_str().unwrap();
    let told = api_cursor(cursor);
    assert_eq!(told["id"], Value::Null, "{told}");
    let second = api.get(SUPPORT_MANAGER, &query.path(10, Some(cursor))).await.ok();
    assert_eq!(second["items"][0]["id"], own.view.id.as_str());
    assert_eq!(second["next_cursor"], Value::Null);

    // Whoever may view them all is given the place of the last item.
    let first = api.get(ADMIN, &query.path(10, None)).await.ok();
    let told = api_cursor(first["next_cursor"].as_str().unwrap());
    assert_eq!(told["id"], first["items"][9]["id"]);
    assert!(hidden.contains(told["id"].as_str().unwrap()));
}

/// What a cursor says.
fn api_cursor(cursor: &str) -> Value {
    let bits: Vec<u8> = cursor
        .bytes()
        .flat_map(|byte| {
            let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
            let value = alphabet.iter().position(|letter| *letter == byte).unwrap();
            (0..6).rev().map(move |bit| u8::from(value >> bit & 1 == 1))
        })
        .collect();
    let bytes: Vec<u8> = bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | bit)).collect();
    serde_json::from_slice(&bytes).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_bad_or_foreign_cursor_and_a_filter_that_means_nothing_are_400() {
    let api = Api::new(1).await;
    corpus(&api).await;
    let page = api.get(ADMIN, "/recordings?limit=1").await.ok();
    let cursor = page["next_cursor"].as_str().unwrap();
    for (path, problem) in [
        ("/recordings?cursor=x".to_owned(), "invalid"),
        (format!("/recordings?cursor={}", &cursor[1..]), "invalid"),
        (format!("/recordings?to=2026-11-01T00:00:00Z&cursor={cursor}"), "invalid"),
        ("/recordings?last4=567".to_owned(), "invalid"),
        ("/recordings?number=abc".to_owned(), "invalid"),
        ("/recordings?from=2026110".to_owned(), "invalid"),
        ("/recordings?team=a&team=b".to_owned(), "invalid"),
        ("/recordings?numbers=1".to_owned(), "unknown-parameter"),
    ] {
        let answer = api.get(ADMIN, &path).await;
        assert_eq!((answer.status, answer.problem().as_str()), (400, problem), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_index_that_lags_shows_less_and_never_more_than_may_be_viewed() {
    let world = Company::builder(7).lag(Lag { percent: 60, writes: 40 }).build();
    let company = Company::of(world);
    let (policy, staff) = sample_rulebook();
    company.publish(&policy, &staff).await;
    let api = Api::of(company);
    let recordings = corpus(&api).await;
    let now = api.world().now();
    let query = Query { from: Some("2026-08-30T00:00:00+09:00".parse().unwrap()), ..Query::default() };
    for login in [ADMIN, SALES_MANAGER, SUPPORT_MANAGER] {
        let expected: BTreeSet<String> = query.expected(&recordings, login, now).into_iter().collect();
        let (ids, _) = pages(&api, login, &query, 7).await;
        assert!(ids.iter().all(|id| expected.contains(id)), "{login}");
    }
}
