//! The text files of the checkout.

use std::fs;
use std::path::Path;

use crate::failure::{Act, Failure};

/// A text file.
pub(crate) struct TextFile {
    /// From the root of the checkout, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// What is built, fetched or belongs to git.
const NOT_OURS: [&str; 6] = ["target", ".git", "node_modules", ".aws-sam", "__pycache__", "dist"];

/// Every text file below the root, in the order of paths.
///
/// # Errors
/// A [`Failure`] when a directory cannot be read.
pub(crate) fn read(root: &Path) -> Result<Vec<TextFile>, Failure> {
    let mut found = Vec::new();
    walk(root, "", &mut found)?;
    found.sort_by(|one: &TextFile, other| one.path.cmp(&other.path));
    Ok(found)
}

fn walk(directory: &Path, prefix: &str, found: &mut Vec<TextFile>) -> Result<(), Failure> {
    for entry in fs::read_dir(directory).act(|| format!("read {}", directory.display()))? {
        let entry = entry.act(|| format!("read {}", directory.display()))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if NOT_OURS.contains(&name.as_str()) {
            continue;
        }
        let path = entry.path();
        if path.is_dir() {
            walk(&path, &format!("{prefix}{name}/"), found)?;
        } else if let Ok(text) = fs::read_to_string(&path) {
            // What is no UTF-8 text, a recording, keeps no rule.
            found.push(TextFile { path: format!("{prefix}{name}"), text });
        }
    }
    Ok(())
}
