#include "backend/kernels/recurrent/recurrent_rows.h"

#include <algorithm>
#include <numeric>

namespace gatefold::native {

RecurrentRows::RecurrentRows(const Node& node, const RecurrentAttrs& attrs,
                             const RecurrentExtents& extents, ScratchLayout& scratch)
    : node_(node),
      directions_(attrs.directions),
      state_(extents.state),
      T_(extents.T),
      N_(extents.N),
      order_place_(scratch.add<std::int32_t>(N_)),
      lengths_place_(scratch.add<std::int32_t>(N_)) {}

void RecurrentRows::prepare(const Buffers& buffers) {
  order_ = at<std::int32_t>(buffers, order_place_);
  lengths_ = at<std::int32_t>(buffers, lengths_place_);
  std::iota(order_, order_ + N_, 0);
  const bool has_lengths = node_.input(recurrent_input::kSequenceLens) != nullptr;
  if (!has_lengths) {
    std::fill_n(lengths_, N_, static_cast<std::int32_t>(T_));
    return;
  }
  const auto* given = buffers.input<std::int32_t>(recurrent_input::kSequenceLens);
  check_sequence_lens(node_, {given, static_cast<std::size_t>(N_)}, T_);
  std::sort(order_, order_ + N_,
            [&](std::int32_t a, std::int32_t b) { return given[a] > given[b]; });
  for (std::int64_t row = 0; row < N_; ++row) lengths_[row] = given[order_[row]];
}

void RecurrentRows::clear_padding(float* output, const RecurrentExtents::Strides& strides,
                                  std::int64_t d, std::int64_t width) const {
  if (output == nullptr) return;
  for (std::int64_t row = 0; row < N_; ++row) {
    float* numbers = output + d * strides.direction + sequence(row) * strides.batch;
    for (std::int64_t t = length(row); t < T_; ++t) {
      std::fill_n(numbers + t * strides.time, width, 0.0F);
    }
  }
}

void PackedSteps::prepare(std::int64_t d, Range steps) {
  d_ = d;
  range_ = steps;
  std::int64_t rows = rows_.count();
  for (std::int64_t s = steps.begin; s < steps.end; ++s) count_[s] = rows = rows_.running(rows, s);
  size_ = 0;
  for (std::int64_t i = 0; i < steps.count(); ++i) {
    const std::int64_t s = rows_.is_reverse(d) ? steps.end - 1 - i : steps.begin + i;
    first_[s] = size_;
    size_ += count_[s];
  }
}

void PackedSteps::gather(const float* source, const RecurrentExtents::Strides& strides,
                         std::int64_t width, float* packed) const {
  for (std::int64_t s = range_.begin; s < range_.end; ++s) {
    float* target = packed + first(s) * width;
    for (std::int64_t row = 0; row < count(s); ++row) {
      target = std::copy_n(source + rows_.place(row, d_, s, strides), width, target);
    }
  }
}

void PackedSteps::scatter_add(const float* packed, const RecurrentExtents::Strides& strides,
                              std::int64_t width, float* target) const {
  for (std::int64_t s = range_.begin; s < range_.end; ++s) {
    const float* source = packed + first(s) * width;
    for (std::int64_t row = 0; row < count(s); ++row, source += width) {
      float* numbers = target + rows_.place(row, d_, s, strides);
      for (std::int64_t i = 0; i < width; ++i) numbers[i] += source[i];
    }
  }
}

void PackedSteps::gather_last(const float* initial, const float* Y,
                              const RecurrentExtents::Strides& strides, std::int64_t H,
                              float* packed) const {
  for (std::int64_t s = range_.begin; s < range_.end; ++s) {
    float* target = packed + first(s) * H;
    for (std::int64_t row = 0; row < count(s); ++row, target += H) {
      if (s > 0) {
        std::copy_n(Y + rows_.place(row, d_, s - 1, strides), H, target);
      } else if (initial != nullptr) {
        std::copy_n(initial + rows_.state_place(row, d_), H, target);
      } else {
        std::fill_n(target, H, 0.0F);
      }
    }
  }
}

}  // namespace gatefold::native
