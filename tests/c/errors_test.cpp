#include "c/errors.h"

#include <gtest/gtest.h>

#include <fstream>
#include <new>
#include <regex>
#include <set>
#include <string>
#include <system_error>
#include <thread>

#include "c/handles.h"
#include "ir/error.h"
#include "session/arrays/files.h"
#include "tests/c/handles.h"

namespace gatefold::test {
namespace {

const std::string kSources = GATEFOLD_SOURCE_DIR;

TEST(CInterface, DeclaresTheFunctionsOfTheList) {
  const std::string header = read_file(kSources + "/c/gatefold.h");
  std::set<std::string> declared;
  const std::regex function(R"(GATEFOLD_API[^;(]*\b(gatefold_\w+)\()");
  for (std::sregex_iterator it(header.begin(), header.end(), function), end; it != end; ++it) {
    declared.insert((*it)[1]);
  }
  std::ifstream list(kSources + "/c/symbols.txt");
  const std::set<std::string> listed{std::istream_iterator<std::string>(list), {}};
  EXPECT_EQ(declared, listed) << "functions are added to c/symbols.txt and never taken out";
}

TEST(CErrors, AreOneStatusForEachKind) {
  using c::guarded;
  EXPECT_EQ(guarded([] {}), GATEFOLD_OK);
  EXPECT_REFUSAL(guarded([] { fail("it is {}", 1); }), GATEFOLD_ERROR, "it is 1");
  EXPECT_REFUSAL(guarded([] { c::refuse("it is {}", 2); }), GATEFOLD_MISUSE, "it is 2");
  EXPECT_REFUSAL(guarded([] { throw std::bad_alloc(); }), GATEFOLD_NO_MEMORY,
                 "there is not enough memory");
  EXPECT_EQ(guarded([] { throw std::system_error(ENOSPC, std::generic_category()); }),
            GATEFOLD_ERROR);
  EXPECT_REFUSAL(guarded([] { throw std::logic_error("ours"); }), GATEFOLD_INTERNAL, "ours");
  EXPECT_REFUSAL(guarded([] { throw 1; }), GATEFOLD_INTERNAL, "an exception of an unknown kind");
}

TEST(CErrors, BelongToTheirThread) {
  EXPECT_EQ(gatefold_model_load(nullptr, nullptr, nullptr), GATEFOLD_MISUSE);
  std::string first;
  std::string second;
  std::thread([&] {
    first = gatefold_last_error();
    gatefold_options_set_threads(nullptr, 0);
    second = gatefold_last_error();
  }).join();
  EXPECT_EQ(first, "");
  EXPECT_EQ(second, "0 threads are asked for; it must be from 1 to 1024");
  EXPECT_STREQ(gatefold_last_error(), "the place for the model is NULL");
}

TEST(CErrors, HaveTheSentencesOfTheTool) {
  OwnedModel model;
  EXPECT_REFUSAL(gatefold_model_load("no.onnx", nullptr, model.place()), GATEFOLD_ERROR,
                 "no.onnx: the file cannot be opened");
  EXPECT_REFUSAL(gatefold_model_load_bytes("abc", 3, nullptr, model.place()), GATEFOLD_ERROR,
                 "model: the bytes are damaged or are no ONNX model");
}

TEST(CErrors, TellOfEveryNull) {
  OwnedModel model;
  ASSERT_OK(load_text(kStream, model.place()));
  OwnedSession session;
  ASSERT_OK(gatefold_session_create(model, nullptr, 0, session.place()));
  OwnedOptions options;
  ASSERT_OK(gatefold_options_create(options.place()));
  gatefold_model* no_model = nullptr;
  gatefold_session* no_session = nullptr;
  gatefold_trainer* no_trainer = nullptr;
  gatefold_metrics* no_metrics = nullptr;
  gatefold_port port;
  gatefold_tensor tensor = {};
  const gatefold_profile_step* steps = nullptr;
  std::size_t count = 0;
  double number = 0;
  const char* state = nullptr;
  const char* const names[] = {nullptr};
  const gatefold_status statuses[] = {
      gatefold_options_create(nullptr),
      gatefold_options_set_threads(nullptr, 1),
      gatefold_options_set_precision(nullptr, 0),
      gatefold_options_set_kernels(nullptr, 0),
      gatefold_options_set_dim(nullptr, "N", 1),
      gatefold_options_set_dim(options, nullptr, 1),
      gatefold_options_set_value(options, nullptr),
      gatefold_options_set_value(options, &tensor),
      gatefold_options_set_optimize(nullptr, 1),
      gatefold_options_set_reproducible(nullptr, 1),
      gatefold_options_set_plan_memory(nullptr, 1),
      gatefold_options_add_trainable(options, nullptr),
      gatefold_options_add_frozen(nullptr, "*"),
      gatefold_options_set_steps_per_epoch(nullptr, 1),
      gatefold_model_load(nullptr, nullptr, &no_model),
      gatefold_model_load("m", nullptr, nullptr),
      gatefold_model_load_bytes(nullptr, 0, nullptr, &no_model),
      gatefold_model_load_bytes("m", 1, nullptr, nullptr),
      gatefold_model_save(nullptr, "m"),
      gatefold_model_save(model, nullptr),
      gatefold_model_input(nullptr, 0, &port),
      gatefold_model_input(model, 0, nullptr),
      gatefold_model_output(nullptr, 0, &port),
      gatefold_model_output(model, 0, nullptr),
      gatefold_model_state(nullptr, 0, &state),
      gatefold_session_create(nullptr, nullptr, 0, &no_session),
      gatefold_session_create(model, names, 1, &no_session),
      gatefold_session_create(model, nullptr, 0, nullptr),
      gatefold_session_clone(nullptr, &no_session),
      gatefold_session_clone(session, nullptr),
      gatefold_session_run(nullptr, nullptr, 0, nullptr, 0),
      gatefold_session_run(session, nullptr, 1, nullptr, 0),
      gatefold_session_run(session, nullptr, 0, nullptr, 1),
      gatefold_session_run(session, &tensor, 1, nullptr, 0),
      gatefold_session_run(session, nullptr, 0, &tensor, 1),
      gatefold_session_output(nullptr, "y", &tensor),
      gatefold_session_output(session, nullptr, &tensor),
      gatefold_session_output(session, "y", nullptr),
      gatefold_session_reset(nullptr),
      gatefold_session_set_profiling(nullptr, 1),
      gatefold_session_profile(nullptr, &steps, &count),
      gatefold_session_profile(session, nullptr, &count),
      gatefold_session_profile(session, &steps, nullptr),
      gatefold_trainer_create(nullptr, "{}", nullptr, &no_trainer),
      gatefold_trainer_create("m", nullptr, nullptr, &no_trainer),
      gatefold_trainer_create("m", "{}", nullptr, nullptr),
      gatefold_trainer_create_bytes(nullptr, 0, "{}", nullptr, &no_trainer),
      gatefold_trainer_create_bytes("m", 1, "{}", nullptr, nullptr),
      gatefold_trainer_input(nullptr, 0, &port),
      gatefold_trainer_step(nullptr, nullptr, 0, nullptr, nullptr),
      gatefold_trainer_evaluate(nullptr, nullptr, 0, nullptr, nullptr),
      gatefold_trainer_gradients(nullptr, nullptr, 0),
      gatefold_trainer_reset(nullptr),
      gatefold_trainer_end_epoch(nullptr, 1),
      gatefold_trainer_weight(nullptr, 0, &tensor),
      gatefold_trainer_gradient(nullptr, 0, &tensor),
      gatefold_trainer_set_weight(nullptr, &tensor),
      gatefold_trainer_save(nullptr, "m"),
      gatefold_trainer_save_checkpoint(nullptr, "m"),
      gatefold_trainer_load_checkpoint(nullptr, "m"),
      gatefold_metrics_create(nullptr, nullptr, 0, &no_metrics),
      gatefold_metrics_value(nullptr, "loss", &number),
      gatefold_metrics_reset(nullptr),
  };
  int index = 0;
  for (const gatefold_status status : statuses) EXPECT_EQ(status, GATEFOLD_MISUSE) << index++;
  EXPECT_STREQ(gatefold_last_error(), "the metrics is NULL");
}

TEST(CErrors, FreeingAndCountingTakeNull) {
  gatefold_options_free(nullptr);
  gatefold_model_free(nullptr);
  gatefold_session_free(nullptr);
  gatefold_trainer_free(nullptr);
  gatefold_metrics_free(nullptr);
  EXPECT_EQ(gatefold_model_input_count(nullptr), 0U);
  EXPECT_EQ(gatefold_model_output_count(nullptr), 0U);
  EXPECT_EQ(gatefold_model_state_count(nullptr), 0U);
  EXPECT_EQ(gatefold_trainer_input_count(nullptr), 0U);
  EXPECT_EQ(gatefold_trainer_weight_count(nullptr), 0U);
  EXPECT_EQ(gatefold_trainer_steps(nullptr), 0);
  EXPECT_EQ(gatefold_trainer_learning_rate(nullptr), 0);
  EXPECT_EQ(gatefold_trainer_gradient_norm(nullptr), 0);
}

/// Each test changes one thing of a run that would succeed.
class CRefusals : public testing::Test {
 protected:
  CRefusals() {
    EXPECT_OK(load_text(kStream, model_.place()));
    const char* const states[] = {"hn=h0"};
    EXPECT_OK(gatefold_session_create(model_, states, 1, session_.place()));
  }

