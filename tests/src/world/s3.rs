//! S3: `s3s` for the protocol and the signatures, memory for the objects; versions always on.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header, request::Parts};
use http_body_util::BodyExt as _;
use jiff::{Timestamp, tz::TimeZone};
use s3s::{
    Body, S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result,
    auth::SimpleAuth,
    config::{S3Config, StaticConfigProvider},
    dto::{
        self, AbortMultipartUploadInput, AbortMultipartUploadOutput, ChecksumMode, CompleteMultipartUploadInput,
        CompleteMultipartUploadOutput, CreateMultipartUploadInput, CreateMultipartUploadOutput, DeleteMarkerEntry,
        DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, ETag,
        ETagCondition, EncodingType, GetObjectInput, GetObjectLegalHoldInput, GetObjectLegalHoldOutput,
        GetObjectOutput, HeadObjectInput, HeadObjectOutput, ListObjectVersionsInput, ListObjectVersionsOutput,
        ObjectLockLegalHold, ObjectLockLegalHoldStatus, ObjectVersion, PutObjectInput, PutObjectLegalHoldInput,
        PutObjectLegalHoldOutput, PutObjectOutput, StreamingBlob, UploadPartInput, UploadPartOutput,
    },
    host::SingleDomain,
    s3_error,
    service::{S3Service, S3ServiceBuilder},
};
use sha2::{Digest as _, Sha256};
use tracing::{instrument::WithSubscriber as _, subscriber::NoSubscriber};

use super::{
    call::Reply,
    chunks::Chunks,
    clock::{ACCESS_KEY, Clock, DOMAIN, SECRET_KEY, system_time},
    encoding,
    ledger::{Ledger, PutVersion},
    replication::{Change, Replication},
    sabotage::Saboteurs,
    stored::{Objects, StoredVersion, hex},
};

/// 5 MiB: what every part but the last has at least.
const MIN_PART_BYTES: usize = 5 * 1024 * 1024;
/// What one `DeleteObjects` call takes, and one page of `ListObjectVersions` holds.
const MAX_KEYS: usize = 1000;
/// 15 minutes: what S3 forgives a clock.
const MAX_SKEW: Duration = Duration::from_mins(15);
/// Seven days: the longest life of a presigned URL.
const MAX_EXPIRES_SECONDS: u64 = 7 * 24 * 60 * 60;

/// What is put, apart from its bytes.
#[derive(Default)]
struct Facts {
    metadata: BTreeMap<String, String>,
    content_type: Option<String>,
    checksum_sha256: Option<String>,
    legal_hold: bool,
    is_delete_marker: bool,
}

/// An upload in parts that is not completed.
struct Unfinished {
    bucket: String,
    key: String,
    facts: Facts,
    parts: BTreeMap<i32, Bytes>,
}

pub(crate) struct Buckets {
    seed: u64,
    clock: Arc<Clock>,
    saboteurs: Arc<Saboteurs>,
    stored: Mutex<Stored>,
}

#[derive(Default)]
struct Stored {
    buckets: Objects,
    replication: Replication,
    /// How often each key was put, so that a version's id does not depend on other keys.
    puts: BTreeMap<(String, String), u64>,
    ledger: Ledger,
    sequence: u64,
    unfinished: BTreeMap<String, Unfinished>,
}

impl Buckets {
    pub(crate) fn new(seed: u64, clock: &Arc<Clock>, saboteurs: &Arc<Saboteurs>) -> Arc<Self> {
        Arc::new(Self { seed, clock: Arc::clone(clock), saboteurs: Arc::clone(saboteurs), stored: Mutex::default() })
    }

