#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ir/error.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/extents.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

using Gram = std::vector<std::int64_t>;

/// The attributes, checked.
struct Vocabulary {
  std::int64_t shortest = 1;  ///< Tokens of the n-grams that count.
  std::int64_t longest = 1;
  std::int64_t most_skips = 0;
  std::map<Gram, std::int64_t> columns;  ///< Where in a row of Y an n-gram is counted.
  std::int64_t width = 0;                ///< Columns of Y.
  bool counts_repeats = true;
  std::vector<float> weights;  ///< Of the columns; none where all are 1.
};

/// Reads the lists that say which n-grams there are; fails where they contradict each other.
class VocabularyReader {
 public:
  explicit VocabularyReader(const Node& node)
      : node_(node),
        pool_(node.attr_ints("pool_int64s")),
        starts_(node.attr_ints("ngram_counts")),
        columns_(node.attr_ints("ngram_indexes")) {}

  Vocabulary read() {
    if (node_.has_attr("pool_strings")) {
      refuse("pool_strings is given, but strings are not supported; give pool_int64s");
    }
    Vocabulary result;
    read_lengths(result);
    read_grams(result);
    read_weights(result);
    return result;
  }

 private:
  template <typename... Args>
  [[noreturn]] void refuse(fmt::format_string<Args...> format, Args&&... args) const {
    fail("{}: {}", node_.describe(), fmt::format(format, std::forward<Args>(args)...));
  }

  void read_lengths(Vocabulary& result) const {
    result.shortest = node_.attr_int("min_gram_length");
    result.longest = node_.attr_int("max_gram_length");
    result.most_skips = node_.attr_int("max_skip_count");
    const auto groups = static_cast<std::int64_t>(starts_.size());
    if (result.shortest < 1 || result.longest < result.shortest || result.longest > groups) {
      refuse(
          "min_gram_length {} and max_gram_length {} must be in [1, {}], the entries of "
          "ngram_counts, and the first not above the second",
          result.shortest, result.longest, groups);
    }
    if (result.most_skips < 0) {
      refuse("max_skip_count is {} but must not be negative", result.most_skips);
    }
  }

  void read_grams(Vocabulary& result) const {
    if (columns_.empty()) refuse("ngram_indexes is empty but must name a column for each n-gram");
    const auto [least, greatest] = std::minmax_element(columns_.begin(), columns_.end());
    if (*least < 0 || *greatest >= kMaxElements) {
      refuse("ngram_indexes holds {}, but columns must be in [0, {})",
             *least < 0 ? *least : *greatest, kMaxElements);
    }
    result.width = *greatest + 1;
    std::size_t number = 0;
    for (std::size_t i = 0; i < starts_.size(); ++i) {
      const auto end =
          i + 1 < starts_.size() ? starts_[i + 1] : static_cast<std::int64_t>(pool_.size());
      const auto length = static_cast<std::int64_t>(i) + 1;
      check_group(length, starts_[i], end);
      for (std::int64_t at = starts_[i]; at < end; at += length, ++number) {
        add_gram({pool_.begin() + at, pool_.begin() + at + length}, number, result);
      }
    }
    if (number != columns_.size()) {
      refuse("pool_int64s holds {} n-grams, but ngram_indexes has {} entries", number,
             columns_.size());
    }
  }

  void check_group(std::int64_t length, std::int64_t start, std::int64_t end) const {
    if (start < 0 || end < start || end > static_cast<std::int64_t>(pool_.size())) {
      refuse(
          "ngram_counts says that the {}-grams are entries [{}, {}) of pool_int64s, which has {}",
          length, start, end, pool_.size());
    }
    if ((end - start) % length != 0) {
      refuse("pool_int64s has {} entries for {}-grams, which is no multiple of {}", end - start,
             length, length);
    }
  }

  void add_gram(Gram gram, std::size_t number, Vocabulary& result) const {
    const auto length = static_cast<std::int64_t>(gram.size());
    if (number >= columns_.size() || length < result.shortest || length > result.longest) return;
    if (!result.columns.emplace(std::move(gram), columns_[number]).second) {
      refuse("pool_int64s holds a {}-gram twice", length);
    }
  }

  void read_weights(Vocabulary& result) const {
    const std::string& mode = node_.attr_string("mode");
    if (mode != "TF" && mode != "IDF" && mode != "TFIDF") {
      refuse("mode is '{}' but must be one of TF, IDF, TFIDF", mode);
    }
    result.counts_repeats = mode != "IDF";
    if (mode == "TF" || !node_.has_attr("weights")) return;
    result.weights = node_.attr_floats("weights");
    const auto count = static_cast<std::int64_t>(result.weights.size());
    if (result.weights.size() != columns_.size() || count < result.width) {
      refuse("weights has {} entries but must have one for each of {} n-grams and {} columns",
             count, columns_.size(), result.width);
    }
  }

