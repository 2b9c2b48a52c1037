#pragma once

#include <utility>

#include "backend/kernel.h"
#include "backend/kernels/index_checks.h"
#include "ir/index.h"

namespace gatefold::native {

/// Visits the elements that GatherElements reads or ScatterElements writes.
class ElementWalk {
 public:
  explicit ElementWalk(const KernelRequest& request) : node_(request.node) {
    const Dims data = request.input_dims(0);
    const Dims indices = request.input_dims(1);
    const auto rank = static_cast<std::int64_t>(data.size());
    axis_ = axis_of(request.node, rank);
    extent_ = data[axis_];
    Dims strides = strides_of(data);
    axis_stride_ = std::exchange(strides[axis_], 0);
    line_ = indices.back();
    line_stride_ = strides.back();
    const Dims outer(indices.begin(), indices.end() - 1);
    strides.pop_back();
    for_each_index<1>(outer, {strides}, [&](const auto& offset) { starts_.push_back(offset[0]); });
  }

  /// Calls visit(offset in the data, position among the indices) for every index, in order. Throws
  /// Error for an index outside the data.
  template <typename Index, typename Visit>
  void run(const Index* indices, Visit&& visit) const {
    std::int64_t position = 0;
    for (const std::int64_t start : starts_) {
      for (std::int64_t i = 0; i < line_; ++i, ++position) {
        const std::int64_t index = checked_index(node_, indices[position], extent_, axis_);
        visit(start + i * line_stride_ + index * axis_stride_, position);
      }
    }
  }

 private:
  const Node& node_;
  std::int64_t axis_ = 0, extent_ = 0, axis_stride_ = 1;
  std::int64_t line_ = 0, line_stride_ = 1;
  std::vector<std::int64_t> starts_;  // Of each line of indices: where it lies in the data.
};

/// Finds the slices that the index tuples of GatherND and ScatterND name.
class TupleWalk {
 public:
  TupleWalk(const KernelRequest& request, std::int64_t batch_dims)
      : node_(request.node), first_axis_(batch_dims) {
    const Dims data = request.input_dims(0);
    const Dims indices = request.input_dims(1);
    const std::int64_t tuple = indices.back();
    const Dims strides = strides_of(data);
    extents_.assign(data.begin() + batch_dims, data.begin() + batch_dims + tuple);
    strides_.assign(strides.begin() + batch_dims, strides.begin() + batch_dims + tuple);
    slice_ = element_count(Dims(data.begin() + batch_dims + tuple, data.end()));
    batch_size_ = element_count(Dims(data.begin() + batch_dims, data.end()));
    batches_ = element_count(Dims(data.begin(), data.begin() + batch_dims));
    tuples_ = element_count(Dims(indices.begin() + batch_dims, indices.end() - 1));
  }

  /// Elements of one slice.
  std::int64_t slice() const { return slice_; }

  /// Calls visit(offset of the slice in the data, number of the tuple) for every tuple, in order.
  /// Throws Error for an index outside the data.
  template <typename Visit>
  void run(const std::int64_t* indices, Visit&& visit) const {
    std::int64_t number = 0;
    for (std::int64_t batch = 0; batch < batches_; ++batch) {
      for (std::int64_t i = 0; i < tuples_; ++i, ++number) {
        std::int64_t offset = batch * batch_size_;
        for (std::size_t k = 0; k < extents_.size(); ++k) {
          const auto axis = first_axis_ + static_cast<std::int64_t>(k);
          offset += checked_index(node_, *indices++, extents_[k], axis) * strides_[k];
        }
        visit(offset, number);
      }
    }
  }

 private:
  const Node& node_;
  std::int64_t first_axis_;
  Dims extents_, strides_;
  std::int64_t slice_ = 1, batch_size_ = 1, batches_ = 1, tuples_ = 1;
};

}  // namespace gatefold::native
