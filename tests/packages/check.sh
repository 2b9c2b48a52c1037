#!/bin/sh
# Has lintian judge the packages in FOLDER, and then installs, uses and purges them in a bare Debian 12
# (use.sh). Run as root. DEBIAN_ROOT may name a fresh root by debootstrap to copy instead of making one,
# DEBIAN_MIRROR where packages come from if not from Debian's own servers.
# Usage: tests/packages/check.sh FOLDER
set -eu
folder=$(realpath "$1")
here=$(dirname "$(realpath "$0")")

lintian --allow-root --fail-on error,warning "$folder"/*.deb

scratch=$(mktemp -d)
trap 'rm -rf --one-file-system "$scratch"' EXIT
root=$scratch/root
if [ -n "${DEBIAN_ROOT:-}" ]; then
  cp -a "$DEBIAN_ROOT" "$root"
else
  debootstrap --variant=minbase bookworm "$root" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"}
fi
cp /etc/resolv.conf "$root/etc/resolv.conf"
mkdir "$root/packages"
cp "$folder"/*.deb "$here/use.sh" "$here/../install/consumer.cpp" "$here"/../install/echo.* "$root/packages"
# What is mounted in here goes with the process.
# shellcheck disable=SC2016
unshare --mount --pid --fork sh -euc '
  mount -t proc proc "$0/proc"
  mount --rbind /dev "$0/dev"
  exec chroot "$0" bash /packages/use.sh' "$root"
