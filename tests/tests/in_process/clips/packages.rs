//! A release's package: what is in it, whose names are not, and its end.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use policy::case::CaseText;
use policy::case::part::CutFailure;
use policy::case::release::ReleaseState;
use policy::custody::EventKind;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tests::company::{Company, failed};
use tests::world::for_every_kill;

use super::common::{
    listed, objects, open_case, open_case_of, package_message, part, put_release, release_now, require_listed, unzip,
};
use crate::api::Api;

const MP3: &str = "ringcentral/20261109-133555_302_(03)5234-8686_Outgoing_Auto_2243071124051.mp3";

fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

fn entries(api: &Api) -> BTreeMap<String, Vec<u8>> {
    let objects = objects(api.world());
    assert_eq!(objects.len(), 1);
    unzip(objects.values().next().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_package_holds_the_parts_their_digests_the_custody_without_names_and_a_page_without_script() {
    let (api, recording) = Api::with_sample(1).await;
    let other = api.company.upload_sample(MP3).await;
    let case = open_case(&api).await;
    let mut parts = vec![part(&recording, 2_000, 7_000, &[(3_000, 3_500)]), part(&other, 1_000, 3_000, &[])];
    parts[1].to_milliseconds = None;
    let release = put_release(&api.company, &case, "release-1", parts, |release| {
        release.recipient = CaseText::new("<script>alert(1)</script>");
        release.parts[0].transcript = Some(CaseText::new("00:02 はい、承知しました。"));
    })
    .await;
    assert_eq!(failed(&api.company.clip(&package_message(&release), "one").await), 0);
    let built = release_now(&api.company, &release).await;
    assert_eq!(built.state, ReleaseState::Built);
    let package = built.package.unwrap();
    let bytes = &objects(api.world())[&package.key];
    assert_eq!((sha256(bytes), bytes.len() as u64), (package.sha256.clone(), package.size));
    let entries = entries(&api);
    let names: Vec<&str> = entries.keys().map(String::as_str).collect();
    assert_eq!(names, ["01.txt", "01.wav", "02.mp3", "custody.json", "manifest.json", "record.html"]);

    let manifest: Value = serde_json::from_slice(&entries["manifest.json"]).unwrap();
    for (number, clip) in package.parts.iter().enumerate() {
        let (part, file) = (&manifest["parts"][number], &entries[&clip.key]);
        assert_eq!(part["sha256"], sha256(file));
        assert_eq!(
            (&part["sha256"], &part["original_sha256"]),
            (&clip.sha256.clone().into(), &clip.original_sha256.clone().into())
        );
        assert_eq!(part["size_bytes"], file.len());
    }
    let original = api.company.recording(&recording).await.sha256.unwrap();
    assert_eq!(manifest["parts"][0]["original_sha256"], original);
    assert_eq!(manifest["parts"][0]["duration_milliseconds"], 5_000);

    let custody: Value = serde_json::from_slice(&entries["custody.json"]).unwrap();
    assert_eq!(custody[0]["events"][0]["kind"], "taken_in");
    let page = String::from_utf8(entries["record.html"].clone()).unwrap();
    assert!(page.contains("社外提出記録") && page.contains("受領欄") && page.contains("責任者"));
    assert!(page.contains("&lt;script&gt;alert(1)") && !page.contains("<script"));
    assert!(page.contains(&sha256(&entries["manifest.json"])) && page.contains(&package.parts[1].sha256));
    for entry in entries.values() {
        // Sound is no text.
        let Ok(text) = str::from_utf8(entry) else { continue };
        // QUIET: neither who asked for it nor whose call it was.
        for name in ["kato", "mori", "加藤", "森", "090"] {
            assert!(!text.contains(name), "{name}");
        }
    }
    for id in [&recording, &other] {
        let last = api.chain(id).await.pop().unwrap().event;
        assert_eq!((last.kind, last.actor.as_str()), (EventKind::ReleaseBuilt, "clip"));
    }
    let before = api.company.snapshot();
    assert_eq!(failed(&api.company.clip(&package_message(&release), "two").await), 0);
    assert_eq!(before, api.company.snapshot(), "TWICE IS ONCE");
}

#[tokio::test(start_paused = true)]
async fn a_disclosure_holds_nothing_of_the_custody() {
    let (api, recording) = Api::with_sample(1).await;
    let case = open_case_of(&api, "disclosure").await;
    let release = put_release(&api.company, &case, "r", vec![part(&recording, 0, 1_000, &[])], |_| {}).await;
    assert_eq!(failed(&api.company.clip(&package_message(&release), "one").await), 0);
    assert!(entries(&api).keys().eq(["01.wav", "manifest.json", "record.html"]));
}

#[tokio::test(start_paused = true)]
async fn a_package_of_which_one_part_cannot_be_made_is_not_made_and_one_ends_with_any_of_its_recordings() {
    let (api, recording) = Api::with_sample(1).await;
    let other = api.company.upload_sample(MP3).await;
    let case = open_case(&api).await;
    let parts = vec![part(&recording, 0, 1_000, &[]), part(&other, 3_600_000, 3_601_000, &[])];
    let release = put_release(&api.company, &case, "bad", parts, |_| {}).await;
    assert_eq!(failed(&api.company.clip(&package_message(&release), "one").await), 0);
    let made = release_now(&api.company, &release).await;
    assert_eq!((made.state, made.failure), (ReleaseState::Failed, Some(CutFailure::OutOfRange)));
    assert!(objects(api.world()).is_empty());

    let parts = vec![part(&other, 0, 1_000, &[]), part(&recording, 0, 1_000, &[])];
    let release = put_release(&api.company, &case, "good", parts, |_| {}).await;
    assert_eq!(failed(&api.company.clip(&package_message(&release), "one").await), 0);
    assert_eq!(objects(api.world()).len(), 1);
    // The call of 3 November expires six days before the other.
    api.world().set_now("2026-12-04T00:00:00+09:00".parse().unwrap());
    api.company.sweep().await.unwrap();
    assert!(api.company.tombstone(&recording).await.is_some() && api.company.tombstone(&other).await.is_none());
    assert!(objects(api.world()).is_empty() && listed(api.world()).is_empty());
}

#[tokio::test(start_paused = true)]
async fn killed_at_any_gate_a_package_is_made_once_and_nothing_lies_unlisted() {
    let arrange = async || {
        let (api, recording) = Api::with_sample(1).await;
        let case = open_case(&api).await;
        let release = put_release(&api.company, &case, "r", vec![part(&recording, 0, 1_000, &[])], |_| {}).await;
        (api, release)
    };
    let release = arrange().await.1;
    let gates = for_every_kill(
        async || arrange().await.0.company.world,
        async |world| Company::of_without_retries(world.clone()).clip(&package_message(&release), "one").await,
        async |world, gate| {
            require_listed(world, &format!("{gate:?}"));
            let company = Company::of(world.clone());
            assert_eq!(failed(&company.clip(&package_message(&release), "two").await), 0, "{gate:?}");
            let built = release_now(&company, &release).await;
            assert_eq!(built.state, ReleaseState::Built, "{gate:?}");
            world.advance(std::time::Duration::from_secs(6 * 60 + 1));
            company.sweep().await.unwrap();
            assert_eq!(objects(world).into_keys().collect::<Vec<_>>(), [built.package.unwrap().key], "{gate:?}");
            assert_eq!(listed(world).len(), 1, "{gate:?}");
        },
    )
    .await;
    assert!(gates >= 16, "{gates}");
}
