//! The formats of JSON objects: FreeSWITCH's `json_cdr`, Amazon Connect's contact records.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::fact::{Fact, Fault, Reason};
use super::row::Row;
use super::row::{Draft, optional_moment, optional_seconds};
use super::text::{self, Moment};
use crate::facts::Direction;
use crate::percent;

/// Reads a `json_cdr`: the variables of one channel.
///
/// The variable `direction` is the channel's (`inbound` for every call that a phone of ours makes, too), not the
/// call's, so it says nothing here; FusionPBX's `call_direction` does.
pub(super) fn freeswitch(source: &str, zone: &TimeZone, record: &Value) -> Result<Option<Row>, Fault> {
    let record = FreeSwitch::of(record);
    let start = record.start(zone).ok_or(Fault::of(Reason::Time, Fact::StartedAt))?;
    let mut draft = Draft::new(source, &record.variable("uuid"), start)?;
    let row = draft.row();
    row.answered_at = record.moment("answer", start.at, zone, Fact::AnsweredAt)?;
    row.ended_at = record.moment("end", start.at, zone, Fact::EndedAt)?;
    row.talk_seconds = optional_seconds(&record.variable("billsec"), Fact::TalkSeconds)?;
    row.duration_seconds = optional_seconds(&record.variable("duration"), Fact::DurationSeconds)?;
    row.is_answered = row.answered_at.is_some() || row.talk_seconds.is_some_and(|seconds| seconds > 0);
    draft.take(Fact::Caller, &record.variable_or_profile("caller_id_number"));
    draft.take(Fact::Called, &record.variable_or_profile("destination_number"));
    draft.take(Fact::Direction, &record.variable("call_direction"));
    draft.take(Fact::Extension, &record.variable("dialed_user"));
    draft.take(Fact::Agent, &record.variable("cc_agent"));
    let queue = record.variable("cc_queue");
    draft.take(Fact::Queue, queue.split('@').next().unwrap_or_default());
    for name in ["call_uuid", "originating_leg_uuid", "originator"] {
        if draft.row().linked_id.is_none() {
            draft.take(Fact::LinkedId, &record.variable(name));
        }
    }
    draft.take_recording(&record.variable("record_name"));
    Ok(Some(draft.finish()))
}

struct FreeSwitch<'v> {
    variables: &'v Value,
    profile: &'v Value,
    are_encoded: bool,
}

impl<'v> FreeSwitch<'v> {
    fn of(record: &'v Value) -> Self {
        let variables = &record["variables"];
        let flow = &record["callflow"];
        let profile = if flow.is_array() { &flow[0]["caller_profile"] } else { &flow["caller_profile"] };
        // A stamp has a blank in it, and an encoded one has none left.
        let has_blank = |name: &str| variables[name].as_str().is_some_and(|stamp| stamp.trim().contains(' '));
        Self { variables, profile, are_encoded: !has_blank("start_stamp") && !has_blank("end_stamp") }
    }

