#include <gtest/gtest.h>

#include "frontend/onnx_reader.h"
#include "frontend/onnx_writer.h"
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

/// Makes the test folder "pair": a model of two outputs, `first` and `second`, and a data set.
void write_pair(const std::filesystem::path& folder) {
  const Model model = parse_model(
      "<ir_version: 8, opset_import: [\"\" : 17]> g (float[2] x) => (float[2] first, float[2] "
      "second) { first = Neg (x) second = Abs (x) }");
  fs::create_directories(folder / "test_data_set_0");
  write_model(model, folder / "model.onnx");
  const auto write = [&](const char* file, const char* name, float number) {
    write_tensor_file(Tensor::of<float>({2}, {number, number}), name,
                      folder / "test_data_set_0" / file);
  };
  write("input_0.pb", "x", -3);
  write("output_0.pb", "first", 3);
  write("output_1.pb", "second", 3);
}

TEST_F(CliTestCommand, ComparesTheOutputsThatThereAreFilesFor) {
  write_pair(folder() / "pair");
  EXPECT_EQ(gatefold("test pair").output, "1 passed, 0 failed, 0 skipped\n");
  const fs::path data = folder() / "pair/test_data_set_0";
  fs::remove(data / "output_0.pb");
  const CommandResult second = gatefold("test pair --junit results.xml");
  EXPECT_EQ(second.exit_code, 0);
  EXPECT_EQ(second.output,
            "PASSED pair\n"
            "    test_data_set_0: not compared, for there is no file: 'first'\n"
            "1 passed, 0 failed, 0 skipped\n");
  EXPECT_TRUE(contains(read("results.xml"), "<system-out>test_data_set_0: not compared"));

  // A file belongs to the output whose name it carries, whatever its number.
  fs::rename(data / "output_1.pb", data / "output_0.pb");
  EXPECT_EQ(gatefold("test pair").output, second.output);
  write_tensor_file(Tensor::of<float>({2}, {4, 4}), "", data / "output_0.pb");
  const CommandResult wrong = gatefold("test pair");
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_TRUE(contains(wrong.output, "output 'first': "));

  fs::rename(data / "output_0.pb", data / "output_2.pb");
  EXPECT_TRUE(contains(gatefold("test pair").output,
                       "the model has 2 outputs but there is a file for output number 2"));
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
