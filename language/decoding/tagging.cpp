#include "language/decoding/tagging.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "ir/error.h"
#include "language/decoding/scores.h"
#include "language/text/utf8.h"

namespace gatefold {

Tagger::Tagger(const std::shared_ptr<const CompiledModel>& model, Tokenizer tokenizer,
               std::vector<std::string> labels)
    : session_(model), tokenizer_(std::move(tokenizer)), labels_(std::move(labels)) {
  const Type& type = model->output("logits").type;
  if (!may_score(type, std::ssize(labels_)) || type.rank() != 3) {
    fail("the model's output 'logits' is {}, but there are {} labels for each token",
         to_string(type), labels_.size());
  }
}

std::vector<std::string> Tagger::tag(std::string_view text) {
  const std::vector<std::int64_t> ids =
      tokenizer_.encode(checked_utf8(std::string(text), "the text"));
  if (ids.empty()) fail("the text is empty; give one to label");
  const std::int64_t length = std::ssize(ids);
  const NamedData& outputs =
      session_.run({{"tokens", Tensor::of<std::int64_t>({1, length}, std::span(ids))},
                    {"lengths", Tensor::of<std::int64_t>({1}, {length})}});
  const auto scores = std::get<Tensor>(outputs.at("logits")).values<float>();
  const auto count = std::ssize(labels_);
  std::vector<std::string> found;
  for (std::int64_t i = 0; i < length; ++i) {
    const auto begin = scores.begin() + i * count;
    found.push_back(labels_[std::max_element(begin, begin + count) - begin]);
  }
  return found;
}

}  // namespace gatefold
