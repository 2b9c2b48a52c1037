#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ir/tensor.h"

namespace gatefold {

/// The memory in which the plans of one Context work: one block for each depth of plans that are
/// under way at the same time, shared by all plans of that depth. A block grows to what the largest
/// of them needs.
class ArenaStack {
 public:
  /// At least `bytes` bytes, aligned to 64. Ends what the block of that depth held, if it grows.
  Tensor& block(std::size_t depth, std::size_t bytes) {
    if (blocks_.size() <= depth) blocks_.resize(depth + 1);
    Tensor& block = blocks_[depth];
    if (!block.is_defined() || block.bytes() < bytes) {
      block = {};
      ++growths_;
      block = Tensor(DataType::kUint8, {static_cast<std::int64_t>(bytes)});
    }
    return block;
  }

  /// How many times a block has grown.
  std::int64_t growths() const { return growths_; }

  std::size_t bytes() const {
    std::size_t sum = 0;
    for (const Tensor& block : blocks_) sum += block.is_defined() ? block.bytes() : 0;
    return sum;
  }

 private:
  std::vector<Tensor> blocks_;
  std::int64_t growths_ = 0;
};

}  // namespace gatefold