    fn variable(&self, name: &str) -> Cow<'v, str> {
        self.decoded(&self.variables[name])
    }

    fn variable_or_profile(&self, name: &str) -> Cow<'v, str> {
        let value = self.variable(name);
        if value.is_empty() { self.decoded(&self.profile[name]) } else { value }
    }

    fn decoded(&self, value: &'v Value) -> Cow<'v, str> {
        match value {
            Value::String(text) if self.are_encoded => percent::decode(text),
            Value::String(text) => Cow::Borrowed(text),
            Value::Number(number) => Cow::Owned(number.to_string()),
            _ => Cow::Borrowed(""),
        }
    }

    /// The moment `{name}_epoch` or `{name}_uepoch` gives, if the channel came so far.
    fn epoch(&self, name: &str) -> Option<Moment> {
        let number =
            |suffix: &str| self.variable(&format!("{name}_{suffix}")).parse::<i64>().ok().filter(|number| *number > 0);
        let whole = || {
            Some(Moment {
                at: Timestamp::from_second(number("epoch")?).ok()?,
                precision_seconds: 1,
                local_offset_seconds: None,
            })
        };
        whole().or_else(|| {
            Some(Moment {
                at: Timestamp::from_microsecond(number("uepoch")?).ok()?,
                precision_seconds: 0,
                local_offset_seconds: None,
            })
        })
    }

    fn start(&self, zone: &TimeZone) -> Option<Moment> {
        self.epoch("start").or_else(|| text::moment(&self.variable("start_stamp"), zone))
    }

    /// A later moment: by its epoch; else by its stamp, whose zone the start's stamp and epoch prove.
    fn moment(&self, name: &str, start: Timestamp, zone: &TimeZone, fact: Fact) -> Result<Option<Timestamp>, Fault> {
        if let Some(moment) = self.epoch(name) {
            return Ok(Some(moment.at));
        }
        let Some(stamp) = optional_moment(&self.variable(&format!("{name}_stamp")), zone, fact)? else {
            return Ok(None);
        };
        let start_stamp = text::moment(&self.variable("start_stamp"), zone).map_or(start, |stamp| stamp.at);
        Ok(start.checked_add(stamp.duration_since(start_stamp)).ok())
    }
}

/// Reads a contact record; what is no call (a chat, a task, a mail) is passed over.
pub(super) fn amazon_connect(source: &str, record: &Value) -> Result<Option<Row>, Fault> {
    let string = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if record["Channel"].as_str().is_some_and(|channel| channel != "VOICE") {
        return Ok(None);
    }
    let moment = |value: &Value, fact: Fact| optional_moment(value.as_str().unwrap_or_default(), &TimeZone::UTC, fact);
    let start = text::moment(&string(&record["InitiationTimestamp"]), &TimeZone::UTC)
        .ok_or(Fault::of(Reason::Time, Fact::StartedAt))?;
    let mut draft = Draft::new(source, &string(&record["ContactId"]), start)?;
    let agent = &record["Agent"];
    let row = draft.row();
    row.updated_at = moment(&record["LastUpdateTimestamp"], Fact::UpdatedAt)?;
    row.ended_at = moment(&record["DisconnectTimestamp"], Fact::EndedAt)?;
    row.answered_at = moment(&agent["ConnectedToAgentTimestamp"], Fact::AnsweredAt)?;
    // Connect itself takes every call; answered is one that reached an agent.
    row.is_answered = agent.is_object();
    let (direction, counterpart_called) = match record["InitiationMethod"].as_str().unwrap_or_default() {
        "INBOUND" | "WEBRTC_API" => (Some(Direction::Inbound), false),
        "OUTBOUND" | "EXTERNAL_OUTBOUND" | "CALLBACK" | "API" => (Some(Direction::Outbound), true),
        // A transfer goes the way of the call it belongs to.
        _ => (None, false),
    };
    row.direction = direction;
    let customer = string(&record["CustomerEndpoint"]["Address"]);
    if direction.is_some() {
        draft.take(if counterpart_called { Fact::Called } else { Fact::Caller }, &customer);
    }
    draft.take(Fact::Counterpart, &customer);
    draft.take(Fact::OurNumber, &string(&record["SystemEndpoint"]["Address"]));
    draft.take(Fact::Agent, &string(&agent["Username"]));
    draft.take(Fact::Queue, &string(&record["Queue"]["Name"]));
    for id in ["InitialContactId", "PreviousContactId"] {
        if draft.row().linked_id.is_none() {
            draft.take(Fact::LinkedId, &string(&record[id]));
        }
    }
    // Older records have one `Recording`, newer ones repeat it among `Recordings`.
    let recordings = record["Recordings"].as_array().into_iter().flatten();
    for recording in recordings.chain(std::iter::once(&record["Recording"])) {
        let is_audio = recording["MediaStreamType"].as_str().is_none_or(|kind| kind == "AUDIO");
        let exists = recording["Status"].as_str().is_none_or(|status| status == "AVAILABLE");
        if is_audio && exists {
            draft.take_recording(&string(&recording["Location"]));
        }
    }
    Ok(Some(draft.finish()))
}
