//! The page, its files and its headers.

use std::io::Read as _;

use flate2::read::GzDecoder;

use super::double::{Answer, BUCKET_ORIGIN, Console, Request};

fn unpacked(answer: &Answer) -> String {
    assert_eq!(answer.headers["content-encoding"], "gzip");
    let mut text = String::new();
    GzDecoder::new(answer.body.as_slice()).read_to_string(&mut text).unwrap();
    text
}

/// The files that a page names.
fn assets_of(page: &str) -> Vec<String> {
    let parts = page.split("assets/").skip(1);
    parts.map(|rest| format!("/assets/{}", rest.split('"').next().unwrap())).collect()
}

#[tokio::test(start_paused = true)]
async fn the_page_names_its_files_and_each_is_kept_permanently() {
    let console = Console::new(1);
    for path in ["/", "/signed-out", "/"] {
        let page = console.ask(&Request::go(path)).await;
        assert_eq!((page.status, page.headers["cache-control"].as_str()), (200, "no-cache"));
        assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
        let files = assets_of(&unpacked(&page));
        assert_eq!(files.len(), 6, "{files:?}");
        for path in files {
            let [_, hash, _] = path.split('.').collect::<Vec<_>>()[..] else { panic!("{path}") };
            assert_eq!(hash.len(), 16, "{path}");
            let file = console.ask(&Request::go(&path)).await;
            assert_eq!(file.headers["cache-control"], "public, max-age=31536000, immutable");
            assert_eq!(file.headers["x-content-type-options"], "nosniff");
            assert!(!unpacked(&file).is_empty());
        }
    }
    assert!(console.world.calls().is_empty(), "a page costs no call");
}

#[tokio::test(start_paused = true)]
async fn a_page_that_the_browser_has_is_not_sent_again() {
    let console = Console::new(1);
    let etag = console.ask(&Request::go("/")).await.headers["etag"].clone();
    for known in [etag.clone(), format!("\"other\", {etag}")] {
        let again = console.ask(&Request::go("/").header("if-none-match", &known)).await;
        assert_eq!((again.status, again.body.len()), (304, 0));
        assert_eq!(again.headers["etag"], etag);
    }
    assert_eq!(console.ask(&Request::go("/").header("if-none-match", "\"other\"")).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn the_script_of_an_older_page_loads_the_page_again() {
    let console = Console::new(1);
    let older = console.ask(&Request::go("/assets/app.0123456789abcdef.js")).await;
    assert_eq!((older.status, older.headers["cache-control"].as_str()), (200, "no-store"));
    assert_eq!(older.headers["content-type"], "text/javascript; charset=utf-8");
    assert!(String::from_utf8(older.body).unwrap().ends_with("location.reload()}"));
}

#[tokio::test(start_paused = true)]
async fn every_answer_to_a_page_names_the_script_that_is_served() {
    let console = Console::new(1);
    let page = console.ask(&Request::go("/")).await;
    let mut scripts = assets_of(&unpacked(&page)).into_iter().filter(|path| path.contains("/app."));
    let script = scripts.find(|path| path.rsplit('.').next() == Some("js")).unwrap();
    for path in ["/session", "/api/me"] {
        let answer = console.ask(&Request::fetch("GET", path)).await;
        assert_eq!(format!("/assets/{}", answer.headers["x-rokuban-script"]), script, "{path}");
    }
    assert!(!page.headers.contains_key("x-rokuban-script"));
}

#[tokio::test(start_paused = true)]
async fn the_script_of_later_pages_imports_the_one_that_the_page_runs() {
    let console = Console::new(1);
    let files = assets_of(&unpacked(&console.ask(&Request::go("/")).await));
    let is_script = |path: &str| path.rsplit('.').next() == Some("js");
    let named = |stem: &str| files.iter().find(|path| path.contains(stem) && is_script(path)).unwrap();
    let later = unpacked(&console.ask(&Request::go(named("/later."))).await);
    let imports: Vec<&str> = later.split("}from\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(imports.len() > 1);
    let app = named("/app.").replace("/assets/", "./");
    assert!(imports.iter().all(|import| *import == app), "a second copy of {app} would have a state of its own");
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_not_there_is_no_route() {
    let console = Console::new(1);
    for path in [
        "/assets/app.0123456789abcdef.css",
        "/assets/app.js",
        "/assets/app.0123456789abcdeg.js",
        "/assets/",
        "/assets/../main.rs",
        "/assets/%2e%2e",
    ] {
        assert_eq!(console.ask(&Request::go(path)).await.problem(), "no-route", "{path}");
    }
    assert_eq!(console.ask(&Request::go("/favicon.ico")).await.headers["content-type"], "image/svg+xml");
    assert_eq!(console.ask(&Request::new("POST", "/")).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn a_page_loads_nothing_from_elsewhere_but_audio() {
    let console = Console::new(1);
    let page = console.ask(&Request::go("/")).await;
    let policy = &page.headers["content-security-policy"];
    for directive in [
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "style-src 'self'",
        &format!("connect-src 'self' {BUCKET_ORIGIN}"),
        &format!("media-src blob: {BUCKET_ORIGIN}"),
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types decoder",
    ] {
        assert!(policy.split("; ").any(|each| each == directive), "{directive} is not in {policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
}

#[tokio::test(start_paused = true)]
async fn every_answer_says_that_it_is_kept_by_nobody_and_framed_by_nobody() {
    let console = Console::new(1);
    for ask in [
        Request::go("/"),
        Request::go("/nowhere"),
        Request::go("/session/login"),
        Request::go("/signed-in"),
        Request::go("/favicon.ico"),
        Request::fetch("GET", "/session"),
        Request::fetch("GET", "/api/me"),
        Request::fetch("POST", "/session/logout"),
    ] {
        let answer = console.ask(&ask).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.headers[name], value, "{ask:?}");
        }
        assert!(answer.headers["content-security-policy"].contains("frame-ancestors 'none'"), "{ask:?}");
        assert!(answer.headers.contains_key("strict-transport-security"), "{ask:?}");
        if ask.path.starts_with("/session") || ask.path.starts_with("/api") {
            assert_eq!(answer.headers["cache-control"], "no-store", "{ask:?}");
        }
    }
}
