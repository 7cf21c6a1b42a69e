//! NEVER LATE: what was cut out of a recording ends with it, with its share, and 30 days after its case closed.

use jiff::{SignedDuration, Timestamp};
use policy::case::share::ShareState;
use serde_json::json;
use tests::company::{Company, failed};
use tests::world::{Fault, FaultKind, Moment, Service, Which};

use super::common::{listed, message, objects, part, put_share, share_now, with_share, write_share};
use crate::api::{ApiRequest, SALES_MANAGER};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

async fn sweep_at(company: &Company, now: &str) {
    company.world.set_now(at(now));
    company.sweep().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_clip_ends_with_its_recording() {
    let (api, recording, share) = with_share().await;
    assert_eq!(failed(&api.company.clip(&message(&share), "one").await), 0);
    sweep_at(&api.company, "2026-12-03T23:59:59+09:00").await;
    assert_eq!((objects(api.world()).len(), listed(api.world()).len()), (1, 1));
    sweep_at(&api.company, "2026-12-04T00:00:00+09:00").await;
    assert!(api.company.tombstone(&recording).await.is_some());
    assert!(objects(api.world()).is_empty() && listed(api.world()).is_empty());
    let before = api.company.snapshot();
    sweep_at(&api.company, "2026-12-04T00:00:00+09:00").await;
    assert_eq!(before, api.company.snapshot(), "TWICE IS ONCE");
}

#[tokio::test(start_paused = true)]
async fn a_clip_ends_with_the_last_day_of_its_share_and_once_it_is_withdrawn() {
    let (api, recording, share) = with_share().await;
    let other = put_share(&api.company, &share.case, "other", part(&recording, 0, 1_000, &[])).await;
    for share in [&share, &other] {
        assert_eq!(failed(&api.company.clip(&message(share), "one").await), 0);
    }
    sweep_at(&api.company, "2026-11-14T12:00:00+09:00").await;
    assert_eq!(objects(api.world()).len(), 2);
    let stored = api.company.table().share(&other.case, &other.id).await.unwrap().unwrap();
    write_share(&api.company, &stored.share.withdraw("kato", api.world().now()), Some(stored.generation)).await;
    sweep_at(&api.company, "2026-11-15T12:00:00+09:00").await;
    let kept = share_now(&api.company, &share).await.clip.unwrap().key;
    assert_eq!(objects(api.world()).into_keys().collect::<Vec<_>>(), [kept]);
    // The recording itself is kept for longer.
    api.change(&recording, |_, call| call.holds = crate::api::one_hold()).await;
    sweep_at(&api.company, "2026-12-11T12:00:00+09:00").await;
    assert!(objects(api.world()).is_empty() && listed(api.world()).is_empty());
    assert!(api.company.tombstone(&recording).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_clip_ends_30_days_after_its_case_closed_and_not_while_it_is_open() {
    let (api, recording, share) = with_share().await;
    let mut share = share;
    share.ends_at = at("2027-12-31T00:00:00+09:00");
    write_share(&api.company, &share, Some(1)).await;
    assert_eq!(failed(&api.company.clip(&message(&share), "one").await), 0);
    api.change(&recording, |_, call| call.holds = crate::api::one_hold()).await;
    sweep_at(&api.company, "2027-02-01T12:00:00+09:00").await;
    assert_eq!(objects(api.world()).len(), 1, "its case is open");
    let close = ApiRequest::post(&format!("/cases/{}/close", share.case), &json!({"outcome": "resolved"}));
    api.ask(&close.by(SALES_MANAGER)).await.ok();
    let closed_at = api.world().now();
    for (days, left) in [(29, 1), (30, 0)] {
        api.world().set_now(closed_at + SignedDuration::from_hours(24 * days));
        api.company.sweep().await.unwrap();
        assert_eq!(objects(api.world()).len(), left, "{days} days after the close");
    }
    assert!(listed(api.world()).is_empty());
    assert_eq!(share_now(&api.company, &share).await.state, ShareState::Ready);
}

#[tokio::test(start_paused = true)]
async fn what_no_share_took_is_gone_within_minutes() {
    let (api, _, share) = with_share().await;
    // An invocation dies behind its put: its transaction is refused.
    let which = Which::NthOf(Service::DynamoDb, "TransactWriteItems", 2);
    api.world().set_fault(Fault { which, moment: Moment::Effect, kind: FaultKind::AccessDenied });
    assert_eq!(failed(&api.company.clip(&message(&share), "one").await), 1);
    assert_eq!((objects(api.world()).len(), share_now(&api.company, &share).await.state), (1, ShareState::Making));
    assert_eq!(failed(&api.company.clip(&message(&share), "two").await), 0);
    let kept = share_now(&api.company, &share).await.clip.unwrap().key;
    api.world().advance(std::time::Duration::from_secs(6 * 60 + 1));
    api.company.sweep().await.unwrap();
    assert_eq!(objects(api.world()).into_keys().collect::<Vec<_>>(), [kept]);
    assert_eq!(listed(api.world()).len(), 1);
}
