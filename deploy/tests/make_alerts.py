"""Topic policies, subscriptions, alarms: by the services' own APIs, for moto's CloudFormation has none of them."""

import json

from properties import Properties
from resolve import Thing


def topic_policy(aws, of: Properties) -> Thing:
    policy = json.dumps(of.must("PolicyDocument"))
    for topic in of.must("Topics"):
        aws.client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    return Thing(of.logical)


def subscription(aws, of: Properties) -> Thing:
    made = aws.client("sns").subscribe(**of.rest())
    return Thing(made["SubscriptionArn"])


def alarm(aws, of: Properties) -> Thing:
    request = of.rest()
    request["EvaluationPeriods"] = int(request["EvaluationPeriods"])
    aws.client("cloudwatch").put_metric_alarm(**request)
    return Thing(request["AlarmName"])


MAKERS = {
    "AWS::SNS::TopicPolicy": topic_policy,
    "AWS::SNS::Subscription": subscription,
    "AWS::CloudWatch::Alarm": alarm,
}
