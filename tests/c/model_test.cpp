#include <gtest/gtest.h>

#include "session/arrays/files.h"
#include "session/compiled_model.h"
#include "tests/c/as_c.h"
#include "tests/c/handles.h"
#include "tests/cli/cli.h"
#include "tests/temporary_folder.h"

namespace gatefold::test {
namespace {

TEST(CInterface, IsC) {
  const std::string bytes = model_bytes(kStream);
  const char* error = nullptr;
  // The second run adds the state of the first: 3 and 3 + 3. The first model has rows of two.
  EXPECT_NE(gatefold_test_run_as_c(bytes.data(), bytes.size(), 3, &error), 9);
  EXPECT_NE(std::string(error).find("input 'x'"), std::string::npos) << error;
  const std::string narrow = model_bytes(R"(<ir_version: 8, opset_import: ["" : 17]>
      stream (float[N, 1] x, float[N, 1] h0) => (float[N, 1] y, float[N, 1] hn) {
        y = Add (x, h0)
        hn = Identity (x)
      })");
  EXPECT_EQ(gatefold_test_run_as_c(narrow.data(), narrow.size(), 3, &error), 9) << error;
}

TEST_F(Cli, AndTheCInterfaceHaveOneVersion) {
  EXPECT_TRUE(contains(gatefold("--version").output, gatefold_version()));
  EXPECT_EQ(gatefold_version_number(), GATEFOLD_VERSION_NUMBER);
}

TEST(CModel, TellsItsPorts) {
  OwnedModel model;
  ASSERT_OK(load_text(R"(<ir_version: 8, opset_import: ["" : 17]>
      g (float[N, 2, T] x, int64 k) => (float[N, 2, T] y, s)
      {
        y = Identity (x)
        row = Constant <value = float[2] {1, 2}> ()
        s = SequenceConstruct (row)
      })",
                      model.place()));
  ASSERT_EQ(gatefold_model_input_count(model), 2U);
  ASSERT_EQ(gatefold_model_output_count(model), 2U);
  gatefold_port x;
  ASSERT_OK(gatefold_model_input(model, 0, &x));
  EXPECT_STREQ(x.name, "x");
  EXPECT_EQ(x.kind, GATEFOLD_TENSOR);
  EXPECT_EQ(x.type, GATEFOLD_FLOAT);
  ASSERT_EQ(x.rank, 3);
  EXPECT_EQ(std::vector<std::int64_t>(x.dims, x.dims + 3), (std::vector<std::int64_t>{-1, 2, -1}));
  EXPECT_STREQ(x.symbols[0], "N");
  EXPECT_EQ(x.symbols[1], nullptr);
  EXPECT_STREQ(x.text, "float[N,2,T]");
  gatefold_port k;
  ASSERT_OK(gatefold_model_input(model, 1, &k));
  EXPECT_EQ(k.type, GATEFOLD_INT64);
  EXPECT_EQ(k.rank, 0);
  gatefold_port s;
  ASSERT_OK(gatefold_model_output(model, 1, &s));
  EXPECT_EQ(s.kind, GATEFOLD_SEQUENCE);
  EXPECT_EQ(s.rank, -1);
  EXPECT_REFUSAL(gatefold_model_output(model, 2, &s), GATEFOLD_MISUSE,
                 "there is no output 2; there are 2");
}

TEST(CModel, KnowsElementTypesByTheNumbersOfOnnx) {
  EXPECT_EQ(gatefold_type_size(GATEFOLD_FLOAT), 4U);
  EXPECT_EQ(gatefold_type_size(GATEFOLD_BFLOAT16), 2U);
  EXPECT_STREQ(gatefold_type_name(GATEFOLD_DOUBLE), "double");
  EXPECT_EQ(gatefold_type_size(GATEFOLD_UNDEFINED), 0U);
  EXPECT_EQ(gatefold_type_size(8), 0U);  // ONNX's strings.
  EXPECT_EQ(gatefold_type_name(99), nullptr);
}

TEST(CModel, IsCompiledAsTheOptionsSay) {
  OwnedOptions options;
  ASSERT_OK(gatefold_options_create(options.place()));
  const Floats start("h0", {1, 2}, {3, 4});
  EXPECT_OK(gatefold_options_set_threads(options, 2));
  EXPECT_OK(gatefold_options_set_precision(options, GATEFOLD_PRECISION_F32));
  EXPECT_OK(gatefold_options_set_kernels(options, GATEFOLD_KERNELS_OWN));
  EXPECT_OK(gatefold_options_set_dim(options, "N", 1));
  EXPECT_OK(gatefold_options_set_value(options, &start.tensor));
  EXPECT_OK(gatefold_options_set_optimize(options, 1));
  EXPECT_OK(gatefold_options_set_reproducible(options, 1));
  EXPECT_OK(gatefold_options_set_plan_memory(options, 1 << 20));
  OwnedModel model;
  ASSERT_OK(load_text(kStream, model.place(), options));
  ASSERT_EQ(gatefold_model_input_count(model), 1U);
  gatefold_port x;
  ASSERT_OK(gatefold_model_input(model, 0, &x));
  EXPECT_STREQ(x.text, "float[1,2]");
  OwnedSession session;
  ASSERT_OK(gatefold_session_create(model, nullptr, 0, session.place()));
  const Floats one("x", {1, 2}, {1, 1});
  ASSERT_OK(gatefold_session_run(session, &one.tensor, 1, nullptr, 0));
  EXPECT_EQ(output_of(session, "y"), (std::vector<float>{4, 5}));
}

TEST(CModel, RefusesOptionsThatCannotBe) {
  OwnedOptions options;
  ASSERT_OK(gatefold_options_create(options.place()));
  EXPECT_REFUSAL(gatefold_options_set_threads(options, 0), GATEFOLD_MISUSE,
                 "0 threads are asked for; it must be from 1 to 1024");
  EXPECT_REFUSAL(gatefold_options_set_precision(options, 7), GATEFOLD_MISUSE,
                 "precision 7 is none of gatefold_precision");
  EXPECT_REFUSAL(gatefold_options_set_dim(options, "N", -1), GATEFOLD_MISUSE,
                 "extent 'N' is given size -1");
  EXPECT_EQ(gatefold_options_set_steps_per_epoch(options, 0), GATEFOLD_MISUSE);
  EXPECT_OK(gatefold_options_set_dim(options, "M", 1));
  OwnedModel model;
  EXPECT_EQ(load_text(kStream, model.place(), options), GATEFOLD_ERROR);
  EXPECT_EQ(model, nullptr);
  EXPECT_OK(gatefold_options_add_frozen(options, "*"));
  EXPECT_REFUSAL(load_text(kStream, model.place(), options), GATEFOLD_MISUSE,
                 "option 'frozen' is for trainers alone; make other options for the model");
}

TEST(CModel, IsReadFromAFileAndSaved) {
  const TemporaryFolder folder;
  const std::string source = folder.path() / "stream.onnxtxt";
  const std::string compiled = folder.path() / "compiled.onnx";
  write_file(source, kStream);
  OwnedModel model;
  ASSERT_OK(gatefold_model_load(source.c_str(), nullptr, model.place()));
  ASSERT_OK(gatefold_model_save(model, compiled.c_str()));
  EXPECT_TRUE(load(compiled)->model().metadata.contains(std::string(kCompiledKey)));
  const std::string nowhere = folder.path() / "no" / "compiled.onnx";
  EXPECT_EQ(gatefold_model_save(model, nowhere.c_str()), GATEFOLD_ERROR);
}

TEST(CModel, TellsTheStatesThatItsFileNames) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "stream.onnx";
  OwnedModel model;
  ASSERT_OK(load_text(kStream, model.place()));
  EXPECT_EQ(gatefold_model_state_count(model), 0U);
  const std::string bytes = model_bytes(kStream);
  const auto compiled = load(std::as_bytes(std::span(bytes)));
  const std::vector<CarriedState> states{{.input = "h0", .output = "hn"}};
  write_compiled(*compiled, states, path);
  OwnedModel stream;
  ASSERT_OK(gatefold_model_load(path.c_str(), nullptr, stream.place()));
  ASSERT_EQ(gatefold_model_state_count(stream), 1U);
  const char* state = nullptr;
  ASSERT_OK(gatefold_model_state(stream, 0, &state));
  EXPECT_STREQ(state, "hn=h0");
  EXPECT_EQ(gatefold_model_state(stream, 1, &state), GATEFOLD_MISUSE);
}

}  // namespace
}  // namespace gatefold::test
