#include "language/decoding/translation.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "ir/error.h"
#include "language/text/utf8.h"
#include "language/tokenizers/special_names.h"

namespace gatefold {
namespace {

std::int64_t require_token(const Tokenizer& tokenizer, const std::string& token) {
  const std::optional<std::int64_t> id = tokenizer.id_of(token);
  if (!id) fail("the tokenizer of the target has no token '{}'", token);
  return *id;
}

/// What each token is in a text.
std::vector<std::string> decode_each(const Tokenizer& tokenizer,
                                     const std::vector<std::int64_t>& ids) {
  std::vector<std::string> texts;
  for (const std::int64_t id : ids) {
    texts.push_back(tokenizer.decode(std::span(&id, 1), /*skip_special_tokens=*/false));
  }
  return texts;
}

}  // namespace

Translator::Translator(const std::shared_ptr<const CompiledModel>& encoder,
                       std::shared_ptr<const CompiledModel> decoder, Tokenizer source,
                       Tokenizer target)
    : encoder_(encoder),
      decoder_(std::move(decoder), std::vector<CarriedState>()),
      source_(std::move(source)),
      target_(std::move(target)),
      beginning_(require_token(target_, kBeginningToken)),
      end_(require_token(target_, kEndToken)) {}

/// What the decoder reads at its first step, by its inputs, for a single hypothesis.
NamedData Translator::encode(const std::vector<std::int64_t>& ids) {
  const auto length = static_cast<std::int64_t>(ids.size());
  const NamedData& encoded =
      encoder_.run({{"tokens", Tensor::of<std::int64_t>({1, length}, std::span(ids))},
                    {"lengths", Tensor::of<std::int64_t>({1}, {length})}});
  const CompiledModel& decoder = decoder_.model();
  NamedData inputs;
  for (const ModelPort& port : decoder.inputs()) {
    std::string output = port.name;
    for (const CarriedState& state : decoder.states()) {
      if (state.input == port.name) output = state.output;
    }
    const auto found = encoded.find(output);
    if (found == encoded.end()) continue;
    inputs[port.name] = std::get<Tensor>(found->second).clone();
  }
  return inputs;
}

bool Translator::has_attention() const {
  const std::vector<ModelPort>& outputs = decoder_.model().outputs();
  return std::any_of(outputs.begin(), outputs.end(),
                     [](const ModelPort& port) { return port.name == "attention"; });
}

std::vector<Hypothesis> Translator::search(const std::vector<std::int64_t>& tokens,
                                           const BeamOptions& options) {
  if (options.size < 1 || options.best < 1 || options.best > options.size) {
    fail("{} translations of a beam of {} cannot be had; give 1 <= --n-best <= --beam-size",
         options.best, options.size);
  }
  if (!(options.length_penalty >= 0) || !std::isfinite(options.length_penalty)) {
    fail("--length-penalty {} is not a finite number from 0", options.length_penalty);
  }
  if (tokens.empty()) fail("the text is empty; give one to translate");
  return search_beam(decoder_, encode(tokens), beginning_, end_, options);
}

std::vector<Translation> Translator::translate(std::string_view text, const BeamOptions& options) {
  const std::string source = checked_utf8(std::string(text), "the text");
  // What a tokenizer adds to a text does not make it one.
  if (source_.encode(source, false).empty()) fail("the text is empty; give one to translate");
  return translate(source_.encode(source), options);
}

std::vector<Translation> Translator::translate(const std::vector<std::int64_t>& tokens,
                                               const BeamOptions& options) {
  std::vector<Translation> translations;
  for (const Hypothesis& found : search(tokens, options)) {
    Translation& translation = translations.emplace_back();
    translation.text = target_.decode(found.tokens);
    translation.score = found.score(options);
    translation.source_tokens = decode_each(source_, tokens);
    translation.tokens = decode_each(target_, found.tokens);
    if (!found.attention.empty()) {
      translation.attention = Tensor::of<float>({std::ssize(found.tokens), std::ssize(tokens)},
                                                std::span<const float>(found.attention));
    }
  }
  return translations;
}

}  // namespace gatefold
