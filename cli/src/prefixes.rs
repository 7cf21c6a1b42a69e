//! What to say where no file of a folder is under a source's prefix: a forgotten `--prefix`, or a folder's name in
//! another case.

use std::collections::BTreeSet;
use std::path::Path;

use policy::facts::QuarantineReason;
use policy::names::{Named, fold, likeliest};
use policy::rulebook::Rulebook;

use crate::console::counted;
use crate::scan::Scan;

/// The prefixes there are and the nearest; `None` where a file is under one, or there is no recording.
pub(crate) fn notice(scan: &Scan, folder: &Path, prefix: &str, rulebook: &Rulebook) -> Option<String> {
    let unmatched = scan.quarantine.get(&QuarantineReason::NoSourceMatches)?;
    let is_something_known = !scan.sources.is_empty() || scan.call_logs > 0;
    if is_something_known || unmatched.count < scan.files.saturating_sub(scan.sidecars) {
        return None;
    }
    let prefixes: BTreeSet<&str> =
        rulebook.sources.iter().flat_map(|source| &source.prefixes).map(String::as_str).collect();
    let list: Vec<&str> = prefixes.iter().copied().collect();
    let mut text = format!(
        "no recording is under a prefix that a source has: {} would wait in quarantine. The prefixes are {}.",
        counted(unmatched.count, "file", "files"),
        list.join(", "),
    );
    let own = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let first = unmatched.sample.first().and_then(|below| below.split_once('/')).map(|(first, _)| first.to_owned());
    let begun = prefix.trim_end_matches('/').to_owned();
    let mut typed = [Some(begun), first, Some(own)].into_iter().flatten().filter(|text| !text.is_empty());
    if let Some(near) = typed.find_map(|text| nearest(&text, &prefixes)) {
        text += &format!(" Perhaps --prefix {near} is missing, or the folder should be called {near}.");
    }
    Some(text)
}

/// The prefix that a folder's name means: the same in another case or width, or with more before or behind it.
fn nearest<'p>(name: &str, prefixes: &BTreeSet<&'p str>) -> Option<&'p str> {
    let named = |prefix: &&str| Named { id: (*prefix).to_owned(), name: prefix.trim_end_matches('/').to_owned() };
    let best = likeliest(prefixes.iter().map(named).collect(), name).into_iter().next()?;
    let (name, best_name) = (fold(name), fold(&best.name));
    let is_near = name.contains(&best_name) || best_name.contains(&name);
    is_near.then(|| prefixes.iter().find(|prefix| **prefix == best.id).copied()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::Sampled;

    fn notice_of(folder: &str, prefix: &str, sample: &[&str], sources: &[&str]) -> Option<String> {
        let mut scan = Scan { files: 2, ..Scan::default() };
        let sample = sample.iter().map(|name| (*name).to_owned()).collect();
        scan.quarantine.insert(QuarantineReason::NoSourceMatches, Sampled { count: 2, sample });
        scan.sources = sources.iter().map(|source| ((*source).to_owned(), 1)).collect();
        notice(&scan, Path::new(folder), prefix, &Rulebook::strict_default(""))
    }

    #[test]
    fn a_forgotten_prefix_is_suggested() {
        for (folder, prefix, sample) in [
            ("/archive/freepbx", "", "2026/11/03/external-201.wav"),
            ("/archive", "", "FreePBX/2026/external-201.wav"),
            ("/archive", "FREEPBX/", "external-201.wav"),
        ] {
            let notice = notice_of(folder, prefix, &[sample], &[]).unwrap_or_default();
            assert!(notice.contains("--prefix freepbx/") && notice.contains("asterisk/"), "{notice}");
        }
        let notice = notice_of("/archive", "", &["a.wav"], &[]).unwrap_or_default();
        assert!(notice.contains("2 files") && !notice.contains("--prefix"), "{notice}");
    }

    #[test]
    fn where_something_is_under_a_prefix_nothing_is_said() {
        assert_eq!(notice_of("/archive", "", &["a.wav"], &["freepbx"]), None);
    }
}
