"""Holds the deployed API against its own document, with schemathesis: nothing it sends may be answered otherwise than told.

    api.py STACK_JSON DIRECTORY    runs it; its logs and what it was given lie in the directory

Ends with 1 where a check failed, and where an operation never answered 2xx: what is only refused was not tried. The same
file is what schemathesis loads as its hooks.
"""

import collections
import datetime
import functools
import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import schemathesis

# The same requests every time.
SEED = 20261103
# 12 cases of each mode and operation beside the examples and the edges: all of it takes two minutes.
EXAMPLES = 12

# What must hold of every answer. Not asked: that what fits the schema is accepted (a `from` can lie behind its `to`).
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "ignored_auth",
]

# What else refuses what does not fit: a body over its limit, and a recording that has ended.
SETTINGS = """
[phases.coverage]
unexpected-methods = []

[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "409", "410", "413", "415", "422", "429"]
"""


# Whom the sample staff list names: somebody who hears nothing by a role of their own.
MEMBER = "suzuki"
MEMO = {"kind": "incident", "happened_at": "2026-11-03", "number": "非通知", "summary": "試験"}
OF_PERSONS = {path: {"kind": "disclosure"} for path in ("/cases/{id}/disclosure", "/cases/{id}/letter")}
RELEASE = {"recipient": "〇〇法律事務所", "basis": "bar_inquiry", "reason": "照会への回答のため。"}


def in_a_week():
    return str(datetime.date.today() + datetime.timedelta(days=7))


