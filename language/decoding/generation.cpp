#include "language/decoding/generation.h"

#include <utility>
#include <vector>

#include "ir/error.h"
#include "language/decoding/scores.h"
#include "language/text/utf8.h"

namespace gatefold {
namespace {

/// Hands over the text of a growing list of tokens piece by piece.
class Writer {
 public:
  Writer(const Tokenizer& tokenizer, std::vector<std::int64_t> ids)
      : tokenizer_(tokenizer), ids_(std::move(ids)), shown_(tokenizer.decode(ids_).size()) {}

  void add(std::int64_t id, const TextReceiver& receive) {
    ids_.push_back(id);
    const std::string text = tokenizer_.decode(ids_);
    if (text.size() <= shown_) return;
    const std::string_view piece = std::string_view(text).substr(shown_);
    // A character may be spread over several tokens; until it is whole it is U+FFFD.
    if (piece.ends_with("\uFFFD")) return;
    receive(piece);
    shown_ = text.size();
    // Only a few of the last tokens decide how the next one is written.
    if (ids_.size() > kMostKept) restart();
  }

 private:
  static constexpr std::size_t kMostKept = 64;
  static constexpr std::size_t kKept = 8;

  void restart() {
    ids_.erase(ids_.begin(), ids_.end() - static_cast<std::ptrdiff_t>(kKept));
    shown_ = tokenizer_.decode(ids_).size();
  }

  const Tokenizer& tokenizer_;
  std::vector<std::int64_t> ids_;
  std::size_t shown_;
};

}  // namespace

Generator::Generator(const std::shared_ptr<const CompiledModel>& model, Tokenizer tokenizer,
                     std::optional<std::int64_t> end, std::int64_t window)
    : session_(model),
      tokenizer_(std::move(tokenizer)),
      end_(end),
      window_(static_cast<std::size_t>(window)) {
  model->input("tokens");
  const Type& type = model->output("logits").type;
  const std::int64_t tokens = tokenizer_.vocabulary_size();
  if (!may_score(type, tokens)) {
    fail("the model's output 'logits' is {}, but the vocabulary has {} tokens", to_string(type),
         tokens);
  }
}

/// The scores of the token that follows these.
std::span<const float> Generator::step(std::span<const std::int64_t> tokens) {
  if (session_.carried().empty()) {
    read_.insert(read_.end(), tokens.begin(), tokens.end());
    if (read_.size() > window_) {
      read_.erase(read_.begin(), read_.end() - static_cast<std::ptrdiff_t>(window_));
    }
    tokens = read_;
  }
  const auto length = static_cast<std::int64_t>(tokens.size());
  const auto& outputs = session_.run({{"tokens", Tensor::of<std::int64_t>({1, length}, tokens)}});
  const auto& logits = std::get<Tensor>(outputs.at("logits"));
  const std::int64_t vocabulary = logits.dims().back();
  return logits.values<float>().last(static_cast<std::size_t>(vocabulary));
}

std::int64_t Generator::generate(std::string_view prompt, std::int64_t count,
                                 const SamplingOptions& options, const TextReceiver& receive) {
  check_sampling(options);
  const std::vector<std::int64_t> ids =
      tokenizer_.encode(checked_utf8(std::string(prompt), "the prompt"), false);
  if (ids.empty()) fail("the prompt is empty; give a text to continue");
  if (session_.carried().empty() && ids.size() > window_) {
    fail("the prompt has {} tokens, but the model reads at most {} at a time; shorten it",
         ids.size(), window_);
  }
  session_.reset();
  read_.clear();
  Sampler sampler(options);
  Writer writer(tokenizer_, ids);
  // Where texts end, the next one begins.
  if (end_) step(std::span(&*end_, 1));
  std::span<const float> scores = step(ids);
  std::int64_t made = 0;
  while (made < count) {
    const std::int64_t next = sampler.choose(scores);
    if (end_ && next == *end_) break;
    writer.add(next, receive);
    if (++made < count) scores = step(std::span(&next, 1));
  }
  return made;
}

}  // namespace gatefold
