#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "language/tokenizers/parts/part.h"

namespace gatefold {

/// The merges of byte-pair encoding: which neighbouring tokens become one, and in what order.
class Merges {
 public:
  /// Appends the merge of two tokens to a third. A pair that is there already is ranked anew.
  void add(std::int64_t left, std::int64_t right, std::int64_t merged);

  /// Merges neighbours, each time those of the first merge in the order that are left, from left
  /// to right. Takes n log n steps.
  Ids apply(const Ids& tokens) const;

 private:
  struct Merge {
    std::int64_t rank = 0;
    std::int64_t merged = 0;
  };
  class Word;

  const Merge* find(std::int64_t left, std::int64_t right) const;

  std::unordered_map<std::uint64_t, Merge> merges_;
  std::int64_t count_ = 0;
};

}  // namespace gatefold
