"""Local only: what `cargo xtask` asks of the emulated cloud on this machine. Nothing here ever runs against AWS.

    local.py COMMAND    reads one JSON document from standard input, writes one to standard output

apply    {name}                                  applies and reads back what the emulator's CloudFormation drops
users    {user_pool_id, wanted}                  creates the users that are not there, and sets their passwords
token    {stack, login}                          signs in as a browser does (code flow with PKCE); the access token
publish  {stack, login, policy, staff}           publishes a rulebook and waits until it is in force
upload   {bucket, objects}                       uploads what the bucket does not hold yet, or is to hold again
wait     {stack, login, ids, timeout_seconds}    waits until each recording is taken in, or the time is over
drained  {name, timeout_seconds}                 waits until no queue of the stack holds a message, dead-letter queues too
sign_in  {stack, login}                          the same as token; all that is given: access, id and refresh token
cognito  {operation, parameters}                 one request of a test to the user pools; its answer, or {error}

The endpoint comes from AWS_ENDPOINT_URL; `stack` is the content of stack.json.
"""

import base64
import hashlib
import json
import os
import secrets
import sys
import time
import traceback
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
if urllib.parse.urlsplit(ENDPOINT).hostname != "127.0.0.1":
    sys.exit("error: this script speaks to 127.0.0.1 only")

# Where `rokuban login` returns to. Nobody goes there: the code in it is all that is wanted.
RETURN_TO = "http://localhost:8399/signed-in"


class Failure(Exception):
    """Ends the command with one sentence that says what went wrong."""


def client(service):
    """A client of the emulator. Imported late: a token needs no boto3, and is asked for most often."""
    import boto3

    return boto3.client(service, endpoint_url=ENDPOINT)


# ---------------------------------------------------------------- what CloudFormation drops


def apply(name):
    """Applies from the processed template what the emulator dropped, reads every piece back, and returns the outputs."""
    cloudformation = client("cloudformation")
    body = cloudformation.get_template(StackName=name, TemplateStage="Processed")["TemplateBody"]
    template = json.loads(body) if isinstance(body, str) else body
    described = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    physical = {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for each in cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    }
    given = {each["ParameterKey"]: each["ParameterValue"] for each in described["Parameters"]}
    # Their values are texts; CloudFormation hands those of the type Number on as numbers.
    numbers = {name for name, each in template["Parameters"].items() if each["Type"] == "Number"}
    values = {name: int(text) if name in numbers else text for name, text in given.items()}
    key_arns = {
        logical: client("kms").describe_key(KeyId=physical[logical])["KeyMetadata"]["Arn"]
        for logical, resource in template["Resources"].items()
        if resource["Type"] == "AWS::KMS::Key"
    }

    def resolved(value):
        """The value with references to parameters, resources and keys put in; any other function is refused."""
        if isinstance(value, list):
            return [resolved(each) for each in value]
        if not isinstance(value, dict):
            return value
        if "Ref" in value:
            return values.get(value["Ref"]) or physical[value["Ref"]]
        if "Fn::GetAtt" in value and value["Fn::GetAtt"][1] == "Arn":
            return key_arns[value["Fn::GetAtt"][0]]
        if any(each.startswith("Fn::") for each in value):
            raise Failure(f"the local-only step cannot resolve {json.dumps(value)}")
        return {each: resolved(inner) for each, inner in value.items()}

    for logical, resource in template["Resources"].items():
        if logical not in physical:
            continue  # its condition is not met
        # Only what is applied is resolved: policies hold functions that CloudFormation itself has resolved already.
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::S3::Bucket":
                apply_bucket(physical[logical], properties, resolved)
            case "AWS::S3::BucketPolicy":
                apply_bucket_policy(physical[properties["Bucket"]["Ref"]])
            case "AWS::SQS::QueuePolicy":
                for queue in properties["Queues"]:
                    apply_queue_policy(physical[queue["Ref"]])
            case "AWS::DynamoDB::Table":
                apply_table(physical[logical], properties, resolved)
            case "AWS::ApiGatewayV2::Stage":
                apply_stage(physical[properties["ApiId"]["Ref"]], properties, resolved)
            case "AWS::Lambda::EventSourceMapping" if "ScalingConfig" in properties:
                apply_event_source(physical[logical], properties, resolved)
            case "AWS::Cognito::UserPool":
                check_user_pool(physical[logical])
    check_routes(template, physical)
    api, pool = f"{ENDPOINT}/_aws/execute-api/{physical['Api']}/$default", f"{ENDPOINT}/{physical['UserPool']}"
    web = {"API_URL": f"{api}/v1", "AUDIO_ORIGINS": ENDPOINT, "DISCOVERY_URL": f"{pool}/.well-known/openid-configuration"}
    change_environment(physical["ConsoleFunction"], web)
    change_environment(physical["DeliverFunction"], {"PACKAGE_ORIGIN": ENDPOINT})
    for name in ("CasesFunction", "GovernFunction", "RetrieveFunction"): change_environment(physical[name], {"LINK_ORIGIN": api})
    return {each["OutputKey"]: each["OutputValue"] for each in described["Outputs"]}