    fn lock(&self) -> MutexGuard<'_, Stored> {
        self.stored.lock().expect("nothing panics while holding it")
    }

    pub(crate) fn create(&self, bucket: &str) {
        self.lock().buckets.entry(bucket.to_owned()).or_default();
    }

    pub(super) fn replicate(&self, source: &str, destination: &str) {
        self.lock().replication = Replication::new(source, destination);
    }

    /// Looks at, or changes, what is copied and what is still on its way.
    pub(super) fn with_replication<T>(&self, act: impl FnOnce(&mut Replication, &mut Objects) -> T) -> T {
        let stored = &mut *self.lock();
        act(&mut stored.replication, &mut stored.buckets)
    }

    pub(crate) fn put(&self, bucket: &str, key: &str, body: Bytes, metadata: &[(&str, &str)]) -> String {
        let metadata = metadata.iter().map(|(name, value)| (name.to_ascii_lowercase(), (*value).to_owned())).collect();
        let facts = Facts { metadata, ..Facts::default() };
        self.store(&mut self.lock(), bucket, key, body, facts).expect("the bucket was created")
    }

    fn store(&self, stored: &mut Stored, bucket: &str, key: &str, body: Bytes, facts: Facts) -> S3Result<String> {
        let Some(objects) = stored.buckets.get_mut(bucket) else {
            return Err(s3_error!(NoSuchBucket));
        };
        stored.sequence += 1;
        let puts = stored.puts.entry((bucket.to_owned(), key.to_owned())).or_default();
        *puts += 1;
        let identity = format!("{}\0{bucket}\0{key}\0{puts}", self.seed);
        let version_id = hex(&Sha256::digest(identity)[..16]);
        if !facts.is_delete_marker {
            stored.ledger.put(bucket, key, &version_id, self.clock.now());
        }
        let version = StoredVersion {
            version_id: version_id.clone(),
            body,
            metadata: facts.metadata,
            content_type: facts.content_type,
            checksum_sha256: facts.checksum_sha256,
            last_modified: self.clock.now(),
            is_delete_marker: facts.is_delete_marker,
            legal_hold: facts.legal_hold,
            is_archived: false,
            sequence: stored.sequence,
        };
        objects.entry(key.to_owned()).or_default().push(version.clone());
        stored.replication.hear(&mut stored.buckets, bucket, Change::Put(key.to_owned(), version));
        Ok(version_id)
    }

    /// How many uploads in parts are neither completed nor aborted.
    pub(crate) fn unfinished_uploads(&self) -> usize {
        self.lock().unfinished.len()
    }

    /// What is answered for a checksum.
    fn answered(&self, checksum: Option<String>) -> Option<String> {
        let garbled = || BASE64.encode(Sha256::digest("another"));
        checksum.map(|checksum| if self.saboteurs.garbles_checksums() { garbled() } else { checksum })
    }

    /// Whether a put's condition on what lies under its key is not met.
    fn refuses(
        &self,
        stored: &Stored,
        bucket: &str,
        key: &str,
        if_none_match: Option<&ETagCondition>,
        if_match: Option<&ETagCondition>,
    ) -> bool {
        let objects = stored.buckets.get(bucket);
        let newest = objects.and_then(|objects| objects.get(key)?.last()).filter(|version| !version.is_delete_marker);
        match (if_none_match, if_match) {
            _ if self.saboteurs.strips_put_condition() => false,
            (Some(ETagCondition::Any), _) => newest.is_some(),
            (_, Some(ETagCondition::ETag(tag))) => newest.is_none_or(|version| version.e_tag() != tag.value()),
            _ => false,
        }
    }

    /// A key's versions and delete markers, oldest first; none where there is no such key.
    pub(crate) fn versions(&self, bucket: &str, key: &str) -> Vec<StoredVersion> {
        let stored = self.lock();
        let objects = stored.buckets.get(bucket).expect("the bucket was created");
        objects.get(key).cloned().unwrap_or_default()
    }

    /// Takes a version away behind everybody's back; returns it.
    pub(crate) fn remove(&self, bucket: &str, key: &str, version_id: &str) -> StoredVersion {
        let mut stored = self.lock();
        let objects = stored.buckets.get_mut(bucket).expect("the bucket was created");
        let versions = objects.get_mut(key).expect("the key exists");
        let at = versions.iter().position(|version| version.version_id == version_id).expect("the version exists");
        let removed = versions.remove(at);
        if versions.is_empty() {
            objects.remove(key);
        }
        stored.ledger.mark_taken_away(&removed.version_id, true);
        removed
    }

    pub(crate) fn ever_put(&self, bucket: &str) -> Vec<PutVersion> {
        self.lock().ledger.ever_put(bucket)
    }

    pub(crate) fn fetched(&self, bucket: &str) -> BTreeSet<String> {
        self.lock().ledger.fetched(bucket)
    }

    pub(crate) fn note_fetched(&self, url: &str) {
        self.lock().ledger.note_fetched(url);
    }

    /// Puts a version that was taken away back.
    pub(crate) fn restore(&self, bucket: &str, key: &str, version: StoredVersion) {
        let mut stored = self.lock();
        stored.ledger.mark_taken_away(&version.version_id, false);
        let objects = stored.buckets.get_mut(bucket).expect("the bucket was created");
        objects.entry(key.to_owned()).or_default().push(version);
    }

    pub(crate) fn keys(&self, bucket: &str) -> Vec<String> {
        let stored = self.lock();
        let objects = stored.buckets.get(bucket).expect("the bucket was created");
        objects.keys().cloned().collect()
    }

    /// Finds a version; the newest when none is named. Delete markers are found too.
    fn find(&self, bucket: &str, key: &str, version_id: Option<&str>) -> S3Result<Option<StoredVersion>> {
        let stored = self.lock();
        let Some(objects) = stored.buckets.get(bucket) else {
            return Err(s3_error!(NoSuchBucket));
        };
        let versions = objects.get(key).map_or(&[][..], Vec::as_slice);
        match self.saboteurs.version_id(version_id) {
            Some(id) => match versions.iter().find(|version| version.version_id == id) {
                Some(version) => Ok(Some(version.clone())),
                None => Err(s3_error!(NoSuchVersion)),
            },
            None => Ok(versions.last().cloned()),
        }
    }

    /// Finds a version that has bytes to give.
    fn read(&self, bucket: &str, key: &str, version_id: Option<&str>) -> S3Result<StoredVersion> {
        match self.find(bucket, key, version_id)? {
            Some(version) if version.is_delete_marker && version_id.is_some() => Err(s3_error!(MethodNotAllowed)),
            Some(version) if version.is_archived => Err(s3_error!(InvalidObjectState)),
            Some(version) if !version.is_delete_marker => Ok(version),
            _ => Err(s3_error!(NoSuchKey)),
        }
    }

    fn delete(&self, bucket: &str, key: &str, version_id: Option<&str>) -> S3Result<DeleteObjectOutput> {
        let version_id = self.saboteurs.version_id(version_id);
        let mut stored = self.lock();
        let Some(id) = version_id else {
            let facts = Facts { is_delete_marker: true, ..Facts::default() };
            let marker = self.store(&mut stored, bucket, key, Bytes::new(), facts)?;
            return Ok(DeleteObjectOutput {
                delete_marker: Some(true),
                version_id: Some(marker),
                ..Default::default()
            });
        };
        let Some(objects) = stored.buckets.get_mut(bucket) else {
            return Err(s3_error!(NoSuchBucket));
        };
        let mut was_marker = None;
        if let Some(versions) = objects.get_mut(key) {
            if let Some(at) = versions.iter().position(|version| version.version_id == id) {
                if versions[at].legal_hold {
                    return Err(s3_error!(AccessDenied, "Access Denied because object protected by object lock."));
                }
                was_marker = versions.remove(at).is_delete_marker.then_some(true);
            }
            if versions.is_empty() {
                objects.remove(key);
            }
        }
        Ok(DeleteObjectOutput { delete_marker: was_marker, version_id: Some(id.to_owned()), ..Default::default() })
    }
}

