#include "language/decoding/classification.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "ir/error.h"
#include "language/decoding/scores.h"
#include "language/text/utf8.h"

namespace gatefold {

Classifier::Classifier(const std::shared_ptr<const CompiledModel>& model, Tokenizer tokenizer,
                       std::vector<std::string> labels, std::optional<std::int64_t> window)
    : session_(model),
      tokenizer_(std::move(tokenizer)),
      labels_(std::move(labels)),
      window_(window) {
  const Type& type = model->output("logits").type;
  if (!may_score(type, std::ssize(labels_))) {
    fail("the model's output 'logits' is {}, but there are {} labels", to_string(type),
         labels_.size());
  }
}

std::vector<LabelProbability> Classifier::classify(std::string_view text, std::size_t count) {
  const std::vector<std::int64_t> ids =
      tokenizer_.encode(checked_utf8(std::string(text), "the text"));
  if (ids.empty()) fail("the text is empty; give one to label");
  if (window_ && std::ssize(ids) > *window_) {
    fail("the text has {} tokens, but the model reads at most {} at a time; shorten it", ids.size(),
         *window_);
  }
  const std::int64_t length = std::ssize(ids);
  const NamedData& outputs =
      session_.run({{"tokens", Tensor::of<std::int64_t>({1, length}, std::span(ids))},
                    {"lengths", Tensor::of<std::int64_t>({1}, {length})}});
  const auto scores = std::get<Tensor>(outputs.at("logits")).values<float>();
  const double highest = *std::max_element(scores.begin(), scores.end());
  std::vector<LabelProbability> result;
  double sum = 0;
  for (std::size_t i = 0; i < labels_.size(); ++i) {
    result.push_back({labels_[i], std::exp(scores[i] - highest)});
    sum += result.back().probability;
  }
  for (LabelProbability& label : result) label.probability /= sum;
  std::stable_sort(result.begin(), result.end(),
                   [](const auto& a, const auto& b) { return a.probability > b.probability; });
  result.resize(std::min(count, result.size()));
  return result;
}

}  // namespace gatefold
