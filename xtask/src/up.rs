//! `up`, `down` and `token`: from a checkout to a local cloud that holds the samples, step by step.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _, stdout};
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cloud::{Cloud, REGION, text};
use crate::failure::{Act, Failure};
use crate::progress::{Done, say, step};
use crate::samples::{Memory, Samples, Uploaded};
use crate::tools::{self, check_machine, make_venv, python_command, root, run};

/// The stack's name in the local cloud, as in `samconfig.toml`.
const STACK: &str = "rokuban";

/// Who publishes the sample rulebook: the parameter `AdminLogin` of the local environment.
const ADMIN: &str = "yamada";

/// How long the samples may take from upload to index or quarantine.
const TAKEN_IN_SECONDS: u32 = 90;

/// What the options of `up` say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Leave out the samples, but keep users and rulebook.
    pub(crate) empty: bool,
    /// Print `stack.json` at the end, and nothing else on standard output.
    pub(crate) json: bool,
    /// Listen on this port.
    pub(crate) port: Option<u16>,
}

/// What `stack.json` tells: all that a client of the local cloud needs.
#[derive(Debug, Deserialize, Serialize)]
struct Stack {
    endpoint_url: String,
    region: String,
    api_url: String,
    issuer: String,
    client_id: String,
    user_pool_id: String,
    recordings_bucket: String,
    table: String,
    functions: BTreeMap<String, String>,
    users: Vec<User>,
}

/// Who can sign in to the local cloud.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct User {
    id: String,
    login: String,
    password: String,
    role: String,
    teams: Vec<String>,
}

/// A sample as the bucket holds it: its own key, and whether it is a recording.
struct Held {
    key: String,
    id: String,
    is_recording: bool,
    /// Whether it stays in quarantine, whatever comes beside it.
    is_unreadable: bool,
}

/// Brings the developer's cloud up.
///
/// # Errors
/// The first step's [`Failure`].
pub(crate) fn up(options: Options) -> Result<(), Failure> {
    let cloud = Cloud::developers();
    step("looking at this machine", check_machine)?;
    step("Python environment", || make_venv(&Cloud::venv(), &root().join("xtask/requirements.txt")))?;
    step("sam validate --lint", validate)?;
    let taken_in = bring_up(&cloud, options)?;
    if options.json {
        let stack = fs::read_to_string(cloud.file("stack.json")).act(|| "read stack.json".to_owned())?;
        return print(&stack);
    }
    print(&summary(&read_stack(&cloud)?, &taken_in))
}

/// Brings a cloud up on a machine that has been looked at: builds, deploys, fills. What the samples became.
///
/// # Errors
/// The first step's [`Failure`].
pub(crate) fn bring_up(cloud: &Cloud, options: Options) -> Result<Vec<Value>, Failure> {
    step("local cloud", || cloud.start(options.port))?;
    step("sam build", || build(cloud))?;
    step("sam deploy", || deploy(cloud))?;
    let outputs = step("what the emulator drops", || {
        let answer = local(cloud, "apply", &json!({ "name": STACK }))?;
        Ok(Done::new(answer, "applied and read back"))
    })?;
    let samples = Samples::read(&root().join("samples"))?;
    step("users", || make_users(cloud, &outputs, &samples))?;
    let plan = Plan::make(cloud, &samples, options.empty)?;
    step("rulebook", || publish(cloud, &samples, plan.rulebook_shift_days))?;
    if options.empty {
        return Ok(Vec::new());
    }
    let held = step("sample recordings", || upload(cloud, &outputs, &samples, &plan))?;
    step("taking them in", || wait(cloud, &held))
}

/// Stops the developer's cloud; its state stays unless it is to be forgotten.
///
/// # Errors
/// A [`Failure`] when it does not stop.
pub(crate) fn down(forget: bool) -> Result<(), Failure> {
    let cloud = Cloud::developers();
    let ran = cloud.stop()?;
    if forget {
        cloud.forget()?;
    }
    say(match (ran, forget) {
        (true, false) => "Stopped. `cargo xtask up` goes on where it was.\n",
        (false, false) => "Nothing was running.\n",
        (_, true) => "Nothing of it is left.\n",
    });
    Ok(())
}

/// Prints an access token of a local user.
///
/// # Errors
/// A [`Failure`] when there is no local cloud, or nobody of that login.
pub(crate) fn token(login: &str) -> Result<(), Failure> {
    let cloud = Cloud::developers();
    let answer = local(&cloud, "token", &json!({ "stack": read_stack(&cloud)?, "login": login }))?;
    print(answer.as_str().unwrap_or_default())
}

