//! Logins: the users of the pool are those of the staff list, whatever fails on the way.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};
use tests::company::{self, ADMIN_LOGIN, Company, USER_POOL, sample_rulebook};
use tests::monitor::Rule;
use tests::world::{EVERY_FAULT, Fault, FaultKind, Moment, PoolUser, Service, Which, World, for_every_fault};

const ADDRESS: &str = "s.suzuki@yamada.example";

/// The sample list, with a login that is an address.
fn staff_list() -> String {
    let (_, staff) = sample_rulebook();
    let changed = staff.replace("suzuki,鈴木 一郎,,", &format!("suzuki,鈴木 一郎,{ADDRESS},"));
    assert_ne!(changed, staff);
    changed
}

/// The sample list as it would stand after someone left at once.
fn without(login: &str) -> String {
    let row = format!("{login},");
    staff_list().lines().filter(|line| !line.starts_with(&row)).map(|line| format!("{line}\n")).collect()
}

async fn published(staff: &str) -> Company {
    let company = Company::of(Company::builder(1).build());
    company.publish(&sample_rulebook().0, staff).await;
    company
}

async fn keep(company: &Company) -> Result<(), String> {
    keep_until(company, company.world.now() + SignedDuration::from_mins(4)).await
}

async fn keep_until(company: &Company, stop_at: jiff::Timestamp) -> Result<(), String> {
    let event = serde_json::from_value(json!({"scheduled": "logins"})).unwrap();
    let answer = jobs::answer(&company.jobs_context(), event, stop_at).await;
    answer.map(|_| ()).map_err(|error| error.to_string())
}

/// Who can sign in.
fn enabled(world: &World) -> BTreeSet<String> {
    world.pool_users(USER_POOL).into_iter().filter(|user| user.is_enabled).map(|user| user.name).collect()
}

/// The events of `jobs`, as action and login.
fn events(company: &Company) -> BTreeSet<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let items = company.snapshot();
    let of_jobs = items.iter().map(|item| &item["view"]).filter(|event| event["staff"] == "jobs");
    of_jobs.map(|event| (text(&event["action"]), text(&event["facts"]["login"]))).collect()
}

/// Those of the sample list who are there on 13 November.
fn of_the_list() -> BTreeSet<String> {
    ["yamada", "hayashi", "ono", "kato", "mori", "sato", ADDRESS, "takahashi", "nakamura", "watanabe", "abe"]
        .map(str::to_owned)
        .into()
}

#[tokio::test(start_paused = true)]
async fn who_is_on_the_list_today_can_sign_in_and_nobody_else() {
    let company = published(&staff_list()).await;
    let world = &company.world;
    for login in ["sato", "tanaka", "stranger"] {
        world.put_pool_user(USER_POOL, PoolUser::enabled(login));
    }
    world.put_pool_user(USER_POOL, PoolUser { is_enabled: false, ..PoolUser::enabled("kato") });
    keep(&company).await.unwrap();
    assert_eq!(enabled(world), of_the_list());
    let users = world.pool_users(USER_POOL);
    let user = |name: &str| users.iter().find(|user| user.name == name).unwrap();
    // Whoever is shut out is signed out everywhere; nobody is deleted, and whoever stays is left alone.
    for shut_out in ["tanaka", "stranger"] {
        assert_eq!((user(shut_out).is_enabled, user(shut_out).signed_out), (false, 1));
    }
    assert_eq!(user("sato"), &PoolUser::enabled("sato"));
    // An invitation goes to an address alone.
    let invited: Vec<&str> = users.iter().filter_map(|user| user.invited.as_deref()).collect();
    assert_eq!(invited, [ADDRESS]);
    let events = events(&company);
    for (action, login) in [
        ("disable_login", "tanaka"),
        ("disable_login", "stranger"),
        ("enable_login", "kato"),
        ("create_login", ADDRESS),
        ("create_login", "yamada"),
    ] {
        assert!(events.contains(&(action.to_owned(), login.to_owned())), "{action} {login}");
    }
    assert_eq!(events.len(), 2 + 1 + (11 - 2), "one event a change");
}

#[tokio::test(start_paused = true)]
async fn twice_is_once_and_a_run_without_news_reads_two_items() {
    let company = published(&staff_list()).await;
    keep(&company).await.unwrap();
    let (once, users) = (company.snapshot(), company.world.pool_users(USER_POOL));
    company.world.take_calls();
    company.world.advance(Duration::from_secs(300));
    keep(&company).await.unwrap();
    assert_eq!((company.snapshot(), company.world.pool_users(USER_POOL)), (once, users));
    let kinds: Vec<String> = company.world.take_calls().iter().map(tests::world::Call::kind).collect();
    // The third is the rulebook's text, which a function that has run before has at hand.
    assert_eq!(kinds, ["dynamodb GetItem rokuban", "s3 GetObject rulebooks", "dynamodb GetItem rokuban"]);
}

