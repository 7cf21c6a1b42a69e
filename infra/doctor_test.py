"""What `rokuban doctor` looks for in a deployed stack is what template.yaml sets."""

import re
import unittest

from template import HERE, bucket_policy


class Doctor(unittest.TestCase):
    def test_it_knows_every_statement_of_the_buckets_policies_and_no_other(self):
        source = (HERE.parent / "cli/src/doctor/examine.rs").read_text()
        for bucket in ["Recordings", "Rulebook", "Audit"]:
            table = re.search(rf"{bucket.upper()}_STATEMENTS: .*?\] =\s*\[(.*?)\];", source, re.DOTALL)
            known = set(re.findall(r'"(\w+)"', table[1]))
            self.assertEqual(known, set(bucket_policy(f"{bucket}BucketPolicy")), bucket)


if __name__ == "__main__":
    unittest.main()
