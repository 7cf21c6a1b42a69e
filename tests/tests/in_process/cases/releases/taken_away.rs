//! What was taken away of a recording, on the proof of its deletion.

use super::*;
use crate::api::sample_expiry;

#[tokio::test(start_paused = true)]
async fn the_proof_says_what_was_taken_away_by_role_and_kind_of_recipient_and_names_nobody() {
    let (api, recording, case) = arrange().await;
    api.play(ADMIN, &recording).await.ok();
    api.download(ADMIN, &recording).await.ok();
    let id = request(&api, &case, &recording).await;
    api.ask(&stepping(&case, &id, "approve")).await.ok();
    build(&api, &case, &id).await;
    token(&api, &case, &id).await;
    api.world().advance(std::time::Duration::from_secs(60));
    api.ask(&stepping(&case, &id, "delivered").by(SALES_MANAGER)).await.ok();
    api.ask(&closing(&case).by(SALES_MANAGER)).await.ok();
    api.company.index().await;
    api.world().set_now(sample_expiry());
    api.company.sweep().await.unwrap();

    let path = format!("/recordings/{recording}");
    let shown = async |login| api.get(login, &path).await.json()["deleted"]["taken_away"].clone();
    let expected = json!({
        "downloads": 1, "releases": 1, "is_exact": true,
        "items": [
            {"kind": "release_delivered", "at": "2026-11-13T09:01:00+09:00", "role": null, "basis": "investigation_inquiry"},
            {"kind": "downloaded", "at": "2026-11-13T09:00:00+09:00", "role": "admin", "basis": null},
        ],
    });
    assert_eq!(shown(ADMIN).await, expected);
    assert_eq!(shown(SALES_MANAGER).await, expected);
    // STRICT: who might not have seen it is told nothing.
    let other = api.get(SUPPORT_MANAGER, &path).await;
    assert_eq!((other.status, other.problem().as_str()), (404, "no-such-recording"));
    // A list of proofs reads no chain.
    let listed = api.get(AUDITOR, "/deletions?from=2026-11-13&to=2026-12-31").await.ok();
    assert_eq!((listed["items"].as_array().unwrap().len(), listed["items"][0].get("taken_away")), (1, None));
}

#[tokio::test(start_paused = true)]
async fn a_recording_that_nobody_took_away_has_a_proof_that_says_so() {
    let (api, recording) = Api::with_sample(1).await;
    api.play(ADMIN, &recording).await.ok();
    api.world().set_now(sample_expiry());
    api.company.sweep().await.unwrap();
    let gone = api.get(ADMIN, &format!("/recordings/{recording}")).await.json();
    let none = json!({"downloads": 0, "releases": 0, "is_exact": true, "items": []});
    assert_eq!(gone["deleted"]["taken_away"], none);
}
