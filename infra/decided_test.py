"""What people decide is kept from the table's stream: which writes, by whom, for how long."""

import json
import re
import unittest

from template import HERE, RECORDINGS, RESOURCES, TEMPLATE, bucket_policy, roles_allowed

BUCKET = {"Fn::Sub": RECORDINGS.replace("-recordings-", "-decided-") + "/*"}
MAPPING = RESOURCES["DecidedMapping"]["Properties"]


def matches(wanted, value):
    """Whether one of the values of a filter fits, as Lambda decides it."""
    return any(value.startswith(each["prefix"]) if isinstance(each, dict) else value == each for each in wanted)


def passes(pk, sk, kind=None):
    """Whether the mapping brings a write of an item."""
    for each in MAPPING["FilterCriteria"]["Filters"]:
        write = json.loads(each["Pattern"])["dynamodb"]
        keys = {"pk": pk, "sk": sk}
        fits = all(matches(wanted["S"], keys[name]) for name, wanted in write["Keys"].items())
        kinds = write.get("NewImage", {}).get("kind", {}).get("S")
        if fits and (kinds is None or (kind is not None and matches(kinds, kind))):
            return True
    return False


class Decided(unittest.TestCase):
    def test_the_stream_has_both_images_and_no_write_is_passed_over(self):
        self.assertEqual(RESOURCES["Table"]["Properties"]["StreamSpecification"], {"StreamViewType": "NEW_AND_OLD_IMAGES"})
        self.assertEqual(MAPPING["StartingPosition"], "TRIM_HORIZON")
        own, existing = {"Fn::GetAtt": ["Table", "StreamArn"]}, {"Ref": "ExistingTableStream"}
        self.assertEqual(MAPPING["EventSourceArn"], {"Fn::If": ["NamesStream", existing, own]})
        # A batch is given up on when the stream has lost it, and then there is a dead letter.
        self.assertFalse({"MaximumRetryAttempts", "MaximumRecordAgeInSeconds", "ParallelizationFactor"} & set(MAPPING))
        dead = {"Fn::GetAtt": ["RunsDeadLetters", "Arn"]}
        self.assertEqual(MAPPING["DestinationConfig"]["OnFailure"]["Destination"], dead)
        self.assertIn(dead, roles_allowed("sqs:SendMessage")["JobsRole"])

    def test_only_what_people_decide_starts_the_function(self):
        self.assertLessEqual(len(MAPPING["FilterCriteria"]["Filters"]), 5)  # Lambda takes no more
        for pk, sk, kind in [
            ("K#k", "F#a", None),
            ("H#c", "H#h", None),
            ("J#c", "J", None),
            ("J#c", "S#s", None),
            ("J#c", "Q#r", None),
            ("D#d", "D", None),
            ("V#a", "s-1.wav", None),
            ("RULEBOOK", "POINTER", None),
            ("RULEBOOK", "V#0000000003", None),
            ("R#a", "E#0000000005", "played"),
        ]:
            self.assertTrue(passes(pk, sk, kind), (pk, sk))
        # The same kinds of events as the function keeps.
        source = (HERE.parent / "shared/store/src/table/decided.rs").read_text()
        (listed,) = re.findall(r"const DEEDS.*?= \[(.*?)\];", source, re.DOTALL)
        deeds = {re.sub(r"(?<!^)(?=[A-Z])", "_", each).lower() for each in re.findall(r"EventKind::(\w+)", listed)}
        filtered = json.loads(MAPPING["FilterCriteria"]["Filters"][0]["Pattern"])["dynamodb"]["NewImage"]["kind"]["S"]
        self.assertEqual(set(filtered), deeds)
        for pk, sk, kind in [
            ("R#a", "R", None),
            ("R#a", "E#0000000001", "taken_in"),
            ("K#k", "A#a", None),
            ("C#c#000000", "C", None),
            ("H#c", "G", None),
            ("J#c", "O", None),
            ("L#c", "R#r", None),
            ("A#2026-11-27#0", "t", None),
            ("U#u", "U", None),
            ("W#kato#2026-11-27T03", "play", None),
        ]:
            self.assertFalse(passes(pk, sk, kind), (pk, sk))

    def test_jobs_alone_writes_it_and_nobody_takes_it_away(self):
        policy = bucket_policy("DecidedBucketPolicy")
        jobs, govern = ({"Fn::GetAtt": [role, "Arn"]} for role in ["JobsRole", "GovernRole"])
        for sid, action, but in [
            ("DenyWritingToAllButJobs", "s3:PutObject", jobs),
            ("DenyReadingToAllButJobsAndThePublisher", "s3:GetObject", [jobs, govern]),
        ]:
            self.assertEqual((policy[sid]["Effect"], policy[sid]["Action"]), ("Deny", action))
            self.assertEqual(policy[sid]["Condition"], {"ArnNotEquals": {"aws:PrincipalArn": but}})
        self.assertNotIn("Condition", policy["DenyDeletion"])
        self.assertEqual([role for role, on in roles_allowed("s3:PutObject").items() if BUCKET in on], ["JobsRole"])

    def test_it_ends_with_the_days_that_the_table_can_be_restored_to(self):
        bucket = RESOURCES["DecidedBucket"]["Properties"]
        self.assertFalse({"ObjectLockEnabled", "VersioningConfiguration"} & set(bucket))
        rules = {rule["Id"]: rule for rule in bucket["LifecycleConfiguration"]["Rules"]}
        self.assertEqual(rules["as-far-back-as-the-table"], {"Id": "as-far-back-as-the-table", "Status": "Enabled", "ExpirationInDays": 35})

    def test_a_table_of_ones_own_is_kept_where_its_stream_is_named(self):
        self.assertEqual(RESOURCES["DecidedMapping"]["Condition"], "HasStream")
        named = {"Fn::Not": [{"Fn::Equals": [{"Ref": "ExistingTableStream"}, ""]}]}
        self.assertEqual(TEMPLATE["Conditions"]["NamesStream"], named)
        has = {"Fn::Or": [{"Condition": "OwnTable"}, {"Condition": "NamesStream"}]}
        self.assertEqual(TEMPLATE["Conditions"]["HasStream"], has)


if __name__ == "__main__":
    unittest.main()
