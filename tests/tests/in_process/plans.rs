//! Plans: what a rulebook would do is counted before it is published, and the sweep then does just that.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use policy::id::RecordingId;
use serde_json::{Value, json};
use tests::company::{Company, morning, sample, sample_rulebook};

use crate::api::{ADMIN, AUDITOR, Answer, Api, ApiRequest, SALES_MANAGER, SAMPLE};

const AUDIO: &str = "other/upload/rec_0001.flac";

const ADMIN_WHO_PUBLISHES: &str = "hayashi";

fn publish(policy: &str, staff: &str) -> ApiRequest {
    ApiRequest::put("/rulebook", &json!({"policy": policy, "staff": staff}))
}

fn checked(policy: &str, staff: &str) -> ApiRequest {
    ApiRequest::post("/rulebook/check", &json!({"policy": policy, "staff": staff}))
}

fn plan(policy: &str, staff: &str) -> ApiRequest {
    ApiRequest::post("/rulebook/plan", &json!({"policy": policy, "staff": staff})).by(ADMIN_WHO_PUBLISHES)
}

/// The sample's policy with other periods, for calls that stand too.
fn with_days(standard: u64, contracts: u64, settle_hours: u64) -> String {
    let (policy, _) = sample_rulebook();
    let policy = policy.replace("keep_days = 30", &format!("keep_days = {standard}\nretroactive = true"));
    let policy = policy.replace("keep_days = 90", &format!("keep_days = {contracts}\nretroactive = true"));
    format!("{policy}\n[keeping]\nsettle_hours = {settle_hours}\n")
}

/// A call of a day of October or November, of sales: its outbound ones are contracts.
#[derive(Clone, Debug)]
struct MadeCall {
    day: Date,
    is_outbound: bool,
}

/// Numbers that look random and are the same for a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

async fn upload(company: &Company, calls: &[MadeCall]) -> Vec<RecordingId> {
    let mut ids = Vec::new();
    for (number, call) in calls.iter().enumerate() {
        let call_id = format!("c{number}");
        let at = format!("{}T10:00:00+09:00", call.day);
        let direction = if call.is_outbound { "outbound" } else { "inbound" };
        let metadata = [("call-id", &*call_id), ("started-at", &*at), ("direction", direction), ("extension", "201")];
        ids.push(company.upload(&format!("other/a/{call_id}.flac"), sample(AUDIO), &metadata).await);
    }
    ids
}

/// When each recording was gone, of the moments at which a sweep looked.
async fn ends(company: &Company, ids: &[RecordingId], moments: &BTreeSet<Timestamp>) -> Vec<Timestamp> {
    let mut ends = vec![Timestamp::MAX; ids.len()];
    for moment in moments {
        company.world.set_now(*moment);
        company.sweep().await.unwrap();
        for (id, end) in ids.iter().zip(&mut ends) {
            if *end == Timestamp::MAX && company.tombstone(id).await.is_some() {
                *end = *moment;
            }
        }
    }
    ends
}

fn by(list: &Value, name: &str) -> BTreeMap<String, Value> {
    list.as_array().unwrap().iter().map(|item| (item[name].as_str().unwrap_or("-").to_owned(), item.clone())).collect()
}

/// Makes a plan, counts it, and is what publishes by it.
pub(crate) async fn planned(api: &Api, login: &str, policy: &str, staff: &str) -> ApiRequest {
    let plan_id = counted(api, login, policy, staff).await;
    let body = json!({"policy": policy, "staff": staff, "plan_id": plan_id});
    ApiRequest::put("/rulebook", &body).by(login)
}

/// Makes a plan and counts it: its id.
pub(crate) async fn counted(api: &Api, login: &str, policy: &str, staff: &str) -> Value {
    let files = json!({"policy": policy, "staff": staff});
    let made = api.ask(&ApiRequest::post("/rulebook/plan", &files).by(login)).await;
    assert_eq!(made.status, 202, "{}", String::from_utf8_lossy(&made.bytes));
    api.company.index().await;
    made.json()["id"].clone()
}

/// NEVER EARLY: a source dates what waits in quarantine, and its period may be over.
#[tokio::test(start_paused = true)]
async fn one_that_reads_uploads_in_another_way_waits_a_day_while_something_is_in_quarantine() {
    let (api, _) = Api::with_sample(1).await;
    let (policy, staff) = sample_rulebook();
    let source = format!(
        "{policy}\n[[source]]\nname = \"branch\"\nprefix = \"branch/\"\npattern = '(?P<epoch>\\d{{10}})\\.wav'\nzone = \"UTC\"\n"
    );
    let later = format!("{policy}\n[keeping]\nlate_arrival_days = 300\n");
    for changed in [&source, &later] {
        assert_eq!(api.ask(&checked(changed, &staff).by("hayashi")).await.ok()["deletes_sooner"], false);
    }
    api.company.upload("branch/what is this.wav", sample(SAMPLE), &[]).await;
    for changed in [&source, &later] {
        assert_eq!(api.ask(&checked(changed, &staff).by("hayashi")).await.ok()["deletes_sooner"], true);
    }
    let other = policy.replace("[company]", "# another word\n[company]");
    assert_eq!(api.ask(&checked(&other, &staff).by("hayashi")).await.ok()["deletes_sooner"], false);
    let answer = api.ask(&planned(&api, "hayashi", &source, &staff).await).await.ok();
    let expected = json!({
        "version": 2, "effective_at": "2026-11-14T09:00:00+09:00", "deletes_sooner": true, "awaits_second_admin": false,
    });
    assert_eq!(answer, expected);
}

