//! Requests to AWS services of which few operations are needed, through the SDK's own runtime: it signs, retries and times
//! out as it does for every other client. A crate of the SDK has hundreds of operations, each with its types.

use std::fmt;

use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_smithy_runtime::client::identity::IdentityCache;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime_api::client::auth::AuthSchemeOptionResolverParams;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::region::{Region, SigningRegion};
use aws_types::{SdkConfig, SigningName};
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;
use serde_json::{Map, Value};

use crate::error::StoreError;

/// One service, such as `kms`.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    operation: Operation<ServiceRequest, Reply, Refusal>,
}

/// One request, in whichever of AWS's three protocols its service speaks.
pub(crate) struct ServiceRequest {
    name: &'static str,
    method: &'static str,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

/// QUIET: a body holds logins and passwords, and the runtime can print what it sends.
impl fmt::Debug for ServiceRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

impl ServiceRequest {
    /// The JSON protocol: the operation is named in a header.
    pub(crate) fn json(target: &str, name: &'static str, body: &Value) -> Self {
        let headers = vec![
            ("content-type", "application/x-amz-json-1.1".to_owned()),
            ("x-amz-target", format!("{target}.{name}")),
        ];
        Self { name, method: "POST", path: "/".to_owned(), headers, body: body.to_string() }
    }

    /// The REST protocol: the operation is the path. Only for what is read.
    pub(crate) fn get(name: &'static str, path: String) -> Self {
        Self { name, method: "GET", path, headers: Vec::new(), body: String::new() }
    }

    /// The REST protocol with a body.
    pub(crate) fn post(name: &'static str, path: &str, body: &Value) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self { name, method: "POST", path: path.to_owned(), headers, body: body.to_string() }
    }

    /// Lambda's own: a function is started, and nobody waits for its end.
    pub(crate) fn start(path: String, event: &Value) -> Self {
        let headers =
            vec![("content-type", "application/json".to_owned()), ("x-amz-invocation-type", "Event".to_owned())];
        Self { name: "Invoke", method: "POST", path, headers, body: event.to_string() }
    }

    /// The query protocol: a form is sent, and XML comes back.
    pub(crate) fn query(name: &'static str, version: &str, parameters: &[(&str, &str)]) -> Self {
        let mut body = format!("Action={name}&Version={version}");
        for (parameter, value) in parameters {
            body.push_str(&format!("&{parameter}={}", percent_encoded(value)));
        }
        let headers = vec![("content-type", "application/x-www-form-urlencoded".to_owned())];
        Self { name, method: "POST", path: "/".to_owned(), headers, body }
    }
}

/// Everything but RFC 3986's unreserved characters, escaped.
pub(crate) fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// An answer, and when the service gave it by its own clock.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) body: Value,
    /// The header `Date`, as RFC 9110 writes it.
    pub(crate) date: Option<String>,
}

/// What a service refuses with: its code alone, for its message may hold a login.
#[derive(Debug, thiserror::Error)]
#[error("the service refused")]
struct Refusal(ErrorMetadata);

impl ProvideErrorMetadata for Refusal {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

impl Service {
    /// A service by the first part of its host's name, which its signatures name too; no call is made.
    pub(crate) fn new(config: &SdkConfig, name: &'static str) -> Self {
        Self::at_host(config, name, name)
    }

    /// A service whose signatures name it otherwise than its host does.
    pub(crate) fn at_host(config: &SdkConfig, host: &'static str, name: &'static str) -> Self {
        Self { operation: operation(config, host, name) }
    }

    /// The answer's content, as JSON.
    pub(crate) async fn ask(&self, act: &'static str, request: ServiceRequest) -> Result<Value, StoreError> {
        self.ask_with_date(act, request).await.map(|reply| reply.body)
    }

    /// The same with the service's clock.
    pub(crate) async fn ask_with_date(&self, act: &'static str, request: ServiceRequest) -> Result<Reply, StoreError> {
        self.operation.invoke(request).await.map_err(|error| StoreError::sort(act, error))
    }
}

/// One request, with all that the SDK's clients do to theirs.
fn operation(config: &SdkConfig, host: &'static str, name: &'static str) -> Operation<ServiceRequest, Reply, Refusal> {
    let region = config.region().map(ToString::to_string).unwrap_or_default();
    let endpoint = match config.endpoint_url() {
        Some(url) => url.to_owned(),
        None => format!("https://{host}.{region}.amazonaws.com"),
    };
    let mut signing = Layer::new("signing");
    signing.store_put(AuthSchemeOptionResolverParams::new(()));
    signing.store_put(SigV4OperationSigningConfig {
        region: Some(SigningRegion::from(Region::new(region))),
        name: Some(SigningName::from_static(name)),
        ..SigV4OperationSigningConfig::default()
    });
    let mut components = RuntimeComponentsBuilder::new("signing");
    components
        .set_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID])))
        .push_auth_scheme(SigV4AuthScheme::new())
        // A function's credentials are those of the environment, and outlive the process; a person's are cached.
        .set_identity_cache(Some(config.identity_cache().unwrap_or_else(IdentityCache::no_cache)));
    if let Some(credentials) = config.credentials_provider() {
        components.set_identity_resolver(SCHEME_ID, credentials);
    }
    let mut builder = Operation::builder()
        .service_name(name)
        .operation_name("request")
        .endpoint_url(&endpoint)
        .standard_retry(&config.retry_config().cloned().unwrap_or_else(RetryConfig::standard))
        .timeout_config(config.timeout_config().cloned().unwrap_or_else(TimeoutConfig::disabled))
        .retry_classifier(AwsErrorCodeClassifier::<Refusal>::new())
        .retry_classifier(TransientErrorClassifier::<Refusal>::new())
        .retry_classifier(HttpStatusCodeClassifier::default())
        .runtime_plugin(StaticRuntimePlugin::new().with_config(signing.freeze()).with_runtime_components(components));
    if let Some(client) = config.http_client() {
        builder = builder.http_client(client);
    }
    if let Some(time) = config.time_source() {
        builder = builder.time_source(time);
    }
    if let Some(sleep) = config.sleep_impl() {
        builder = builder.sleep_impl(sleep);
    }
    if let Some(protection) = config.stalled_stream_protection() {
        builder = builder.stalled_stream_protection(protection);
    }
    builder.serializer(http_request).deserializer(reply).build()
}

