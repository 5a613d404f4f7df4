#!/usr/bin/env bash
# The unit is one that systemd takes, gives away no more than it did, and fits the engine: patience, exit codes, paths.
# Needs no running systemd.
#
#   deploy/tests/systemd_unit.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
units=deploy/systemd
# Tenths: `systemd-analyze security` says 1.2 of 10. What is left over is the network, which the service is for.
exposure_max=12
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
fail() { echo "FAIL $*" >&2; exit 1; }
value() { sed -n "s/^$2=//p" "$1"; }

# The binary and its folder are not on this machine; something that can be executed stands for it.
mkdir -p "$scratch/tripline.service.d"
sed "s|^ExecStart=/usr/bin/tripline|ExecStart=$(command -v true)|" $units/tripline.service >"$scratch/tripline.service"
cp $units/beyond-loopback.conf "$scratch/tripline.service.d/"
# `verify` only warns of words it does not know, so its silence is what counts.
verify() { systemd-analyze verify --man=no --recursive-errors=no "$1" 2>&1; }
said=$(verify "$scratch/tripline.service") || fail "refused: $said"
[ -z "$said" ] || fail "systemd has something to say: $said"

exposure() { systemd-analyze security --no-pager --offline=true --threshold=$exposure_max "$1"; }
exposure "$scratch/tripline.service" >"$scratch/exposure" || { cat "$scratch/exposure"; fail "more exposed than $exposure_max"; }

# Both judges can say no.
mkdir "$scratch/worse"
sed -E '/^(ProtectSystem|NoNewPrivileges|CapabilityBoundingSet)=/d' "$scratch/tripline.service" >"$scratch/worse/tripline.service"
! exposure "$scratch/worse/tripline.service" >/dev/null || fail "the exposure is not judged"
sed 's/^ProtectSystem=/ProtectSytsem=/' "$scratch/tripline.service" >"$scratch/worse/tripline.service"
[ -n "$(verify "$scratch/worse/tripline.service")" ] || fail "a misspelt key is not noticed"
cp "$scratch/tripline.service" "$scratch/worse/"
mkdir "$scratch/worse/tripline.service.d"
sed 's/^LoadCredential=/LoadCredentail=/' $units/beyond-loopback.conf >"$scratch/worse/tripline.service.d/beyond-loopback.conf"
[ -n "$(verify "$scratch/worse/tripline.service")" ] || fail "the drop-in is not read"

# The user of the unit is the one that sysusers makes, with the state's folder as its home.
mkdir -p "$scratch/root/etc"
systemd-sysusers --root="$scratch/root" "$PWD/$units/tripline.sysusers" 2>/dev/null
user=$(value $units/tripline.service User)
home=$(awk -F: -v user="$user" '$1 == user { print $6 }' "$scratch/root/etc/passwd")
[ "$home" = "/var/lib/$(value $units/tripline.service StateDirectory)" ] || fail "the home of $user is '$home'"
[ "$home" = "$(value $units/tripline.service WorkingDirectory)" ] || fail "the store would not lie in $home"

# Longer than the drain and the 5 s after which the engine ends by itself.
drain=$(sed -n 's/^drain_timeout_s = //p' deploy/config/tripline.toml)
patience=$(value $units/tripline.service TimeoutStopSec)
[ "$patience" -gt $((drain + 5)) ] || fail "TimeoutStopSec=$patience is not longer than $drain + 5"
# What the next start would meet again. 4 is what passes; 70 is worth another start.
[ "$(value $units/tripline.service RestartPreventExitStatus)" = "2 3" ] || fail "exit codes 2 and 3 must not restart"
# Variables of the drop-in name settings that exist.
while IFS='=' read -r variable _; do
    key=$(tr '[:upper:]' '[:lower:]' <<<"${variable##*__}")
    grep -qE "^#?$key = " deploy/config/tripline.toml || fail "no setting for $variable"
done < <(value $units/beyond-loopback.conf Environment)

tail -n 1 "$scratch/exposure"
echo "ok: $units"