/// Runs a command of the local-only script.
fn local(cloud: &Cloud, name: &str, given: &Value) -> Result<Value, Failure> {
    let mut command = cloud.command("python")?;
    command.arg(root().join("xtask/local.py")).arg(name);
    let answer = tools::ask(&format!("local.py {name}"), &mut command, &given.to_string())?;
    serde_json::from_str(&answer).act(|| format!("understand what local.py {name} answered"))
}

/// Checks the template, unless it is the one that was checked last.
///
/// # Errors
/// A [`Failure`] with what is wrong in the template.
pub(crate) fn validate() -> Result<Done<()>, Failure> {
    let mut wanted = Vec::new();
    for name in ["infra/template.yaml", "samconfig.toml"] {
        wanted.extend(fs::read(root().join(name)).act(|| format!("read {name}"))?);
    }
    let stamp = tools::target("validated-template");
    if fs::read(&stamp).is_ok_and(|validated| validated == wanted) {
        return Ok(Done::new((), "unchanged"));
    }
    run(
        "sam validate",
        python_command(&Cloud::venv(), "sam").args(["validate", "--lint", "--config-env", "local"]),
        &tools::target("sam-validate.log"),
    )?;
    fs::write(&stamp, wanted).act(|| "remember the checked template".to_owned())?;
    Ok(Done::new((), ""))
}

/// Builds the functions. Cargo itself knows what has changed.
fn build(cloud: &Cloud) -> Result<Done<()>, Failure> {
    run("sam build", sam(cloud, "build")?.args(["--build-dir", &text(&cloud.file("sam"))]), &cloud.file("build.log"))?;
    Ok(Done::new((), ""))
}

fn deploy(cloud: &Cloud) -> Result<Done<()>, Failure> {
    let log = cloud.file("deploy.log");
    run("sam deploy", sam(cloud, "deploy")?.args(["--template-file", &text(&cloud.file("sam/template.yaml"))]), &log)
        .map_err(|failure| failure.fix("If the saved state is at fault: `cargo xtask down --forget` starts afresh."))?;
    let printed = fs::read_to_string(&log).unwrap_or_default();
    Ok(Done::new((), if printed.contains("No changes to deploy") { "unchanged" } else { "" }))
}

fn sam(cloud: &Cloud, name: &str) -> Result<std::process::Command, Failure> {
    let mut command = cloud.command("sam")?;
    command.args([name, "--config-env", "local", "--config-file", &text(&root().join("samconfig.toml"))]);
    Ok(command)
}

/// Creates a user for everyone on the staff list, and writes `stack.json`.
fn make_users(cloud: &Cloud, outputs: &Value, samples: &Samples) -> Result<Done<()>, Failure> {
    let output = |name: &str| outputs[name].as_str().unwrap_or_default().to_owned();
    let user_pool_id = output("UserPoolId");
    let known = read_stack(cloud).ok().filter(|stack| stack.user_pool_id == user_pool_id);
    let mut users = Vec::new();
    let mut wanted = Vec::new();
    for member in samples.members()? {
        let remembered =
            known.as_ref().and_then(|stack| stack.users.iter().find(|user| user.login == member.login)).cloned();
        let new_password = remembered.is_none();
        let password = remembered.map_or_else(random_password, |user| Ok(user.password))?;
        wanted.push(json!({ "login": member.login, "password": password, "new_password": new_password }));
        users.push(User { id: member.id, login: member.login, password, role: member.role, teams: member.teams });
    }
    let endpoint_url = cloud.endpoint()?;
    let stack = Stack {
        region: REGION.to_owned(),
        // The emulator answers for an API under this path; on AWS it has a host of its own.
        api_url: format!("{endpoint_url}/_aws/execute-api/{}/$default", output("ApiId")),
        endpoint_url,
        issuer: output("Issuer"),
        client_id: output("ClientId"),
        recordings_bucket: output("RecordingsBucket"),
        table: output("Table"),
        functions: ["ingest", "index", "jobs", "retrieve", "sweep"]
            .into_iter()
            .map(|name| {
                let mut letters = name.chars();
                let first = letters.next().map(|first| first.to_ascii_uppercase());
                let output_name: String = first.into_iter().chain(letters).chain("Function".chars()).collect();
                (name.to_owned(), output(&output_name))
            })
            .collect(),
        users,
        user_pool_id,
    };
    let answer = local(cloud, "users", &json!({ "user_pool_id": stack.user_pool_id, "wanted": wanted }))?;
    let text = serde_json::to_string_pretty(&stack).act(|| "write stack.json".to_owned())?;
    fs::write(cloud.file("stack.json"), text).act(|| "write stack.json".to_owned())?;
    let note = match answer["created"].as_u64() {
        Some(0) | None => "unchanged".to_owned(),
        Some(created) => format!("{created} created"),
    };
    Ok(Done::new((), note))
}

