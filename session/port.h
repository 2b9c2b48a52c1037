#pragma once

#include <string>

#include "ir/type.h"

namespace gatefold {

/// An input or output of a model: the name callers know it by, and its type. Extents that a call
/// decides are named or unknown.
struct Port {
  std::string name;
  Type type;
};

}  // namespace gatefold
