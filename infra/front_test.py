"""The overlays in front of the stack: a domain of its own, and CloudFront with AWS WAF."""

import re
import unittest

import yaml

from template import HERE, RESOURCES, TEMPLATE, Loader

FRONT = yaml.load((HERE / "front.yaml").read_text(), Loader)


class Domain(unittest.TestCase):
    def test_with_a_domain_of_its_own_the_api_has_no_other_address(self):
        self.assertEqual(RESOURCES["Api"]["Properties"]["DisableExecuteApiEndpoint"], {"Fn::If": ["HasDomain", True, False]})
        self.assertEqual(TEMPLATE["Parameters"]["DomainName"]["Default"], "")
        for name in ["ApiDomain", "ApiDomainMapping"]:
            self.assertEqual(RESOURCES[name]["Condition"], "HasDomain")
        self.assertEqual(RESOURCES["ApiDomainMapping"]["Properties"]["ApiId"], {"Ref": "Api"})
        configuration = RESOURCES["ApiDomain"]["Properties"]["DomainNameConfigurations"][0]
        self.assertEqual(configuration["SecurityPolicy"], "TLS_1_2")
        # The pages' own backend asks the API where it answers.
        own = TEMPLATE["Outputs"]["ApiUrl"]["Value"]
        self.assertEqual(own["Fn::If"][:2], ["HasDomain", {"Fn::Sub": "https://${DomainName}/v1"}])

    def test_a_domain_needs_its_certificate(self):
        rule = TEMPLATE["Rules"]["ADomainHasACertificate"]
        self.assertEqual(rule["RuleCondition"], {"Fn::Not": [{"Fn::Equals": [{"Ref": "DomainName"}, ""]}]})
        self.assertEqual(rule["Assertions"][0]["Assert"], {"Fn::Not": [{"Fn::Equals": [{"Ref": "CertificateArn"}, ""]}]})
        pattern = re.compile(TEMPLATE["Parameters"]["DomainName"]["AllowedPattern"])
        for name in ["", "rokuban.example.jp"]:
            self.assertTrue(pattern.fullmatch(name), name)
        for name in ["https://rokuban.example.jp", "rokuban", "Rokuban.example.jp", "*.example.jp"]:
            self.assertFalse(pattern.fullmatch(name), name)


class Front(unittest.TestCase):
    def test_nothing_is_cached_and_all_of_a_request_but_its_host_is_handed_on(self):
        distribution = FRONT["Resources"]["Front"]["Properties"]["DistributionConfig"]
        behavior = distribution["DefaultCacheBehavior"]
        self.assertEqual(behavior["CachePolicyId"], "4135ea2d-6df8-44a3-9df3-4b5a84be39ad")
        self.assertEqual(behavior["OriginRequestPolicyId"], "b689b0a8-53d0-40ab-baf2-68738e2966ac")
        self.assertLessEqual({"GET", "HEAD", "PUT", "POST", "DELETE"}, set(behavior["AllowedMethods"]))
        self.assertEqual(behavior["ViewerProtocolPolicy"], "https-only")
        self.assertNotIn("CacheBehaviors", distribution)
        # QUIET: paths name recordings, and a recipient's is the token itself.
        self.assertNotIn("Logging", distribution)
        self.assertEqual(FRONT["Parameters"]["SampledRequests"]["Default"], "false")

    def test_one_address_is_limited_and_others_than_the_companys_are_refused_by_parameter(self):
        rules = FRONT["Resources"]["Rules"]["Properties"]["Rules"]
        self.assertEqual(rules[0]["Statement"]["RateBasedStatement"]["Limit"], {"Ref": "RequestsPerAddress"})
        condition, others, nothing = rules[2]["Fn::If"]
        self.assertEqual((condition, nothing), ("OnlySome", {"Ref": "AWS::NoValue"}))
        _, path = others["Statement"]["AndStatement"]["Statements"]
        wanted = {"Fn::If": ["RecipientsFromAnywhere", "/v1/r/", "no path"]}
        self.assertEqual(path["NotStatement"]["Statement"]["ByteMatchStatement"]["SearchString"], wanted)
        self.assertEqual([rule.get("Priority") for rule in rules[:2]] + [others["Priority"]], [0, 1, 2])
        # Bodies of rulebooks are longer than the common rules of AWS take.
        self.assertNotIn("AWSManagedRulesCommonRuleSet", str(rules))


if __name__ == "__main__":
    unittest.main()
