"""The walls of template.yaml that no emulator can prove: each test says what must hold on AWS, and reads it off the text."""

import json
import re
import unittest

from template import (
    FUNCTIONS,
    HERE,
    RECORDINGS,
    RESOURCES,
    TEMPLATE,
    binaries,
    branches,
    bucket_policy,
    listed,
    of_type,
    roles_allowed,
    statements,
    trust,
)


class Roles(unittest.TestCase):
    def test_no_role_has_a_wildcard_action_or_everything_as_its_resource(self):
        for role in of_type("AWS::IAM::Role"):
            self.assertTrue(statements(role), role)
            for each in statements(role):
                self.assertEqual(each["Effect"], "Allow", role)
                for action in listed(each["Action"]):
                    self.assertNotIn("*", action, role)
                # X-Ray alone knows no resources.
                for resource in listed(each["Resource"]):
                    self.assertTrue(resource != "*" or all(action.startswith("xray:") for action in each["Action"]), role)

    def test_every_function_has_a_role_of_its_own(self):
        roles = [each["Role"]["Fn::GetAtt"][0] for each in of_type("AWS::Serverless::Function").values()]
        self.assertEqual(sorted(roles), ["CasesRole", "ClipRole", "ConsoleRole", "DeliverRole", "GovernRole", "IndexRole", "IngestRole", "JobsRole", "RetrieveRole", "SweepRole"])

    def test_only_the_sweep_deletes_audio_and_only_by_version(self):
        self.assertEqual(list(roles_allowed("s3:DeleteObjectVersion")), ["SweepRole"])
        for action in ["s3:DeleteObject", "s3:PutObjectRetention", "s3:BypassGovernanceRetention"]:
            self.assertEqual(roles_allowed(action), {}, action)

    def test_who_deletes_cannot_touch_a_legal_hold(self):
        holders, deleters = set(roles_allowed("s3:PutObjectLegalHold")), set(roles_allowed("s3:DeleteObjectVersion"))
        self.assertEqual((holders, holders & deleters), ({"JobsRole", "RetrieveRole"}, set()))
        wall = bucket_policy("RecordingsBucketPolicy")["DenyHoldsToTheSweep"]
        self.assertEqual(wall["Condition"], {"ArnEquals": {"aws:PrincipalArn": {"Fn::GetAtt": ["SweepRole", "Arn"]}}})

    def test_audio_is_read_by_those_the_bucket_names_and_nobody_else(self):
        reading = roles_allowed("s3:GetObject") | roles_allowed("s3:GetObjectVersion")
        readers = {role for role, on in reading.items() if {"Fn::Sub": f"{RECORDINGS}/*"} in on}
        readers |= {role for role, on in roles_allowed("s3:GetObjectVersion").items() if on}
        wall = bucket_policy("RecordingsBucketPolicy")["DenyAudioToAllButTheFunctions"]
        excepted = branches(wall["Condition"]["ArnNotEquals"]["aws:PrincipalArn"])
        # One role outside of the stack can be named, such as the backup's.
        self.assertIn({"Ref": "AudioReaderRole"}, excepted)
        self.assertEqual(TEMPLATE["Parameters"]["AudioReaderRole"]["Default"], "")
        named = {each["Fn::GetAtt"][0] for each in excepted if "Fn::GetAtt" in each}
        self.assertEqual(readers, {"IngestRole", "RetrieveRole", "JobsRole", "ClipRole", "BreakGlassRole"})
        # One of them reads call logs alone.
        on = roles_allowed("s3:GetObjectVersion")["JobsRole"]
        self.assertEqual(on, [{"Fn::Sub": f"{RECORDINGS}/calllog/*"}])
        self.assertEqual(named, readers)
        self.assertLessEqual({"s3:GetObject", "s3:GetObjectVersion"}, set(wall["Action"]))

    def test_an_uploader_writes_under_its_own_prefix_and_does_nothing_else(self):
        folders = {
            "UploaderRole&{Prefix}": "${Prefix}",
            "CallLogUploaderRole&{Folder}": "calllog/${Folder}",
            "VendorUploaderRole": "${VendorFolder}",
        }
        self.assertEqual({role for role in of_type("AWS::IAM::Role") if "Uploader" in role}, set(folders))
        for role, folder in folders.items():
            *writing, encrypting = [each for each in statements(role) if each["Action"] != "s3:GetBucketLocation"]
            for each in writing:
                self.assertEqual(each["Action"], ["s3:PutObject", "s3:AbortMultipartUpload"])
                self.assertEqual(each["Resource"], {"Fn::Sub": f"{RECORDINGS}/{folder}/*"}, role)
            self.assertEqual(encrypting["Action"], ["kms:GenerateDataKey", "kms:Decrypt"])
            self.assertIn("kms:ViaService", encrypting["Condition"]["StringEquals"])

    def test_a_condition_reads_no_list(self):
        # Join and Select of an empty list are not the same everywhere: lists that may be empty are texts, and are split.
        lists = {name for name, each in TEMPLATE["Parameters"].items() if each["Type"] == "CommaDelimitedList"}
        self.assertEqual(lists, {"UploaderPrefixes", "CallLogFolders"})
        for name in lists:
            self.assertNotIn(name, str(TEMPLATE["Conditions"]))
        for each in ["Fn::Join", "Fn::Select"]:
            self.assertNotIn(each, str(TEMPLATE["Conditions"]))

    def test_uploads_come_from_the_addresses_and_endpoints_that_are_named(self):
        for role in ["UploaderRole&{Prefix}", "CallLogUploaderRole&{Folder}"]:
            policy = RESOURCES[role]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
            found = {each["Fn::If"][0]: each["Fn::If"][1].get("Condition") for each in policy if "Fn::If" in each}
            self.assertEqual(
                found,
                {
                    "UploadFromAnywhere": None,
                    "UploadFromAddresses": {"IpAddress": {"aws:SourceIp": {"Fn::Split": [",", {"Ref": "UploaderAddresses"}]}}},
                    "UploadFromEndpoints": {"StringEquals": {"aws:SourceVpce": {"Fn::Split": [",", {"Ref": "UploaderEndpoints"}]}}},
                },
            )
        anywhere = TEMPLATE["Conditions"]["UploadFromAnywhere"]["Fn::Not"][0]["Fn::Or"]
        self.assertEqual(anywhere, [{"Condition": "UploadFromAddresses"}, {"Condition": "UploadFromEndpoints"}])

    def test_each_folder_of_call_logs_has_a_role_of_its_own(self):
        # A log says whose calls are whose: no role writes them all.
        parameters = TEMPLATE["Parameters"]
        self.assertNotIn("calllog", parameters["UploaderPrefixes"]["Default"].split(","))
        self.assertEqual(parameters["CallLogFolders"]["Default"], "asterisk,freeswitch,amazon-connect,3cx")

    def test_runs_are_traced_by_parameter_for_every_function(self):
        self.assertEqual(TEMPLATE["Globals"]["Function"]["Tracing"], {"Ref": "Tracing"})
        self.assertEqual(TEMPLATE["Parameters"]["Tracing"]["Default"], "PassThrough")
        self.assertEqual(RESOURCES["WritesTraces"]["Condition"], "TracesRuns")
        roles = [each["Ref"] for each in RESOURCES["WritesTraces"]["Properties"]["Roles"]]
        self.assertEqual(sorted(roles), sorted(binaries().values()))

    def test_a_vendor_names_its_external_id(self):
        (each,) = trust("VendorUploaderRole")
        self.assertEqual(each["Condition"], {"StringEquals": {"sts:ExternalId": {"Ref": "VendorExternalId"}}})
        self.assertEqual(RESOURCES["VendorUploaderRole"]["Condition"], "UploadByAVendor")
        (rule,) = [each for name, each in TEMPLATE["Rules"].items() if name == "AVendorIsNamedWhole"]
        self.assertEqual(rule["Assertions"][0]["Assert"], {"Fn::Not": [{"Fn::Equals": [{"Ref": "VendorExternalId"}, ""]}]})

    def test_who_reads_objects_can_tell_what_is_gone_from_what_is_forbidden(self):
        for action in ["s3:ListBucket", "s3:ListBucketVersions"]:
            for role in ["IngestRole", "JobsRole", "ClipRole"]:
                self.assertIn({"Fn::Sub": RECORDINGS}, roles_allowed(action)[role], (role, action))

    def test_govern_alone_publishes_and_reaches_no_audio(self):
        rulebooks = {"Fn::Sub": RECORDINGS.replace("-recordings-", "-rulebook-") + "/*"}
        self.assertEqual(roles_allowed("s3:PutObject").get("GovernRole"), [rulebooks])
        writers = [role for role, on in roles_allowed("s3:PutObject").items() if rulebooks in on]
        self.assertEqual(writers, ["GovernRole"])
        wall = bucket_policy("RulebookBucketPolicy")["DenyWritingToAllButThePublisher"]
        self.assertEqual(wall["Condition"], {"ArnNotEquals": {"aws:PrincipalArn": {"Fn::GetAtt": ["GovernRole", "Arn"]}}})
        self.assertEqual(roles_allowed("s3:GetObject")["GovernRole"], [rulebooks, {"Fn::Sub": RECORDINGS.replace("-recordings-", "-decided-") + "/rulebook/*"}])
        for action in ["s3:GetObjectVersion", "dynamodb:DeleteItem"]:
            self.assertNotIn("GovernRole", roles_allowed(action), action)
        # The shards of a plan, to jobs alone: it starts no indexing and no clip.
        self.assertEqual(roles_allowed("sqs:SendMessage")["GovernRole"], [{"Fn::GetAtt": ["JobsQueue", "Arn"]}])

    def test_cases_reaches_no_audio_and_deletes_nothing(self):
        rulebooks = {"Fn::Sub": RECORDINGS.replace("-recordings-", "-rulebook-") + "/*"}
        self.assertEqual(roles_allowed("s3:GetObject")["CasesRole"], [rulebooks, {"Fn::Sub": RECORDINGS.replace("-recordings-", "-derived-") + "/clips/*"}])
        denied = ["s3:GetObjectVersion", "s3:PutObject", "s3:PutObjectLegalHold", "dynamodb:DeleteItem"]
        self.assertEqual([action for action in denied if "CasesRole" in roles_allowed(action)], [])

    def test_retrieve_cannot_delete_an_item(self):
        self.assertEqual(set(roles_allowed("dynamodb:DeleteItem")), {"ConsoleRole", "IndexRole", "JobsRole", "SweepRole"})

    def test_only_jobs_keeps_logins_only_where_it_is_asked_to_and_deletes_none(self):
        allowed = ["ListUsers", "AdminCreateUser", "AdminEnableUser", "AdminDisableUser", "AdminUserGlobalSignOut"]
        for role in of_type("AWS::IAM::Role"):
            actions = {action for each in statements(role) for action in listed(each["Action"]) if "cognito" in action}
            self.assertEqual(actions, {f"cognito-idp:{each}" for each in allowed} if role == "JobsRole" else set(), role)
        pool = {"Fn::GetAtt": ["UserPool", "Arn"]}
        self.assertEqual({str(roles_allowed(f"cognito-idp:{each}")) for each in allowed}, {str({"JobsRole": [pool]})})
        # Every policy that stands by itself is one of a role's: this one, and the traces'.
        self.assertEqual(set(of_type("AWS::IAM::Policy")), {"JobsKeepsLogins", "JobsMails", "JobsPutsEvents", "WritesTraces"})
        self.assertEqual(of_type("AWS::IAM::Policy")["JobsKeepsLogins"]["Roles"], [{"Ref": "JobsRole"}])
        self.assertEqual(RESOURCES["JobsKeepsLogins"]["Condition"], "KeepLogins")
        asked = {"Fn::Equals": [{"Ref": "ManageLogins"}, "true"]}
        self.assertEqual(TEMPLATE["Conditions"]["KeepLogins"], {"Fn::And": [{"Condition": "OwnUserPool"}, asked]})
        self.assertEqual(TEMPLATE["Parameters"]["ManageLogins"]["Default"], "false")
        jobs = RESOURCES["JobsFunction"]["Properties"]
        told = {"Fn::If": ["KeepLogins", {"Ref": "UserPool"}, ""]}
        self.assertEqual(jobs["Environment"]["Variables"]["USER_POOL_ID"], told)
        self.assertEqual(jobs["Events"]["Logins"]["Properties"]["State"], {"Fn::If": ["KeepLogins", "ENABLED", "DISABLED"]})

    def test_the_logins_of_an_own_issuer_are_its_own(self):
        rule = TEMPLATE["Rules"]["LoginsOfAnIssuerAreItsOwn"]
        self.assertEqual(rule["RuleCondition"], {"Fn::Not": [{"Fn::Equals": [{"Ref": "Issuer"}, ""]}]})
        self.assertEqual(rule["Assertions"][0]["Assert"], {"Fn::Equals": [{"Ref": "ManageLogins"}, "false"]})

    def test_a_person_assumes_a_role_with_a_one_time_code_or_is_a_named_role(self):
        for role, parameter in {"BreakGlassRole": "BreakGlassPrincipals", "RedriveRole": "RedrivePrincipals"}.items():
            users, roles = RESOURCES[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
            arn = "arn:${AWS::Partition}:iam::${AWS::AccountId}:"
            named = {"aws:PrincipalArn": {"Fn::Split": [",", {"Ref": parameter}]}}
            self.assertEqual(
                users["Condition"],
                {
                    "Bool": {"aws:MultiFactorAuthPresent": "true"},
                    "ArnLike": {"aws:PrincipalArn": {"Fn::Sub": arn + "user/*"}},
                    "StringLike": named,
                },
            )
            # No role may by default: a session of one never carries the key that tells of a one-time code.
            condition, roles, nothing = roles["Fn::If"]
            self.assertEqual(nothing, {"Ref": "AWS::NoValue"})
            self.assertEqual(
                TEMPLATE["Conditions"][condition],
                {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, "*"]}]},
            )
            self.assertEqual(
                roles["Condition"],
                {"ArnLike": {"aws:PrincipalArn": {"Fn::Sub": arn + "role/*"}}, "StringLike": named},
            )

    def test_a_mail_says_who_assumed_such_a_role_or_endangered_the_key(self):
        rules = of_type("AWS::Events::Rule")
        for rule in rules.values():
            self.assertEqual([each["Arn"] for each in rule["Targets"]], [{"Ref": "AlarmTopic"}])
        assumed = rules["RoleAssumed"]["EventPattern"]["detail"]
        self.assertEqual(assumed["eventName"], ["AssumeRole"])
        arns = [{"Fn::GetAtt": ["BreakGlassRole", "Arn"]}, {"Fn::GetAtt": ["RedriveRole", "Arn"]}]
        self.assertEqual(assumed["requestParameters"]["roleArn"], arns)
        key = rules["KeyInDanger"]["EventPattern"]["detail"]
        self.assertEqual(key["eventName"], ["DisableKey", "ScheduleKeyDeletion"])
        (policy,) = of_type("AWS::SNS::TopicPolicy").values()
        senders = [each["Principal"]["Service"] for each in policy["PolicyDocument"]["Statement"]]
        self.assertEqual(senders, ["cloudwatch.amazonaws.com", "events.amazonaws.com"])

    def test_a_roles_name_holds_the_region_for_roles_are_the_whole_accounts(self):
        for name, role in of_type("AWS::IAM::Role").items():
            self.assertTrue(role["RoleName"]["Fn::Sub"].endswith("-${AWS::Region}"), name)

    def test_every_role_takes_the_permissions_boundary(self):
        boundary = {"Fn::If": ["HasPermissionsBoundary", {"Ref": "PermissionsBoundary"}, {"Ref": "AWS::NoValue"}]}
        schedules = [
            event["Properties"]
            for each in of_type("AWS::Serverless::Function").values()
            for event in each.get("Events", {}).values()
            if event["Type"] == "ScheduleV2"
        ]
        for each in [*of_type("AWS::IAM::Role").values(), *schedules]:
            self.assertEqual(each["PermissionsBoundary"], boundary)