def asked(stack, bearer, method, path, body=None):
    """One request to the API: its JSON, which must be there."""
    headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(stack["api_url"] + path, method=method, data=data, headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def signed_in(stack, role="admin"):
    """The access token of somebody of a role."""
    return token(stack, next(user["login"] for user in stack["users"] if user["role"] == role))


def token(stack, login):
    """The access token of one member."""
    script = pathlib.Path(__file__).with_name("local.py")
    given = json.dumps({"stack": stack, "login": login})
    environment = os.environ | {"AWS_ENDPOINT_URL": stack["endpoint_url"]}
    asked = subprocess.run(
        ["python3", script, "token"], input=given, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(asked.stdout)


def with_real_examples(document, stack, bearer):
    """The document with the id of a recording that can be heard, and with bodies that are accepted."""
    found = asked(stack, bearer, "GET", "/recordings?limit=100")["items"]
    heard = next(each["id"] for each in found if each["duration_seconds"])
    rulebook = asked(stack, bearer, "GET", "/rulebook")
    # A closed case takes no recording: each route has a case of its own.
    of_cases = [path for path in document["paths"] if "/cases/{" in path]
    cases = {path: asked(stack, bearer, "POST", "/cases", MEMO | OF_PERSONS.get(path, {}))["id"] for path in of_cases}
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for parameter in operation["parameters"]:
                if parameter["in"] == "path":
                    of_a_case = parameter["name"] == "id" and path in cases
                    parameter["example"] = cases[path] if of_a_case else heard
    bodies = {
        ("/rulebook", "put"): {"policy": rulebook["policy"], "staff": rulebook["staff"]},
        ("/rulebook/plan", "post"): {"policy": rulebook["policy"], "staff": rulebook["staff"]},
        ("/sources/try", "post"): {"pattern": "(?<call_id>[0-9]+)[.]wav", "keys": ["5.wav"]},
        ("/cases", "post"): MEMO,
        ("/cases/{id}/recordings", "post"): {"recording_id": heard},
        ("/cases/{id}/close", "post"): {"outcome": "resolved"},
        ("/cases/{id}/disclosure", "put"): {"identity_check": "運転免許証の写し", "medium": "electronic"},
        ("/recordings/{id}/facts", "put"): {"facts": {"notice": "ivr"}, "reason": "聞いて確かめた"},
        ("/recordings/{id}", "delete"): {"reason": "利用停止の請求"},
        ("/deletions/{id}/refuse", "post"): {"reason": "契約の証拠なので残す"},
    }
    part = {"recording_id": heard, "from_seconds": 0, "to_seconds": 1}
    bodies |= {
        ("/cases/{id}/shares", "post"): part | {"staff": [MEMBER], "until": in_a_week()},
        ("/cases/{id}/releases", "post"): RELEASE | {"items": [part]},
        ("/cases/{id}/releases/{release_id}/link", "post"): {"days": 7},
        ("/cases/{id}/releases/{release_id}/delivered", "post"): {"received_by": "担当弁護士", "channel": "リンク"},
        ("/cases/{id}/releases/{release_id}/refuse", "post"): {"reason": "範囲が広すぎるため"},
        ("/cases/{id}/releases/{release_id}/withdraw", "post"): {"reason": "依頼者の意向により"},
        ("/shares/{share_id}/play", "post"): {"reason": "回答の確認"},
    }
    of_a_link = {"/audit/access": {"staff": MEMBER}, "/notes": {"text": "金額"}}
    links = [path for path in document["paths"] if path.endswith("/export-link")]
    bodies |= {(path, "post"): {"query": of_a_link.get(path.removesuffix("/export-link"), {})} for path in links}
    for path in ("/cases/{id}/shares", "/cases/{id}/releases"):
        asked(stack, bearer, "POST", f"/cases/{cases[path]}/recordings", {"recording_id": heard})
    for (path, method), body in bodies.items():
        document["paths"][path][method]["requestBody"]["content"]["application/json"]["example"] = body
    return document


def main(stack_file, directory):
    stack = json.loads(pathlib.Path(stack_file).read_text())
    stack_file, directory = pathlib.Path(stack_file).resolve(), pathlib.Path(directory).resolve()
    directory.mkdir(parents=True, exist_ok=True)
    bearer = signed_in(stack)
    document = asked(stack, bearer, "GET", "/openapi.json")
    labels = {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}
    given = directory / "openapi.json"
    given.write_text(json.dumps(with_real_examples(document, stack, bearer), ensure_ascii=False))
    settings = directory / "schemathesis.toml"
    settings.write_text(SETTINGS)
    counted = directory / "counted.json"
    counted.unlink(missing_ok=True)
    here = pathlib.Path(__file__)
    environment = os.environ | {
        "SCHEMATHESIS_HOOKS": here.stem,
        "PYTHONPATH": str(here.parent),
        "ROKUBAN_API_COUNTED": str(counted),
        "ROKUBAN_STACK": str(stack_file),
        "ROKUBAN_API_BEARER": bearer,
    }
    command = [
        pathlib.Path(sys.executable).with_name("schemathesis"),
        f"--config-file={settings}",
        "run",
        given,
        f"--url={stack['api_url']}",
        f"--header=Authorization: Bearer {bearer}",
        f"--checks={','.join(CHECKS)}",
        "--phases=examples,coverage,fuzzing",
        f"--max-examples={EXAMPLES}",
        f"--seed={SEED}",
        "--workers=1",
        "--continue-on-failure",
        "--no-color",
        "--warnings=off",
        f"--report-dir={directory}",
    ]
    # What it has found before is no part of this run.
    status = subprocess.run(command, env=environment, cwd=directory, check=False).returncode
    answered = json.loads(counted.read_text())
    never = sorted(labels - {label for label, counts in answered.items() if any(code.startswith("2") for code in counts)})
    for label in sorted(answered):
        print(label, *(f"{code}: {count}" for code, count in sorted(answered[label].items())))
    if never:
        print(f"never answered 2xx: {', '.join(never)}")
    print(f"{sum(sum(counts.values()) for counts in answered.values())} requests to {len(labels)} operations")
    return 1 if status or never else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))


ANSWERED = collections.defaultdict(collections.Counter)


