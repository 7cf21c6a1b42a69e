//! Addresses of mails.

/// Whether a text is an address that a mail can go to.
pub fn is_address(login: &str) -> bool {
    let is_atom = |text: &str| {
        !text.is_empty()
            && !text.starts_with('.')
            && !text.ends_with('.')
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".!#$%&'*+-/=?^_`{|}~".contains(&byte))
    };
    login.split_once('@').is_some_and(|(person, host)| is_atom(person) && is_atom(host) && host.contains('.'))
}
