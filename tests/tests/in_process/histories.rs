//! Random histories: what people and machines do, in an order that a seed gives. Objects are put, overwritten, put
//! twice, followed by sidecars and logs; rulebooks are published, facts corrected; messages come late, twice and to
//! instances whose rulebook is stale; handlers are killed and run side by side; indexes lag. At the end of each the
//! [monitor](tests::monitor) looks at the company.
//!
//! `ROKUBAN_HISTORY=7` replays one seed, `ROKUBAN_HISTORIES=5000` runs that many, and `ROKUBAN_TRIGGERS=all`, or names
//! from [`Trigger`], has what is [left out](LEFT_OUT) come to pass too.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use policy::id::RecordingId;
use policy::recording::CallReference;
use serde_json::{Value, json};
use tests::company::{BUCKET, Company, INGEST_QUEUE, JOBS_QUEUE, QUEUE, TABLE, failed, sample, sample_rulebook};
use tests::monitor;
use tests::world::{Handler, Lag, Order, Random, World, run_until_killed};

use crate::api::{ADMIN, Api, Ask, SAMPLE};

/// 200 histories: a minute of the test command, which is optimised. Without that, as many as a person waits for.
const HISTORIES: u64 = if cfg!(debug_assertions) { 5 } else { 200 };

/// 40 steps: some ten recordings, and two months.
const STEPS: usize = 40;

/// What brings a fault to light that is known and not repaired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trigger {
    /// A `[[call_log]]` leaves the rulebook after its rows made recordings.
    LogLeaves,
    /// A sidecar or a duplicate comes while its recording is in quarantine.
    DependantWaits,
    /// A sidecar links the only leg of a call to another call.
    CallIsEmptied,
    /// A later rulebook reads a leg that the rulebook of its call can't.
    PatternWidens,
    /// An admin corrects the call id of a recording that log rows were kept for.
    CallIdIsCorrected,
}

impl Trigger {
    const ALL: [Self; 5] =
        [Self::LogLeaves, Self::DependantWaits, Self::CallIsEmptied, Self::PatternWidens, Self::CallIdIsCorrected];
}

/// Left out until the fault is repaired. The list only shrinks.
const LEFT_OUT: &[Trigger] = &Trigger::ALL;

fn triggers() -> Vec<Trigger> {
    let asked = std::env::var("ROKUBAN_TRIGGERS").unwrap_or_default();
    let is_asked = |trigger: &Trigger| asked == "all" || asked.split(',').any(|name| name == format!("{trigger:?}"));
    Trigger::ALL.into_iter().filter(|trigger| !LEFT_OUT.contains(trigger) || is_asked(trigger)).collect()
}

/// What is uploaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Named by a PBX of the sample rulebook; a log may have its row.
    Named,
    /// Named by a PBX that a later rulebook has a source for.
    Branch,
    /// Told of by its metadata; its calls have many legs.
    Metadata,
    /// Not understood until a sidecar or an admin says what it is.
    Bare,
    /// Named by a pattern, narrow at first.
    Pattern,
    /// Understood by the row of a log alone.
    ByRow,
}

