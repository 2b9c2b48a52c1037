#!/bin/bash
# Run by check.sh inside of a bare Debian 12: installs the packages beside it, uses each, and purges them.
set -euxo pipefail
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
cd "$(mktemp -d)"

# All files but those that apt, dpkg and caches of man and the loader keep for themselves.
list_files() {
  find / -xdev \( -path /proc -o -path /dev -o -path /run -o -path /tmp -o -path /var/cache -o -path /var/log \
    -o -path /var/lib/apt -o -path /var/lib/dpkg \) -prune -o -print | sort
}

apt-get update -q
apt-get install -q -y --no-install-recommends man-db bash-completion g++ pkg-config python3
list_files > before
apt-get install -q -y --no-install-recommends /packages/*.deb

examples=/usr/share/doc/gatefold/examples
gatefold --version
gatefold test $examples
gatefold run $examples/models/char_lstm/model.onnx --input tokens=$examples/models/char_lstm/test_data_set_0/input_0.pb
man gatefold-train > manual
grep -e --optimizer manual

# The completion of bash, loaded and called as bash does when a user types a tab.
(
  set +eux
  source /usr/share/bash-completion/bash_completion
  _completion_loader gatefold
  COMP_WORDS=(gatefold train model.onnx --optimizer "") COMP_CWORD=4
  COMP_LINE="${COMP_WORDS[*]}" COMP_POINT=${#COMP_LINE}
  "$(complete -p gatefold | sed 's/.*-F \([^ ]*\).*/\1/')" gatefold "" --optimizer
  echo "${COMPREPLY[*]}"
) > optimizers
grep -w adam optimizers

# Flags of pkg-config are words.
# shellcheck disable=SC2046
cc -std=c99 -Wall -Werror $examples/c/classify.c $(pkg-config --cflags --libs gatefold) -lm -o classify
./classify $examples/models/digits_gru/model.onnx $examples/c/digits.txt
# shellcheck disable=SC2046
c++ -std=c++20 /packages/consumer.cpp $(pkg-config --cflags --libs gatefold) -o consumer
./consumer /packages/echo.onnxtxt /packages/echo.npz trained.onnx

python3 - $examples/models/char_lstm << 'END'
import sys
import numpy
import gatefold

model = gatefold.load(sys.argv[1] + "/model.onnx")
outputs = model.run({"tokens": numpy.zeros((2, 3), dtype=numpy.int64)})
print({name: output.shape for name, output in outputs.items()})
END

apt-get purge -q -y --autoremove gatefold 'libgatefold*' python3-gatefold
list_files | diff before - || { echo "the packages left these files, or took them"; exit 1; }
echo "the packages install, run and purge"
