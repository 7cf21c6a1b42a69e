//! One history as it comes to pass.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};
use tests::company::{Company, INGEST_QUEUE, JOBS_QUEUE, QUEUE, TABLE};
use tests::monitor::{self, Rule, Watch};
use tests::world::{Builder, Fault, FaultKind, Lag, Moment, Random, Service, Which, World, run_until_killed};

use super::company::{Placed, Rare, Rulebook, Upload, UploadKind, calls};
use super::message::Message;
use crate::restore;

/// 50 steps: some ten recordings, and two months.
const STEPS: usize = 50;

/// 3 moments at which a history is swept to its end.
const MOMENTS: usize = 3;

/// In one history of ten the monitor looks after every write, in the others after every step.
const WATCHED_CLOSELY_EVERY: u64 = 10;

pub(super) struct History {
    pub(super) company: Company,
    pub(super) random: Random,
    /// Two instances of `index`: each keeps its rulebook for a minute.
    pub(super) instances: Vec<index::Context>,
    rulebook: Rulebook,
    /// Whether people write notes and work on disputes in its course.
    decides: bool,
    /// Cases, each with a recording of it.
    pub(super) cases: Vec<(String, String)>,
    pub(super) uploads: Vec<Upload>,
    pub(super) waiting: Vec<Message>,
    pub(super) holds: Vec<Placed>,
    number: usize,
    log: Vec<String>,
    rare: Rare,
}

/// Lets a history come to pass. What was rare in it, or what the monitor found.
pub(super) async fn live(seed: u64) -> Result<Rare, String> {
    let mut history = History::begin(seed, Company::builder(seed)).await;
    for _ in 0..STEPS {
        history.step().await;
        if !history.has_run() {
            continue;
        }
        let found = monitor::standing(history.world());
        if !found.is_empty() {
            history.world().unwatch();
            return Err(history.describe(seed, &format!("{found:#?}")));
        }
    }
    history.drain().await;
    history.lift_all().await;
    history.collect();
    history.drain().await;
    history.count_what_stands();
    let found = monitor::live_on(history.world(), MOMENTS).await;
    let reports = history.world().take_reports();
    history.world().unwatch();
    if found.is_empty() && reports.is_empty() {
        return Ok(history.rare);
    }
    Err(history.describe(seed, &format!("{reports:#?}{found:#?}")))
}

/// Lets a history come to pass whose table is put back in its course to an earlier moment, while S3 stays as it is.
pub(super) async fn live_with_a_restore(seed: u64) -> Result<Rare, String> {
    let mut history = History::begin(seed, Company::builder_with_stream(seed)).await;
    let why = "custody since the restored moment is lost with the table";
    history.company.leaves(Rule::TraceFirst, why);
    history.decides = true;
    let first = history.random.below(STEPS);
    for _ in 0..first {
        history.step().await;
    }
    let (from, image) = (history.world().now(), history.world().table_image(TABLE));
    history.tell("the moment to restore to");
    for _ in 0..STEPS {
        history.step().await;
    }
    history.tell("restore");
    history.company.keep_decided().await;
    let before = history.world().table_image(TABLE);
    // Until the dead have their tombstones, the table names what is gone.
    let mut reports = history.world().take_reports();
    restore::restore(&history.company, &image);
    let published = restore::give_rulebook_back(&history.company, from).await.unwrap();
    history.tell(&format!("what was published is given back: {published}"));
    if published["restored"] != 0 {
        history.count("published since");
    }
    let replayed = restore::replay(&history.company, from).await;
    history.world().take_reports();
    history.tell(&format!("the journal is replayed: {replayed}"));
    for (what, number) in [("known", "known to it"), ("entombed", "dead again"), ("living", "living")] {
        if replayed[what] != 0 {
            history.count(number);
        }
    }
    if let Err(lost) = history.give_back(from, &image, &before).await {
        return Err(history.describe(seed, &lost));
    }
    restore::hold_what_s3_holds(&history.company).await.unwrap();
    for _ in 0..2 {
        history.collect();
        history.drain().await;
    }
    if let Err(early) = restore::step(&history.company, "end".into()).await {
        return Err(history.describe(seed, &format!("the restore does not end: {early}")));
    }
    let mut found = monitor::standing(history.world());
    // What is held stays held.
    if found.is_empty() {
        history.drain().await;
        history.collect();
        history.drain().await;
        found = monitor::live_on(history.world(), 3).await;
    }
    reports.extend(history.world().take_reports());
    history.world().unwatch();
    if found.is_empty() && reports.is_empty() && replayed["is_done"] == true {
        return Ok(history.rare);
    }
    Err(history.describe(seed, &format!("{reports:#?}{found:#?}")))
}