def requested(stack):
    """A deletion that a manager requested, of a recording that nobody has requested yet."""
    bearer = signed_in(stack, "manager")
    for each in reversed(asked(stack, bearer, "GET", "/recordings?limit=100")["items"]):
        try:
            return asked(stack, bearer, "DELETE", f"/recordings/{each['id']}", {"reason": "利用停止の請求"})["id"]
        except urllib.error.HTTPError as refused:
            if refused.code != 409:
                raise
    raise RuntimeError("every recording's deletion is requested")


@schemathesis.hook
def before_call(context, case, **kwargs):
    """What is withdrawn, lifted or decided must stand: until that succeeded once, it is seen to before each try."""
    label = case.operation.label
    prepare = PREPARED.get(label)
    if prepare and not any(code.startswith("2") for code in ANSWERED[label]):
        stack = json.loads(pathlib.Path(os.environ["ROKUBAN_STACK"]).read_text())
        prepare(case, stack, os.environ["ROKUBAN_API_BEARER"])


def hold(case, stack, bearer):
    """A hold stands, and the request names it."""
    found = asked(stack, bearer, "GET", "/recordings?limit=100")["items"]
    heard = next(each["id"] for each in found if each["duration_seconds"])
    holds = asked(stack, bearer, "GET", f"/recordings/{heard}/holds")["items"]
    holds = holds or [asked(stack, bearer, "POST", f"/recordings/{heard}/holds", {"reason": "係争のおそれ"})]
    case.path_parameters = {"id": heard, "hold_id": holds[0]["hold_id"]}


def note(case, stack, bearer):
    """A note of the caller's stands, and the request names it."""
    found = asked(stack, bearer, "GET", "/recordings?limit=100")["items"]
    heard = next(each["id"] for each in found if each["duration_seconds"])
    written = asked(stack, bearer, "POST", f"/recordings/{heard}/notes", {"text": "折り返しの電話を希望"})
    case.path_parameters = {"id": heard, "number": written["event_id"].split(".")[1]}


def decide(case, stack, _bearer):
    """A request waits for somebody else, and the request names it."""
    case.path_parameters["id"] = requested(stack)


def publish(_case, stack, bearer):
    """A rulebook waits."""
    rulebook = asked(stack, bearer, "GET", "/rulebook")
    if not rulebook["pending"]:
        changed = {"policy": rulebook["policy"] + "\n# to be withdrawn\n", "staff": rulebook["staff"]}
        asked(stack, bearer, "PUT", "/rulebook", changed)


def plan(case, stack, bearer):
    """A plan was made, and the request names it."""
    rulebook = asked(stack, bearer, "GET", "/rulebook")
    files = {"policy": rulebook["policy"], "staff": rulebook["staff"]}
    case.path_parameters = {"id": asked(stack, bearer, "POST", "/rulebook/plan", files)["id"]}


def approval(case, stack, bearer):
    """Another admin published the rulebook in force, and the request is for today, in the company's zone."""
    caller = asked(stack, bearer, "GET", "/me")["id"]
    other = next(user["login"] for user in stack["users"] if user["role"] == "admin" and user["login"] != caller)
    rulebook = asked(stack, bearer, "GET", "/rulebook")
    if rulebook["published_by"] != other:
        changed = {"policy": rulebook["policy"] + "\n# by another admin\n", "staff": rulebook["staff"]}
        version = asked(stack, token(stack, other), "PUT", "/rulebook", changed)["version"]
        while asked(stack, bearer, "GET", "/rulebook")["version"] != version:
            time.sleep(0.5)
    today = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=9))).date()
    case.body = {"day": str(today), "count": 1}


def logged(case, stack, bearer):
    """The request names a call that a log has."""
    for each in asked(stack, bearer, "GET", "/recordings?limit=100")["items"]:
        named = {"source": each["source"], "call_id": each["call_id"]}
        try:
            asked(stack, bearer, "GET", "/calls/" + "/".join(urllib.parse.quote(part, safe="") for part in named.values()))
        except urllib.error.HTTPError:
            continue
        case.path_parameters = named
        return
    raise RuntimeError("no log has a call of any recording")