#[tokio::test(start_paused = true)]
async fn a_new_list_and_a_new_day_are_news() {
    let company = published(&format!("{}ashita,明日 来る,,,,sales,staff,,,2026-11-14,\n", staff_list())).await;
    keep(&company).await.unwrap();
    assert!(!enabled(&company.world).contains("ashita"));
    // By hand in the console: until the next day nobody looks.
    company.world.put_pool_user(USER_POOL, PoolUser::enabled("by-hand"));
    company.world.set_now("2026-11-13T23:59:59+09:00".parse().unwrap());
    keep(&company).await.unwrap();
    assert!(enabled(&company.world).contains("by-hand"));
    company.world.set_now("2026-11-14T00:00:00+09:00".parse().unwrap());
    keep(&company).await.unwrap();
    assert!(enabled(&company.world).contains("ashita"));
    assert!(!enabled(&company.world).contains("by-hand"));
    company.publish(&sample_rulebook().0, &without("abe")).await;
    keep(&company).await.unwrap();
    assert!(!enabled(&company.world).contains("abe"));
    company.publish(&sample_rulebook().0, &staff_list()).await;
    keep(&company).await.unwrap();
    assert!(enabled(&company.world).contains("abe"), "one who comes back is let in again");
    assert_eq!(company.world.pool_users(USER_POOL).iter().filter(|user| user.name == "abe").count(), 1);
}

#[tokio::test(start_paused = true)]
async fn before_the_first_list_admin_login_is_made_and_nobody_is_shut_out() {
    let company = Company::of(Company::builder(1).build());
    company.world.put_pool_user(USER_POOL, PoolUser::enabled("somebody"));
    keep(&company).await.unwrap();
    assert_eq!(enabled(&company.world), [ADMIN_LOGIN.to_owned(), "somebody".to_owned()].into());
}

#[tokio::test(start_paused = true)]
async fn a_rulebook_that_cannot_be_read_shuts_nobody_out() {
    let company = published(&without("abe")).await;
    company.leaves(Rule::LivesOn, "the rulebook's texts are taken away");
    company.world.put_pool_user(USER_POOL, PoolUser::enabled("abe"));
    let keys = company.world.object_keys(company::RULEBOOK_BUCKET);
    for key in keys {
        for version in company.world.object_versions(company::RULEBOOK_BUCKET, &key) {
            company.world.remove_version(company::RULEBOOK_BUCKET, &key, &version.version_id);
        }
    }
    assert!(keep(&company).await.is_err());
    assert!(enabled(&company.world).contains("abe"));
    assert!(company.world.calls().iter().all(|call| call.service != Service::Cognito));
}

#[tokio::test(start_paused = true)]
async fn a_list_of_a_thousand_is_read_by_pages_and_gone_through_in_several_runs() {
    let many: String =
        (0..1_000).map(|number| format!("m{number:04},人 {number},,,,sales,staff,,,2026-04-01,\n")).collect();
    let company = published(&format!("{}{many}", staff_list())).await;
    for number in 0..200 {
        company.world.put_pool_user(USER_POOL, PoolUser::enabled(&format!("gone-{number:04}")));
    }
    company.world.take_calls();
    // No time at all: nothing is begun that might be cut off in its middle, and nothing said to be done.
    keep_until(&company, company.world.now()).await.unwrap();
    let calls = company.world.take_calls();
    let of = |operation: &str| calls.iter().filter(|call| call.operation == operation).count();
    assert_eq!((of("ListUsers"), of("AdminCreateUser"), of("AdminDisableUser")), (4, 0, 0), "200 by 60");
    keep(&company).await.unwrap();
    assert_eq!(enabled(&company.world).len(), 1_000 + 11);
    assert_eq!(company.world.pool_users(USER_POOL).len(), 1_000 + 11 + 200);
}

#[tokio::test(start_paused = true)]
async fn one_login_that_can_be_no_users_name_keeps_nobody_else_waiting() {
    let company = published(&staff_list().replace(ADDRESS, "suzuki ichiro")).await;
    keep(&company).await.unwrap();
    let mut expected = of_the_list();
    expected.remove(ADDRESS);
    assert_eq!(enabled(&company.world), expected);
    // It is not tried again every five minutes.
    company.world.take_calls();
    keep(&company).await.unwrap();
    assert!(company.world.take_calls().iter().all(|call| call.service != Service::Cognito));
}

#[tokio::test(start_paused = true)]
async fn who_is_not_let_in_while_the_pool_is_throttled_is_let_in_by_a_later_run() {
    let company = published(&staff_list()).await;
    company.world.set_fault(Fault {
        which: Which::EveryOf(Service::Cognito, "AdminCreateUser"),
        moment: Moment::Effect,
        kind: FaultKind::Throttled,
    });
    assert!(keep(&company).await.unwrap_err().contains("Throttled"));
    assert!(enabled(&company.world).is_empty());
    company.world.clear_faults();
    keep(&company).await.unwrap();
    assert_eq!(enabled(&company.world), of_the_list());
}

