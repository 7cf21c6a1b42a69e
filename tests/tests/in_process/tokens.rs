//! What reaches the function beside the token of a member of staff today: nothing of it is let in, whatever an
//! authorizer let through. And how soon a change of the staff list bites.

use std::time::Duration;

use jiff::Timestamp;
use policy::rulebook;
use serde_json::{Value, json};

use crate::api::{AUDIENCE, Api, ApiRequest, ISSUER, SALES_MANAGER, SAMPLE, evidence};
use tests::company::{Company, sample_rulebook};

/// In support under the sample list, with a login of its own under ours.
const WITH_LOGIN: (&str, &str) = ("suzuki", "s.suzuki@yamada.example");

/// The sample list, and more: a login that is not the id, one who left yesterday, one who leaves today, one who
/// begins tomorrow. It is the morning of 13 November.
fn staff_list() -> String {
    let (_, staff) = sample_rulebook();
    let with_login = staff.replace("suzuki,鈴木 一郎,,", &format!("suzuki,鈴木 一郎,{},", WITH_LOGIN.1));
    assert_ne!(with_login, staff);
    format!(
        "{with_login}\
         kinou,昨日 去る,,,,sales,staff,,,2026-04-01,2026-11-12\n\
         kyou,今日 去る,,,,sales,staff,,,2026-04-01,2026-11-13\n\
         ashita,明日 来る,,,,sales,staff,,,2026-11-14,\n"
    )
}

/// Claims that are those of a manager's good token but for what is said; `null` takes one away.
fn but(changes: Value) -> Value {
    let mut claims = json!({"token_use": "access", "username": SALES_MANAGER});
    let Value::Object(changes) = changes else { panic!("changes are an object") };
    claims.as_object_mut().unwrap().extend(changes);
    claims
}

/// Seconds since 1970 at a distance from now, as the authorizer writes them.
fn seconds(now: Timestamp, distance_seconds: i64) -> String {
    (now.as_second() + distance_seconds).to_string()
}

/// Tokens of our issuer for us: what is wrong, and the claims that say it.
fn hostile_of_ours(now: Timestamp) -> Vec<(&'static str, Value)> {
    vec![
        ("no kind", but(json!({"token_use": null}))),
        ("an empty kind", but(json!({"token_use": ""}))),
        ("an id token", but(json!({"token_use": "id"}))),
        ("a refresh token", but(json!({"token_use": "refresh"}))),
        ("a kind in another case", but(json!({"token_use": "Access"}))),
        ("a kind with a space", but(json!({"token_use": "access "}))),
        ("two kinds", but(json!({"token_use": "[access id]"}))),
        ("another claim for the kind", but(json!({"token_use": null, "typ": "access"}))),
        ("no login", but(json!({"username": null}))),
        ("an empty login", but(json!({"username": ""}))),
        ("a login in another case", but(json!({"username": "Kato"}))),
        ("a login in full width", but(json!({"username": "ｋａｔｏ"}))),
        ("a login with a letter that looks alike", but(json!({"username": "k\u{430}to"}))),
        ("a login with a space before", but(json!({"username": " kato"}))),
        ("a login with a line after", but(json!({"username": "kato\n"}))),
        ("a login with a zero", but(json!({"username": "kato\0"}))),
        ("two logins", but(json!({"username": "[kato mori]"}))),
        ("a pattern", but(json!({"username": "*"}))),
        ("an id token's login", but(json!({"username": null, "cognito:username": SALES_MANAGER}))),
        ("a login in another claim", but(json!({"username": null, "sub": SALES_MANAGER, "login": SALES_MANAGER}))),
        ("a name for a login", but(json!({"username": "加藤 恵"}))),
        ("an id that is not the login", but(json!({"username": WITH_LOGIN.0}))),
        ("on no list", but(json!({"username": "nobody"}))),
        ("ended yesterday", but(json!({"username": "kinou"}))),
        ("begins tomorrow", but(json!({"username": "ashita"}))),
        ("no end", but(json!({"exp": null}))),
        ("over", but(json!({"exp": seconds(now, -900)}))),
        ("over this second", but(json!({"exp": seconds(now, 0)}))),
        ("an end that is no number", but(json!({"exp": "never"}))),
        ("an end that never comes", but(json!({"exp": "inf"}))),
        ("not yet valid", but(json!({"nbf": seconds(now, 61)}))),
        ("valid from no number", but(json!({"nbf": "soon"}))),
        ("issued tomorrow", but(json!({"iat": seconds(now, 86_400)}))),
        ("issued at no number", but(json!({"iat": "[0]"}))),
    ]
}

