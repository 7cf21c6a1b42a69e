//! The sources that ship.

use std::sync::{Arc, OnceLock};

use jiff::tz::TimeZone;

use super::facts::{Kind, ZoneRule};
use super::recorder::Source;
use crate::facts::Direction;

/// The sources that ship, each under the name that a `[[source]]` calls its recorder by.
pub fn built_in() -> &'static [Arc<Source>] {
    static BUILT_IN: OnceLock<Vec<Arc<Source>>> = OnceLock::new();
    BUILT_IN.get_or_init(|| {
        let sources = [
            freepbx(),
            yeastar(),
            three_cx(),
            ringcentral(),
            amazon_connect(),
            genesys(),
            fusionpbx(),
            freeswitch(),
            asterisk(),
            grandstream(),
            mikopbx(),
            five9(),
            twilio(),
        ];
        sources.map(Arc::new).into()
    })
}

/// The end of a name: what a file manager adds to a copy's, and the ending of any sound file, in any case. People convert
/// what their recorder wrote before they upload it.
macro_rules! ending {
    () => {
        concat!(
            r"(?: ?\([0-9]{1,3}\)| - (?:コピー|Copy)(?: \([0-9]{1,3}\))?)?",
            r"\.(?i:wav|wav49|wave|mp3|mp2|gsm|ogg|oga|opus|m4a|mp4|aac|3gp|amr|flac|wma|aif|aiff|au|webm|mkv|ulaw|ul|alaw|al|sln|sln16|g722|g729)",
        )
    };
}

fn named(part: &str) -> String {
    part.to_owned()
}

/// A kind of call between two parts.
fn between(kind: &str, direction: Direction, dialler: &str, reached: &str) -> Kind {
    Kind {
        name: kind.to_owned(),
        direction: Some(direction),
        caller: Some(named(dialler)),
        called: Some(named(reached)),
        ..Kind::default()
    }
}

/// FreePBX, Issabel, Asterisk's MixMonitor: `{type}-{dest}-{from}-YYYYMMDD-HHMMSS-{uniqueid}.wav`, where
/// `uniqueid` is `epoch.n`, with the PBX's `systemname-` before it where that is set. A conference is
/// `{room}-{room}-always-…`, a page `{group}-{from}-always-…`, without a type.
///
/// Two PBXs under one prefix can give two calls one id, so each should have a source of its own.
fn freepbx() -> Source {
    let kind = |name: &str, direction: Option<Direction>| Kind {
        name: name.to_owned(),
        direction,
        caller: Some(named("from")),
        called: Some(named("dest")),
        ..Kind::default()
    };
    let of_queue =
        |name: &str| Kind { called: None, queue: Some(named("dest")), ..kind(name, Some(Direction::Inbound)) };
    // Who picked a parked call up is named; which way the call went before that is not.
    let parked = Kind { name: named("parked"), extension: Some(named("dest")), ..Kind::default() };
    let always = Kind { caller: Some(named("by")), queue: Some(named("group")), ..Kind::default() };
    Source::new(
        "freepbx",
        "freepbx/",
        concat!(
            r"(?:(?P<type>out|in|external|internal|exten|q|rg|force|generic|parked)-(?P<dest>[^-/]*)-(?P<from>[^-/]*)",
            r"|(?P<group>[^-/]+)-(?P<by>[^-/]*)-always)-",
            r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})-",
            r"(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<second>[0-9]{2})-",
            r"(?P<call_id>(?:[0-9A-Za-z_.]{1,64}-)?(?P<epoch>[0-9]{9,11})\.[0-9]{1,10})",
            ending!(),
        ),
        ZoneRule::Epoch,
        vec![
            kind("out", Some(Direction::Outbound)),
            kind("internal", Some(Direction::Internal)),
            kind("external", Some(Direction::Inbound)),
            kind("exten", Some(Direction::Inbound)),
            kind("in", Some(Direction::Inbound)),
            of_queue("q"),
            of_queue("rg"),
            kind("force", None),
            kind("generic", None),
            parked,
            always,
        ],
    )
}

/// Yeastar: `YYYYMMDDHHMMSS-{epoch}.{n}-{from}-{to}-{Internal|Inbound|Outbound}.wav`.
fn yeastar() -> Source {
    Source::new(
        "yeastar",
        "yeastar/",
        concat!(
            r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})",
            r"(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<second>[0-9]{2})-",
            r"(?P<call_id>(?P<epoch>[0-9]{9,11})\.[0-9]{1,10})-",
            r"(?P<from>[^-/]*)-(?P<to>[^-/]*)-(?P<type>Internal|Inbound|Outbound)",
            ending!(),
        ),
        ZoneRule::Epoch,
        vec![
            between("Internal", Direction::Internal, "from", "to"),
            between("Inbound", Direction::Inbound, "from", "to"),
            between("Outbound", Direction::Outbound, "from", "to"),
        ],
    )
}