#[derive(Clone, Debug)]
struct Upload {
    kind: Kind,
    key: String,
    id: RecordingId,
    bytes: Vec<u8>,
    metadata: Vec<(&'static str, String)>,
}

/// What waits to be handed to a function.
#[derive(Clone, Debug)]
enum Message {
    /// S3's, as it was when the object was put: it may come when the object is gone.
    Event(String, Value),
    Queued(&'static str, String),
}

/// The parts of the rulebook that change.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a part that is there or not")]
struct Rulebook {
    has_branch: bool,
    has_wide_pattern: bool,
    has_row_log: bool,
    has_nakamura: bool,
    keep_days: u32,
}

impl Rulebook {
    fn texts(self) -> (String, String) {
        let (policy, staff) = sample_rulebook();
        let mut policy = policy.replace("keep_days = 30", &format!("keep_days = {}", self.keep_days));
        if self.has_branch {
            policy.push_str("\n[[source]]\nname = \"osaka\"\nprefix = \"osaka/\"\nrecorder = \"freepbx\"\n");
        }
        let tail = if self.has_wide_pattern { "(?:-[0-9])?" } else { "" };
        policy.push_str(&format!(
            "\n[[source]]\nname = \"rec\"\nprefix = \"rec/\"\nzone = \"company\"\npattern = '(?P<year>[0-9]{{4}})\
             (?P<month>[0-9]{{2}})(?P<day>[0-9]{{2}})-(?P<hour>[0-9]{{2}})(?P<minute>[0-9]{{2}})(?P<second>[0-9]{{2}})-\
             (?P<caller>[0-9]+)-(?P<extension>[0-9]+)-(?P<call_id>[0-9]+){tail}\\.wav'\n\
             [[source]]\nname = \"kyoto\"\nprefix = \"kyoto/\"\nrecorder = \"fusionpbx\"\n",
        ));
        if self.has_row_log {
            policy.push_str("[[call_log]]\nsource = \"kyoto\"\nprefix = \"calllog/kyoto/\"\nformat = \"freeswitch\"\n");
        }
        let nakamura = staff.lines().find(|line| line.starts_with("nakamura,")).unwrap();
        let staff = if self.has_nakamura { staff.clone() } else { staff.replace(&format!("{nakamura}\n"), "") };
        (policy, staff)
    }
}

/// A history as it comes to pass.
struct History {
    company: Company,
    random: Random,
    seed: u64,
    triggers: Vec<Trigger>,
    /// Two instances of `index`: each keeps its rulebook for a minute.
    instances: Vec<index::Context>,
    rulebook: Rulebook,
    uploads: Vec<Upload>,
    waiting: Vec<Message>,
    told: Vec<String>,
    rare: BTreeMap<&'static str, usize>,
}

impl History {
    async fn begin(seed: u64, triggers: Vec<Trigger>) -> Self {
        let mut random = Random::new(seed, "history");
        let lag = Lag { percent: if random.percent(50) { 30 } else { 0 }, writes: 5 };
        let company = Company::of(Company::builder(seed).lag(lag).build());
        let rulebook = Rulebook {
            has_branch: false,
            has_wide_pattern: false,
            has_row_log: true,
            has_nakamura: random.percent(70),
            keep_days: 30,
        };
        let (policy, staff) = rulebook.texts();
        company.publish(&policy, &staff).await;
        Self {
            instances: vec![company.index_context(), company.index_context()],
            company,
            random,
            seed,
            triggers,
            rulebook,
            uploads: Vec::new(),
            waiting: Vec::new(),
            told: Vec::new(),
            rare: BTreeMap::new(),
        }
    }

    fn has(&self, trigger: Trigger) -> bool {
        self.triggers.contains(&trigger)
    }

    fn world(&self) -> &World {
        &self.company.world
    }

    fn tell(&mut self, what: &str) {
        self.told.push(format!("{} {what}", self.world().now()));
    }

    fn count(&mut self, what: &'static str) {
        *self.rare.entry(what).or_default() += 1;
    }

    /// One of a list, by chance.
    fn one_of<Item: Clone>(&mut self, all: &[Item]) -> Item {
        all[self.random.below(all.len())].clone()
    }

    async fn step(&mut self) {
        match self.random.below(100) {
            0..18 => self.put_new(),
            18..24 => self.put_again(),
            24..32 => self.put_sidecar(),
            32..36 => self.put_log(),
            36..41 => self.publish().await,
            41..46 => self.correct().await,
            46..50 => self.schedule().await,
            50..57 => self.sweep().await,
            57..62 => self.side_by_side().await,
            62..66 if self.has(Trigger::CallIsEmptied) => self.empty_a_call_that_is_swept().await,
            62..76 => self.let_time_pass(),
            _ => self.deliver().await,
        }
        self.collect();
    }

    /// Takes what the functions sent.
    fn collect(&mut self) {
        for queue in [INGEST_QUEUE, QUEUE, JOBS_QUEUE] {
            let messages = self.world().take_messages(queue);
            self.waiting.extend(messages.into_iter().map(|body| Message::Queued(queue, body)));
        }
    }