/// The service that speaks for the buckets.
pub(crate) fn service(buckets: &Arc<Buckets>) -> S3Service {
    // The world's clock is compared in `admit`; s3s only knows the real one.
    let mut config = S3Config::default();
    config.presigned_url_max_skew_time_secs = u32::MAX;
    let mut builder = S3ServiceBuilder::new(Memory(Arc::clone(buckets)));
    builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(config))));
    builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
    builder.set_host(SingleDomain::new(DOMAIN).expect("a domain"));
    builder.build()
}

/// Carries out one request whose time has been compared with the world's clock.
pub(crate) async fn serve(
    service: &S3Service,
    now: Timestamp,
    mut request: http::Request<Bytes>,
) -> http::Response<Body> {
    if let Some(authority) = request.uri().authority().cloned() {
        let host = HeaderValue::from_str(authority.as_str()).expect("an authority is a header");
        request.headers_mut().insert(header::HOST, host);
    }
    let (mut parts, body) = request.into_parts();
    if let Err(refusal) = admit(&mut parts, now) {
        let reply = Reply::xml_error(StatusCode::FORBIDDEN, refusal.code, refusal.message);
        let mut response = http::Response::new(Body::from(reply.body));
        *response.status_mut() = reply.status;
        *response.headers_mut() = reply.headers;
        return response;
    }
    let is_head = parts.method == Method::HEAD;
    // s3s logs keys and queries; a test that reads the log must find only what production said.
    let mut response = service
        .call(http::Request::from_parts(parts, Body::from(body)))
        .with_subscriber(NoSubscriber::default())
        .await
        .expect("s3s turns its errors into replies");
    if is_head {
        // On a socket it would not arrive.
        *response.body_mut() = Body::empty();
    }
    response
}

