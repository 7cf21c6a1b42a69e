//! As much of Lambda's Runtime API as a function needs to start and to answer events:
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::failure::{Act, Failure};

/// What a function did.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// It asked for an event when none was left: it has started, and answered all there were.
    Waits,
    /// It answered an event with this.
    Answered(String),
    /// It reported an error: of an event, or of its start.
    Failed(String),
}

/// A Runtime API on a free port of loopback that has the same event a number of times.
pub(crate) struct Runtime {
    pub(crate) address: SocketAddr,
    pub(crate) heard: Receiver<Heard>,
    connections: Arc<AtomicUsize>,
}

/// What the connections of one function share.
struct Shared {
    event: String,
    left: Mutex<usize>,
    heard: Mutex<Sender<Heard>>,
}

impl Runtime {
    /// Listens. The event is given out `times` times; who asks once more waits for ever.
    pub(crate) fn start(event: &str, times: usize) -> Result<Self, Failure> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).act(|| "listen on loopback".to_owned())?;
        let address = listener.local_addr().act(|| "listen on loopback".to_owned())?;
        let (sender, heard) = channel();
        let shared = Arc::new(Shared { event: event.to_owned(), left: Mutex::new(times), heard: Mutex::new(sender) });
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        // They end with the command: a listener of one measurement is in nobody's way.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                counted.fetch_add(1, Ordering::Relaxed);
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    // A function that is ended leaves its connection open.
                    let _ = serve(&stream, &shared);
                });
            }
        });
        Ok(Self { address, heard, connections })
    }

    /// How often it was connected to.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

/// Answers the requests of one connection, one after the other.
fn serve(stream: &TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    while let Some(request) = Request::read(&mut reader)? {
        let answer = match request.last_segment() {
            "next" => {
                if let Some(answer) = shared.next() {
                    answer
                } else {
                    shared.tell(Heard::Waits);
                    continue;
                }
            }
            "response" => {
                shared.tell(Heard::Answered(request.body));
                reply(202, "", "{}")
            }
            _ => {
                shared.tell(Heard::Failed(request.body));
                reply(202, "", "{}")
            }
        };
        writer.write_all(answer.as_bytes())?;
    }
    Ok(())
}

impl Shared {
    fn next(&self) -> Option<String> {
        let mut left = self.left.lock().ok()?;
        *left = left.checked_sub(1)?;
        // 2100-01-01: no function may think that its time is nearly up.
        let headers = "lambda-runtime-aws-request-id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n\
            lambda-runtime-deadline-ms: 4102444800000\r\n\
            lambda-runtime-invoked-function-arn: arn:aws:lambda:ap-northeast-1:000000000000:function:bench\r\n\
            lambda-runtime-trace-id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0\r\n";
        Some(reply(200, headers, &self.event))
    }

    fn tell(&self, heard: Heard) {
        if let Ok(sender) = self.heard.lock() {
            // Nobody listens any more to a function that is being ended.
            let _ = sender.send(heard);
        }
    }
}

fn reply(status: u16, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} -\r\n{headers}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A request, as far as it is looked at.
struct Request {
    path: String,
    body: String,
}

impl Request {
    /// The next one of a connection; `None` at its end.
    fn read(reader: &mut impl BufRead) -> std::io::Result<Option<Self>> {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let (mut length, mut is_chunked) = (0, false);
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 || line.trim_end().is_empty() {
                break;
            }
            let line = line.to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
            is_chunked |= line.starts_with("transfer-encoding:") && line.contains("chunked");
        }
        let body = if is_chunked { read_chunks(reader)? } else { read_exactly(reader, length)? };
        Ok(Some(Self { path, body: String::from_utf8_lossy(&body).into_owned() }))
    }

    fn last_segment(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

fn read_exactly(reader: &mut impl Read, length: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn read_chunks(reader: &mut impl BufRead) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let length = usize::from_str_radix(size, 16).unwrap_or(0);
        let chunk = read_exactly(reader, length + 2)?;
        if length == 0 {
            return Ok(body);
        }
        body.extend_from_slice(&chunk[..length]);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    fn ask(stream: &mut TcpStream, request: &str) {
        stream.write_all(request.as_bytes()).unwrap();
    }

    fn answer(stream: &mut TcpStream) -> String {
        let mut bytes = [0; 4096];
        let length = stream.read(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    }

    #[test]
    fn an_event_is_given_once_its_answer_is_heard_and_the_next_who_asks_waits() {
        let runtime = Runtime::start(r#"{"a":1}"#, 1).unwrap();
        let mut stream = TcpStream::connect(runtime.address).unwrap();
        let next = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: x\r\n\r\n";
        ask(&mut stream, next);
        let given = answer(&mut stream);
        assert!(given.contains("lambda-runtime-aws-request-id: "), "{given}");
        assert!(given.ends_with(r#"{"a":1}"#), "{given}");
        ask(&mut stream, "POST /2018-06-01/runtime/invocation/1/response HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}");
        assert!(answer(&mut stream).starts_with("HTTP/1.1 202"));
        ask(&mut stream, next);
        let heard = |runtime: &Runtime| runtime.heard.recv_timeout(PATIENCE).unwrap();
        assert_eq!(heard(&runtime), Heard::Answered("{}".to_owned()));
        assert_eq!(heard(&runtime), Heard::Waits);
        assert_eq!(runtime.connections(), 1);
    }

    #[test]
    fn an_error_of_the_start_is_heard_also_in_chunks() {
        let runtime = Runtime::start("{}", 0).unwrap();
        let mut stream = TcpStream::connect(runtime.address).unwrap();
        ask(
            &mut stream,
            "POST /2018-06-01/runtime/init/error HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n\
             3\r\nbad\r\n5;x=y\r\n luck\r\n0\r\n\r\n",
        );
        assert_eq!(runtime.heard.recv_timeout(PATIENCE).unwrap(), Heard::Failed("bad luck".to_owned()));
    }
}
