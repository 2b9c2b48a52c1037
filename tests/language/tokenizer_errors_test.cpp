#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "language/tokenizers/token_list.h"
#include "language/tokenizers/tokenizer.h"
#include "session/arrays/files.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace gatefold {
namespace {

using test::error_of;
const std::string kModel = R"("model":{"type":"WordLevel","vocab":{"a":0,"b":1},"unk_token":"?"})";

/// The Error for a tokenizer with some fields beside a small model.
std::string reading_error(const std::string& fields) {
  return error_of([&] { Tokenizer("{" + fields + "," + kModel + "}"); });
}

std::string model_error(const std::string& model) {
  return error_of([&] { Tokenizer(R"({"model":)" + model + "}"); });
}

std::string pattern_error(const std::string& expression) {
  return reading_error(R"("pre_tokenizer":{"type":"Split","behavior":"Isolated","invert":false,
                           "pattern":{"Regex":")" +
                       expression + "\"}}");
}

TEST(TokenizerError, UnsupportedKindsAreNamedWithThoseThatThereAre) {
  EXPECT_EQ(reading_error(R"("normalizer":{"type":"Precompiled","precompiled_charsmap":"x"})"),
            "the normalizer is of type 'Precompiled', which is not supported; supported are "
            "Sequence, NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents, Replace, Prepend, "
            "BertNormalizer");
  EXPECT_EQ(model_error(R"({"type":"Unigram","vocab":[]})"),
            "the model is of type 'Unigram', which is not supported; supported are WordLevel, BPE, "
            "WordPiece");
  EXPECT_EQ(reading_error(R"("decoder":{"type":"CTC"})").find("the decoder is of type 'CTC'"), 0);
  EXPECT_EQ(reading_error(R"("post_processor":[])"),
            "the post_processor must be an object with a field 'type'");
}

TEST(TokenizerError, FieldsThatAreNotKnownAreNamed) {
  EXPECT_EQ(reading_error(R"("truncation":{"max_length":5,"strategy":"OnlySecond"})"),
            "field 'strategy' has the value \"OnlySecond\", but must be LongestFirst or OnlyFirst, "
            "as there is one text");
  EXPECT_EQ(reading_error(R"("padding":{"strategy":{"Fixed":99999999},"pad_id":0})"),
            "field 'Fixed' is 99999999; it must be from 0 to 16777216");
  EXPECT_NE(reading_error(R"("version":"2.0")").find("field 'version' is \"2.0\""),
            std::string::npos);
  EXPECT_NE(reading_error(R"("normaliser":null)").find("did you mean 'normalizer'?"),
            std::string::npos);
  EXPECT_NE(
      reading_error(R"("normalizer":{"type":"NFC","form":1})").find("NFC has no field 'form'"),
      std::string::npos);
  EXPECT_EQ(reading_error(R"("pre_tokenizer":{"type":"Digits"})"),
            "Digits has no field 'individual_digits'");
  EXPECT_EQ(reading_error(R"("pre_tokenizer":{"type":"Punctuation","behavior":"Kept"})"),
            "field 'behavior' has the value \"Kept\", but must be Removed, Isolated, "
            "MergedWithPrevious, MergedWithNext or Contiguous");
  EXPECT_NE(reading_error(R"("pre_tokenizer":{"type":"Metaspace","replacement":"▁",
                              "add_prefix_space":false})")
                .find("'prepend_scheme' is 'always'; it must be never"),
            std::string::npos);
}

TEST(TokenizerError, ModelsMustHoldTogether) {
  EXPECT_EQ(model_error(R"({"type":"BPE","vocab":{"a":0,"b":1}})"), "BPE has no field 'merges'");
  EXPECT_EQ(model_error(R"({"type":"BPE","vocab":{"a":0,"b":1},"merges":["a b"]})"),
            "the merge 'a b' needs the token 'ab', which is not in 'vocab'");
  EXPECT_EQ(model_error(R"({"type":"BPE","vocab":{"a":0},"merges":["a b c"]})"),
            "entry 'a b c' of 'merges' is not two tokens with a space between them");
  EXPECT_EQ(model_error(R"({"type":"BPE","vocab":{"a":0},"merges":[],"dropout":0.1})"),
            "field 'dropout' is 0.1, which is not supported; it must be null or 0");
  EXPECT_EQ(model_error(R"({"type":"WordLevel","unk_token":"?","vocab":{"a":0,"b":0}})"),
            "tokens 'a' (U+0061) and 'b' (U+0062) have the same id 0");
  EXPECT_EQ(model_error(R"({"type":"WordLevel","unk_token":"?","vocab":{"ab":-1}})"),
            "token 'ab' has the id -1; ids go from 0 to 2147483647");
  EXPECT_NE(model_error(R"({"type":"WordLevel","unk_token":"?","vocab":{"ab":"x"}})")
                .find("must be an integer"),
            std::string::npos);
}

TEST(TokenizerError, AddedTokensMustAgreeWithTheModel) {
  EXPECT_EQ(reading_error(R"("added_tokens":[{"id":2,"content":"a"}])"),
            "the added token 'a' has the id 2, but 'vocab' gives it 0");
  EXPECT_EQ(reading_error(R"("added_tokens":[{"id":1,"content":"c"}])"),
            "the added token 'c' has the id 1, which 'vocab' gives to 'b'");
  EXPECT_EQ(reading_error(R"("post_processor":{"type":"BertProcessing","sep":["x",7],
                              "cls":["a",0]})"),
            "the post_processor adds the id 7, which has no token");
  EXPECT_EQ(reading_error(R"("post_processor":{"type":"BertProcessing","sep":["b",1],
                              "cls":["a",0]},"truncation":{"max_length":1})"),
            "the truncation leaves 1 ids, but the post_processor adds 2");
  EXPECT_EQ(reading_error(R"("padding":{"strategy":"BatchLongest","pad_id":7})"),
            "the padding has the id 7, which has no token");
}

