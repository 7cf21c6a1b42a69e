//! The sources that ship.

use std::sync::{Arc, OnceLock};

use jiff::tz::TimeZone;

use super::{Kind, Source, ZoneRule};
use crate::facts::Direction;

/// The sources that ship, each under the name that a `[[source]]` calls its recorder by.
pub fn built_in() -> &'static [Arc<Source>] {
    static BUILT_IN: OnceLock<Vec<Arc<Source>>> = OnceLock::new();
    BUILT_IN.get_or_init(|| {
        [freepbx(), yeastar(), three_cx(), ringcentral(), amazon_connect(), genesys(), fusionpbx()].map(Arc::new).into()
    })
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

/// FreePBX, Issabel, Asterisk's MixMonitor:
/// `YYYY/MM/DD/{type}-{dest}-{from}-YYYYMMDD-HHMMSS-{uniqueid}.wav`, where `uniqueid` is `epoch.n`, with
/// the PBX's `systemname-` before it where that is set.
///
/// Only the folders of the day may stand between prefix and name: two PBXs under one prefix would share
/// call ids, so each needs a source of its own.
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
    Source::new(
        "freepbx",
        "freepbx/",
        concat!(
            r"(?:[0-9]{4}/[0-9]{2}/[0-9]{2}/)?",
            r"(?P<type>out|in|external|internal|exten|q|rg|force|generic)-(?P<dest>[^-/]*)-(?P<from>[^-/]*)-",
            r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})-",
            r"(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<second>[0-9]{2})-",
            r"(?P<call_id>(?:[0-9A-Za-z_.]{1,64}-)?(?P<epoch>[0-9]{9,11})\.[0-9]{1,10})",
            r"\.(?:wav|WAV|mp3|gsm|ogg)",
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
        ],
    )
}

/// Yeastar: `YYYYMMDDHHMMSS-{epoch}.{n}-{from}-{to}-{Internal|Inbound|Outbound}.wav`.
fn yeastar() -> Source {
    Source::new(
        "yeastar",
        "yeastar/",
        concat!(
            r"(?:[0-9]{8}/)?",
            r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})",
            r"(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<second>[0-9]{2})-",
            r"(?P<call_id>(?P<epoch>[0-9]{9,11})\.[0-9]{1,10})-",
            r"(?P<from>[^-/]*)-(?P<to>[^-/]*)-(?P<type>Internal|Inbound|Outbound)\.(?:wav|WAV|mp3)",
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
            r"\((?P<call_id>[0-9]{1,20})\)\.(?:wav|mp3)",
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
            r"(?P<call_id>[0-9]{1,20})\.(?:mp3|wav)",
        ),
        ZoneRule::Company,
        vec![
            between("Incoming", Direction::Inbound, "number", "extension"),
            between("Outgoing", Direction::Outbound, "extension", "number"),
        ],
    )
}

/// Amazon Connect: `{alias}/CallRecordings/YYYY/MM/DD/{ContactId}_YYYYMMDDTHH:MM_UTC.wav`, to the minute.
/// Who called whom is in the contact record; the agent is on the right channel, the customer on the left.
/// Chat transcripts and analyses lie beside it under other folders and are none of it.
fn amazon_connect() -> Source {
    Source::new(
        "amazon-connect",
        "connect/",
        concat!(
            r"[^/]+/CallRecordings/[0-9]{4}/[0-9]{2}/[0-9]{2}/",
            r"(?P<call_id>[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})_",
            r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})_UTC\.wav",
        ),
        ZoneRule::Fixed(TimeZone::UTC),
        vec![Kind::default()],
    )
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

/// FusionPBX, FreeSWITCH: `{domain}/archive/YYYY/Mon/DD/{uuid}.wav`. The folders are the local day on which
/// the recording began: they bound the start, and everything else is in the call log.
fn fusionpbx() -> Source {
    Source::new(
        "fusionpbx",
        "fusionpbx/",
        concat!(
            r"[^/]+/archive/(?P<year>[0-9]{4})/(?P<month>[A-Z][a-z]{2}|[0-9]{2})/(?P<day>[0-9]{2})/",
            r"(?P<call_id>[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\.(?:wav|mp3)",
        ),
        ZoneRule::Company,
        vec![Kind::default()],
    )
}
