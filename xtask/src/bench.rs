//! `bench`: what the functions cost, counted and not timed, so that a busy machine changes nothing. Writes
//! docs/internals/performance.md.

mod findings;
mod measure;
mod page;
mod runtime;
mod scale;

use std::fs;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::failure::{Act, Failure};
use crate::progress::{Done, say, step};
use crate::tools::{self, TARGET, ask, command, root, target};
pub(crate) use scale::scale;

use findings::{Counted, Findings, Machine, Operation, Started};
use measure::Function;

/// Whose tokens the functions of the API take.
const TOKENS: [(&str, &str); 4] = [
    ("ISSUER", "https://cognito-idp.ap-northeast-1.amazonaws.com/ap-northeast-1_pool"),
    ("AUDIENCE", "client"),
    ("IDENTITY_CLAIM", "username"),
    ("ACCESS_TOKEN_RULE", "token_use=access"),
];

/// The yardstick, then the functions.
const NAMES: [&str; 11] =
    ["hello", "ingest", "index", "jobs", "retrieve", "cases", "clip", "deliver", "govern", "console", "sweep"];

/// 100 events: their seeds and allocations even out.
const WARM_EVENTS: usize = 100;

/// What S3 sends when a notification is set up, as SQS hands it to `ingest`: it needs no AWS.
const TEST_EVENT: &str = r#"{"Records":[{"messageId":"1","receiptHandle":"1","body":"{\"Service\":\"Amazon S3\",\"Event\":\"s3:TestEvent\",\"Time\":\"2026-11-13T00:00:00.000Z\",\"Bucket\":\"recordings\",\"RequestId\":\"1\",\"HostId\":\"1\"}","attributes":{},"messageAttributes":{},"eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:ap-northeast-1:000000000000:ingest","awsRegion":"ap-northeast-1"}]}"#;

/// A request of somebody without a token's claims: refused before AWS is asked for anything.
const ANONYMOUS_REQUEST: &str = r#"{"version":"2.0","routeKey":"GET /v1/recordings","rawPath":"/v1/recordings","rawQueryString":"","headers":{"host":"api.example","accept-language":"ja"},"requestContext":{"accountId":"000000000000","apiId":"api","domainName":"api.example","domainPrefix":"api","http":{"method":"GET","path":"/v1/recordings","protocol":"HTTP/1.1","sourceIp":"192.0.2.1","userAgent":"bench"},"requestId":"1","routeKey":"GET /v1/recordings","stage":"$default","time":"13/Nov/2026:00:00:00 +0000","timeEpoch":1794528000000},"isBase64Encoded":false}"#;

/// Counts everything and writes the page.
///
/// # Errors
/// A [`Failure`] when something is missing, or a function does not start.
pub(crate) fn bench() -> Result<(), Failure> {
    let machine = step("looking at this machine", machine)?;
    let directory = target("bench");
    fs::create_dir_all(&directory).act(|| format!("make {}", directory.display()))?;
    step("building as production does", build)?;
    let starts = step("cold starts", cold_starts)?;
    let events = step("warm events", warm_events)?;
    let work = step("decisions and bytes", pieces_of_work)?;
    let operations = step("calls and capacity", operations)?;
    let findings = Findings { machine, starts, events, work, operations };
    let path = root().join("docs/internals/performance.md");
    let written = scale::kept(page::write(&findings), &path);
    fs::write(&path, written).act(|| format!("write {}", path.display()))?;
    for missed in page::missed(&findings.starts) {
        say(&format!("missed: {missed}\n"));
    }
    say(&format!("written: {}\n", path.display()));
    Ok(())
}

fn machine() -> Result<Done<Machine>, Failure> {
    let valgrind = ask("valgrind", command("valgrind").arg("--version"), "").map_err(|failure| {
        failure.fix("Instructions are counted with valgrind: install it (Debian and Ubuntu: apt install valgrind).")
    })?;
    let compiler = ask("rustc", command("rustc").arg("--version"), "")?;
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let processor = processors
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .and_then(|line| line.split_once(':'))
        .map_or("unknown", |(_, model)| model.trim())
        .to_owned();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let date = Timestamp::now().strftime("%Y-%m-%d").to_string();
    let machine =
        Machine { processor, cores, compiler: compiler.trim().to_owned(), valgrind: valgrind.trim().to_owned(), date };
    Ok(Done::new(machine, ""))
}

/// Cargo with production's profile.
fn cargo(arguments: &[&str]) -> std::process::Command {
    let mut cargo = command("cargo");
    cargo
        // As cargo-lambda builds for x86-64.
        .env("RUSTFLAGS", "-C target-cpu=haswell")
        .args(arguments)
        .args(["--release", "--target", TARGET, "--target-dir"])
        .arg(target("bench"));
    cargo
}

/// What `sam build` makes for production, with the yardstick beside it.
fn build() -> Result<Done<()>, Failure> {
    let mut functions = cargo(&["build", "--bins"]);
    for name in NAMES {
        functions.args(["--package", name]);
    }
    tools::run("building", &mut functions, &target("bench/build.log"))?;
    // By itself: together, what the functions' tests depend on would choose features for the functions too.
    let mut work = cargo(&["build", "--package", "pieces"]);
    tools::run("building", &mut work, &target("bench/build-work.log"))?;
    Ok(Done::new((), ""))
}

fn binary(path: &str) -> PathBuf {
    target("bench").join(TARGET).join("release").join(path)
}

