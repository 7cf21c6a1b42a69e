"""What each function of `store::Table` asks of the table: the actions, and how the partition keys they meet begin.

The one list that roles are compared with, both ways (table_access_test.py). A function of the store that is not listed here,
and one listed that does not exist, fail the tests. Transactions count by their parts: IAM decides on each of them.
What is read through a search index stands in the code itself: the variants of `Partition` that a crate names.

    python3 infra/table_access.py FUNCTION     prints the statements of the function's role, to be pasted into the template
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).parent.parent

#: What no function calls: the store itself lifts the holds of a case, exchanges one, and opens a day of the sweep.
NOT_CALLED = {
    "exchange_hold",
    "lift_holds_of",
    "open_sweep_day",
    "sweep_day",
}

#: By function: "ACTION prefix prefix …". `index` alone: through an index, by the partitions that the caller names.
TABLE = {
    # fragments and corrections
    "audio_fragment": ["GetItem K#"],
    "audio_fragments": ["Query K#"],
    "text_fragments": ["Query K#"],
    "sidecar_fragment": ["GetItem K#"],
    "call_log_fragment": ["GetItem K#"],
    "first_with": ["GetItem K#"],
    "put_audio_fragment": ["PutItem K#"],
    "put_text_fragment": ["PutItem K#"],
    "note_log_read": ["PutItem K#"],
    "end_fragment": ["DeleteItem K#"],
    "end_named_fragment": ["DeleteItem K#"],
    "end_first": ["DeleteItem K#"],
    "corrections": ["GetItem K#"],
    "corrections_to_confirm": ["by_time"],
    "correct": ["PutItem K# R# A#", "ConditionCheckItem C#"],
    # recordings, calls, custody
    "recording": ["Query R#"],
    "listed": ["BatchGetItem R#"],
    "existing": ["BatchGetItem R#"],
    "object_versions": ["BatchGetItem R#"],
    "call": ["GetItem C#"],
    "call_life": ["GetItem C#"],
    "custody_event": ["GetItem R#"],
    "stated_reasons": ["BatchGetItem R#"],
    "custody": ["Query R#"],
    "events_with_texts": ["Query R#"],
    "events_of_kinds": ["Query R#"],
    "write_recording": ["PutItem R# C# K#", "UpdateItem C#", "ConditionCheckItem C#"],
    "write_placement": ["PutItem R# C# K# H# O#", "UpdateItem C#", "ConditionCheckItem C# H#"],
    "write_note": ["UpdateItem W#", "PutItem R# A#", "ConditionCheckItem C#"],
    "record_access": ["UpdateItem W#", "PutItem R# A#", "ConditionCheckItem C#"],
    "list": ["index"],
    "list_in": ["index"],
    # holds
    "holds": ["Query H#"],
    "place_hold": ["Query H# R#", "GetItem C#", "PutItem H# O# C# R# A#", "ConditionCheckItem H#"],
    "exchange_hold": ["Query H# O# R#", "GetItem C#", "PutItem H# O# C# R# A#", "ConditionCheckItem H#"],
    "lift_hold": ["Query H# O# R#", "GetItem C#", "PutItem H# O# C# R# A#", "ConditionCheckItem H#"],
    "lift_holds_of": ["Query H# O# R#", "GetItem C#", "PutItem H# O# C# R# A#", "ConditionCheckItem H#"],
    "end_holds": ["Query H# R#", "GetItem C#", "PutItem H# O# C# R#", "DeleteItem H# O#", "ConditionCheckItem H#"],
    "browser_origin_key": ["GetItem E#"],
    "put_browser_origin_key": ["PutItem E#"],
    "standing_holds": ["by_time"],
    "lives_of": ["BatchGetItem C#"],
    "secure_holds": ["Query R#", "GetItem C#"],
    "held_until": ["by_due"],
    # the end of a call
    "nominated": ["by_due"],
    "parked": ["by_due"],
    "claim": ["UpdateItem C#"],
    "park": ["UpdateItem C#"],
    "erase_texts": ["UpdateItem R#"],
    "write_tombstone": ["PutItem R# L# C# Q#", "DeleteItem K# D#", "ConditionCheckItem C#"],
    "due_days": ["by_due"],
    # a restored table
    "is_restored": ["GetItem Y#", "PutItem Y#"],
    "note_taken": ["PutItem Y#"],
    "has_taken": ["GetItem Y#"],
    "end_restore": ["PutItem Y#"],
    "write_lost_tombstone": ["PutItem R# Q#"],
    "deeds": ["Query R#"],
    "restore_deed": ["PutItem R#", "ConditionCheckItem C#"],
    "restore_corrections": ["PutItem K#", "ConditionCheckItem C#"],
    "restore_holds": ["Query H# R#", "GetItem C#", "PutItem H# O# C# R#", "DeleteItem H# O#", "ConditionCheckItem H#"],
    "restore_case": ["PutItem J#"],
    "restore_share": ["PutItem J# G#"],
    "restore_release": ["PutItem J# T#"],
    "restore_deletion": ["PutItem D#", "UpdateItem C#"],
    "restore_derived": ["PutItem V#"],
    # copies in another Region
    "copies_due": ["by_due"],
    "pending_copies": ["BatchGetItem Q#"],
    "keep_copy": ["UpdateItem Q#"],
    "end_copy": ["UpdateItem R#", "DeleteItem Q#"],
    # the sweep's days
    "sweep_day": ["GetItem Y#"],
    "sweep_days": ["Query Y#"],
    "begin_sweep_day": ["GetItem Y#", "Query Y#", "PutItem Y#"],
    "open_sweep_day": ["PutItem Y#"],
    "reserve_deletions": ["UpdateItem Y#"],
    "give_deletions_back": ["UpdateItem Y#"],
    "note_waiting": ["UpdateItem Y#"],
    "approve_deletions": ["UpdateItem Y#", "PutItem A#"],
    "live_calls": ["GetItem Y#"],
    "put_live_calls": ["PutItem Y#"],
    # plans
    "put_plan": ["PutItem P#"],
    "plan": ["GetItem P#"],
    "plan_part": ["GetItem P#"],
    "plan_parts": ["Query P#"],
    "put_plan_part": ["PutItem P#"],
    "calls_due_after": ["by_due"],
    "calls": ["BatchGetItem C#"],
    "teams": ["BatchGetItem R#"],
    # deletion on request
    "deletion_request": ["GetItem D#"],
    "deletion_requests": ["index"],
    "write_deletion": ["PutItem D# R# A#", "UpdateItem C#"],
    "note_redaction": ["UpdateItem D#"],
    "requested": ["by_due"],
    # proofs of deletion
    "put_deletion_batch": ["PutItem X#"],
    "deletion_batches": ["Query X#"],
    "tombstones": ["BatchGetItem R#"],
    # the keyed hash of numbers, behind `store::NumberKeys`
    "number_key": ["GetItem N#"],
    "number_keys": ["Query N#"],
    "put_number_key": ["PutItem N#"],
    "deletions_of_number": ["by_number"],
    # the audit
    "audit": ["PutItem A#"],
    "audit_counted": ["UpdateItem W#", "PutItem A#"],
    "audit_page": ["Query A#", "index"],
    # links to files
    "put_export_link": ["UpdateItem W#", "PutItem A# F#"],
    "export_link": ["GetItem F#"],
    # call logs
    "put_log_row": ["PutItem L#", "GetItem L#"],
    "put_bad_log_row": ["PutItem B#"],
    "log_rows": ["Query L#"],
    "log_rows_at": ["Query L#"],
    "keep_log_rows": ["UpdateItem L#"],
    "end_log_rows": ["Query L#", "DeleteItem L#"],
    "release_log_rows": ["Query L#", "UpdateItem L#"],
    "put_log_member": ["PutItem L#"],
    "end_log_member": ["DeleteItem L#"],
    "log_members": ["Query L#"],
    "logged_between": ["index"],
    # reports, and what jobs remembers
    "mark_stale": ["PutItem P#"],
    "stale_days": ["Query P#"],
    "unmark_stale": ["DeleteItem P#"],
    "reindexed_by": ["GetItem P#"],
    "put_reindexed_by": ["PutItem P#"],
    "logins_synced_by": ["GetItem P#"],
    "put_logins_synced_by": ["PutItem P#"],
    "bucket_position": ["GetItem P#"],
    "put_bucket_position": ["PutItem P#"],
    "put_bucket_size": ["PutItem P#"],
    "bucket_size": ["Query P#"],
    "put_roll_up": ["PutItem P#", "Query P#", "DeleteItem P#"],
    "roll_up": ["Query P#"],
    # cases
    "case": ["GetItem J#"],
    "list_cases": ["index"],
    "open_case": ["UpdateItem W#", "PutItem J# A#"],
    "change_case": ["PutItem J# R# A#", "ConditionCheckItem C#"],
    "link_recording": ["Query H# O# R#", "GetItem C#", "PutItem J# H# O# C# R# A#", "ConditionCheckItem H# C#"],
    "unlink_recording": ["Query H# R#", "GetItem C#", "PutItem J# H# C# R# A#", "ConditionCheckItem H# C#"],
    "hold_candidates": ["Query H# R#", "GetItem C#", "PutItem H# O# C# R#", "ConditionCheckItem H# J#"],
    "lift_case_holds": ["Query H# O# R#", "GetItem C#", "PutItem H# C# R#", "ConditionCheckItem H#"],
    # notifications
    "notification_attempts": ["BatchGetItem M#"],
    "claim_notifications": ["UpdateItem M#", "PutItem M#"],
    "settle_notifications": ["UpdateItem M#"],
    "closure_tally": ["GetItem P#"],
    "put_closure_tally": ["PutItem P#"],
    # shares and releases
    "share": ["GetItem J#"],
    "shares": ["Query J#"],
    "grant": ["GetItem G#"],
    "list_grants": ["by_staff"],
    "grants_given": ["by_time"],
    "write_share": ["PutItem J# G# R# A#", "ConditionCheckItem C# J#"],
    "finish_share": ["PutItem J# R# A#", "ConditionCheckItem C# J#"],
    "record_shared_access": ["UpdateItem W#", "PutItem R# A#", "ConditionCheckItem C# G#"],
    "release": ["GetItem J#"],
    "releases": ["Query J#"],
    "release_of_token": ["GetItem T#"],
    "releases_to_decide": ["by_time"],
    "write_release": ["PutItem J# T# R# A#", "ConditionCheckItem C# J#"],
    "finish_release": ["PutItem J# R# A#", "ConditionCheckItem C# J#"],
    "open_release": ["PutItem J# R# A#", "ConditionCheckItem C# J#"],
    # what was cut out of recordings
    "list_derived": ["PutItem V#", "ConditionCheckItem C#"],
    "derived_of": ["Query V#"],
    "derived": ["GetItem V#"],
    "derived_due": ["by_due"],
    "keep_derived": ["UpdateItem V#"],
    "end_derived": ["DeleteItem V#"],
    # the console's sessions
    "session": ["GetItem U#"],
    "put_session": ["PutItem U#"],
    "touch_session": ["UpdateItem U#"],
    "claim_renewal": ["UpdateItem U#"],
    "renew_session": ["UpdateItem U#"],
    "end_session": ["DeleteItem U#"],
    # the rulebook, behind `store::Rulebooks`
    "rulebook_pointer": ["GetItem RULEBOOK"],
    "rulebook_version": ["GetItem RULEBOOK"],
    "point": ["PutItem RULEBOOK"],
    "restore_publications": ["PutItem RULEBOOK"],
}

#: The same of `store::Rulebooks`, by the functions of the table that each leads to.
RULEBOOKS = {
    "in_force": ["rulebook_pointer"],
    "in_force_read_now": ["rulebook_pointer"],
    "in_force_and_before": ["rulebook_pointer"],
    "read_pointer": ["rulebook_pointer"],
    "of_version": ["rulebook_version"],
    "published": ["rulebook_version"],
    "document": [],
    "knows_newest": ["rulebook_version"],
    "restore": ["rulebook_pointer", "restore_publications"],
    "store": ["point"],
    "point": ["point"],
    "agree": ["point"],
}

#: The same of `store::NumberKeys`.
NUMBER_KEYS = {
    "of_year": ["number_key"],
    "make": ["put_number_key", "number_key"],
    "all": ["number_keys"],
}


def source(folder, name="*.rs"):
    """The Rust of a folder, without its tests and its comments."""
    texts = []
    for path in sorted((ROOT / folder).rglob(name)):
        if not {"tests", "tests.rs"} & set(path.relative_to(ROOT / folder).parts):
            text = re.sub(r"#\[cfg\(test\)\]\nmod \w+ \{.*", "", path.read_text(), flags=re.DOTALL)
            texts.append(re.sub(r"//.*", "", text))
    return "\n".join(texts)


def methods(text, type_name):
    """The asynchronous functions of a type that others can call."""
    found = set()
    for block in re.findall(rf"^impl {type_name} \{{\n(.*?)^\}}", text, re.DOTALL | re.MULTILINE):
        found |= set(re.findall(r"^    pub(?:\(crate\))? async fn (\w+)", block, re.MULTILINE))
    return found


def calls(text, receiver):
    """The functions that are called on something of this name: a variable, a field, or what a function answers."""
    return set(re.findall(rf"\b{receiver}(?:\(\))?\s*\.\s*(\w+)\(", text))


def partitions(text):
    """The partitions of search indexes that a text names."""
    return set(re.findall(r"\b((?:Audit|Case)?Partition::\w+)", text))


def index_of():
    """Which index each partition lies in; `None` for one of the table itself."""
    text = source("shared/store/src")
    found = {f"Partition::{name}": index for name, index in re.findall(r'Self::(\w+)\([^)]*\) => \(\s*"(by_\w+)"', text)}
    cases = {"CasePartition::State": "by_time", "CasePartition::Team": "by_team", "CasePartition::Member": "by_staff"}
    return found | cases | {"AuditPartition::Member": "by_staff", "AuditPartition::Day": None}


def needs(binary):
    """What a function asks of the table: by action the prefixes, and the indexes."""
    text = source(f"functions/{binary}/src")
    # What every route shares lies in a crate of its own: its calls are each function's that has it.
    if re.search(r"^rokuban-http\b", (ROOT / f"functions/{binary}/Cargo.toml").read_text(), re.MULTILINE):
        shared = source("shared/http/src")
        if "export_link" not in text:
            for name in ["export.rs", "export_link.rs"]:
                shared = shared.replace(source("shared/http/src", name), "")
        text += shared
    called = calls(text, "table") & set(TABLE)
    for name in calls(text, "rulebooks") & set(RULEBOOKS):
        called |= set(RULEBOOKS[name])
    for name in calls(text, "number_keys") & set(NUMBER_KEYS):
        called |= set(NUMBER_KEYS[name])
    actions, indexes = {}, set()
    for each in (each for name in called for each in TABLE[name]):
        action, *prefixes = each.split()
        if action == "index":
            indexes |= {index_of()[name] for name in partitions(text)} - {None}
        elif action.startswith("by_"):
            indexes.add(action)
        else:
            actions.setdefault(action, set()).update(prefixes)
    return actions, indexes


def statements(binary):
    """The statements for a role, as the template writes them."""
    actions, indexes = needs(binary)
    lines = []
    for action, prefixes in sorted(actions.items()):
        keys = ", ".join(f'"{each}*"' if each.endswith("#") else each for each in sorted(prefixes))
        lines += [
            "- Effect: Allow",
            f"  Action: dynamodb:{action}",
            "  Resource: *TheTable",
            f'  Condition: {{"ForAllValues:StringLike": {{dynamodb:LeadingKeys: [{keys}]}}}}',
        ]
    if indexes:
        lines += ["- Effect: Allow", "  Action: dynamodb:Query", "  Resource:"]
        lines += [f'    - !Sub ["${{Table}}/index/{each}", {{Table: *TheTable }}]' for each in sorted(indexes)]
    return "\n".join(" " * 14 + line for line in lines)


if __name__ == "__main__":
    print(statements(sys.argv[1]))
