#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "ir/error.h"
#include "tools/output.h"
#include "tools/test_case.h"

namespace gatefold::tools {
namespace {

/// Reads until the other end of the pipe is closed.
std::string read_all(int descriptor) {
  std::string text;
  std::array<char, 4096> chunk{};
  for (;;) {
    const ssize_t count = ::read(descriptor, chunk.data(), chunk.size());
    if (count > 0) text.append(chunk.data(), static_cast<std::size_t>(count));
    if (count == 0 || (count < 0 && errno != EINTR)) return text;
  }
}

void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count < 0 && errno != EINTR) return;
    if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
  }
}

/// The child's side: the verdict as one character, then the message.
[[noreturn]] void run_and_report(const TestCase& test, const TestOptions& options, int descriptor) {
  TestOutcome outcome;
  try {
    outcome = test.kind->run(test.path, options);
  } catch (const std::exception& error) {
    outcome = {TestOutcome::Verdict::kFailed, error.what()};
  }
  write_all(descriptor,
            static_cast<char>('0' + static_cast<int>(outcome.verdict)) + outcome.message);
  ::_exit(0);
}

TestOutcome outcome_of(const std::string& report, int status) {
  if (WIFSIGNALED(status)) {
    return {TestOutcome::Verdict::kFailed, fmt::format("crashed: {}", strsignal(WTERMSIG(status)))};
  }
  if (report.empty()) {
    return {TestOutcome::Verdict::kFailed,
            fmt::format("ended without a result, exit code {}", WEXITSTATUS(status))};
  }
  return {static_cast<TestOutcome::Verdict>(report[0] - '0'), report.substr(1)};
}

}  // namespace

TestOutcome run_isolated(const TestCase& test, const TestOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  flush_output();
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) fail("no pipe can be made: {}", strerror(errno));
  const pid_t child = ::fork();
  if (child < 0) fail("no process can be started: {}", strerror(errno));
  if (child == 0) {
    ::close(ends[0]);
    run_and_report(test, options, ends[1]);
  }
  ::close(ends[1]);
  const std::string report = read_all(ends[0]);
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  TestOutcome outcome = outcome_of(report, status);
  outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return outcome;
}

}  // namespace gatefold::tools
