//! The outside recipient's page: what opens a package, and what does not.

use jiff::{SignedDuration, Timestamp};
use policy::case::CaseText;
use policy::case::release::{Release, ReleaseChange};
use policy::case::share::Step;
use policy::custody::EventKind;
use policy::id::{RecordingId, sha256_hex};
use serde_json::{Value, json};
use tests::company::{Company, DERIVED_BUCKET, failed};
use tests::world::{EVERY_FAULT, World, for_every_fault};

use crate::api::Api;
use crate::clips::common::{open_case, package_message, part, put_release, release_now, write_release};

const TOKEN: &str = "0Zq3mN8sVtY1wXcB5aL7pKdR2fH6jG9eUiOoQyTzAbC";

fn context(company: &Company) -> deliver::Context {
    let config = deliver::Config {
        rulebooks: Company::rulebooks_config(),
        derived_bucket: DERIVED_BUCKET.to_owned(),
        package_origin: "https://derived.s3.test".to_owned(),
    };
    deliver::Context::new(config, company.connection())
}

async fn ask(company: &Company, method: &str, token: &str, request_id: &str) -> Value {
    let request = json!({
        "requestContext": {
            "http": {"method": method, "sourceIp": "203.0.113.7", "userAgent": "curl/8"},
            "requestId": request_id,
        },
        "pathParameters": {"token": token},
    });
    let request = serde_json::from_value(request).unwrap();
    serde_json::to_value(Box::pin(deliver::handle(&context(company), &request)).await).unwrap()
}

async fn change(company: &Company, release: &Release, change: ReleaseChange) -> Release {
    let stored = company.table().release(&release.case, &release.id).await.unwrap().unwrap();
    let step = Step { by: "kato".to_owned(), at: company.world.now() };
    let changed = stored.release.change(&change, step).unwrap();
    write_release(company, &changed, Some(stored.generation)).await;
    changed
}

/// A package with a link for three days.
async fn with_link() -> (Api, RecordingId, Release) {
    let (api, recording) = Api::with_sample(1).await;
    let case = open_case(&api).await;
    let release = put_release(&api.company, &case, "r", vec![part(&recording, 0, 1_000, &[])], |_| {}).await;
    assert_eq!(failed(&api.company.clip(&package_message(&release), "one").await), 0);
    let expires_at = api.world().now() + SignedDuration::from_hours(72);
    let link = ReleaseChange::Link { token_sha256: sha256_hex(TOKEN.as_bytes()), expires_at };
    let release = change(&api.company, &release, link).await;
    (api, recording, release)
}

#[tokio::test(start_paused = true)]
async fn a_preview_opens_nothing_and_the_button_leads_to_the_package_for_a_minute() {
    let (api, recording, release) = with_link().await;
    let before = api.company.snapshot();
    for method in ["GET", "HEAD"] {
        let page = ask(&api.company, method, TOKEN, "r1").await;
        assert_eq!(page["statusCode"], 200);
        let body = page["body"].as_str().unwrap();
        assert!(body.contains("<form method=\"post\">") && !body.contains("<script") && !body.contains(TOKEN));
        let policy = page["headers"]["content-security-policy"].as_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'; style-src 'sha256-") && policy.contains("frame-ancestors 'none'")
        );
        for (name, value) in [("cache-control", "no-store"), ("referrer-policy", "no-referrer")] {
            assert_eq!(page["headers"][name], value);
        }
        assert!(page["headers"]["x-robots-tag"].as_str().unwrap().contains("noindex"));
    }
    assert_eq!(before, api.company.snapshot(), "nothing was opened");

    let opened = ask(&api.company, "POST", TOKEN, "r2").await;
    assert_eq!(opened["statusCode"], 303);
    let url = opened["headers"]["location"].as_str().unwrap();
    assert!(url.contains("X-Amz-Expires=60") && url.contains("/packages/"));
    assert_eq!(release_now(&api.company, &release).await.opened, 1);
    let chained = api.chain(&recording).await.pop().unwrap();
    assert_eq!((chained.event.kind, chained.event.actor.as_str()), (EventKind::ReleaseOpened, "recipient"));
    assert_eq!(chained.texts["address"].text, "203.0.113.7");
    let audit = api.audit().into_iter().find(|event| event["action"] == "open_release").unwrap();
    assert_eq!((&audit["action"], &audit["origin"]["address"]), (&"open_release".into(), &"203.0.113.7".into()));
}

