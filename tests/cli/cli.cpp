#include "tests/cli/cli.h"

#include <sys/wait.h>

#include <cstdlib>
#include <fstream>

namespace gatefold::test {

namespace fs = std::filesystem;

testing::AssertionResult contains(std::string_view text, std::string_view part) {
  if (text.find(part) != std::string_view::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "no '" << part << "' in '" << text << "'";
}

testing::AssertionResult starts_with(std::string_view text, std::string_view part) {
  if (text.starts_with(part)) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "no '" << part << "' at the start of '" << text << "'";
}

testing::AssertionResult ends_with(std::string_view text, std::string_view part) {
  if (text.ends_with(part)) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "no '" << part << "' at the end of '" << text << "'";
}

testing::AssertionResult is_complaint(std::string_view errors) {
  if (errors.starts_with("gatefold: ") && errors.find('\n') == errors.size() - 1) {
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure() << "'" << errors << "' is not one line 'gatefold: ...'";
}

CommandResult Cli::gatefold(const std::string& arguments) const {
  return shell("\"$gatefold\" " + arguments);
}

CommandResult Cli::shell(const std::string& command) const {
  const std::string line = "gatefold='" GATEFOLD_BINARY "'; cd '" + folder().string() + "' && { " +
                           command + "; } >.output 2>.errors";
  const int status = std::system(line.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read(".output"), read(".errors")};
}

void Cli::write(const std::string& name, std::string_view content) const {
  std::ofstream(folder() / name, std::ios::binary) << content;
}

std::string Cli::read(const std::string& name) const {
  std::ifstream file(folder() / name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void Cli::copy_example(const std::string& name) const {
  fs::copy(fs::path(GATEFOLD_SOURCE_DIR) / "examples/models" / name, folder() / name,
           fs::copy_options::recursive);
}

}  // namespace gatefold::test