struct Refusal {
    code: &'static str,
    message: &'static str,
}

/// Compares the request's time with the world's clock, and lets the signature of a presigned URL
/// travel in the header instead of the query.
///
/// s3s would compare a presigned URL with the machine's clock, and nothing can tell it another
/// time. But what is signed is the same in both forms (method, path, the whole query without the
/// signature, the signed headers, `UNSIGNED-PAYLOAD`), so s3s checks the very same signature when
/// it finds it in the header.
fn admit(parts: &mut Parts, now: Timestamp) -> Result<(), Refusal> {
    let query = parts.uri.query().unwrap_or_default();
    let found = |name: &str| {
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(found, _)| *found == name)
            .map(|(_, value)| encoding::percent_decode(value))
    };
    let denied = |code, message| Err(Refusal { code, message });
    let Some(signature) = found("X-Amz-Signature") else {
        let dated = parts.headers.get("x-amz-date").and_then(|value| value.to_str().ok());
        return match dated.map(amz_date) {
            Some(Some(date)) if now.duration_since(date).unsigned_abs() > MAX_SKEW => denied(
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.",
            ),
            Some(None) => denied("AccessDenied", "X-Amz-Date is not a time"),
            _ => Ok(()),
        };
    };
    let (Some(date), Some(expires), Some(credential), Some(signed)) =
        (found("X-Amz-Date"), found("X-Amz-Expires"), found("X-Amz-Credential"), found("X-Amz-SignedHeaders"))
    else {
        return denied("AuthorizationQueryParametersError", "a parameter is missing");
    };
    let (Some(begins), Ok(seconds)) = (amz_date(&date), expires.parse::<u64>()) else {
        return denied("AuthorizationQueryParametersError", "a parameter is malformed");
    };
    if seconds > MAX_EXPIRES_SECONDS {
        return denied("AuthorizationQueryParametersError", "X-Amz-Expires must be less than a week (in seconds)");
    }
    let age = now.duration_since(begins);
    if age.is_negative() && age.unsigned_abs() > MAX_SKEW {
        return denied("AccessDenied", "Request is not yet valid");
    }
    if !age.is_negative() && age.unsigned_abs() > Duration::from_secs(seconds) {
        return denied("AccessDenied", "Request has expired");
    }

    let kept: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("X-Amz-Signature=")).collect();
    let path_and_query = format!("{}?{}", parts.uri.path(), kept.join("&"));
    let mut uri = parts.uri.clone().into_parts();
    uri.path_and_query = Some(path_and_query.parse().expect("it was one before"));
    parts.uri = Uri::from_parts(uri).expect("it was one before");
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={signed}, Signature={signature}");
    for (name, value) in
        [("authorization", authorization.as_str()), ("x-amz-date", &date), ("x-amz-content-sha256", "UNSIGNED-PAYLOAD")]
    {
        let Ok(value) = HeaderValue::from_str(value) else {
            return denied("AuthorizationQueryParametersError", "a parameter is malformed");
        };
        parts.headers.insert(HeaderName::from_static(name), value);
    }
    Ok(())
}

