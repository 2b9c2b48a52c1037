#include "session/training/corpus.h"

#include <algorithm>
#include <cstring>

#include "ir/error.h"
#include "session/arrays/npz.h"

namespace gatefold {
namespace {

constexpr std::int64_t kUsualLanes = 32;

/// The texts that begin at `starts`, one after the other in an order.
Tensor joined(const Tensor& whole, std::span<const std::int64_t> starts,
              std::span<const std::int64_t> order) {
  Tensor result(whole.dtype(), whole.dims());
  const std::size_t width = size_of(whole.dtype());
  std::byte* target = result.raw();
  for (const std::int64_t text : order) {
    const std::int64_t end = text + 1 < std::ssize(starts) ? starts[text + 1] : whole.size();
    const std::size_t bytes = static_cast<std::size_t>(end - starts[text]) * width;
    std::memcpy(target, whole.raw() + static_cast<std::size_t>(starts[text]) * width, bytes);
    target += bytes;
  }
  return result;
}

}  // namespace

Corpus::Corpus(const DataSource& source, const std::vector<const Value*>& wanted,
               const std::string& target, const BatchOptions& options)
    : options_(options), arrays_(source.path.empty() ? source.arrays : read_npz(source.path)) {
  try {
    take_starts();
    if (!arrays_.contains(target) && arrays_.size() == 1 && wanted.size() == 2) target_ = target;
    check_arrays(wanted);
    has_fixed_lanes_ = std::any_of(wanted.begin(), wanted.end(), [](const Value* input) {
      const auto& shape = input->type().shape;
      return shape && !shape->empty() && shape->front().is_known();
    });
    count_lanes();
  } catch (const Error& error) {
    fail("{}: {}", source.name(), error.what());
  }
}

void Corpus::take_starts() {
  const auto found = arrays_.find("starts");
  if (found == arrays_.end()) return;
  starts_ = found->second.to_int64();
  arrays_.erase(found);
  const bool is_rising =
      !starts_.empty() && starts_.front() == 0 && std::is_sorted(starts_.begin(), starts_.end());
  if (!is_rising) fail("array 'starts' must rise from 0: it says where texts begin");
}

void Corpus::check_arrays(const std::vector<const Value*>& wanted) {
  std::int64_t size = 0;
  for (const Value* input : wanted) {
    if (input->name() == target_) continue;
    const auto found = arrays_.find(input->name());
    if (found == arrays_.end()) {
      fail(
          "has no array '{}'; a corpus has one for each input, and for the targets where they are "
          "not the elements that follow",
          input->name());
    }
    Tensor& array = found->second;
    if (array.rank() != 1 || array.size() == 0) {
      fail("array '{}' has extents {}, but a corpus is one long text: an array with one axis",
           input->name(), to_string(array.dims()));
    }
    if (size != 0 && array.size() != size) {
      fail("array '{}' has {} elements but another one {}", input->name(), array.size(), size);
    }
    size = array.size();
    array = converted_for(*input, array);
  }
  if (arrays_.size() + (target_.empty() ? 0 : 1) > wanted.size()) {
    fail("has arrays that belong to no input");
  }
  if (!starts_.empty() && starts_.back() > size) {
    fail("array 'starts' ends with {}, but there are {} elements", starts_.back(), size);
  }
  size_ = target_.empty() ? size : size - 1;
}

void Corpus::count_lanes() {
  chunk_ = options_.chunk > 0 ? options_.chunk : kUsualChunk;
  lanes_ = options_.batch_size > 0 ? options_.batch_size
                                   : std::clamp<std::int64_t>(size_ / chunk_, 1, kUsualLanes);
  if (!has_fixed_lanes_ && options_.shortest_lane > 1) {
    lanes_ = std::min(lanes_, std::max<std::int64_t>(1, size_ / options_.shortest_lane));
  }
  length_ = size_ / lanes_;
  if (length_ == 0) {
    fail("its text of {} elements is too short for {} lanes; give a smaller batch size", size_,
         lanes_);
  }
  chunk_ = std::min(chunk_, length_);
  chunks_ = (length_ + chunk_ - 1) / chunk_;
}

void Corpus::order_texts(std::int64_t epoch) {
  if (ordered_epoch_ == epoch) return;
  ordered_epoch_ = epoch;
  ordered_ = arrays_;
  if (options_.shuffle && !starts_.empty()) {
    const std::vector<std::int64_t> order = shuffled(std::ssize(starts_), options_.seed, epoch);
    for (auto& [name, array] : ordered_) array = joined(array, starts_, order);
  }
  if (target_.empty()) return;
  const Tensor& text = ordered_.begin()->second;
  ordered_[target_] = text.part(size_of(text.dtype()), text.dtype(), {size_});
}

Batch Corpus::batch(std::int64_t epoch, std::int64_t index) {
  order_texts(epoch);
  const std::int64_t first = index * chunk_;
  const std::int64_t steps = std::min(chunk_, length_ - first);
  Batch batch;
  for (const auto& [name, array] : ordered_) {
    Tensor part(array.dtype(), {lanes_, steps});
    const std::size_t width = size_of(array.dtype());
    const std::size_t bytes = static_cast<std::size_t>(steps) * width;
    for (std::int64_t lane = 0; lane < lanes_; ++lane) {
      std::memcpy(part.raw() + static_cast<std::size_t>(lane) * bytes,
                  array.raw() + static_cast<std::size_t>(lane * length_ + first) * width, bytes);
    }
    batch[name] = part;
  }
  return batch;
}

}  // namespace gatefold
