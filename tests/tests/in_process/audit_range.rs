//! The audit over a range of days, by names and labels.

use serde_json::json;

use crate::api::{AUDITOR, Api, SALES_MANAGER, SUPPORT_MANAGER};
use crate::audit::all_pages;

#[tokio::test(start_paused = true)]
async fn everybodys_audit_is_read_over_a_quarter_by_names_and_labels() {
    let (api, id) = Api::with_sample(1).await;
    let mut expected = Vec::new();
    for now in ["2026-11-14T09:00:00+09:00", "2026-11-15T09:00:00+09:00", "2026-12-03T09:00:00+09:00"] {
        api.world().set_now(now.parse().unwrap());
        api.play(SALES_MANAGER, &id).await.ok();
        api.get(SUPPORT_MANAGER, "/recordings").await.ok();
        expected.push(now.to_owned());
    }
    expected.reverse();
    let range = "from=2026-11-01&to=2026-12-03";
    let plays = async |query: &str| -> Vec<String> {
        // The audit itself has been read meanwhile.
        let pages = all_pages(&api, AUDITOR, &format!("/audit?{range}&{query}&limit=100"), 4).await;
        pages.iter().flatten().map(|item| item["at"].as_str().unwrap().to_owned()).collect()
    };
    // 再生, and by the recording, the member's name and the id in any case.
    for query in [
        "action=play",
        "action=%E5%86%8D%E7%94%9F",
        "action=PLAY",
        "action=play&staff=KATO",
        &format!("recording={id}"),
    ] {
        assert_eq!(plays(query).await, expected, "{query}");
    }
    assert_eq!(plays("action=play&staff=%E5%8A%A0%E8%97%A4%20%E6%81%B5").await, expected, "加藤 恵");
    // A page looks through 16 days at most, and says where the next one begins.
    let first = api.get(AUDITOR, &format!("/audit?{range}&action=download")).await.ok();
    assert_eq!(first["items"], json!([]));
    assert!(first["next_cursor"].is_string(), "{first}");
    for (query, parameter, nearest) in [
        ("action=deleted", "action", "delete"),
        ("staff=katoh", "staff", "kato"),
        ("staff=katoh&day=2026-11-14", "staff", "kato"),
    ] {
        let answer = api.get(AUDITOR, &format!("/audit?{query}")).await;
        assert_eq!(answer.problem(), "unknown-name", "{query}");
        assert_eq!(answer.json()["parameter"], parameter);
        let candidates = answer.json()["candidates"].to_string();
        assert!(candidates.contains(&format!("\"{nearest}\"")), "{candidates}");
    }
    let access = api.get(AUDITOR, "/audit/access?staff=nobody").await;
    assert_eq!(access.problem(), "unknown-name");
    let access = api.get(AUDITOR, "/audit/access?staff=%E5%8A%A0%E8%97%A4%E6%81%B5&to=2026-12-03").await.ok();
    assert_eq!((&access["staff"], access["items"].as_array().unwrap().len()), (&json!("kato"), 1));
}
