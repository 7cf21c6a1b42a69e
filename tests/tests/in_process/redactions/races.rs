//! A redaction beside a hold, at every pair of their steps: the original is there and held, or it is gone; never half.

use std::cell::RefCell;
use std::collections::BTreeSet;

use policy::id::RecordingId;
use serde_json::json;
use store::ClipMessage;
use tests::company::{BUCKET, Company, QUEUE, failed};
use tests::monitor::standing;
use tests::world::{Handler, Interruption, Trace, World, every_interruption, every_order};

use super::{approved, call_items, to_clip, with_short_sample};
use crate::api::{ADMIN, Api, ApiRequest, SAMPLE};
use crate::faults::must;

/// One retry more than three.
const TRIES: usize = 4;

/// 24 orders more: those in which the last steps of both meet.
const ORDERS_LIMIT: usize = 24;

/// Where a redaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// `clip` has its message.
    Made,
    /// `index` has its message.
    Placed,
    /// The sweep comes.
    Swept,
}

struct Arranged {
    api: Api,
    id: RecordingId,
    clip: Option<ClipMessage>,
    index: Vec<String>,
}

async fn arrange(stage: Stage) -> Arranged {
    let (api, id) = with_short_sample().await;
    approved(&api, &id).await;
    api.company.index().await;
    let message = to_clip(&api.company).remove(0);
    if stage == Stage::Made {
        return Arranged { api, id, clip: Some(message), index: Vec::new() };
    }
    assert_eq!(failed(&api.company.clip(&message, "one").await), 0);
    let version = api.world().object_versions(BUCKET, SAMPLE).pop().unwrap().version_id;
    assert_eq!(failed(&api.company.ingest(SAMPLE, &version).await), 0);
    if stage == Stage::Placed {
        let index = api.world().take_messages(QUEUE);
        return Arranged { api, id, clip: None, index };
    }
    api.company.index().await;
    Arranged { api, id, clip: None, index: Vec::new() }
}

fn working(world: &World, arranged: &Arranged) -> Handler<u16> {
    let (world, clip, index, id) = (world.clone(), arranged.clip.clone(), arranged.index.clone(), arranged.id.clone());
    Box::pin(async move {
        let company = Company::of_without_retries(world);
        for number in 0..TRIES {
            let failures = match &clip {
                Some(message) => failed(&company.clip(message, &format!("a{number}")).await),
                None if !index.is_empty() => {
                    failed(&index::handle(&company.index_context(), company.index_batch(&index)).await)
                }
                None => {
                    let call = company.recording(&id).await.view.call;
                    let swept = sweep::sweep_call(&company.sweep_context(), "run-1", &call).await;
                    usize::from(swept.is_err())
                }
            };
            if failures == 0 {
                return 200;
            }
        }
        503
    })
}

fn holding(world: &World, id: &RecordingId) -> Handler<u16> {
    let ask = ApiRequest::post(&format!("/recordings/{id}/holds"), &json!({"reason": "係争中"}));
    let (world, ask) = (world.clone(), ask.by(ADMIN).with_request_id("hold"));
    Box::pin(async move {
        let api = Api::over(&world);
        let mut status = 503;
        for _ in 0..TRIES {
            status = api.ask(&ask).await.status;
            if status != 503 {
                break;
            }
        }
        status
    })
}

async fn require_whole(world: &World, id: &RecordingId, done: [u16; 2], trace: &Trace) -> &'static str {
    let api = Api::over(world);
    must(done[0] == 200, || format!("{done:?}: {trace}"));
    // What nobody has lifted holds everything that is left of the call.
    api.company.index().await;
    let _ = super::make(&api.company, "later").await;
    api.company.sweep().await.unwrap();
    let breaches = standing(world);
    must(breaches.is_empty(), || format!("{breaches:?}: {trace}"));
    let is_gone = api.company.tombstone(id).await.is_some();
    if done[1] == 201 {
        for call in call_items(world) {
            must(call["holds"].as_object().is_some_and(|holds| holds.len() == 1), || format!("{call}: {trace}"));
        }
    } else {
        must(is_gone, || format!("the hold was refused, {}, and the original stands: {trace}", done[1]));
    }
    match (is_gone, call_items(world).len()) {
        (true, _) => "gone before the hold",
        (false, 1) => "held in its place",
        (false, _) => "held beside its redacted version",
    }
}

#[tokio::test(start_paused = true)]
async fn a_hold_at_every_step_of_it_finds_the_original_whole_or_gone() {
    let ends: RefCell<BTreeSet<&str>> = RefCell::default();
    for stage in [Stage::Made, Stage::Placed, Stage::Swept] {
        let arranged = arrange(stage).await;
        let again = async || arrange(stage).await.api.company.world;
        let handlers = |world: &World| vec![working(world, &arranged), holding(world, &arranged.id)];
        let check = async |world: &World, done: Vec<u16>, trace: &Trace| {
            let end = require_whole(world, &arranged.id, [done[0], done[1]], trace).await;
            ends.borrow_mut().insert(end);
        };
        let runs = every_interruption(Interruption::Once, again, handlers, check).await;
        assert!(runs >= 20, "{stage:?}: {runs}");
        every_order(ORDERS_LIMIT, again, handlers, check).await;
    }
    let ends: Vec<&str> = ends.into_inner().into_iter().collect();
    assert_eq!(ends, ["gone before the hold", "held beside its redacted version", "held in its place"]);
}
