//! From the command line to what an import works with: the connection, the rulebook, the journal's place.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::Region;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use jiff::Timestamp;
use policy::Language;
use policy::rulebook::{FaultIn, Rulebook, check, decode_staff_list, publish};
use store::{Connection, Table, Uploads};

use crate::args::Import;
use crate::failure::Failure;
use crate::import::{Cloud, Options};
use crate::journal;

/// A person's connection can be slower than a function's.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// 8 MiB at 70 kB/s; a slower connection needs fewer jobs.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(120);

/// Four faults of a rulebook: publishing reports all of them, an import only that it can't be used.
const FAULTS_SHOWN: usize = 4;

/// The options of an import, from the arguments.
///
/// # Errors
/// The folder or the rulebook can't be read.
pub fn options(import: &Import, now: Timestamp) -> Result<Options, Failure> {
    let folder = fs::canonicalize(&import.dir).map_err(|error| {
        Failure::new(
            format!("cannot open the folder {}", import.dir.display()),
            "Name the folder that holds the recordings.",
        )
        .because(error)
    })?;
    let rulebook = match &import.rulebook {
        None => Rulebook::strict_default(""),
        Some(policy) => read_rulebook(policy, import.staff.as_deref(), now)?,
    };
    let journal = match &import.journal {
        Some(path) => path.clone(),
        None => journal::place(
            &state_directory(|name| env::var_os(name).map(PathBuf::from)),
            &folder,
            &import.prefix,
            import.bucket.as_deref().unwrap_or_default(),
            import.endpoint_url.as_deref(),
        ),
    };
    Ok(Options {
        folder,
        prefix: import.prefix.clone(),
        rulebook,
        jobs: usize::from(import.jobs),
        accept_expired: import.accept_expired,
        wait: import.wait,
        report: import.report.clone(),
        journal,
        json: import.json,
    })
}

/// The destination, with the person's own credentials: environment, profile, SSO, a process, a role. Makes no request;
/// `None` for a dry run.
///
/// # Errors
/// No region is configured.
pub async fn cloud(import: &Import) -> Result<Option<Cloud>, Failure> {
    let Some(bucket) = import.bucket.as_ref().filter(|_| !import.dry_run) else {
        return Ok(None);
    };
    // Use the machine's own root certificates and proxy: a company's proxy may be between it and AWS.
    let http_client = Builder::new().build_with_connector_fn(|settings, components| {
        let mut connector = Connector::builder().proxy_config(ProxyConfig::from_env());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).build()
    });
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client)
        .retry_config(RetryConfig::standard())
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                .build(),
        );
    if let Some(profile) = &import.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &import.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(endpoint_url) = &import.endpoint_url {
        loader = loader.endpoint_url(endpoint_url);
    }
    let config = loader.load().await;
    if config.region().is_none() {
        return Err(Failure::new("no AWS region is configured", "Name the bucket's with --region, or set AWS_REGION."));
    }
    let connection = Connection::of(config);
    Ok(Some(Cloud {
        uploads: Uploads::new(&connection, bucket),
        table: import.table.as_ref().map(|table| Table::new(&connection, table)),
    }))
}

