"""What moto's own CloudFormation makes: CreateStack with the part of a template that it knows, and by its own reading of functions.

For each type: the properties that moto takes over, and those that it drops in silence, which `mend.py` puts after. A property that is in
neither list ends the test: nothing of a template is passed over unseen."""

import json

from resolve import Resolver, Thing, uses

# Policies it takes and keeps as Python prints them, which no client can read: `mend.py` compares and writes them again.
KEPT_ODDLY = {"AWS::KMS::Key": {"KeyPolicy"}, "AWS::IAM::Role": {"Policies", "AssumeRolePolicyDocument"}}
NO_VALUE = {"Ref": "AWS::NoValue"}
TAKEN = {
    "AWS::KMS::Key": {"Description", "EnableKeyRotation", "KeyPolicy"},
    "AWS::KMS::Alias": {"AliasName", "TargetKeyId"},
    "AWS::S3::Bucket": {"BucketName", "BucketEncryption", "Tags"},
    "AWS::IAM::Role": {"RoleName", "Description", "AssumeRolePolicyDocument", "Policies", "Tags"},
    "AWS::IAM::InstanceProfile": {"InstanceProfileName", "Roles"},
    "AWS::Kinesis::Stream": {"Name", "ShardCount", "RetentionPeriodHours", "Tags"},
    "AWS::SNS::Topic": {"TopicName", "DisplayName", "KmsMasterKeyId"},
    "AWS::EC2::SecurityGroup": {"GroupName", "GroupDescription", "VpcId", "Tags"},
}
DROPPED = {
    # Of the window nothing is to be seen before the key is deleted. Tags it does not drop, it falls over them.
    "AWS::KMS::Key": {"PendingWindowInDays", "Tags"},
    "AWS::S3::Bucket": {
        "PublicAccessBlockConfiguration",
        "OwnershipControls",
        "VersioningConfiguration",
        "LifecycleConfiguration",
    },
    "AWS::Kinesis::Stream": {"StreamModeDetails", "StreamEncryption"},
    "AWS::SNS::Topic": {"Tags"},
    "AWS::EC2::SecurityGroup": {"SecurityGroupEgress"},
}


def create(aws, resolver: Resolver, stack: str) -> None:
    """Makes them, and tells the resolver what moto says they are."""
    wanted = resolver.wanted()
    ours = {name: of for name, of in wanted.items() if of["Type"] in TAKEN}
    for name, of in ours.items():
        unknown = of.get("Properties", {}).keys() - TAKEN[of["Type"]] - DROPPED.get(of["Type"], set())
        if unknown:
            raise NotImplementedError(f"{name}: moto's CloudFormation with {of['Type']} {sorted(unknown)} was never looked at")
        foreign = (uses(of) & wanted.keys()) - ours.keys()
        if foreign:
            raise NotImplementedError(f"{name} needs {sorted(foreign)}, which moto's CloudFormation does not make")
    template = {
        **{part: resolver.template[part] for part in ("Parameters", "Conditions") if part in resolver.template},
        "Resources": {name: _taken(of, resolver) for name, of in ours.items()},
        "Outputs": _questions(wanted, ours, resolver.template),
    }
    client = aws.client("cloudformation")
    given = [{"ParameterKey": key, "ParameterValue": _text(value)} for key, value in resolver.values.items()]
    client.create_stack(
        StackName=stack, TemplateBody=json.dumps(template), Parameters=given, Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    _answers(client, stack, resolver, ours)


def _taken(of: dict, resolver: Resolver) -> dict:
    held = {key: value for key, value in of.get("Properties", {}).items() if key in TAKEN[of["Type"]]}
    return {**of, "Properties": _without_gaps(held, resolver)}


def _without_gaps(value, resolver: Resolver):
    """AWS::NoValue in a list: moto would put a null there. What else an `If` chooses stays for moto to choose."""
    if isinstance(value, dict):
        return {key: _without_gaps(part, resolver) for key, part in value.items()}
    if not isinstance(value, list):
        return value
    gaps = [part for part in value if isinstance(part, dict) and "Fn::If" in part and _chosen(part["Fn::If"], resolver) == NO_VALUE]
    return [_without_gaps(part, resolver) for part in value if part not in gaps]


def _chosen(of: list, resolver: Resolver):
    return of[1] if resolver.condition(of[0]) else of[2]


def _text(value) -> str:
    return ",".join(value) if isinstance(value, list) else value


def _attributes(value, found: set) -> set:
    """Every (resource, attribute) that is asked for."""
    if isinstance(value, list):
        for part in value:
            _attributes(part, found)
    elif isinstance(value, dict):
        for name, of in value.items():
            if name == "Fn::GetAtt":
                found.add(tuple(of))
            elif name == "Fn::Sub":
                text = of[0] if isinstance(of, list) else of
                found |= {tuple(part.split("}")[0].split(".")) for part in text.split("${")[1:] if "." in part.split("}")[0]}
            _attributes(of, found)
    return found


def _questions(wanted: dict, ours: dict, template: dict) -> dict:
    """Outputs by which moto says how everything that others refer to is called."""
    asked = {(name, attribute) for name, attribute in _attributes([*wanted.values(), template.get("Outputs", {})], set())}
    attributes = {
        f"{name}At{attribute}": {"Value": {"Fn::GetAtt": [name, attribute]}} for name, attribute in sorted(asked) if name in ours
    }
    return {**attributes, **{f"{name}Ref": {"Value": {"Ref": name}} for name in ours}}


def _answers(client, stack: str, resolver: Resolver, ours: dict) -> None:
    said = {each["OutputKey"]: each["OutputValue"] for each in client.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]}
    for name in ours:
        attributes = {key.removeprefix(f"{name}At"): value for key, value in said.items() if key.startswith(f"{name}At")}
        resolver.things[name] = Thing(said[f"{name}Ref"], attributes)
    made = {each["LogicalResourceId"] for each in client.describe_stack_resources(StackName=stack)["StackResources"]}
    missing = ours.keys() - made
    if missing:
        raise RuntimeError(f"moto's CloudFormation passed over {sorted(missing)}")
