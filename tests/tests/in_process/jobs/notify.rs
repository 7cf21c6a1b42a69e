//! Notifications: what waits is mailed once to each who may act on it, whatever fails on the way.

mod unread;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::SignedDuration;
use policy::id::RecordingId;
use serde_json::{Value, json};
use store::SweepDay;
use tests::company::mail::{CONSOLE_URL, MAIL_FROM};
use tests::company::{Company, sample_rulebook};
use tests::world::{EVERY_FAULT, Fault, FaultKind, Moment, Service, Which, World, for_every_fault, for_every_kill};

use crate::api::{ADMIN, Api, ApiRequest, SALES_MANAGER, STAFF, SUPPORT_MANAGER};
use crate::quiet::Log;

const SUMMARY: &str = "高橋様より、請求額が違うとのお申し出。";

/// The sample list, with an address for each.
fn staff_list() -> String {
    let (_, staff) = sample_rulebook();
    let with_mail = |line: &str| match line.split_once(',') {
        Some(("id", _)) => format!("{line},mail\n"),
        Some((id, _)) => format!("{line},{id}@yamada.example\n"),
        None => String::new(),
    };
    staff.lines().map(with_mail).collect()
}

fn memo(kind: &str) -> Value {
    json!({
        "kind": kind, "happened_at": "2026-11-03T14:30:00+09:00", "number": "090-1234-5678", "summary": SUMMARY,
    })
}

async fn with_addresses() -> (Api, RecordingId) {
    let (api, recording) = Api::with_sample(1).await;
    api.company.publish(&sample_rulebook().0, &staff_list()).await;
    api.world().advance(Duration::from_secs(120));
    (api, recording)
}

async fn write(api: &Api, login: &str, body: &Value) -> String {
    let written = api.ask(&ApiRequest::post("/cases", body).by(login)).await;
    assert_eq!(written.status, 201, "{}", String::from_utf8_lossy(&written.bytes));
    written.json()["id"].as_str().unwrap().to_owned()
}

async fn run(company: &Company) -> Result<(), String> {
    run_as(company, company.jobs_config()).await
}

async fn run_as(company: &Company, config: jobs::Config) -> Result<(), String> {
    let event = serde_json::from_value(json!({"scheduled": "notify"})).unwrap();
    let context = jobs::Context::new(config, company.connection());
    let stop_at = company.world.now() + SignedDuration::from_mins(4);
    jobs::answer(&context, event, stop_at).await.map(|_| ()).map_err(|error| error.to_string())
}

fn later(world: &World, minutes: u64) {
    world.advance(Duration::from_secs(60 * minutes));
}

/// To whom mails went, by id.
fn mailed(world: &World) -> Vec<String> {
    world.mails().iter().map(|mail| mail.to.trim_end_matches("@yamada.example").to_owned()).collect()
}

