#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "ir/graph.h"
#include "ir/tensor.h"
#include "ir/type.h"

namespace gatefold {

/// Where a value of a plan has its memory: `root` number `index`, `offset` bytes into it.
struct Slot {
  enum class Root : std::int8_t { kKnown, kInput, kBuffer };

  Type type;
  Tensor known;
  Root root = Root::kKnown;
  std::size_t index = 0;
  std::size_t offset = 0;
  Dims strides = {};  ///< In elements; empty where one element lies behind the other.
};

using Slots = std::unordered_map<const Value*, Slot>;

}  // namespace gatefold
