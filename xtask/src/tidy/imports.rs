//! Imports run one way: between crates by the table here, and within a crate without a circle. Nothing imports a crate's
//! root, which is for those outside.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Act, Failure};
use crate::tidy::paths::{Module, Token, declared, imported, tokens};

/// What a crate of the project may depend on. A function never depends on another, and no crate on its users.
const ALLOWED: [(&str, &[&str]); 8] = [
    ("shared/policy", &[]),
    ("shared/store", &["policy"]),
    ("shared/http", &["policy", "store"]),
    ("shared/oidc", &[]),
    ("shared/cutter", &["policy"]),
    ("functions", &["policy", "store", "rokuban-http", "oidc", "cutter"]),
    ("cli", &["policy", "store", "oidc"]),
    ("xtask", &[]),
];

/// Crates for tests and measurements, which look at everything.
const SEES_EVERYTHING: [&str; 2] = ["tests", "benches"];

/// The only crates that know AWS: the one that speaks to it, and the program that finds a person's own credentials.
const KNOWS_AWS: [&str; 2] = ["shared/store", "cli"];

/// Every import that does not keep the rules, as a sentence.
///
/// # Errors
/// A [`Failure`] when a file cannot be read or understood.
pub(crate) fn check(root: &Path) -> Result<BTreeSet<String>, Failure> {
    let packages = packages(root)?;
    let mut found = BTreeSet::new();
    let names: BTreeSet<String> = packages.iter().map(|(_, manifest)| package_name(manifest)).collect();
    for (directory, manifest) in &packages {
        found.extend(dependencies(directory, manifest, &names));
        for (name, file) in roots(root, directory) {
            found.extend(inside(&name, &Crate::read(&file)?));
        }
    }
    Ok(found)
}

/// The packages of the workspace: the directory of each, from the root on, and its manifest.
fn packages(root: &Path) -> Result<Vec<(String, toml::Table)>, Failure> {
    let mut found = Vec::new();
    for directory in ["shared", "functions", "cli", "tests", "benches", "xtask"] {
        let mut directories = vec![directory.to_owned()];
        for entry in fs::read_dir(root.join(directory)).into_iter().flatten().flatten() {
            directories.push(format!("{directory}/{}", entry.file_name().to_string_lossy()));
        }
        directories.sort();
        for directory in directories {
            let path = root.join(&directory).join("Cargo.toml");
            if path.is_file() {
                let text = fs::read_to_string(&path).act(|| format!("read {}", path.display()))?;
                found.push((directory, text.parse().act(|| format!("understand {}", path.display()))?));
            }
        }
    }
    Ok(found)
}

fn package_name(manifest: &toml::Table) -> String {
    manifest
        .get("package")
        .and_then(|package| package.get("name"))
        .and_then(toml::Value::as_str)
        .unwrap_or("")
        .to_owned()
}

/// What a manifest depends on and may not.
fn dependencies(directory: &str, manifest: &toml::Table, ours: &BTreeSet<String>) -> Vec<String> {
    if SEES_EVERYTHING.iter().any(|all| directory.split('/').next() == Some(all)) {
        return Vec::new();
    }
    let group = if directory.starts_with("functions/") { "functions" } else { directory };
    let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == group) else {
        return vec![format!("{directory}: not in the table of crates in xtask/src/tidy/imports.rs")];
    };
    let mut found = Vec::new();
    let table = manifest.get("dependencies").and_then(toml::Value::as_table);
    for name in table.into_iter().flat_map(toml::Table::keys) {
        if ours.contains(name) && !allowed.contains(&name.as_str()) {
            found.push(format!("{directory}: depends on {name}"));
        }
        if name.starts_with("aws-") && !KNOWS_AWS.contains(&directory) {
            found.push(format!("{directory}: depends on {name}"));
        }
    }
    let tested = manifest.get("dev-dependencies").and_then(toml::Value::as_table);
    for name in tested.into_iter().flat_map(toml::Table::keys) {
        if ours.contains(name) && *name != package_name(manifest) && !allowed.contains(&name.as_str()) {
            found.push(format!("{directory}: its tests depend on {name}"));
        }
    }
    found
}

/// The root files of a package's crates, each with what it is called here.
fn roots(root: &Path, directory: &str) -> Vec<(String, PathBuf)> {
    let package = root.join(directory);
    let mut found = Vec::new();
    for (name, file) in [("", "src/lib.rs"), (" (program)", "src/main.rs")] {
        if package.join(file).is_file() {
            found.push((format!("{directory}{name}"), package.join(file)));
        }
    }
    for entry in fs::read_dir(package.join("tests")).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = format!("{directory}/tests/{}", path.file_stem().unwrap_or_default().to_string_lossy());
        if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((name, path));
        } else if path.join("main.rs").is_file() {
            found.push((name, path.join("main.rs")));
        }
    }
    found.sort();
    found
}

/// The modules of one crate.
#[derive(Default)]
struct Crate {
    /// The code of each module in a file of its own.
    modules: BTreeMap<Module, Vec<Token>>,
}

impl Crate {
    fn read(root: &Path) -> Result<Self, Failure> {
        let mut found = Self::default();
        let below = root.parent().unwrap_or(root).to_owned();
        found.add(Vec::new(), root, &below)?;
        Ok(found)
    }

    /// Adds a module and those that it declares; `below` is where their files lie.
    fn add(&mut self, module: Module, file: &Path, below: &Path) -> Result<(), Failure> {
        let text = fs::read_to_string(file).act(|| format!("read {}", file.display()))?;
        let tokens = tokens(&text);
        for child in declared(&tokens) {
            // Tests look at everything beside them.
            if child == "tests" {
                continue;
            }
            let names = [below.join(format!("{child}.rs")), below.join(&child).join("mod.rs")];
            if let Some(path) = names.iter().find(|path| path.is_file()) {
                let mut inner = module.clone();
                inner.push(child.clone());
                self.add(inner, path, &below.join(&child))?;
            }
        }
        self.modules.insert(module, tokens);
        Ok(())
    }

