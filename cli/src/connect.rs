//! From the command line to what an import works with: the connection, the rulebook, the journal's place.

use std::env;
use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::ProvideCredentials as _;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use jiff::Timestamp;
use policy::rulebook::Rulebook;
use store::{Connection, Table, Uploads};

use crate::args::{Account, Import, system_language};
use crate::failure::Failure;
use crate::import::{Cloud, Options};
use crate::journal;
use crate::rulebook::usable;

/// A person's connection can be slower than a function's.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// 8 MiB at 70 kB/s; a slower connection needs fewer jobs.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(120);

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
        Some(policy) => {
            let language = system_language(|name| env::var(name).ok());
            usable(policy, import.staff.as_deref(), now, language)?
        }
    };
    let journal = match &import.journal {
        Some(path) => path.clone(),
        None => journal::place(
            &state_directory(|name| env::var_os(name).map(PathBuf::from)),
            &folder,
            &import.prefix,
            import.bucket.as_deref().unwrap_or_default(),
            import.account.endpoint_url.as_deref(),
        ),
    };
    Ok(Options {
        folder,
        prefix: import.prefix.clone(),
        rulebook,
        jobs: usize::from(import.jobs),
        accept_expired: import.accept_expired,
        accept_unmatched: import.accept_unmatched,
        wait: import.wait,
        report: import.report.clone(),
        journal,
        json: import.json,
    })
}

/// The destination of an import. `None` for a dry run.
///
/// # Errors
/// No region is configured, or no credentials are found.
pub async fn cloud(import: &Import) -> Result<Option<Cloud>, Failure> {
    let Some(bucket) = import.bucket.as_ref().filter(|_| !import.dry_run) else {
        return Ok(None);
    };
    let connection = connection(&import.account).await?;
    Ok(Some(Cloud {
        uploads: Uploads::new(&connection, bucket),
        table: import.table.as_ref().map(|table| Table::new(&connection, table)),
    }))
}

/// A connection with the person's own credentials: environment, profile, SSO, a process, a role. They are looked for
/// here, once, so that an expired sign-in is not a thousand failed requests.
///
/// # Errors
/// No region is configured, or no credentials are found.
pub async fn connection(account: &Account) -> Result<Connection, Failure> {
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
    if let Some(profile) = &account.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &account.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(endpoint_url) = &account.endpoint_url {
        loader = loader.endpoint_url(endpoint_url);
    }
    let config = loader.load().await;
    if config.region().is_none() {
        return Err(Failure::new("no AWS region is configured", "Name it with --region, or set AWS_REGION."));
    }
    has_credentials(&config).await?;
    Ok(Connection::of(config))
}

/// Whether anybody is signed in.
async fn has_credentials(config: &SdkConfig) -> Result<(), Failure> {
    const FIX: &str = "Sign in first (aws sso login --profile NAME), and name the profile with --profile or AWS_PROFILE; \
                       or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.";
    let missing = || Failure::new("no AWS credentials were found", FIX);
    let provider = config.credentials_provider().ok_or_else(missing)?;
    match provider.provide_credentials().await {
        Ok(_) => Ok(()),
        Err(error) => {
            let mut causes = error.to_string();
            let mut next = error.source();
            while let Some(cause) = next {
                causes = format!("{causes}: {cause}");
                next = cause.source();
            }
            Err(missing().because(causes))
        }
    }
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
    use std::path::Path;

    use aws_credential_types::Credentials;
    use aws_credential_types::provider::error::CredentialsError;
    use aws_credential_types::provider::{SharedCredentialsProvider, future};

    use super::*;

    /// A profile whose sign-in has expired.
    #[derive(Debug)]
    struct Expired;

    impl aws_credential_types::provider::ProvideCredentials for Expired {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::ready(Err(CredentialsError::not_loaded("the SSO session has expired")))
        }
    }

    #[tokio::test]
    async fn who_is_not_signed_in_is_told_so_before_anything_is_read() {
        let of = |provider: Option<SharedCredentialsProvider>| {
            let mut builder = SdkConfig::builder().behavior_version(BehaviorVersion::latest());
            builder.set_credentials_provider(provider);
            builder.build()
        };
        let nobody = has_credentials(&of(None)).await.unwrap_err().to_string();
        let expired =
            has_credentials(&of(Some(SharedCredentialsProvider::new(Expired)))).await.unwrap_err().to_string();
        assert!(expired.contains("the SSO session has expired"), "{expired}");
        for told in [nobody, expired] {
            assert!(told.starts_with("no AWS credentials were found") && told.contains("aws sso login"), "{told}");
        }
        let keys = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
        has_credentials(&of(Some(SharedCredentialsProvider::new(keys)))).await.unwrap();
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
