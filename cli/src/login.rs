//! `rokuban login`: the code flow with PKCE of a native program (RFC 8252). The browser returns to this machine.
//!
//! The access token is printed and nothing is kept. A keyring would need a bus, a daemon and a dozen crates on Linux, and
//! a file is found by the person who finds the disk; a token of 15 minutes is had again in seconds. The refresh token is revoked
//! at once, so that nothing good is left behind.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use oidc::{Attempt, Client, HttpClient, Provider, Secret, SignInError};

use crate::args::Login;
use crate::failure::Failure;

/// 10 minutes: a first sign-in sets up a one-time code.
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);

/// How often it is looked whether the browser came back.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// 5 seconds: a browser on this machine sends its request at once.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// 16 KiB: the request of a browser, with its headers.
const REQUEST_BYTES_LIMIT: usize = 16 * 1024;

/// Lets a person sign in at the address that `show` is given, and gives the access token.
///
/// # Errors
/// A [`Failure`] that says why nobody signed in, and what to do.
pub async fn login(
    arguments: &Login,
    http: &HttpClient,
    now: impl Fn() -> Timestamp,
    show: impl FnOnce(&str),
) -> Result<Secret, Failure> {
    let port = arguments.port;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    let listener = listener.map_err(|error| {
        let fix = "End what listens there, or name another port with --port that the client knows.";
        Failure::new(format!("the browser can't return to port {port} of this machine"), fix).because(error)
    })?;
    let provider = Provider::discover(http, &arguments.issuer, None).await.map_err(|error| {
        Failure::new("the issuer can't be read", "--issuer is the stack's output `Issuer`.").because(error)
    })?;
    let redirect_uri = format!("http://localhost:{port}/signed-in");
    let client = Client { http, provider: &provider, id: &arguments.client_id, redirect_uri: &redirect_uri };
    let attempt = Attempt::new().map_err(|error| refused(error.into()))?;
    show(&client.sign_in_url(&attempt, &arguments.scopes, &[]));

    let until = now().checked_add(PATIENCE).unwrap_or(Timestamp::MAX);
    let code = loop {
        match listener.accept() {
            Ok((stream, _)) => {
                if let Some(outcome) = answer(stream, &attempt) {
                    break outcome?;
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if now() >= until {
                    return Err(Failure::new("nobody signed in within ten minutes", "Run it again."));
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
            Err(error) => {
                return Err(Failure::new("the browser's return can't be read", "Run it again.").because(error));
            }
        }
    };
    let tokens = client.exchange(&code, &attempt, now()).await.map_err(refused)?;
    if let Some(refresh) = &tokens.refresh {
        // Best effort: it ends by itself, and nobody has it.
        let _ = client.revoke(refresh).await;
    }
    Ok(tokens.access)
}

fn refused(error: SignInError) -> Failure {
    Failure::new("nobody is signed in", "Run it again. --client-id is the stack's output `ClientId`.").because(error)
}

/// What the browser came back with.
#[derive(Debug, PartialEq, Eq)]
enum Return {
    /// The code of this very attempt.
    Code(String),
    /// The provider let nobody in, in a word.
    Refused(String),
    /// Not what is waited for: an icon, a link of somebody else's.
    Other,
}

/// Answers one request. `None` where it was not the one that is waited for.
fn answer(mut stream: TcpStream, attempt: &Attempt) -> Option<Result<String, Failure>> {
    let target = read_target(&mut stream).ok()??;
    let returned = understand(&target, attempt);
    let (status, text) = match &returned {
        Return::Code(_) => ("200 OK", "ログインしました。この画面は閉じてください。 Signed in. Close this window."),
        Return::Refused(_) => ("200 OK", "ログインできませんでした。 Nobody is signed in."),
        Return::Other => ("404 Not Found", "Not found."),
    };
    let page = format!("<!doctype html><meta charset=\"utf-8\"><title>Rokuban</title><p>{text}</p>");
    let head = "Content-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n\
                Content-Security-Policy: default-src 'none'\r\nX-Content-Type-Options: nosniff\r\nConnection: close";
    // Who does not read the page has signed in all the same.
    let _ = write!(stream, "HTTP/1.1 {status}\r\n{head}\r\nContent-Length: {}\r\n\r\n{page}", page.len());
    match returned {
        Return::Code(code) => Some(Ok(code)),
        Return::Refused(why) => Some(Err(Failure::new(format!("the provider let nobody in ({why})"), "Run it again."))),
        Return::Other => None,
    }
}

/// The target of a request's first line; `None` where it is no `GET`.
fn read_target(stream: &mut TcpStream) -> io::Result<Option<String>> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(REQUEST_TIMEOUT))?;
    stream.set_write_timeout(Some(REQUEST_TIMEOUT))?;
    let mut request = Vec::new();
    let mut piece = [0; 1_024];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        let bytes = stream.read(&mut piece)?;
        if bytes == 0 || request.len() > REQUEST_BYTES_LIMIT {
            return Ok(None);
        }
        request.extend_from_slice(&piece[..bytes]);
    }
    let text = String::from_utf8_lossy(&request);
    let mut words = text.split(' ');
    Ok(if words.next() == Some("GET") { words.next().map(str::to_owned) } else { None })
}

fn understand(target: &str, attempt: &Attempt) -> Return {
    let Some(query) = target.strip_prefix("/signed-in?") else {
        return Return::Other;
    };
    let parameter = |name: &str| {
        form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    // A code that this program did not ask for signs nobody in.
    if parameter("state").as_deref() != Some(attempt.state.expose()) {
        return Return::Other;
    }
    match (parameter("code"), parameter("error")) {
        (Some(code), None) => Return::Code(code),
        (_, Some(error)) => Return::Refused(error.chars().filter(char::is_ascii_alphanumeric).take(40).collect()),
        (None, None) => Return::Other,
    }
}

#[cfg(test)]
mod tests;
