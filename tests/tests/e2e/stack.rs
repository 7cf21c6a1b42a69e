//! The local cloud under test, and how a person or a program asks it.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_types::SdkConfig;
use aws_types::region::Region;
use serde_json::{Value, json};

/// Eight minutes: a message that failed once, on a machine under load, is retried after six.
pub(crate) const PATIENCE: Duration = Duration::from_secs(480);

/// 26 characters that no recording has.
pub(crate) const MADE_UP: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaa";

pub(crate) struct Stack {
    pub(crate) directory: PathBuf,
    pub(crate) content: Value,
}

/// The stack under test.
pub(crate) fn stack() -> &'static Stack {
    static STACK: OnceLock<Stack> = OnceLock::new();
    STACK.get_or_init(|| {
        let path = std::env::var("ROKUBAN_STACK")
            .expect("ROKUBAN_STACK names the stack.json of a local cloud: run `cargo xtask test`");
        let content = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        Stack { directory: Path::new(&path).parent().unwrap().to_owned(), content }
    })
}

impl Stack {
    pub(crate) fn text(&self, name: &str) -> &str {
        self.content[name].as_str().unwrap_or_else(|| panic!("stack.json has no {name}"))
    }

    /// The shifted `expected.json`.
    pub(crate) fn expected(&self) -> Vec<Value> {
        let file = self.directory.join("samples/expected.json");
        serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
    }

    pub(crate) fn sdk_config(&self) -> SdkConfig {
        let credentials = Credentials::new("test", "test", None, None, "local");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.text("region").to_owned()))
            .endpoint_url(self.text("endpoint_url"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build()
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Except the date and what the emulator numbers.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// The same without what every answer has for itself; its place in the text and its length still count.
    pub(crate) fn without_request_id(mut self) -> Self {
        let json: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        if let Some(id) = json["request_id"].as_str() {
            let text = String::from_utf8(self.body).unwrap();
            self.body = text.replace(id, &"-".repeat(id.len())).into_bytes();
        }
        self
    }
}

pub(crate) fn send(method: &str, url: &str, headers: &[(&str, &str)], body: Option<&[u8]>) -> Answer {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .build()
        .into();
    let mut request = ureq::http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(body.unwrap_or_default().to_vec()).unwrap();
    let mut answer = agent.run(request).unwrap();
    let headers = answer
        .headers()
        .iter()
        .filter(|(name, _)| {
            !matches!(name.as_str(), "date" | "apigw-requestid" | "x-amzn-requestid" | "x-amz-request-id")
        })
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
        .collect();
    Answer { status: answer.status().as_u16(), headers, body: answer.body_mut().read_to_vec().unwrap() }
}

/// What the local-only script answers, or what it printed instead.
pub(crate) fn local(command: &str, given: &Value) -> Result<Value, String> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let mut child = Command::new(format!("{root}/target/venv/bin/python"))
        .args([&format!("{root}/xtask/local.py"), command])
        .env("AWS_ENDPOINT_URL", stack().text("endpoint_url"))
        .env("AWS_DEFAULT_REGION", stack().text("region"))
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(given.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    serde_json::from_slice(&output.stdout).map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The access tokens that were asked for, by login.
pub(crate) static TOKENS: std::sync::Mutex<BTreeMap<String, String>> = std::sync::Mutex::new(BTreeMap::new());

/// An access token, by the flow a browser would go through.
pub(crate) fn token(login: &str) -> String {
    let mut tokens = TOKENS.lock().unwrap();
    if let Some(token) = tokens.get(login) {
        return token.clone();
    }
    let token = local("token", &json!({"stack": stack().content, "login": login})).unwrap();
    let token = token.as_str().unwrap().to_owned();
    tokens.insert(login.to_owned(), token.clone());
    token
}

/// A request of a member of staff to the API.
pub(crate) fn ask(login: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
    let url = format!("{}{path}", stack().text("api_url"));
    let bearer = format!("Bearer {}", token(login));
    let mut headers = vec![("Authorization", bearer.as_str())];
    let body = body.map(Value::to_string);
    if body.is_some() {
        headers.push(("Content-Type", "application/json"));
    }
    send(method, &url, &headers, body.as_deref().map(str::as_bytes))
}

/// Every page of a search.
pub(crate) fn search(login: &str, query: &str) -> Vec<Value> {
    let mut items = Vec::new();
    let mut cursor = String::new();
    loop {
        let answer = ask(login, "GET", &format!("/recordings?limit=100&{query}{cursor}"), None);
        assert_eq!(answer.status, 200, "{answer:?}");
        let page = answer.json();
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            None => return items,
            Some(next) => cursor = format!("&cursor={next}"),
        }
    }
}

/// The recordings of the samples alone: other tests upload their own under `e2e/`.
pub(crate) fn samples(login: &str, query: &str) -> Vec<Value> {
    let known: Vec<Value> = stack().expected().iter().map(|line| line["sha256"].clone()).collect();
    search(login, query)
        .into_iter()
        .map(|item| ask(login, "GET", &format!("/recordings/{}", item["id"].as_str().unwrap()), None).json())
        .filter(|recording| known.contains(&recording["sha256"]))
        .filter(|recording| !recording["call_id"].as_str().unwrap_or_default().starts_with("e2e-"))
        .collect()
}

pub(crate) fn start_of(line: &Value) -> jiff::Timestamp {
    line["started_at"].as_str().unwrap().parse().unwrap()
}

/// A WAV of one second of silence that ends with the time, so that no two are the same bytes, in no two runs.
pub(crate) fn wav() -> Vec<u8> {
    let mut samples = vec![0_u8; 16_000];
    samples[15_984..].copy_from_slice(&jiff::Timestamp::now().as_nanosecond().to_le_bytes());
    let mut file = Vec::new();
    file.extend(b"RIFF");
    file.extend(16_036_u32.to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    for half in [1_u16, 1] {
        file.extend(half.to_le_bytes());
    }
    file.extend(8_000_u32.to_le_bytes());
    file.extend(16_000_u32.to_le_bytes());
    for half in [2_u16, 16] {
        file.extend(half.to_le_bytes());
    }
    file.extend(b"data");
    file.extend(16_000_u32.to_le_bytes());
    file.extend(samples);
    file
}

/// Uploads an object.
pub(crate) async fn put(key: &str, bytes: Vec<u8>, metadata: &[(&str, &str)]) -> policy::id::RecordingId {
    let bucket = stack().text("recordings_bucket");
    let s3 = aws_sdk_s3::Client::new(&stack().sdk_config());
    let mut request = s3.put_object().bucket(bucket).key(key).body(bytes.into());
    for (name, value) in metadata {
        request = request.metadata(*name, *value);
    }
    let version = request.send().await.unwrap().version_id.unwrap();
    policy::id::RecordingId::of(bucket, key, &version)
}

/// Asks for a recording until the answer has a status.
pub(crate) fn wait_for(id: &policy::id::RecordingId, status: u16) -> Answer {
    let begun = Instant::now();
    loop {
        let answer = ask("yamada", "GET", &format!("/recordings/{id}"), None);
        if answer.status == status {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "{id} still answers {answer:?}");
        std::thread::sleep(Duration::from_millis(500));
    }
}