def expect(what, found, wanted):
    """Fails unless what was read back is what the template says."""
    if found != wanted:
        raise Failure(f"{what} reads back as {json.dumps(found, default=str)}, not {json.dumps(wanted, default=str)}")


def lifecycle_rule(rule):
    """A rule of the template, as S3's API takes it."""
    same = ["Status", "AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration"]
    given = {"ID": rule["Id"], "Filter": {"Prefix": ""}} | {name: rule[name] for name in same if name in rule}
    return given | ({"Expiration": {"Days": rule["ExpirationInDays"]}} if "ExpirationInDays" in rule else {})


def apply_bucket(bucket, properties, resolved):
    s3 = client("s3")
    if properties.get("ObjectLockEnabled"):
        wanted = {"ObjectLockEnabled": "Enabled"}
        s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=wanted)
        found = s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
        expect(f"the object lock of {bucket}", found, wanted)
    rules = [
        {
            "ApplyServerSideEncryptionByDefault": {
                "SSEAlgorithm": rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"],
                "KMSMasterKeyID": resolved(rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"]),
            },
            "BucketKeyEnabled": rule["BucketKeyEnabled"],
        }
        for rule in properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    ]
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})
    found = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    expect(f"the encryption of {bucket}", found, rules)
    rules = [lifecycle_rule(resolved(rule)) for rule in properties["LifecycleConfiguration"]["Rules"]]
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})
    found = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    expect(f"the lifecycle of {bucket}", found, rules)
    expect(f"the versioning of {bucket}", s3.get_bucket_versioning(Bucket=bucket).get("Status"), properties.get("VersioningConfiguration", {}).get("Status"))
    blocked = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    expect(f"the public access block of {bucket}", blocked, properties["PublicAccessBlockConfiguration"])


def as_emulated(document):
    """The policy as this emulator understands it.

    Without the one statement that would refuse everything here, where there is no TLS; and with each role named a second
    time as its sessions are: on AWS `aws:PrincipalArn` is the role's ARN in every session of it, here it is the session's.
    """
    policy = json.loads(document)
    policy["Statement"] = [each for each in policy["Statement"] if each.get("Sid") != "DenyWithoutTls"]
    for statement in policy["Statement"]:
        for condition in statement.get("Condition", {}).values():
            if "aws:PrincipalArn" in condition:
                condition["aws:PrincipalArn"] = with_sessions(condition["aws:PrincipalArn"])
    return json.dumps(policy)


def with_sessions(roles):
    """The ARNs of roles, and of any session of each."""
    roles = [roles] if isinstance(roles, str) else roles
    roles = [each for each in roles if ":assumed-role/" not in each]
    return roles + [each.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + "/*" for each in roles]


