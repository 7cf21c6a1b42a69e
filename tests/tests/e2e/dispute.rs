//! A dispute from its memo to its close, as the people of a company play it: the one procedure, step by step.

use std::time::Instant;

use policy::id::{RecordingId, sha256_hex};
use serde_json::{Value, json};

use crate::stack::{Answer, MADE_UP, PATIENCE, ask, put, send, stack, wait_for};

/// 20 seconds of 8,000 samples, 16 bits each: no two samples near each other are alike.
const SECOND_BYTES: usize = 16_000;

/// A number that no sample has.
const NUMBER: &str = "+819000007777";

fn recording() -> Vec<u8> {
    let start = jiff::Timestamp::now().as_microsecond().to_le_bytes();
    let start = [start[0], start[1]];
    let data: Vec<u8> = (0..160_000_u32)
        .flat_map(|at| (at * 31).to_le_bytes().into_iter().take(2).zip(start).map(|(one, other)| one ^ other))
        .collect();
    let mut file = Vec::new();
    file.extend(b"RIFF");
    file.extend(320_036_u32.to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    for half in [1_u16, 1] {
        file.extend(half.to_le_bytes());
    }
    file.extend(8_000_u32.to_le_bytes());
    file.extend(16_000_u32.to_le_bytes());
    for half in [2_u16, 16] {
        file.extend(half.to_le_bytes());
    }
    file.extend(b"data");
    file.extend(320_000_u32.to_le_bytes());
    file.extend(data);
    file
}

/// Asks until the answer is as wanted.
fn until(login: &str, method: &str, path: &str, body: Option<&Value>, wanted: impl Fn(&Answer) -> bool) -> Answer {
    let begun = Instant::now();
    loop {
        let answer = ask(login, method, path, body);
        if wanted(&answer) {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "{login} {method} {path} still answers {answer:?}");
        std::thread::sleep(std::time::Duration::from_millis(500));
    }
}

fn ok(login: &str, method: &str, path: &str, body: Option<&Value>) -> Value {
    let answer = ask(login, method, path, body);
    assert!(matches!(answer.status, 200..=202), "{login} {method} {path}: {answer:?}");
    answer.json()
}

/// What each of them is answered for something that is there and for something that is not.
fn is_hidden_from(logins: &[&str], method: &str, path: &str, id: &str, body: Option<&Value>) {
    for login in logins {
        let [real, made_up] = [path.to_owned(), path.replace(id, MADE_UP)]
            .map(|path| ask(login, method, &path, body).without_request_id());
        assert_eq!((real.status, &real.headers, &real.body), (404, &made_up.headers, &made_up.body), "{login} {path}");
    }
}

fn holds(id: &RecordingId) -> Value {
    ok("kato", "GET", &format!("/recordings/{id}"), None)["holds"].clone()
}

#[tokio::test]
#[ignore = "needs a local cloud: cargo xtask test"]
async fn a_dispute_goes_from_memo_to_close_and_leaves_its_record() {
    // A call that would have ended tomorrow.
    let bytes = recording();
    let started_at = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * 29);
    let begun = started_at.to_string();
    let metadata = [
        ("call-id", "e2e-dispute"),
        ("started-at", begun.as_str()),
        ("direction", "inbound"),
        ("extension", "201"),
        ("counterpart", NUMBER),
    ];
    let id = put("e2e/dispute.wav", bytes.clone(), &metadata).await;
    assert_eq!(wait_for(&id, 200).json()["state"], "active");
    assert_eq!(holds(&id), json!(0));

    // The memo of a member of staff, who hears nothing and need not see the call any more.
    let memo = json!({
        "kind": "complaint", "happened_at": begun, "number": NUMBER,
        "summary": "請求額が見積と違うとのお申し出。折り返しを約束した。",
    });
    assert_eq!(ask("ono", "POST", "/cases", Some(&memo)).status, 403, "auditors write no memos");
    let case = ok("sato", "POST", "/cases", Some(&memo))["id"].as_str().unwrap().to_owned();
    let path = format!("/cases/{case}");
    until("kato", "GET", &format!("/recordings/{id}"), None, |answer| answer.json()["holds"] != json!(0));
    is_hidden_from(&["mori", "suzuki", "watanabe", "ono"], "GET", &path, &case, None);

    // The manager finds the call, and links it.
    let found = ok("kato", "GET", &format!("/recordings?last4=7777&from={}", &begun[..10]), None);
    assert_eq!(found["items"][0]["id"], id.as_str());
    let detail = ok("kato", "GET", &path, None);
    let candidates: Vec<&str> =
        detail["candidates"].as_array().unwrap().iter().filter_map(|item| item["recording_id"].as_str()).collect();
    assert_eq!(candidates.first(), Some(&id.as_str()), "{detail}");
    let link = json!({"recording_id": id});
    is_hidden_from(&["mori", "suzuki", "ono"], "POST", &format!("{path}/recordings"), &case, Some(&link));
    assert_eq!(ok("kato", "POST", &format!("{path}/recordings"), Some(&link))["recordings"], json!([id]));
    assert_eq!(holds(&id), json!(1), "the case's hold took the memo's place");

    // Five seconds of it to one colleague of another team, who hears nothing else of it.
    let today = jiff::Timestamp::now().to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    let share = json!({
        "recording_id": id, "staff": ["suzuki"], "until": today.checked_add(jiff::Span::new().days(7)).unwrap().to_string(),
        "from_seconds": 5.0, "to_seconds": 10.0,
    });
    is_hidden_from(&["mori", "suzuki", "ono"], "POST", &format!("{path}/shares"), &case, Some(&share));
    let share = ok("kato", "POST", &format!("{path}/shares"), Some(&share))["id"].as_str().unwrap().to_owned();
    let play = format!("/shares/{share}/play");
    let heard = until("suzuki", "POST", &play, Some(&json!({})), |answer| {
        assert!(matches!(answer.status, 200 | 409), "{answer:?}");
        answer.status == 200
    });
    let part = send("GET", heard.json()["url"].as_str().unwrap(), &[], None).body;
    let needed = &bytes[44 + 5 * SECOND_BYTES..44 + 10 * SECOND_BYTES];
    assert_eq!((part.len(), &part[part.len() - needed.len()..]), (44 + needed.len(), needed));
    let own = ok("suzuki", "GET", "/shares", None);
    assert_eq!(own["items"].as_array().unwrap().iter().filter(|item| item["id"] == share.as_str()).count(), 1);
    let reason = json!({"use": "evidence", "reason": "回答の準備"});
    is_hidden_from(&["suzuki"], "POST", &format!("/recordings/{id}/play"), id.as_str(), Some(&reason));
    is_hidden_from(&["mori", "watanabe", "ono", "kato"], "POST", &play, &share, Some(&json!({})));

    // Out of the company: asked for, approved by somebody else, opened by the recipient, taken back.
    let release = json!({
        "recipient": "〇〇法律事務所", "basis": "bar_inquiry", "reference": "照会書 第1号", "reason": "照会への回答のため。",
        "items": [{"recording_id": id, "from_seconds": 5.0, "to_seconds": 10.0}],
    });
    let releases = format!("{path}/releases");
    is_hidden_from(&["mori", "suzuki", "ono"], "POST", &releases, &case, Some(&release));
    let asked = ok("kato", "POST", &releases, Some(&release))["id"].as_str().unwrap().to_owned();
    let of = |release: &str, step: &str| format!("{releases}/{release}{step}");
    assert_eq!(ask("kato", "POST", &of(&asked, "/approve"), None).status, 403, "nobody approves what they asked for");
    assert_eq!(ok("yamada", "POST", &of(&asked, "/approve"), None)["state"], "approved");
    let built = until("kato", "GET", &of(&asked, ""), None, |answer| answer.json()["state"] == "built").json();
    let link = ok("kato", "POST", &of(&asked, "/link"), Some(&json!({"days": 7})));
    let link = link["link"].as_str().unwrap();
    assert!(link.starts_with(&format!("{}/r/", stack().text("api_url"))), "it opens where the API is");
    // A preview opens nothing.
    for method in ["GET", "HEAD"] {
        assert_eq!(send(method, link, &[], None).status, 200);
    }
    assert_eq!(ok("kato", "GET", &of(&asked, ""), None)["opened"], 0);
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let opened = send("POST", link, &form, None);
    assert_eq!(opened.status, 303, "{opened:?}");
    let package = send("GET", &opened.headers["location"], &[], None).body;
    assert_eq!(sha256_hex(&package), built["package_sha256"].as_str().unwrap());
    let text = String::from_utf8_lossy(&package);
    assert!(text.contains("manifest.json") && text.contains("社外提出記録"));
    assert!(text.contains(&sha256_hex(&part)), "the manifest names the part by its digest");
    assert!(text.contains(&sha256_hex(&bytes)), "and the recording that it is of");
    let delivered = json!({"received_by": "担当弁護士", "channel": "リンク"});
    assert_eq!(ok("kato", "POST", &of(&asked, "/delivered"), Some(&delivered))["state"], "delivered");
    let reason = json!({"reason": "依頼者の意向により"});
    assert_eq!(ok("kato", "POST", &of(&asked, "/withdraw"), Some(&reason))["state"], "withdrawn");
    let made_up = send("POST", &format!("{}/r/{}", stack().text("api_url"), "0".repeat(64)), &form, None);
    let withdrawn = send("POST", link, &form, None);
    assert_eq!((withdrawn.status, &withdrawn.body), (404, &made_up.body));
    // And another one refused.
    let other = ok("kato", "POST", &releases, Some(&release))["id"].as_str().unwrap().to_owned();
    let reason = json!({"reason": "範囲が広すぎるため"});
    assert_eq!(ok("yamada", "POST", &of(&other, "/refuse"), Some(&reason))["state"], "refused");

    // Custody has each step, in order, and the close lets go.
    let custody = ok("yamada", "GET", &format!("/recordings/{id}/custody"), None);
    let steps = [
        "taken_in",
        "hold_placed",
        "linked_to_case",
        "shared",
        "clip_made",
        "share_played",
        "release_asked",
        "release_approved",
        "release_built",
        "release_linked",
        "release_opened",
        "release_delivered",
        "release_withdrawn",
        "release_asked",
        "release_refused",
    ];
    let mut kinds = custody["items"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap());
    for step in steps {
        assert!(kinds.any(|kind| kind == step), "{step} is missing, or at another place: {custody}");
    }
    assert_eq!(custody["verified"], true);
    assert_eq!(ask("sato", "POST", &format!("{path}/close"), Some(&json!({"outcome": "resolved"}))).status, 403);
    assert!(
        ok("kato", "POST", &format!("{path}/close"), Some(&json!({"outcome": "resolved"})))["closed_at"].is_string()
    );
    until("kato", "GET", &format!("/recordings/{id}"), None, |answer| answer.json()["holds"] == json!(0));
}
