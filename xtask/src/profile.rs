//! Which of cargo's profiles a command compiles with. The root's Cargo.toml says what each is for.

use std::sync::OnceLock;

/// A profile of cargo, with SAM's settings for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Of the local cloud that a developer starts.
    Local,
    /// Of the tests, and of the functions of their own local cloud.
    Checked,
}

static CHOSEN: OnceLock<Profile> = OnceLock::new();

impl Profile {
    /// Chooses the profile of everything that this process compiles. The first choice stands.
    pub(crate) fn choose(self) {
        CHOSEN.get_or_init(|| self);
    }

    /// What was chosen: [`Profile::Local`], unless another one was.
    pub(crate) fn chosen() -> Self {
        CHOSEN.get().copied().unwrap_or(Self::Local)
    }

    /// The name in Cargo.toml.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Checked => "checked",
        }
    }

    /// The settings of cargo-lambda that name it, for `sam build`.
    pub(crate) const fn for_sam(self) -> &'static str {
        match self {
            Self::Local => "xtask/cargo-lambda.toml",
            Self::Checked => "xtask/cargo-lambda-test.toml",
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;

    use super::*;
    use crate::tools::root;

    #[test]
    fn cargo_and_sam_know_each_by_the_same_name() {
        let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
        for profile in [Profile::Local, Profile::Checked] {
            assert!(manifest.contains(&format!("\n[profile.{}]\n", profile.name())), "{profile:?}");
            let settings = fs::read_to_string(root().join(profile.for_sam())).unwrap();
            assert!(settings.ends_with(&format!("profile = \"{}\"\n", profile.name())), "{profile:?}");
        }
    }
}