  const Node& node_;
  std::vector<std::int64_t> pool_;
  std::vector<std::int64_t> starts_;   // Of the 1-grams, 2-grams, .. in pool_.
  std::vector<std::int64_t> columns_;  // Of each n-gram.
};

void infer(InferContext& context) {
  const Vocabulary vocabulary = VocabularyReader(context.node()).read();
  if (!context.has_rank(0)) return context.set_output(0, {DataType::kFloat32, std::nullopt});
  Shape shape = context.shape(0);
  if (shape.size() != 1 && shape.size() != 2) {
    context.fail("X is {} but must be a sequence [C] or a batch of them [N,C]",
                 to_string(context.input(0)));
  }
  shape.back() = Dim(vocabulary.width);
  check_element_count(context, shape);
  context.set_output(0, {DataType::kFloat32, shape});
}

/// Adds to `row` the n-grams of at least `shortest` tokens whose tokens lie `step` apart.
void count(const Vocabulary& vocabulary, std::span<const std::int64_t> tokens,
           std::int64_t shortest, std::int64_t step, float* row) {
  const auto size = static_cast<std::int64_t>(tokens.size());
  for (std::int64_t first = 0; first < size; ++first) {
    Gram gram;
    for (std::int64_t at = first; at < size; at += step) {
      gram.push_back(tokens[at]);
      const auto length = static_cast<std::int64_t>(gram.size());
      if (length > vocabulary.longest) break;
      if (length < shortest) continue;
      const auto found = vocabulary.columns.find(gram);
      if (found != vocabulary.columns.end()) row[found->second] += 1;
    }
  }
}

/// One row of Y. Single tokens have no gaps: they are counted once.
void fill_row(const Vocabulary& vocabulary, std::span<const std::int64_t> tokens, float* row) {
  const auto most_steps =
      std::min(vocabulary.most_skips, static_cast<std::int64_t>(tokens.size())) + 1;
  for (std::int64_t step = 1; step <= most_steps; ++step) {
    const std::int64_t shortest =
        step == 1 ? vocabulary.shortest : std::max<std::int64_t>(vocabulary.shortest, 2);
    count(vocabulary, tokens, shortest, step, row);
  }
  for (std::int64_t k = 0; k < vocabulary.width; ++k) {
    if (!vocabulary.counts_repeats) row[k] = std::min(row[k], 1.0F);
    if (!vocabulary.weights.empty()) row[k] *= vocabulary.weights[k];
  }
}

void evaluate(EvaluateContext& context) {
  const Tensor& X = context.input(0);
  const Vocabulary vocabulary = VocabularyReader(context.node()).read();
  Dims dims = X.dims();
  const std::int64_t length = dims.back();
  dims.back() = vocabulary.width;
  const std::int64_t rows = dims.size() == 1 ? 1 : dims.front();
  Tensor& Y = context.output(0, DataType::kFloat32, dims);
  const std::vector<std::int64_t> tokens = X.to_int64();
  auto* y = Y.data<float>();
  std::fill_n(y, Y.size(), 0.0F);
  for (std::int64_t row = 0; row < rows; ++row, y += vocabulary.width) {
    fill_row(vocabulary, std::span(tokens).subspan(row * length, length), y);
  }
}

}  // namespace

std::vector<OpDef> tf_idf_vectorizer() {
  using Kind = AttrDef::Kind;
  const auto required = [](std::string_view name, Kind kind) {
    return AttrDef{.name = name, .kind = kind, .is_required = true};
  };
  return {{
      .name = "TfIdfVectorizer",
      .doc = "Counts the n-grams of a vocabulary in sequences of whole numbers: n tokens from\n"
             "min_gram_length to max_gram_length that lie 1 to max_skip_count + 1 apart. Column\n"
             "ngram_indexes[i] counts n-gram i of pool_int64s. With mode IDF each counts at most\n"
             "once; IDF and TFIDF multiply column k by weights[k], as ONNX's reference\n"
             "implementation does. Vocabularies of strings are refused.\n"
             "Shapes: X [C] -> Y [K], X [N,C] -> Y [N,K] with K = max(ngram_indexes) + 1\n"
             "Formula: TF: Y = count, IDF: Y = min(count, 1) weight, TFIDF: Y = count weight\n"
             "Source: ONNX TfIdfVectorizer-9",
      .since = 9,
      .inputs = {{"X", "T", kIndexTypes}},
      .outputs = {{"Y", {}, DataTypeSet(DataType::kFloat32)}},
      .attrs = {required("max_gram_length", Kind::kInt),
                required("max_skip_count", Kind::kInt),
                required("min_gram_length", Kind::kInt),
                required("mode", Kind::kString),
                required("ngram_counts", Kind::kInts),
                required("ngram_indexes", Kind::kInts),
                {"pool_int64s", Kind::kInts},
                {"pool_strings", Kind::kStrings},
                {"weights", Kind::kFloats}},
      .infer = infer,
      .evaluate = evaluate,
  }};
}

}  // namespace gatefold::ops
