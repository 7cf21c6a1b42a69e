"""Who mails what waits, and puts it on an event bus: one role, where it is asked to."""

import unittest

from template import RESOURCES, TEMPLATE, of_type, roles_allowed


class Notifications(unittest.TestCase):
    def test_only_jobs_mails_and_puts_events_and_only_where_it_is_asked_to(self):
        self.assertEqual(roles_allowed("ses:SendEmail"), {"JobsRole": [{"Ref": "MailIdentity"}]})
        bus = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/${EventBusName}"
        self.assertEqual(roles_allowed("events:PutEvents"), {"JobsRole": [{"Fn::Sub": bus}]})
        for name, condition in [("JobsMails", "MailsNotifications"), ("JobsPutsEvents", "PutsEvents")]:
            policy = of_type("AWS::IAM::Policy")[name]
            self.assertEqual((policy["Roles"], RESOURCES[name]["Condition"]), ([{"Ref": "JobsRole"}], condition))
            (statement,) = policy["PolicyDocument"]["Statement"]
            events = {"StringEquals": {"events:source": "rokuban"}}
            self.assertEqual(statement.get("Condition"), events if name == "JobsPutsEvents" else None)
        asked = {"Fn::Equals": [{"Ref": "Notifications"}, "MAIL"]}
        self.assertEqual(TEMPLATE["Conditions"]["MailsNotifications"], {"Fn::And": [asked, {"Condition": "OwnMail"}]})
        self.assertEqual(TEMPLATE["Conditions"]["PutsEvents"], {"Fn::Not": [{"Fn::Equals": [{"Ref": "EventBusName"}, ""]}]})
        for name, default in [("Notifications", "OFF"), ("EventBusName", "")]:
            self.assertEqual(TEMPLATE["Parameters"][name]["Default"], default)
        self.assertEqual(TEMPLATE["Rules"]["NotificationsHaveASender"]["RuleCondition"], asked)
        jobs = RESOURCES["JobsFunction"]["Properties"]
        self.assertEqual(jobs["Events"]["Notify"]["Properties"]["State"], {"Fn::If": ["Notifies", "ENABLED", "DISABLED"]})
        told = {name: jobs["Environment"]["Variables"][name] for name in ["NOTIFICATIONS", "MAIL_FROM", "MAIL_IDENTITY", "EVENT_BUS"]}
        parameters = ["Notifications", "MailFrom", "MailIdentity", "EventBusName"]
        self.assertEqual(list(told.values()), [{"Ref": name} for name in parameters])


if __name__ == "__main__":
    unittest.main()
