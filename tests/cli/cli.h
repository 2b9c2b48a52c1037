#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "tests/temporary_folder.h"

namespace gatefold::test {

/// What the built tool did with a command line.
struct CommandResult {
  int exit_code = 0;
  std::string output;
  std::string errors;
};

testing::AssertionResult contains(std::string_view text, std::string_view part);
testing::AssertionResult starts_with(std::string_view text, std::string_view part);
testing::AssertionResult ends_with(std::string_view text, std::string_view part);
/// One line of the form "gatefold: ...".
testing::AssertionResult is_complaint(std::string_view errors);

/// Tests of the command line: each has an empty folder of its own.
class Cli : public testing::Test {
 protected:
  /// Runs `gatefold ARGUMENTS` through the shell, in the test's folder.
  CommandResult gatefold(const std::string& arguments) const;
  /// Runs a command line of the shell, in which "$gatefold" is the tool, in the test's folder.
  CommandResult shell(const std::string& command) const;
  /// Makes a file in the test's folder.
  void write(const std::string& name, std::string_view content) const;
  std::string read(const std::string& name) const;
  /// Copies a model of examples/models into the test's folder.
  void copy_example(const std::string& name) const;

  const std::filesystem::path& folder() const { return folder_.path(); }

 private:
  TemporaryFolder folder_;
};

}  // namespace gatefold::test
