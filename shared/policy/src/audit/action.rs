//! The words of the audit log.

use crate::logins::Step;
use crate::permission::{Action, CaseAction};
use crate::vocabulary::vocabulary;

vocabulary! {
    /// What a person or a function did.
    AuditAction: 65 {
        /// Searched recordings.
        Search = "search",
        /// Viewed the facts of one recording.
        View = "view",
        /// Played a recording.
        Play = "play",
        /// Renewed a play or a download. Only roll-ups use it: the event itself says `play` or `download`.
        Renew = "renew",
        /// Downloaded a recording.
        Download = "download",
        /// Read a recording's custody.
        Custody = "custody",
        /// Read the notes of a recording.
        ReadNotes = "read_notes",
        /// Wrote a note.
        Note = "note",
        /// Corrected one's own note.
        CorrectNote = "correct_note",
        /// Withdrew one's own note.
        WithdrawNote = "withdraw_note",
        /// Searched notes by their text.
        SearchNotes = "search_notes",
        /// Requested a deletion.
        Delete = "delete",
        /// Approved a deletion that somebody else requested.
        Approve = "approve",
        /// Refused a deletion that somebody requested, or took it back.
        RefuseDeletion = "refuse_deletion",
        /// Read which deletions wait, or the proofs of those that were made.
        Deletions = "deletions",
        /// Read the holds of a recording's call.
        ReadHolds = "read_holds",
        /// Placed a hold.
        Hold = "hold",
        /// Lifted a hold.
        LiftHold = "lift_hold",
        /// Shared a recording within the company.
        Share = "share",
        /// Released a recording to a person outside the company.
        Release = "release",
        /// Corrected the facts of a recording.
        Correct = "correct",
        /// Listed the corrections that wait for a second person.
        ListCorrections = "list_corrections",
        /// Exported a list as a file.
        Export = "export",
        /// Read the audit log.
        Audit = "audit",
        /// Read whose recordings one member accessed.
        AuditAccess = "audit_access",
        /// Read what every admin did in a month.
        AuditAdminActivity = "audit_admin_activity",
        /// Read the report of completeness.
        ReportCompleteness = "report_completeness",
        /// Read the report of notices.
        ReportNotice = "report_notice",
        /// Read the report of who may hear what.
        ReportPermissions = "report_permissions",
        /// Read the report of what is kept and when it ends.
        ReportRetention = "report_retention",
        /// Read the report of how many days after the call recordings were needed.
        ReportAgeAtUse = "report_age_at_use",
        /// Read the rulebook.
        ReadRulebook = "read_rulebook",
        /// Published a rulebook.
        Publish = "publish",
        /// Withdrew a rulebook that was not in force yet.
        Withdraw = "withdraw",
        /// Made a plan of a rulebook.
        PlanRulebook = "plan_rulebook",
        /// Read a plan.
        ReadPlan = "read_plan",
        /// Read what the sweep's days may lose.
        ReadSweeps = "read_sweeps",
        /// Approved that the sweep deletes more calls of a day.
        ApproveSweep = "approve_sweep",
        /// Tried a source's naming patterns.
        TrySource = "try_source",
        /// Wrote a memo, which opens a case.
        WriteMemo = "write_memo",
        /// Listed cases.
        ListCases = "list_cases",
        /// Read one case.
        ViewCase = "view_case",
        /// Linked a recording to a case.
        LinkRecording = "link_recording",
        /// Took a recording out of a case.
        UnlinkRecording = "unlink_recording",
        /// Wrote down how a person's request is handled.
        HandleDisclosure = "handle_disclosure",
        /// Closed a case.
        CloseCase = "close_case",
        /// Shared a part of a recording, or was refused to.
        SharePart = "share_part",
        /// Withdrew a share.
        WithdrawShare = "withdraw_share",
        /// Listed one's own shares.
        ListShares = "list_shares",
        /// Played the part that a share is of.
        PlayShare = "play_share",
        /// Made the clip of a share.
        MakeClip = "make_clip",
        /// Requested a release.
        AskRelease = "ask_release",
        /// Approved a release that somebody else requested.
        ApproveRelease = "approve_release",
        /// Refused a release that somebody else requested.
        RefuseRelease = "refuse_release",
        /// Took a release back.
        WithdrawRelease = "withdraw_release",
        /// Made a link for a release's recipient.
        LinkRelease = "link_release",
        /// Wrote down that the recipient has a release.
        DeliverRelease = "deliver_release",
        /// Listed the releases that wait for a decision.
        ListReleases = "list_releases",
        /// Read one release.
        ViewRelease = "view_release",
        /// Opened a release by its link, as its recipient.
        OpenRelease = "open_release",
        /// Came with a token of our issuer's for us, and was let in nowhere. Only refusals are recorded.
        SignIn = "sign_in",
        /// Made the package of a release.
        MakePackage = "make_package",
        /// Disabled a login.
        DisableLogin = "disable_login",
        /// Enabled a login.
        EnableLogin = "enable_login",
        /// Created a login.
        CreateLogin = "create_login",
    }
}

vocabulary! {
    /// What came of an action.
    AuditOutcome: 2 {
        /// It was permitted.
        Permitted = "permitted",
        /// It was refused.
        Refused = "refused",
    }
}

impl From<Action> for AuditAction {
    fn from(action: Action) -> Self {
        match action {
            Action::View => Self::View,
            Action::Play => Self::Play,
            Action::Download => Self::Download,
            Action::Custody => Self::Custody,
            Action::ReadNotes => Self::ReadNotes,
            Action::Note => Self::Note,
            Action::Delete => Self::Delete,
            Action::Approve => Self::Approve,
            Action::ReadHolds => Self::ReadHolds,
            Action::Hold => Self::Hold,
            Action::LiftHold => Self::LiftHold,
            Action::Share => Self::Share,
            Action::Release => Self::Release,
            Action::Correct => Self::Correct,
        }
    }
}

impl From<CaseAction> for AuditAction {
    fn from(action: CaseAction) -> Self {
        match action {
            CaseAction::View => Self::ViewCase,
            CaseAction::Link => Self::LinkRecording,
            CaseAction::Close => Self::CloseCase,
            CaseAction::Share => Self::SharePart,
            CaseAction::Release => Self::AskRelease,
            CaseAction::Approve => Self::ApproveRelease,
        }
    }
}

impl From<&Step> for AuditAction {
    fn from(step: &Step) -> Self {
        match step {
            Step::Disable(_) => Self::DisableLogin,
            Step::Enable(_) => Self::EnableLogin,
            Step::Create(_) => Self::CreateLogin,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_action_is_written_as_its_word_and_read_from_it() {
        for action in AuditAction::ALL {
            assert_eq!(serde_json::to_value(action).unwrap(), action.as_str());
            assert_eq!(AuditAction::from_word(action.as_str()), Some(action));
        }
        for outcome in AuditOutcome::ALL {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.as_str());
        }
        assert_eq!(AuditAction::from_word("listen"), None);
    }

    #[test]
    fn an_action_on_a_recording_has_the_same_word_in_the_policies_and_in_the_audit_log() {
        for action in Action::ALL {
            assert_eq!(AuditAction::from(action).as_str(), action.as_str());
        }
        for action in CaseAction::ALL {
            assert_eq!(AuditAction::from(action).as_str(), action.as_str());
        }
    }
}
