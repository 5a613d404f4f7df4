#!/usr/bin/env bash
# The sample configuration is what the binary says its settings and defaults are, byte for byte, and changes nothing as it
# stands. Written by: tripline config show --defaults >deploy/config/tripline.toml
#
#   TRIPLINE_BIN=target/release/tripline deploy/tests/config_sample.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
tripline="${TRIPLINE_BIN:?names the binary to compare with}"
sample=deploy/config/tripline.toml
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT

"$tripline" config show --defaults >"$scratch/defaults"
diff -u "$sample" "$scratch/defaults"

# What holds with the file is what holds without one: only who said so differs.
values() { sed -E 's/ +[^ ]+$//' "$1"; }
"$tripline" config show >"$scratch/without"
"$tripline" config show --config "$sample" >"$scratch/with"
diff -u <(values "$scratch/without") <(values "$scratch/with")

# Every file that the deployments mount is taken by the binary; `show` opens nothing that a file names.
while IFS= read -r file; do
    "$tripline" config show --config "$file" >"$scratch/shown" || { echo "refused: $file" >&2; exit 1; }
done < <(find deploy/kubernetes deploy/systemd -name '*.toml')

# A setting that is not there any more must not pass as one.
{ cat "$sample"; printf '\n[nonsense]\nx = 1\n'; } >"$scratch/wrong.toml"
if "$tripline" config show --config "$scratch/wrong.toml" >"$scratch/shown" 2>&1; then
    echo "an unknown setting was taken" >&2
    exit 1
fi
echo "ok: $sample equals the defaults of $("$tripline" --version)"
