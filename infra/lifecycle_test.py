"""What S3 itself may end: recordings that the backstop meets after years, and what was decided when no restore reaches it."""

import unittest

from template import RESOURCES, TEMPLATE, of_type


class Lifecycle(unittest.TestCase):
    def test_no_rule_removes_an_object_except_the_backstop_and_the_end_of_what_was_decided(self):
        for name, bucket in of_type("AWS::S3::Bucket").items():
            rules = {rule["Id"]: rule for rule in bucket["LifecycleConfiguration"]["Rules"]}
            self.assertEqual(rules.pop("backstop", None) is not None, name == "RecordingsBucket", name)
            ended = rules.pop("as-far-back-as-the-table", None)
            self.assertEqual(ended is not None, name == "DecidedBucket", name)
            for rule in rules.values():
                self.assertEqual(set(rule), {"Id", "Status", "AbortIncompleteMultipartUpload"}, name)

    def test_the_backstop_keeps_a_version_that_was_replaced_as_long(self):
        # NEVER EARLY: it is a recording too.
        rules = RESOURCES["RecordingsBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
        backstop = next(rule for rule in rules if rule["Id"] == "backstop")
        days = {"Ref": "BackstopDays"}
        self.assertEqual(set(backstop), {"Id", "Status", "ExpirationInDays", "NoncurrentVersionExpiration"})
        self.assertEqual(backstop["ExpirationInDays"], days)
        self.assertEqual(backstop["NoncurrentVersionExpiration"], {"NoncurrentDays": days})
        self.assertEqual(TEMPLATE["Parameters"]["BackstopDays"]["MinValue"], 395)


if __name__ == "__main__":
    unittest.main()
