//! Handlers that run side by side, gate by gate.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use policy::recording::CallReference;
use serde_json::{Value, json};
use sweep::{Part, Task};
use tests::company::{Company, QUEUE, TABLE};
use tests::world::{Handler, Order, World};

use super::company::{Placed, Upload, UploadKind, calls, reference};
use super::history::History;
use super::message::Message;
use crate::api::{ADMIN, Api, ApiRequest};

/// 95 days: longer than any class of the histories keeps.
const LONGER_THAN_KEPT: Duration = Duration::from_secs(95 * 86_400);

impl History {
    /// Two messages, and a sweep of one call.
    pub(super) async fn run_some_side_by_side(&mut self) {
        let mut messages = Vec::new();
        for _ in 0..2 {
            let places = 0..self.waiting.len();
            let of_index: Vec<usize> = places.filter(|place| self.waiting[*place].is_for_index()).collect();
            if !of_index.is_empty() {
                let place = self.one_of(&of_index);
                messages.push(self.waiting.swap_remove(place));
            }
        }
        let calls = calls(self.world());
        let call = (!calls.is_empty()).then(|| self.one_of(&calls));
        self.run_side_by_side(messages, call).await;
    }

    async fn run_side_by_side(&mut self, messages: Vec<Message>, call: Option<CallReference>) {
        let seed = u64::try_from(self.random.below(1_000_000)).unwrap();
        let order = if self.random.percent(30) { Order::Seed(seed) } else { Order::Priorities(seed) };
        let named: Vec<String> = messages.iter().map(ToString::to_string).collect();
        self.tell(&format!("side by side, {order:?}: sweep of {call:?}, {named:?}"));
        let mut handlers: Vec<Handler<bool>> = Vec::new();
        if let Some(call) = call {
            let company = Company::of(self.world().clone());
            handlers.push(Box::pin(async move {
                sweep::sweep_call(&company.sweep_context(), "run-2", &call).await.is_ok()
            }));
        }
        let first_message = handlers.len();
        for message in messages.clone() {
            let company = Company::of(self.world().clone());
            handlers.push(Box::pin(async move { message.handle(&company, &company.index_context()).await }));
        }
        let (done, _) = self.world().interleave(order, handlers).await;
        for (message, is_done) in messages.into_iter().zip(&done[first_message..]) {
            if !is_done {
                self.waiting.push(message);
            }
        }
    }

    /// Two or three runs at once, of everything or of a part each.
    pub(super) async fn sweep_at_once(&mut self) {
        let of: u16 = if self.random.percent(50) { 2 } else { 3 };
        let is_divided = self.random.percent(50);
        let seed = u64::try_from(self.random.below(1_000_000)).unwrap();
        let order = if self.random.percent(30) { Order::Seed(seed) } else { Order::Priorities(seed) };
        self.tell(&format!("{of} sweeps at once, divided: {is_divided}, {order:?}"));
        let stop_at = self.world().now() + SignedDuration::from_mins(5);
        let runs = (0..of).map(|number| {
            let company = Company::of(self.world().clone());
            let part = is_divided.then_some(Part { number, of });
            let task = Task { part, helps: is_divided && number > 0, ..Task::default() };
            let run: Handler<Result<(), String>> = Box::pin(async move {
                let id = format!("run-{number}");
                let swept = sweep::handle(&company.sweep_context(), &id, stop_at, task).await;
                swept.map_err(|error| error.to_string())
            });
            run
        });
        let (done, _) = self.world().interleave(order, runs.collect()).await;
        assert!(done.iter().all(Result::is_ok), "{done:?}");
        self.count("several sweeps at once");
    }