#[tokio::test(start_paused = true)]
async fn absent_withdrawn_and_ended_are_one_answer_after_the_same_calls() {
    let (api, ..) = with_link().await;
    api.world().take_calls();
    let kinds = || -> Vec<String> { api.world().take_calls().iter().map(tests::world::Call::kind).collect() };
    let absent = ask(&api.company, "GET", "nothing", "r1").await;
    let absent_calls = kinds();
    assert!(absent["statusCode"] == 404 && absent_calls.len() >= 3, "{absent_calls:?}");
    for (number, what) in ["withdrawn", "ended", "closed", "expired"].into_iter().enumerate() {
        let (api, recording, release) = with_link().await;
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        match what {
            "withdrawn" => drop(change(&api.company, &release, ReleaseChange::Withdraw(CaseText::new("誤り"))).await),
            "ended" => api.world().advance(std::time::Duration::from_secs(72 * 3_600)),
            "closed" => {
                let close = crate::api::ApiRequest::post(
                    &format!("/cases/{}/close", release.case),
                    &json!({"outcome": "resolved"}),
                );
                api.ask(&close.by(crate::api::SALES_MANAGER)).await.ok();
                let expires_at = at("2027-12-01T00:00:00Z");
                let link = ReleaseChange::Link { token_sha256: sha256_hex(TOKEN.as_bytes()), expires_at };
                change(&api.company, &release, link).await;
                api.change(&recording, |_, call| call.holds = crate::api::one_hold()).await;
                api.world().advance(std::time::Duration::from_secs(30 * 24 * 3_600));
            }
            _ => {
                let expires_at = at("2026-12-10T00:00:00Z");
                let link = ReleaseChange::Link { token_sha256: sha256_hex(TOKEN.as_bytes()), expires_at };
                change(&api.company, &release, link).await;
                api.world().set_now(at("2026-12-04T00:00:00+09:00"));
            }
        }
        for method in ["GET", "HEAD", "POST"] {
            // The recording itself is looked at where the button is pressed.
            if what == "expired" && method != "POST" {
                continue;
            }
            api.world().take_calls();
            let answer = ask(&api.company, method, TOKEN, &format!("r{number}{method}")).await;
            assert_eq!(answer, absent, "{what} {method}");
            let calls: Vec<String> = api.world().take_calls().iter().map(tests::world::Call::kind).collect();
            if what != "expired" {
                assert_eq!(calls, absent_calls, "{what} {method}");
            }
        }
        assert_eq!(release_now(&api.company, &release).await.opened, 0, "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn with_any_call_failed_no_url_leaves_before_its_event() {
    let (.., recording, release) = with_link().await;
    let tried = for_every_fault(
        EVERY_FAULT,
        async || with_link().await.0.company.world,
        async |world: &World| ask(&Company::of_without_retries(world.clone()), "POST", TOKEN, "once").await,
        async |world, fault, answer| {
            let api = Api::over(world);
            let events = api.chain(&recording).await;
            let opened = events.iter().filter(|event| event.event.kind == EventKind::ReleaseOpened).count();
            let counted = release_now(&api.company, &release).await.opened;
            assert_eq!(usize::try_from(counted).unwrap(), opened, "{fault:?}");
            match answer["statusCode"].as_u64().unwrap() {
                // TRACE FIRST.
                303 => assert_eq!(opened, 1, "{fault:?}"),
                503 => assert!(opened <= 1 && answer["headers"]["location"].is_null(), "{fault:?}"),
                status => panic!("{status}: {fault:?}"),
            }
        },
    )
    .await;
    assert!(tried >= 20, "{tried}");
}