/// What the event bus took, by kind.
fn event_kinds(world: &World) -> Vec<String> {
    world.events().iter().map(|event| event["DetailType"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_memo_is_mailed_once_to_the_manager_of_its_team_and_says_nothing_private() {
    let (api, recording) = with_addresses().await;
    let case = write(&api, STAFF, &memo("complaint")).await;
    for _ in 0..3 {
        run(&api.company).await.unwrap();
        later(api.world(), 10);
    }
    let mails = api.world().mails();
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert_eq!((mails[0].from.as_str(), mails[0].to.as_str()), (MAIL_FROM, "kato@yamada.example"));
    let link = format!("{CONSOLE_URL}/#/cases/{case}");
    assert!(mails[0].text.starts_with(&format!("対応待ちの受付メモがあります。\n{link}\n")), "{}", mails[0].text);
    let events = api.world().events();
    let detail = json!({"id": format!("memo_waiting#{case}"), "kind": "memo_waiting", "case_id": case, "link": link});
    assert_eq!((events.len(), &events[0]["Detail"]), (1, &detail));
    assert_eq!((&events[0]["Source"], &events[0]["EventBusName"]), (&json!("rokuban"), &json!("company")));
    let texts = [mails[0].subject.clone(), mails[0].text.clone(), events[0].to_string()].concat();
    for private in ["090", "5678", "高橋", "請求", "佐藤", "加藤", "sato", recording.as_str()] {
        assert!(!texts.contains(private), "{private}: {texts}");
    }
}

#[tokio::test(start_paused = true)]
async fn all_that_waits_is_mailed_to_those_who_may_act_on_it_and_to_nobody_else() {
    let (api, recording) = with_addresses().await;
    let case = write(&api, STAFF, &memo("disclosure")).await;
    let linking = ApiRequest::post(&format!("/cases/{case}/recordings"), &json!({"recording_id": recording}));
    api.ask(&linking.by(SALES_MANAGER)).await.ok();
    let secret = write(&api, SUPPORT_MANAGER, &memo("investigation")).await;
    let sharing = json!({"recording_id": recording, "to_seconds": 0.5, "staff": ["abe"], "until": "2026-11-20"});
    let made = api.ask(&ApiRequest::post(&format!("/cases/{case}/shares"), &sharing).by(SALES_MANAGER)).await;
    assert_eq!(made.status, 201);
    let releasing = json!({
        "recipient": "〇〇警察署", "basis": "investigation_inquiry", "reason": "照会への回答のため。",
        "items": [{"recording_id": recording, "to_seconds": 0.5}],
    });
    let made = api.ask(&ApiRequest::post(&format!("/cases/{case}/releases"), &releasing).by(SALES_MANAGER)).await;
    assert_eq!(made.status, 201);
    let today = "2026-11-13".parse().unwrap();
    let day = SweepDay { day: today, live: 9, allowed: 20, approved: 0, reserved: 20, waiting: 3 };
    api.company.table().open_sweep_day(&day).await.unwrap();
    run(&api.company).await.unwrap();
    let sentence_of = |mail: &tests::world::SentMail| {
        let lines: Vec<String> = mail.text.lines().map(str::to_owned).collect();
        let pairs = lines.chunks(3).filter(|chunk| chunk.len() == 3);
        let pairs: BTreeSet<String> = pairs.map(|chunk| chunk[1].replace(CONSOLE_URL, "")).collect();
        (mail.to.trim_end_matches("@yamada.example").to_owned(), pairs)
    };
    let found: BTreeMap<String, BTreeSet<String>> = api.world().mails().iter().map(sentence_of).collect();
    let to_case = format!("/#/cases/{case}");
    let to_secret = format!("/#/cases/{secret}");
    let set = |links: &[&str]| links.iter().map(|link| (*link).to_owned()).collect::<BTreeSet<_>>();
    // `yamada` published the rulebook: the other admin lets more calls go.
    let expected = BTreeMap::from([
        ("abe".to_owned(), set(&["/#/shares"])),
        ("yamada".to_owned(), set(&[&to_case, &to_secret])),
        ("hayashi".to_owned(), set(&[&to_case, &to_secret, "/#/deletions/days"])),
    ]);
    assert_eq!(found, expected);
    let kinds: BTreeSet<String> = event_kinds(api.world()).into_iter().collect();
    let expected = ["breaker_open", "release_to_decide", "share_given"].map(str::to_owned);
    assert_eq!(kinds, expected.into(), "an investigation is no event");

    // Three days before the answer is due, and before what is held ends.
    api.world().set_now("2026-11-24T09:00:00+09:00".parse().unwrap());
    write(&api, STAFF, &memo("complaint")).await;
    run(&api.company).await.unwrap();
    let before = api.world().mails().len();
    api.world().set_now("2026-12-05T09:00:00+09:00".parse().unwrap());
    run(&api.company).await.unwrap();
    let texts: Vec<(String, String)> =
        api.world().mails()[before..].iter().map(|mail| (mail.to.clone(), mail.text.clone())).collect();
    let to_kato: Vec<&String> =
        texts.iter().filter(|(to, _)| to == "kato@yamada.example").map(|(_, text)| text).collect();
    assert!(to_kato.iter().any(|text| text.contains("削除停止が3日以内に終わります")), "{texts:?}");
    let mails = api.world().mails();
    let due = mails.iter().filter(|mail| mail.text.contains("回答期限"));
    assert_eq!(due.map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["kato@yamada.example"]);
}

#[tokio::test(start_paused = true)]
async fn a_deletion_request_is_mailed_to_those_who_may_approve_it() {
    let (api, recording) = with_addresses().await;
    let asking = ApiRequest::delete(&format!("/recordings/{recording}")).by(SALES_MANAGER);
    let asked = api.ask(&asking.body("application/json", r#"{"reason": "本人からの請求"}"#)).await;
    assert_eq!(asked.status, 202, "{}", String::from_utf8_lossy(&asked.bytes));
    run(&api.company).await.unwrap();
    let to: BTreeSet<String> = mailed(api.world()).into_iter().collect();
    assert_eq!(to, ["hayashi", "ono", "yamada"].map(str::to_owned).into());
    assert_eq!(event_kinds(api.world()), ["deletion_to_decide"]);
    assert!(api.world().mails().iter().all(|mail| mail.text.contains("/#/deletions\n")));
}

#[tokio::test(start_paused = true)]
async fn one_who_left_gets_none_and_one_without_an_address_keeps_nobody_waiting() {
    let (api, _) = with_addresses().await;
    write(&api, STAFF, &memo("complaint")).await;
    let left = staff_list()
        .replace("sales,manager,sales,,2026-04-01,,", "sales,manager,sales,,2026-04-01,2026-11-12,")
        .replace("hayashi@yamada.example", "");
    let staff = format!("{left}new,新任 彩,,,,sales,manager,sales,,2026-11-12,,new@yamada.example\n");
    api.company.publish(&sample_rulebook().0, &staff).await;
    api.world().advance(Duration::from_secs(120));
    run(&api.company).await.unwrap();
    assert_eq!(mailed(api.world()), ["new"]);
    let investigation =
        json!({"kind": "investigation", "happened_at": "2026-11-03T14:30:00+09:00", "summary": SUMMARY});
    write(&api, SUPPORT_MANAGER, &investigation).await;
    run(&api.company).await.unwrap();
    assert_eq!(mailed(api.world()), ["new", "yamada"], "an address came to one of two admins alone");
}

#[tokio::test(start_paused = true)]
async fn while_ses_fails_nothing_else_does_and_everything_is_mailed_later() {
    let (api, _) = with_addresses().await;
    write(&api, STAFF, &memo("complaint")).await;
    write(&api, SUPPORT_MANAGER, &memo("investigation")).await;
    for kind in [FaultKind::Throttled, FaultKind::ServerError, FaultKind::AccessDenied, FaultKind::TimedOut] {
        let which = Which::EveryOf(Service::Ses, "SendEmail");
        api.world().set_fault(Fault { which, moment: Moment::Effect, kind });
        api.world().take_calls();
        run(&api.company).await.unwrap();
        let calls = api.world().take_calls();
        let tries = calls.iter().filter(|call| call.service == Service::Ses).count();
        assert_eq!(tries, 3, "{kind:?}: each of three people is tried, once");
        write(&api, STAFF, &memo("complaint")).await;
        later(api.world(), 15);
    }
    assert_eq!(mailed(api.world()), Vec::<String>::new());
    assert_eq!(event_kinds(api.world()).len(), 4, "the events went out");
    api.world().clear_faults();
    run(&api.company).await.unwrap();
    run(&api.company).await.unwrap();
    assert_eq!(mailed(api.world()), ["hayashi", "kato", "yamada"]);
    assert_eq!(api.world().mails()[1].text.matches("受付メモがあります").count(), 5);
}

#[tokio::test(start_paused = true)]
async fn an_address_that_ses_rejects_keeps_nobody_else_waiting_and_is_tried_again_a_day_later() {
    let (api, _) = with_addresses().await;
    api.world().reject_mails_to("hayashi@yamada.example", true);
    write(&api, SUPPORT_MANAGER, &memo("investigation")).await;
    for _ in 0..5 {
        run(&api.company).await.unwrap();
        later(api.world(), 60);
    }
    assert_eq!(mailed(api.world()), ["yamada"]);
    let calls = api.world().take_calls();
    assert_eq!(calls.iter().filter(|call| call.service == Service::Ses).count(), 2, "not every ten minutes");
    api.world().reject_mails_to("hayashi@yamada.example", false);
    later(api.world(), 24 * 60);
    run(&api.company).await.unwrap();
    assert_eq!(mailed(api.world()), ["yamada", "hayashi"]);
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_day_of_many_memos_is_twenty_mails_at_most_and_the_rest_follows_the_next_day() {
    let (api, _) = with_addresses().await;
    let writers = [STAFF, "abe"];
    for number in 0..24 {
        write(&api, writers[number % 2], &memo("complaint")).await;
        run(&api.company).await.unwrap();
        later(api.world(), 10);
    }
    assert_eq!(mailed(api.world()).len(), 20);
    api.world().set_now("2026-11-14T00:00:00+09:00".parse().unwrap());
    run(&api.company).await.unwrap();
    let mails = api.world().mails();
    assert_eq!(mails.len(), 21);
    assert_eq!(mails[20].text.matches("受付メモがあります").count(), 4, "in one mail");
}

#[tokio::test(start_paused = true)]
async fn whatever_fails_or_dies_each_is_mailed_at_least_once_and_twice_only_where_nobody_knows() {
    let arrange = async || {
        let (api, _) = with_addresses().await;
        write(&api, STAFF, &memo("complaint")).await;
        write(&api, SUPPORT_MANAGER, &memo("investigation")).await;
        api.world().clone()
    };
    let act = async |world: &World| run(&Company::of_without_retries(world.clone())).await;
    let rest = async |world: &World, is_unknown: bool, what: &str| {
        let company = Company::of_without_retries(world.clone());
        for _ in 0..2 {
            later(world, 15);
            run(&company).await.unwrap_or_else(|error| panic!("{what}: {error}"));
        }
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for member in mailed(world) {
            *counts.entry(member).or_default() += 1;
        }
        let members: Vec<&str> = counts.keys().map(String::as_str).collect();
        assert_eq!(members, ["hayashi", "kato", "yamada"], "{what}");
        let most = if is_unknown { 2 } else { 1 };
        assert!(counts.values().all(|count| *count <= most), "{what}: {counts:?}");
        assert!(counts.values().sum::<usize>() <= 4, "{what}: {counts:?}");
        let events = event_kinds(world).len();
        assert!((1..=most).contains(&events), "{what}: {events} events");
    };
    // A reply that is lost, or what came of it that is not written: nobody knows.
    let check = async |world: &World, fault: Option<&Fault>, _: Result<(), String>| {
        rest(world, fault.is_some(), &format!("{fault:?}")).await;
    };
    let tried = for_every_fault(EVERY_FAULT, arrange, act, check).await;
    assert!(tried > 80, "{tried}");
    let killed =
        async |world: &World, gate: Option<usize>| rest(world, gate.is_some(), &format!("gate {gate:?}")).await;
    let gates = for_every_kill(arrange, act, killed).await;
    assert!(gates > 30, "{gates}");
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_not_taken_is_put_again_and_the_others_of_its_call_are_not() {
    let (api, _) = with_addresses().await;
    for _ in 0..3 {
        write(&api, STAFF, &memo("complaint")).await;
    }
    api.world().fail_events(1);
    run(&api.company).await.unwrap();
    assert_eq!(api.world().events().len(), 2);
    api.world().fail_events(0);
    later(api.world(), 15);
    run(&api.company).await.unwrap();
    let ids: BTreeSet<String> = api.world().events().iter().map(|event| event["Detail"]["id"].to_string()).collect();
    assert_eq!((api.world().events().len(), ids.len()), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn what_would_be_mailed_is_shown_in_the_log_and_what_is_off_reads_nothing() {
    let (api, _) = with_addresses().await;
    let case = write(&api, STAFF, &memo("complaint")).await;
    let of = |mail: jobs::MailConfig| {
        let console_url = CONSOLE_URL.to_owned();
        let notifications = jobs::NotificationConfig { mail, event_bus: None, console_url };
        jobs::Config { notifications, ..api.company.jobs_config() }
    };
    api.world().take_calls();
    run_as(&api.company, of(jobs::MailConfig::Off)).await.unwrap();
    assert_eq!(api.world().take_calls().len(), 0);
    let log = Log::default();
    let guard = tracing::subscriber::set_default(log.clone());
    for _ in 0..2 {
        run_as(&api.company, of(jobs::MailConfig::Show)).await.unwrap();
    }
    drop(guard);
    assert!(api.world().mails().is_empty() && api.world().events().is_empty());
    let text = log.text();
    assert_eq!(text.matches("a mail would say: 対応待ちの受付メモがあります。").count(), 1, "{text}");
    assert!(text.contains(&format!("{CONSOLE_URL}/#/cases/{case}")) && text.contains("member=\"kato\""), "{text}");
    for private in ["090", "5678", "高橋", "請求", "加藤", "@yamada"] {
        assert!(!text.contains(private), "{private}: {text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_correction_that_waits_is_mailed_to_the_other_admin() {
    let (api, _) = with_addresses().await;
    let id = api.company.upload_sample("freepbx/2026/11/12/voicemail greeting.wav").await;
    let facts = json!({"started_at": "2026-08-01T08:00:00+09:00", "direction": "inbound", "extension": "201"});
    let correcting = json!({"facts": facts, "reason": "受付時刻を確認した"});
    let asked = api.ask(&ApiRequest::put(&format!("/recordings/{id}/facts"), &correcting).by(ADMIN)).await;
    assert_eq!(asked.status, 202);
    run(&api.company).await.unwrap();
    assert_eq!(
        (mailed(api.world()), event_kinds(api.world())),
        (vec!["hayashi".to_owned()], vec!["correction_to_confirm".to_owned()])
    );
}

#[tokio::test(start_paused = true)]
async fn before_three_closed_days_managers_are_told_once_how_many_of_their_calls_end_meanwhile() {
    let (api, recording) = with_addresses().await;
    // The sample's last day is 3 December, and the weekend follows.
    let (policy, _) = sample_rulebook();
    let closed = format!("{policy}\n[[closed_days]]\nfrom = 2026-12-02\nuntil = 2026-12-04\n");
    api.company.publish(&closed, &staff_list()).await;
    for today in ["2026-11-30T09:00:00+09:00", "2026-12-01T09:00:00+09:00", "2026-12-01T18:00:00+09:00"] {
        api.world().set_now(today.parse().unwrap());
        run(&api.company).await.unwrap();
    }
    api.world().set_now("2026-12-02T09:00:00+09:00".parse().unwrap());
    run(&api.company).await.unwrap();
    let mails = api.world().mails();
    assert_eq!(mailed(api.world()), ["kato"], "{mails:?}");
    let text = &mails[0].text;
    let first = format!(
        "次の休業期間中に、担当する部署の通話が保存期限を迎えます。（1件）\n\
         {CONSOLE_URL}/#/calls?period=custom&from=2026-11-03&to=2026-11-03\n"
    );
    assert!(text.starts_with(&first), "{text}");
    let events = api.world().events();
    let detail = &events[0]["Detail"];
    assert_eq!(
        (&detail["calls"], &detail["staff"], &detail["until"]),
        (&json!(1), &json!("kato"), &json!("2026-12-06"))
    );
    assert!(!events[0].to_string().contains(recording.as_str()) && events.len() == 1);
}