@functools.cache
def disputed():
    """A manager's case with a recording that is heard, for the admin to look at: the stack, the manager's token, both ids."""
    stack = json.loads(pathlib.Path(os.environ["ROKUBAN_STACK"]).read_text())
    manager = signed_in(stack, "manager")
    found = asked(stack, manager, "GET", "/recordings?limit=100")["items"]
    # A sample: what other tests uploaded need not be audio that can be cut.
    heard = next(each["id"] for each in found if each["source"] == "freepbx" and each["state"] == "active")
    case = asked(stack, manager, "POST", "/cases", MEMO)["id"]
    asked(stack, manager, "POST", f"/cases/{case}/recordings", {"recording_id": heard})
    return stack, manager, case, {"recording_id": heard, "from_seconds": 0, "to_seconds": 1}


def shared(staff):
    """A part that the manager shares: its case and its id."""
    stack, manager, case, part = disputed()
    share = part | {"staff": [staff], "until": in_a_week()}
    return {"id": case, "share_id": asked(stack, manager, "POST", f"/cases/{case}/shares", share)["id"]}


def withdraw_share(case, _stack, _bearer):
    """A share stands, and the request names it."""
    case.path_parameters = shared(MEMBER)


def play_share(case, stack, bearer):
    """A part is shared with the admin, and its clip is made."""
    made = shared(asked(stack, bearer, "GET", "/me")["id"])
    of_the_case = f"/cases/{made['id']}"

    def is_ready():
        shares = asked(stack, bearer, "GET", of_the_case)["shares"]
        return any(each["id"] == made["share_id"] and each["state"] == "ready" for each in shares)

    until(is_ready)
    case.path_parameters = {"share_id": made["share_id"]}


def until(is_so):
    """Waits until it is so; three minutes at most."""
    for _ in range(360):
        if is_so():
            return
        time.sleep(0.5)
    raise RuntimeError("three minutes are over")


def request_release(case, _stack, _bearer):
    """A manager asks for a release, and the request names it."""
    stack, manager, of, part = disputed()
    asked_for = asked(stack, manager, "POST", f"/cases/{of}/releases", RELEASE | {"items": [part]})
    case.path_parameters = {"id": of, "release_id": asked_for["id"]}


def build_release(case, stack, bearer):
    """A release is approved and its package is made, and the request names it."""
    request_release(case, stack, bearer)
    path = "/cases/{id}/releases/{release_id}".format(**case.path_parameters)
    asked(stack, bearer, "POST", path + "/approve")
    until(lambda: asked(stack, bearer, "GET", path)["state"] == "built")


PREPARED = {
    "DELETE /cases/{id}/shares/{share_id}": withdraw_share,
    "POST /shares/{share_id}/play": play_share,
    "GET /cases/{id}/releases/{release_id}": request_release,
    "POST /cases/{id}/releases/{release_id}/approve": request_release,
    "POST /cases/{id}/releases/{release_id}/refuse": request_release,
    "POST /cases/{id}/releases/{release_id}/link": build_release,
    "POST /cases/{id}/releases/{release_id}/delivered": build_release,
    "POST /cases/{id}/releases/{release_id}/withdraw": build_release,
    "GET /calls/{source}/{call_id}": logged,
    "DELETE /rulebook/pending": publish,
    "GET /rulebook/plans/{id}": plan,
    "POST /sweeps/approval": approval,
    "DELETE /recordings/{id}/holds/{hold_id}": hold,
    "PUT /recordings/{id}/notes/{number}": note,
    "DELETE /recordings/{id}/notes/{number}": note,
    "POST /deletions/{id}/approve": decide,
    "POST /deletions/{id}/refuse": decide,
}


@schemathesis.hook
def after_call(context, case, response):
    ANSWERED[case.operation.label][str(response.status_code)] += 1
    pathlib.Path(os.environ["ROKUBAN_API_COUNTED"]).write_text(json.dumps(ANSWERED))
