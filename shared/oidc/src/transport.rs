//! One small HTTP client: HTTPS, or HTTP to this very machine.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::crypto::ring::default_provider;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

/// 2 seconds: who does not take a connection by then is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// 20 seconds: shorter than any gateway keeps an idle connection.
const IDLE_CONNECTION: Duration = Duration::from_secs(20);

/// 7 MiB: more than a function of ours can answer (6 MB).
const BODY_BYTES_LIMIT: usize = 7 * 1024 * 1024;

type Hyper = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;
type Sent = Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send>>;

/// Whom to trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roots {
    /// Those that the machine trusts.
    Machine,
    /// Certificates in PEM.
    Pem(&'static str),
}

/// What can be done about a request that got no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpErrorKind {
    /// Nobody took it: it was not carried out.
    Unreachable,
    /// It was perhaps carried out, perhaps not.
    NoAnswer,
    /// It is not one that this client sends.
    Invalid,
}

/// A request got no answer. QUIET: neither its text nor its source names an address.
#[derive(Debug, thiserror::Error)]
#[error("no answer: {kind:?}")]
pub struct HttpError {
    /// What can be done.
    pub kind: HttpErrorKind,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl HttpError {
    /// A request that got no answer, for a reason that has no source.
    pub fn of(kind: HttpErrorKind) -> Self {
        Self { kind, source: None }
    }

    fn from_source(kind: HttpErrorKind, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { kind, source: Some(source.into()) }
    }
}

/// The client. Clones share their connections.
#[derive(Clone)]
pub struct HttpClient {
    send: Arc<dyn Fn(Request<Bytes>) -> Sent + Send + Sync>,
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("HttpClient")
    }
}

impl HttpClient {
    /// A client that trusts these roots. They are read at the first request.
    pub fn new(roots: Roots) -> Self {
        let made: Arc<OnceLock<Result<Hyper, HttpErrorKind>>> = Arc::default();
        Self::of(move |request| {
            let client = made.get_or_init(|| connect(roots)).clone();
            Box::pin(async move {
                let client = client.map_err(HttpError::of)?;
                let response = client.request(request.map(Full::new)).await.map_err(|error| {
                    let kind = if error.is_connect() { HttpErrorKind::Unreachable } else { HttpErrorKind::NoAnswer };
                    HttpError::from_source(kind, error)
                })?;
                let (parts, body) = response.into_parts();
                let body = Limited::new(body, BODY_BYTES_LIMIT).collect().await;
                let body = body.map_err(|error| HttpError::from_source(HttpErrorKind::NoAnswer, error))?;
                Ok(Response::from_parts(parts, body.to_bytes()))
            })
        })
    }

    /// A client that sends by a function: what a test puts in the network's place.
    pub fn of(send: impl Fn(Request<Bytes>) -> Sent + Send + Sync + 'static) -> Self {
        Self { send: Arc::new(send) }
    }

    /// Sends a request, and waits so long at most for the whole answer. No redirect is followed.
    ///
    /// # Errors
    /// [`HttpError`] where there is no answer, or the address is neither HTTPS nor this machine's.
    pub async fn send(&self, request: Request<Bytes>, timeout: Duration) -> Result<Response<Bytes>, HttpError> {
        if !is_sound(request.uri()) {
            return Err(HttpError::of(HttpErrorKind::Invalid));
        }
        match tokio::time::timeout(timeout, (self.send)(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(HttpError::of(HttpErrorKind::NoAnswer)),
        }
    }
}

/// Whether tokens may be sent to an address: by TLS, or without leaving this machine.
pub(crate) fn is_sound(uri: &Uri) -> bool {
    match (uri.scheme_str(), uri.host()) {
        (Some("https"), Some(_)) => true,
        (Some("http"), Some(host)) => matches!(host, "127.0.0.1" | "localhost" | "[::1]"),
        _ => false,
    }
}

fn connect(roots: Roots) -> Result<Hyper, HttpErrorKind> {
    let tls = match roots {
        Roots::Machine => HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(default_provider())
            .map_err(|_| HttpErrorKind::Invalid)?,
        Roots::Pem(pem) => HttpsConnectorBuilder::new().with_tls_config(trusting(pem)?),
    };
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
    tcp.set_nodelay(true);
    let connector = tls.https_or_http().enable_http1().wrap_connector(tcp);
    Ok(Client::builder(TokioExecutor::new()).pool_idle_timeout(IDLE_CONNECTION).build(connector))
}

fn trusting(pem: &str) -> Result<ClientConfig, HttpErrorKind> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|_| HttpErrorKind::Invalid)?;
        roots.add(certificate).map_err(|_| HttpErrorKind::Invalid)?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| HttpErrorKind::Invalid)?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    fn get(address: &str) -> Request<Bytes> {
        Request::get(address).body(Bytes::new()).unwrap()
    }

    #[test]
    fn only_tls_and_this_machine_are_sound() {
        for (address, sound) in [
            ("https://cognito-idp.ap-northeast-1.amazonaws.com/pool", true),
            ("http://127.0.0.1:4566/pool", true),
            ("http://localhost:8400", true),
            ("http://[::1]:8400/", true),
            ("http://example.com/", false),
            ("http://127.0.0.1.example.com/", false),
            ("ftp://127.0.0.1/", false),
            ("/pool", false),
        ] {
            assert_eq!(is_sound(&address.parse().unwrap()), sound, "{address}");
        }
    }

    #[tokio::test]
    async fn a_request_is_answered_and_one_that_is_not_says_why() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut read = [0; 1_024];
            let bytes = stream.read(&mut read).unwrap();
            stream.write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok").unwrap();
            String::from_utf8(read[..bytes].to_vec()).unwrap()
        });
        let client = HttpClient::new(Roots::Machine);
        let answer = client.send(get(&address), Duration::from_secs(10)).await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.body().as_ref()), (201, &b"ok"[..]));
        assert!(server.join().unwrap().starts_with("GET / HTTP/1.1\r\n"));
        // Nobody listens there any more.
        let error = client.send(get(&address), Duration::from_secs(10)).await.unwrap_err();
        assert_eq!(error.kind, HttpErrorKind::Unreachable);
        assert!(!format!("{error} {error:?}").contains(&address), "{error:?}");
        let error = client.send(get("http://example.com/"), Duration::from_secs(10)).await.unwrap_err();
        assert_eq!(error.kind, HttpErrorKind::Invalid);
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert_eq!(connect(Roots::Pem(pem)).err(), Some(HttpErrorKind::Invalid));
        assert!(connect(Roots::Pem("")).is_ok());
    }
}
