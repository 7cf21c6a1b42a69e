//! What the API's document says of a route.

/// What every path of the API begins with.
pub const BASE: &str = "/v1";

/// What the document says of a route: one sentence, and under which name and tag.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// The `operationId`.
    pub id: &'static str,
    /// The tag.
    pub tag: &'static str,
    /// One sentence.
    pub summary: &'static str,
}

/// Under which path a list makes links, and how the document calls that.
#[derive(Clone, Copy, Debug)]
pub struct LinkRoute {
    /// The path of the list, and `/export-link`.
    pub path: &'static str,
    /// The `operationId`.
    pub id: &'static str,
}