TEST(TokenizerError, ExpressionsThatMeanSomethingElseAreRefused) {
  EXPECT_NE(pattern_error(R"(\\h+)").find("holds '\\h', which is not supported"),
            std::string::npos);
  EXPECT_NE(pattern_error(R"((?m:.+))").find("holds '(?m', which is not supported"),
            std::string::npos);
  EXPECT_NE(pattern_error(R"(\\p{N}{1,3}+)").find("holds '}+'"), std::string::npos);
  EXPECT_EQ(pattern_error(R"((?i:'s|'t)|[^\\r\\n\\p{L}]?\\p{L}+|\\\\h|[{}+]|\\s+(?!\\S))"),
            "no error");
  EXPECT_NE(pattern_error("(").find("cannot be read"), std::string::npos);
}

TEST(TokenizerError, WhatIsUnknownIsShownWithItsPlace) {
  const Tokenizer characters(R"({"pre_tokenizer":{"type":"Split","pattern":{"Regex":"[\\s\\S]"},
      "behavior":"Isolated","invert":false},)" +
                             kModel + "}");
  EXPECT_EQ(error_of([&] { characters.encode("ab"); }), "no error");
  EXPECT_EQ(error_of([&] { characters.encode("abéa"); }),
            "'é' (U+00E9), in line 1 at character 3, is not in the vocabulary, which has no token "
            "for the unknown; gatefold prepare --min-count 2 makes one");
  const Tokenizer words(R"({"pre_tokenizer":{"type":"WhitespaceSplit"},)" + kModel + "}");
  EXPECT_EQ(error_of([&] { words.encode("a b\nb word"); }),
            "'word', in line 2 at character 3, is not in the vocabulary, which has no token for "
            "the unknown; gatefold prepare --min-count 2 makes one");
  const Tokenizer lowered(R"({"normalizer":{"type":"Lowercase"},)" + kModel + "}");
  EXPECT_EQ(error_of([&] { lowered.encode("WORD"); }),
            "'word', in line 1 at character 1, is not in the vocabulary, which has no token for "
            "the unknown; gatefold prepare --min-count 2 makes one");
  EXPECT_NE(error_of([&] { words.encode("a \xFF"); }).find("the text is not UTF-8"),
            std::string::npos);
  EXPECT_EQ(error_of([&] {
              words.decode(std::vector<std::int64_t>{0, 5});
            }),
            "the tokenizer has no token with the id 5; its ids are below 2");
}

TEST(TokenizerError, FilesAreNamed) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "tokenizer.json";
  const std::string name = fmt::format("'{}': ", path.string());
  write_file(path, "[1]");
  EXPECT_EQ(error_of([&] { read_tokenizer(path); }), name + "the tokenizer is no JSON object");
  write_file(path, "{}");
  EXPECT_EQ(error_of([&] { read_tokenizer(path); }), name + "the tokenizer has no field 'model'");
}

TEST(TokenizerError, ListsOfTokensMustBeWhole) {
  const auto list_error = [](const std::string& text) {
    return error_of([&] { tokenizer_of_list(text); });
  };
  EXPECT_EQ(list_error(""), "the list of tokens is empty; it must have one token a line");
  EXPECT_EQ(list_error("a\n\nb\n"), "line 2 of the list of tokens is empty");
  EXPECT_EQ(list_error("a\nb\na\n"), "lines 1 and 3 are the same token 'a' (U+0061)");
  EXPECT_NE(list_error("[UNK]\nun\n##do\n").find("is of the kind WordPiece (line 3 is '##do')"),
            std::string::npos);
}

}  // namespace
}  // namespace gatefold
