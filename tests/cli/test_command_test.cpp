#include <gtest/gtest.h>

#include "tests/cli/cli.h"

namespace gatefold::test {
namespace {

namespace fs = std::filesystem;

class CliTestCommand : public Cli {
 protected:
  CliTestCommand() { copy_example("digits_gru"); }
};

TEST_F(CliTestCommand, PassesTheExamples) {
  const CommandResult result = gatefold("test '" GATEFOLD_SOURCE_DIR "/examples'");
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_EQ(result.output, "3 passed, 0 failed, 0 skipped\n");
}

TEST_F(CliTestCommand, ShowsShapesThatDiffer) {
  copy_example("char_lstm");
  fs::copy_file(folder() / "digits_gru/test_data_set_0/input_0.pb",
                folder() / "digits_gru/test_data_set_1/input_0.pb",
                fs::copy_options::overwrite_existing);
  const CommandResult failed = gatefold("test .");
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_EQ(failed.output,
            "FAILED ./digits_gru\n"
            "    test_data_set_1: output 'log_probabilities': is float[1,10] but should be "
            "float[5,10]\n"
            "1 passed, 1 failed, 0 skipped\n");
}

TEST_F(CliTestCommand, ShowsIndexAndNumbersThatDiffer) {
  for (const char* kind : {"input_0.pb", "output_0.pb"}) {
    fs::copy_file(folder() / "digits_gru/test_data_set_1" / kind,
                  folder() / "digits_gru/test_data_set_0" / kind,
                  fs::copy_options::overwrite_existing);
  }
  std::string output = read("digits_gru/test_data_set_0/output_0.pb");
  output.replace(output.size() - 4, 4, std::string("\0\0\x80\x3f", 4));
  write("digits_gru/test_data_set_0/output_0.pb", output);
  const CommandResult result = gatefold("test digits_gru");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(starts_with(result.output, "FAILED digits_gru\n    test_data_set_0: output "));
  EXPECT_TRUE(contains(result.output, "float[5,10] at [4,9] is -"));
  EXPECT_TRUE(contains(result.output, " but should be 1; 1 of 50 elements differ\n"));
}

TEST_F(CliTestCommand, ReportsWhatCannotBeImportedAsFailed) {
  write("digits_gru/model.onnx", "nonsense");
  const CommandResult result = gatefold("test . --junit results.xml");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(ends_with(result.output, "\n0 passed, 1 failed, 0 skipped\n"));
  EXPECT_TRUE(starts_with(read("results.xml"), "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"));
  EXPECT_TRUE(contains(read("results.xml"), "name=\"digits_gru\""));
  EXPECT_TRUE(contains(read("results.xml"), "<failure message=\""));
}

TEST_F(CliTestCommand, SkipsFoldersWithoutData) {
  copy_example("bilstm_tagger");
  fs::remove_all(folder() / "bilstm_tagger/test_data_set_0");
  fs::remove_all(folder() / "bilstm_tagger/test_data_set_1");
  const CommandResult result = gatefold("test .");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(ends_with(result.output, "\n1 passed, 0 failed, 1 skipped\n"));
}

TEST_F(CliTestCommand, RefusesPlacesWithoutTests) {
  for (const char* arguments : {"test missing", "test . --filter nothing*"}) {
    const CommandResult result = gatefold(arguments);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_TRUE(starts_with(result.errors, "gatefold: "));
  }
}

}  // namespace
}  // namespace gatefold::test