    /// The module that a path leads to: the longest beginning of it that is one.
    fn module_of(&self, path: &[String]) -> Module {
        let mut path = path.to_vec();
        while !self.modules.contains_key(&path) {
            path.pop();
        }
        path
    }
}

/// What breaks a rule inside a crate.
fn inside(name: &str, krate: &Crate) -> Vec<String> {
    let mut edges: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
    let mut found = Vec::new();
    for (module, tokens) in &krate.modules {
        for path in imported(tokens, module) {
            let target = krate.module_of(&path);
            if target == *module {
                continue;
            }
            if target.is_empty() {
                let what = path.first().map_or("*", String::as_str);
                found.push(format!("{name}: {} imports `{what}` from the crate's root", module.join("::")));
            } else if !module.is_empty() {
                edges.entry(module.clone()).or_default().insert(target);
            }
        }
    }
    found.extend(circles(&edges).into_iter().map(|circle| format!("{name}: {} import each other", circle.join(", "))));
    found.sort();
    found.dedup();
    found
}

/// Modules that reach each other, each group once.
fn circles(edges: &BTreeMap<Module, BTreeSet<Module>>) -> BTreeSet<Vec<String>> {
    let reached: BTreeMap<&Module, BTreeSet<&Module>> = edges
        .keys()
        .map(|from| {
            let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
            while let Some(module) = next.pop() {
                for target in edges.get(module).into_iter().flatten() {
                    if seen.insert(target) {
                        next.push(target);
                    }
                }
            }
            (from, seen)
        })
        .collect();
    let mut found = BTreeSet::new();
    for (from, targets) in &reached {
        let group: BTreeSet<&Module> = targets
            .iter()
            .copied()
            .filter(|target| reached.get(target).is_some_and(|back| back.contains(from)))
            .collect();
        if !group.is_empty() {
            found.insert(group.into_iter().map(|module| module.join("::")).collect());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn krate(files: &[(&str, &str)]) -> Crate {
        let module = |name: &str| name.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
        Crate { modules: files.iter().map(|(name, text)| (module(name), tokens(text))).collect() }
    }

    #[test]
    fn a_circle_is_found_through_every_form_of_path() {
        for (one, other) in [
            ("use crate::b::B;", "use crate::a::A;"),
            ("fn f() { crate::b::g() }", "use super::a::{self, A};"),
            ("use crate::{b::B, c};", "mod inner { use super::super::a::A; }"),
        ] {
            let krate = krate(&[("", "mod a; mod b; mod c;"), ("a", one), ("b", other), ("c", "")]);
            assert_eq!(inside("x", &krate), ["x: a, b import each other"], "{one} {other}");
        }
    }

    #[test]
    fn one_way_is_no_circle() {
        let krate = krate(&[
            ("", "mod a; mod b; use a::A; fn main() { b::run() }"),
            ("a", "use crate::b::B; /* crate::a */ #[cfg(test)] mod tests { use crate::c::C; use super::*; }"),
            ("b", "pub(crate) fn run() { let text = \"crate::a::A\"; self::other() }"),
            ("c", "use crate::a::A;"),
        ]);
        assert_eq!(inside("x", &krate), Vec::<String>::new());
    }

    #[test]
    fn a_child_that_names_its_parent_closes_a_circle_only_if_the_parent_names_it() {
        let with = |parent: &str| krate(&[("", "mod a;"), ("a", parent), ("a::b", "use super::A;")]);
        assert_eq!(inside("x", &with("mod b; struct A;")), Vec::<String>::new());
        assert_eq!(inside("x", &with("mod b; struct A; use b::B;")), ["x: a, a::b import each other"]);
        let seen = krate(&[("", "mod a;"), ("a", "mod b; use b::B;"), ("a::b", "pub(in crate::a) struct B;")]);
        assert_eq!(inside("x", &seen), Vec::<String>::new());
    }

    #[test]
    fn the_root_is_for_those_outside() {
        let krate = krate(&[("", "mod a; pub struct Config;"), ("a", "use crate::Config; use super::other;")]);
        assert_eq!(
            inside("x", &krate),
            ["x: a imports `Config` from the crate's root", "x: a imports `other` from the crate's root"]
        );
    }

    #[test]
    fn a_crate_depends_only_on_what_the_table_allows() {
        let ours = BTreeSet::from(["policy", "store", "sweep", "jobs"].map(str::to_owned));
        let manifest = |text: &str| text.parse::<toml::Table>().unwrap_or_default();
        let wrong = manifest(
            "[dependencies]\njobs.workspace = true\naws-sdk-s3 = \"1\"\nserde = \"1\"\n[dev-dependencies]\njobs = \"1\"",
        );
        assert_eq!(
            dependencies("functions/sweep", &wrong, &ours),
            [
                "functions/sweep: depends on aws-sdk-s3",
                "functions/sweep: depends on jobs",
                "functions/sweep: its tests depend on jobs"
            ]
        );
        let right = manifest("[dependencies]\npolicy.workspace = true\nstore.workspace = true");
        assert_eq!(dependencies("functions/sweep", &right, &ours), Vec::<String>::new());
        assert_eq!(dependencies("shared/policy", &right, &ours).len(), 2);
        assert_eq!(dependencies("shared/new", &right, &ours).len(), 1);
    }
}
