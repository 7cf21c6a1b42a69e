//! What staff, successors and auditors get from every route.

use jiff::Timestamp;
use policy::id::RecordingId;
use policy::recording::Recording;
use serde_json::{Value, json};

use crate::api::{
    AUDITOR, Answer, Api, ApiRequest, SALES_MANAGER, STAFF, SUPPORT_MANAGER, evidence, made, sample_expiry,
};
use tests::company::{Company, sample_rulebook};

/// In support; has nothing to do with sales.
const SUCCESSOR: &str = "suzuki";

/// The sample policy but for some of its text, and more of it.
fn policy(changes: &[(&str, &str)], more: &str) -> String {
    let (mut policy, _) = sample_rulebook();
    for (piece, replacement) in changes {
        assert!(policy.contains(piece), "{piece}");
        policy = policy.replace(piece, replacement);
    }
    format!("{policy}\n{more}")
}

/// Under the sample rulebook, changed.
async fn under(policy: &str) -> Api {
    let company = Company::of(Company::builder(1).build());
    company.publish(policy, &sample_rulebook().1).await;
    Api::of(company)
}

/// Of sales, taken by [`STAFF`]; it is the morning of 13 November.
async fn own_call(api: &Api, number: usize, started_at: &str) -> Recording {
    let mut recording = made(number, started_at.parse::<Timestamp>().unwrap());
    recording.view.staff = Some(STAFF.to_owned());
    api.put(&recording).await;
    recording
}

/// The statuses of the facts, custody, play and download.
async fn statuses(api: &Api, login: &str, id: &RecordingId) -> [u16; 4] {
    [
        api.get(login, &format!("/recordings/{id}")).await.status,
        api.get(login, &format!("/recordings/{id}/custody")).await.status,
        api.play(login, id).await.status,
        api.download(login, id).await.status,
    ]
}

