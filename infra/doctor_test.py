"""What `rokuban doctor` looks for in a deployed stack is what template.yaml sets."""

import re
import unittest

from template import HERE, TEMPLATE, binaries, bucket_policy, of_type

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

    def test_it_looks_at_every_function_queue_bucket_schedule_and_log(self):
        self.assertEqual(words(READ, "FUNCTIONS"), set(binaries()))
        self.assertEqual(words(READ, "QUEUES"), named("AWS::SQS::Queue", "QueueName", "${AWS::StackName}-"))
        self.assertEqual(len(re.findall(r'"\w+Bucket"', READ)), len(of_type("AWS::S3::Bucket")))
        for output in re.findall(r'"(\w+Bucket)"', READ):
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