/// A function with the variables that the template gives it.
fn function(name: &'static str) -> Function {
    let table = ("TABLE_NAME", "rokuban");
    let recordings = ("RECORDINGS_BUCKET", "rokuban-recordings-000000000000");
    let rulebooks = [
        ("RULEBOOK_BUCKET", "rokuban-rulebook-000000000000"),
        ("AUDIT_BUCKET", "rokuban-audit-000000000000"),
        ("DATA_KEY", "00000000-0000-0000-0000-000000000000"),
        ("ADMIN_LOGIN", "admin"),
        ("RULEBOOK_CACHE_SECONDS", "60"),
    ];
    let derived = ("DERIVED_BUCKET", "rokuban-derived-000000000000");
    let decided = ("DECIDED_BUCKET", "rokuban-decided-000000000000");
    let index_queue = ("INDEX_QUEUE_URL", "https://sqs.ap-northeast-1.amazonaws.com/000000000000/index");
    let jobs_queue = ("JOBS_QUEUE_URL", "https://sqs.ap-northeast-1.amazonaws.com/000000000000/jobs");
    let clip_queue = ("CLIP_QUEUE_URL", "https://sqs.ap-northeast-1.amazonaws.com/000000000000/clip");
    let variables = match name {
        "ingest" => vec![table, recordings, index_queue, ("MAX_OBJECT_BYTES", "2147483648")],
        "index" => [&[table, jobs_queue][..], &rulebooks].concat(),
        "jobs" => {
            let ingest_queue = ("INGEST_QUEUE_URL", "https://sqs.ap-northeast-1.amazonaws.com/000000000000/ingest");
            let queues = [ingest_queue, index_queue, jobs_queue, clip_queue];
            [&[table, recordings, decided][..], &queues, &rulebooks].concat()
        }
        "sweep" => [&[table, recordings, derived][..], &rulebooks].concat(),
        "clip" => [&[table, derived, recordings][..], &rulebooks].concat(),
        "deliver" => {
            let origin = ("PACKAGE_ORIGIN", "https://rokuban-derived-000000000000.s3.ap-northeast-1.amazonaws.com");
            [&[table, derived, origin][..], &rulebooks].concat()
        }
        "retrieve" => [&[table, recordings, index_queue, jobs_queue][..], &rulebooks, &TOKENS].concat(),
        "console" => vec![
            table,
            ("CONSOLE_ORIGIN", "https://api.execute-api.ap-northeast-1.amazonaws.com"),
            ("API_URL", "https://api.execute-api.ap-northeast-1.amazonaws.com"),
            ("ISSUER", "https://cognito-idp.ap-northeast-1.amazonaws.com/ap-northeast-1_pool"),
            ("CLIENT_ID", "client"),
            ("AUDIO_ORIGINS", "https://rokuban-recordings-000000000000.s3.ap-northeast-1.amazonaws.com"),
        ],
        "cases" => [&[table, derived, jobs_queue, clip_queue][..], &rulebooks, &TOKENS].concat(),
        "govern" => {
            let delays = [("PUBLISH_DELAY_SECONDS", "120"), ("PUBLISH_SOONER_DELAY_SECONDS", "86400")];
            [&[table, decided, jobs_queue][..], &rulebooks, &TOKENS, &delays].concat()
        }
        _ => Vec::new(),
    };
    Function { name, binary: binary(name), variables }
}

fn cold_starts() -> Result<Done<Vec<Started>>, Failure> {
    let starts: Result<Vec<_>, Failure> = NAMES
        .into_iter()
        .map(|name| {
            let cost = function(name).cold_start()?;
            Ok(Started { name, cost })
        })
        .collect();
    Ok(Done::new(starts?, ""))
}

fn warm_events() -> Result<Done<Vec<Counted>>, Failure> {
    let events = [
        ("hello", "{}", "{}", "`hello`: any event"),
        ("ingest", TEST_EVENT, r#""batchItemFailures":[]"#, "`ingest`: S3's test message"),
        ("retrieve", ANONYMOUS_REQUEST, r#""statusCode":403"#, "`retrieve`: a request without claims, refused"),
    ];
    let counted: Result<Vec<_>, Failure> = events
        .into_iter()
        .map(|(name, event, expected, what)| {
            let instructions = function(name).warm_event(event, WARM_EVENTS, expected)?;
            Ok(Counted { what, instructions })
        })
        .collect();
    Ok(Done::new(counted?, ""))
}

fn pieces_of_work() -> Result<Done<Vec<Counted>>, Failure> {
    let pieces = [
        ("decide", 1, 1_000, "a permission decision: a manager, play, permitted"),
        ("hash", 1, 4, "SHA-256 of a MiB"),
        ("wav", 1, 4, "looking at a MiB of WAV"),
        ("mp3", 1, 4, "looking at a MiB of MP3 at 16 kbit/s, frame by frame"),
    ];
    let binary = binary("pieces");
    let counted: Result<Vec<_>, Failure> = pieces
        .into_iter()
        .map(|(work, least, times, what)| {
            let instructions = measure::work(&binary, work, least, times)?;
            Ok(Counted { what, instructions })
        })
        .collect();
    Ok(Done::new(counted?, ""))
}

fn operations() -> Result<Done<Vec<Operation>>, Failure> {
    let arguments = ["run", "--quiet", "--package", "costs", "--bin", "costs"];
    let printed = ask("counting calls in the world", command("cargo").args(arguments), "")?;
    // Before and behind it stand the metrics that functions print as lines of their log.
    let begin = printed.find("[\n").unwrap_or_default();
    let end = printed.rfind("\n]").map_or(printed.len(), |end| end + 2);
    let list = printed.get(begin..end).unwrap_or_default();
    let operations = serde_json::from_str(list).act(|| "read the counted calls".to_owned())?;
    Ok(Done::new(operations, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_events_that_are_measured_are_json() {
        for event in [TEST_EVENT, ANONYMOUS_REQUEST] {
            assert!(serde_json::from_str::<serde_json::Value>(event).is_ok(), "{event}");
        }
    }
}