/// The same of tokens that another issuer made, or ours for somebody else.
fn hostile_of_others() -> Vec<(&'static str, Value)> {
    let pool = |name: &str| format!("https://issuer.test/{name}");
    vec![
        ("no authorizer", Value::Null),
        ("no issuer", but(json!({"iss": null}))),
        ("an empty issuer", but(json!({"iss": ""}))),
        ("another pool", but(json!({"iss": pool("pool2")}))),
        ("the beginning of an issuer", but(json!({"iss": pool("poo")}))),
        ("an issuer with a slash", but(json!({"iss": format!("{ISSUER}/")}))),
        ("an issuer in another case", but(json!({"iss": ISSUER.to_uppercase()}))),
        ("an issuer without TLS", but(json!({"iss": ISSUER.replace("https", "http")}))),
        ("two issuers", but(json!({"iss": format!("[{ISSUER} {}]", pool("pool2"))}))),
        ("no client", but(json!({"client_id": null}))),
        ("an empty client", but(json!({"client_id": ""}))),
        ("another client of the pool", but(json!({"client_id": "another"}))),
        ("a client with a space", but(json!({"client_id": format!("{AUDIENCE} ")}))),
        ("a list for a client", but(json!({"client_id": format!("[{AUDIENCE}]")}))),
        ("our client, another audience", but(json!({"aud": "another"}))),
        ("our client, no audience", but(json!({"aud": ""}))),
        ("an empty list of audiences", but(json!({"aud": "[]"}))),
        ("other audiences", but(json!({"aud": format!("[another {AUDIENCE}2]")}))),
        ("a list that does not end", but(json!({"aud": format!("[{AUDIENCE}")}))),
    ]
}

