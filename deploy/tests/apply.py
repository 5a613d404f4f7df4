"""Applies tripline.yaml to a moto server, and says what it made.

    python deploy/tests/apply.py --outputs            # JSON, of the server at TRIPLINE_MOTO_URL
"""

import argparse
import json
import os
import sys

import given
from aws import Aws
from stack import Stack


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--outputs", action="store_true", help="print the outputs of the stack as JSON")
    parser.add_argument("--account", default="123456789012", help="in which account of moto (default: the one of key `test`)")
    arguments = parser.parse_args()
    url = os.environ.get("TRIPLINE_MOTO_URL")
    if not url:
        print("TRIPLINE_MOTO_URL names no server: a stack in one of our own would be gone when this ends", file=sys.stderr)
        return 2
    aws = Aws(url, arguments.account)
    stack = Stack(aws, "tripline.yaml", **given.instance(aws))
    if arguments.outputs:
        print(json.dumps({"environment": aws.environment(), **stack.outputs()}, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
