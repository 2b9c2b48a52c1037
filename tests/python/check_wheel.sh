#!/bin/sh
# Makes wheel and sdist of a build tree without network, installs the wheel into an environment of
# its own, and runs the tests there. Usage: check_wheel.sh BUILD_FOLDER
set -eu
build=$(realpath "$1")
cd "$(dirname "$0")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
GATEFOLD_BUILD_DIR=$build scripts/wheel.sh "$scratch/dist"
/usr/bin/python3 -m venv --system-site-packages "$scratch/env"
"$scratch/env/bin/pip" install --quiet --no-index --no-deps "$scratch"/dist/*.whl
packages=$("$scratch/env/bin/python" -c 'import sysconfig; print(sysconfig.get_path("platlib"))')
"$scratch/env/bin/python" tests/python/run.py "$packages"

# What the module needs beside the C and C++ runtime is in the wheel.
if ldd "$packages"/gatefold/_gatefold.*.so | grep '=>' | grep -v gatefold.libs |
  grep -Ev '(libc|libm|libdl|librt|libpthread|libgcc_s|libstdc\+\+)\.so'; then
  echo "the wheel lacks these libraries" >&2
  exit 1
fi

# The sdist holds whatever is built.
mkdir "$scratch/source"
tar -xzf "$scratch"/dist/gatefold-*.tar.gz -C "$scratch/source" --strip-components 1
git ls-files | grep '/' | grep -Ev '^(docs|examples|bench|tests|scripts|packaging|[.][^/]*)/' |
  while read -r file; do
    [ -e "$scratch/source/$file" ] || { echo "the sdist lacks $file" >&2; exit 1; }
  done
cmake -S "$scratch/source" -B "$scratch/tree" -DGATEFOLD_BUILD_PYTHON=ON -DGATEFOLD_BUILD_TESTS=OFF >/dev/null
