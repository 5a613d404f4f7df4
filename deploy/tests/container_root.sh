#!/usr/bin/env bash
# What the image of deploy/container will hold, put together from Debian's packages without a container engine: the binary finds
# all that it needs there, runs as 65532 on a read-only root, without a shell and with no capability, and the whole is not larger
# than it should be. Needs root, Debian 12 and its package lists.
#
#   TRIPLINE_BIN=target/release/tripline deploy/tests/container_root.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
tripline=$(realpath "${TRIPLINE_BIN:?names the binary}")
file=deploy/container/Containerfile
# Below 40 MB is wanted. Lower it with each thing that goes.
mib_max=40
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
fail() { echo "FAIL $*" >&2; exit 1; }

# The base that the file names, by the packages that it is made of: https://github.com/GoogleContainerTools/distroless
grep -qE '^ARG RUNTIME=gcr.io/distroless/base-nossl-debian12:nonroot(@sha256:[0-9a-f]{64})?$' $file || fail "another base: mend the list of packages here"

# A list and not a line for a shell, of the program and the configuration that the image starts with; the binary knows the command.
start=$(sed -n 's/^ENTRYPOINT \["\(.*\)"\]$/\1/p' $file)
config=$(sed -n 's/^CMD \["run", "--config", "\(.*\)"\]$/\1/p' $file)
[ -n "$start" ] && [ -n "$config" ] || fail "the image starts with something else: mend what is looked for here"
[ "$(grep -c '^HEALTHCHECK ' $file)" = 1 ] || fail "not one HEALTHCHECK"
grep -qxF "HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD [\"$start\", \"health\", \"--config\", \"$config\"]" $file \
    || fail "HEALTHCHECK is not \`$start health --config $config\` in its exec form"

mkdir "$scratch/debs"
(cd "$scratch/debs" && apt-get download -qq base-files netbase tzdata ca-certificates media-types libc6 2>/dev/null)
root=$scratch/root
mkdir "$root"
for deb in "$scratch"/debs/*.deb; do dpkg -x "$deb" "$root"; done
cat "$root"/usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
base=$(du -s --apparent-size --block-size=1 "$root" | cut -f1)

# And what the file adds: the stripped binary, libgcc, the state's folder, the licence.
strip -o "$scratch/tripline" "$tripline"
install -D -m 0755 "$scratch/tripline" "$root/usr/bin/tripline"
install -D -m 0644 "$(gcc -print-file-name=libgcc_s.so.1)" "$root/usr/lib/libgcc_s.so.1"
install -D -m 0644 LICENSE "$root/usr/share/doc/tripline/LICENSE"
install -d -m 0700 -o 65532 -g 65532 "$root/var/lib/tripline"
whole=$(du -s --apparent-size --block-size=1 "$root" | cut -f1)
packed=$(tar -C "$root" -c . | gzip -6 | wc -c)
echo "base $((base / 1000)) kB + binary $(($(stat -c %s "$scratch/tripline") / 1000)) kB and the rest = $((whole / 1000)) kB; gzip $((packed / 1000)) kB"
[ "$whole" -le $((mib_max * 1024 * 1024)) ] || fail "larger than $mib_max MiB"
for program in bin/sh usr/bin/bash usr/bin/apt; do [ ! -e "$root/$program" ] || fail "there is a /$program"; done

# Read-only but for the state, as the user of the image, with nothing to gain. The shell is this machine's and ends before.
in_root() {
    unshare --mount --pid --fork --kill-child -- bash -euc '
        mount --bind "$0" "$0"
        mount --bind "$0/var/lib/tripline" "$0/var/lib/tripline"
        mount -o remount,bind,ro "$0"
        exec setpriv --no-new-privs chroot --userspec=65532:65532 --groups="" "$0" "$@"' "$root" "$@"
}
in_root /usr/bin/tripline --version
in_root "$start" health --help >/dev/null || fail "the binary has no command \`health\`"
in_root /usr/bin/tripline demo --store /var/lib/tripline/tripline.db >"$scratch/demo" 2>/dev/null || fail "the demo does not run"
grep -E '^planted [0-9]+ found [0-9]+ unexpected 0$' "$scratch/demo" || fail "the demo's verdict is missing"
[ "$(stat -c %u "$root/var/lib/tripline/tripline.db")" = 65532 ] || fail "the store is somebody else's"
! in_root /usr/bin/tripline demo --store /etc/tripline.db >/dev/null 2>&1 || fail "the root can be written"
# The libraries that it names are those of the base and the one that was added; without that one it does not start.
mv "$root/usr/lib/libgcc_s.so.1" "$scratch/"
! in_root /usr/bin/tripline --version >/dev/null 2>&1 || fail "libgcc is not needed: take it out of $file"
echo "ok: $file"
