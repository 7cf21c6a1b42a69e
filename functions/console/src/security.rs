//! The headers that every answer has: what a page may load, and who may show it.

use crate::config::Config;
use crate::gateway::Answer;

/// What is the same permanentlyy answer. HSTS is no business of a host that is called without TLS, and ignored there.
const ALWAYS: [(&str, &str); 6] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("strict-transport-security", "max-age=31536000"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=()"),
];

/// The policy of what is no page.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";

/// The headers.
#[derive(Debug)]
pub(crate) struct Security {
    page: String,
}

impl Security {
    /// The policy of the pages: scripts and styles of ours alone, no string becomes code, audio from the buckets alone. One
    /// policy of Trusted Types, `decoder`, gives a worker the script that the page names.
    pub(crate) fn of(config: &Config) -> Self {
        let audio = &config.audio_origins;
        Self {
            page: format!(
                "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self'; \
                 connect-src 'self' {audio}; media-src blob: {audio}; base-uri 'none'; form-action 'none'; \
                 frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types decoder"
            ),
        }
    }

    /// A page with its policy.
    pub(crate) fn of_page(&self, answer: Answer) -> Answer {
        answer.header("content-security-policy", self.page.as_str())
    }

    /// Any answer with what it does not say itself.
    pub(crate) fn of_any(mut answer: Answer) -> Answer {
        for (name, value) in ALWAYS {
            answer = answer.header(name, value);
        }
        answer.header_by_default("content-security-policy", NOTHING).header_by_default("cache-control", "no-store")
    }
}