  gatefold_status run(const gatefold_tensor& x) {
    return gatefold_session_run(session_, &x, 1, nullptr, 0);
  }

  OwnedModel model_;
  OwnedSession session_;
  Floats x_{"x", {1, 2}, {1, 2}};
};

TEST_F(CRefusals, OfTensorsThatAreNotWhole) {
  gatefold_tensor x = x_.tensor;
  x.type = 8;
  EXPECT_REFUSAL(run(x), GATEFOLD_MISUSE, "tensor 'x' has type 8, which is no element type");
  x = x_.tensor;
  x.rank = -1;
  EXPECT_REFUSAL(run(x), GATEFOLD_MISUSE, "tensor 'x' has rank -1");
  x = x_.tensor;
  x.dims = nullptr;
  EXPECT_REFUSAL(run(x), GATEFOLD_MISUSE, "tensor 'x' has no dims");
  x = x_.tensor;
  x.data = nullptr;
  EXPECT_REFUSAL(run(x), GATEFOLD_MISUSE, "tensor 'x' has no data");
  x_.dims[0] = -1;
  EXPECT_REFUSAL(run(x_.tensor), GATEFOLD_MISUSE, "tensor 'x' has an extent of -1");
  x_.dims = {std::int64_t{1} << 40, std::int64_t{1} << 40};
  x_.tensor.dims = x_.dims.data();
  EXPECT_EQ(run(x_.tensor), GATEFOLD_ERROR);
}

TEST_F(CRefusals, OfInputsThatDoNotFit) {
  gatefold_tensor x = x_.tensor;
  x.name = "z";
  EXPECT_REFUSAL(run(x), GATEFOLD_ERROR, "the model has no input 'z'; its inputs: x, h0");
  x = x_.tensor;
  x.type = GATEFOLD_INT32;
  EXPECT_EQ(run(x), GATEFOLD_ERROR);
  const Floats wide("x", {1, 3}, {1, 2, 3});
  EXPECT_EQ(run(wide.tensor), GATEFOLD_ERROR);
  const gatefold_tensor twice[] = {x_.tensor, x_.tensor};
  EXPECT_REFUSAL(gatefold_session_run(session_, twice, 2, nullptr, 0), GATEFOLD_MISUSE,
                 "'x' is given twice");
  EXPECT_OK(run(x_.tensor));  // Nothing of all that is left.
}

TEST_F(CRefusals, OfOutputsThatDoNotFit) {
  Floats narrow("z", {2, 1}, {0, 0});
  EXPECT_REFUSAL(gatefold_session_run(session_, &x_.tensor, 1, &narrow.tensor, 1), GATEFOLD_ERROR,
                 "the model has no output 'z'; its outputs: y, hn");
  narrow.tensor.name = "y";
  EXPECT_REFUSAL(gatefold_session_run(session_, &x_.tensor, 1, &narrow.tensor, 1), GATEFOLD_ERROR,
                 "output 'y' is float[1,2] but the memory for it is float[2,1]");
  narrow.tensor.type = GATEFOLD_INT32;
  EXPECT_REFUSAL(gatefold_session_run(session_, &x_.tensor, 1, &narrow.tensor, 1), GATEFOLD_ERROR,
                 "the memory for output 'y' is int32[2,1] but the output is float[N,2]");
  const Floats y("y", {1, 2}, {0, 0});
  const gatefold_tensor twice[] = {y.tensor, y.tensor};
  EXPECT_REFUSAL(gatefold_session_run(session_, &x_.tensor, 1, twice, 2), GATEFOLD_MISUSE,
                 "memory for 'y' is given twice");
  gatefold_tensor same = x_.tensor;
  same.name = "y";
  EXPECT_REFUSAL(gatefold_session_run(session_, &x_.tensor, 1, &same, 1), GATEFOLD_ERROR,
                 "the memory for output 'y' overlaps that of input 'x'; give it memory of its own");
}

TEST_F(CRefusals, OfOutputsBeforeARunThatSucceeds) {
  gatefold_tensor y;
  const char* const message = "the session has no outputs before a run that succeeds";
  EXPECT_REFUSAL(gatefold_session_output(session_, "y", &y), GATEFOLD_MISUSE, message);
  EXPECT_OK(run(x_.tensor));
  EXPECT_OK(gatefold_session_output(session_, "y", &y));
  EXPECT_EQ(gatefold_session_output(session_, "z", &y), GATEFOLD_ERROR);
  x_.tensor.name = "z";
  EXPECT_EQ(run(x_.tensor), GATEFOLD_ERROR);
  EXPECT_REFUSAL(gatefold_session_output(session_, "y", &y), GATEFOLD_MISUSE, message);
}

TEST_F(CRefusals, OfOutputsThatAreNoTensors) {
  OwnedModel model;
  ASSERT_OK(
      load_text("<ir_version: 8, opset_import: [\"\" : 17]>\n"
                "g (float[2] x) => (s) { s = SequenceConstruct (x) }",
                model.place()));
  OwnedSession session;
  ASSERT_OK(gatefold_session_create(model, nullptr, 0, session.place()));
  const Floats x("x", {2}, {1, 2});
  gatefold_tensor s;
  ASSERT_OK(gatefold_session_run(session, &x.tensor, 1, nullptr, 0));
  EXPECT_REFUSAL(gatefold_session_output(session, "s", &s), GATEFOLD_ERROR,
                 "output 's' is a sequence of 1 tensors; this interface delivers tensors alone");
}

TEST_F(CRefusals, OfStatesThatCannotBe) {
  OwnedSession session;
  const char* const states[] = {"h=h0"};
  EXPECT_REFUSAL(gatefold_session_create(model_, states, 1, session.place()), GATEFOLD_ERROR,
                 "state h=h0: the model has no output 'h'");
  EXPECT_EQ(session, nullptr);
}

TEST_F(CRefusals, OfASecondCallAtOnce) {
  gatefold_session* session = session_;
  const c::Occupation::Guard guard(session->occupation, "session");
  EXPECT_REFUSAL(run(x_.tensor), GATEFOLD_MISUSE,
                 "the session is in use by another thread; give each thread its own");
  OwnedSession copy;
  EXPECT_EQ(gatefold_session_clone(session_, copy.place()), GATEFOLD_MISUSE);
}

}  // namespace
}  // namespace gatefold::test