#[tokio::test(start_paused = true)]
async fn whatever_fails_the_next_run_ends_where_a_run_without_a_fault_ends() {
    let arrange = async || {
        let company = published(&without("abe")).await;
        for login in ["abe", "sato"] {
            company.world.put_pool_user(USER_POOL, PoolUser::enabled(login));
        }
        company.world.put_pool_user(USER_POOL, PoolUser { is_enabled: false, ..PoolUser::enabled("kato") });
        company.world
    };
    let act = async |world: &World| {
        let company = Company::of_without_retries(world.clone());
        let first = keep(&company).await;
        let second = keep(&company).await;
        (first, second)
    };
    let mut expected = of_the_list();
    expected.remove("abe");
    let check =
        async |world: &World, fault: Option<&Fault>, (first, second): (Result<(), String>, Result<(), String>)| {
            let company = Company::of_without_retries(world.clone());
            // One that was set to strike the first run alone leaves the second whole.
            second.or_else(|_| first.clone()).unwrap_or_else(|error| panic!("{fault:?}: {error}"));
            keep(&company).await.unwrap();
            assert_eq!(enabled(world), expected, "{fault:?}");
            let users = world.pool_users(USER_POOL);
            let abe = users.iter().find(|user| user.name == "abe").unwrap();
            assert!(!abe.is_enabled && abe.signed_out >= 1, "{fault:?}");
            // TRACE: each change has its event.
            let events = events(&company);
            assert!(events.contains(&("disable_login".to_owned(), "abe".to_owned())), "{fault:?}");
            assert!(events.contains(&("enable_login".to_owned(), "kato".to_owned())), "{fault:?}");
            for login in expected.iter().filter(|login| !["sato", "kato"].contains(&login.as_str())) {
                assert!(events.contains(&("create_login".to_owned(), login.clone())), "{fault:?} {login}");
            }
            assert!(!events.iter().any(|(_, login)| login == "sato"), "{fault:?}");
        };
    let tried = for_every_fault(EVERY_FAULT, arrange, act, check).await;
    assert!(tried > 100, "{tried}");
}

#[tokio::test(start_paused = true)]
async fn without_a_pool_of_ours_nothing_is_asked_of_any() {
    let company = published(&staff_list()).await;
    let config = jobs::Config { user_pool_id: None, ..company.jobs_config() };
    company.world.take_calls();
    let event = serde_json::from_value(json!({"scheduled": "logins"})).unwrap();
    let context = jobs::Context::new(config, company.connection());
    jobs::answer(&context, event, company.world.now()).await.unwrap();
    assert!(company.world.take_calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn no_login_stands_in_an_error() {
    let company = published(&staff_list().replace(ADDRESS, "09012345678")).await;
    company.world.set_fault(Fault {
        which: Which::EveryOf(Service::Cognito, "AdminCreateUser"),
        moment: Moment::Effect,
        kind: FaultKind::AccessDenied,
    });
    let event = serde_json::from_value(json!({"scheduled": "logins"})).unwrap();
    let stop_at = company.world.now() + SignedDuration::from_mins(4);
    let error = jobs::answer(&company.jobs_context(), event, stop_at).await.unwrap_err();
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(text.contains("AccessDenied") && !text.contains("09012345678") && !text.contains("abe"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_mail_limit_keeps_nobody_waiting_who_needs_no_mail_and_the_next_day_goes_on() {
    let invitees: String = ["a1", "a2", "a3"]
        .map(|id| format!("{id},招待 {id},{id}@yamada.example,,,sales,staff,,,2026-11-01,\n"))
        .concat();
    let company = published(&format!("{}{invitees}", staff_list())).await;
    company.world.limit_mails(2);
    keep(&company).await.unwrap();
    let invited = || company.world.pool_users(USER_POOL).iter().filter(|user| user.invited.is_some()).count();
    assert_eq!(invited(), 2);
    let without_mail = of_the_list().into_iter().filter(|login| !login.contains('@'));
    assert!(without_mail.collect::<BTreeSet<_>>().is_subset(&enabled(&company.world)));
    // Once it is known, no other invitation is tried: each try would cost retries, and leave an event.
    let tried = events(&company).into_iter().filter(|(action, login)| action == "create_login" && login.contains('@'));
    assert_eq!(tried.count(), 3);
    company.world.limit_mails(50);
    company.world.set_now("2026-11-14T00:00:00+09:00".parse().unwrap());
    keep(&company).await.unwrap();
    assert_eq!(invited(), 4);
}