/// 3CX: `{extension}/[{name}]_{from}-{to}_YYYYMMDDHHMMSS({id}).wav`, in local time. The folder is whose
/// recording it is, and on which side that is tells the direction.
fn three_cx() -> Source {
    Source::new(
        "3cx",
        "3cx/",
        concat!(
            r"(?P<extension>[0-9]{1,8})/\[[^/]*\]_(?P<from>[^-/]*)-(?P<to>[^-/_]*)_",
            r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})",
            r"(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<second>[0-9]{2})",
            r"\((?P<call_id>[0-9]{1,20})\)",
            ending!(),
        ),
        ZoneRule::Company,
        vec![Kind {
            caller: Some(named("from")),
            called: Some(named("to")),
            extension: Some(named("extension")),
            ..Kind::default()
        }],
    )
}

/// RingCentral: `YYYYMMDD-HHMMSS_{extension}_{number}_{Incoming|Outgoing}_{Auto|OnDemand}_{id}.mp3`, in local
/// time. An incoming call's name has no extension; numbers carry brackets and hyphens.
fn ringcentral() -> Source {
    Source::new(
        "ringcentral",
        "ringcentral/",
        concat!(
            r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})-",
            r"(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<second>[0-9]{2})_",
            r"(?:(?P<extension>[0-9]{1,8})_)?(?P<number>[^_/]*)_(?P<type>Incoming|Outgoing)_(?:Auto|OnDemand)_",
            r"(?P<call_id>[0-9]{1,20})",
            ending!(),
        ),
        ZoneRule::Company,
        vec![
            between("Incoming", Direction::Inbound, "number", "extension"),
            between("Outgoing", Direction::Outbound, "extension", "number"),
        ],
    )
}

/// Amazon Connect: `CallRecordings/(ivr/)YYYY/MM/DD/{ContactId}_YYYYMMDDTHH:MM_UTC.wav`, to the minute, and
/// Contact Lens' `Analysis/Voice/(ivr/)Redacted/YYYY/MM/DD/{ContactId}_call_recording_redacted_YYYY-MM-DDTHH:MM:SSZ.wav`,
/// whose time is when the agent was connected; under the instance's folder or any other. A copy through a
/// Windows folder has another sign in place of the colon.
///
/// Who called whom is in the contact record; the agent is on the right channel, the customer on the left.
/// Chat transcripts and analyses lie beside it under other names and are none of it.
fn amazon_connect() -> Source {
    let source = Source::new(
        "amazon-connect",
        "connect/",
        concat!(
            r"(?P<call_id>[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})_",
            r"(?:call_recording_(?P<type>redacted)_)?",
            r"(?P<year>[0-9]{4})-?(?P<month>[0-9]{2})-?(?P<day>[0-9]{2})",
            r"T(?P<hour>[0-9]{2})[:_-]?(?P<minute>[0-9]{2})(?:[:_-]?(?P<second>[0-9]{2}))?(?:_UTC|Z)",
            ending!(),
        ),
        ZoneRule::Fixed(TimeZone::UTC),
        vec![Kind::default()],
    );
    Source { prefixes: ["connect/", "CallRecordings/", "Analysis/"].map(named).into(), ..source }
}

/// Genesys Cloud's export: `{org}/year=/month=/day=/hour=/conversation_id={id}/{recordingId}`, in UTC, and
/// `…_metadata.json` beside it. The folders are of the conversation's begin: they bound a recording's start.
fn genesys() -> Source {
    let source = Source::new(
        "genesys",
        "genesys/",
        concat!(
            r"(?:[^/]+/)?year=(?P<year>[0-9]{4})/month=(?P<month>[0-9]{1,2})/day=(?P<day>[0-9]{1,2})/",
            r"hour=(?P<hour>[0-9]{1,2})/conversation_id=(?P<call_id>[0-9A-Za-z-]{1,64})/",
            r"[0-9A-Za-z-]{1,64}(?:\.[0-9A-Za-z]{1,5})?",
        ),
        ZoneRule::Fixed(TimeZone::UTC),
        vec![Kind::default()],
    );
    let fields = [
        ("call_id", "conversationId"),
        ("started_at", "startTime"),
        ("caller", "ani"),
        ("called", "dnis"),
        ("staff", "userIds"),
    ];
    Source { sidecar: fields.map(|(fact, field)| (fact.to_owned(), field.to_owned())).into(), ..source }
}

/// FusionPBX: `{domain}/archive/YYYY/Mon/DD/{uuid}.wav`, without the domain where there is one. The folders are the local day on which
/// the recording began: they bound the start, and everything else is in the call log.
fn fusionpbx() -> Source {
    Source::new(
        "fusionpbx",
        "fusionpbx/",
        concat!(
            r"(?P<year>[0-9]{4})/(?P<month>[A-Z][a-z]{2}|[0-9]{2})/(?P<day>[0-9]{2})/",
            r"(?P<call_id>[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})",
            ending!(),
        ),
        ZoneRule::Company,
        vec![Kind::default()],
    )
}

