"""Copies in another Region: the walls of backup.yaml, and what the stack itself allows where it keeps copies."""

import unittest

import yaml
from template import HERE, RECORDINGS, RESOURCES, TEMPLATE, Loader, bucket_policy, of_type, roles_allowed, statements, trust

BACKUP = yaml.load((HERE / "backup.yaml").read_text(), Loader)
BUCKET = BACKUP["Resources"]["CopyBucket"]
WALLS = {each["Sid"]: each for each in BACKUP["Resources"]["CopyBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]}
COPY = {"Fn::Sub": "arn:${AWS::Partition}:s3:::${CopyBucket}"}
COPIES = {"Fn::Sub": "arn:${AWS::Partition}:s3:::${CopyBucket}/*"}


def role(name):
    """A role of the source's stack, as backup.yaml names it."""
    account = {"Account": {"Fn::If": ["InThisAccount", {"Ref": "AWS::AccountId"}, {"Ref": "SourceAccount"}]}}
    return {"Fn::Sub": ["arn:${AWS::Partition}:iam::${Account}:role/${SourceStack}-" + name + "-${SourceRegion}", account]}


class CopyBucket(unittest.TestCase):
    def test_it_is_private_versioned_encrypted_kept_and_can_hold(self):
        bucket, recordings = BUCKET["Properties"], RESOURCES["RecordingsBucket"]["Properties"]
        for name in ["VersioningConfiguration", "ObjectLockEnabled", "PublicAccessBlockConfiguration", "OwnershipControls"]:
            self.assertEqual(bucket[name], recordings[name], name)
        # A default retention would outlast the company's own rules.
        self.assertNotIn("ObjectLockConfiguration", bucket)
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        self.assertEqual(rule["ServerSideEncryptionByDefault"], {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Fn::GetAtt": ["CopyKey", "Arn"]}})
        self.assertEqual(rule["BlockedEncryptionTypes"], {"EncryptionType": ["SSE-C"]})
        for name in ["CopyBucket", "CopyBucketPolicy", "CopyKey"]:
            self.assertEqual(BACKUP["Resources"][name]["DeletionPolicy"], "RetainExceptOnCreate", name)
            self.assertEqual(BACKUP["Resources"][name]["UpdateReplacePolicy"], "Retain", name)

    def test_its_backstop_is_the_stacks(self):
        rules = [each["Properties"]["LifecycleConfiguration"]["Rules"] for each in [BUCKET, RESOURCES["RecordingsBucket"]]]
        self.assertEqual(rules[0], rules[1])
        for name in ["Type", "Default", "MinValue", "MaxValue"]:
            self.assertEqual(BACKUP["Parameters"]["BackstopDays"][name], TEMPLATE["Parameters"]["BackstopDays"][name])

    def test_its_region_is_another_than_the_stacks(self):
        source, copies = BACKUP["Parameters"]["SourceRegion"]["Default"], TEMPLATE["Parameters"]["CopyRegion"]["Default"]
        self.assertEqual((source, copies), ("ap-northeast-1", "ap-northeast-3"))

    def test_the_roles_it_names_are_the_stacks(self):
        for resource, name in {"SweepRole": "sweep", "JobsRole": "jobs", "ReplicationRole": "replication"}.items():
            named = RESOURCES[resource]["Properties"]["RoleName"]["Fn::Sub"]
            self.assertEqual(named, "${AWS::StackName}-" + name + "-${AWS::Region}")

    def test_only_replication_writes_only_the_sweep_deletes_and_only_jobs_lifts_a_hold(self):
        for sid, actions, name in [
            ("DenyWritingToAllButReplication", ["s3:PutObject", "s3:ReplicateObject"], "replication"),
            ("DenyDeletionToAllButTheSweep", "s3:DeleteObjectVersion", "sweep"),
            ("DenyHoldsToAllButJobs", "s3:PutObjectLegalHold", "jobs"),
        ]:
            wall = WALLS[sid]
            self.assertEqual((wall["Effect"], wall["Principal"], wall["Action"]), ("Deny", "*", actions), sid)
            self.assertEqual(wall["Condition"], {"ArnNotEquals": {"aws:PrincipalArn": role(name)}}, sid)

    def test_nobody_deletes_by_key_sets_retention_or_comes_without_tls(self):
        for sid, action in [
            ("DenyDeletionByKey", ["s3:DeleteObject", "s3:ReplicateDelete"]),
            ("DenyRetention", ["s3:PutObjectRetention", "s3:BypassGovernanceRetention"]),
        ]:
            wall = WALLS[sid]
            self.assertEqual((wall["Effect"], wall["Principal"], wall["Action"]), ("Deny", "*", action), sid)
            self.assertNotIn("Condition", wall)
        tls = WALLS["DenyWithoutTls"]
        self.assertEqual((tls["Effect"], tls["Principal"], tls["Action"]), ("Deny", "*", "s3:*"))
        self.assertEqual(tls["Condition"], {"Bool": {"aws:SecureTransport": "false"}})

    def test_nobody_reads_a_copy_until_a_reader_is_named(self):
        wall, recordings = WALLS["DenyAudioToAllButTheReader"], bucket_policy("RecordingsBucketPolicy")
        self.assertEqual(wall["Action"], recordings["DenyAudioToAllButTheFunctions"]["Action"])
        named = {"ArnNotEquals": {"aws:PrincipalArn": {"Ref": "ReaderRole"}}}
        self.assertEqual(wall["Condition"], {"Fn::If": ["SomebodyReads", named, {"Ref": "AWS::NoValue"}]})
        self.assertEqual(BACKUP["Parameters"]["ReaderRole"]["Default"], "")

    def test_what_is_allowed_is_allowed_to_one_role_each(self):
        allowed = {sid: each for sid, each in WALLS.items() if each["Effect"] == "Allow"}
        names = {"ReplicationWrites": "replication", "TheSweepDeletes": "sweep", "TheSweepLists": "sweep", "JobsLiftsHolds": "jobs"}
        self.assertEqual(set(allowed), set(names))
        for sid, name in names.items():
            self.assertEqual(allowed[sid]["Condition"], {"ArnEquals": {"aws:PrincipalArn": role(name)}}, sid)
        given = {action for each in allowed.values() for action in (each["Action"] if isinstance(each["Action"], list) else [each["Action"]])}
        self.assertEqual(given, {"s3:ReplicateObject", "s3:ReplicateTags", "s3:DeleteObjectVersion", "s3:ListBucketVersions", "s3:PutObjectLegalHold"})


class Stack(unittest.TestCase):
    def test_nothing_is_copied_until_a_bucket_is_named_and_then_it_has_a_key(self):
        self.assertEqual(TEMPLATE["Parameters"]["CopyBucket"]["Default"], "")
        self.assertEqual(TEMPLATE["Conditions"]["KeepsCopies"], {"Fn::Not": [{"Fn::Equals": [{"Ref": "CopyBucket"}, ""]}]})
        rule = TEMPLATE["Rules"]["CopiesHaveAKey"]
        self.assertEqual(rule["RuleCondition"], TEMPLATE["Conditions"]["KeepsCopies"])
        self.assertEqual(rule["Assertions"][0]["Assert"], {"Fn::Not": [{"Fn::Equals": [{"Ref": "CopyKeyId"}, ""]}]})
        condition, _, nothing = RESOURCES["RecordingsBucket"]["Properties"]["ReplicationConfiguration"]["Fn::If"]
        self.assertEqual((condition, nothing), ("KeepsCopies", {"Ref": "AWS::NoValue"}))
        self.assertEqual(RESOURCES["ReplicationRole"]["Condition"], "KeepsCopies")

    def test_every_recording_is_copied_with_the_copys_key_and_no_deletion_is(self):
        _, replication, _ = RESOURCES["RecordingsBucket"]["Properties"]["ReplicationConfiguration"]["Fn::If"]
        (rule,) = replication["Rules"]
        self.assertEqual((rule["Status"], rule["Filter"]), ("Enabled", {"Prefix": ""}))
        self.assertEqual(rule["DeleteMarkerReplication"], {"Status": "Disabled"})
        # Without it S3 leaves out what is encrypted with a key of KMS: everything.
        self.assertEqual(rule["SourceSelectionCriteria"], {"SseKmsEncryptedObjects": {"Status": "Enabled"}})
        self.assertEqual(rule["Destination"]["Bucket"], COPY)
        key, values = rule["Destination"]["EncryptionConfiguration"]["ReplicaKmsKeyID"]["Fn::Sub"]
        self.assertEqual(key, "arn:${AWS::Partition}:kms:${CopyRegion}:${Account}:key/${CopyKeyId}")
        self.assertEqual(values["Account"]["Fn::If"], ["CopiesInThisAccount", {"Ref": "AWS::AccountId"}, {"Ref": "CopyAccount"}])
        self.assertIn([{"Fn::Sub": [key, values]}], [on for on in roles_allowed("kms:Encrypt").values()])
        # What is derived, the rulebook and the audit are not copied.
        for name in ["DerivedBucket", "RulebookBucket", "AuditBucket"]:
            self.assertNotIn("ReplicationConfiguration", RESOURCES[name]["Properties"], name)

    def test_the_replication_role_is_s3s_alone_and_deletes_nothing(self):
        (each,) = trust("ReplicationRole")
        self.assertEqual(each["Principal"], {"Service": "s3.amazonaws.com"})
        actions = {action for each in statements("ReplicationRole") for action in (each["Action"] if isinstance(each["Action"], list) else [each["Action"]])}
        self.assertEqual([action for action in actions if "Delete" in action or action.startswith("s3:Put")], [])
        self.assertEqual(roles_allowed("s3:ReplicateObject"), {"ReplicationRole": [COPIES]})
        # Not GetObjectVersion: the wall around the audio stands for this role too.
        self.assertEqual(roles_allowed("s3:GetObjectVersionForReplication"), {"ReplicationRole": [{"Fn::Sub": f"{RECORDINGS}/*"}]})
        for action in ["s3:GetObject", "s3:GetObjectVersion"]:
            self.assertNotIn("ReplicationRole", roles_allowed(action))

    def test_the_sweep_alone_deletes_and_lists_copies_and_jobs_alone_lifts_their_holds(self):
        for action, on, name in [
            ("s3:DeleteObjectVersion", COPIES, "SweepRole"),
            ("s3:ListBucketVersions", COPY, "SweepRole"),
            ("s3:PutObjectLegalHold", COPIES, "JobsRole"),
        ]:
            self.assertEqual([each for each, resources in roles_allowed(action).items() if on in resources], [name], action)
        # Only where there are copies.
        for name in ["SweepRole", "JobsRole"]:
            for policy in RESOURCES[name]["Properties"]["Policies"]:
                for each in policy["PolicyDocument"]["Statement"]:
                    if "CopyBucket" in str(each):
                        self.assertEqual(each["Fn::If"][0], "KeepsCopies")

    def test_the_functions_that_ask_are_told_where_copies_lie(self):
        told = {
            name: each["Environment"]["Variables"]["COPY_BUCKET"]
            for name, each in of_type("AWS::Serverless::Function").items()
            if "COPY_BUCKET" in each["Environment"]["Variables"]
        }
        self.assertEqual(told, dict.fromkeys(["JobsFunction", "SweepFunction"], {"Ref": "CopyBucket"}))
        for name in told:
            self.assertEqual(RESOURCES[name]["Properties"]["Environment"]["Variables"]["COPY_REGION"], {"Ref": "CopyRegion"})


if __name__ == "__main__":
    unittest.main()
