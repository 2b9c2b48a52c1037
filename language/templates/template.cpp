#include "language/templates/template.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "ir/error.h"
#include "language/templates/models.h"

namespace gatefold {
namespace {

constexpr std::string_view kLinear[] = {"inputs", "outputs"};
constexpr std::string_view kMlp[] = {"hidden", "layers", "inputs", "outputs"};
constexpr std::string_view kReader[] = {"rnn",    "embedding",     "hidden",
                                        "layers", "bidirectional", "dropout"};
constexpr std::string_view kLanguageModel[] = {"rnn",    "embedding", "hidden",
                                               "layers", "dropout",   "tie"};
constexpr std::string_view kTransformer[] = {"embedding", "hidden", "layers", "heads", "window"};
constexpr std::string_view kTransformerLm[] = {"embedding", "hidden", "layers",
                                               "heads",     "window", "tie"};
constexpr std::string_view kSeq2seq[] = {"rnn",           "embedding", "hidden", "layers",
                                         "bidirectional", "dropout",   "tie",    "attention"};
constexpr std::string_view kWordVectors[] = {"embedding"};

constexpr std::array kTemplates{
    Template{"linear", Task::kRegression, "y = x W^T + b", make_linear, kLinear},
    Template{"mlp", Task::kRegression, "layers of x W^T + b with tanh between them", make_mlp,
             kMlp},
    Template{
        "classifier", Task::kClassification,
        "text to a label: embedding, recurrent layers over sequences of any length, output layer "
        "on the last state",
        make_classifier, kReader},
    Template{"tagger", Task::kTagging,
             "a label for each token: embedding, recurrent layers, output layer at each step",
             make_tagger, kReader},
    Template{"char-lm", Task::kLanguageModel,
             "next character: embedding, recurrent layers that carry their states, output layer",
             make_language_model, kLanguageModel},
    Template{"word-lm", Task::kLanguageModel, "next word or subword, otherwise as char-lm",
             make_language_model, kLanguageModel},
    Template{"transformer-encoder", Task::kClassification,
             "text to a label: embedding, self-attention, output layer on the mean",
             make_transformer_encoder, kTransformer},
    Template{"transformer-lm", Task::kLanguageModel,
             "next character: embedding, self-attention to what came before, output layer",
             make_transformer_lm, kTransformerLm},
    Template{"seq2seq", Task::kTranslation,
             "text to text: an encoder and a decoder, with or without attention", make_seq2seq,
             kSeq2seq},
    Template{"skipgram", Task::kSkipGram,
             "word vectors that tell the tokens around a token from tokens drawn at random",
             make_skipgram, kWordVectors},
    Template{"cbow", Task::kCbow,
             "word vectors whose mean over a window tells the token in its middle", make_cbow,
             kWordVectors},
};

void check_positive(std::string_view option, std::int64_t number) {
  if (number < 1) fail("--{} {} is too small: at least 1", option, number);
}

void check_word(std::string_view option, const std::string& word,
                const std::vector<std::string_view>& words) {
  if (std::find(words.begin(), words.end(), word) == words.end()) {
    fail("--{} {} is not known; choose one of: {}", option, word, fmt::join(words, ", "));
  }
}

}  // namespace

std::span<const Template> all_templates() { return kTemplates; }

const Template& find_template(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Template& candidate : kTemplates) {
    if (candidate.name == name) return candidate;
    names.push_back(candidate.name);
  }
  fail("there is no template '{}'; the templates are: {}", name, fmt::join(names, ", "));
}

void require_use(const Template& chosen, std::string_view option) {
  const auto& taken = chosen.options;
  if (option == "seed" || std::find(taken.begin(), taken.end(), option) != taken.end()) return;
  fail("the template '{}' has no use for --{}; it takes --{} and --seed", chosen.name, option,
       fmt::join(taken, ", --"));
}

void check_options(const TemplateOptions& options) {
  check_word("rnn", options.cell, {"rnn", "gru", "lstm"});
  check_word("attention", options.attention, {"none", "luong", "bahdanau"});
  const std::pair<std::string_view, std::int64_t> sizes[] = {
      {"embedding", options.embedding}, {"hidden", options.hidden}, {"layers", options.layers},
      {"heads", options.heads},         {"window", options.window}, {"inputs", options.inputs},
      {"outputs", options.outputs}};
  for (const auto& [name, size] : sizes) check_positive(name, size);
  if (!(options.dropout >= 0 && options.dropout < 1)) {
    fail("--dropout {} must be at least 0 and below 1", options.dropout);
  }
}

}  // namespace gatefold
