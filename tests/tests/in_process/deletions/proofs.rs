//! The proofs of what was deleted, by day.

use std::collections::BTreeSet;

use policy::id::RecordingId;
use serde_json::Value;

use super::{ADMIN, AUDITOR, Api, SALES_MANAGER, STAFF, made};

/// A recording of a day, made by hand and put, and its object.
async fn recording_of(api: &Api, number: usize, day: &str) -> RecordingId {
    let mut recording = made(number, format!("{day}T10:00:00+09:00").parse().unwrap());
    recording.object.version_id = api.company.put(recording.object.key.expose(), b"RIFF".to_vec(), &[]);
    recording.view.id = recording.object.id();
    api.put(&recording).await;
    recording.view.id
}

/// Every proof that pages of a query list, in order.
async fn listed(api: &Api, query: &str) -> Vec<String> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    for _ in 0..100 {
        let page = api.get(AUDITOR, &format!("/deletions?{query}{cursor}")).await.ok();
        found.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        match &page["next_cursor"] {
            Value::String(next) => cursor = format!("&cursor={next}"),
            _ => return found,
        }
    }
    panic!("the cursor does not move");
}

/// A company in which three calls of 12 November and two of 14 November were deleted on the night after their period.
async fn with_proofs() -> (Api, Vec<String>, Vec<String>) {
    let api = Api::new(1).await;
    api.world().set_now("2026-11-15T09:00:00+09:00".parse().unwrap());
    let mut of_days = Vec::new();
    for (day, count) in [("2026-11-12", 3), ("2026-11-14", 2)] {
        let mut ids = Vec::new();
        for number in 0..count {
            ids.push(recording_of(&api, of_days.len() * 10 + number, day).await.to_string());
        }
        of_days.push(sorted(ids));
    }
    for swept_at in ["2026-12-13T00:10:00+09:00", "2026-12-15T00:10:00+09:00"] {
        api.world().set_now(swept_at.parse().unwrap());
        api.company.sweep().await.unwrap();
    }
    let later = of_days.remove(1);
    (api, of_days.remove(0), later)
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}

#[tokio::test(start_paused = true)]
async fn the_proofs_of_a_day_are_listed_once_newest_first_in_pages_of_any_size() {
    let (api, first, second) = with_proofs().await;
    for limit in [1, 2, 3, 100] {
        let all = listed(&api, &format!("from=2026-12-01&to=2026-12-31&limit={limit}")).await;
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "each once");
        assert_eq!((sorted(all[..2].to_vec()), sorted(all[2..].to_vec())), (second.clone(), first.clone()));
        assert_eq!(sorted(listed(&api, &format!("from=2026-12-13&to=2026-12-13&limit={limit}")).await), first);
        assert_eq!(sorted(listed(&api, &format!("from=2026-12-14&limit={limit}")).await), second);
    }
    assert!(listed(&api, "from=2026-11-01&to=2026-11-30").await.is_empty());
    let proof = api.get(ADMIN, "/deletions?to=2026-12-31&limit=1").await.ok()["items"][0].clone();
    assert_eq!((&proof["day"], &proof["retention_class"]), (&"2026-11-14".into(), &"standard".into()));
    assert_eq!(proof["requested"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn a_page_of_proofs_costs_a_read_of_the_list_one_of_each_batch_and_its_event() {
    let (api, ..) = with_proofs().await;
    for limit in [1, 50] {
        api.warm().await;
        api.get(AUDITOR, &format!("/deletions?from=2026-12-15&to=2026-12-15&limit={limit}")).await.ok();
        // The two calls lie in two shards, so each was a batch of its own.
        let batches = if limit == 1 { 1 } else { 2 };
        assert_eq!(api.take_kinds().len(), 2 + batches, "Query, BatchGetItem each, PutItem");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_killed_run_was_about_to_delete_is_listed_where_it_was_deleted() {
    use tests::world::{Fault, FaultKind, Moment, Service, Which};
    let api = Api::new(1).await;
    let id = recording_of(&api, 1, "2026-11-12").await;
    api.world().set_now("2026-12-13T23:50:00+09:00".parse().unwrap());
    let which = Which::EveryOf(Service::S3, "DeleteObjects");
    api.world().set_fault(Fault { which, moment: Moment::Effect, kind: FaultKind::ServerError });
    let stop_at = api.world().now() + jiff::SignedDuration::from_mins(5);
    let broken = sweep::run(&Api::over(api.world()).company.sweep_context(), "run-0", stop_at).await;
    assert!(broken.is_err());
    api.world().clear_faults();
    assert!(listed(&api, "from=2026-12-13&to=2026-12-13").await.is_empty(), "nothing was deleted yet");
    api.world().set_now("2026-12-14T00:05:00+09:00".parse().unwrap());
    api.company.sweep().await.unwrap();
    assert!(listed(&api, "from=2026-12-13&to=2026-12-13").await.is_empty());
    assert_eq!(listed(&api, "from=2026-12-14").await, [id.to_string()]);
}

#[tokio::test(start_paused = true)]
async fn proofs_are_for_admins_and_auditors_and_reading_them_is_an_event() {
    let (api, ..) = with_proofs().await;
    for login in [SALES_MANAGER, STAFF] {
        let answer = api.get(login, "/deletions?from=2026-12-01").await;
        assert_eq!((answer.status, answer.problem().as_str()), (403, "no-deletions"));
    }
    api.get(AUDITOR, "/deletions?from=2026-12-01").await.ok();
    let last = api.audit().pop().unwrap();
    assert_eq!((&last["action"], &last["outcome"]), (&"deletions".into(), &"permitted".into()));
    for query in
        ["from=2026-12-05&to=2026-12-04", "from=2024-01-01&to=2026-12-04", "from=2026-12-01&state=waiting", "to=x"]
    {
        assert_eq!(api.get(AUDITOR, &format!("/deletions?{query}")).await.status, 400, "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn proofs_and_requests_are_files_too() {
    let (api, ..) = with_proofs().await;
    let id = recording_of(&api, 50, "2026-12-01").await;
    super::requested(&api, SALES_MANAGER, &id).await;
    for (query, heading, rows) in [("from=2026-12-01", "SHA-256", 5), ("state=waiting", "依頼日時", 1)] {
        let ask = super::ApiRequest::get(&format!("/deletions?{query}")).by(AUDITOR);
        let file = api.ask(&ask.header("accept", "text/csv").header("accept-language", "ja")).await;
        let text = String::from_utf8(file.bytes).unwrap();
        assert_eq!((file.status, text.lines().count()), (200, rows + 1), "{text}");
        assert!(text.lines().next().unwrap().contains(heading), "{text}");
    }
    assert_eq!(api.audit().iter().filter(|event| event["action"] == "export").count(), 2);
}