class Buckets(unittest.TestCase):
    def test_every_bucket_is_private_versioned_encrypted_and_kept(self):
        self.assertEqual(set(of_type("AWS::S3::Bucket")), {"AuditBucket", "DecidedBucket", "DerivedBucket", "RecordingsBucket", "RulebookBucket"})
        for name, bucket in of_type("AWS::S3::Bucket").items():
            self.assertEqual(set(bucket["PublicAccessBlockConfiguration"].values()), {True}, name)
            self.assertEqual("VersioningConfiguration" in bucket, name != "DecidedBucket", name)  # a version would outlast its rule
            (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
            self.assertEqual(rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"], "aws:kms", name)
            self.assertIs(rule["BucketKeyEnabled"], True, name)
            self.assertEqual(rule["BlockedEncryptionTypes"], {"EncryptionType": ["SSE-C"]}, name)
            # The walls stay with the bucket; and a creation that fails takes both along, so that it can be repeated.
            for kept in [name, f"{name}Policy"]:
                self.assertEqual(RESOURCES[kept]["DeletionPolicy"], "RetainExceptOnCreate", kept)
                self.assertEqual(RESOURCES[kept]["UpdateReplacePolicy"], "Retain", kept)

    def test_an_uploader_chooses_neither_the_key_nor_the_storage_class(self):
        policy = bucket_policy("RecordingsBucketPolicy")
        header = "s3:x-amz-server-side-encryption"
        key = {"Fn::GetAtt": ["DataKey", "Arn"]}
        for name, condition in {
            "DenyEncryptionByTheSendersKey": {"Null": {f"{header}-customer-algorithm": "false"}},
            "DenyEncryptionByAnotherKey": {
                "Null": {header: "false"},
                "StringNotEquals": {f"{header}-aws-kms-key-id": key},
            },
            # A negated condition holds for what is not there: only what is said is looked at.
            "DenyAnotherStorageClass": {
                "Null": {"s3:x-amz-storage-class": "false"},
                "StringNotEquals": {"s3:x-amz-storage-class": "STANDARD"},
            },
        }.items():
            self.assertEqual(policy[name]["Action"], "s3:PutObject")
            self.assertEqual(policy[name]["Condition"], condition, name)

    def test_recordings_can_be_held_but_have_no_retention_by_default(self):
        bucket = RESOURCES["RecordingsBucket"]["Properties"]
        self.assertIs(bucket["ObjectLockEnabled"], True)
        self.assertNotIn("ObjectLockConfiguration", bucket)

    def test_what_is_written_to_the_audit_bucket_is_locked_and_only_the_sweep_writes(self):
        lock = RESOURCES["AuditBucket"]["Properties"]["ObjectLockConfiguration"]
        self.assertEqual(lock["ObjectLockEnabled"], "Enabled")
        retention = {"Mode": {"Ref": "AuditLockMode"}, "Days": {"Ref": "AuditLockDays"}}
        self.assertEqual(lock["Rule"]["DefaultRetention"], retention)
        # The table can be restored to any second of 35 days: its journal reaches as far back.
        self.assertGreaterEqual(TEMPLATE["Parameters"]["AuditLockDays"]["MinValue"], 35)
        policy = bucket_policy("AuditBucketPolicy")
        for name in ["DenyDeletion", "DenyAnotherRetention"]:
            self.assertNotIn("Condition", policy[name])
        self.assertIn("s3:BypassGovernanceRetention", policy["DenyAnotherRetention"]["Action"])
        wall = policy["DenyWritingToAllButTheSweep"]
        self.assertEqual(wall["Action"], "s3:PutObject")
        sweep = {"Fn::GetAtt": ["SweepRole", "Arn"]}
        self.assertEqual(wall["Condition"], {"ArnNotEquals": {"aws:PrincipalArn": sweep}})
        journal = {"Fn::Sub": RECORDINGS.replace("-recordings-", "-audit-") + "/journal/*"}
        self.assertEqual(roles_allowed("s3:PutObject")["SweepRole"], [journal])

    def test_nothing_passes_without_tls(self):
        policies = of_type("AWS::S3::BucketPolicy") | of_type("AWS::SQS::QueuePolicy")
        self.assertEqual(len(policies), 5 + 5)
        for name in policies:
            wall = bucket_policy(name)["DenyWithoutTls"]
            self.assertEqual((wall["Effect"], wall["Principal"]), ("Deny", "*"), name)
            self.assertEqual(wall["Condition"], {"Bool": {"aws:SecureTransport": "false"}}, name)

    def test_presigned_requests_and_only_those_age(self):
        wall = bucket_policy("RecordingsBucketPolicy")["DenyPresignedOlderThanFiveMinutes"]
        self.assertEqual((wall["Effect"], wall["Principal"], wall["Action"]), ("Deny", "*", "s3:*"))
        self.assertEqual(
            wall["Condition"],
            {
                "StringEquals": {"s3:authType": "REST-QUERY-STRING"},
                "NumericGreaterThan": {"s3:signatureAge": str(5 * 60 * 1000)},
            },
        )

    def test_nobody_sets_retention_or_uploads_with_a_lock(self):
        policy = bucket_policy("RecordingsBucketPolicy")
        wall = policy["DenyRetention"]
        self.assertEqual(wall["Action"], ["s3:PutObjectRetention", "s3:BypassGovernanceRetention"])
        self.assertNotIn("Condition", wall)
        for name, key in {
            "DenyLockModeHeader": "s3:object-lock-mode",
            "DenyLockDateHeader": "s3:object-lock-retain-until-date",
            "DenyLegalHoldHeader": "s3:object-lock-legal-hold",
        }.items():
            self.assertEqual(policy[name]["Action"], "s3:PutObject")
            self.assertEqual(policy[name]["Condition"], {"Null": {key: "false"}})

    def test_nobody_deletes_by_key_and_only_the_sweep_by_version(self):
        policy = bucket_policy("RecordingsBucketPolicy")
        self.assertEqual(policy["DenyDeletionByKey"]["Action"], "s3:DeleteObject")
        self.assertNotIn("Condition", policy["DenyDeletionByKey"])
        self.assertEqual(
            policy["DenyDeletionToAllButTheSweep"]["Condition"],
            {"ArnNotEquals": {"aws:PrincipalArn": {"Fn::GetAtt": ["SweepRole", "Arn"]}}},
        )

    def test_every_statement_of_a_bucket_is_a_wall_for_everyone(self):
        for name in of_type("AWS::S3::BucketPolicy"):
            for sid, wall in bucket_policy(name).items():
                self.assertEqual((wall["Effect"], wall["Principal"]), ("Deny", "*"), sid)


class Table(unittest.TestCase):
    def test_the_table_is_kept_encrypted_and_recoverable(self):
        table = RESOURCES["Table"]
        self.assertEqual((table["DeletionPolicy"], table["UpdateReplacePolicy"]), ("Retain", "Retain"))
        properties = table["Properties"]
        self.assertIs(properties["DeletionProtectionEnabled"], True)
        # A failed creation leaves it behind, for it is protected: with a name of its own it would refuse the next one.
        self.assertNotIn("TableName", properties)
        self.assertIs(properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], True)
        self.assertEqual(properties["SSESpecification"]["SSEType"], "KMS")
        self.assertEqual(
            properties["TimeToLiveSpecification"], {"AttributeName": "expires_epoch_seconds", "Enabled": True}
        )

    def test_searches_list_from_the_index_and_the_sweep_only_nominates(self):
        projected = {
            each["IndexName"]: each["Projection"]
            for each in RESOURCES["Table"]["Properties"]["GlobalSecondaryIndexes"]
        }
        self.assertEqual(projected.pop("by_due"), {"ProjectionType": "KEYS_ONLY"})
        self.assertEqual(set(projected), {"by_number", "by_last4", "by_staff", "by_team", "by_time"})
        for name, projection in projected.items():
            self.assertEqual(projection, {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["view"]}, name)

    def test_a_restored_table_takes_the_place_of_the_stacks_own(self):
        self.assertEqual(RESOURCES["Table"]["Condition"], "OwnTable")
        self.assertEqual(TEMPLATE["Conditions"]["OwnTable"], {"Fn::Equals": [{"Ref": "ExistingTable"}, ""]})
        name = {"Fn::If": ["OwnTable", {"Ref": "Table"}, {"Ref": "ExistingTable"}]}
        for function, each in of_type("AWS::Serverless::Function").items():
            self.assertEqual(each["Environment"]["Variables"]["TABLE_NAME"], name, function)
        self.assertEqual(TEMPLATE["Outputs"]["Table"]["Value"], name)

    def test_keys_are_kept(self):
        for name in of_type("AWS::KMS::Key"):
            self.assertEqual(RESOURCES[name]["DeletionPolicy"], "RetainExceptOnCreate", name)
            self.assertEqual(RESOURCES[name]["UpdateReplacePolicy"], "Retain", name)


class Work(unittest.TestCase):
    def test_work_is_hidden_six_times_as_long_as_a_function_may_take(self):
        for function, queue in {"IngestFunction": "IngestQueue", "IndexFunction": "IndexQueue", "JobsFunction": "JobsQueue", "ClipFunction": "ClipQueue"}.items():
            seconds = RESOURCES[function]["Properties"]["Timeout"]
            self.assertGreaterEqual(RESOURCES[queue]["Properties"]["VisibilityTimeout"], 6 * seconds, queue)

    def test_a_batch_fails_by_its_items(self):
        events = [
            event["Properties"]
            for each in of_type("AWS::Serverless::Function").values()
            for event in each.get("Events", {}).values()
            if event["Type"] == "SQS"
        ]
        self.assertEqual(len(events), 4)
        for event in events:
            self.assertEqual(event["FunctionResponseTypes"], ["ReportBatchItemFailures"])

    def test_what_is_given_up_is_kept_and_raises_an_alarm(self):
        queues = of_type("AWS::SQS::Queue")
        redriven = {
            each["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
            for each in queues.values()
            if "RedrivePolicy" in each
        }
        self.assertEqual(redriven, {"IngestDeadLetters", "IndexDeadLetters", "JobsDeadLetters", "ClipDeadLetters"})
        dead = redriven | {"RunsDeadLetters"}
        self.assertEqual(set(queues) - dead, {"IngestQueue", "IndexQueue", "JobsQueue", "ClipQueue"})
        for name, each in queues.items():
            # A dead letter's age counts from when it was first sent: some days are left when it arrives.
            self.assertEqual(each["MessageRetentionPeriod"], (14 if name in dead else 7) * 24 * 3600, name)
        looped = TEMPLATE["Resources"]["Fn::ForEach::DeadLetterAlarms"][1]
        named = {each["QueueName"]["Fn::Sub"] for name, each in queues.items() if name in dead}
        self.assertEqual({"${AWS::StackName}-" + each + "-dead-letters" for each in looped}, named)

    def test_a_schedules_run_is_tried_once_and_what_failed_is_kept(self):
        failed = {"Fn::GetAtt": ["RunsDeadLetters", "Arn"]}
        scheduled = {
            name: events
            for name, each in of_type("AWS::Serverless::Function").items()
            if (events := [event for event in each.get("Events", {}).values() if event["Type"] == "ScheduleV2"])
        }
        self.assertEqual(set(scheduled), {"JobsFunction", "SweepFunction"})
        for name, events in scheduled.items():
            invocation = RESOURCES[name]["Properties"]["EventInvokeConfig"]
            self.assertEqual(invocation["MaximumRetryAttempts"], 0, name)
            self.assertEqual(invocation["DestinationConfig"]["OnFailure"], {"Type": "SQS", "Destination": failed})
            role = RESOURCES[name]["Properties"]["Role"]["Fn::GetAtt"][0]
            self.assertIn(failed, roles_allowed("sqs:SendMessage")[role])
            for event in events:
                self.assertEqual(event["Properties"]["DeadLetterConfig"], {"Arn": failed})

    def test_a_job_that_sends_itself_the_rest_is_not_taken_for_a_loop(self):
        sends_itself = {
            name
            for name, each in of_type("AWS::Serverless::Function").items()
            for event in each.get("Events", {}).values()
            if event["Type"] == "SQS"
            and event["Properties"]["Queue"] in roles_allowed("sqs:SendMessage").get(each["Role"]["Fn::GetAtt"][0], [])
        }
        self.assertEqual(sends_itself, {"JobsFunction"})
        for name, each in of_type("AWS::Serverless::Function").items():
            self.assertEqual(each.get("RecursiveLoop"), "Allow" if name in sends_itself | {"SweepFunction"} else None, name)

    def test_an_upload_has_a_whole_processor_and_run_for_itself(self):
        ingest = RESOURCES["IngestFunction"]["Properties"]
        self.assertGreaterEqual(ingest["MemorySize"], 1769)
        self.assertEqual(ingest["Events"]["Uploaded"]["Properties"]["BatchSize"], 1)
        # 5 GiB at 20 MiB a second, the hash and the network together.
        largest = TEMPLATE["Parameters"]["MaxObjectBytes"]["MaxValue"]
        self.assertLessEqual(largest / (20 * 1024 * 1024), ingest["Timeout"])

    def test_what_runs_at_once_is_said_by_parameters(self):
        for function, event, parameter in [
            ("IngestFunction", "Uploaded", "IngestConcurrency"),
            ("IndexFunction", "Taken", "IndexConcurrency"),
            ("JobsFunction", "Asked", "JobsConcurrency"),
        ]:
            scaling = RESOURCES[function]["Properties"]["Events"][event]["Properties"]["ScalingConfig"]
            self.assertEqual(scaling, {"MaximumConcurrency": {"Ref": parameter}})
            self.assertEqual(TEMPLATE["Parameters"][parameter]["MinValue"], 2)  # SQS takes no less

    def test_every_alarm_tells_somebody_that_it_began_and_that_it_is_over(self):
        for name, alarm in of_type("AWS::CloudWatch::Alarm").items():
            self.assertEqual(alarm["AlarmActions"], [{"Ref": "AlarmTopic"}], name)
            # Of what rings once for each the end is no news.
            ends = [] if name.startswith("New") else [{"Ref": "AlarmTopic"}]
            self.assertEqual(alarm.get("OKActions", []), ends, name)

    def test_every_alarm_names_its_owner_and_a_page_that_says_what_to_do(self):
        page = (HERE.parent / TEMPLATE["Parameters"]["RunbookUrl"]["Default"]).read_text()
        headings = {line.lstrip("# ").lower().replace(" ", "-") for line in page.splitlines() if line.startswith("## ")}
        for name, alarm in of_type("AWS::CloudWatch::Alarm").items():
            text = alarm["AlarmDescription"]["Fn::Sub"]
            self.assertIn("Owner: ${AlarmOwner}.", text, name)
            self.assertIn(text.split("${RunbookUrl}#")[1], headings, name)

    def test_what_can_go_wrong_unseen_is_watched(self):
        watched = set()
        for alarm in of_type("AWS::CloudWatch::Alarm").values():
            metrics = [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", [alarm]) if "MetricStat" in each]
            watched |= {(each["Namespace"], str(each["MetricName"])) for each in metrics or [alarm]}
        self.assertLessEqual(
            {
                ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
                ("AWS/SQS", "ApproximateAgeOfOldestMessage"),
                ("AWS/SQS", "NumberOfMessagesSent"),
                ("AWS/Lambda", "Errors"),
                ("AWS/Lambda", "Throttles"),
                ("AWS/Lambda", "Duration"),
                ("AWS/Lambda", "AsyncEventsDropped"),
                ("AWS/Lambda", "RecursiveInvocationsDropped"),
                ("AWS/DynamoDB", str({"Fn::Sub": "${Kind}ThrottleEvents"})),
                ("AWS/ApiGateway", "5xx"),
                ("AWS/ApiGateway", "4xx"),
                ("AWS/ApiGateway", "Latency"),
                ("Rokuban", "FailedMessages"),
                *(("Rokuban", each) for each in ["LoginsFailed", "LostCalls"]),
                ("Rokuban", "OverdueDeletions"),
                ("Rokuban", "QuarantineEnding"),
                *(("Rokuban", f"Rulebook{each}") for each in ["Unreadable", "Published"]),
                *(("Rokuban", each) for each in ["AdminsChanged", "DeletesSooner", "RefusedLogins", "SurplusVersions", "UnreadCallLogs"]),
            },
            watched,
        )

    def test_every_metric_of_ours_is_one_stacks(self):
        # Two stacks of one account and Region share the namespace.
        stack = [{"Name": "Stack", "Value": {"Ref": "AWS::StackName"}}]
        for name, alarm in of_type("AWS::CloudWatch::Alarm").items():
            metrics = [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", []) if "MetricStat" in each]
            for each in metrics or [alarm]:
                if each["Namespace"] == "Rokuban":
                    self.assertEqual(each["Dimensions"], stack, name)
        variables = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
        self.assertEqual(variables, {"STACK_NAME": {"Ref": "AWS::StackName"}})
        shown = json.loads(RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"])["widgets"]
        for metric in [each for widget in shown for each in widget["properties"]["metrics"] if each[0] == "Rokuban"]:
            self.assertEqual(metric[2:4], ["Stack", "${AWS::StackName}"])

    def test_a_schedule_that_does_not_run_is_noticed(self):
        alarms = of_type("AWS::CloudWatch::Alarm")
        for name in ["RollUpMissingAlarm", "ReconcileMissingAlarm", "LoginsMissingAlarm", "NotifyMissingAlarm", "SweepSilentAlarm"]:
            each = alarms[name]
            self.assertEqual((each["TreatMissingData"], each["Threshold"]), ("breaching", 1), name)
        source = (HERE.parent / "functions/jobs/src/lib.rs").read_text()
        for metric in ["RollUpRuns", "ReconcileRuns", "LoginsRuns", "NotifyRuns"]:
            self.assertIn(f'"{metric}"', source)

    def test_every_function_is_watched(self):
        names = set(binaries())
        for loop in ["ErrorAlarms", "ThrottleAlarms", "LongRunAlarms"]:
            self.assertEqual(set(TEMPLATE["Resources"][f"Fn::ForEach::{loop}"][1]), names, loop)
        self.assertEqual(set(TEMPLATE["Mappings"]["LongRun"]), names)
        for binary, role in binaries().items():
            (timeout,) = [
                each["Timeout"]
                for each in of_type("AWS::Serverless::Function").values()
                if each["Role"] == {"Fn::GetAtt": [role, "Arn"]}
            ]
            long = TEMPLATE["Mappings"]["LongRun"][binary]["Milliseconds"]
            self.assertTrue(0.5 * timeout <= long / 1000 < timeout, binary)
            self.assertIn(f"${{AWS::StackName}}-{binary}", RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"])

    def test_the_dashboard_is_json_and_shows_the_five_objectives(self):
        text = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
        titles = [each["properties"]["title"] for each in json.loads(text)["widgets"]]
        for objective in ["Time to findable", "Link latency", "Deletion lag", "Lost calls", "Faults"]:
            self.assertTrue(any(each.startswith(objective) for each in titles), objective)

    def test_an_idle_queue_does_not_end_the_alarm_of_its_dead_letters(self):
        alarm = of_type("AWS::CloudWatch::Alarm")["DeadLettersAlarm&{Queue}"]
        self.assertEqual(alarm["TreatMissingData"], "ignore")
        loops = [TEMPLATE["Resources"][f"Fn::ForEach::{each}"][1] for each in ["DeadLetterAlarms", "NewDeadLetterAlarms"]]
        self.assertEqual(loops[0], loops[1])
        self.assertEqual(TEMPLATE["Parameters"]["AlarmsOfChanges"]["Default"], "true")

    def test_only_our_bucket_sends_to_ingest(self):
        policy = bucket_policy("IngestQueuePolicy")
        source = {"aws:SourceArn": {"Fn::Sub": RECORDINGS}}
        self.assertEqual(policy["OurBucketMaySend"]["Principal"], {"Service": "s3.amazonaws.com"})
        self.assertEqual(policy["OurBucketMaySend"]["Condition"]["ArnEquals"], source)
        redrive = {"aws:PrincipalArn": [{"Fn::GetAtt": ["JobsRole", "Arn"]}, {"Fn::GetAtt": ["RedriveRole", "Arn"]}]}
        self.assertEqual(policy["DenySendingToAllButOurBucket"]["Condition"], {"ArnNotEquals": source | redrive})
        ingest = {"Fn::GetAtt": ["IngestQueue", "Arn"]}
        sending = {role for role, on in roles_allowed("sqs:SendMessage").items() if ingest in on}
        self.assertEqual(sending, {"JobsRole", "RedriveRole"})  # what S3 should have said, and what it said

    def test_functions_log_as_json_for_a_set_time_and_reserve_no_concurrency(self):
        functions = of_type("AWS::Serverless::Function")
        self.assertEqual({name: each["Timeout"] for name, each in functions.items()}, FUNCTIONS)
        for name, each in functions.items():
            self.assertEqual(each["LoggingConfig"]["LogFormat"], "JSON", name)
            group = RESOURCES[each["LoggingConfig"]["LogGroup"]["Ref"]]["Properties"]
            self.assertIn("RetentionInDays", group, name)
            self.assertNotIn("ReservedConcurrentExecutions", each, name)


class Api(unittest.TestCase):
    def test_every_route_asks_for_a_token_except_the_consoles(self):
        routes = of_type("AWS::ApiGatewayV2::Route")
        default = routes.pop("DefaultRoute")
        console, _, *files = (routes.pop(name) for name in ["ConsoleRoute&{RouteKey}", "DeliverRoute&{RouteKey}", "ExportRoute", "ReportExportRoute"])
        for name, route in routes.items():
            self.assertEqual(route["AuthorizationType"], "JWT", name)
            self.assertEqual(route["AuthorizerId"], {"Ref": "ApiAuthorizer"}, name)
        # What no other route takes, `retrieve` lets reach no handler.
        self.assertEqual((default["RouteKey"], default["AuthorizationType"]), ("$default", "NONE"))
        self.assertEqual(default["Target"], {"Fn::Sub": "integrations/${RetrieveIntegration}"})
        # The session lets in, and the token behind it.
        self.assertEqual([console["AuthorizationType"], *(each["RouteKey"] for each in files)], ["NONE", "GET /v1/exports/{secret}", "GET /v1/reports/exports/{secret}"])
        self.assertEqual(console["Target"], {"Fn::Sub": "integrations/${ConsoleIntegration}"})

    def test_the_function_checks_the_issuer_and_the_audience_that_the_authorizer_checks(self):
        authorizer = RESOURCES["ApiAuthorizer"]["Properties"]["JwtConfiguration"]
        for function in ["RetrieveFunction", "CasesFunction", "GovernFunction"]:
            variables = RESOURCES[function]["Properties"]["Environment"]["Variables"]
            checked = (variables["ISSUER"], [variables["AUDIENCE"]])
            self.assertEqual(checked, (authorizer["Issuer"], authorizer["Audience"]), function)

    def test_the_routes_are_the_operations_of_the_document(self):
        document = json.loads((HERE.parent / "functions/retrieve/openapi.json").read_text())
        (base,) = [server["url"] for server in document["servers"]]
        for address in TEMPLATE["Outputs"]["ApiUrl"]["Value"]["Fn::If"][1:]:
            self.assertTrue(address["Fn::Sub"].endswith(base))
        told = [
            f"{method.upper()} {base}{path}" for path, methods in document["paths"].items() for method in methods
        ]
        loops = [TEMPLATE["Resources"][f"Fn::ForEach::{function}Routes"] for function in ["Retrieve", "Cases", "Govern"]]
        self.assertEqual(sorted(key for loop in loops for key in loop[1]), sorted(told))

    def test_a_route_leads_to_the_function_that_has_it(self):
        for function in ["Retrieve", "Cases", "Govern"]:
            _, keys, routes = TEMPLATE["Resources"][f"Fn::ForEach::{function}Routes"]
            (route,) = routes.values()
            self.assertEqual(route["Properties"]["Target"], {"Fn::Sub": f"integrations/${{{function}Integration}}"})
            integration = RESOURCES[f"{function}Integration"]["Properties"]["IntegrationUri"]
            self.assertEqual(integration, {"Fn::GetAtt": [f"{function}Function", "Arn"]})
            called = RESOURCES[f"{function}Permission"]["Properties"]["FunctionName"]
            self.assertEqual(called, {"Ref": f"{function}Function"})
            code = (HERE.parent / f"functions/{function.lower()}/src").rglob("*.rs")
            text = "\n".join(path.read_text() for path in code)
            for key in keys:
                self.assertIn(f'"{key.split()[1].removeprefix("/v1")}"', text, function)

    def test_access_logs_hold_neither_a_path_nor_a_query(self):
        text = RESOURCES["ApiStage"]["Properties"]["AccessLogSettings"]["Format"]
        self.assertIn("$context.routeKey", text)
        for variable in ["path", "query", "authorizer", "identity", "domain"]:
            self.assertNotIn(f"$context.{variable}", text)

    def test_the_console_is_reached_by_tls_alone(self):
        pattern = re.compile(TEMPLATE["Parameters"]["ConsoleOrigin"]["AllowedPattern"])
        for origin in ["", "https://rokuban.example.jp", "http://localhost:8400", "http://localhost"]:
            self.assertTrue(pattern.fullmatch(origin), origin)
        for origin in ["http://rokuban.example.jp", "https://*", "https://a.example/b", "http://localhost.example"]:
            self.assertFalse(pattern.fullmatch(origin), origin)

    def test_the_bucket_answers_the_console_across_origins_and_the_api_nobody(self):
        self.assertNotIn("CorsConfiguration", RESOURCES["Api"]["Properties"])
        (rule,) = RESOURCES["RecordingsBucket"]["Properties"]["CorsConfiguration"]["CorsRules"]
        self.assertEqual(rule["AllowedOrigins"], [TEMPLATE["Outputs"]["ConsoleUrl"]["Value"]])
        self.assertEqual(rule["AllowedMethods"], ["GET"])

    def test_the_api_is_let_in_by_its_own_arn_alone(self):
        # The ARN names the account. Nothing documents that API Gateway sends the account by itself too.
        for name, each in of_type("AWS::Lambda::Permission").items():
            self.assertEqual(each["Principal"], "apigateway.amazonaws.com")
            self.assertIn("${AWS::AccountId}:${Api}/", each["SourceArn"]["Fn::Sub"], name)
            self.assertNotIn("SourceAccount", each, name)

    def test_no_metric_is_paid_for_by_the_route(self):
        self.assertIs(RESOURCES["ApiStage"]["Properties"]["DefaultRouteSettings"]["DetailedMetricsEnabled"], False)

    def test_the_api_is_throttled(self):
        settings = RESOURCES["ApiStage"]["Properties"]["DefaultRouteSettings"]
        self.assertLessEqual({"ThrottlingRateLimit", "ThrottlingBurstLimit"}, set(settings))

    def test_strangers_start_the_function_less_often_than_members(self):
        stage = TEMPLATE["Resources"]["ApiStage"]
        self.assertLessEqual(stage["Properties"]["RouteSettings"]["$default"]["ThrottlingRateLimit"], 10)
        self.assertIn("DefaultRoute", stage["DependsOn"])

    def test_nobody_signs_up_by_themselves_and_one_name_is_one_person(self):
        pool = RESOURCES["UserPool"]["Properties"]
        self.assertIs(pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"], True)
        self.assertTrue({"AliasAttributes", "UsernameAttributes"}.isdisjoint(pool))
        self.assertEqual(pool["EnabledMfas"], ["SOFTWARE_TOKEN_MFA"])
        self.assertEqual(TEMPLATE["Parameters"]["TotpRequired"]["Default"], "ON")

    def test_an_invitation_names_the_login_and_the_password_in_both_languages_and_goes_out_by_ses(self):
        pool = RESOURCES["UserPool"]["Properties"]
        text = pool["AdminCreateUserConfig"]["InviteMessageTemplate"]["EmailMessage"]["Fn::Sub"][0]
        japanese, english = text.split("<hr>")
        for part in [japanese, english]:
            for wanted in ["{username}", "{####}", "${ConsoleOrigin}", "3"]:
                self.assertIn(wanted, part)
        self.assertEqual(pool["Policies"]["PasswordPolicy"]["TemporaryPasswordValidityDays"], 3)
        condition, own, nothing = pool["EmailConfiguration"]["Fn::If"]
        self.assertEqual((condition, nothing), ("OwnMail", {"Ref": "AWS::NoValue"}))
        self.assertEqual(own["EmailSendingAccount"], "DEVELOPER")
        self.assertEqual((own["SourceArn"], own["From"]), ({"Ref": "MailIdentity"}, {"Ref": "MailFrom"}))

    def test_the_managed_login_has_a_branding_without_which_it_shows_nothing(self):
        version = RESOURCES["UserPoolDomain"]["Properties"]["ManagedLoginVersion"]
        self.assertEqual(version, {"Fn::If": ["OnManagedLogin", 2, 1]})
        branding = RESOURCES["UserPoolBranding"]
        self.assertEqual(branding["Condition"], "OnManagedLogin")
        self.assertEqual(branding["Properties"]["ClientId"], {"Ref": "UserPoolClient"})
        self.assertEqual(TEMPLATE["Parameters"]["ManagedLogin"]["Default"], "true")
        tier = RESOURCES["UserPool"]["Properties"]["UserPoolTier"]
        self.assertEqual(tier, {"Fn::If": ["ProtectsFromThreats", "PLUS", "ESSENTIALS"]})

    def test_a_login_is_a_code_with_proof_and_lasts_fifteen_minutes(self):
        client = RESOURCES["UserPoolClient"]["Properties"]
        self.assertEqual((client["AllowedOAuthFlows"], client["GenerateSecret"]), (["code"], False))
        # Left out, Cognito allows SRP; and where refresh tokens rotate, ALLOW_REFRESH_TOKEN_AUTH is refused.
        self.assertEqual(client["ExplicitAuthFlows"], ["ALLOW_CUSTOM_AUTH"])
        self.assertEqual(client["RefreshTokenRotation"]["Feature"], "ENABLED")
        self.assertNotIn("LambdaConfig", RESOURCES["UserPool"]["Properties"])
        self.assertEqual((client["AccessTokenValidity"], client["TokenValidityUnits"]["AccessToken"]), (15, "minutes"))


if __name__ == "__main__":
    unittest.main()
