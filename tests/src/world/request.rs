//! What a request to S3 asks for.

use http::Method;

use super::{clock::DOMAIN, encoding};

/// The operation, the bucket and the key of a request, from what is visible of it.
pub(crate) fn classify<T>(request: &http::Request<T>) -> (&'static str, String, String) {
    let uri = request.uri();
    let path = encoding::percent_decode(uri.path().trim_start_matches('/'));
    let host = uri.host().unwrap_or_default();
    let (bucket, key) = match host.strip_suffix(DOMAIN).and_then(|rest| rest.strip_suffix('.')) {
        Some(bucket) => (bucket.to_owned(), path),
        None => match path.split_once('/') {
            Some((bucket, key)) => (bucket.to_owned(), key.to_owned()),
            None => (path, String::new()),
        },
    };
    let has = |name: &str| {
        let pairs = uri.query().unwrap_or_default().split('&');
        pairs.map(|pair| pair.split('=').next()).any(|found| found == Some(name))
    };
    let operation = match (request.method(), key.is_empty()) {
        (&Method::GET, false) if has("legal-hold") => "GetObjectLegalHold",
        (&Method::PUT, false) if has("legal-hold") => "PutObjectLegalHold",
        (&Method::GET, false) => "GetObject",
        (&Method::HEAD, false) => "HeadObject",
        (&Method::PUT, false) if has("uploadId") => "UploadPart",
        (&Method::PUT, false) => "PutObject",
        (&Method::DELETE, false) if has("uploadId") => "AbortMultipartUpload",
        (&Method::DELETE, false) => "DeleteObject",
        (&Method::POST, false) if has("uploads") => "CreateMultipartUpload",
        (&Method::POST, false) if has("uploadId") => "CompleteMultipartUpload",
        (&Method::POST, true) if has("delete") => "DeleteObjects",
        (&Method::GET, true) if has("versions") => "ListObjectVersions",
        _ => "Other",
    };
    (operation, bucket, key)
}
