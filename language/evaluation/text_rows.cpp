#include "language/evaluation/text_rows.h"

#include <algorithm>

#include "ir/error.h"
#include "language/corpora/arrays.h"

namespace gatefold {

const Tensor& find_array(const ExampleArrays& examples, const std::string& name, DataType dtype) {
  const auto found = examples.find(name);
  if (found == examples.end()) fail("there is no array '{}'", name);
  if (found->second.dtype() != dtype) {
    fail("array '{}' is {}, but its elements must be {}", name, to_string(found->second.type()),
         name_of(dtype));
  }
  return found->second;
}

TextRows::TextRows(const ExampleArrays& examples)
    : tokens_(find_array(examples, "tokens")),
      lengths_(find_array(examples, "lengths")),
      target_(find_array(examples, "target")) {
  if (tokens_.rank() != 2 || lengths_.dims() != Dims{tokens_.dims()[0]} || target_.rank() < 1 ||
      target_.dims()[0] != tokens_.dims()[0]) {
    fail("arrays 'tokens' {}, 'lengths' {} and 'target' {} are not those of the same texts",
         to_string(tokens_.dims()), to_string(lengths_.dims()), to_string(target_.dims()));
  }
  for (const std::int64_t length : lengths_.values<std::int64_t>()) {
    if (length < 0 || length > tokens_.dims()[1]) {
      fail("array 'lengths' holds {}, but texts have up to {} tokens", length, tokens_.dims()[1]);
    }
  }
}

std::vector<std::int64_t> TextRows::text(std::int64_t row) const {
  const std::int64_t* begin = tokens_.data<std::int64_t>() + row * tokens_.dims()[1];
  return {begin, begin + lengths_.data<std::int64_t>()[row]};
}

std::span<const std::int64_t> TextRows::wanted(std::int64_t row) const {
  const auto width = static_cast<std::size_t>(target_.size() / target_.dims()[0]);
  return target_.values<std::int64_t>().subspan(static_cast<std::size_t>(row) * width, width);
}

std::span<const std::int64_t> TextRows::wanted_text(std::int64_t row) const {
  const auto all = wanted(row);
  const auto behind = std::find(all.begin(), all.end(), kIgnoredTarget);
  return all.first(static_cast<std::size_t>(behind - all.begin()));
}

}  // namespace gatefold
