//! One way to declare an enum whose variants are words of the API, the table and the rulebook.

/// Declares an enum of words: its variants, the word each is written as, and the list of all of them.
macro_rules! vocabulary {
    ($(#[$outer:meta])* $name:ident: $count:literal { $($(#[$inner:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$inner])* $variant,)*
        }

        impl $name {
            /// Every one, in the order above.
            pub const ALL: [Self; $count] = [$(Self::$variant),*];

            /// The word the API and the table use.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// The one that a word of the API names.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|one| one.as_str() == word)
            }
        }
    };
}

pub(crate) use vocabulary;