    fn put(&mut self, kind: Kind, key: &str, bytes: Vec<u8>, metadata: Vec<(&'static str, String)>) {
        let borrowed: Vec<(&str, &str)> = metadata.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let version = self.company.put(key, bytes.clone(), &borrowed);
        self.tell(&format!("put {key}"));
        let id = RecordingId::of(BUCKET, key, &version);
        self.uploads.push(Upload { kind, key: key.to_owned(), id, bytes, metadata });
        self.announce(key, &version);
    }

    /// S3's event for a version, which may be lost: reconciliation brings it then.
    fn announce(&mut self, key: &str, version: &str) {
        if self.random.percent(5) {
            self.tell("its event is lost");
            self.count("event lost");
        } else {
            let event = self.world().s3_event(&[(BUCKET, key, version)]);
            self.waiting.push(Message::Event(key.to_owned(), event));
        }
    }

    /// Bytes that no other upload has.
    fn bytes(&self, key: &str) -> Vec<u8> {
        let mut bytes = sample(key);
        bytes.extend(u32::try_from(self.uploads.len()).unwrap().to_le_bytes());
        bytes
    }

    fn put_new(&mut self) {
        const FUSION: &str = "fusionpbx/yamada.example/archive/2026/Nov/10/0d0c7d7e-6a5f-4a1b-9c11-7b2a4b5c6d7e.wav";
        const FLAC: &str = "other/upload/rec_0001.flac";
        let kinds = [Kind::Named, Kind::Named, Kind::Branch, Kind::Metadata, Kind::Metadata, Kind::Bare, Kind::Pattern];
        let kinds = [&kinds[..], &[Kind::ByRow]].concat();
        let kind = self.one_of(&kinds);
        let number = self.uploads.len();
        let hours = self.random.below(40);
        let began = self.world().now() - SignedDuration::from_hours(i64::try_from(hours).unwrap() + 1);
        let tokyo = began.to_zoned_datetime(TimeZone::get("Asia/Tokyo").unwrap());
        let (wav, flac) = (self.bytes(SAMPLE), self.bytes(FLAC));
        match kind {
            Kind::Named | Kind::Branch => {
                let prefix = if kind == Kind::Named { "freepbx" } else { "osaka" };
                // One of the samples, which the sample log has a row for, or a call of these days.
                let key = if kind == Kind::Named && self.random.percent(30) {
                    SAMPLE.to_owned()
                } else {
                    let at = tokyo.strftime("%Y/%m/%d/external-201-09012345678-%Y%m%d-%H%M%S");
                    format!("{prefix}/{at}-{}.{number}.wav", began.as_second())
                };
                self.put(kind, &key, wav, Vec::new());
            }
            Kind::Metadata => {
                let call_id = self.one_of(&["x", "y", "z"]);
                let direction = self.one_of(&["inbound", "outbound"]);
                let metadata = vec![
                    ("call-id", call_id.to_owned()),
                    ("started-at", began.to_string()),
                    ("direction", direction.to_owned()),
                    ("extension", "201".to_owned()),
                ];
                self.put(kind, &format!("other/a/{number}.flac"), flac, metadata);
            }
            Kind::Bare => self.put(kind, &format!("other/h/{number}.flac"), flac, Vec::new()),
            Kind::Pattern => {
                let second = if self.has(Trigger::PatternWidens) { self.one_of(&["", "-2"]) } else { "" };
                let at = tokyo.strftime("%Y%m%d-%H%M%S");
                let call = self.random.below(3);
                self.put(kind, &format!("rec/{at}-09012345678-201-7{call}{second}.wav"), wav, Vec::new());
            }
            Kind::ByRow => {
                let bytes = self.bytes(FUSION);
                self.put(kind, &FUSION.replace("fusionpbx/", "kyoto/"), bytes, Vec::new());
            }
        }
    }

    /// Other bytes or the same under a key that stands.
    fn put_again(&mut self) {
        if self.uploads.is_empty() {
            return;
        }
        let uploads = self.uploads.clone();
        let upload = self.one_of(&uploads);
        let may_wait = !matches!(upload.kind, Kind::Named | Kind::Metadata);
        if self.random.percent(50) && (!may_wait || self.has(Trigger::DependantWaits)) {
            self.count("duplicate");
            self.put(upload.kind, &upload.key, upload.bytes, upload.metadata);
        } else {
            self.count("overwritten");
            let mut bytes = upload.bytes;
            bytes.extend(u32::try_from(self.uploads.len()).unwrap().to_le_bytes());
            self.put(upload.kind, &upload.key, bytes, upload.metadata);
        }
    }

    fn put_sidecar(&mut self) {
        if self.uploads.is_empty() {
            return;
        }
        let uploads = self.uploads.clone();
        let upload = self.one_of(&uploads);
        let began = (self.world().now() - SignedDuration::from_hours(2)).to_string();
        let says = match upload.kind {
            Kind::Bare if self.has(Trigger::DependantWaits) && self.random.percent(50) => {
                json!({"started_at": "2026-11-12 10:00:00", "counterpart": "090-1234-5678"})
            }
            Kind::Bare => json!({"started_at": began, "direction": "inbound", "extension": "201"}),
            Kind::Named | Kind::Metadata => json!({"notice": "form"}),
            _ if self.has(Trigger::DependantWaits) => json!({"notice": "form"}),
            _ => return,
        };
        self.put_text(&format!("{}.json", upload.key), &says.to_string());
    }

    fn put_text(&mut self, key: &str, says: &str) {
        let version = self.company.put(key, says, &[]);
        self.tell(&format!("put {key}: {says}"));
        self.announce(key, &version);
    }

    fn put_log(&mut self) {
        let (key, log) = self.one_of(&[
            ("calllog/asterisk/Master.csv", "calllog/asterisk/Master-20261105.csv"),
            ("calllog/kyoto/a.json", "calllog/freeswitch/0d0c7d7e-6a5f-4a1b-9c11-7b2a4b5c6d7e.cdr.json"),
        ]);
        self.put_text(key, &String::from_utf8(sample(log)).unwrap());
    }

    async fn publish(&mut self) {
        let rulebook = &mut self.rulebook;
        match self.random.below(5) {
            0 => rulebook.has_branch = true,
            1 if self.triggers.contains(&Trigger::PatternWidens) => rulebook.has_wide_pattern = true,
            2 if self.triggers.contains(&Trigger::LogLeaves) => rulebook.has_row_log = !rulebook.has_row_log,
            3 => rulebook.keep_days += 5,
            _ => rulebook.has_nakamura = !rulebook.has_nakamura,
        }
        let rulebook = self.rulebook;
        self.tell(&format!("publish {rulebook:?}"));
        let (policy, staff) = rulebook.texts();
        self.company.publish(&policy, &staff).await;
    }

    /// Two admins say what a recording is.
    async fn correct(&mut self) {
        let is_about_call = self.has(Trigger::CallIdIsCorrected) && self.random.percent(50);
        let kind = if is_about_call { Kind::Named } else { Kind::Bare };
        let uploads: Vec<Upload> = self.uploads.iter().filter(|upload| upload.kind == kind).cloned().collect();
        if uploads.is_empty() {
            return;
        }
        let upload = self.one_of(&uploads);
        let began = (self.world().now() - SignedDuration::from_hours(2)).to_string();
        let facts = if is_about_call {
            json!({"call_id": format!("corrected-{}", self.told.len())})
        } else {
            json!({"started_at": began, "direction": "inbound", "extension": "201"})
        };
        let body = json!({"facts": facts, "reason": "本人に確認した"});
        let api = Api::of(Company::of(self.world().clone()));
        for login in [ADMIN, "hayashi"] {
            let answer = api.ask(&Ask::put(&format!("/recordings/{}/facts", upload.id), &body).by(login)).await;
            self.tell(&format!("{login} corrects {}: {}", upload.id, answer.status));
            if answer.status == 200 {
                self.count("corrected");
                return;
            }
        }
    }

    async fn schedule(&mut self) {
        let name = self.one_of(&["roll_up", "roll_up", "reconcile"]);
        self.tell(&format!("schedule {name}"));
        let event = serde_json::from_value(json!({"scheduled": name})).unwrap();
        let stop_at = self.world().now() + SignedDuration::from_mins(4);
        jobs::answer(&self.company.jobs_context(), event, stop_at).await.unwrap();
    }

    async fn sweep(&mut self) {
        let gate = self.random.percent(30).then(|| 1 + self.random.below(200));
        self.tell(&format!("sweep, killed at gate {gate:?}"));
        match gate {
            Some(gate) if run_until_killed(gate, self.company.sweep()).await.is_none() => self.count("sweep killed"),
            Some(_) => {}
            None => drop(self.company.sweep().await.unwrap()),
        }
    }

    fn let_time_pass(&mut self) {
        let seconds = self.one_of(&[59, 61, 3_600, 7_200, 86_400, 86_400, 5 * 86_400, 20 * 86_400]);
        self.world().advance(Duration::from_secs(seconds));
        if self.random.percent(20) {
            // A cold start.
            let instance = self.random.below(2);
            self.instances[instance] = self.company.index_context();
        }
    }

    /// Hands one message that waits to its function: once, twice, or until it is killed.
    async fn deliver(&mut self) {
        for _ in 0..=self.random.below(4) {
            if self.waiting.is_empty() {
                return;
            }
            let place = self.random.below(self.waiting.len());
            let message = self.waiting.swap_remove(place);
            let gate = self.random.percent(10).then(|| 1 + self.random.below(30));
            let instance = self.random.below(2);
            self.tell(&format!("{}, instance {instance}, killed at gate {gate:?}", named(&message)));
            let handled = handle(&self.company, &self.instances[instance], &message);
            let is_done = match gate {
                Some(gate) => run_until_killed(gate, handled).await.unwrap_or(false),
                None => handled.await,
            };
            if !is_done {
                self.count("message comes again");
                self.waiting.push(message);
            } else if self.random.percent(10) {
                self.count("message comes twice");
                self.waiting.push(message);
            }
            self.collect();
        }
    }

    /// Two messages, and a sweep of one call, gate by gate.
    async fn side_by_side(&mut self) {
        let mut messages = Vec::new();
        for _ in 0..2 {
            let of_index: Vec<usize> = (0..self.waiting.len())
                .filter(|place| matches!(self.waiting[*place], Message::Queued(QUEUE, _)))
                .collect();
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
        let order = u64::try_from(self.random.below(1_000_000)).unwrap();
        let order = if self.random.percent(30) { Order::Seed(order) } else { Order::Priorities(order) };
        self.tell(&format!(
            "side by side, {order:?}: sweep of {call:?}, {:?}",
            messages.iter().map(named).collect::<Vec<_>>()
        ));
        let mut handlers: Vec<Handler<bool>> = Vec::new();
        if let Some(call) = call {
            let company = Company::of(self.world().clone());
            handlers.push(Box::pin(async move {
                sweep::sweep_call(&company.sweep_context(), "run-2", &call).await.is_ok()
            }));
        }
        let begins = handlers.len();
        for message in messages.clone() {
            let company = Company::of(self.world().clone());
            handlers.push(Box::pin(async move { handle(&company, &company.index_context(), &message).await }));
        }
        let (done, _) = self.world().interleave(order, handlers).await;
        for (message, is_done) in messages.into_iter().zip(&done[begins..]) {
            if !is_done {
                self.waiting.push(message);
            }
        }
        self.count("side by side");
    }

    /// The only leg of a call is linked elsewhere, and another comes, while the call is swept at its end.
    async fn empty_a_call_that_is_swept(&mut self) {
        let uploads: Vec<Upload> =
            self.uploads.iter().filter(|upload| upload.kind == Kind::Metadata).cloned().collect();
        if uploads.is_empty() {
            return;
        }
        let upload = self.one_of(&uploads);
        let world = self.world().clone();
        let items = world.table_items(TABLE);
        let is_upload = |item: &&Value| item["view"]["id"] == upload.id.as_str() && item["sk"] == "R";
        let Some(call) = items.iter().find(is_upload).and_then(|item| reference(&item["view"]["call"])) else { return };
        let call_id = upload.metadata[0].1.clone();
        if self.random.percent(70) {
            world.advance(Duration::from_secs(95 * 86_400));
        }
        let began = (world.now() - SignedDuration::from_hours(2)).to_string();
        self.put_text(&format!("{}.json", upload.key), &json!({"linked_id": format!("{call_id}-else")}).to_string());
        let metadata = vec![
            ("call-id", call_id),
            ("started-at", began),
            ("direction", "inbound".to_owned()),
            ("extension", "201".to_owned()),
        ];
        let (key, bytes) = (format!("other/a/{}.flac", self.uploads.len()), self.bytes("other/upload/rec_0001.flac"));
        self.put(Kind::Metadata, &key, bytes, metadata);
        // Both are taken in at once.
        let mut messages = Vec::new();
        for message in std::mem::take(&mut self.waiting) {
            if matches!(message, Message::Event(..)) && handle(&self.company, &self.instances[0], &message).await {
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

    /// Counts what came to pass, for those who doubt that it ever does.
    fn count_rare(&mut self) {
        let items = self.world().table_items(TABLE);
        let has_ended = items.iter().any(|item| item["sk"] == "R" && item.get("deleted_at").is_some());
        let has_second_life = calls(self.world()).iter().any(|call| call.incarnation > 0);
        let is_claimed = items.iter().any(|item| item["sk"] == "C" && item.get("claim").is_some());
        for (what, is_so) in
            [("ended in its course", has_ended), ("a second life", has_second_life), ("claimed at the end", is_claimed)]
        {
            if is_so {
                self.count(what);
            }
        }
    }
}

fn reference(call: &Value) -> Option<CallReference> {
    let incarnation = u32::try_from(call["incarnation"].as_u64()?).ok()?;
    Some(CallReference { id: call["id"].as_str()?.parse().ok()?, incarnation })
}

/// The calls in the table, in its order.
fn calls(world: &World) -> Vec<CallReference> {
    let items = world.table_items(TABLE);
    items.iter().filter(|item| item["sk"] == "C").filter_map(|item| reference(&item["reference"])).collect()
}

fn named(message: &Message) -> String {
    match message {
        Message::Event(key, _) => format!("event of {key}"),
        Message::Queued(queue, body) => format!("{queue} {body}"),
    }
}

/// Whether a message was handled.
async fn handle(company: &Company, instance: &index::Context, message: &Message) -> bool {
    match message {
        Message::Event(_, event) => {
            let batch = serde_json::from_value(event.clone()).unwrap();
            failed(&ingest::handle(&company.ingest_context(), batch).await) == 0
        }
        Message::Queued(queue, body) => {
            let batch = company.batch(queue, std::slice::from_ref(body));
            let response = match *queue {
                QUEUE => index::handle(instance, batch).await,
                INGEST_QUEUE => ingest::handle(&company.ingest_context(), batch).await,
                _ => {
                    let stop_at = company.world.now() + SignedDuration::from_mins(4);
                    jobs::handle(&company.jobs_context(), batch, stop_at).await
                }
            };
            failed(&response) == 0
        }
    }
}

/// Lets a history come to pass; what is wrong at its end, and what was rare in it.
async fn live(seed: u64, triggers: Vec<Trigger>) -> Result<BTreeMap<&'static str, usize>, String> {
    let mut history = History::begin(seed, triggers).await;
    for _ in 0..STEPS {
        history.step().await;
    }
    // What waits comes at last.
    for _ in 0..200 {
        let Some(message) = history.waiting.pop() else { break };
        if !handle(&history.company, &history.instances[0], &message).await {
            history.waiting.insert(0, message);
        }
        history.collect();
    }
    history.count_rare();
    let breaches = monitor::live_on(history.world()).await;
    history.world().unwatch();
    if breaches.is_empty() {
        return Ok(history.rare);
    }
    Err(format!("seed {}: {breaches:#?}\n{}", history.seed, history.told.join("\n")))
}

/// Runs one seed in a runtime of its own.
fn run(seed: u64) -> Result<BTreeMap<&'static str, usize>, String> {
    let lived = std::panic::catch_unwind(AssertUnwindSafe(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(live(seed, triggers()))
    }));
    lived.unwrap_or_else(|_| Err(format!("seed {seed} ended in a panic")))
}

#[test]
fn whatever_comes_to_pass_every_recording_is_kept_and_ends_at_its_second() {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let seeds = match number("ROKUBAN_HISTORY") {
        Some(seed) => seed..seed + 1,
        None => 0..number("ROKUBAN_HISTORIES").unwrap_or(HISTORIES),
    };
    let (next, end) = (AtomicU64::new(seeds.start), seeds.end);
    let found: Mutex<Vec<(u64, String)>> = Mutex::default();
    let rare: Mutex<BTreeMap<&'static str, usize>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end || found.lock().unwrap().len() >= 5 {
                        return;
                    }
                    match run(seed) {
                        Ok(counts) => {
                            for (what, times) in counts {
                                *rare.lock().unwrap().entry(what).or_default() += times;
                            }
                        }
                        Err(how) => found.lock().unwrap().push((seed, how)),
                    }
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap();
    found.sort();
    let all: Vec<&str> = found.iter().map(|(_, how)| how.as_str()).collect();
    let replay = "ROKUBAN_HISTORY=<seed> cargo test -p tests --test in_process histories";
    assert!(found.is_empty(), "replay by {replay}\n{}", all.join("\n\n"));
    let rare = rare.into_inner().unwrap();
    if end - seeds.start >= 100 {
        for what in ["ended in its course", "sweep killed", "message comes again", "duplicate", "corrected"] {
            assert!(rare.contains_key(what), "{what} never came to pass: {rare:?}");
        }
    }
}
