"""After a restore of the table: who reads the journal, and who asks S3 what it holds."""

import unittest

from template import roles_allowed, statements

BUCKET = "arn:${AWS::Partition}:s3:::${AWS::StackName}-%s-${AWS::AccountId}-${AWS::Region}"


def of(bucket):
    return {"Fn::Sub": BUCKET % bucket}


class Restore(unittest.TestCase):
    def test_the_sweep_alone_reads_the_journal(self):
        journal = {"Fn::Sub": BUCKET % "audit" + "/journal/*"}
        readers = {role for role, on in roles_allowed("s3:GetObject").items() if journal in on}
        self.assertEqual(readers, {"SweepRole"})

    def test_the_sweep_lists_what_the_journal_says_and_what_is_gone(self):
        lists = roles_allowed("s3:ListBucketVersions")["SweepRole"]
        for bucket in ["audit", "recordings", "rulebook"]:
            self.assertIn(of(bucket), lists)

    def test_jobs_alone_reads_what_was_decided(self):
        decided = {"Fn::Sub": BUCKET % "decided" + "/*"}
        readers = {role for role, on in roles_allowed("s3:GetObject").items() if decided in on}
        self.assertEqual(readers, {"JobsRole"})
        self.assertIn(of("decided"), roles_allowed("s3:ListBucketVersions")["JobsRole"])

    def test_the_publisher_reads_of_it_what_was_published_and_no_text(self):
        published = {"Fn::Sub": BUCKET % "decided" + "/rulebook/*"}
        readers = {role for role, on in roles_allowed("s3:GetObject").items() if published in on}
        self.assertEqual(readers, {"GovernRole"})
        self.assertNotIn({"Fn::Sub": BUCKET % "decided" + "/*"}, roles_allowed("s3:GetObject")["GovernRole"])
        lists = [each for each in statements("GovernRole") if each["Action"] == "s3:ListBucketVersions"]
        self.assertEqual([each["Condition"] for each in lists], [{"StringLike": {"s3:prefix": "rulebook/*"}}])

    def test_jobs_alone_asks_what_s3_holds(self):
        recordings = {"Fn::Sub": BUCKET % "recordings" + "/*"}
        # And S3 itself, so that a copy is held as its recording is.
        by_role = dict.fromkeys(["JobsRole", "ReplicationRole"], [recordings])
        self.assertEqual(roles_allowed("s3:GetObjectLegalHold"), by_role)


if __name__ == "__main__":
    unittest.main()
