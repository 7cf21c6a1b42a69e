//! `tidy`: the house rules that no compiler knows. Imports run one way, words are those of the glossary, files stay short,
//! npm's packages have licences that are allowed.
//!
//! What does not keep a rule yet stands in `xtask/tidy.toml`. That list may only shrink.

mod files;
mod imports;
mod lengths;
mod licences;
mod list;
mod paths;
mod source;
mod words;

use crate::failure::Failure;
use crate::progress::{Done, step};
use crate::tools::root;
use list::{Exceptions, Findings};

/// Checks every rule. With `renew`, writes the list of exceptions again, which then holds no more than before. Where there
/// is no list, it is begun with all that breaks a rule.
///
/// # Errors
/// A [`Failure`] that lists what breaks a rule, with file and line.
pub(crate) fn tidy(renew: bool) -> Result<(), Failure> {
    if renew {
        return step("house rules", || {
            let (found, root) = (check()?, root());
            let renewed = if Exceptions::exist(&root) {
                Exceptions::read(&root)?.renewed(&found)
            } else {
                Exceptions::begun(found)
            };
            renewed.write(&root).map(|()| Done::new((), "exceptions written"))
        });
    }
    step("house rules", house_rules)
}

/// Checks every rule against the list of exceptions.
///
/// # Errors
/// A [`Failure`] that lists what breaks a rule, with file and line.
pub(crate) fn house_rules() -> Result<Done<()>, Failure> {
    let root = root();
    let mut faults = Exceptions::read(&root)?.faults(&check()?);
    faults.extend(licences::check(&root)?);
    if faults.is_empty() {
        return Ok(Done::new((), ""));
    }
    let count = faults.len();
    let fault = if count == 1 { "one fault" } else { "faults" };
    Err(Failure::new(format!("house rules: {count} {fault}\n  {}", faults.join("\n  ")))
        .fix("docs/glossary.md has the words, docs/internals/architecture.md who may import whom."))
}

/// Everything that breaks a rule, exceptions among it.
fn check() -> Result<Findings, Failure> {
    let root = root();
    let files = files::read(&root)?;
    Ok(Findings {
        imports: imports::check(&root)?,
        words: words::check(&root, &files)?,
        lengths: lengths::check(&files),
    })
}
