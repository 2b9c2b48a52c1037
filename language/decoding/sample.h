#pragma once

#include <string>

namespace gatefold {

/// What a model said to a text.
struct Sample {
  std::string text;
  std::string answer;  ///< The continuation by a language model, or the translation.
};

}  // namespace gatefold
