//! The two cookies. Both have the prefix `__Host-`: no other host, subdomain or path can set one in our place.

use data_encoding::BASE64URL_NOPAD;

use crate::gateway::Request;

/// What a signed-in browser holds: 256 random bits, good for nothing without the table.
pub(crate) const SESSION: &str = "__Host-session";

/// What a browser holds while it signs in. It comes along when the provider sends the browser back, so it is `Lax`.
pub(crate) const LOGIN: &str = "__Host-login";

/// 10 minutes: a first sign-in sets up a one-time code.
pub(crate) const LOGIN_SECONDS: u32 = 600;

/// The value of a cookie. Two of one name are none: nobody knows whose the first is.
pub(crate) fn find<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    let mut values = request.cookies().filter_map(|cookie| cookie.strip_prefix(name)?.strip_prefix('='));
    match (values.next(), values.next()) {
        (Some(value), None) => Some(value),
        _ => None,
    }
}

/// The secret that a session's cookie holds; `None` without a cookie, or with one that is not ours.
pub(crate) fn find_session(request: &Request) -> Option<[u8; 32]> {
    let value = find(request, SESSION)?;
    BASE64URL_NOPAD.decode(value.as_bytes()).ok()?.try_into().ok()
}

/// A session's cookie. It has no end of its own: it ends with the browser, and before that with the session.
pub(crate) fn set_session(secret: &[u8; 32]) -> String {
    format!("{SESSION}={}; Path=/; Secure; HttpOnly; SameSite=Strict", BASE64URL_NOPAD.encode(secret))
}

/// Takes a session's cookie away.
pub(crate) fn clear_session() -> String {
    format!("{SESSION}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0")
}

/// The cookie of a sign-in.
pub(crate) fn set_login(value: &str) -> String {
    format!("{LOGIN}={value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={LOGIN_SECONDS}")
}

/// Takes the cookie of a sign-in away.
pub(crate) fn clear_login() -> String {
    format!("{LOGIN}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}