/// Reads a rulebook as it would be published: the policy, and the staff list, whose teams decide periods.
fn read_rulebook(policy: &Path, staff: Option<&Path>, now: Timestamp) -> Result<Rulebook, Failure> {
    let staff = staff.map_or_else(|| policy.with_file_name("staff.csv"), Path::to_owned);
    let read = |path: &Path, fix: &str| {
        fs::read(path).map_err(|error| Failure::new(format!("cannot read {}", path.display()), fix).because(error))
    };
    let policy_bytes = read(policy, "Name the rulebook's policy with --rulebook.")?;
    let staff_bytes = read(&staff, "The periods depend on the teams: name the rulebook's staff list with --staff.")?;
    let not_text = |path: &Path| Failure::new(format!("{} is no text", path.display()), "Save it again as UTF-8.");
    let policy_text = String::from_utf8(policy_bytes).map_err(|error| not_text(policy).because(error))?;
    let staff_text = decode_staff_list(&staff_bytes).map_err(|error| not_text(&staff).because(error))?;
    let checked = check(&policy_text, &staff_text, now).map_err(|faults| {
        let shown: String = faults
            .iter()
            .take(FAULTS_SHOWN)
            .map(|fault| {
                let file = if fault.file == FaultIn::Policy { policy } else { &staff };
                let told = fault.wrong.told(Language::English);
                format!("\n  {} line {}: {} {}", file.display(), fault.line, told.reason, told.fix)
            })
            .collect();
        let more = faults.len().saturating_sub(FAULTS_SHOWN);
        let more = if more > 0 { format!("\n  … and {more} more") } else { String::new() };
        Failure::new(
            format!("the rulebook has faults:{shown}{more}"),
            "Mend them, or name the rulebook that is in force (GET /rulebook).",
        )
    })?;
    let unusable = || Failure::new("the rulebook can't be used", "Name the one that is in force (GET /rulebook).");
    publish(None, &checked, "import", now)
        .map_err(|error| unusable().because(error))?
        .document
        .rulebook()
        .map_err(|error| unusable().because(error))
}

/// The system's folder for a program's state; the current folder where there is none.
fn state_directory(variable: impl Fn(&str) -> Option<PathBuf>) -> PathBuf {
    let set = |name: &str| variable(name).filter(|path| path.is_absolute());
    set("XDG_STATE_HOME")
        .or_else(|| set("LOCALAPPDATA"))
        .or_else(|| set("HOME").map(|home| home.join(".local/state")))
        .unwrap_or_else(|| PathBuf::from("."))
        .join("rokuban")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::folder::Folder;

    const STRICT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../samples/rulebook");

    fn now() -> Timestamp {
        "2026-11-13T09:00:00+09:00".parse().unwrap()
    }

    #[test]
    fn a_rulebook_is_its_policy_and_the_staff_list_beside_it() {
        let policy = Path::new(STRICT).join("policy.toml");
        let rulebook = read_rulebook(&policy, None, now()).unwrap();
        assert_eq!(rulebook.version, 1);
        assert!(rulebook.retention.iter().any(|rule| rule.class == "contracts" && rule.keep_days == 90));
        assert!(rulebook.member("kato", jiff::civil::date(2026, 11, 13)).is_some());
    }

    #[test]
    fn a_rulebook_with_a_fault_is_refused_with_its_line() {
        let folder = Folder::new();
        let policy = folder.write("policy.toml", "[company]\nname = 1\n[purpose]\ndefault = \"all\"\n");
        let error = read_rulebook(&policy, None, now()).unwrap_err().to_string();
        assert!(error.contains("staff.csv") && error.contains("--staff"), "{error}");
        std::fs::copy(Path::new(STRICT).join("staff.csv"), folder.path().join("staff.csv")).unwrap();
        let error = read_rulebook(&policy, None, now()).unwrap_err().to_string();
        assert!(error.contains("policy.toml line 1") && error.contains("more"), "{error}");
    }

    #[test]
    fn the_journal_lies_where_the_system_keeps_state() {
        let directory = |set: &[(&str, &str)]| {
            state_directory(|name| set.iter().find(|(known, _)| *known == name).map(|(_, path)| PathBuf::from(path)))
        };
        assert_eq!(directory(&[("HOME", "/home/a"), ("XDG_STATE_HOME", "/s")]), Path::new("/s/rokuban"));
        assert_eq!(
            directory(&[("HOME", "/home/a"), ("XDG_STATE_HOME", "s")]),
            Path::new("/home/a/.local/state/rokuban")
        );
        assert_eq!(directory(&[]), Path::new("./rokuban"));
    }
}