def apply_bucket_policy(bucket):
    s3 = client("s3")
    policy = as_emulated(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    found = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    expect(f"the policy of {bucket}", found, json.loads(policy))


def apply_queue_policy(url):
    sqs = client("sqs")
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
    policy = as_emulated(attributes["Policy"])
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
    expect(f"the policy of {url}", json.loads(found), json.loads(policy))


def apply_table(table, properties, resolved):
    dynamodb = client("dynamodb")
    attribute = properties["TimeToLiveSpecification"]["AttributeName"]
    described = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    if described["TimeToLiveStatus"] != "ENABLED":
        specification = {"AttributeName": attribute, "Enabled": True}
        dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=specification)
    found = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"].get("AttributeName")
    expect(f"the time to live of {table}", found, attribute)
    dynamodb.update_continuous_backups(
        TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    backups = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    found = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
    expect(f"the point-in-time recovery of {table}", found, "ENABLED")
    key = resolved(properties["SSESpecification"]["KMSMasterKeyId"])
    if dynamodb.describe_table(TableName=table)["Table"].get("SSEDescription", {}).get("KMSMasterKeyArn") != key:
        specification = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
        dynamodb.update_table(TableName=table, SSESpecification=specification)
    described = dynamodb.describe_table(TableName=table)["Table"]
    expect(f"the encryption key of {table}", described["SSEDescription"]["KMSMasterKeyArn"], key)
    expect(f"the deletion protection of {table}", described["DeletionProtectionEnabled"], True)


def apply_event_source(uuid, properties, resolved):
    """The number of a parameter is a text to the emulator, whose poller then fails to compare it with a number."""
    functions = client("lambda")
    wanted = {"MaximumConcurrency": int(resolved(properties["ScalingConfig"]["MaximumConcurrency"]))}
    functions.update_event_source_mapping(UUID=uuid, ScalingConfig=wanted)
    found = functions.get_event_source_mapping(UUID=uuid)["ScalingConfig"]
    expect(f"the concurrency of the event source {uuid}", found, wanted)


def change_environment(function, changes):
    """Functions call hosts by their names on AWS. Here all of them are the emulator."""
    found = client("lambda").get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    client("lambda").update_function_configuration(FunctionName=function, Environment={"Variables": found | changes})


def apply_stage(api, properties, resolved):
    gateway = client("apigatewayv2")
    settings = resolved(properties["DefaultRouteSettings"])
    wanted = {
        "ThrottlingRateLimit": float(settings["ThrottlingRateLimit"]),
        "ThrottlingBurstLimit": int(settings["ThrottlingBurstLimit"]),
        "DetailedMetricsEnabled": settings["DetailedMetricsEnabled"],
    }
    stage = properties["StageName"]
    gateway.update_stage(ApiId=api, StageName=stage, DefaultRouteSettings=wanted)
    expect("the API's throttling", gateway.get_stage(ApiId=api, StageName=stage)["DefaultRouteSettings"], wanted)


def check_user_pool(pool):
    described = client("cognito-idp").describe_user_pool(UserPoolId=pool)["UserPool"]
    expect("self-sign-up", described["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"], True)


def check_routes(template, physical):
    """Every route the template names answers, and only to who carries a token where it asks for one."""
    routes = [each["Properties"] for each in template["Resources"].values() if each["Type"] == "AWS::ApiGatewayV2::Route"]
    api = physical[routes[0]["ApiId"]["Ref"]]
    found = client("apigatewayv2").get_routes(ApiId=api)["Items"]
    wanted = sorted((each["RouteKey"], each["AuthorizationType"]) for each in routes)
    expect("the API's routes", sorted((each["RouteKey"], each["AuthorizationType"]) for each in found), wanted)


# ---------------------------------------------------------------- who signs in


def users(user_pool_id, wanted):
    """Creates the users that do not exist. A password is set for each new one, and for each the caller gave anew."""
    cognito = client("cognito-idp")
    existing = set()
    for page in cognito.get_paginator("list_users").paginate(UserPoolId=user_pool_id):
        existing.update(each["Username"] for each in page["Users"])
    created = 0
    for user in wanted:
        if user["login"] not in existing:
            try:
                cognito.admin_create_user(
                    UserPoolId=user_pool_id,
                    Username=user["login"],
                    TemporaryPassword=user["password"],
                    MessageAction="SUPPRESS",
                )
            except cognito.exceptions.UsernameExistsException:
                pass  # the stack itself keeps the logins of its staff list, and was first
            created += 1
        elif not user["new_password"]:
            continue
        cognito.admin_set_user_password(
            UserPoolId=user_pool_id, Username=user["login"], Password=user["password"], Permanent=True
        )
    return {"created": created}


class WithoutRedirects(urllib.request.HTTPRedirectHandler):
    """Answers a redirect as it is."""

    def redirect_request(self, *_):
        return None


def form(path, fields):
    """Posts a form; the answer, whatever its status."""
    request = urllib.request.Request(ENDPOINT + path, data=urllib.parse.urlencode(fields).encode())
    try:
        return urllib.request.build_opener(WithoutRedirects).open(request, timeout=30)
    except urllib.error.HTTPError as answer:
        return answer


def token(stack, login):
    """An access token."""
    return sign_in(stack, login)["access_token"]


def sign_in(stack, login):
    """Every token a login gives: the production client's own flow, played by a script instead of a browser."""
    password = next((each["password"] for each in stack["users"] if each["login"] == login), None)
    if password is None:
        known = ", ".join(each["login"] for each in stack["users"])
        raise Failure(f"nobody here signs in as {login}; there are {known}")
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    common = {"client_id": stack["client_id"], "redirect_uri": RETURN_TO}
    answer = form(
        "/login",
        common
        | {
            "response_type": "code",
            "scope": "openid",
            "state": secrets.token_urlsafe(8),
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "username": login,
            "password": password,
        },
    )
    target = urllib.parse.urlsplit(answer.headers.get("Location") or "")
    code = urllib.parse.parse_qs(target.query).get("code")
    if code is None:
        raise Failure(f"the login page refused {login} (HTTP {answer.status})")
    fields = common | {"grant_type": "authorization_code", "code": code[0], "code_verifier": verifier}
    answer = form("/oauth2/token", fields)
    if answer.status != 200:
        raise Failure(f"the code of {login} was not exchanged for a token (HTTP {answer.status})")
    return json.load(answer)


def cognito(operation, parameters):
    """What a test asks of the user pools as an administrator would."""
    from botocore.exceptions import ClientError

    try:
        answer = getattr(client("cognito-idp"), operation)(**parameters)
    except ClientError as error:
        return {"error": error.response["Error"]["Code"]}
    return json.loads(json.dumps(answer, default=str))


# ---------------------------------------------------------------- the API


def call(stack, bearer, method, path, body=None):
    """One request to the API: its status and its JSON."""
    request = urllib.request.Request(
        stack["api_url"] + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {bearer}", "Content-Type": "application/json", "Accept-Language": "en"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            status, text = answer.status, answer.read()
    except urllib.error.HTTPError as answer:
        status, text = answer.code, answer.read()
    try:
        return status, json.loads(text or b"null")
    except ValueError:
        return status, {"detail": text.decode(errors="replace")[:200]}


def refused(what, status, answer):
    """The failure that an answer of the API amounts to."""
    return Failure(f"{what}: HTTP {status} {json.dumps(answer, ensure_ascii=False)}")


def publish(stack, login, policy, staff):
    bearer = token(stack, login)
    status, current = call(stack, bearer, "GET", "/rulebook")
    if status != 200:
        raise refused("the rulebook cannot be read", status, current)
    published = False
    if not in_force(current, policy, staff) and not current.get("pending"):
        status, answer = call(stack, bearer, "PUT", "/rulebook", {"policy": policy, "staff": staff})
        if status != 200:
            raise refused("the sample rulebook was not taken", status, answer)
        published = True
    deadline = time.monotonic() + 60
    while not in_force(current, policy, staff):
        if time.monotonic() > deadline:
            raise Failure("the sample rulebook did not take effect within a minute of its publication")
        time.sleep(0.5)
        status, current = call(stack, bearer, "GET", "/rulebook")
        if status != 200:
            raise refused("the rulebook cannot be read", status, current)
        if not current.get("pending") and not published and not in_force(current, policy, staff):
            return publish(stack, login, policy, staff)  # what was pending was another one; now comes ours
    return {"published": published, "version": current["version"]}


def in_force(current, policy, staff):
    return current.get("policy") == policy and current.get("staff") == staff


def upload(bucket, objects):
    from botocore.exceptions import ClientError

    s3 = client("s3")
    answer = []
    for each in objects:  # one after the other: a sidecar comes before its audio in the list
        # Each by its own key: the emulator lists no bucket that holds a key which XML cannot hold.
        try:
            version = s3.head_object(Bucket=bucket, Key=each["key"])["VersionId"]
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise
            version = None
        uploaded = version is None or each["again"]
        if uploaded:
            with open(each["path"], "rb") as body:
                put = s3.put_object(Bucket=bucket, Key=each["key"], Body=body, Metadata=each["metadata"])
            version = put["VersionId"]
        identity = hashlib.sha256("\0".join([bucket, each["key"], version]).encode()).digest()
        answer.append(
            {
                "key": each["key"],
                "version_id": version,
                "id": base64.b32encode(identity).decode().lower()[:26],
                "uploaded": uploaded,
            }
        )
    return answer


def wait(stack, login, ids, unreadable, timeout_seconds):
    """Each recording as the API answers it once it is understood, or in quarantine for good where it is unreadable;
    as it is when the time is over, or null for one that is not there."""
    bearer = token(stack, login)
    found = dict.fromkeys(ids)
    deadline = time.monotonic() + timeout_seconds

    def is_settled(each):
        recording = found[each]
        if recording is None or each in unreadable:
            return recording is not None
        # What is understood by its name alone may still learn which way it went from its call log.
        return recording["state"] != "quarantined" and recording["direction"] != "unknown"

    while True:
        waiting = [each for each in ids if not is_settled(each)]
        with ThreadPoolExecutor(4) as threads:
            answers = threads.map(lambda each: call(stack, bearer, "GET", f"/recordings/{each}"), waiting)
        for each, (status, answer) in zip(waiting, answers, strict=True):
            if status == 200:
                found[each] = answer
            elif status not in (404, 410):
                raise refused("a recording cannot be read", status, answer)
        if all(map(is_settled, ids)) or time.monotonic() > deadline:
            return [found[each] for each in ids]
        time.sleep(0.5)


COUNTED = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"]


def drained(name, timeout_seconds):
    """How many queues there are, all of them empty at one moment. A refused call of a function shows only as a message
    that is delivered again, so a message that stays is a fault."""
    resources = client("cloudformation").describe_stack_resources(StackName=name)["StackResources"]
    urls = {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for each in resources
        if each["ResourceType"] == "AWS::SQS::Queue"
    }
    if not urls:
        raise Failure(f"the stack {name} has no queue")
    sqs = client("sqs")
    deadline = time.monotonic() + timeout_seconds
    while True:
        left = {}
        for logical, url in urls.items():
            found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=COUNTED)["Attributes"]
            if any(int(found[each]) for each in COUNTED):
                left[logical] = " + ".join(found[each] for each in COUNTED)
        if not left:
            return len(urls)
        if time.monotonic() > deadline:
            listed = ", ".join(f"{logical} {counts}" for logical, counts in sorted(left.items()))
            raise Failure(f"messages stay in queues (waiting + in flight + delayed): {listed}")
        time.sleep(0.5)


COMMANDS = {each.__name__: each for each in (apply, users, token, publish, upload, wait, drained, sign_in, cognito)}


def main():
    command = sys.argv[1]
    try:
        answer = COMMANDS[command](**json.load(sys.stdin))
    except Failure as failure:
        sys.exit(f"error: {failure}")
    except Exception as error:  # what nobody foresaw: one sentence for the person, the rest for the log
        with open(os.environ.get("LOCAL_LOG", os.devnull), "w") as log:
            traceback.print_exc(file=log)
        cause = " ".join(str(error).split()) or type(error).__name__
        sys.exit(f"error: {command}: {cause}")
    json.dump(answer, sys.stdout)


main()
