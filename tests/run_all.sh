#!/bin/sh
# Builds Gatefold and runs every test.
set -eu
cd "$(dirname "$0")/.."
cmake --preset release
cmake --build --preset release
ctest --preset release
