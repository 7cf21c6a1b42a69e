"""The console on AWS, read off the template: its role, its routes, and where people sign in."""

import unittest

from template import HERE, RECORDINGS, RESOURCES, TEMPLATE, binaries, listed, statements


class Console(unittest.TestCase):
    def test_the_console_touches_its_sessions_and_its_key_of_the_day_and_nothing_else(self):
        for each in statements("ConsoleRole"):
            actions = set(listed(each["Action"]))
            services = {action.split(":")[0] for action in actions}
            self.assertIn(services, [{"dynamodb"}, {"kms"}, {"logs"}, {"xray"}], actions)
            if services == {"dynamodb"}:
                self.assertLessEqual(actions, {f"dynamodb:{kind}Item" for kind in ["Get", "Put", "Update", "Delete"]})
                keys = ["U#*"] if actions <= {"dynamodb:UpdateItem", "dynamodb:DeleteItem"} else ["E#*", "U#*"]
                self.assertEqual(each["Condition"], {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": keys}})
        for role in binaries().values():
            if role != "ConsoleRole":
                self.assertNotIn("U#*", str(statements(role)), role)

    def test_those_who_keep_the_audit_read_the_key_of_where_browsers_ask_from_and_nobody_else(self):
        readers = set()
        for role in set(binaries().values()) - {"ConsoleRole"}:
            for each in (each for each in statements(role) if "E#*" in str(each)):
                self.assertEqual(listed(each["Action"]), ["dynamodb:GetItem"], role)
                readers.add(role)
        self.assertEqual(readers, {"RetrieveRole", "CasesRole", "GovernRole"})

    def test_the_routes_of_the_console_are_named_one_by_one(self):
        _, keys, _ = TEMPLATE["Resources"]["Fn::ForEach::ConsoleRoutes"]
        self.assertNotIn("$default", keys)
        self.assertEqual([key for key in keys if "+" in key], ["ANY /api/{proxy+}"])
        code = (HERE.parent / "functions/console/src/routes.rs").read_text()
        for key in keys:
            path = key.split()[1].partition("{")[0]
            self.assertIn(f'"{path}"', code, key)
        integration = RESOURCES["ConsoleIntegration"]["Properties"]["IntegrationUri"]
        self.assertEqual(integration, {"Fn::GetAtt": ["ConsoleFunction", "Arn"]})

    def test_every_open_route_has_a_limit_of_its_own_below_that_of_the_api(self):
        _, keys, _ = TEMPLATE["Resources"]["Fn::ForEach::ConsoleRoutes"]
        stage = TEMPLATE["Resources"]["ApiStage"]
        limits = stage["Properties"]["RouteSettings"]
        # What is behind a session counts with the API, which the page works with.
        opened = set(keys) - {"ANY /api/{proxy+}"} | set(TEMPLATE["Resources"]["Fn::ForEach::DeliverRoutes"][1])
        routes = {name: each["Properties"] for name, each in RESOURCES.items() if each["Type"] == "AWS::ApiGatewayV2::Route"}
        opens = {name: each["RouteKey"] for name, each in routes.items() if each["AuthorizationType"] == "NONE"}
        alone = {key: name for name, key in opens.items() if isinstance(key, str) and key != "$default"}
        opened |= set(alone)
        self.assertEqual(set(limits) - {"$default"}, opened)
        whole = TEMPLATE["Parameters"]["ApiRequestsPerSecond"]["Default"]
        for key, limit in limits.items():
            self.assertLessEqual(limit["ThrottlingRateLimit"], whole / 2, key)
            self.assertLessEqual(limit["ThrottlingBurstLimit"], whole, key)
        # A stage can't limit a route that is not there yet.
        loop = {key: "DeliverRoute" if "/v1/r/" in key else "ConsoleRoute" for key in opened}
        named = {alone.get(key) or loop[key] + "".join(filter(str.isalnum, key)) for key in opened}
        self.assertEqual(set(stage["DependsOn"]), named | {"DefaultRoute"})

    def test_the_console_signs_in_where_the_authorizer_takes_tokens_from_and_calls_the_api_itself(self):
        authorizer = RESOURCES["ApiAuthorizer"]["Properties"]["JwtConfiguration"]
        variables = RESOURCES["ConsoleFunction"]["Properties"]["Environment"]["Variables"]
        self.assertEqual(variables["ISSUER"], authorizer["Issuer"])
        # Another issuer's tokens may be for an API that is not the client; by default it is.
        own, client, audience = authorizer["Audience"][0]["Fn::If"]
        another = {"Fn::If": ["HasLoginClient", {"Ref": "LoginClientId"}, audience]}
        self.assertEqual(variables["CLIENT_ID"], {"Fn::If": [own, client, another]})
        self.assertEqual(TEMPLATE["Parameters"]["LoginClientId"]["Default"], "")
        own = "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}"
        self.assertEqual(variables["API_URL"], TEMPLATE["Outputs"]["ApiUrl"]["Value"])
        address = {"Fn::If": ["HasDomain", {"Fn::Sub": "https://${DomainName}"}, {"Fn::Sub": own}]}
        origin = {"Fn::If": ["HasConsoleOrigin", {"Ref": "ConsoleOrigin"}, address]}
        self.assertEqual(variables["CONSOLE_ORIGIN"], origin)
        self.assertEqual(TEMPLATE["Outputs"]["ConsoleUrl"]["Value"], origin)
        client = RESOURCES["UserPoolClient"]["Properties"]
        returned = [{"Fn::Sub": [f"${{Console}}/{path}", {"Console": origin}]} for path in ["signed-in", "signed-out"]]
        self.assertEqual(client["CallbackURLs"], [returned[0], "http://localhost:8399/signed-in"])
        self.assertEqual(client["LogoutURLs"], [returned[1]])
        # A rotated refresh token serves once more until a renewal that died is made up for (console, RENEWAL).
        self.assertEqual(client["RefreshTokenRotation"], {"Feature": "ENABLED", "RetryGracePeriodSeconds": 30})

    def test_the_pages_fetch_audio_from_the_buckets_of_recordings_and_of_clips(self):
        variables = RESOURCES["ConsoleFunction"]["Properties"]["Environment"]["Variables"]
        host = RECORDINGS.removeprefix("arn:${AWS::Partition}:s3:::") + ".s3.${AWS::Region}.${AWS::URLSuffix}"
        derived = host.replace("-recordings-", "-derived-")
        self.assertEqual(variables["AUDIO_ORIGINS"], {"Fn::Sub": f"https://{host} https://{derived}"})


if __name__ == "__main__":
    unittest.main()