fn amz_date(text: &str) -> Option<Timestamp> {
    let civil = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    TimeZone::UTC.to_timestamp(civil).ok()
}

/// Reads a reply to its end.
pub(crate) async fn collect(response: http::Response<Body>) -> http::Response<Bytes> {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.expect("memory reads to the end");
    http::Response::from_parts(parts, body.to_bytes())
}

struct Memory(Arc<Buckets>);

#[async_trait::async_trait]
impl S3 for Memory {
    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let input = request.input;
        let body = whole(input.body).await?;
        verify(input.checksum_sha256.as_deref(), &body)?;
        let facts = Facts {
            metadata: input.metadata.unwrap_or_default().into_iter().collect(),
            content_type: input.content_type,
            checksum_sha256: input.checksum_sha256.clone(),
            legal_hold: input
                .object_lock_legal_hold_status
                .is_some_and(|status| status.as_str() == ObjectLockLegalHoldStatus::ON),
            is_delete_marker: false,
        };
        let mut stored = self.0.lock();
        let (none, some) = (input.if_none_match.as_ref(), input.if_match.as_ref());
        if self.0.refuses(&stored, &input.bucket, &input.key, none, some) {
            return Err(s3_error!(PreconditionFailed));
        }
        let version_id = self.0.store(&mut stored, &input.bucket, &input.key, body.clone(), facts)?;
        Ok(S3Response::new(PutObjectOutput {
            e_tag: Some(ETag::Strong(hex(&Sha256::digest(&body)[..16]))),
            version_id: Some(version_id),
            checksum_sha256: self.0.answered(input.checksum_sha256),
            ..Default::default()
        }))
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let input = request.input;
        let mut stored = self.0.lock();
        stored.sequence += 1;
        let upload_id = format!("upload-{}", stored.sequence);
        let facts = Facts {
            metadata: input.metadata.unwrap_or_default().into_iter().collect(),
            content_type: input.content_type,
            ..Facts::default()
        };
        let (bucket, key) = (input.bucket, input.key);
        let unfinished = Unfinished { bucket, key, facts, parts: BTreeMap::new() };
        stored.unfinished.insert(upload_id.clone(), unfinished);
        Ok(S3Response::new(CreateMultipartUploadOutput { upload_id: Some(upload_id), ..Default::default() }))
    }

    async fn upload_part(&self, request: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        let input = request.input;
        let body = whole(input.body).await?;
        verify(input.checksum_sha256.as_deref(), &body)?;
        let e_tag = ETag::Strong(hex(&Sha256::digest(&body)[..16]));
        let mut stored = self.0.lock();
        let unfinished = stored.unfinished.get_mut(&input.upload_id).ok_or_else(|| s3_error!(NoSuchUpload))?;
        unfinished.parts.insert(input.part_number, body);
        Ok(S3Response::new(UploadPartOutput {
            e_tag: Some(e_tag),
            checksum_sha256: self.0.answered(input.checksum_sha256),
            ..Default::default()
        }))
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let input = request.input;
        let mut stored = self.0.lock();
        let Some(unfinished) = stored.unfinished.get(&input.upload_id) else {
            return Err(s3_error!(NoSuchUpload));
        };
        let named = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
        let (mut body, mut digests) = (Vec::new(), Vec::new());
        for (position, part) in named.iter().enumerate() {
            let number = part.part_number.unwrap_or_default();
            let bytes = unfinished.parts.get(&number).ok_or_else(|| s3_error!(InvalidPart))?;
            if position + 1 < named.len() && bytes.len() < MIN_PART_BYTES {
                return Err(s3_error!(EntityTooSmall));
            }
            verify(part.checksum_sha256.as_deref(), bytes)?;
            body.extend_from_slice(bytes);
            digests.extend_from_slice(&Sha256::digest(bytes));
        }
        let (none, some) = (input.if_none_match.as_ref(), input.if_match.as_ref());
        if self.0.refuses(&stored, &input.bucket, &input.key, none, some) {
            return Err(s3_error!(PreconditionFailed));
        }
        let checksum = format!("{}-{}", BASE64.encode(Sha256::digest(&digests)), named.len());
        let unfinished = stored.unfinished.remove(&input.upload_id).ok_or_else(|| s3_error!(NoSuchUpload))?;
        let facts = Facts { checksum_sha256: Some(checksum.clone()), ..unfinished.facts };
        let version_id = self.0.store(&mut stored, &unfinished.bucket, &unfinished.key, body.into(), facts)?;
        Ok(S3Response::new(CompleteMultipartUploadOutput {
            version_id: Some(version_id),
            checksum_sha256: self.0.answered(Some(checksum)),
            ..Default::default()
        }))
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        match self.0.lock().unfinished.remove(&request.input.upload_id) {
            Some(_) => Ok(S3Response::new(AbortMultipartUploadOutput::default())),
            None => Err(s3_error!(NoSuchUpload)),
        }
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let input = request.input;
        let version = self.0.read(&input.bucket, &input.key, input.version_id.as_deref())?;
        let whole = version.body.len();
        let mut body = version.body.clone();
        let mut content_range = None;
        if let Some(range) = input.range {
            let range = range.check(length(whole).unsigned_abs()).map_err(|error| s3_error!(error, InvalidRange))?;
            content_range = Some(format!("bytes {}-{}/{whole}", range.start, range.end - 1));
            let within = |at: u64| usize::try_from(at).expect("within the body");
            body = body.slice(within(range.start)..within(range.end));
        }
        Ok(S3Response::new(GetObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: Some(length(body.len())),
            body: Some(StreamingBlob::from(Body::http_body(Chunks(body)))),
            content_range,
            content_type: Some(content_type(&version)),
            e_tag: Some(ETag::Strong(version.e_tag())),
            last_modified: Some(timestamp(version.last_modified)),
            metadata: Some(version.metadata.clone().into_iter().collect()),
            object_lock_legal_hold_status: Some(hold_status(version.legal_hold)),
            version_id: Some(version.version_id),
            ..Default::default()
        }))
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = request.input;
        let version = self.0.read(&input.bucket, &input.key, input.version_id.as_deref())?;
        Ok(S3Response::new(HeadObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            checksum_sha256: input
                .checksum_mode
                .filter(|mode| mode.as_str() == ChecksumMode::ENABLED)
                .and(version.checksum_sha256.clone()),
            content_length: Some(length(version.body.len())),
            content_type: Some(content_type(&version)),
            e_tag: Some(ETag::Strong(version.e_tag())),
            last_modified: Some(timestamp(version.last_modified)),
            metadata: Some(version.metadata.clone().into_iter().collect()),
            object_lock_legal_hold_status: Some(hold_status(version.legal_hold)),
            version_id: Some(version.version_id),
            ..Default::default()
        }))
    }

    async fn delete_object(&self, request: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        let input = request.input;
        let deleted = self.0.delete(&input.bucket, &input.key, input.version_id.as_deref())?;
        Ok(S3Response::with_status(deleted, StatusCode::NO_CONTENT))
    }

    async fn delete_objects(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let input = request.input;
        if input.delete.objects.len() > MAX_KEYS {
            return Err(s3_error!(MalformedXML));
        }
        let fails_from =
            if request.extensions.get::<HalfFails>().is_some() { input.delete.objects.len() / 2 } else { usize::MAX };
        let mut deleted = Vec::new();
        let mut errors = Vec::new();
        for (position, object) in input.delete.objects.into_iter().enumerate() {
            let outcome = if position < fails_from {
                self.0.delete(&input.bucket, &object.key, object.version_id.as_deref())
            } else {
                Err(s3_error!(InternalError, "We encountered an internal error."))
            };
            match outcome {
                Ok(done) => deleted.push(DeletedObject {
                    delete_marker: done.delete_marker,
                    delete_marker_version_id: done.delete_marker.and(done.version_id),
                    key: Some(object.key),
                    version_id: object.version_id,
                }),
                Err(error) if error.code().as_str() == "NoSuchBucket" => return Err(error),
                Err(error) => errors.push(dto::Error {
                    code: Some(error.code().as_str().to_owned()),
                    key: Some(object.key),
                    message: error.message().map(str::to_owned),
                    version_id: object.version_id,
                }),
            }
        }
        if input.delete.quiet == Some(true) {
            deleted.clear();
        }
        Ok(S3Response::new(DeleteObjectsOutput { deleted: Some(deleted), errors: Some(errors), ..Default::default() }))
    }

    async fn get_object_legal_hold(
        &self,
        request: S3Request<GetObjectLegalHoldInput>,
    ) -> S3Result<S3Response<GetObjectLegalHoldOutput>> {
        let input = request.input;
        let version = self.0.read(&input.bucket, &input.key, input.version_id.as_deref())?;
        Ok(S3Response::new(GetObjectLegalHoldOutput {
            legal_hold: Some(ObjectLockLegalHold { status: Some(hold_status(version.legal_hold)) }),
        }))
    }

    async fn put_object_legal_hold(
        &self,
        request: S3Request<PutObjectLegalHoldInput>,
    ) -> S3Result<S3Response<PutObjectLegalHoldOutput>> {
        let input = request.input;
        let held = match input.legal_hold.and_then(|hold| hold.status) {
            Some(status) if status.as_str() == ObjectLockLegalHoldStatus::ON => true,
            Some(status) if status.as_str() == ObjectLockLegalHoldStatus::OFF => false,
            _ => return Err(s3_error!(MalformedXML)),
        };
        let version = self.0.read(&input.bucket, &input.key, input.version_id.as_deref())?;
        let stored = &mut *self.0.lock();
        let versions = stored.buckets.get_mut(&input.bucket).and_then(|objects| objects.get_mut(&input.key));
        for stored in versions.into_iter().flatten() {
            if stored.version_id == version.version_id {
                stored.legal_hold = held;
            }
        }
        let change = Change::LegalHold(input.key, version.version_id, held);
        stored.replication.hear(&mut stored.buckets, &input.bucket, change);
        Ok(S3Response::new(PutObjectLegalHoldOutput::default()))
    }

    async fn list_object_versions(
        &self,
        request: S3Request<ListObjectVersionsInput>,
    ) -> S3Result<S3Response<ListObjectVersionsOutput>> {
        let input = request.input;
        let stored = self.0.lock();
        let Some(objects) = stored.buckets.get(&input.bucket) else {
            return Err(s3_error!(NoSuchBucket));
        };
        let prefix = input.prefix.clone().unwrap_or_default();
        // S3 lists keys in the order of their bytes, and of one key the newest version first.
        let mut rows = Vec::new();
        for (key, versions) in objects.iter().filter(|(key, _)| key.starts_with(&prefix)) {
            let newest_first = versions.iter().rev().enumerate();
            rows.extend(newest_first.map(|(age, version)| (key, version, age == 0)));
        }
        if let Some(key_marker) = &input.key_marker {
            let after = match &input.version_id_marker {
                Some(marker) => rows
                    .iter()
                    .position(|(key, version, _)| *key == key_marker && version.version_id == *marker)
                    .map(|at| at + 1),
                None => None,
            };
            let first = after.or_else(|| rows.iter().position(|(key, ..)| *key > key_marker)).unwrap_or(rows.len());
            rows.drain(..first);
        }
        let asked = input.max_keys.and_then(|keys| usize::try_from(keys).ok());
        let short = request.extensions.get::<ShortPage>().map(|_| 1);
        let limit = short.or(asked).unwrap_or(MAX_KEYS).min(MAX_KEYS);
        let truncated = rows.len() > limit;
        rows.truncate(limit);

        let is_encoded = input.encoding_type.as_ref().is_some_and(|encoding| encoding.as_str() == EncodingType::URL);
        let shown = |key: &String| if is_encoded { url_encoded(key) } else { key.clone() };
        let mut output = ListObjectVersionsOutput {
            encoding_type: input.encoding_type.clone(),
            is_truncated: Some(truncated),
            key_marker: input.key_marker.as_ref().map(shown),
            max_keys: input.max_keys,
            name: Some(input.bucket),
            prefix: input.prefix.as_ref().map(shown),
            version_id_marker: input.version_id_marker,
            ..Default::default()
        };
        if let Some((key, version, _)) = rows.last().filter(|_| truncated) {
            output.next_key_marker = Some(shown(key));
            output.next_version_id_marker = Some(version.version_id.clone());
        }
        let mut markers = Vec::new();
        let mut versions = Vec::new();
        for (key, version, is_latest) in rows {
            if version.is_delete_marker {
                markers.push(DeleteMarkerEntry {
                    is_latest: Some(is_latest),
                    key: Some(shown(key)),
                    last_modified: Some(timestamp(version.last_modified)),
                    version_id: Some(version.version_id.clone()),
                    ..Default::default()
                });
            } else {
                versions.push(ObjectVersion {
                    e_tag: Some(ETag::Strong(version.e_tag())),
                    is_latest: Some(is_latest),
                    key: Some(shown(key)),
                    last_modified: Some(timestamp(version.last_modified)),
                    size: Some(length(version.body.len())),
                    version_id: Some(version.version_id.clone()),
                    ..Default::default()
                });
            }
        }
        output.delete_markers = Some(markers);
        output.versions = Some(versions);
        Ok(S3Response::new(output))
    }
}

