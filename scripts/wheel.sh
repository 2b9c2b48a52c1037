#!/bin/sh
# Builds the Python module without network: a wheel that holds its shared libraries, and an sdist, in
# FOLDER (default: dist). A build tree named by GATEFOLD_BUILD_DIR is used instead of a new one.
set -eu
cd "$(dirname "$0")/.."
folder=${1:-dist}
python=${PYTHON:-/usr/bin/python3}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$python" -m pip wheel --quiet --no-index --no-deps --no-build-isolation --wheel-dir "$scratch" .
"$python" scripts/bundle_wheel.py "$scratch"/gatefold-*.whl "$folder"
"$python" setup.py --quiet sdist --dist-dir "$folder"
ls "$folder"
