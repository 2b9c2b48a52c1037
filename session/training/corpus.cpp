#include "session/training/corpus.h"

#include <algorithm>
#include <cstring>

#include "ir/error.h"
#include "session/arrays/npz.h"

namespace gatefold {
namespace {

constexpr std::int64_t kUsualLanes = 32;
constexpr std::int64_t kUsualChunk = 64;

}  // namespace

Corpus::Corpus(const DataSource& source, const std::vector<const Value*>& wanted,
               const std::string& target, const BatchOptions& options)
    : arrays_(source.path.empty() ? source.arrays : read_npz(source.path)) {
  try {
    add_targets(wanted, target);
    check_arrays(wanted);
    count_lanes(options);
  } catch (const Error& error) {
    fail("{}: {}", source.name(), error.what());
  }
}

void Corpus::add_targets(const std::vector<const Value*>& wanted, const std::string& target) {
  if (arrays_.contains(target) || arrays_.size() != 1 || wanted.size() != 2) return;
  Tensor& text = arrays_.begin()->second;
  if (text.rank() != 1 || text.size() < 2) return;
  const std::size_t width = size_of(text.dtype());
  arrays_[target] = text.part(width, text.dtype(), {text.size() - 1});
  text = text.part(0, text.dtype(), {text.size() - 1});
}

void Corpus::check_arrays(const std::vector<const Value*>& wanted) {
  for (const Value* input : wanted) {
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
    if (size_ != 0 && array.size() != size_) {
      fail("array '{}' has {} elements but another one {}", input->name(), array.size(), size_);
    }
    size_ = array.size();
    array = converted_for(*input, array);
  }
  if (arrays_.size() > wanted.size()) fail("has arrays that belong to no input");
}

void Corpus::count_lanes(const BatchOptions& options) {
  chunk_ = options.chunk > 0 ? options.chunk : kUsualChunk;
  lanes_ = options.batch_size > 0 ? options.batch_size
                                  : std::clamp<std::int64_t>(size_ / chunk_, 1, kUsualLanes);
  length_ = size_ / lanes_;
  if (length_ == 0) {
    fail("its text of {} elements is too short for {} lanes; give a smaller batch size", size_,
         lanes_);
  }
  chunk_ = std::min(chunk_, length_);
  chunks_ = (length_ + chunk_ - 1) / chunk_;
}

Batch Corpus::batch(std::int64_t /*epoch*/, std::int64_t index) {
  const std::int64_t first = index * chunk_;
  const std::int64_t steps = std::min(chunk_, length_ - first);
  Batch batch;
  for (const auto& [name, array] : arrays_) {
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
