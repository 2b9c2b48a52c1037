#include "language/corpora/word_pairs.h"

namespace gatefold {

WordPairs::WordPairs(const DataSource& source, const std::string& target,
                     const BatchOptions& batches, const WordPairOptions& options)
    : NegativeSampling(source, "context", target, batches, options) {
  const std::span<const std::int64_t> text = tokens();
  for (std::int64_t center = 0; center < std::ssize(text); ++center) {
    if (text[center] < 0) continue;
    for_each_neighbour(
        center, [&](std::int64_t neighbour) { pairs_.emplace_back(text[center], neighbour); });
  }
  require_examples();
}

void WordPairs::add_inputs(std::span<const std::int64_t> examples, Batch& batch) const {
  Tensor center(DataType::kInt64, {std::ssize(examples)});
  for (std::size_t i = 0; i < examples.size(); ++i) {
    center.data<std::int64_t>()[i] = pairs_[examples[i]].first;
  }
  batch["center"] = center;
}

}  // namespace gatefold
