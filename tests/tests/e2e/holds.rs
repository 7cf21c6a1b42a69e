//! A recording under hold outlives its expiry, and dies within a sweep of its release.

use serde_json::json;

use crate::company;
use crate::stack::{ask, put, stack, wait_for, wav};

#[tokio::test]
#[ignore = "needs a local cloud: cargo xtask test"]
async fn a_recording_under_hold_outlives_its_expiry_and_dies_within_a_sweep_of_its_release() {
    let _only_publisher = company::PUBLISHING.lock().await;
    let (policy, staff) = company::publish_with("[keeping]\nsettle_hours = 0\n");
    let started_at = (jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * 200)).to_string();
    let metadata = [("started-at", started_at.as_str()), ("direction", "inbound")];
    let mut ids = Vec::new();
    for key in ["e2e/stopped.wav", "e2e/beside.wav"] {
        let id = put(key, wav(), &metadata).await;
        assert_eq!(wait_for(&id, 200).json()["quarantine_reason"], "expired_on_arrival");
        ids.push(id);
    }
    let (stopped, beside) = (&ids[0], &ids[1]);
    let path = format!("/recordings/{stopped}/holds");
    let placed = ask("yamada", "POST", &path, Some(&json!({"reason": "係争のおそれがあるため"})));
    assert_eq!(placed.status, 201, "{placed:?}");
    // Both are understood, and past their period from that second on. The hold goes along to the real call.
    for id in [stopped, beside] {
        company::two_admins_correct(id, &json!({"started_at": started_at}));
    }
    wait_for(beside, 410);
    let standing = ask("yamada", "GET", &format!("/recordings/{stopped}"), None);
    assert_eq!((standing.status, &standing.json()["holds"]), (200, &json!(1)), "{standing:?}");
    let hold = placed.json()["hold_id"].as_str().unwrap().to_owned();
    let lifted = ask("yamada", "DELETE", &format!("{path}/{hold}"), Some(&json!({"reason": "和解が成立したため"})));
    assert_eq!(lifted.status, 200, "{lifted:?}");
    wait_for(stopped, 410);
    let s3 = aws_sdk_s3::Client::new(&stack().sdk_config());
    let versions = s3
        .list_object_versions()
        .bucket(stack().text("recordings_bucket"))
        .prefix("e2e/stopped.wav")
        .send()
        .await
        .unwrap();
    assert!(versions.versions().is_empty() && versions.delete_markers().is_empty());
    company::publish(&policy, &staff);
}
