#include <fmt/format.h>
#include <gtest/gtest.h>

#include "frontend/onnx_reader.h"
#include "ir/error.h"
#include "ir/evaluate.h"

namespace gatefold {
namespace {

/// A sequence, and the row that its n-grams make: 1-grams 2, 3, 5, 4 and 2-grams 5 6, 7 8, 6 7.
struct CountCase {
  std::string name;
  std::string attrs;
  std::vector<float> row;
};

const CountCase kCases[] = {
    {"Bigrams",
     R"(mode = "TF", min_gram_length = 2, max_gram_length = 2, max_skip_count = 0)",
     {0, 0, 0, 0, 1, 1, 1}},
    {"SkippedBigrams",
     R"(mode = "TF", min_gram_length = 2, max_gram_length = 2, max_skip_count = 5)",
     {0, 0, 0, 0, 1, 3, 1}},
    // Skips do not count single tokens again.
    {"Both",
     R"(mode = "TF", min_gram_length = 1, max_gram_length = 2, max_skip_count = 5)",
     {0, 3, 1, 0, 1, 3, 1}},
    {"Once",
     R"(mode = "IDF", min_gram_length = 1, max_gram_length = 2, max_skip_count = 5)",
     {0, 1, 1, 0, 1, 1, 1}},
    {"OnceWeighed",
     R"(mode = "IDF", min_gram_length = 1, max_gram_length = 2, max_skip_count = 5,
        weights = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0])",
     {0, 2, 3, 0, 5, 6, 7}},
    {"CountedWeighed",
     R"(mode = "TFIDF", min_gram_length = 1, max_gram_length = 2, max_skip_count = 5,
        weights = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0])",
     {0, 6, 3, 0, 5, 18, 7}},
    // Counts take no weights.
    {"CountedOnly",
     R"(mode = "TF", min_gram_length = 1, max_gram_length = 1, max_skip_count = 0,
        weights = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0])",
     {0, 3, 1, 0, 0, 0, 0}},
};

std::string graph_with(const std::string& attrs) {
  return fmt::format(
      "g (int64[12] x) => (float[k] y) {{ y = TfIdfVectorizer <{}, ngram_counts = [0, 4], "
      "ngram_indexes = [0, 1, 2, 3, 4, 5, 6], pool_int64s = [2, 3, 5, 4, 5, 6, 7, 8, 6, 7]> (x) }}",
      attrs);
}

TEST(TfIdfVectorizer, CountsWeighsAndSkips) {
  const Datum x = Tensor::of<std::int64_t>({12}, {1, 1, 3, 3, 3, 7, 8, 6, 7, 5, 6, 8});
  for (const CountCase& test : kCases) {
    const Model model = parse_model(graph_with(test.attrs), test.name);
    const Tensor y = std::get<Tensor>(evaluate(*model.graph, {x})[0]);
    EXPECT_EQ(std::vector<float>(y.values<float>().begin(), y.values<float>().end()), test.row)
        << test.name;
  }
}

struct RefusedCase {
  const char* attrs;
  const char* message;
};

const RefusedCase kRefused[] = {
    {R"(mode = "TF", min_gram_length = 1, max_gram_length = 1, ngram_counts = [0],
        ngram_indexes = [0], pool_strings = ["a"])",
     "pool_strings is given, but strings are not supported; give pool_int64s"},
    {R"(mode = "tf", min_gram_length = 1, max_gram_length = 1, ngram_counts = [0],
        ngram_indexes = [0], pool_int64s = [4])",
     "mode is 'tf' but must be one of TF, IDF, TFIDF"},
    {R"(mode = "TF", min_gram_length = 1, max_gram_length = 3, ngram_counts = [0],
        ngram_indexes = [0], pool_int64s = [4])",
     "min_gram_length 1 and max_gram_length 3 must be in [1, 1]"},
    {R"(mode = "TF", min_gram_length = 2, max_gram_length = 2, ngram_counts = [0, 0],
        ngram_indexes = [0], pool_int64s = [4, 5, 6])",
     "pool_int64s has 3 entries for 2-grams, which is no multiple of 2"},
    {R"(mode = "TF", min_gram_length = 1, max_gram_length = 1, ngram_counts = [9],
        ngram_indexes = [0], pool_int64s = [4])",
     "ngram_counts says that the 1-grams are entries [9, 1) of pool_int64s, which has 1"},
    {R"(mode = "TF", min_gram_length = 1, max_gram_length = 1, ngram_counts = [0],
        ngram_indexes = [0, -1], pool_int64s = [4, 5])",
     "ngram_indexes holds -1"},
    {R"(mode = "TF", min_gram_length = 1, max_gram_length = 1, ngram_counts = [0],
        ngram_indexes = [0, 1], pool_int64s = [4, 4])",
     "pool_int64s holds a 1-gram twice"},
    {R"(mode = "TF", min_gram_length = 1, max_gram_length = 1, ngram_counts = [0],
        ngram_indexes = [0, 1, 2], pool_int64s = [4, 5])",
     "pool_int64s holds 2 n-grams, but ngram_indexes has 3 entries"},
    {R"(mode = "IDF", min_gram_length = 1, max_gram_length = 1, ngram_counts = [0],
        ngram_indexes = [0, 1], pool_int64s = [4, 5], weights = [1.0])",
     "weights has 1 entries but must have one for each of 2 n-grams and 2 columns"},
};

TEST(TfIdfVectorizer, RefusesVocabulariesThatContradictThemselves) {
  for (const RefusedCase& test : kRefused) {
    const std::string graph = fmt::format(
        "g (int64[3] x) => (float[k] y) {{ y = TfIdfVectorizer <{}, max_skip_count = 0> (x) }}",
        test.attrs);
    try {
      parse_model(graph, "refused");
      ADD_FAILURE() << "accepted, but expected: " << test.message;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(test.message), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace gatefold
