#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "ir/tensor.h"

namespace gatefold {

/// Constants in the layouts that kernels want, made once and shared by all plans and contexts of an
/// Executable. Thread-safe.
class PackedWeights {
 public:
  /// The packed form named `layout` of `source`; `make` is called when it is asked for first. Equal
  /// (source memory, layout) must mean equal bytes: put everything that matters into `layout`.
  Tensor get(const Tensor& source, const std::string& layout, const std::function<Tensor()>& make) {
    const std::lock_guard lock(mutex_);
    Entry& entry = entries_[{source.raw(), layout}];
    if (!entry.packed.is_defined()) entry = {source, make()};
    return entry.packed;
  }

 private:
  struct Entry {
    Tensor source;  // Keeps the key's address from being used again.
    Tensor packed;
  };
  std::mutex mutex_;
  std::map<std::pair<const std::byte*, std::string>, Entry> entries_;
};

}  // namespace gatefold
