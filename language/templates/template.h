#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/graph.h"

namespace gatefold {

/// What a model is made for: which data it is trained on, by which loss, and what is asked of it.
enum class Task : std::int8_t {
  kRegression,      ///< x -> y, numbers.
  kClassification,  ///< Text -> label.
  kTagging,         ///< Text -> one label for each token.
  kLanguageModel,   ///< Text so far -> next token.
  kTranslation,     ///< Text -> text.
  kSkipGram,        ///< Token -> tokens around it.
  kCbow,            ///< Tokens around one -> that token.
};

/// The choices of `gatefold new`. A template follows those that it names.
struct TemplateOptions {
  std::string cell = "lstm";  ///< "rnn", "gru" or "lstm".
  std::int64_t embedding = 128;
  std::int64_t hidden = 128;
  std::int64_t layers = 1;
  bool bidirectional = false;
  /// Probability with which training drops elements of what recurrent layers hand to the next.
  double dropout = 0;
  bool tie = false;                ///< Share the embedding with the output layer.
  std::string attention = "none";  ///< "none", "luong" or "bahdanau".
  std::int64_t heads = 4;          ///< Of a transformer; its width is that of the embedding.
  std::int64_t window = 128;       ///< Most tokens that a transformer reads at a time.
  std::int64_t inputs = 1;         ///< Numbers per example of linear and mlp.
  std::int64_t outputs = 1;
  std::uint64_t seed = 0;
};

/// What the data decide about a model.
struct DataSizes {
  std::int64_t tokens = 0;    ///< Size of the vocabulary.
  std::int64_t padding = -1;  ///< The index that pads sequences; -1: none.
  std::int64_t targets = 0;   ///< Number of labels, or size of the target vocabulary.
};

/// A model and the file of a project that holds it.
struct NamedModel {
  std::string file;
  Model model;
};

/// A kind of model that can be made new.
struct Template {
  std::string_view name;
  Task task;
  /// Says in a line what the model computes.
  std::string_view summary;
  /// Makes the models. Throws Error for options that contradict each other.
  std::vector<NamedModel> (*make)(const TemplateOptions& options, const DataSizes& sizes);
  /// The names of the choices that the models depend on, as options of `gatefold new`; all depend
  /// on the seed.
  std::span<const std::string_view> options;
};

/// Returns every template, simplest first.
std::span<const Template> all_templates();
/// Returns the template of that name. Throws Error, listing the names, if there is none.
const Template& find_template(std::string_view name);

/// Checks that the models of a template depend on a choice, which has its name as an option of
/// `gatefold new` without the dashes. Throws Error if not, naming those on which they depend.
void require_use(const Template& chosen, std::string_view option);

/// Checks the choices that every template shares. Throws Error for a cell or an attention that is
/// not known, for sizes below 1 and for a dropout that is no probability below 1.
void check_options(const TemplateOptions& options);

}  // namespace gatefold
