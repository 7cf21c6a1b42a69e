//! Answers, each with the headers that keep a page to itself.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::style::STYLE;

/// An answer as the gateway takes it.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The status.
    pub status_code: u16,
    /// Headers, their names in lower case.
    pub headers: BTreeMap<&'static str, String>,
    /// The page.
    pub body: String,
}

/// QUIET: a location opens a package.
impl std::fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Answer({})", self.status_code)
    }
}

/// What the page may do: show itself, and lead to the package.
#[derive(Debug)]
pub(crate) struct Policies {
    content: String,
}

impl Policies {
    /// A button's answer is a redirection, which counts as the form's action.
    pub(crate) fn new(package_origin: &str) -> Self {
        let style = BASE64.encode(&Sha256::digest(STYLE));
        Self {
            content: format!(
                "default-src 'none'; style-src 'sha256-{style}'; form-action 'self' {package_origin}; base-uri 'none'; \
                 frame-ancestors 'none'"
            ),
        }
    }
}

impl Answer {
    pub(crate) fn page(policies: &Policies, status_code: u16, body: String) -> Self {
        let headers = BTreeMap::from([
            ("cache-control", "no-store".to_owned()),
            ("content-security-policy", policies.content.clone()),
            ("content-type", "text/html; charset=utf-8".to_owned()),
            ("cross-origin-opener-policy", "same-origin".to_owned()),
            ("cross-origin-resource-policy", "same-origin".to_owned()),
            ("permissions-policy", "camera=(), geolocation=(), microphone=()".to_owned()),
            ("referrer-policy", "no-referrer".to_owned()),
            ("strict-transport-security", "max-age=31536000".to_owned()),
            ("x-content-type-options", "nosniff".to_owned()),
            ("x-frame-options", "DENY".to_owned()),
            ("x-robots-tag", "noindex, nofollow, noarchive".to_owned()),
        ]);
        Self { status_code, headers, body }
    }

    /// Leads to the package.
    pub(crate) fn see_other(policies: &Policies, url: &str) -> Self {
        let mut answer = Self::page(policies, 303, String::new());
        answer.headers.insert("location", url.to_owned());
        answer
    }
}
