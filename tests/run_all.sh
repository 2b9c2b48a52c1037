#!/bin/sh
# Builds Gatefold and runs every test.
set -eu
cd "$(dirname "$0")/.."
cmake --preset release
cmake --build --preset release
build/release/tests/gatefold_tests --gtest_brief=1
ctest --preset release -E '^unit$'