impl History {
    async fn begin(seed: u64, builder: Builder) -> Self {
        let mut random = Random::new(seed, "history");
        let lag = Lag { percent: if random.percent(50) { 30 } else { 0 }, writes: 5 };
        let world = builder.lag(lag).build();
        if seed.is_multiple_of(WATCHED_CLOSELY_EVERY) {
            monitor::watch(&world, Watch::Writes);
        }
        let company = Company::of(world);
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
            rulebook,
            decides: false,
            cases: Vec::new(),
            uploads: Vec::new(),
            waiting: Vec::new(),
            holds: Vec::new(),
            number: 0,
            log: Vec::new(),
            rare: Rare::new(),
        }
    }

    fn describe(&self, seed: u64, found: &str) -> String {
        format!("seed {seed}: {found}\n{}", self.log.join("\n"))
    }

    pub(super) fn world(&self) -> &World {
        &self.company.world
    }

    pub(super) fn tell(&mut self, what: &str) {
        self.log.push(format!("{} {what}", self.world().now()));
    }

    pub(super) fn count(&mut self, what: &'static str) {
        *self.rare.entry(what).or_default() += 1;
    }

    /// One of a list, by chance.
    pub(super) fn one_of<Item: Clone>(&mut self, all: &[Item]) -> Item {
        all[self.random.below(all.len())].clone()
    }

    /// A number that no other call of this history gets.
    pub(super) fn next_number(&mut self) -> usize {
        self.number += 1;
        self.number
    }

    pub(super) fn one_upload_of(&mut self, kind: UploadKind) -> Option<Upload> {
        let uploads: Vec<Upload> = self.uploads.iter().filter(|upload| upload.kind == kind).cloned().collect();
        (!uploads.is_empty()).then(|| self.one_of(&uploads))
    }

    pub(super) fn one_upload(&mut self) -> Option<Upload> {
        let uploads = self.uploads.clone();
        (!uploads.is_empty()).then(|| self.one_of(&uploads))
    }

    async fn step(&mut self) {
        match self.random.below(100) {
            0..14 => self.put_new(),
            14..18 => self.put_again(),
            18..24 => self.put_sidecar(),
            24..27 => self.put_log(),
            27..31 => self.publish().await,
            31..35 => self.correct().await,
            35..38 => self.run_schedule().await,
            38..44 => self.sweep().await,
            44..48 => self.run_some_side_by_side().await,
            48..50 => self.empty_a_call_that_is_swept().await,
            71..75 => self.hold_beside_a_sweep().await,
            50..53 => self.play().await,
            53..57 => self.hold().await,
            57..60 => self.lift().await,
            60..63 => self.delete_on_request().await,
            63..71 => self.let_time_pass(),
            75..83 if self.decides => self.write_or_dispute().await,
            _ => self.deliver().await,
        }
        self.collect();
    }

    /// Whether a function has made a call since the last step that did.
    fn has_run(&mut self) -> bool {
        !self.world().take_calls().is_empty()
    }

    /// What waits comes at last.
    pub(super) async fn drain(&mut self) {
        for _ in 0..200 {
            let Some(message) = self.waiting.pop() else { break };
            if !message.handle(&self.company, &self.instances[0]).await {
                self.waiting.insert(0, message);
            }
            self.collect();
        }
    }

    /// Takes what the functions sent.
    pub(super) fn collect(&mut self) {
        for queue in [INGEST_QUEUE, QUEUE, JOBS_QUEUE] {
            let messages = self.world().take_messages(queue);
            self.waiting.extend(messages.into_iter().map(|body| Message::Queued(queue, body)));
        }
    }

    async fn publish(&mut self) {
        let rulebook = &mut self.rulebook;
        match self.random.below(5) {
            0 => rulebook.has_branch = true,
            1 => rulebook.has_wide_pattern = true,
            2 => rulebook.has_row_log = !rulebook.has_row_log,
            3 => rulebook.keep_days += 5,
            _ => rulebook.has_nakamura = !rulebook.has_nakamura,
        }
        let rulebook = self.rulebook;
        self.tell(&format!("publish {rulebook:?}"));
        let (policy, staff) = rulebook.texts();
        self.company.publish(&policy, &staff).await;
    }

    async fn run_schedule(&mut self) {
        let name = self.one_of(&["roll_up", "roll_up", "reconcile"]);
        self.run_schedule_of(name).await;
    }

    pub(super) async fn run_schedule_of(&mut self, name: &str) {
        self.tell(&format!("schedule {name}"));
        let event = serde_json::from_value(json!({"scheduled": name})).unwrap();
        let stop_at = self.world().now() + SignedDuration::from_mins(4);
        jobs::answer(&self.company.jobs_context(), event, stop_at).await.unwrap();
    }

    async fn sweep(&mut self) {
        self.count_what_is_claimed();
        if self.random.percent(30) {
            return self.sweep_at_once().await;
        }
        let gate = self.random.percent(30).then(|| 1 + self.random.below(200));
        let is_reply_lost = gate.is_none() && self.random.percent(30);
        self.tell(&format!("sweep, killed at gate {gate:?}, replies of S3 lost: {is_reply_lost}"));
        let fired = self.world().faults_fired();
        if is_reply_lost {
            let which = Which::EveryOf(Service::S3, "DeleteObjects");
            self.world().set_fault(Fault { which, moment: Moment::Reply, kind: FaultKind::TimedOut });
        }
        match gate {
            Some(gate) => {
                if run_until_killed(gate, self.company.sweep()).await.is_none() {
                    self.count("sweep killed");
                    self.sweep_again().await;
                }
            }
            None => assert!(self.company.sweep().await.is_ok() || is_reply_lost, "a sweep failed"),
        }
        self.world().clear_faults();
        if self.world().faults_fired() > fired {
            self.count("delete applied, reply lost");
        }
    }

    /// A killed run is retried, as a failed schedule does.
    async fn sweep_again(&mut self) {
        self.count_what_is_claimed();
        self.tell("the same sweep again");
        self.company.sweep().await.unwrap();
    }

    fn count_what_is_claimed(&mut self) {
        let is_claimed =
            |item: &Value| item["sk"] == "C" && item.get("claim").is_some() && item.get("due_key").is_some();
        if self.world().table_items(TABLE).iter().any(is_claimed) {
            self.count("sweep met a claimed call");
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
        for _ in 0..=self.random.below(5) {
            if self.waiting.is_empty() {
                return;
            }
            let place = self.random.below(self.waiting.len());
            let message = self.waiting.swap_remove(place);
            let gate = self.random.percent(10).then(|| 1 + self.random.below(30));
            let instance = self.random.below(2);
            self.tell(&format!("{message}, instance {instance}, killed at gate {gate:?}"));
            let handled = message.handle(&self.company, &self.instances[instance]);
            let done = match gate {
                Some(gate) => run_until_killed(gate, handled).await,
                None => Some(handled.await),
            };
            if done != Some(true) {
                self.count(if done.is_none() && message.is_for_index() { "index killed" } else { "message failed" });
                self.waiting.push(message);
            } else if self.random.percent(10) {
                self.count("message comes twice");
                self.waiting.push(message);
            }
            self.collect();
        }
    }

    /// Counts what stands at the end, for those who doubt that it ever does.
    fn count_what_stands(&mut self) {
        let items = self.world().table_items(TABLE);
        let any = |is_so: &dyn Fn(&Value) -> bool| items.iter().any(is_so);
        let states = [
            ("ended in its course", any(&|item| item.get("deleted_at").is_some() && item["requested"].is_null())),
            ("ended on request", any(&|item| item["sk"] == "R" && !item["requested"].is_null())),
            ("call emptied", any(&|item| item["sk"] == "C" && item.get("emptied").is_some())),
            ("expired on arrival", any(&|item| item["facts"]["quarantine_reason"] == "expired_on_arrival")),
            ("released from quarantine", any(&|item| item["view"].get("understood_at").is_some())),
            ("second life of a call", calls(self.world()).iter().any(|call| call.incarnation > 0)),
        ];
        for (what, is_so) in states {
            if is_so {
                self.count(what);
            }
        }
    }
}
