"""The policy of docs/guides/deployer.md names what template.yaml makes."""

import json
import re
import unittest

from template import HERE, RESOURCES, TEMPLATE, of_type

PAGE = (HERE.parent / "docs/guides/deployer.md").read_text()
POLICY = json.loads(re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)[1])
ALLOWED = {each["Sid"]: each for each in POLICY["Statement"]}

#: The service whose actions make a resource of a type, by the type's second word.
SERVICES = {
    "ApiGatewayV2": "apigateway",
    "Budgets": "budgets",
    "CloudWatch": "cloudwatch",
    "Cognito": "cognito-idp",
    "DynamoDB": "dynamodb",
    "Events": "events",
    "IAM": "iam",
    "KMS": "kms",
    "Lambda": "lambda",
    "Logs": "logs",
    "S3": "s3",
    "SNS": "sns",
    "SQS": "sqs",
    "Serverless": "lambda",
}


class Deployer(unittest.TestCase):
    def test_every_bucket_of_the_stack_is_named(self):
        wanted = {each["BucketName"]["Fn::Sub"].replace("${AWS::StackName}", "STACK") for each in of_type("AWS::S3::Bucket").values()}
        wanted = {f"arn:aws:s3:::{name.split('${')[0]}*" for name in wanted}
        self.assertEqual(set(ALLOWED["Buckets"]["Resource"]), wanted)

    def test_every_kind_of_resource_has_a_service_that_may_be_used(self):
        used = {SERVICES[each["Type"].split("::")[1]] for each in RESOURCES.values()} | {"scheduler"}
        allowed = {action.split(":")[0] for each in POLICY["Statement"] for action in each["Action"]}
        self.assertEqual(used - allowed, set())

    def test_nothing_reads_an_object_or_an_item(self):
        # The deployer reads no audio by this policy alone.
        actions = [action for each in POLICY["Statement"] if each["Sid"] != "Package" for action in each["Action"]]
        for action in ["s3:GetObject", "s3:*", "s3:Get*", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:*", "*"]:
            self.assertNotIn(action, actions)


class Rollback(unittest.TestCase):
    def test_a_deployment_is_taken_back_by_alarms_that_exist_and_no_more_than_five(self):
        page = (HERE.parent / "docs/guides/deploy.md").read_text()
        named = re.findall(r"\$ALARM-([\w-]+),Type=AWS::CloudWatch::Alarm", page)
        self.assertLessEqual(len(named), 5)  # CloudFormation takes no more
        loop = TEMPLATE["Resources"]["Fn::ForEach::ErrorAlarms"]
        alarms = {f"{function}-errors" for function in loop[1]}
        for each in of_type("AWS::CloudWatch::Alarm").values():
            alarms.add(each["AlarmName"]["Fn::Sub"].removeprefix("${AWS::StackName}-"))
        self.assertEqual(set(named) - alarms, set())
        self.assertTrue(named)


class Cost(unittest.TestCase):
    def test_the_alarms_that_are_paid_for_are_counted(self):
        alarms = 0
        for name, each in TEMPLATE["Resources"].items():
            is_loop = name.startswith("Fn::ForEach::")
            (resource,) = each[2].values() if is_loop else [each]
            if resource["Type"] == "AWS::CloudWatch::Alarm":
                alarms += len(each[1]) if is_loop else 1
        page = (HERE.parent / "docs/reference/cost.md").read_text()
        told = int(re.search(r"about (\d+) alarms", page)[1])
        self.assertLess(abs(told - alarms), 8, f"{alarms} alarms")


if __name__ == "__main__":
    unittest.main()