#[tokio::test(start_paused = true)]
async fn of_what_reaches_the_function_only_our_own_members_access_tokens_are_let_in() {
    let company = Company::of(Company::builder(1).build());
    company.publish(&sample_rulebook().0, &staff_list()).await;
    let id = company.upload_sample(SAMPLE).await;
    let api = Api::of(company);
    let now = api.world().now();
    let path = format!("/recordings/{id}");
    let routes =
        || [ApiRequest::get("/me"), ApiRequest::get(&path), ApiRequest::post(&format!("{path}/play"), &evidence())];
    let mut good = [
        but(json!({})),
        but(json!({"username": WITH_LOGIN.1})),
        but(json!({"username": "kyou"})),
        but(json!({"aud": AUDIENCE})),
        but(json!({"aud": AUDIENCE, "client_id": "another"})),
        but(json!({"aud": format!("[another {AUDIENCE}]"), "client_id": null})),
        but(json!({"exp": seconds(now, 1)})),
        but(json!({"nbf": seconds(now, 60), "iat": seconds(now, 60)})),
    ];
    let (of_ours, of_others) = (hostile_of_ours(now), hostile_of_others());
    assert!(of_ours.len() + of_others.len() >= 40);
    let mut answers = Vec::new();
    for (what, claims) in of_ours.into_iter().chain(of_others.clone()) {
        // A good token right before and right after: what is refused is refused for what is wrong with it.
        good.rotate_left(1);
        api.ask(&ApiRequest::get("/me").with_claims(good[0].clone())).await.ok();
        let audited = api.audit();
        api.world().take_calls();
        for ask in routes() {
            let answer = api.ask(&ask.clone().with_claims(claims.clone())).await;
            assert_eq!((answer.status, answer.problem().as_str()), (403, "not-a-member"), "{what} {ask:?}");
            answers.push(answer.without_request_id());
        }
        let is_of_others = of_others.iter().any(|(other, _)| *other == what);
        let only = if is_of_others { &[][..] } else { &["dynamodb TransactWriteItems rokuban"][..] };
        assert!(api.take_kinds().iter().all(|kind| only.contains(&kind.as_str())), "{what}");
        let new: Vec<Value> = api.audit().into_iter().filter(|event| !audited.contains(event)).collect();
        assert!(new.len() <= if is_of_others { 0 } else { routes().len() }, "{what}");
        for event in new {
            assert_eq!((&event["action"], &event["outcome"]), (&json!("sign_in"), &json!("refused")), "{what}");
            assert!(event["staff"].as_str().unwrap().starts_with("login:"), "{what}: it is no member's event");
        }
        api.ask(&ApiRequest::get("/me").with_claims(good[0].clone())).await.ok();
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "nothing tells why");
    for ask in routes() {
        assert_eq!(api.ask(&ask.with_claims(but(json!({})))).await.status, 200, "its manager is let in everywhere");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_login_stands_in_the_audit_log_under_a_digest_five_times_an_hour() {
    let company = Company::of(Company::builder(1).build());
    company.publish(&sample_rulebook().0, &staff_list()).await;
    let api = Api::of(company);
    let tried = || -> Vec<Value> { api.audit().into_iter().filter(|event| event["action"] == "sign_in").collect() };
    for _ in 0..9 {
        assert_eq!(api.get("kinou", "/me").await.status, 403);
    }
    let events = tried();
    assert_eq!(events.len(), 5, "as many as an hour takes");
    // printf kinou | sha256sum
    let digest = policy::id::sha256_hex(b"kinou");
    for event in &events {
        assert_eq!(event["staff"], format!("login:{}", &digest[..16]));
        assert_eq!((&event["facts"], &event["role"]), (&json!({"reason": "not_a_member"}), &Value::Null));
        assert!(event["origin"]["address"].is_string() && !event.to_string().contains("kinou"));
    }
    // Another login has its own five, and each reason is said.
    for (changes, reason) in [
        (json!({"token_use": "id"}), "not_an_access_token"),
        (json!({"exp": seconds(api.world().now(), -900)}), "not_valid_now"),
        (json!({"username": null}), "no_login"),
    ] {
        api.ask(&ApiRequest::get("/me").with_claims(but(changes))).await;
        assert_eq!(tried().last().unwrap()["facts"]["reason"], reason);
    }
    api.world().advance(Duration::from_secs(3_600));
    api.get("kinou", "/me").await;
    assert_eq!(tried().len(), 9, "the next hour has its own");
}

#[test]
fn a_claim_that_is_no_text_never_reaches_a_route() {
    // The gateway hands every claim over as text; what does not is no gateway's request.
    for claims in [json!({"username": ["kato"]}), json!({"username": 1}), json!({"username": {"is": "kato"}})] {
        let event = ApiRequest::get("/me").with_claims(claims).event("request-1").to_string();
        assert!(lambda_http::request::from_str(&event).is_err());
    }
    let event = ApiRequest::get("/me").by(SALES_MANAGER).event("request-1").to_string();
    assert!(lambda_http::request::from_str(&event).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_last_day_is_whole_and_a_first_day_begins_at_its_midnight() {
    let company = Company::of(Company::builder(1).build());
    company.publish(&sample_rulebook().0, &staff_list()).await;
    let api = Api::of(company);
    for (now, kyou, ashita) in [
        ("2026-11-13T23:59:59.999+09:00", 200, 403),
        ("2026-11-14T00:00:00+09:00", 403, 200),
        ("2026-11-13T23:59:59.999+09:00", 200, 403),
    ] {
        api.world().set_now(now.parse().unwrap());
        assert_eq!(api.get("kyou", "/me").await.status, kyou, "{now}");
        assert_eq!(api.get("ashita", "/me").await.status, ashita, "{now}");
    }
}

#[test]
fn a_list_in_which_two_members_have_one_login_is_not_published() {
    let (policy, staff) = sample_rulebook();
    let now = "2026-11-13T09:00:00+09:00".parse().unwrap();
    assert!(rulebook::check(&policy, &staff, now).is_ok());
    // By their own cell, by the other one's id, and for one day alone.
    for row in [
        "abe,阿部 学,,,,sales,staff,,,2026-04-01,\nkubo,久保 光,abe,,,sales,staff,,,2026-04-01,\n",
        "kubo,久保 光,x,,,sales,staff,,,2026-04-01,\nmaki,牧 光,x,,,sales,staff,,,2026-04-01,\n",
        "kubo,久保 光,x,,,sales,staff,,,2026-04-01,2026-12-31\nmaki,牧 光,x,,,sales,staff,,,2026-12-31,\n",
    ] {
        let faults = rulebook::check(&policy, &format!("{staff}{row}"), now).unwrap_err();
        assert!(faults.iter().any(|fault| fault.code().as_str() == "login_overlap"), "{faults:?}");
    }
    let one_after_the_other =
        "kubo,久保 光,x,,,sales,staff,,,2026-04-01,2026-12-30\nmaki,牧 光,x,,,sales,staff,,,2026-12-31,\n";
    assert!(rulebook::check(&policy, &format!("{staff}{one_after_the_other}"), now).is_ok());
}

/// What a manager of sales is answered about a call of sales: whether `/me` knows one, the facts, and a play.
async fn as_manager(api: &Api, id: &policy::id::RecordingId) -> [u16; 3] {
    [
        api.get(SALES_MANAGER, "/me").await.status,
        api.get(SALES_MANAGER, &format!("/recordings/{id}")).await.status,
        api.play(SALES_MANAGER, id).await.status,
    ]
}

/// The sample list without its manager of sales, and with one in the place; as staff of another team, or not at all.
fn without_manager(remains: bool) -> String {
    let (_, staff) = sample_rulebook();
    let row = staff.lines().find(|line| line.starts_with("kato,")).unwrap();
    let successor = row.replace("kato,加藤 恵", "kubo,久保 光").replace(",210,", ",,");
    let changed =
        if remains { format!("{successor}\nkato,加藤 恵,,210,,support,staff,,,2026-04-01,") } else { successor };
    staff.replace(row, &changed)
}

#[tokio::test(start_paused = true)]
async fn a_change_of_role_bites_a_warm_function_at_the_60th_second_and_no_later() {
    for (remains, after) in [(true, [200, 404, 404]), (false, [403, 403, 403])] {
        let (api, id) = Api::with_sample(1).await;
        let read_at = api.world().now();
        assert_eq!(as_manager(&api, &id).await, [200; 3]);
        // In force at once: as if the one before had been read in the very moment before it took effect.
        api.company.publish(&sample_rulebook().0, &without_manager(remains)).await;
        api.world().set_now(read_at + Duration::from_millis(59_999));
        assert_eq!(as_manager(&api, &id).await, [200; 3], "it relies on what it read");
        api.world().set_now(read_at + Duration::from_secs(60));
        assert_eq!(as_manager(&api, &id).await, after);
    }
}

#[tokio::test(start_paused = true)]
async fn a_published_change_bites_a_warm_function_in_the_very_second_it_takes_effect() {
    let (api, id) = Api::with_sample(1).await;
    let other = Api::over(api.world());
    assert_eq!(as_manager(&other, &id).await, [200; 3]);
    let (policy, _) = sample_rulebook();
    let body = json!({"policy": policy, "staff": without_manager(true)});
    let answer = api.ask(&ApiRequest::put("/rulebook", &body).by(crate::api::ADMIN)).await.ok();
    let effective_at: Timestamp = answer["effective_at"].as_str().unwrap().parse().unwrap();
    // It takes effect later than anything is relied on, so that every function has read of it by then.
    for (now, expected) in [
        (effective_at - Duration::from_secs(30), [200; 3]),
        (effective_at - Duration::from_millis(1), [200; 3]),
        (effective_at, [200, 404, 404]),
    ] {
        api.world().set_now(now);
        assert_eq!(as_manager(&other, &id).await, expected, "{now}");
    }
}
