"""template.yaml as its tests read it: resources by their names, and what each role allows."""

import pathlib

import yaml


class Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms."""


def function(loader, suffix, node):
    """`!GetAtt A.B` and its like, in their long form."""
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


Loader.add_multi_constructor("!", function)
HERE = pathlib.Path(__file__).parent
TEMPLATE = yaml.load((HERE / "template.yaml").read_text(), Loader)


def resources():
    """Every resource by its logical name; a loop counts as the one resource it repeats."""
    found = {}
    for name, resource in TEMPLATE["Resources"].items():
        if name.startswith("Fn::ForEach::"):
            found.update(resource[2])
        else:
            found[name] = resource
    return found


RESOURCES = resources()
RECORDINGS = "arn:${AWS::Partition}:s3:::${AWS::StackName}-recordings-${AWS::AccountId}-${AWS::Region}"
FUNCTIONS = {"IngestFunction": 300, "IndexFunction": 60, "JobsFunction": 300, "RetrieveFunction": 15, "CasesFunction": 15, "ClipFunction": 300, "DeliverFunction": 15, "GovernFunction": 15, "ConsoleFunction": 29, "SweepFunction": 300}


def of_type(wanted):
    return {name: each["Properties"] for name, each in RESOURCES.items() if each["Type"] == wanted}


def listed(value):
    return value if isinstance(value, list) else [value]


def branches(value):
    """A list with both branches of each condition in it, those that are nothing left out."""
    found = []
    for each in value:
        choices = each["Fn::If"][1:] if isinstance(each, dict) and "Fn::If" in each else [each]
        found += [choice for choice in choices if choice != {"Ref": "AWS::NoValue"}]
    return found


def statements(role):
    """The statements of a role's own policies, whatever their conditions."""
    policies = list(RESOURCES[role]["Properties"].get("Policies", []))
    policies += [each for each in of_type("AWS::IAM::Policy").values() if {"Ref": role} in each["Roles"]]
    return branches(each for policy in policies for each in policy["PolicyDocument"]["Statement"])


def trust(role):
    """Who may assume a role: the statements, whatever their conditions."""
    return branches(RESOURCES[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"])


def roles_allowed(action):
    """Every role with the action, and the resources it may use it on."""
    return {
        role: [resource for each in allowing for resource in listed(each["Resource"])]
        for role in of_type("AWS::IAM::Role")
        if (allowing := [each for each in statements(role) if action in listed(each["Action"])])
    }


def bucket_policy(name):
    """The statements of a bucket's policy, by their names."""
    return {each["Sid"]: each for each in RESOURCES[name]["Properties"]["PolicyDocument"]["Statement"]}


def binaries():
    """The role of each function, by the name of its binary."""
    return {
        each["Metadata"]["BuildProperties"]["Binary"]: each["Properties"]["Role"]["Fn::GetAtt"][0]
        for each in RESOURCES.values()
        if each["Type"] == "AWS::Serverless::Function"
    }