/// Two worlds alike: one goes on under its rulebook, the other publishes by its plan. What the sweep does in both is the
/// oracle.
async fn a_plan_is_what_the_sweep_does(seed: u64) {
    let mut dice = Dice(seed);
    let calls: Vec<MadeCall> = (0..8)
        .map(|_| MadeCall {
            day: date(2026, 10, 20).checked_add(i64::try_from(dice.below(24)).unwrap().days()).unwrap(),
            is_outbound: dice.below(3) == 0,
        })
        .collect();
    let (standard, contracts) = (3 + dice.below(40), 10 + dice.below(100));
    let settle_hours = [0, 24, 72, 100][usize::try_from(dice.below(4)).unwrap()];
    let policy = with_days(standard, contracts, settle_hours);
    let (_, staff) = sample_rulebook();

    let goes_on = Company::with_sample_rulebook(seed).await;
    let kept = upload(&goes_on, &calls).await;
    let api = Api::new(seed).await;
    let ids = upload(&api.company, &calls).await;
    let request = planned(&api, ADMIN_WHO_PUBLISHES, &policy, &staff).await;
    let event = api.audit().into_iter().find(|event| event["action"] == "plan_rulebook").unwrap();
    let id = event["facts"]["plan"].as_str().unwrap().to_owned();
    let ready = api.get(AUDITOR, &format!("/rulebook/plans/{id}")).await.ok();
    assert_eq!((&ready["state"], &ready["progress_percent"]), (&json!("ready"), &json!(100)));
    let published = api.ask(&request).await.ok();
    assert_eq!(published["effective_at"], ready["effective_at"]);
    assert_eq!(published["deletes_sooner"], ready["deletes_sooner"]);

    let zone = TimeZone::get("Asia/Tokyo").unwrap();
    let effective_at: Timestamp = ready["effective_at"].as_str().unwrap().parse().unwrap();
    let mut moments = BTreeSet::from([effective_at]);
    for days in [30, 90, standard, contracts] {
        let midnight = |call: &MadeCall| call.day.checked_add((i64::try_from(days).unwrap() + 1).days()).unwrap();
        moments.extend(calls.iter().map(|call| midnight(call).to_zoned_datetime(zone.clone()).unwrap().timestamp()));
    }
    moments
        .extend([settle_hours, 72].map(|hours| morning() + SignedDuration::from_hours(i64::try_from(hours).unwrap())));
    moments.retain(|moment| *moment > morning());
    let (before, after) = (ends(&goes_on, &kept, &moments).await, ends(&api.company, &ids, &moments).await);

    let counts = &ready["counts"];
    let count = |is: &dyn Fn(&Timestamp, &Timestamp) -> bool| {
        before.iter().zip(&after).filter(|(one, two)| is(one, two)).count()
    };
    let counted = |name: &str| usize::try_from(counts[name].as_u64().unwrap()).unwrap();
    assert_eq!(
        counted("sooner"),
        count(&|before, after| after < before),
        "seed {seed}: {ready}\n{before:?}\n{after:?}"
    );
    assert_eq!(counted("later"), count(&|before, after| after > before), "seed {seed}: {ready}");
    assert_eq!(counted("unchanged"), count(&|before, after| after == before), "seed {seed}: {ready}");
    assert_eq!(counted("at_once"), count(&|before, after| after < before && *after == effective_at), "seed {seed}");
    let mut days: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for (before, after) in before.iter().zip(&after).filter(|(before, after)| before != after) {
        let day = |at: &Timestamp| at.to_zoned_datetime(zone.clone()).date().to_string();
        days.entry(day(before)).or_default().0 += 1;
        days.entry(day(after)).or_default().1 += 1;
    }
    let days_counted = by(&counts["by_day"], "day");
    let days_counted: BTreeMap<String, (u64, u64)> = days_counted
        .into_iter()
        .map(|(day, item)| (day, (item["before"].as_u64().unwrap(), item["after"].as_u64().unwrap())))
        .collect();
    assert_eq!(days_counted, days, "seed {seed}");
    for (class, is_outbound) in [("contracts", true), ("standard", false)] {
        let sooner =
            (0..calls.len()).filter(|n| calls[*n].is_outbound == is_outbound && after[*n] < before[*n]).count();
        let counted = by(&counts["by_class"], "class").get(class).map_or(0, |item| item["sooner"].as_u64().unwrap());
        assert_eq!(counted, sooner as u64, "seed {seed}: {class}");
    }
    assert_eq!(by(&counts["by_team"], "team").keys().collect::<Vec<_>>(), ["sales"]);
}

