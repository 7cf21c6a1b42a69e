//! The reasons of a refusal that may be told.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why one who may view a recording may not do more with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotAllowed {
    /// The role does not do this, or not with this recording.
    NotForTheRole,
    /// The rulebook lets managers hear, not download.
    ManagersDoNotDownload,
    /// The rulebook lets staff see the facts of their own calls, not hear them.
    StaffDoNotHear,
    /// It is older than the rulebook lets anybody but admins hear.
    PastAgeLimit,
    /// It is in quarantine: not to leave before it is understood.
    InQuarantine,
    /// There is no sound in it.
    NoAudio,
    /// Its class is in no rulebook, so nobody knows when it expires.
    NoRule,
    /// A hold stands.
    Held,
    /// Nobody asked for its deletion.
    NothingToApprove,
    /// The one who approves is the one who asked.
    OwnRequest,
    /// The one who approves was on the call.
    OnTheCall,
    /// The call has recordings that the role does not delete.
    OthersRecordings,
    /// The caller was not told that calls are used for quality.
    NoticeWithoutQuality,
    /// The period of use for quality is over.
    QualityOver,
    /// Quality is for others to hear for.
    NotInQualityAudience,
    /// Only admins read and publish the rulebook.
    OnlyAdmins,
    /// Others work on the case.
    NotYourCase,
    /// Auditors write no memos.
    NoMemos,
    /// Somebody else wrote the note.
    NotYourNote,
}

impl NotAllowed {
    /// Every reason.
    pub const ALL: [Self; 19] = [
        Self::NotForTheRole,
        Self::ManagersDoNotDownload,
        Self::StaffDoNotHear,
        Self::PastAgeLimit,
        Self::InQuarantine,
        Self::NoAudio,
        Self::NoRule,
        Self::Held,
        Self::NothingToApprove,
        Self::OwnRequest,
        Self::OnTheCall,
        Self::OthersRecordings,
        Self::NoticeWithoutQuality,
        Self::QualityOver,
        Self::NotInQualityAudience,
        Self::OnlyAdmins,
        Self::NotYourCase,
        Self::NoMemos,
        Self::NotYourNote,
    ];

    /// The word for it, as in the audit.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotForTheRole => "not_for_the_role",
            Self::ManagersDoNotDownload => "managers_do_not_download",
            Self::StaffDoNotHear => "staff_do_not_hear",
            Self::PastAgeLimit => "past_age_limit",
            Self::InQuarantine => "in_quarantine",
            Self::NoAudio => "no_audio",
            Self::NoRule => "no_rule",
            Self::Held => "held",
            Self::NothingToApprove => "nothing_to_approve",
            Self::OwnRequest => "own_request",
            Self::OnTheCall => "on_the_call",
            Self::OthersRecordings => "others_recordings",
            Self::NoticeWithoutQuality => "notice_without_quality",
            Self::QualityOver => "quality_over",
            Self::NotInQualityAudience => "not_in_quality_audience",
            Self::OnlyAdmins => "only_admins",
            Self::NotYourCase => "not_your_case",
            Self::NoMemos => "no_memos",
            Self::NotYourNote => "not_your_note",
        }
    }
}
