"""What `rokuban doctor` looks for in a deployed stack is what template.yaml sets."""

import re
import unittest

import yaml

from template import HERE, TEMPLATE, Loader, binaries, bucket_policy, of_type

EXAMINE = (HERE.parent / "cli/src/doctor/examine.rs").read_text()
READ = (HERE.parent / "shared/store/src/inspection/read.rs").read_text()


def words(source, name):
    """The texts of a constant list."""
    (found,) = re.findall(rf"const {name}: .*?\] =\s*\[(.*?)\];", source, re.DOTALL)
    return set(re.findall(r'"([\w-]+)"', found))


def named(wanted, property_name, prefix):
    """The names of the resources of a type, without what stands before them."""
    names = [each[property_name]["Fn::Sub"] for each in of_type(wanted).values()]
    return {name.removeprefix(prefix) for name in names}


class Doctor(unittest.TestCase):
    def test_it_knows_every_statement_of_the_buckets_policies_and_no_other(self):
        for bucket in ["Recordings", "Derived", "Rulebook", "Decided", "Audit"]:
            self.assertEqual(words(EXAMINE, f"{bucket.upper()}_STATEMENTS"), set(bucket_policy(f"{bucket}BucketPolicy")), bucket)

    def test_it_knows_what_ends_by_itself_and_the_copies_bucket(self):
        for name, bucket in of_type("AWS::S3::Bucket").items():
            rules = bucket["LifecycleConfiguration"]["Rules"]
            ends = [rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule]
            days = int(re.findall(r"DECIDED_DAYS: u64 = (\d+);", EXAMINE)[0])
            wanted = {"RecordingsBucket": [{"Ref": "BackstopDays"}], "DecidedBucket": [days]}
            self.assertEqual(ends, wanted.get(name, []), name)
        backup = yaml.load((HERE / "backup.yaml").read_text(), Loader)["Resources"]
        statements = backup["CopyBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
        self.assertEqual(words(EXAMINE, "COPIES_STATEMENTS"), {each["Sid"] for each in statements})

    def test_it_looks_at_every_function_queue_bucket_schedule_and_log(self):
        self.assertEqual(words(READ, "FUNCTIONS"), set(binaries()))
        self.assertEqual(words(READ, "QUEUES"), named("AWS::SQS::Queue", "QueueName", "${AWS::StackName}-"))
        buckets = re.findall(r'\("\w+", "(\w+Bucket)"\)', READ)
        self.assertEqual(len(buckets), len(of_type("AWS::S3::Bucket")))
        for output in buckets:
            self.assertIn(output, TEMPLATE["Outputs"])
        self.assertEqual(words(EXAMINE, "LOG_GROUPS"), named("AWS::Logs::LogGroup", "LogGroupName", "/rokuban/${AWS::StackName}/"))
        functions = of_type("AWS::Serverless::Function").values()
        events = [event for each in functions for event in each.get("Events", {}).values()]
        schedules = {each["Properties"]["Name"]["Fn::Sub"] for each in events if each["Type"] == "ScheduleV2"}
        self.assertEqual({f"${{AWS::StackName}}-{each}" for each in words(READ, "SCHEDULES")}, schedules)
        fed = {each["FunctionName"]["Fn::Sub"] for each in functions if "SQS" in str(each.get("Events"))}
        self.assertEqual({f"${{AWS::StackName}}-{each}" for each in words(EXAMINE, "FED_BY_QUEUES")}, fed)


if __name__ == "__main__":
    unittest.main()
