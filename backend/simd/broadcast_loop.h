#pragma once

#include <array>
#include <cstdint>

#include "ir/index.h"
#include "ir/inline_vector.h"

namespace gatefold::native {

/// The loops over an output and N inputs that are broadcast to it, with as few axes as can be: axes
/// that all tensors walk alike are joined, axes of extent 1 dropped. What is left is an inner loop
/// of unit strides (0 for an input that stays) and a few outer ones.
template <std::size_t N>
class BroadcastLoop {
 public:
  using Offsets = std::array<std::int64_t, N>;

  BroadcastLoop(const std::array<Dims, N>& inputs, const Dims& output) {
    std::array<Dims, N> strides;
    for (std::size_t k = 0; k < N; ++k) strides[k] = broadcast_strides(inputs[k], output);
    for (std::size_t axis = output.size(); axis-- > 0;) {
      if (output[axis] == 1) continue;
      Axis next{output[axis], {}};
      for (std::size_t k = 0; k < N; ++k) next.strides[k] = strides[k][axis];
      add(next);
    }
    if (axes_.empty()) axes_.push_back({1, {}});
    inner_ = axes_.front();
    axes_.erase(axes_.begin());
    runs_ = element_count(output) == 0 ? 0 : 1;
    for (const Axis& axis : axes_) runs_ *= axis.extent;
    index_.resize(axes_.size());
  }

  /// Length of the inner loop.
  std::int64_t inner_extent() const { return inner_.extent; }
  /// True when input k moves along the inner loop, one element a step.
  bool moves(std::size_t k) const { return inner_.strides[k] != 0; }

  /// Calls visit(offsets of the inputs, offset of the output) before each inner loop.
  template <typename Visit>
  void run(Visit&& visit) {
    Offsets offsets{};
    std::int64_t output = 0;
    for (std::int64_t i = 0; i < runs_; ++i, output += inner_.extent) {
      visit(offsets, output);
      advance(offsets);
    }
  }

 private:
  struct Axis {
    std::int64_t extent;
    Offsets strides;
  };

  /// Adds an axis outside of those there are.
  void add(const Axis& next) {
    if (!axes_.empty()) {
      Axis& last = axes_.back();
      bool continues = true;
      for (std::size_t k = 0; k < N; ++k) {
        continues = continues && next.strides[k] == last.strides[k] * last.extent;
      }
      if (continues) {
        last.extent *= next.extent;
        return;
      }
    }
    axes_.push_back(next);
  }

  void advance(Offsets& offsets) {
    for (std::size_t i = 0; i < axes_.size(); ++i) {
      const Axis& axis = axes_[i];
      for (std::size_t k = 0; k < N; ++k) offsets[k] += axis.strides[k];
      if (++index_[i] < axis.extent) return;
      for (std::size_t k = 0; k < N; ++k) offsets[k] -= axis.strides[k] * axis.extent;
      index_[i] = 0;
    }
  }

  Axis inner_{};
  InlineVector<Axis> axes_;  // From the innermost to the outermost, the inner loop's left out.
  Dims index_;
  std::int64_t runs_ = 0;
};

}  // namespace gatefold::native
