//! Whether a request comes from the console's own pages.

use crate::gateway::Request;
use crate::problems::Problem;

/// A header that no form and no link can send, and no script of another origin without being allowed to.
const OURS: &str = "x-rokuban";

/// Lets a request of our own pages through. CSRF: `SameSite=Strict` keeps the cookie from other sites; this keeps other
/// origins of the same site out, and asks it of every method, for reading leaves traces too.
///
/// # Errors
/// [`Problem::NotFromHere`]
pub(crate) fn require_own_page(request: &Request, origin: &str) -> Result<(), Problem> {
    let site = request.header("sec-fetch-site").map(|site| site == "same-origin");
    let from = request.header("origin").map(|from| from == origin);
    // Every browser sends at least one of the two with what a script fetches by a method that changes something; what
    // a browser sends must be right.
    let is_ours = match (site, from) {
        (None, None) => false,
        (site, from) => site.unwrap_or(true) && from.unwrap_or(true),
    };
    if is_ours && request.header(OURS) == Some("1") { Ok(()) } else { Err(Problem::NotFromHere) }
}
