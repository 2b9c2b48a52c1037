#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "session/session.h"

namespace gatefold {

/// Computes numbers of numbers by a model x [N, inputs] -> its first output [N, outputs].
class Regression {
 public:
  /// Throws Error when the model reads another number of numbers.
  Regression(const std::shared_ptr<const CompiledModel>& model, std::int64_t inputs);

  /// Returns what the model makes of the numbers in a text, which white space or commas separate.
  /// Throws Error for what is no finite number of float32, and for too few or too many of them.
  std::vector<float> compute(std::string_view text);

 private:
  Session session_;
  std::int64_t inputs_;
};

}  // namespace gatefold
