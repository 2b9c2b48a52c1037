#pragma once

#include <string>

namespace gatefold {

/// An input of the model that takes, from the second call or training step on, what an output was
/// in the one before; zeros in the first. No gradient flows through it.
struct CarriedState {
  std::string input;
  std::string output;

  bool operator==(const CarriedState&) const = default;
};

}  // namespace gatefold
