#include "language/corpora/word_windows.h"

namespace gatefold {

WordWindows::WordWindows(const DataSource& source, const std::string& target,
                         const BatchOptions& batches, const WordPairOptions& options)
    : NegativeSampling(source, "candidates", target, batches, options) {
  const std::span<const std::int64_t> text = tokens();
  for (std::int64_t center = 0; center < std::ssize(text); ++center) {
    std::int64_t neighbours = 0;
    if (text[center] >= 0) for_each_neighbour(center, [&](std::int64_t) { ++neighbours; });
    if (neighbours > 0) centers_.push_back(center);
  }
  require_examples();
}

void WordWindows::add_inputs(std::span<const std::int64_t> examples, Batch& batch) const {
  const std::int64_t count = std::ssize(examples);
  const std::int64_t width = 2 * options().window;
  Tensor context(DataType::kInt64, {count, width});
  Tensor lengths(DataType::kInt64, {count});
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t* row = context.data<std::int64_t>() + i * width;
    std::int64_t& length = lengths.data<std::int64_t>()[i];
    for_each_neighbour(centers_[examples[i]],
                       [&](std::int64_t neighbour) { row[length++] = neighbour; });
  }
  batch["context"] = context;
  batch["lengths"] = lengths;
}

}  // namespace gatefold
