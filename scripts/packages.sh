#!/bin/sh
# Builds the Debian packages into FOLDER (default: dist) from the build tree BUILD (default:
# build/packages), which it configures for them: the shared library and the Python module, below /usr.
# With --check, which needs root, debootstrap and lintian, then has lintian judge them and tries them in a
# bare Debian 12: tests/packages/check.sh.
# Usage: scripts/packages.sh [--check] [BUILD [FOLDER]]
set -eu
cd "$(dirname "$0")/.."
check=
if [ "${1:-}" = --check ]; then
  check=1
  shift
fi
build=${1:-build/packages}
folder=${2:-dist}

cmake --preset release -B "$build" -DCMAKE_INSTALL_PREFIX=/usr -DBUILD_SHARED_LIBS=ON -DGATEFOLD_BUILD_PYTHON=ON \
  -DCMAKE_EXE_LINKER_FLAGS=-Wl,-z,now -DCMAKE_SHARED_LINKER_FLAGS=-Wl,-z,now -DCMAKE_MODULE_LINKER_FLAGS=-Wl,-z,now
cmake --build "$build" --target gatefold gatefold_shared gatefold_archive _gatefold
rm -rf "$build/packages"
(cd "$build" && cpack -G DEB)
mkdir -p "$folder"
cp "$build"/packages/*.deb "$folder"
[ -z "$check" ] || tests/packages/check.sh "$folder"