fn http_request(request: ServiceRequest) -> Result<HttpRequest, Box<dyn std::error::Error + Send + Sync>> {
    let mut sent = HttpRequest::new(SdkBody::from(request.body));
    sent.set_method(request.method)?;
    sent.set_uri(request.path)?;
    for (name, value) in request.headers {
        sent.headers_mut().insert(name, value);
    }
    Ok(sent)
}

fn reply(response: &HttpResponse) -> Result<Reply, OrchestratorError<Refusal>> {
    let bytes = response.body().bytes().unwrap_or_default();
    let body = content(bytes);
    if response.status().is_success() {
        let body = body.ok_or_else(|| OrchestratorError::other("an answer that is neither JSON nor XML"))?;
        return Ok(Reply { body, date: response.headers().get("date").map(str::to_owned) });
    }
    let body = body.unwrap_or_default();
    let code = response
        .headers()
        .get("x-amzn-errortype")
        .or_else(|| body["__type"].as_str())
        .or_else(|| body["Error"]["Code"].as_str())
        .and_then(|kind| kind.split(':').next()?.rsplit('#').next());
    let mut meta = ErrorMetadata::builder();
    if let Some(code) = code {
        meta = meta.code(code);
    }
    Err(OrchestratorError::operation(Refusal(meta.build())))
}

/// Some operations answer nothing, and some of them not even `{}`.
fn content(bytes: &[u8]) -> Option<Value> {
    match bytes.trim_ascii_start().first() {
        None => Some(Value::Object(Map::new())),
        Some(b'<') => xml(bytes),
        Some(_) => serde_json::from_slice(bytes).ok(),
    }
}

/// The content of an XML document's root: a text, a list where all in it is `member`, or what is in it by name.
fn xml(bytes: &[u8]) -> Option<Value> {
    /// An element that is open.
    #[derive(Default)]
    struct Element {
        name: String,
        text: String,
        inner: Map<String, Value>,
        members: Option<Vec<Value>>,
    }

    impl Element {
        fn value(self) -> Value {
            match self.members {
                Some(members) => Value::Array(members),
                None if self.inner.is_empty() => Value::String(self.text.trim().to_owned()),
                None => Value::Object(self.inner),
            }
        }
    }

    let mut reader = Reader::from_reader(bytes);
    reader.config_mut().expand_empty_elements = true;
    let mut open = vec![Element::default()];
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                let name = String::from_utf8(start.local_name().as_ref().to_vec()).ok()?;
                open.push(Element { name, ..Element::default() });
            }
            Event::End(_) => {
                let mut ended = open.pop()?;
                let name = std::mem::take(&mut ended.name);
                let value = ended.value();
                let parent = open.last_mut()?;
                if name == "member" {
                    parent.members.get_or_insert_default().push(value);
                } else {
                    parent.inner.insert(name, value);
                }
            }
            Event::Text(text) => open.last_mut()?.text.push_str(&text.decode().ok()?),
            Event::CData(text) => open.last_mut()?.text.push_str(&text.decode().ok()?),
            Event::GeneralRef(entity) => {
                let text = match entity.resolve_char_ref().ok()? {
                    Some(character) => character.to_string(),
                    None => resolve_predefined_entity(&entity.decode().ok()?)?.to_owned(),
                };
                open.last_mut()?.text.push_str(&text);
            }
            Event::Eof => break,
            Event::Empty(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) | Event::Comment(_) => {}
        }
    }
    let document = open.pop().filter(|_| open.is_empty())?;
    document.inner.into_iter().next().map(|(_, root)| root)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    #[test]
    fn xml_is_read_as_the_json_it_could_have_been() {
        let text = b"<?xml version=\"1.0\"?><DescribeStacksResponse xmlns=\"a\"><DescribeStacksResult><Stacks><member>\
            <StackName>rokuban</StackName><Empty/><Outputs><member><OutputKey>a&amp;b&#x21;</OutputKey></member>\
            <member><OutputKey>c</OutputKey></member></Outputs></member></Stacks></DescribeStacksResult>\
            </DescribeStacksResponse>";
        let stack = json!({
            "StackName": "rokuban", "Empty": "",
            "Outputs": [{"OutputKey": "a&b!"}, {"OutputKey": "c"}],
        });
        assert_eq!(content(text).unwrap(), json!({"DescribeStacksResult": {"Stacks": [stack]}}));
        assert_eq!(content(b"").unwrap(), json!({}));
        assert_eq!(content(b"{\"a\": 1}").unwrap(), json!({"a": 1}));
        for wrong in ["<a><b></a>", "<a>", "<a>&none;</a>", "{", "text"] {
            assert_eq!(content(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn a_form_escapes_what_it_carries() {
        let request = ServiceRequest::query("Find", "2010-05-15", &[("Topic", "arn:a b/ü")]);
        assert_eq!(request.body, "Action=Find&Version=2010-05-15&Topic=arn%3Aa%20b%2F%C3%BC");
    }
}
