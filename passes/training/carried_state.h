#pragma once

#include <string>

namespace gatefold {

/// A state that a model carries: from the second call or training step on, the input takes the
/// value that the output had in the one before; in the first it is zero. No gradient flows through
/// it.
struct CarriedState {
  std::string input;
  std::string output;

  bool operator==(const CarriedState&) const = default;
};

}  // namespace gatefold
