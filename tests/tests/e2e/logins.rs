//! Logins: the users of the local cloud's own pool follow the staff list; and the world's double of a pool answers
//! as the local cloud does.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::ToSpan as _;
use serde_json::{Value, json};
use store::{Connection, Logins, TemporaryPassword};
use tests::world::World;

use crate::company::{self, PUBLISHING};
use crate::stack::{PATIENCE, stack};
use crate::tokens::{cognito, sign_in};

/// Comes, leaves and comes back.
const COMES: &str = "e2e-shinjin";

fn user(login: &str) -> Value {
    cognito("admin_get_user", &json!({"UserPoolId": stack().text("user_pool_id"), "Username": login}))
}

/// Waits until a user is as it should be: enabled or not. One who is not there is neither.
fn until(login: &str, is_enabled: bool) {
    let begun = Instant::now();
    while user(login)["Enabled"] != json!(is_enabled) {
        assert!(begun.elapsed() < PATIENCE, "{}", user(login));
        std::thread::sleep(Duration::from_secs(3));
    }
}

#[test]
#[ignore = "needs a local cloud: cargo xtask test"]
fn a_new_member_becomes_a_user_and_one_who_has_left_can_not_sign_in() {
    company::with_own_members();
    let _only_publisher = PUBLISHING.blocking_lock();
    let (policy, staff) = company::in_force();
    let staff = company::with_row(&staff, COMES, None);
    let from = company::today() - 1.day();
    let joined = format!("{staff}{COMES},新人 試,,,,support,staff,,,{from},\n");
    company::publish(&policy, &joined);
    until(COMES, true);
    // An admin sets the first password where no invitation can be mailed.
    let password = "e2e-Password-of-one-who-comes-1";
    let set = json!({
        "UserPoolId": stack().text("user_pool_id"),
        "Username": COMES,
        "Password": password,
        "Permanent": true,
    });
    assert_eq!(cognito("admin_set_user_password", &set)["error"], Value::Null);
    let tokens = sign_in(COMES, password).unwrap();
    company::publish(&policy, &staff);
    until(COMES, false);
    assert!(sign_in(COMES, password).is_err(), "no token for one who has left");
    let refreshed = cognito(
        "get_tokens_from_refresh_token",
        &json!({"ClientId": stack().text("client_id"), "RefreshToken": tokens["refresh_token"]}),
    );
    assert!(refreshed["error"].is_string(), "{}", refreshed["error"]);
    company::publish(&policy, &joined);
    until(COMES, true);
    assert!(sign_in(COMES, password).is_ok(), "the same user, with the same password");
    company::publish(&policy, &staff);
    assert_eq!(user("yamada")["Enabled"], true);
}

/// Everything that is asked of a pool, and what it answers.
async fn scenario(logins: &Logins) -> Vec<String> {
    let password = || TemporaryPassword("a-Password-of-27-characters".to_owned());
    let mut seen = Vec::new();
    let mut see = |what: &str, answer: Result<(), store::StoreError>| {
        let answer = answer.map_or_else(|error| format!("{:?} {:?}", error.kind, error.code), |()| "done".to_owned());
        seen.push(format!("{what}: {answer}"));
    };
    see("a login that is no address", logins.create("sato", &password(), false).await);
    see("made again", logins.create("sato", &password(), false).await);
    see("a login that is an address", logins.create("sato@yamada.example", &password(), true).await);
    see("a short password", logins.create("mori", &TemporaryPassword("short-A1".to_owned()), false).await);
    see("disabled", logins.disable("sato").await);
    see("disabled again", logins.disable("sato").await);
    see("disabled, and never there", logins.disable("nobody").await);
    see("enabled, and never there", logins.enable("nobody").await);
    see("enabled", logins.enable("sato@yamada.example").await);
    for number in 0..130 {
        logins.create(&format!("m{number:03}"), &password(), false).await.unwrap();
    }
    // In whatever order a pool lists its users.
    let users: BTreeMap<String, bool> =
        logins.all().await.unwrap().into_iter().map(|user| (user.login, user.is_enabled)).collect();
    seen.push(format!("{users:?}"));
    seen
}

#[tokio::test]
#[ignore = "needs a local cloud: cargo xtask test"]
async fn the_worlds_pool_of_users_answers_as_the_local_clouds_does() {
    let policy = json!({"PasswordPolicy": {"MinimumLength": 14, "RequireSymbols": false}});
    let made = cognito("create_user_pool", &json!({"PoolName": "e2e-contract", "Policies": policy}));
    let pool = made["UserPool"]["Id"].as_str().unwrap().to_owned();
    let on_the_cloud = scenario(&Logins::new(&Connection::of(stack().sdk_config()), &pool)).await;
    cognito("delete_user_pool", &json!({"UserPoolId": pool}));
    let world = World::builder(1).user_pool("pool").build();
    let in_the_world = scenario(&Logins::new(&Connection::of(world.sdk_config()), "pool")).await;
    assert_eq!(in_the_world, on_the_cloud);
    assert!(in_the_world[0].ends_with("done") && in_the_world[3].contains("InvalidPassword"), "{in_the_world:?}");
    let gone = Logins::new(&Connection::of(stack().sdk_config()), &pool).all().await.unwrap_err();
    let nowhere = Logins::new(&Connection::of(world.sdk_config()), "another").all().await.unwrap_err();
    assert_eq!((gone.kind, gone.code), (nowhere.kind, nowhere.code));
}
