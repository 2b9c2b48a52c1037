#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <vector>

#include "c/gatefold.h"

namespace gatefold::test {

/// A handle that is freed at the end.
template <typename Handle, void (*free_handle)(Handle*)>
class Owned {
 public:
  Owned() = default;
  ~Owned() { free_handle(handle_); }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;

  Handle** place() { return &handle_; }
  operator Handle*() const { return handle_; }  // NOLINT(google-explicit-constructor)

 private:
  Handle* handle_ = nullptr;
};

using OwnedOptions = Owned<gatefold_options, gatefold_options_free>;
using OwnedModel = Owned<gatefold_model, gatefold_model_free>;
using OwnedSession = Owned<gatefold_session, gatefold_session_free>;
using OwnedTrainer = Owned<gatefold_trainer, gatefold_trainer_free>;
using OwnedMetrics = Owned<gatefold_metrics, gatefold_metrics_free>;

/// y = x + h0, hn = x + 2 h0: any state that is lost or used twice shows.
inline constexpr const char* kStream = R"(<ir_version: 8, opset_import: ["" : 17]>
    stream (float[N, 2] x, float[N, 2] h0) => (float[N, 2] y, float[N, 2] hn) {
      y = Add (x, h0)
      twice = Add (h0, h0)
      hn = Add (x, twice)
    })";

/// The protobuf bytes of a model in ONNX text.
std::string model_bytes(const char* text);

/// Loads a model in ONNX text.
gatefold_status load_text(const char* text, gatefold_model** model,
                          const gatefold_options* options = nullptr);

/// A tensor with memory of its own.
struct Floats {
  Floats(const char* name, std::vector<std::int64_t> extents, std::vector<float> values);
  Floats(const Floats&) = delete;
  Floats& operator=(const Floats&) = delete;

  std::vector<std::int64_t> dims;
  std::vector<float> numbers;
  gatefold_tensor tensor;
};

/// The numbers of a dense tensor of floats.
std::vector<float> numbers_of(const gatefold_tensor& tensor);

/// The numbers of an output of the last run.
std::vector<float> output_of(const gatefold_session* session, const char* name);

}  // namespace gatefold::test

/// Checks that a call of the interface succeeds; shows the message if not.
#define EXPECT_OK(call) EXPECT_EQ(call, GATEFOLD_OK) << gatefold_last_error()
#define ASSERT_OK(call) ASSERT_EQ(call, GATEFOLD_OK) << gatefold_last_error()
/// Checks that a call fails with this status and message.
#define EXPECT_REFUSAL(call, status, message) \
  EXPECT_EQ(call, status);                    \
  EXPECT_STREQ(gatefold_last_error(), message)