    /// The only leg of a call is linked elsewhere, and another leg comes, while the call is swept at its end.
    pub(super) async fn empty_a_call_that_is_swept(&mut self) {
        let uploads: Vec<_> =
            self.uploads.iter().filter(|upload| upload.kind == UploadKind::Metadata).cloned().collect();
        if uploads.is_empty() {
            return;
        }
        let upload = self.one_of(&uploads);
        let world = self.world().clone();
        let Some(call) = call_of(&world, &upload) else { return };
        let call_id = upload.metadata[0].1.clone();
        if self.random.percent(70) {
            world.advance(LONGER_THAN_KEPT);
        }
        let began = (world.now() - SignedDuration::from_hours(2)).to_string();
        self.put_text(&format!("{}.json", upload.key), &json!({"linked_id": format!("{call_id}-else")}).to_string());
        self.count("linked to another call");
        self.put_leg(call_id, began, "inbound");
        // Both are taken in at once.
        let mut messages = Vec::new();
        for message in std::mem::take(&mut self.waiting) {
            if matches!(message, Message::Event(..)) && message.handle(&self.company, &self.instances[0]).await {
                let sent = world.take_messages(QUEUE);
                messages.extend(sent.into_iter().map(|body| Message::Queued(QUEUE, body)));
            } else {
                self.waiting.push(message);
            }
        }
        let last = messages.split_off(messages.len().saturating_sub(2));
        self.waiting.extend(messages);
        self.run_side_by_side(last, Some(call)).await;
    }

    /// An admin holds a call in the last second of its period, while its end comes and it is swept.
    pub(super) async fn hold_beside_a_sweep(&mut self) {
        let Some(upload) = self.one_upload() else { return };
        let world = self.world().clone();
        let answer = self.ask(ADMIN, &ApiRequest::get(&format!("/recordings/{}", upload.id))).await;
        let end = answer.json()["expires_at"].as_str().and_then(|text| text.parse::<Timestamp>().ok());
        let (Some(call), Some(end)) = (call_of(&world, &upload), end.filter(|end| *end > world.now())) else { return };
        world.set_now(end - SignedDuration::from_secs(1));
        let body = json!({"reason": "係争のおそれがあるため"});
        let request = ApiRequest::post(&format!("/recordings/{}/holds", upload.id), &body).by(ADMIN);
        let request = request.with_request_id(&format!("history-{:08}", self.next_number()));
        let order = Order::Seed(u64::try_from(self.random.below(1_000_000)).unwrap());
        self.tell(&format!("side by side, {order:?}: a hold of {} and, at its end, the sweep of {call:?}", upload.id));
        let (api, company) = (Api::of(Company::of(world.clone())), Company::of(world.clone()));
        let swept = call.clone();
        let handlers: Vec<Handler<Option<String>>> = vec![
            Box::pin(async move {
                let answer = api.ask(&request).await;
                (answer.status == 201).then(|| answer.json()["hold_id"].as_str().unwrap().to_owned())
            }),
            Box::pin(async move {
                company.world.gate("the end comes").await;
                company.world.set_now(end);
                drop(sweep::sweep_call(&company.sweep_context(), "run-2", &swept).await);
                None
            }),
        ];
        let (done, _) = world.interleave(order, handlers).await;
        let is_claimed = world.table_items(TABLE).iter().any(|item| {
            item["sk"] == "C" && reference(&item["reference"]) == Some(call.clone()) && item.get("claim").is_some()
        });
        if let Some(hold) = done.into_iter().flatten().next() {
            self.count("hold beat claim");
            self.holds.push(Placed { recording: upload.id.to_string(), hold });
        } else if is_claimed || call_of(&world, &upload).is_none() {
            self.count("claim beat hold");
        }
    }
}

/// The call that a recording names, as long as it stands.
fn call_of(world: &World, upload: &Upload) -> Option<CallReference> {
    let items = world.table_items(TABLE);
    let is_upload = |item: &&Value| item["view"]["id"] == upload.id.as_str() && item["sk"] == "R";
    items.iter().find(is_upload).and_then(|item| reference(&item["view"]["call"]))
}
