#include "tools/output.h"

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "ir/error.h"

namespace gatefold::tools {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

void check_output(bool written) {
  if (written) return;
  if (errno != EPIPE) fail("standard output cannot be written: {}", reason(errno));
}

}  // namespace

void print_text(std::string_view text) {
  check_output(std::fwrite(text.data(), 1, text.size(), stdout) == text.size());
}

void flush_output() { check_output(std::fflush(stdout) == 0); }

}  // namespace gatefold::tools