/// 24 characters of 64, 144 bits, with one of each kind that the user pool asks for.
fn random_password() -> Result<String, Failure> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut random = [0; 24];
    getrandom::fill(&mut random).act(|| "draw a random password".to_owned())?;
    let letters = random.iter().map(|byte| char::from(LETTERS[usize::from(byte % 64)]));
    Ok(letters.chain("aA0".chars()).collect())
}

/// What is to be published and uploaded, and by how many days it is shifted.
struct Plan {
    rulebook_shift_days: i64,
    memory: Memory,
    shifts: BTreeMap<String, i64>,
}

impl Plan {
    /// Samples that are held, and whose day has not passed, stay as they are; all others get today's shift.
    fn make(cloud: &Cloud, samples: &Samples, empty: bool) -> Result<Self, Failure> {
        let now = Timestamp::now();
        let memory: Memory = match fs::read_to_string(cloud.file("samples.json")) {
            Ok(text) => serde_json::from_str(&text).act(|| "understand samples.json".to_owned())?,
            Err(_) => Memory::new(),
        };
        let todays_shift_days = samples.shift_days(now)?;
        let mut shifts = BTreeMap::new();
        for sample in samples.objects() {
            let kept = match memory.get(&sample.key) {
                Some(held) if !samples.has_expired(&sample.key, held.shift_days, now)? => Some(held.shift_days),
                _ => None,
            };
            shifts.insert(sample.key.clone(), kept.unwrap_or(todays_shift_days));
        }
        // The staff list and the notices fit the newest upload; an `up --empty` leaves them as the last upload had them.
        let newest =
            if empty { memory.values().map(|held| held.shift_days).max() } else { shifts.values().max().copied() };
        Ok(Self { rulebook_shift_days: newest.unwrap_or(todays_shift_days), memory, shifts })
    }
}

fn publish(cloud: &Cloud, samples: &Samples, shift_days: i64) -> Result<Done<()>, Failure> {
    let (policy, staff) = samples.rulebook(shift_days);
    let given = json!({ "stack": read_stack(cloud)?, "login": ADMIN, "policy": policy, "staff": staff });
    let answer = local(cloud, "publish", &given)?;
    let published = answer["published"] == true;
    let note = format!("version {} is in force", answer["version"]);
    Ok(Done::new((), if published { note } else { format!("unchanged, {note}") }))
}

/// What the local-only script says of an object.
#[derive(Deserialize)]
struct Put {
    key: String,
    version_id: String,
    id: String,
    uploaded: bool,
}

/// Uploads what the bucket does not hold yet, and remembers what it holds for each sample.
fn upload(cloud: &Cloud, outputs: &Value, samples: &Samples, plan: &Plan) -> Result<Done<Vec<Held>>, Failure> {
    let directory = cloud.file("samples");
    fs::create_dir_all(&directory).act(|| format!("make {}", directory.display()))?;
    fs::write(directory.join("expected.json"), samples.expected(plan.rulebook_shift_days))
        .act(|| "write the shifted expected.json".to_owned())?;
    let mut objects = Vec::new();
    for (number, sample) in samples.objects().iter().enumerate() {
        let shift_days = plan.shifts.get(&sample.key).copied().unwrap_or_default();
        let shifted = sample.shifted(shift_days);
        let path = directory.join(number.to_string());
        fs::write(&path, &shifted.body).act(|| format!("write {}", path.display()))?;
        let again = plan.memory.get(&sample.key).is_some_and(|held| held.shift_days != shift_days);
        objects.push(json!({
            "key": shifted.key, "path": text(&path), "metadata": shifted.metadata, "again": again,
        }));
    }
    let answer = local(cloud, "upload", &json!({ "bucket": outputs["RecordingsBucket"], "objects": objects }))?;
    let answer: Vec<Put> = serde_json::from_value(answer).act(|| "understand what was uploaded".to_owned())?;
    let mut memory = Memory::new();
    let mut held = Vec::new();
    for (sample, put) in samples.objects().iter().zip(&answer) {
        let shift_days = plan.shifts.get(&sample.key).copied().unwrap_or_default();
        let uploaded =
            Uploaded { shift_days, key: put.key.clone(), version_id: put.version_id.clone(), id: put.id.clone() };
        memory.insert(sample.key.clone(), uploaded);
        let is_recording = samples.is_recording(&sample.key);
        let is_unreadable = samples.is_unreadable(&sample.key);
        held.push(Held { key: put.key.clone(), id: put.id.clone(), is_recording, is_unreadable });
    }
    let text = serde_json::to_string_pretty(&memory).act(|| "write samples.json".to_owned())?;
    fs::write(cloud.file("samples.json"), text).act(|| "write samples.json".to_owned())?;
    let note = match answer.iter().filter(|put| put.uploaded).count() {
        0 => "unchanged".to_owned(),
        count => format!("{count} objects uploaded, shifted by {} days", plan.rulebook_shift_days),
    };
    Ok(Done::new(held, note))
}

