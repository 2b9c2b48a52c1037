#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> tf_idf_vectorizer_cases() {
  return {
      {.name = "TfIdfVectorizerBatch",
       .graph = "g (int64[2,6] x) => (float[2,k] y) { y = TfIdfVectorizer <mode = \"TF\", "
                "min_gram_length = 1, max_gram_length = 2, max_skip_count = 1, ngram_counts = "
                "[0, 2], ngram_indexes = [0, 1, 2, 3], pool_int64s = [0, 1, 0, 1, 2, 2]> (x) }"},
      {.name = "TfIdfVectorizerInt32Weights",
       .graph = "g (int32[9] x) => (float[k] y) { y = TfIdfVectorizer <mode = \"TFIDF\", "
                "min_gram_length = 2, max_gram_length = 2, max_skip_count = 0, ngram_counts = "
                "[0, 0], ngram_indexes = [1, 0], pool_int64s = [0, 1, 2, 2], weights = [0.5, "
                "2.0]> (x) }"},
      {.name = "TfIdfVectorizerEmptySequence",
       .graph = "g (int64[0] x) => (float[k] y) { y = TfIdfVectorizer <mode = \"IDF\", "
                "min_gram_length = 1, max_gram_length = 1, max_skip_count = 0, ngram_counts = "
                "[0], ngram_indexes = [3], pool_int64s = [1]> (x) }"},
  };
}

}  // namespace gatefold::test
