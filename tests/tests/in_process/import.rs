//! `rokuban import`, against the world: what is uploaded once, what is never overwritten, and what is said of the rest.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use aws_types::SdkConfig;
use jiff::Timestamp;
use policy::rulebook::Rulebook;
use rokuban::{Cloud, Ending, Failure, Options, Show, Stop, run};
use serde_json::Value;
use store::{Connection, Piece, Table, Uploads};
use tempfile::TempDir;
use tests::company::{self, BUCKET, Company, TABLE, expected, morning, sample_rulebook, samples};
use tests::world::{
    Chances, Fault, FaultKind, Moment, Sabotage, Service, Which, World, for_every_fault, for_every_kill,
};

/// A folder to import, and the journal of its import beside it.
struct Archive {
    disk: TempDir,
}

impl Archive {
    fn of(files: &[(&str, &[u8])]) -> Self {
        let archive = Self { disk: tempfile::tempdir().unwrap() };
        fs::create_dir(archive.folder()).unwrap();
        for (below, bytes) in files {
            archive.write(below, bytes);
        }
        archive
    }

    fn folder(&self) -> PathBuf {
        self.disk.path().join("archive")
    }

    fn write(&self, below: &str, bytes: &[u8]) {
        let path = self.folder().join(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn options(&self) -> Options {
        Options {
            folder: self.folder(),
            prefix: String::new(),
            rulebook: Rulebook::strict_default(""),
            jobs: 4,
            accept_expired: false,
            accept_unmatched: true,
            wait: Duration::ZERO,
            report: None,
            journal: self.disk.path().join("journal"),
            json: true,
        }
    }

    fn forget_journal(&self) {
        fs::remove_file(self.disk.path().join("journal")).unwrap();
    }
}

fn cloud(config: SdkConfig, table: Option<&str>) -> Cloud {
    let connection = Connection::of(config);
    Cloud { uploads: Uploads::new(&connection, BUCKET), table: table.map(|table| Table::new(&connection, table)) }
}

async fn import_with(
    options: &Options,
    cloud: &Cloud,
    now: Timestamp,
    stop: &Stop,
) -> Result<(Ending, Value), Failure> {
    let mut out = Vec::new();
    Ok((run(options, Some(cloud), now, stop, Show::Nothing, &mut out).await?, serde_json::from_slice(&out).unwrap()))
}

async fn import(archive: &Archive, world: &World) -> (Ending, Value) {
    let cloud = cloud(world.sdk_config(), None);
    import_with(&archive.options(), &cloud, world.now(), &Stop::default()).await.unwrap()
}

fn world(seed: u64) -> World {
    World::builder(seed).bucket(BUCKET).build()
}

fn numbers(report: &Value) -> [u64; 4] {
    ["uploaded", "already_there", "not_compared", "failed"].map(|name| report[name].as_u64().unwrap())
}

/// The one failure's reason.
fn reason(report: &Value) -> &str {
    report["failures"][0]["reason"].as_str().unwrap()
}

/// Every object, and that each has one version with the bytes of its file.
fn stands_once(archive: &Archive, world: &World, keys: &[&str]) {
    assert_eq!(
        world.object_keys(BUCKET).into_iter().collect::<BTreeSet<_>>(),
        keys.iter().map(|key| (*key).to_owned()).collect()
    );
    for key in keys {
        let versions = world.object_versions(BUCKET, key);
        assert_eq!(versions.len(), 1, "{key}");
        assert!(versions[0].body == fs::read(archive.folder().join(key)).unwrap(), "{key}");
    }
}

const KEYS: [&str; 4] =
    ["freepbx/a b+c%20.wav", "other/通話 (1).m4a", "other/通話 (1).m4a.json", "calllog/asterisk/Master.csv"];

fn four_files() -> Archive {
    Archive::of(&KEYS.map(|key| (key, key.as_bytes())))
}

#[tokio::test(start_paused = true)]
async fn every_file_is_uploaded_under_its_path_and_the_second_run_makes_no_request() {
    let (archive, world) = (four_files(), world(1));
    archive.write(".DS_Store", b"x");
    let (ending, report) = import(&archive, &world).await;
    assert_eq!((ending, numbers(&report)), (Ending::Well, [4, 0, 0, 0]));
    stands_once(&archive, &world, &KEYS);
    assert_eq!(world.take_calls().len(), 4);

    archive.write("freepbx/new.wav", b"new");
    let (ending, report) = import(&archive, &world).await;
    assert_eq!((ending, numbers(&report)), (Ending::Well, [1, 4, 0, 0]));
    assert_eq!(world.take_calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn killed_anywhere_and_run_again_every_object_stands_once() {
    let archive = RefCell::new(Rc::new(four_files()));
    let gates = for_every_kill(
        async || {
            *archive.borrow_mut() = Rc::new(four_files());
            world(2)
        },
        async |world: &World| {
            let archive = Rc::clone(&archive.borrow());
            import(&archive, world).await
        },
        async |world: &World, _| {
            let archive = Rc::clone(&archive.borrow());
            let (ending, report) = import(&archive, world).await;
            let [uploaded, there, not_compared, failed] = numbers(&report);
            assert_eq!((ending, uploaded + there, not_compared, failed), (Ending::Well, 4, 0, 0));
            stands_once(&archive, world, &KEYS);
        },
    )
    .await;
    assert_eq!(gates, 8);
}

#[tokio::test(start_paused = true)]
async fn whatever_fault_strikes_once_nothing_is_lost_or_put_twice() {
    let archive = RefCell::new(Rc::new(four_files()));
    let faults = [
        (Moment::Effect, FaultKind::Throttled),
        (Moment::Effect, FaultKind::ServerError),
        (Moment::Effect, FaultKind::TimedOut),
        (Moment::Reply, FaultKind::TimedOut),
    ];
    let tried = for_every_fault(
        &faults,
        async || {
            *archive.borrow_mut() = Rc::new(four_files());
            world(3)
        },
        async |world: &World| {
            let cloud = cloud(world.sdk_config_without_retries(), None);
            let options = archive.borrow().options();
            import_with(&options, &cloud, world.now(), &Stop::default()).await.unwrap()
        },
        async |world: &World, _, (ending, report)| {
            let [uploaded, there, not_compared, failed] = numbers(&report);
            assert_eq!((ending, uploaded + there, not_compared, failed), (Ending::Well, 4, 0, 0));
            stands_once(&archive.borrow(), world, &KEYS);
        },
    )
    .await;
    assert_eq!(tried, 16);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_import_goes_on_until_all_is_there() {
    let names: Vec<String> = (0..100).map(|number| format!("freepbx/{number}.wav")).collect();
    let archive = Archive::of(&names.iter().map(|name| (name.as_str(), name.as_bytes())).collect::<Vec<_>>());
    let world = World::builder(4)
        .bucket(BUCKET)
        .chances(Chances { throttled: 25, reply_lost: 10, ..Chances::default() })
        .build();
    let cloud = cloud(world.sdk_config_without_retries(), None);
    let (ending, report) = import_with(&archive.options(), &cloud, world.now(), &Stop::default()).await.unwrap();
    assert!(world.faults_fired() > 20);
    assert_eq!(ending, Ending::Well, "{report}");
    stands_once(&archive, &world, &names.iter().map(String::as_str).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn what_is_there_is_never_overwritten() {
    let world = world(5);
    let archive = Archive::of(&[("freepbx/same.wav", b"same"), ("freepbx/other.wav", b"mine1")]);
    let same = store_with_checksum(&world, "freepbx/same.wav", b"same").await;
    let theirs = store_with_checksum(&world, "freepbx/other.wav", b"their").await;
    let (ending, report) = import(&archive, &world).await;
    assert_eq!((ending, numbers(&report)), (Ending::NotAll, [0, 1, 0, 1]));
    assert_eq!(
        (reason(&report), &report["failures"][0]["file"]),
        ("another object has this key", &"freepbx/other.wav".into())
    );
    for (key, version) in [("freepbx/same.wav", same), ("freepbx/other.wav", theirs)] {
        let versions = world.object_versions(BUCKET, key);
        assert_eq!((versions.len(), &versions[0].version_id), (1, &version), "{key}");
    }
}

/// As another import would.
async fn store_with_checksum(world: &World, key: &str, bytes: &[u8]) -> String {
    let uploads = Uploads::new(&Connection::of(world.sdk_config()), BUCKET);
    let put = uploads.put(&policy::fragment::ObjectKey::new(key), &Piece::new(bytes.to_vec())).await.unwrap();
    let store::PutOutcome::Stored(version) = put else { panic!("the key was taken") };
    version
}

#[tokio::test(start_paused = true)]
async fn without_its_condition_a_put_would_overwrite_what_is_there() {
    let world = world(6);
    store_with_checksum(&world, "a.wav", b"their").await;
    world.sabotage(Sabotage::StripPutCondition);
    import(&Archive::of(&[("a.wav", b"mine")]), &world).await;
    assert_eq!(world.object_versions(BUCKET, "a.wav").len(), 2);
    assert!(world.sabotage_strikes() > 0);
}

#[tokio::test(start_paused = true)]
async fn an_answer_with_another_checksum_is_a_failure_that_is_not_forgotten() {
    let large = vec![7; Piece::LIMIT_BYTES + 1];
    let archive = Archive::of(&[("a.wav", b"a"), ("b.wav", &large)]);
    let world = world(7);
    world.sabotage(Sabotage::GarbleChecksums);
    let (ending, report) = import(&archive, &world).await;
    assert_eq!((ending, numbers(&report)), (Ending::NotAll, [0, 0, 0, 2]));
    for failure in report["failures"].as_array().unwrap() {
        assert_eq!(failure["reason"], "S3 did not confirm its checksum");
    }
    assert_eq!(world.unfinished_uploads(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_large_file_goes_in_parts_and_is_found_there_again() {
    let large: Vec<u8> = (0..2 * Piece::LIMIT_BYTES + 5).map(|at| u8::try_from(at % 253).unwrap()).collect();
    let archive = Archive::of(&[("large.wav", &large)]);
    let world = world(8);
    let (ending, report) = import(&archive, &world).await;
    assert_eq!((ending, numbers(&report)), (Ending::Well, [1, 0, 0, 0]));
    stands_once(&archive, &world, &["large.wav"]);
    let kinds: Vec<String> = world.take_calls().iter().map(|call| call.operation.clone()).collect();
    assert_eq!(kinds, ["CreateMultipartUpload", "UploadPart", "UploadPart", "UploadPart", "CompleteMultipartUpload"]);

    archive.forget_journal();
    let (ending, report) = import(&archive, &world).await;
    assert_eq!((ending, numbers(&report)), (Ending::Well, [0, 1, 0, 0]));
    stands_once(&archive, &world, &["large.wav"]);
    assert_eq!(world.unfinished_uploads(), 0);

    archive.write("large.wav", &large[1..]);
    let (_, report) = import(&archive, &world).await;
    assert_eq!(reason(&report), "another object has this key");
    assert_eq!(world.unfinished_uploads(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_key_over_1024_bytes_fails_with_its_reason_and_the_rest_goes_on() {
    let folder = ["あ".repeat(80), "い".repeat(80), "う".repeat(80), "え".repeat(80)].join("/");
    let longest = format!("{folder}/{}", "x".repeat(1024 - folder.len() - 1));
    let too_long = format!("{longest}y");
    let archive = Archive::of(&[(&longest, b"a"), (&too_long, b"b"), ("c.wav", b"c")]);
    let world = world(9);
    let (ending, report) = import(&archive, &world).await;
    assert_eq!((ending, numbers(&report)), (Ending::NotAll, [2, 0, 0, 1]));
    assert_eq!(reason(&report), "its key would have 1025 bytes, and 1,024 is S3's limit");
    assert!(world.object_keys(BUCKET).contains(&longest));
}

#[tokio::test(start_paused = true)]
async fn stopped_it_ends_between_two_files_and_goes_on_when_it_is_run_again() {
    // More than the runtime lets one task do before the other's turn.
    let names: Vec<String> = (0..500).map(|number| format!("{number}.wav")).collect();
    let archive = Archive::of(&names.iter().map(|name| (name.as_str(), name.as_bytes())).collect::<Vec<_>>());
    let world = world(10);
    let cloud = cloud(world.sdk_config(), None);
    let stop = Stop::default();
    let options = archive.options();
    let stopper = async {
        while world.object_keys(BUCKET).is_empty() {
            tokio::task::yield_now().await;
        }
        stop.request();
    };
    let (ended, ()) = tokio::join!(import_with(&options, &cloud, world.now(), &stop), stopper);
    let (ending, report) = ended.unwrap();
    let stood = world.object_keys(BUCKET).len();
    assert_eq!((ending, &report["stopped"]), (Ending::NotAll, &true.into()));
    assert!(stood < 500, "{stood}");
    let (ending, report) = import(&archive, &world).await;
    assert_eq!((ending, numbers(&report)), (Ending::Well, [500 - stood as u64, stood as u64, 0, 0]));
    stands_once(&archive, &world, &names.iter().map(String::as_str).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_role_that_may_not_write_ends_it_at_once_with_the_fix() {
    let names: Vec<String> = (0..50).map(|number| format!("{number}.wav")).collect();
    let archive = Archive::of(&names.iter().map(|name| (name.as_str(), name.as_bytes())).collect::<Vec<_>>());
    let world = world(11);
    let which = Which::EveryOf(Service::S3, "PutObject");
    world.set_fault(Fault { which, moment: Moment::Effect, kind: FaultKind::AccessDenied });
    let (ending, report) = import(&archive, &world).await;
    assert_eq!(ending, Ending::NotAll);
    assert!(report["stopped_by"].as_str().unwrap().contains("uploader role"), "{report}");
    assert!(world.take_calls().len() <= 8);
}

#[tokio::test(start_paused = true)]
async fn a_line_that_stays_down_ends_it_instead_of_failing_every_file() {
    let names: Vec<String> = (0..50).map(|number| format!("{number}.wav")).collect();
    let archive = Archive::of(&names.iter().map(|name| (name.as_str(), name.as_bytes())).collect::<Vec<_>>());
    let world = world(16);
    let which = Which::EveryOf(Service::S3, "PutObject");
    world.set_fault(Fault { which, moment: Moment::Effect, kind: FaultKind::TimedOut });
    let cloud = cloud(world.sdk_config_without_retries(), None);
    let (_, report) = import_with(&archive.options(), &cloud, world.now(), &Stop::default()).await.unwrap();
    assert!(report["stopped_by"].as_str().unwrap().contains("Run the same command again"), "{report}");
    assert!(report["failed"].as_u64().unwrap() <= 8, "{report}");
    world.clear_faults();
    let (ending, report) = import(&archive, &world).await;
    assert_eq!((ending, numbers(&report)), (Ending::Well, [50, 0, 0, 0]));
}

#[tokio::test(start_paused = true)]
async fn what_an_uploader_may_not_look_at_is_compared_by_the_table() {
    let company = Company::with_sample_rulebook(12).await;
    let world = &company.world;
    let archive = Archive::of(&[("freepbx/a.wav", b"a"), ("freepbx/a.wav.json", b"{}"), ("freepbx/b.wav", b"mine")]);
    for (key, bytes) in [("freepbx/a.wav", &b"a"[..]), ("freepbx/a.wav.json", b"{}"), ("freepbx/b.wav", b"theirs")] {
        company.upload(key, bytes, &[]).await;
    }
    let which = Which::EveryOf(Service::S3, "HeadObject");
    world.set_fault(Fault { which, moment: Moment::Effect, kind: FaultKind::AccessDenied });
    let (ending, report) = import(&archive, world).await;
    assert_eq!((ending, numbers(&report)), (Ending::Well, [0, 0, 3, 0]));

    let cloud = cloud(world.sdk_config(), Some(TABLE));
    let (ending, report) = import_with(&archive.options(), &cloud, world.now(), &Stop::default()).await.unwrap();
    assert_eq!((ending, numbers(&report)), (Ending::NotAll, [0, 2, 0, 1]));
    assert_eq!(reason(&report), "another object has this key");
}

#[tokio::test(start_paused = true)]
async fn the_system_is_asked_what_became_of_it() {
    let company = Company::with_sample_rulebook(13).await;
    let world = &company.world;
    let understood = "freepbx/2026/11/03/external-201-09012345678-20261103-140502-1793682300.101.wav";
    let archive = Archive::of(&[
        (understood, &company::sample(understood)),
        ("freepbx/notes.txt", b"no sound"),
        ("freepbx/notes.txt.json", b"{}"),
    ]);
    let cloud = cloud(world.sdk_config(), Some(TABLE));
    let options = Options { wait: Duration::from_secs(60), ..archive.options() };
    let (_, report) = import_with(&options, &cloud, world.now(), &Stop::default()).await.unwrap();
    assert_eq!(report["became"]["on_their_way"], 3, "nothing has taken them in");

    for key in world.object_keys(BUCKET) {
        let version = world.object_versions(BUCKET, &key)[0].version_id.clone();
        company.ingest(&key, &version).await;
    }
    company.index().await;
    let (ending, report) = import_with(&options, &cloud, world.now(), &Stop::default()).await.unwrap();
    assert_eq!((ending, numbers(&report)), (Ending::Well, [0, 3, 0, 0]));
    let became = &report["became"];
    assert_eq!((&became["taken_in"], &became["quarantined"]["not_audio"]), (&2.into(), &1.into()), "{report}");
    assert_eq!(became["on_their_way"], 0);
}

#[tokio::test(start_paused = true)]
async fn a_table_that_refuses_is_told_and_loses_nothing() {
    let company = Company::with_sample_rulebook(14).await;
    let archive = four_files();
    let which = Which::EveryOf(Service::DynamoDb, "BatchGetItem");
    company.world.set_fault(Fault { which, moment: Moment::Effect, kind: FaultKind::AccessDenied });
    let cloud = cloud(company.world.sdk_config(), Some(TABLE));
    let (ending, report) =
        import_with(&archive.options(), &cloud, company.world.now(), &Stop::default()).await.unwrap();
    assert_eq!((ending, numbers(&report)), (Ending::NotAll, [4, 0, 0, 0]));
    assert!(report["not_asked"].as_str().unwrap().contains("may not read"), "{report}");
}

#[tokio::test(start_paused = true)]
async fn what_is_past_its_period_is_not_uploaded_in_silence() {
    let old = "freepbx/2026/11/03/external-201-09012345678-20261103-140502-1793682300.101.wav";
    let archive = Archive::of(&[(old, b"x"), ("freepbx/notes.txt", b"x")]);
    let world = world(15);
    let cloud = cloud(world.sdk_config(), None);
    let on_time = "2026-12-03T23:59:59+09:00".parse().unwrap();
    let late: Timestamp = "2026-12-04T00:00:00+09:00".parse().unwrap();
    let refused = import_with(&archive.options(), &cloud, late, &Stop::default()).await.unwrap_err().to_string();
    assert!(refused.contains("1 recording is past its period") && refused.contains("--accept-expired"), "{refused}");
    assert!(refused.contains("(90 days)") && refused.contains("30 days"), "{refused}");
    assert!(world.object_keys(BUCKET).is_empty() && world.calls().is_empty());

    let accepted = Options { accept_expired: true, ..archive.options() };
    let (_, report) = import_with(&accepted, &cloud, late, &Stop::default()).await.unwrap();
    assert_eq!(numbers(&report), [2, 0, 0, 0]);
    let other = Archive::of(&[(old, b"x")]);
    import_with(&other.options(), &cloud, on_time, &Stop::default()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_says_of_every_sample_what_the_system_would() {
    let (policy, staff) = sample_rulebook();
    let checked = policy::rulebook::check(&policy, &staff, morning()).unwrap();
    let rulebook = policy::rulebook::publish(None, &checked, "yamada", morning()).unwrap().document.rulebook().unwrap();
    let archive = Archive::of(&[]);
    let options = Options { folder: samples(), rulebook, ..archive.options() };
    let mut out = Vec::new();
    let ending = run(&options, None, morning(), &Stop::default(), Show::Nothing, &mut out).await.unwrap();
    assert_eq!(ending, Ending::Well);
    assert!(!Path::new(&options.journal).exists());
    let lines: Vec<Value> =
        String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut understood = 0;
    for wanted in expected() {
        let said = lines.iter().find(|line| line["key"] == wanted["key"]).unwrap();
        // What only its bytes or its metadata tell is not seen by its name.
        let is_by_metadata = wanted["object_metadata"].is_object();
        if said["started_at"].is_null() || wanted["started_at"].is_null() || is_by_metadata {
            continue;
        }
        // Nor what a call log alone tells: of these the source, the start and the call's id.
        let is_by_log = wanted["source"] == "amazon-connect";
        understood += 1;
        let moment = |text: &Value| text.as_str().unwrap().parse::<Timestamp>().unwrap();
        assert_eq!(moment(&said["started_at"]), moment(&wanted["started_at"]), "{wanted}");
        let names = ["source", "call_id", "direction", "extension", "queue", "staff", "team", "retention_class"];
        for name in &names[..if is_by_log { 2 } else { names.len() }] {
            if let Some(wanted) = wanted.get(name) {
                assert_eq!(&said[name], wanted, "{name} of {said}");
            }
        }
        let number = wanted["counterpart"].as_str().unwrap_or_default();
        if number.len() > 4 && !is_by_log {
            let said = said["counterpart"].as_str().unwrap();
            assert!(said.ends_with(&number[number.len() - 4..]) && !said.contains(number), "{said}");
        }
    }
    assert!(understood >= 5, "{understood}");
    assert!(lines.last().unwrap()["totals"]["files"].as_u64().unwrap() > 20);
}
