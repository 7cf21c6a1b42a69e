//! The proof of a deletion, as the API shows it.

use policy::deletion::AgreedRoles;
use policy::id::RecordingId;
use policy::origin_copy::OriginCopyState;
use policy::recording::{self, BackupState};
use policy::rulebook::Rulebook;
use rokuban_http::time::{Day, Time};
use schemars::JsonSchema;
use serde::Serialize;

use super::taken_away::TakenAway;

/// The proof of a deletion 削除証明.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Tombstone {
    id: RecordingId,
    /// S3's version id that was deleted.
    #[schemars(example = &"3HL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY")]
    version_id: String,
    /// Of its bytes; `null` where they were too many to be read.
    #[schemars(extend("pattern" = "^[0-9a-f]{64}$"))]
    #[schemars(example = &"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    sha256: Option<String>,
    /// The class it was kept under.
    #[schemars(example = &"standard")]
    retention_class: String,
    /// The team at the time of the call.
    #[schemars(example = &"sales")]
    team: Option<String>,
    /// The day of the call.
    day: Day,
    /// Which rulebook said so.
    #[schemars(example = 3)]
    rulebook_version: u64,
    deleted_at: Time,
    /// What deleted it, and in which run.
    #[schemars(example = &"sweep 0b0f")]
    deleted_by: String,
    /// The roles of the two who agreed, where it was deleted before its time; `null` where its period was over.
    requested: Option<AgreedRoles>,
    /// What is known of its copy in another Region.
    backup: BackupState,
    /// When a check found that no copy is left; `null` until then.
    backup_checked_at: Option<Time>,
    /// What the PBX itself still keeps, as the rulebook of this version says. It is not part of what was deleted.
    origin_copy: OriginCopyState,
    /// The last day on which the PBX may still keep its copy, where `origin_copy` is `until`.
    origin_copy_until: Option<Day>,
    /// When a person checked the PBX's settings; who did stands in the rulebook of this version.
    origin_copy_checked_on: Option<Day>,
    /// The recording that took its place, where parts were silenced for good マスキング.
    replaced_by: Option<RecordingId>,
    /// What was taken away of it before: in `GET /recordings/{id}` alone, for those who may read its custody.
    #[serde(skip_serializing_if = "Option::is_none")]
    taken_away: Option<TakenAway>,
}

impl Tombstone {
    /// The proof of a deletion.
    pub(crate) fn new(tombstone: &recording::Tombstone, rulebook: &Rulebook) -> Self {
        Self {
            id: tombstone.id.clone(),
            version_id: tombstone.version_id.clone(),
            sha256: tombstone.sha256.clone(),
            retention_class: tombstone.class.class().to_owned(),
            team: tombstone.team.clone(),
            day: Day::new(tombstone.day),
            rulebook_version: tombstone.rulebook_version,
            deleted_at: Time::new(tombstone.deleted_at, rulebook),
            deleted_by: tombstone.deleted_by.clone(),
            requested: tombstone.requested,
            backup: tombstone.backup,
            backup_checked_at: tombstone.backup_checked_at.map(|at| Time::new(at, rulebook)),
            origin_copy: tombstone.origin_copy.state,
            origin_copy_until: tombstone.origin_copy.until.map(Day::new),
            origin_copy_checked_on: tombstone.origin_copy.checked_on.map(Day::new),
            replaced_by: tombstone.replaced_by.clone(),
            taken_away: None,
        }
    }

    /// With what was taken away of it.
    pub(crate) fn with_taken_away(self, taken_away: Option<TakenAway>) -> Self {
        Self { taken_away, ..self }
    }

    /// One for the API's document.
    pub(crate) fn sample() -> Self {
        let rulebook = Rulebook::strict_default("yamada");
        Self {
            id: RecordingId::of("bucket", "key", "version"),
            version_id: "3HL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY".to_owned(),
            sha256: None,
            retention_class: "standard".to_owned(),
            team: Some("sales".to_owned()),
            day: Day::new(jiff::civil::date(2026, 11, 3)),
            rulebook_version: 3,
            deleted_at: Time::new(jiff::Timestamp::UNIX_EPOCH, &rulebook),
            deleted_by: "sweep 0b0f".to_owned(),
            requested: None,
            backup: BackupState::NoneLeft,
            backup_checked_at: Some(Time::new(jiff::Timestamp::UNIX_EPOCH, &rulebook)),
            origin_copy: OriginCopyState::Until,
            origin_copy_until: Some(Day::new(jiff::civil::date(2027, 2, 1))),
            origin_copy_checked_on: Some(Day::new(jiff::civil::date(2026, 4, 1))),
            replaced_by: None,
            taken_away: Some(TakenAway::sample()),
        }
    }
}
