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

# describe NAME FILTER LINES HEADER...: what doxygen reads in headers, as XML for breathe; values of constants
# that have more lines than that are left out.
describe() {
  name=$1
  filter=$2
  lines=$3
  shift 3
  doxygen - <<SETTINGS
OUTPUT_DIRECTORY = build/docs/$name
INPUT = $*
INPUT_FILTER = "$filter"
GENERATE_HTML = NO
GENERATE_LATEX = NO
GENERATE_XML = YES
TYPEDEF_HIDES_STRUCT = YES
XML_PROGRAMLISTING = NO
MAX_INITIALIZER_LINES = $lines
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
# In C comments of declarations begin like all others, and lines of dashes head groups of them.
describe c "sed -e '1s|^/\* |/** @file\n * |' -e 's|^/\* \([^-]\)|/** \1|' -e 's|\(;.*\) /\* |\1 /**< |' -e 's|\(, *\) /\* |\1 /**< |'" 30 c/gatefold.h
# All names are in one namespace, which would be a heading of its own for every header; what is private, at the
# end of a class, is left out.
# shellcheck disable=SC2086
describe cpp "sed -e '/^namespace gatefold {$/d' -e '/^}  .. namespace gatefold$/d' -e '/^ private:$/,/^};$/{/^};$/!d}'" 0 $headers

sphinx-build -q -E -W --keep-going -c docs -d build/docs/doctrees . build/site
echo '<meta http-equiv="refresh" content="0; url=docs/index.html">' > build/site/index.html
echo "the site is build/site/index.html"
