#!/bin/sh
# Builds the site of docs/ in build/site, without network; a warning is an error.
# Debian: python3-sphinx python3-myst-parser furo python3-breathe python3-numpy doxygen
set -eu
cd "$(dirname "$0")/.."
mkdir -p build/docs

# The headers that <gatefold/gatefold.h> reaches, which are those that are installed.
headers=session/gatefold.h
unread=$headers
while [ -n "$unread" ]; do
  # shellcheck disable=SC2086
  unread=$(sed -n 's/^#include "\(.*\)"$/\1/p' $unread | sort -u |
    { grep -vxF "$(printf '%s\n' $headers)" || true; })
  headers="$headers $unread"
done

# describe NAME FILTER HEADER...: what doxygen reads in headers, as XML for breathe.
describe() {
  name=$1
  filter=$2
  shift 2
  doxygen - <<SETTINGS
OUTPUT_DIRECTORY = build/docs/$name
INPUT = $*
INPUT_FILTER = "$filter"
GENERATE_HTML = NO
GENERATE_LATEX = NO
GENERATE_XML = YES
TYPEDEF_HIDES_STRUCT = YES
XML_PROGRAMLISTING = NO
EXTRACT_ALL = YES
FULL_PATH_NAMES = YES
STRIP_FROM_PATH = .
MACRO_EXPANSION = YES
EXPAND_ONLY_PREDEF = YES
PREDEFINED = GATEFOLD_API= __cplusplus
QUIET = YES
WARNINGS = NO
SETTINGS
}
mkdir -p build/docs/c build/docs/cpp
# In C comments of declarations begin like all others.
describe c "sed -e 's|^/\* |/** |' -e 's|\(;.*\) /\* |\1 /**< |' -e 's|\(, *\) /\* |\1 /**< |'" c/gatefold.h
# shellcheck disable=SC2086
describe cpp "" $headers

sphinx-build -q -W --keep-going -c docs -d build/docs/doctrees . build/site
echo '<meta http-equiv="refresh" content="0; url=docs/index.html">' > build/site/index.html
echo "the site is build/site/index.html"
