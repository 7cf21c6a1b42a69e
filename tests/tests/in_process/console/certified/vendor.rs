//! The vendors: where their providers are, and what the guide recommends for each.

use std::time::Duration;

use serde_json::Value;

/// 20 seconds: the providers answer in milliseconds, on a machine that does other things too.
pub(super) const TIMEOUT: Duration = Duration::from_secs(20);

const GUIDE: &str = include_str!("../../../../../docs/guides/single-sign-on.md");

/// A vendor, and how a stack is deployed for it.
#[derive(Clone, Debug)]
pub(super) struct Vendor {
    pub(super) name: &'static str,
    pub(super) issuer: String,
    pub(super) client: String,
    pub(super) audience: String,
    /// The guide's `AccessTokenRule`.
    pub(super) rule: String,
    /// The guide's `IdentityClaim`.
    pub(super) claim: String,
    /// The guide's `LoginScopes`.
    pub(super) scopes: String,
    /// What a person types at the provider.
    pub(super) account: &'static str,
    /// What the guide says that the staff list holds.
    pub(super) login: &'static str,
}

impl Vendor {
    pub(super) fn entra() -> Self {
        const OBJECT_ID: &str = "cccccccc-2222-3333-4444-dddddddddddd";
        Self::of("entra", "Entra ID", OBJECT_ID, OBJECT_ID)
    }

    pub(super) fn okta() -> Self {
        Self::of("okta", "Okta", "00u1a2b3c4", "00u1a2b3c4")
    }

    /// Google Workspace, as the guide recommends it: through the pool.
    pub(super) fn pool() -> Self {
        Self::of("pool", "Google Workspace", "110169484474386276334", "google_110169484474386276334")
    }

    /// Google itself, with the settings of the pool.
    pub(super) fn google() -> Self {
        Self {
            scopes: "openid email".to_owned(),
            ..Self::of("google", "Google Workspace", "110169484474386276334", "")
        }
    }

    pub(super) fn standard() -> Self {
        let scopes = "openid offline_access".to_owned();
        Self { scopes, ..Self::of("standard", "a provider of RFC 9068", "kato-7f3a", "kato-7f3a") }
    }

    /// Those whose access tokens are taken.
    pub(super) fn all() -> [Self; 4] {
        [Self::entra(), Self::okta(), Self::pool(), Self::standard()]
    }

    fn of(name: &'static str, row: &str, account: &'static str, login: &'static str) -> Self {
        let providers = std::env::var("ROKUBAN_OIDC").expect("node tests/oidc/main.mjs runs these tests");
        let providers: Value = serde_json::from_str(&providers).unwrap();
        let text = |key: &str| providers[name][key].as_str().unwrap().to_owned();
        let client = text("client");
        let cells = GUIDE.lines().find_map(|line| line.strip_prefix(&format!("| {row} | "))).unwrap();
        let cells: Vec<&str> = cells.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let [_, _, _, rule, claim, _] = cells[..] else { panic!("{cells:?}") };
        let section = GUIDE.split("\n## ").find(|section| section.starts_with(&format!("{row}\n")));
        let scopes = section.and_then(|section| section.split_once("LoginScopes=\"")?.1.split('"').next());
        Self {
            name,
            issuer: text("issuer"),
            audience: text("audience"),
            rule: rule.replace("CLIENT", &client),
            claim: claim.to_owned(),
            // The template's default.
            scopes: scopes.unwrap_or("openid").replace("CLIENT", &client),
            client,
            account,
            login,
        }
    }

    /// Whether a session outlives its access token.
    pub(super) fn gives_refresh_tokens(&self) -> bool {
        self.name != "standard"
    }

    /// Whether a refresh token is good once.
    pub(super) fn rotates(&self) -> bool {
        self.gives_refresh_tokens() && self.name != "entra"
    }
}
