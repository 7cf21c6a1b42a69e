//! What the PBX itself still keeps: not ours to delete, and said on the proof by the rulebook of the deletion.

use std::time::Duration;

use jiff::civil::date;
use policy::origin_copy::{KnownOriginCopy, OriginCopyState};
use serde_json::{Value, json};
use tests::company::{AUDIT_BUCKET, Company, TABLE, sample, sample_rulebook};
use tests::world::{Fault, FaultKind, Moment, Service, Which};

use super::approved;
use crate::api::{ADMIN, AUDITOR, Api, ApiRequest, SAMPLE, sample_expiry};
use crate::restore;

/// What the sample rulebook says of a recording of `FreePBX` of 3 November.
fn declared() -> KnownOriginCopy {
    KnownOriginCopy {
        state: OriginCopyState::Until,
        until: Some(date(2027, 2, 1)),
        checked_on: Some(date(2026, 10, 1)),
    }
}

#[tokio::test(start_paused = true)]
async fn the_proof_says_what_the_rulebook_of_the_deletion_says_whatever_is_published_later() {
    let (api, id) = Api::with_sample(1).await;
    let company = &api.company;
    let unknown = company.upload("other/a.wav", [sample(SAMPLE), b"x".to_vec()].concat(), &[]).await;
    approved(&api, &id).await;
    company.sweep().await.unwrap();
    assert_eq!(company.tombstone(&id).await.unwrap().origin_copy, declared());
    let gone = api.get(ADMIN, &format!("/recordings/{id}")).await.json();
    let shown = |proof: &Value| {
        ["origin_copy", "origin_copy_until", "origin_copy_checked_on"].map(|member| proof[member].clone())
    };
    assert_eq!(shown(&gone["deleted"]), [json!("until"), json!("2027-02-01"), json!("2026-10-01")]);

    let (policy, staff) = sample_rulebook();
    company.publish(&policy.replace("kept = 90", "kept = \"none\""), &staff).await;
    company.world.set_now("2027-03-01T00:00:00+09:00".parse().unwrap());
    company.sweep().await.unwrap();
    let proofs = api.get(AUDITOR, "/deletions?from=2026-11-01&to=2027-03-02").await.ok();
    let of = |id: &policy::id::RecordingId| {
        let mut items = proofs["items"].as_array().unwrap().iter();
        shown(items.find(|item| item["id"] == json!(id)).unwrap())
    };
    assert_eq!(of(&id), shown(&gone["deleted"]), "the earlier proof stands");
    assert_eq!(of(&unknown), [json!("unknown"), Value::Null, Value::Null]);
    let file = ApiRequest::get("/deletions?from=2026-11-01&to=2027-03-02").by(AUDITOR);
    let file = api.ask(&file.header("accept", "text/csv").header("accept-language", "ja")).await;
    let text = String::from_utf8(file.bytes).unwrap();
    let mut lines = text.lines();
    assert!(lines.next().unwrap().ends_with("録音元に残る録音,録音元に残る最後の日,録音元を確認した日"), "{text}");
    assert!(lines.any(|line| line.contains(id.as_str()) && line.ends_with("期日まで,2027-02-01,2026-10-01")), "{text}");
    assert!(text.lines().any(|line| line.contains(unknown.as_str()) && line.ends_with("不明,,")), "{text}");
}

#[tokio::test(start_paused = true)]
async fn what_was_claimed_under_an_earlier_rulebook_is_proved_by_that_one() {
    let (api, id) = Api::with_sample(1).await;
    let company = &api.company;
    company.world.set_now(sample_expiry());
    // It is claimed, and its journal can't be written.
    let which = Which::EveryOn(Service::S3, AUDIT_BUCKET);
    company.world.set_fault(Fault { which, moment: Moment::Effect, kind: FaultKind::AccessDenied });
    assert_eq!(company.sweep().await.unwrap_or_default().deleted, 0);
    company.world.clear_faults();
    let (policy, staff) = sample_rulebook();
    company.publish(&policy.replace("kept = 90", "kept = \"none\""), &staff).await;
    company.world.advance(Duration::from_secs(3600));
    // Another instance, which has read neither rulebook.
    Company::of(company.world.clone()).sweep().await.unwrap();
    assert_eq!(company.tombstone(&id).await.unwrap().origin_copy, declared());
}

#[tokio::test(start_paused = true)]
async fn a_restored_table_says_it_again_also_of_what_it_never_knew() {
    let api = Api::new(1).await;
    let company = &api.company;
    let (restored_to, image) = (company.world.now(), company.world.table_image(TABLE));
    company.world.advance(Duration::from_secs(3600));
    let id = company.upload_sample(SAMPLE).await;
    company.world.set_now(sample_expiry());
    company.sweep().await.unwrap();
    let before = company.tombstone(&id).await.unwrap();
    assert_eq!(before.origin_copy, declared());
    restore::restore(company, &image);
    assert_eq!(restore::replay(company, restored_to).await["entombed"], 1);
    assert_eq!(company.tombstone(&id).await, Some(before));
}

/// A source that ships stands in no policy: only its recordings say that it is used.
#[tokio::test(start_paused = true)]
async fn a_source_that_ships_and_is_used_is_asked_about_though_another_is_declared() {
    let (api, _) = Api::with_sample(1).await;
    let (policy, staff) = sample_rulebook();
    let other = policy.replace("source = \"freepbx\"\nkept = 90", "source = \"yeastar\"\nkept = 90");
    assert_ne!(other, policy);
    let warned = async |policy: &str| {
        let request = ApiRequest::post("/rulebook/check", &json!({"policy": policy, "staff": staff}));
        let found = api.ask(&request.by("hayashi")).await.ok();
        assert_eq!(found["faults"], json!([]));
        let warning = |warning: &Value| {
            let is_of_it = warning["reason"].as_str().unwrap().contains("freepbx");
            (warning["in"].clone(), warning["line"].clone(), warning["code"].clone(), is_of_it)
        };
        found["warnings"].as_array().unwrap().iter().map(warning).collect::<Vec<_>>()
    };
    assert_eq!(warned(&other).await, [], "nobody knows yet what is used");
    let yesterdays = "freepbx/2026/11/12/external-201-09012345678-20261112-140502-1794459900.101.wav";
    api.company.upload(yesterdays, sample(SAMPLE), &[]).await;
    api.company.run_schedule("roll_up").await;
    assert_eq!(warned(&other).await, [(json!("policy"), json!(1), json!("origin_copy_undeclared"), true)]);
    assert_eq!(warned(&policy).await, [], "it is declared");
}