#[tokio::test(start_paused = true)]
async fn a_plan_counts_what_the_sweep_then_does_at_random_rulebooks_and_recordings() {
    for seed in 1..=6 {
        Box::pin(a_plan_is_what_the_sweep_does(seed)).await;
    }
}

fn refused(answer: &Answer) -> (u16, String, Value) {
    (answer.status, answer.problem(), answer.json()["plan"].clone())
}

#[tokio::test(start_paused = true)]
async fn what_deletes_sooner_is_published_by_a_plan_of_these_very_files() {
    let api = Api::new(1).await;
    upload(&api.company, &[MadeCall { day: date(2026, 11, 2), is_outbound: false }]).await;
    let (_, staff) = sample_rulebook();
    let policy = with_days(20, 90, 72);
    let named = |policy: &str, plan_id: &str| {
        let body = json!({"policy": policy, "staff": staff, "plan_id": plan_id});
        ApiRequest::put("/rulebook", &body).by(ADMIN)
    };
    let needs = |word: &str| (409, "plan-needed".to_owned(), json!(word));
    let missing = api.ask(&publish(&policy, &staff).by(ADMIN)).await;
    assert_eq!(refused(&missing), needs("missing"));
    for text in ["plan that never was", "ceqnfhzdk4pxr2mvm5mqxzcv7u"] {
        assert_eq!(refused(&api.ask(&named(&policy, text)).await), needs("unknown"));
    }
    let made = api.ask(&plan(&policy, &staff)).await;
    assert_eq!((made.status, &made.json()["state"], &made.json()["counts"]), (202, &json!("counting"), &Value::Null));
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/rulebook/plans/{id}");
    assert_eq!(api.get(ADMIN, &path).await.ok()["state"], "counting");
    assert_eq!(refused(&api.ask(&named(&policy, &id)).await), needs("counting"));
    api.company.index().await;
    let ready = api.get(ADMIN, &path).await.ok();
    assert_eq!((&ready["state"], &ready["counts"]["sooner"]), (&json!("ready"), &json!(1)));
    let other = with_days(19, 90, 72);
    assert_eq!(refused(&api.ask(&named(&other, &id)).await), needs("other_files"));
    // One that deletes nothing sooner needs none, but a wrong one is refused.
    let longer = with_days(40, 90, 72);
    assert_eq!(refused(&api.ask(&named(&longer, &id)).await), needs("other_files"));
    api.world().advance(Duration::from_secs(24 * 3600 + 1));
    assert_eq!(refused(&api.ask(&named(&policy, &id)).await), needs("too_old"));
    assert_eq!(api.get(ADMIN, &path).await.ok()["state"], "stale");
    api.ask(&publish(&longer, &staff).by(ADMIN)).await.ok();
    let again = planned(&api, ADMIN, &policy, &staff).await;
    api.world().advance(Duration::from_secs(120));
    assert_eq!(refused(&api.ask(&again).await), needs("other_version"));
    assert_eq!(api.get(SALES_MANAGER, &path).await.problem(), "not-allowed");
    assert_eq!(api.ask(&plan(&policy, &staff).by(AUDITOR)).await.problem(), "not-allowed");
    assert_eq!(api.ask(&plan("[company", &staff)).await.problem(), "faulty-rulebook");
    assert_eq!(api.get(ADMIN, "/rulebook/plans/none").await.problem(), "no-such-plan");
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_is_counted_in_slices_and_twice_comes_out_the_same() {
    let (_, staff) = sample_rulebook();
    let policy = with_days(20, 90, 72);
    let calls: Vec<MadeCall> =
        (1..=9).map(|day| MadeCall { day: date(2026, 11, day), is_outbound: day % 4 == 0 }).collect();
    let mut outcomes = Vec::new();
    for in_slices in [false, true] {
        let api = Api::new(1).await;
        upload(&api.company, &calls).await;
        let id = api.ask(&plan(&policy, &staff)).await.json()["id"].as_str().unwrap().to_owned();
        if in_slices {
            let mut slices = 0;
            loop {
                let jobs = api.company.take_jobs();
                if jobs.is_empty() {
                    break;
                }
                for job in &jobs {
                    // Each message comes twice, and its time is over at once.
                    for _ in 0..2 {
                        api.company.run_job_until(job, api.world().now()).await;
                        slices += 1;
                    }
                    assert!(slices < 2_000, "it ends");
                }
            }
            assert!(slices > 32, "{slices}");
        } else {
            api.company.index().await;
        }
        outcomes.push(api.get(ADMIN, &format!("/rulebook/plans/{id}")).await.ok()["counts"].clone());
    }
    assert_eq!(outcomes[0]["calls"], 9);
    assert_eq!(outcomes[0], outcomes[1]);
}
