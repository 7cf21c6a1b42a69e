//! Shares as JSON: times in the company's zone.

use policy::case::part::CutFailure;
use policy::case::share::{Grant, Share, ShareState};
use policy::id::ShareId;
use policy::rulebook::Rulebook;
use rokuban_http::time::{Day, Time};
use schemars::JsonSchema;
use serde::Serialize;

use crate::names::name_of;
use crate::parts::{PartItem, seconds};

/// A share, for those who work on its case.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ShareItem {
    id: ShareId,
    #[serde(flatten)]
    part: PartItem,
    /// Who may hear it, by id.
    #[schemars(example = &["abe"])]
    staff: Vec<String>,
    /// The last day on which they may.
    until: Day,
    state: ShareState,
    /// Why no clip could be made of it.
    failure: Option<CutFailure>,
    /// Who shares it, by id.
    #[schemars(example = &"kato")]
    shared_by: String,
    shared_at: Time,
    /// How long its clip plays, once it is made.
    #[schemars(example = &5.0)]
    duration_seconds: Option<f64>,
    /// Who withdrew it, by id.
    #[schemars(example = &"kato")]
    withdrawn_by: Option<String>,
    withdrawn_at: Option<Time>,
}

/// A share, for one of those it is for.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OwnShareItem {
    id: ShareId,
    /// The last day on which it can be heard.
    until: Day,
    /// Who shares it, by id.
    #[schemars(example = &"kato")]
    shared_by: String,
    #[schemars(example = &"加藤 花子")]
    shared_by_name: Option<String>,
    shared_at: Time,
}

/// A page of one's own shares.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OwnShareList {
    /// Newest first.
    pub(crate) items: Vec<OwnShareItem>,
    /// Where the next page begins; `null` on the last.
    #[schemars(example = &"eyJ2IjoxLCJhdCI6IjIwMjYtMTEtMDNUMDU6MDU6MDIuMDAwWiMzdHFrIn0")]
    pub(crate) next_cursor: Option<String>,
}

impl ShareItem {
    pub(crate) fn new(share: &Share, rulebook: &Rulebook) -> Self {
        Self {
            id: share.id.clone(),
            part: PartItem::from(&share.part),
            staff: share.staff.iter().cloned().collect(),
            until: Day::new(share.until),
            state: share.state,
            failure: share.failure,
            shared_by: share.shared.by.clone(),
            shared_at: Time::new(share.shared.at, rulebook),
            duration_seconds: share.clip.as_ref().map(|clip| seconds(clip.duration_milliseconds)),
            withdrawn_by: share.withdrawn.as_ref().map(|step| step.by.clone()),
            withdrawn_at: share.withdrawn.as_ref().map(|step| Time::new(step.at, rulebook)),
        }
    }
}

impl OwnShareItem {
    pub(crate) fn new(grant: &Grant, rulebook: &Rulebook) -> Self {
        Self {
            id: grant.share.clone(),
            until: Day::new(grant.until),
            shared_by: grant.shared.by.clone(),
            shared_by_name: name_of(&grant.shared.by, grant.shared.at, rulebook),
            shared_at: Time::new(grant.shared.at, rulebook),
        }
    }
}