async fn listed(api: &Api, login: &str) -> Vec<String> {
    let found = api.get(login, "/recordings").await.ok();
    found["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

/// The audit's word for why the last one was refused.
fn last_reason(api: &Api) -> Value {
    api.audit().last().unwrap()["facts"]["reason"].clone()
}

#[tokio::test(start_paused = true)]
async fn staff_find_and_view_their_own_calls_for_7_days_and_hear_none() {
    let api = Api::new(1).await;
    let young = own_call(&api, 1, "2026-11-06T00:00:00+09:00").await;
    let old = own_call(&api, 2, "2026-11-05T23:59:59+09:00").await;
    let of_another = made(3, "2026-11-12T10:00:00+09:00".parse().unwrap());
    api.put(&of_another).await;
    assert_eq!(listed(&api, STAFF).await, [young.view.id.as_str()]);
    assert_eq!(statuses(&api, STAFF, &young.view.id).await, [200, 403, 403, 403]);
    assert_eq!(statuses(&api, STAFF, &old.view.id).await, [404; 4]);
    assert_eq!(statuses(&api, STAFF, &of_another.view.id).await, [404; 4]);
    let refused = api.play(STAFF, &young.view.id).await;
    assert_eq!((refused.problem().as_str(), last_reason(&api)), ("not-allowed", json!("staff_do_not_hear")));
    // At midnight the last of the days is over.
    api.world().set_now("2026-11-14T00:00:00+09:00".parse().unwrap());
    assert!(listed(&api, STAFF).await.is_empty());
    assert_eq!(statuses(&api, STAFF, &young.view.id).await, [404; 4]);
}

#[tokio::test(start_paused = true)]
async fn the_rulebook_can_let_staff_hear_their_own_calls_and_for_how_long() {
    let switched = "staff = \"own_calls\"\nstaff_view_days = 20";
    let api = under(&policy(&[("staff = \"none\"", switched)], "")).await;
    let own = own_call(&api, 1, "2026-10-25T10:00:00+09:00").await;
    let older = own_call(&api, 2, "2026-10-23T10:00:00+09:00").await;
    let of_another = made(3, "2026-11-12T10:00:00+09:00".parse().unwrap());
    api.put(&of_another).await;
    assert_eq!(listed(&api, STAFF).await, [own.view.id.as_str()]);
    assert_eq!(statuses(&api, STAFF, &own.view.id).await, [200, 403, 200, 403]);
    assert_eq!(last_reason(&api), "not_for_the_role");
    for hidden in [&older, &of_another] {
        assert_eq!(statuses(&api, STAFF, &hidden.view.id).await, [404; 4]);
    }
    let never = under(&policy(&[("staff = \"none\"", "staff = \"none\"\nstaff_view_days = 0")], "")).await;
    let own = own_call(&never, 1, "2026-11-13T08:00:00+09:00").await;
    assert!(listed(&never, STAFF).await.is_empty());
    assert_eq!(statuses(&never, STAFF, &own.view.id).await, [404; 4]);
}

#[tokio::test(start_paused = true)]
async fn a_successor_finds_and_hears_the_predecessors_calls_from_the_day_of_the_handover() {
    let handover = format!("[[handover]]\nfrom = \"{STAFF}\"\nto = \"{SUCCESSOR}\"\nsince = 2026-11-13\n");
    let api = under(&policy(&[], &handover)).await;
    let handed_over = own_call(&api, 1, "2026-10-25T10:00:00+09:00").await;
    let of_another = made(3, "2026-11-12T10:00:00+09:00".parse().unwrap());
    api.put(&of_another).await;
    assert_eq!(listed(&api, SUCCESSOR).await, [handed_over.view.id.as_str()]);
    assert_eq!(statuses(&api, SUCCESSOR, &handed_over.view.id).await, [200, 403, 200, 403]);
    assert_eq!(statuses(&api, SUCCESSOR, &of_another.view.id).await, [404; 4]);
    let later = under(&policy(&[], &handover.replace("11-13", "11-14"))).await;
    let not_yet = own_call(&later, 1, "2026-11-12T10:00:00+09:00").await;
    assert!(listed(&later, SUCCESSOR).await.is_empty());
    assert_eq!(statuses(&later, SUCCESSOR, &not_yet.view.id).await, [404; 4]);
}

#[tokio::test(start_paused = true)]
async fn the_managers_of_a_successor_find_and_hear_a_dissolved_teams_recordings() {
    let dissolved = "[[team]]\nname = \"kiosk\"\ndissolved = 2026-11-01\nsuccessor = \"sales\"\n";
    let (_, staff) = sample_rulebook();
    let staff = format!("{staff}kubo,久保 光,,,,kiosk,staff,,,2026-04-01,2026-10-31\n");
    let company = Company::of(Company::builder(1).build());
    company.publish(&policy(&[], dissolved), &staff).await;
    let api = Api::of(company);
    let mut recording = made(1, "2026-10-25T10:00:00+09:00".parse().unwrap());
    recording.view.team = Some("kiosk".to_owned());
    api.put(&recording).await;
    assert_eq!(listed(&api, SALES_MANAGER).await, [recording.view.id.as_str()]);
    assert_eq!(statuses(&api, SALES_MANAGER, &recording.view.id).await, [200, 200, 200, 403]);
    assert_eq!(statuses(&api, SUPPORT_MANAGER, &recording.view.id).await, [404; 4]);
    assert_eq!(api.get(SALES_MANAGER, "/me").await.ok()["manages"], json!(["kiosk", "sales"]));
}

#[tokio::test(start_paused = true)]
async fn auditors_find_and_hear_nothing_and_see_custody_and_proofs_of_deletion() {
    let (api, id) = Api::with_sample(1).await;
    api.play(SALES_MANAGER, &id).await.ok();
    let quarantined = api.company.upload("freepbx/empty.wav", Vec::new(), &[]).await;
    assert_eq!(api.get(AUDITOR, "/recordings").await.problem(), "not-allowed");
    for id in [&id, &quarantined] {
        assert_eq!(statuses(&api, AUDITOR, id).await, [404, 200, 404, 404]);
    }
    let custody = api.get(AUDITOR, &format!("/recordings/{id}/custody")).await.ok();
    assert_eq!(custody["verified"], true);
    assert!(!custody.to_string().contains("9012345678"), "numbers are not for auditors");
    let absent = RecordingId::of("bucket", "key", "version");
    assert_eq!(statuses(&api, AUDITOR, &absent).await, [404; 4]);

    api.world().set_now(sample_expiry());
    assert_eq!(statuses(&api, AUDITOR, &id).await, [404; 4], "it is over, and not yet deleted");
    api.company.sweep().await.unwrap();
    assert_eq!(statuses(&api, AUDITOR, &id).await, [410, 200, 410, 410]);
    let proof = api.get(AUDITOR, &format!("/recordings/{id}")).await.json();
    assert_eq!(proof["deleted"]["id"], id.as_str());
}

#[tokio::test(start_paused = true)]
async fn for_quality_the_audience_hears_what_the_notice_covers_in_its_days() {
    let changes = [
        ("default = \"evidence\"", "default = \"evidence\"\nothers = [\"quality\"]"),
        ("placed = \"ivr\"", "placed = \"ivr\"\npurposes = [\"evidence\", \"quality\"]"),
    ];
    let api = under(&policy(&changes, "[quality]\nkeep_days = 10\nroles = [\"manager\"]\n")).await;
    let call = |number: usize, started_at: &str, line: Option<&str>| {
        let mut recording = made(number, started_at.parse().unwrap());
        recording.view.line = line.map(str::to_owned);
        recording
    };
    let covered = call(1, "2026-11-03T10:00:00+09:00", Some("代表"));
    let not_covered = call(2, "2026-11-03T10:00:00+09:00", Some("サポート窓口"));
    let old = call(3, "2026-11-02T10:00:00+09:00", Some("代表"));
    for recording in [&covered, &not_covered, &old] {
        api.put(recording).await;
    }
    let ask = async |login: &str, recording: &Recording, use_: &str| -> Answer {
        let mut body = evidence();
        body["use"] = json!(use_);
        api.ask(&ApiRequest::post(&format!("/recordings/{}/play", recording.view.id), &body).by(login)).await
    };
    assert_eq!(ask(SALES_MANAGER, &covered, "quality").await.status, 200);
    for (login, recording, reason) in [
        (SALES_MANAGER, &not_covered, "notice_without_quality"),
        (SALES_MANAGER, &old, "quality_over"),
        (crate::api::ADMIN, &covered, "not_in_quality_audience"),
    ] {
        assert_eq!(ask(login, recording, "quality").await.status, 403, "{reason}");
        assert_eq!(last_reason(&api), reason);
        assert_eq!(ask(login, recording, "evidence").await.status, 200, "{reason}");
    }
}

#[tokio::test(start_paused = true)]
async fn past_the_age_limit_only_admins_hear() {
    let limited = "staff = \"none\"\nage_limit_days = 10";
    let api = under(&policy(&[("staff = \"none\"", limited)], "")).await;
    let within = made(1, "2026-11-03T00:00:00+09:00".parse().unwrap());
    let past = made(2, "2026-11-02T23:59:59+09:00".parse().unwrap());
    for recording in [&within, &past] {
        api.put(recording).await;
    }
    assert_eq!(api.play(SALES_MANAGER, &within.view.id).await.status, 200);
    assert_eq!(statuses(&api, SALES_MANAGER, &past.view.id).await, [200, 200, 403, 403]);
    assert_eq!(api.play(SALES_MANAGER, &past.view.id).await.status, 403);
    assert_eq!(last_reason(&api), "past_age_limit");
    assert_eq!(api.play(crate::api::ADMIN, &past.view.id).await.status, 200);
}
