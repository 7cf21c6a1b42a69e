//! What changes in a company: its rulebook, and what its recorders upload.

use std::collections::BTreeMap;

use policy::id::RecordingId;
use policy::recording::CallReference;
use serde_json::Value;
use tests::company::{TABLE, sample_rulebook};
use tests::world::World;

/// What is uploaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UploadKind {
    /// Named by a PBX of the sample rulebook; a log may have its row.
    Named,
    /// Named by a PBX that a later rulebook has a source for.
    Branch,
    /// Described by its metadata; its calls have many legs.
    Metadata,
    /// Not understood until a sidecar or an admin says what it is.
    Bare,
    /// Named by a pattern, narrow at first.
    Pattern,
    /// Understood by the row of a log alone.
    ByRow,
}

impl UploadKind {
    /// Some more often than others.
    pub(super) const ALL: [Self; 8] = [
        Self::Named,
        Self::Named,
        Self::Branch,
        Self::Metadata,
        Self::Metadata,
        Self::Bare,
        Self::Pattern,
        Self::ByRow,
    ];
}

#[derive(Clone, Debug)]
pub(super) struct Upload {
    pub(super) kind: UploadKind,
    pub(super) key: String,
    pub(super) id: RecordingId,
    pub(super) bytes: Vec<u8>,
    pub(super) metadata: Vec<(&'static str, String)>,
}

/// The parts of the rulebook that change.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a part that is there or not")]
pub(super) struct Rulebook {
    pub(super) has_branch: bool,
    pub(super) has_wide_pattern: bool,
    pub(super) has_row_log: bool,
    pub(super) has_nakamura: bool,
    pub(super) keep_days: u32,
}

impl Rulebook {
    /// Its policy and its staff list.
    pub(super) fn texts(self) -> (String, String) {
        let (policy, staff) = sample_rulebook();
        let mut policy = policy.replace("keep_days = 30", &format!("keep_days = {}", self.keep_days));
        if self.has_branch {
            policy.push_str("\n[[source]]\nname = \"osaka\"\nprefix = \"osaka/\"\nrecorder = \"freepbx\"\n");
        }
        let tail = if self.has_wide_pattern { "(?:-[0-9])?" } else { "" };
        policy.push_str(&format!(
            "\n[[source]]\nname = \"rec\"\nprefix = \"rec/\"\nzone = \"company\"\npattern = '(?P<year>[0-9]{{4}})\
             (?P<month>[0-9]{{2}})(?P<day>[0-9]{{2}})-(?P<hour>[0-9]{{2}})(?P<minute>[0-9]{{2}})(?P<second>[0-9]{{2}})-\
             (?P<caller>[0-9]+)-(?P<extension>[0-9]+)-(?P<call_id>[0-9]+){tail}\\.wav'\n\
             [[source]]\nname = \"kyoto\"\nprefix = \"kyoto/\"\nrecorder = \"fusionpbx\"\n",
        ));
        if self.has_row_log {
            policy.push_str("[[call_log]]\nsource = \"kyoto\"\nprefix = \"calllog/kyoto/\"\nformat = \"freeswitch\"\n");
        }
        let nakamura = staff.lines().find(|line| line.starts_with("nakamura,")).unwrap();
        let staff = if self.has_nakamura { staff.clone() } else { staff.replace(&format!("{nakamura}\n"), "") };
        (policy, staff)
    }
}

/// A hold that a person placed and nobody lifted.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) recording: String,
    pub(super) hold: String,
}

/// What came to pass, and how often.
pub(super) type Rare = BTreeMap<&'static str, usize>;

pub(super) fn reference(call: &Value) -> Option<CallReference> {
    let incarnation = u32::try_from(call["incarnation"].as_u64()?).ok()?;
    Some(CallReference { id: call["id"].as_str()?.parse().ok()?, incarnation })
}

/// The calls in the table that have legs, in its order.
pub(super) fn calls(world: &World) -> Vec<CallReference> {
    let items = world.table_items(TABLE);
    items.iter().filter(|item| item["sk"] == "C").filter_map(|item| reference(&item["reference"])).collect()
}
