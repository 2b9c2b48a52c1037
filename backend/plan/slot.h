#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "backend/placement.h"
#include "backend/pointer_map.h"
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

  /// Returns the memory of a value that is some of this one's elements.
  Slot part(const Placement& place, const Type& own_type) const {
    const std::size_t start = static_cast<std::size_t>(place.offset) * size_of(own_type.dtype);
    return {.type = own_type,
            .known = known,
            .root = root,
            .index = index,
            .offset = offset + start,
            .strides = is_dense(own_type.dims(), place.strides) ? Dims() : place.strides};
  }
};

/// The slots of the values of a plan: its own, and those of known values, which all plans share.
class Slots {
 public:
  using Table = PointerMap<Value, Slot>;

  explicit Slots(const Table& known) : known_(known) {}

  Table& own() { return own_; }
  const Table& own() const { return own_; }
  /// Returns the slot of a value; nullptr if it has none.
  const Slot* find(const Value* value) const {
    const Slot* own = own_.find(value);
    return own != nullptr ? own : known_.find(value);
  }
  bool contains(const Value* value) const { return find(value) != nullptr; }
  /// Returns the slot of a value that has one.
  const Slot& at(const Value* value) const {
    const Slot* slot = find(value);
    assert(slot != nullptr && "the value has no slot");
    return *slot;
  }

 private:
  const Table& known_;
  Table own_;
};

}  // namespace gatefold
