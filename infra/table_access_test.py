"""What the code asks of the table and what the roles allow are the same: enough, and no more."""

import unittest

import table_access
from template import RESOURCES, binaries, listed, of_type, roles_allowed, statements

NAME = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${ExistingTable}"
TABLE = {"Fn::If": ["OwnTable", {"Fn::GetAtt": ["Table", "Arn"]}, {"Fn::Sub": NAME}]}

STREAM = {"Fn::Sub": ["${Table}/stream/*", {"Table": TABLE}]}


def allowed(role):
    """What a role allows on the table: by action the prefixes of partition keys, and the indexes."""
    actions, indexes = {}, set()
    for each in statements(role):
        for action in listed(each["Action"]):
            service, _, action = action.partition(":")
            if service != "dynamodb":
                continue
            for resource in listed(each["Resource"]):
                if resource == TABLE:
                    keys = each["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
                    actions.setdefault(action, set()).update(key.removesuffix("*") for key in keys)
                elif resource != STREAM:
                    name, values = resource["Fn::Sub"]
                    assert (action, values) == ("Query", {"Table": TABLE}), (role, action)
                    indexes.add(name.removeprefix("${Table}/index/"))
    return actions, indexes


class Listed(unittest.TestCase):
    def test_every_function_of_the_store_is_listed_and_every_listed_one_exists(self):
        text = table_access.source("shared/store/src")
        self.assertEqual(table_access.methods(text, "Table"), set(table_access.TABLE))
        self.assertEqual(table_access.methods(text, "Rulebooks"), set(table_access.RULEBOOKS))
        self.assertEqual(table_access.methods(text, "NumberKeys"), set(table_access.NUMBER_KEYS))

    def test_every_index_of_the_template_is_one_that_the_store_reads(self):
        named = {each["IndexName"] for each in RESOURCES["Table"]["Properties"]["GlobalSecondaryIndexes"]}
        read = {index for index in table_access.index_of().values() if index} | {"by_due"}
        self.assertEqual(named, read)

    def test_every_listed_function_is_seen_to_be_called(self):
        # A call on something of another name would not be seen, and its permission would not be asked for.
        texts = [table_access.source(f"functions/{binary}/src") for binary in binaries()]
        texts += [table_access.source("shared/http/src"), table_access.source("shared/store/src")]
        seen = set().union(*(table_access.calls(text, "table") for text in texts))
        self.assertEqual(set(table_access.TABLE) - seen, table_access.NOT_CALLED)


class Roles(unittest.TestCase):
    def test_every_role_allows_what_its_function_asks_of_the_table_and_no_more(self):
        for binary, role in binaries().items():
            with self.subTest(role):
                wanted = "python3 infra/table_access.py " + binary + " prints what the role should say"
                self.assertEqual(allowed(role), table_access.needs(binary), wanted)

    def test_nobody_else_reaches_the_table(self):
        of_functions = set(binaries().values())
        for role in set(of_type("AWS::IAM::Role")) - of_functions:
            self.assertEqual(allowed(role), ({}, set()), role)

    def test_one_function_alone_moves_the_rulebooks_pointer(self):
        writers = [role for role in binaries().values() if "RULEBOOK" in allowed(role)[0].get("PutItem", ())]
        self.assertEqual(len(writers), 1, writers)
        for role in binaries().values():
            for action in ["UpdateItem", "DeleteItem"]:
                self.assertNotIn("RULEBOOK", allowed(role)[0].get(action, ()), role)

    def test_the_sweep_alone_starts_a_function_and_that_is_itself(self):
        own = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${AWS::StackName}-sweep"
        self.assertEqual(roles_allowed("lambda:InvokeFunction"), {"SweepRole": [{"Fn::Sub": own}]})

    def test_jobs_alone_reads_the_stream_of_the_table(self):
        for action in ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"]:
            self.assertEqual(roles_allowed(f"dynamodb:{action}"), {"JobsRole": [STREAM]})

    def test_nobody_changes_or_deletes_an_audit_event(self):
        for role in binaries().values():
            for action in ["UpdateItem", "DeleteItem"]:
                self.assertNotIn("A#", allowed(role)[0].get(action, ()), role)

    def test_a_prefix_never_stands_for_another(self):
        keys = {key for each in table_access.TABLE.values() for what in each for key in what.split()[1:]}
        self.assertTrue(all(key == "RULEBOOK" or (len(key) == 2 and key.endswith("#")) for key in keys), keys)


if __name__ == "__main__":
    unittest.main()
