#include "language/tokenizers/tokenizer.h"

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <string>
#include <vector>

#include "language/tokenizers/training.h"
#include "python/bindings/bindings.h"
#include "python/bindings/unlocked.h"

namespace gatefold::python {

namespace py = pybind11;

namespace {

using Texts = std::vector<std::string>;

TokenizerOptions tokenizer_options(bool lower_case, std::int64_t min_count) {
  return {.special = {}, .lower_case = lower_case, .min_count = min_count};
}

Tokenizer of_characters(const Texts& texts, bool lower_case, std::int64_t min_count) {
  const Unlocked unlocked;
  return make_character_tokenizer(texts, tokenizer_options(lower_case, min_count));
}

Tokenizer of_words(const Texts& texts, bool lower_case, std::int64_t min_count) {
  const Unlocked unlocked;
  return make_word_tokenizer(texts, tokenizer_options(lower_case, min_count));
}

Tokenizer of_pairs(const Texts& texts, std::int64_t vocabulary_size, bool lower_case,
                   std::int64_t min_count) {
  const Unlocked unlocked;
  return train_bpe_tokenizer(texts, vocabulary_size, tokenizer_options(lower_case, min_count));
}

}  // namespace

void add_tokenizer(py::module_& module) {
  const auto texts = py::arg("texts");
  const auto lower_case = py::arg("lower_case") = false;
  const auto min_count = py::arg("min_count") = 1;
  const auto special = py::arg("add_special_tokens") = true;
  py::class_<Tokenizer>(module, "Tokenizer",
                        "Turns text into token ids and back, by a tokenizer.json.")
      .def(py::init<std::string>(), py::arg("document"),
           "Makes a tokenizer of the text of a tokenizer.json.")
      .def_static("from_file", &read_tokenizer, py::arg("path"),
                  "Reads a tokenizer.json, or a list of tokens, one per line.")
      .def_static("of_characters", &of_characters, texts, py::kw_only(), lower_case, min_count,
                  "Makes a tokenizer whose tokens are the characters of texts.")
      .def_static("of_words", &of_words, texts, py::kw_only(), lower_case, min_count,
                  "Makes a tokenizer whose tokens are the words of texts.")
      .def_static("of_pairs", &of_pairs, texts, py::arg("vocabulary_size"), py::kw_only(),
                  lower_case, min_count, "Makes a tokenizer by byte-pair encoding of texts.")
      .def("encode", &Tokenizer::encode, py::arg("text"), py::kw_only(), special,
           "Returns the ids of a text.")
      .def("encode_pieces", &Tokenizer::encode_pieces, py::arg("text"), py::kw_only(), special,
           "Returns the tokens of a text.")
      .def(
          "decode",
          [](const Tokenizer& tokenizer, const std::vector<std::int64_t>& ids, bool skip) {
            return tokenizer.decode(ids, skip);
          },
          py::arg("ids"), py::kw_only(), py::arg("skip_special_tokens") = true,
          "Returns the text of ids.")
      .def("id_of", &Tokenizer::id_of, py::arg("token"), "Returns the id of a token, or None.")
      .def("token_of", &Tokenizer::token_of, py::arg("id"), "Returns the token of an id.")
      .def("is_special", &Tokenizer::is_special, py::arg("id"),
           "Returns whether decoding leaves the token out.")
      .def("save", &write_tokenizer, py::arg("path"), "Writes a tokenizer.json.")
      .def_property_readonly("vocabulary_size", &Tokenizer::vocabulary_size,
                             "One more than the highest id.")
      .def_property_readonly("unknown_id", &Tokenizer::unknown_id,
                             "The id of what is not in the vocabulary, or None.")
      .def_property_readonly("document", &Tokenizer::document, "The text of its tokenizer.json.");
}

}  // namespace gatefold::python
