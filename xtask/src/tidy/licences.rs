//! The licences of npm's packages, as their lock files name them. cargo-deny sees to those of the crates.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::failure::{Act, Failure};

/// What may become part of the product stands there, for crates and packages alike.
const DENY: &str = "deny.toml";

/// The lock files, and whether what they install, tools aside, becomes part of the product.
const LOCKS: [(&str, bool); 3] = [
    ("console/package-lock.json", true),
    ("tests/oidc/package-lock.json", false),
    ("xtask/clients/package-lock.json", false),
];

/// What a tool may have besides: it runs here, and no part of it is in the product.
const OF_TOOLS: [&str; 6] = ["0BSD", "BSD-2-Clause", "BlueOak-1.0.0", "CC0-1.0", "Python-2.0", "Unlicense"];

/// Packages whose lock file names none, with the licence that was read in the package.
const READ_BY_HAND: [(&str, &str); 1] = [("node_modules/reserved", "MIT")];

#[derive(Deserialize)]
struct Deny {
    licenses: Licences,
}

#[derive(Deserialize)]
struct Licences {
    allow: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Lock {
    packages: BTreeMap<String, Package>,
}

#[derive(Deserialize)]
struct Package {
    license: Option<String>,
    #[serde(default)]
    dev: bool,
}

/// A sentence for each package with another licence than it may have.
///
/// # Errors
/// A [`Failure`] when a lock file or the list of licences cannot be read.
pub(crate) fn check(root: &Path) -> Result<BTreeSet<String>, Failure> {
    let read = |path: &str| fs::read_to_string(root.join(path)).act(|| format!("read {path}"));
    let deny: Deny = toml::from_str(&read(DENY)?).act(|| format!("understand {DENY}"))?;
    let mut faults = BTreeSet::new();
    for (path, ships) in LOCKS {
        let lock: Lock = serde_json::from_str(&read(path)?).act(|| format!("understand {path}"))?;
        faults.extend(refused(&lock, ships, &deny.licenses.allow).into_iter().map(|fault| format!("{path}: {fault}")));
    }
    Ok(faults)
}

fn refused(lock: &Lock, ships: bool, allowed: &BTreeSet<String>) -> Vec<String> {
    // The first entry is the folder itself.
    let packages = lock.packages.iter().filter(|(name, _)| !name.is_empty());
    packages
        .filter_map(|(name, package)| {
            let by_hand = READ_BY_HAND.iter().find(|(known, _)| known == name).map(|(_, licence)| *licence);
            let Some(licence) = package.license.as_deref().or(by_hand) else {
                return Some(format!("{name} names no licence"));
            };
            let is_tool = package.dev || !ships;
            let may = |one: &str| allowed.contains(one) || (is_tool && OF_TOOLS.contains(&one));
            let is_allowed = licence.trim_matches(['(', ')']).split(" OR ").any(may);
            (!is_allowed).then(|| format!("{name} has the licence {licence}, which {DENY} does not allow"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    fn faults(licence: Option<&str>, dev: bool, ships: bool) -> usize {
        let package = json!({ "license": licence, "dev": dev });
        let lock = json!({ "packages": { "": {}, "node_modules/one": package } });
        refused(&serde_json::from_value(lock).unwrap(), ships, &BTreeSet::from(["MIT".to_owned()])).len()
    }

    #[test]
    fn what_ships_has_a_licence_of_the_product_and_a_tool_a_few_more() {
        for (licence, dev, ships, wanted) in [
            (Some("MIT"), false, true, 0),
            (Some("(MIT OR GPL-3.0)"), false, true, 0),
            (Some("Unlicense"), false, true, 1),
            (Some("Unlicense"), true, true, 0),
            (Some("Unlicense"), false, false, 0),
            (Some("GPL-3.0"), true, false, 1),
            (Some("MIT AND GPL-3.0"), true, false, 1),
            (None, true, false, 1),
        ] {
            assert_eq!(faults(licence, dev, ships), wanted, "{licence:?} {dev} {ships}");
        }
    }
}