/// A key as S3 lists it where it was asked to encode it: a space as `+`.
fn url_encoded(key: &str) -> String {
    key.bytes().fold(String::new(), |mut encoded, byte| {
        match byte {
            b' ' => encoded.push('+'),
            byte if byte.is_ascii_alphanumeric() || b"-_./*".contains(&byte) => encoded.push(char::from(byte)),
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
        encoded
    })
}

/// Reads a request's body to its end.
async fn whole(body: Option<StreamingBlob>) -> S3Result<Bytes> {
    let Some(body) = body else { return Ok(Bytes::new()) };
    let read = Body::from(body).collect().await;
    Ok(read.map_err(|error| S3Error::with_source(S3ErrorCode::IncompleteBody, error))?.to_bytes())
}

/// Compares bytes with the checksum they were sent with.
fn verify(checksum: Option<&str>, body: &[u8]) -> S3Result<()> {
    match checksum {
        Some(checksum) if checksum != BASE64.encode(Sha256::digest(body)) => Err(s3_error!(BadDigest)),
        _ => Ok(()),
    }
}

/// Marks a `DeleteObjects` request of which the second half is to fail.
#[derive(Clone, Copy)]
pub(crate) struct HalfFails;

/// Marks a listing whose page is to end after one row.
#[derive(Clone, Copy)]
pub(crate) struct ShortPage;

fn content_type(version: &StoredVersion) -> String {
    let stored = version.content_type.clone();
    stored.unwrap_or_else(|| "binary/octet-stream".to_owned())
}

fn hold_status(held: bool) -> ObjectLockLegalHoldStatus {
    ObjectLockLegalHoldStatus::from_static(if held {
        ObjectLockLegalHoldStatus::ON
    } else {
        ObjectLockLegalHoldStatus::OFF
    })
}

fn timestamp(at: Timestamp) -> dto::Timestamp {
    system_time(at).into()
}

fn length(bytes: usize) -> i64 {
    i64::try_from(bytes).expect("a body fits in memory")
}

/// The headers of a reply, as a browser would see them.
pub(crate) fn header_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