/// Waits for each recording, and answers them as the API does, each with its key.
fn wait(cloud: &Cloud, held: &[Held]) -> Result<Done<Vec<Value>>, Failure> {
    let recordings: Vec<&Held> = held.iter().filter(|held| held.is_recording).collect();
    let ids: Vec<&str> = recordings.iter().map(|held| held.id.as_str()).collect();
    let unreadable: Vec<&str> =
        recordings.iter().filter(|held| held.is_unreadable).map(|held| held.id.as_str()).collect();
    let given = json!({
        "stack": read_stack(cloud)?,
        "login": ADMIN,
        "ids": ids,
        "unreadable": unreadable,
        "timeout_seconds": TAKEN_IN_SECONDS,
    });
    let answer = local(cloud, "wait", &given)?;
    let mut found = Vec::new();
    for (held, recording) in recordings.iter().zip(answer.as_array().into_iter().flatten()) {
        if recording.is_null() {
            return Err(Failure::new(format!(
                "`{}` is neither indexed nor in quarantine after {TAKEN_IN_SECONDS} s",
                held.key
            ))
            .fix(format!("What the functions printed is in {}.", text(&cloud.file("ministack.log")))));
        }
        let mut recording = recording.clone();
        recording["key"] = held.key.as_str().into();
        found.push(recording);
    }
    // In the order of the calls; what went to quarantine has no call, only the time it was taken in, and comes last.
    found.sort_by_key(|recording| (is_quarantined(recording), recording["started_at"].as_str().map(str::to_owned)));
    let quarantined = found.iter().filter(|recording| is_quarantined(recording)).count();
    let note = format!("{} indexed, {quarantined} in quarantine", found.len() - quarantined);
    Ok(Done::new(found, note))
}

fn read_stack(cloud: &Cloud) -> Result<Stack, Failure> {
    let text = fs::read_to_string(cloud.file("stack.json"))
        .map_err(|_| Failure::new("there is no local cloud here yet").fix("`cargo xtask up` makes one."))?;
    serde_json::from_str(&text).act(|| "understand stack.json".to_owned())
}

/// What a newcomer reads: what was found, what to try, how to stop.
fn summary(stack: &Stack, recordings: &[Value]) -> String {
    let mut page = table(recordings);
    let active = |recording: &&Value| recording["state"] == "active";
    let example = recordings.iter().filter(active).find(|recording| recording["counterpart"].is_string());
    if let Some(example) = example {
        let number = example["counterpart"].as_str().unwrap_or_default().replacen("+81", "0", 1);
        let id = example["id"].as_str().unwrap_or_default();
        let _ = write!(
            page,
            "\nSearch, as the admin {ADMIN}:\n  \
             curl -s -H \"Authorization: Bearer $(cargo xtask token {ADMIN})\" '{api}/recordings?number={number}'\n\
             \nA URL to hear one, good for two minutes:\n  \
             curl -s -X POST -H \"Authorization: Bearer $(cargo xtask token {ADMIN})\" \
             -H 'Content-Type: application/json' -d '{{\"use\":\"evidence\",\"reason\":\"trying it out\"}}' \
             '{api}/recordings/{id}/play'\n",
            api = stack.api_url,
        );
    }
    let logins: Vec<&str> = stack.users.iter().map(|user| user.login.as_str()).collect();
    let _ = write!(
        page,
        "\nSigned in as anyone of {}: cargo xtask token LOGIN\nAddresses, names, passwords: \
         target/local/stack.json\nTo stop: cargo xtask down\n",
        logins.join(", ")
    );
    page
}

fn is_quarantined(recording: &Value) -> bool {
    recording["state"] == "quarantined"
}

