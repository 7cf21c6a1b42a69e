//! How the pages look; their policy allows this style alone.

pub(crate) const STYLE: &str = include_str!("page.css");