/// FreeSWITCH's `record_session`, as its own dialplan names files: `{caller}.YYYY-MM-DD-HH-MM-SS.wav`; or as
/// its documentation does: `YYYY-MM-DD-HH-MM-SS_{destination}_{caller}.wav`. In local time, without an id.
fn freeswitch() -> Source {
    Source::new(
        "freeswitch",
        "freeswitch/",
        concat!(
            r"(?:(?P<by>[^/._]*)\.)?",
            r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})-",
            r"(?P<hour>[0-9]{2})-(?P<minute>[0-9]{2})-(?P<second>[0-9]{2})",
            r"(?:_(?P<called>[^/_]*)_(?P<caller>[^/_.( ]*))?",
            ending!(),
        ),
        ZoneRule::Company,
        vec![
            Kind { caller: Some(named("caller")), called: Some(named("called")), ..Kind::default() },
            Kind { caller: Some(named("by")), ..Kind::default() },
        ],
    )
}

/// Plain Asterisk: the `uniqueid` alone, `epoch.n`.
fn asterisk() -> Source {
    Source::new(
        "asterisk",
        "asterisk/",
        concat!(r"(?P<call_id>(?:[0-9A-Za-z_.]{1,64}-)?(?P<epoch>[0-9]{9,11})\.[0-9]{1,10})", ending!(),),
        ZoneRule::Company,
        vec![Kind::default()],
    )
}

/// Grandstream UCM: `auto-{epoch}-{from}-{to}.wav`. It names no call, so that legs stay apart.
fn grandstream() -> Source {
    Source::new(
        "grandstream",
        "grandstream/",
        concat!(r"auto-(?P<epoch>[0-9]{10})-(?P<from>[^-/]*)-(?P<to>[^-/.( ]*)", ending!()),
        ZoneRule::Company,
        vec![Kind { caller: Some(named("from")), called: Some(named("to")), ..Kind::default() }],
    )
}

/// `MikoPBX`: `mikopbx-{epoch}.{n}_{random}.webm`.
fn mikopbx() -> Source {
    Source::new(
        "mikopbx",
        "mikopbx/",
        concat!(r"(?P<call_id>mikopbx-(?P<epoch>[0-9]{10})\.[0-9]{1,10}(?:_[0-9A-Za-z]{1,32})?)", ending!()),
        ZoneRule::Company,
        vec![Kind::default()],
    )
}

/// Five9: `recording.{number}_{call}_{agent}_{campaign}_M_D_YYYY_h_mm_ss AM.wav`, in local time. The number
/// is the customer's, whichever side dialled.
fn five9() -> Source {
    Source::new(
        "five9",
        "five9/",
        concat!(
            r"recording\.(?P<number>[+0-9]*)_(?P<call_id>[0-9A-Za-z]{1,64})_[^/]*_",
            r"(?P<month>[0-9]{1,2})_(?P<day>[0-9]{1,2})_(?P<year>[0-9]{4})_",
            r"(?P<hour>[0-9]{1,2})_(?P<minute>[0-9]{2})_(?P<second>[0-9]{2})[ _]?(?P<meridiem>[AaPp][Mm])",
            ending!(),
        ),
        ZoneRule::Company,
        vec![Kind { caller: Some(named("number")), ..Kind::default() }],
    )
}

/// Twilio's external storage: the recording's id alone, `RE…`. Everything else is in the API's answer, saved
/// beside it as a sidecar.
fn twilio() -> Source {
    let source = Source::new(
        "twilio",
        "twilio/",
        concat!(r"RE[0-9a-f]{32}(?:", ending!(), ")?"),
        ZoneRule::Fixed(TimeZone::UTC),
        vec![Kind::default()],
    );
    let fields = [("call_id", "call_sid"), ("started_at", "start_time")];
    Source { sidecar: fields.map(|(fact, field)| (fact.to_owned(), field.to_owned())).into(), ..source }
}

/// A company's own sources and those that ship. An own source replaces the shipped one that has its name or
/// whose first prefix it has; any other prefix of a shipped source that an own one has is the own one's.
pub fn with_built_in(own: Vec<Arc<Source>>) -> Vec<Arc<Source>> {
    let is_own = |prefix: &String| own.iter().any(|own| own.prefixes.contains(prefix));
    let is_replaced = |shipped: &Source| {
        own.iter().any(|own| own.name == shipped.name) || shipped.prefixes.first().is_some_and(is_own)
    };
    let mut sources = Vec::new();
    for shipped in built_in().iter().filter(|shipped| !is_replaced(shipped)) {
        let left: Vec<String> = shipped.prefixes.iter().filter(|prefix| !is_own(prefix)).cloned().collect();
        sources.push(if left.len() == shipped.prefixes.len() {
            Arc::clone(shipped)
        } else {
            Arc::new(Source { prefixes: left, ..Source::clone(shipped) })
        });
    }
    sources.extend(own);
    sources
}