/// The recordings in columns.
fn table(recordings: &[Value]) -> String {
    let mut rows = vec![
        ["recording", "started at", "direction", "counterpart", "staff", "team", "class or quarantine"]
            .map(str::to_owned),
    ];
    for recording in recordings {
        let value = |name: &str| recording[name].as_str().map(str::to_owned);
        let key = value("key").unwrap_or_default();
        let name = shortened(key.rsplit('/').next().unwrap_or_default(), NAME_COLUMNS);
        rows.push(if is_quarantined(recording) {
            let mut row = [const { String::new() }; 7];
            row[0] = name;
            row[6] = format!("要確認: {}", value("quarantine_reason").unwrap_or_default());
            row
        } else {
            let started_at = value("started_at").unwrap_or_default();
            let absent = value("counterpart_absent").map(|why| format!("({why})"));
            [
                name,
                started_at.chars().take(16).collect::<String>().replace('T', " "),
                value("direction").unwrap_or_default(),
                value("counterpart").or(absent).unwrap_or_default(),
                value("staff").unwrap_or_default(),
                value("team").unwrap_or_default(),
                value("retention_class").unwrap_or_default(),
            ]
        });
    }
    if rows.len() == 1 {
        return String::new();
    }
    let widths: Vec<usize> =
        (0..rows[0].len()).map(|column| rows.iter().map(|row| width(&row[column])).max().unwrap_or_default()).collect();
    let mut page = String::from("\n");
    for row in &rows {
        let mut line = String::new();
        for (cell, wide) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell}{}  ", " ".repeat(wide - width(cell)));
        }
        let _ = writeln!(page, "{}", line.trim_end());
    }
    page
}

/// 40 columns of a terminal: enough to tell the samples apart.
const NAME_COLUMNS: usize = 40;

/// A name cut in its middle to so many columns.
fn shortened(name: &str, columns: usize) -> String {
    if width(name) <= columns {
        return name.to_owned();
    }
    let half = (columns - 1) / 2;
    let take = |characters: &mut dyn Iterator<Item = char>| {
        let mut taken = String::new();
        for character in characters {
            if width(&taken) + width(character.encode_utf8(&mut [0; 4])) > half {
                break;
            }
            taken.push(character);
        }
        taken
    };
    let start = take(&mut name.chars());
    let end: String = take(&mut name.chars().rev()).chars().rev().collect();
    format!("{start}…{end}")
}

/// Columns a text takes on a terminal: kana, kanji and full-width signs take two.
fn width(text: &str) -> usize {
    text.chars()
        .map(|character| if ('\u{1100}'..='\u{ffe6}').contains(&character) && character != '…' { 2 } else { 1 })
        .sum()
}

/// Prints a page on standard output.
fn print(page: &str) -> Result<(), Failure> {
    let mut stream = stdout();
    let written = writeln!(stream, "{}", page.trim_end_matches('\n')).and_then(|()| stream.flush());
    match written {
        // A reader that has seen enough, like `head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.act(|| "print".to_owned()),
    }
}

/// Where `stack.json` of a cloud lies.
pub(crate) fn stack_file(cloud: &Cloud) -> impl AsRef<Path> + use<> {
    cloud.file("stack.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_keeps_its_start_and_its_end() {
        assert_eq!(shortened("short.wav", 9), "short.wav");
        assert_eq!(shortened("external-201.wav", 9), "exte….wav");
        assert_eq!(shortened("通話通話通話.m4a", 9), "通話….m4a");
    }

    #[test]
    fn columns_line_up_under_wide_characters() {
        let recordings = [
            json!({ "key": "a/通話.m4a", "state": "active", "direction": "inbound", "retention_class": "standard" }),
            json!({ "key": "a/b.wav", "state": "quarantined", "quarantine_reason": "empty" }),
        ];
        let page = table(&recordings);
        let lines: Vec<&str> = page.lines().skip(1).collect();
        let column = |line: &str, word: &str| line.find(word).map(|at| width(&line[..at]));
        assert_eq!(column(lines[0], "direction"), column(lines[1], "inbound"));
        assert_eq!(column(lines[0], "class"), column(lines[1], "standard"));
        assert_eq!(column(lines[0], "class"), column(lines[2], "要確認: empty"));
    }

    #[test]
    fn a_password_satisfies_the_user_pool() {
        let Ok(password) = random_password() else { panic!("no password") };
        assert!(password.len() >= 14);
        for kind in [char::is_uppercase as fn(char) -> bool, char::is_lowercase, |it| it.is_ascii_digit()] {
            assert!(password.contains(kind));
        }
    }
}
