#!/usr/bin/env bash
# tripline.yaml applied to moto under enforced IAM, and the engine run on what it made, from the log group to a queue behind the topic.
#
#   TRIPLINE_BIN=target/release/tripline TRIPLINE_LOADGEN=target/release/tripline-loadgen deploy/tests/end_to_end.sh
#
# Without TRIPLINE_LOADGEN a few events written by hand.
set -euo pipefail
: "${TRIPLINE_BIN:?names no engine (target/release/tripline)}"
here=$(cd "$(dirname "$0")" && pwd)
"$here/install"
exec "$here/../../.emul/deploy-py/bin/python" "$here/end_to_end.py"
