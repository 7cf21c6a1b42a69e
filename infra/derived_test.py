"""The walls around what is cut out of recordings: who writes it, who opens it, who deletes it."""

import unittest

from template import RECORDINGS, RESOURCES, TEMPLATE, bucket_policy, listed, of_type, roles_allowed, statements


class Derived(unittest.TestCase):
    def test_clip_alone_writes_what_is_cut_and_neither_reads_nor_deletes_it(self):
        derived = RECORDINGS.replace("-recordings-", "-derived-")
        writers = {role for role, on in roles_allowed("s3:PutObject").items() if derived in str(on)}
        self.assertEqual(writers, {"ClipRole"})
        redacted = {"Fn::Sub": f"{RECORDINGS}/*"}
        self.assertEqual(roles_allowed("s3:PutObject")["ClipRole"], [{"Fn::Sub": f"{derived}/*"}, redacted])
        wall = bucket_policy("DerivedBucketPolicy")["DenyWritingToAllButClip"]
        self.assertEqual(wall["Condition"], {"ArnNotEquals": {"aws:PrincipalArn": {"Fn::GetAtt": ["ClipRole", "Arn"]}}})
        for action in ["s3:GetObject", "s3:GetObjectVersion", "s3:DeleteObjectVersion"]:
            self.assertNotIn(derived, str(roles_allowed(action).get("ClipRole")), action)
        read = bucket_policy("DerivedBucketPolicy")["DenyAudioToAllButTheFunctions"]
        readers = [{"Fn::GetAtt": [role, "Arn"]} for role in ["CasesRole", "DeliverRole"]]
        self.assertEqual(read["Condition"]["ArnNotEquals"]["aws:PrincipalArn"], readers)

    def test_clip_alone_adds_redacted_versions_and_can_not_write_the_call_that_carries_the_approval(self):
        writers = {role for role, on in roles_allowed("s3:PutObject").items() if RECORDINGS in str(on)}
        self.assertEqual({role for role in writers if "Uploader" not in role}, {"ClipRole"})
        self.assertNotIn("ClipRole", roles_allowed("s3:DeleteObjectVersion"))
        for each in statements("ClipRole"):
            if {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"} & set(listed(each["Action"])):
                self.assertNotIn("C#*", each["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"])

    def test_deliver_opens_packages_and_nothing_else(self):
        derived = RECORDINGS.replace("-recordings-", "-derived-")
        rulebooks = {"Fn::Sub": RECORDINGS.replace("-recordings-", "-rulebook-") + "/*"}
        self.assertEqual(roles_allowed("s3:GetObject")["DeliverRole"], [rulebooks, {"Fn::Sub": f"{derived}/packages/*"}])
        for action in ["s3:GetObjectVersion", "s3:PutObject", "sqs:SendMessage", "dynamodb:DeleteItem", "dynamodb:UpdateItem"]:
            self.assertNotIn("DeliverRole", roles_allowed(action), action)

    def test_the_sweep_alone_deletes_it_and_only_by_version(self):
        derived = RECORDINGS.replace("-recordings-", "-derived-")
        # Copies in another Region go with their recordings.
        copies = {"Fn::Sub": "arn:${AWS::Partition}:s3:::${CopyBucket}/*"}
        audio = [{"Fn::Sub": f"{RECORDINGS}/*"}, {"Fn::Sub": f"{derived}/*"}, copies]
        self.assertEqual(roles_allowed("s3:DeleteObjectVersion"), {"SweepRole": audio})
        walls = bucket_policy("DerivedBucketPolicy")
        recordings = bucket_policy("RecordingsBucketPolicy")
        for sid in ["DenyDeletionByKey", "DenyDeletionToAllButTheSweep", "DenyPresignedOlderThanFiveMinutes"]:
            for name in ["Effect", "Principal", "Action", "Condition"]:
                self.assertEqual(walls[sid].get(name), recordings[sid].get(name), sid)

    def test_a_recipient_needs_a_token_of_the_path_and_starts_the_function_seldom(self):
        route = of_type("AWS::ApiGatewayV2::Route")["DeliverRoute&{RouteKey}"]
        self.assertEqual(route["AuthorizationType"], "NONE")
        self.assertEqual(route["Target"], {"Fn::Sub": "integrations/${DeliverIntegration}"})
        stage = TEMPLATE["Resources"]["ApiStage"]
        for method in ["GET", "HEAD", "POST"]:
            settings = stage["Properties"]["RouteSettings"][f"{method} /v1/r/{{token}}"]
            self.assertLessEqual(settings["ThrottlingRateLimit"], 2)
            self.assertIn(f"DeliverRoute{method}v1rtoken", stage["DependsOn"])

    def test_what_is_cut_at_once_is_said_by_a_parameter(self):
        scaling = RESOURCES["ClipFunction"]["Properties"]["Events"]["Asked"]["Properties"]["ScalingConfig"]
        self.assertEqual(scaling, {"MaximumConcurrency": {"Ref": "ClipConcurrency"}})
        self.assertEqual(TEMPLATE["Parameters"]["ClipConcurrency"]["MinValue"], 2)  # SQS takes no less


if __name__ == "__main__":
    unittest.main()
