//! The Python environments that the project makes for itself under `target`, with `uv`, which it installs too. Every
//! package is pinned by its hash.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Act, Failure};
use crate::progress::Done;
use crate::tools::{command, python_command, root, run, succeeds, target};

/// One environment.
pub(crate) struct Environment {
    /// Its directory under `target`.
    directory: &'static str,
    /// The lists of its packages, in `xtask/python`.
    lists: &'static [&'static str],
}

/// What installs the packages of every other environment.
const UV: Environment = Environment { directory: "uv", lists: &["uv.txt"] };

/// What `up` needs: the emulator, SAM and cargo-lambda.
pub(crate) const UP: Environment = Environment { directory: "venv", lists: &["up.txt"] };

/// The linters of the template. SAM's own linter is a part of SAM, so it is here again.
pub(crate) const LINT: Environment = Environment { directory: "lint-venv", lists: &["up.txt", "lint.txt"] };

/// The scanners of the template and of the dependencies.
pub(crate) const SCAN: Environment = Environment { directory: "scan-venv", lists: &["scan.txt"] };

/// What holds the deployed API against its document.
pub(crate) const API: Environment = Environment { directory: "api-venv", lists: &["api.txt"] };

/// What makes a client of the API's document, and checks its types.
pub(crate) const CLIENTS: Environment = Environment { directory: "clients-venv", lists: &["clients.txt"] };

/// What builds and deploys for a real account: cargo-lambda links for arm64 with zig.
pub(crate) const DEPLOY: Environment = Environment { directory: "deploy-venv", lists: &["up.txt", "deploy.txt"] };

impl Environment {
    /// Where it lies.
    pub(crate) fn path(&self) -> PathBuf {
        target(self.directory)
    }

    /// Makes it, unless it is there already with these packages.
    ///
    /// # Errors
    /// A [`Failure`] with the end of the log.
    pub(crate) fn make(&self) -> Result<Done<()>, Failure> {
        let wanted = self.pinned()?;
        if self.is_made(&wanted) {
            return Ok(Done::new((), "unchanged"));
        }
        UV.make_with_pip()?;
        let (path, log) = (self.path(), self.path().with_extension("log"));
        remove(&path)?;
        let mut make = python_command(&UV.path(), "uv");
        make.args(["venv", "--no-python-downloads", "--python", "python3"]).arg(&path);
        run("making the Python environment", &mut make, &log)?;
        let mut install = python_command(&UV.path(), "uv");
        // The machine's own certificates: a company's proxy has its own.
        install
            .args(["pip", "install", "--native-tls", "--no-deps", "--require-hashes", "--python"])
            .arg(path.join("bin/python"));
        for list in self.lists {
            install.arg("--requirement").arg(list_path(list));
        }
        run("installing the Python packages", &mut install, &log).map_err(needs_the_index)?;
        self.remember(&wanted)
    }

    /// The environment of `uv` is the one that pip itself makes.
    fn make_with_pip(&self) -> Result<Done<()>, Failure> {
        let wanted = self.pinned()?;
        if self.is_made(&wanted) {
            return Ok(Done::new((), "unchanged"));
        }
        let (path, log) = (self.path(), self.path().with_extension("log"));
        remove(&path)?;
        run("making the Python environment", command("python3").args(["-m", "venv"]).arg(&path), &log)?;
        let mut install = python_command(&path, "python");
        install.args(["-m", "pip", "install", "--disable-pip-version-check", "--require-hashes"]);
        for list in self.lists {
            install.arg("--requirement").arg(list_path(list));
        }
        run("installing uv", &mut install, &log).map_err(needs_the_index)?;
        self.remember(&wanted)
    }

    /// Where it lies, and the content of its lists. Its programs name their Python by its whole path: what is moved is
    /// made again.
    fn pinned(&self) -> Result<Vec<u8>, Failure> {
        let mut pinned = format!("{}\n", self.path().display()).into_bytes();
        for list in self.lists {
            let path = list_path(list);
            pinned.extend(fs::read(&path).act(|| format!("read {}", path.display()))?);
        }
        Ok(pinned)
    }

    /// Whether it was made whole, with these packages, and its Python still runs.
    fn is_made(&self, wanted: &[u8]) -> bool {
        fs::read(self.stamp()).is_ok_and(|made| made == wanted)
            && succeeds(command(self.path().join("bin/python")).args(["-c", ""]))
    }

    fn remember(&self, wanted: &[u8]) -> Result<Done<()>, Failure> {
        let stamp = self.stamp();
        fs::write(&stamp, wanted).act(|| format!("write {}", stamp.display()))?;
        Ok(Done::new((), ""))
    }

    fn stamp(&self) -> PathBuf {
        self.path().join("made-of.txt")
    }
}

fn list_path(list: &str) -> PathBuf {
    root().join("xtask/python").join(list)
}

/// A stale or half-made environment is made again from nothing.
fn remove(path: &Path) -> Result<(), Failure> {
    if path.exists() {
        fs::remove_dir_all(path).act(|| format!("remove {}", path.display()))?;
    }
    Ok(())
}

fn needs_the_index(failure: Failure) -> Failure {
    failure.fix("The packages come from the Python package index, which must be reachable once.")
}
