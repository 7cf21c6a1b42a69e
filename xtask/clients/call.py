"""Calls the API as a manager and as an auditor, with the client that openapi-python-client made of its document.

    call.py    reads {url, manager, auditor} from standard input, each person as an access token

Every answer must be what the document names for its status, read into the type that the generator made of it.
"""

import json
import sys
import urllib.request
from typing import TypeVar

from rokuban_client import AuthenticatedClient, Client
from rokuban_client.api.audit import audit
from rokuban_client.api.me import directory, me
from rokuban_client.api.recordings import custody, download, note, notes, play, recording, search
from rokuban_client.api.reports import completeness
from rokuban_client.api.rulebook import read_rulebook
from rokuban_client.models import (
    Ability,
    AuditPage,
    Completeness,
    CurrentRulebook,
    Custody,
    Directory,
    EventKind,
    GatewayMessage,
    InvalidProblem,
    Me,
    NoSuchRecordingProblem,
    Note,
    NoteRequest,
    NotAllowed,
    NotAllowedProblem,
    Notes,
    PlayRequest,
    RecordingDetail,
    RecordingsPage,
    Role,
    SignedLink,
)

# No recording's id is made of one letter.
NOBODYS = "a" * 26

T = TypeVar("T")


def expect(kind: type[T], found: object) -> T:
    """The answer as the type that it must be of."""
    if not isinstance(found, kind):
        sys.exit(f"error: {kind.__name__} was expected, and this came: {found!r}"[:2000])
    return found


def call_as_manager(client: AuthenticatedClient) -> str:
    """Finds a recording, hears it and writes a note; its id."""
    myself = expect(Me, me.sync(client=client))
    assert myself.role is Role.MANAGER and Ability.PLAY in myself.can, myself
    names = {member.id for member in expect(Directory, directory.sync(client=client)).members}
    assert myself.id in names, names

    first = expect(RecordingsPage, search.sync(client=client, limit=2))
    assert len(first.items) == 2 and isinstance(first.next_cursor, str), first
    second = expect(RecordingsPage, search.sync(client=client, limit=2, cursor=first.next_cursor))
    assert {item.id for item in first.items}.isdisjoint(item.id for item in second.items)

    every = expect(RecordingsPage, search.sync(client=client, limit=100))
    heard = next(item.id for item in every.items if item.duration_seconds)
    expect(RecordingDetail, recording.sync(heard, client=client))
    body = PlayRequest(use=myself.purposes[0], reason="確認のため")
    link = expect(SignedLink, play.sync(heard, client=client, body=body))
    with urllib.request.urlopen(link.url, timeout=30) as audio:
        assert len(audio.read()) > 1000
    events = expect(Custody, custody.sync(heard, client=client))
    assert events.verified and events.items[-1].kind in set(EventKind), events
    assert link.event_id in {event.event_id for event in events.items}

    written = expect(Note, note.sync(heard, client=client, body=NoteRequest(text="0:12 で金額を確認")))
    assert written.event_id in {each.event_id for each in expect(Notes, notes.sync(heard, client=client)).items}

    refused = expect(NotAllowedProblem, download.sync(heard, client=client, body=body, accept_language="ja"))
    assert refused.reason is NotAllowed.MANAGERS_DO_NOT_DOWNLOAD, refused
    assert refused.status == 403 and "責任者" in refused.detail, refused
    expect(NoSuchRecordingProblem, recording.sync(NOBODYS, client=client))
    expect(NotAllowedProblem, read_rulebook.sync(client=client))
    assert expect(InvalidProblem, search.sync(client=client, from_="yesterday")).parameter == "from"
    return heard


def call_as_auditor(client: AuthenticatedClient, heard: str) -> None:
    """Reads what the manager did, and is refused the audio."""
    myself = expect(Me, me.sync(client=client))
    assert myself.role is Role.AUDITOR and Ability.AUDIT in myself.can, myself
    page = expect(AuditPage, audit.sync(client=client, recording=heard, limit=100))
    assert {item.recording for item in page.items} == {heard}, page
    expect(Completeness, completeness.sync(client=client))
    expect(NoSuchRecordingProblem, play.sync(heard, client=client, body=PlayRequest(use="evidence", reason="監査")))
    expect(CurrentRulebook, read_rulebook.sync(client=client))


def main() -> None:
    given = json.load(sys.stdin)

    def signed_in(token: str) -> AuthenticatedClient:
        return AuthenticatedClient(base_url=given["url"], token=token, raise_on_unexpected_status=True)

    heard = call_as_manager(signed_in(given["manager"]))
    call_as_auditor(signed_in(given["auditor"]), heard)
    stranger = Client(base_url=given["url"], raise_on_unexpected_status=True)
    expect(GatewayMessage, me.sync(client=stranger))
    print("openapi-python-client: a manager, an auditor and a stranger were answered as the document says")


main()
