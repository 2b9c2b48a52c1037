#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "ir/error.h"
#include "language/tokenizers/tokenizer.h"
#include "session/arrays/files.h"
#include "tests/temporary_folder.h"

namespace gatefold {
namespace {

namespace fs = std::filesystem;

/// Files in Hugging Face's format, with what its library (tokenizers 0.23) encodes by them beside
/// each. The library trained and wrote made_by_library.json.
class TokenizerFile : public testing::TestWithParam<std::string> {
 protected:
  static fs::path file(const std::string& extension) {
    return fs::path(GATEFOLD_SOURCE_DIR) / "tests/language/tokenizers" / (GetParam() + extension);
  }
};

TEST_P(TokenizerFile, EncodesAndDecodesAlike) {
  const Tokenizer tokenizer = read_tokenizer(file(".json"));
  const auto cases = nlohmann::json::parse(read_file(file(".cases")));
  ASSERT_GE(cases.size(), 3);
  for (const auto& entry : cases) {
    const auto text = entry["text"].get<std::string>();
    const auto ids = tokenizer.encode(text);
    EXPECT_EQ(ids, entry["ids"].get<std::vector<std::int64_t>>()) << text;
    if (entry.contains("tokens")) {
      EXPECT_EQ(tokenizer.encode_pieces(text), entry["tokens"].get<std::vector<std::string>>());
    }
    EXPECT_EQ(tokenizer.decode(ids), entry.value("decoded", text));
  }
}

TEST_P(TokenizerFile, IsWrittenByteForByte) {
  const test::TemporaryFolder folder;
  const fs::path copy = folder.path() / "tokenizer.json";
  write_tokenizer(read_tokenizer(file(".json")), copy);
  EXPECT_EQ(read_file(copy), read_file(file(".json")));
}

/// Every value of a document, by its path.
std::vector<nlohmann::json::json_pointer> paths_of(const nlohmann::json& document) {
  std::vector<nlohmann::json::json_pointer> paths;
  const nlohmann::json leaves = document.flatten();
  for (const auto& [path, value] : leaves.items()) {
    for (nlohmann::json::json_pointer place(path); !place.empty(); place = place.parent_pointer()) {
      paths.push_back(place);
    }
  }
  return paths;
}

TEST_P(TokenizerFile, DamageIsAnErrorAtMost) {
  const auto document = nlohmann::json::parse(read_file(file(".json")));
  int refused = 0;
  const auto paths = paths_of(document);
  for (std::size_t i = 0; i < paths.size(); i += 1 + paths.size() / 200) {
    const auto& path = paths[i];
    for (const char* damage : {"null", "-1", "0.5", "true", "\"\"", "\"ab\"", "[]", "[0]", "{}"}) {
      auto damaged = document;
      damaged[path] = nlohmann::json::parse(damage);
      try {
        const Tokenizer tokenizer(damaged.dump());
        tokenizer.decode(tokenizer.encode("the cafe 山"), false);
      } catch (const Error&) {
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 100);
}

INSTANTIATE_TEST_SUITE_P(Styles, TokenizerFile,
                         testing::Values("byte_level_bpe", "word_piece", "byte_fallback_bpe",
                                         "metaspace_bpe", "word_level", "made_by_library"),
                         [](const auto& info) { return info.param; });

TEST(Tokenizer, SpecialTokensAreLeftOutOnRequest) {
  const Tokenizer tokenizer =
      read_tokenizer(fs::path(GATEFOLD_SOURCE_DIR) / "tests/language/tokenizers/word_piece.json");
  EXPECT_EQ(tokenizer.encode("the cafe", false), (std::vector<std::int64_t>{7, 9}));
  const std::vector<std::int64_t> ids{2, 7, 9, 3};
  EXPECT_EQ(tokenizer.decode(ids, false), "[CLS] the cafe [SEP]");
  EXPECT_EQ(tokenizer.decode(ids), "the cafe");
  EXPECT_EQ(tokenizer.vocabulary_size(), 15);
  EXPECT_EQ(tokenizer.unknown_id(), 1);
  EXPECT_EQ(tokenizer.id_of("##s"), 12);
  EXPECT_EQ(tokenizer.id_of("dog"), std::nullopt);
  EXPECT_EQ(tokenizer.token_of(10), "东");
  EXPECT_TRUE(tokenizer.is_special(2) && !tokenizer.is_special(7));
}

Tokenizer with_added(const std::string& options) {
  return Tokenizer(R"({"version":"1.0","added_tokens":[{"id":9,"content":"<m>",)" + options +
                   R"(},{"id":8,"content":"<m>>"}],
      "pre_tokenizer":{"type":"Split","pattern":{"Regex":"[\\s\\S]"},"behavior":"Isolated",
                       "invert":false},
      "model":{"type":"WordLevel","vocab":{"a":0," ":1,"\t":2,",":3,"◌̰":4},"unk_token":"?"}})");
}

TEST(AddedTokens, TakeTheLongestAndTheSpaceBesideThem) {
  using Ids = std::vector<std::int64_t>;
  const Tokenizer plain = with_added(R"("special":true)");
  EXPECT_EQ(plain.encode("a <m> a<m>>a"), (Ids{0, 1, 9, 1, 0, 8, 0}));
  EXPECT_EQ(plain.encode("<m><m>"), (Ids{9, 9}));
  EXPECT_EQ(with_added(R"("lstrip":true)").encode("a \t<m> a"), (Ids{0, 9, 1, 0}));
  EXPECT_EQ(with_added(R"("rstrip":true)").encode("a <m> \u2000a"), (Ids{0, 1, 9, 0}));
  EXPECT_EQ(with_added(R"("lstrip":true,"rstrip":true)").encode("<m> <m>"), (Ids{9, 9}));
  EXPECT_EQ(with_added(R"("single_word":true)").encode(",<m>,<m> <m>"), (Ids{3, 9, 3, 9, 1, 9}));
}

/// A tokenizer of single characters that puts 8 and 9 around a text.
Tokenizer with_limits(const std::string& limits) {
  return Tokenizer("{" + limits + R"(,"added_tokens":[{"id":8,"content":"<s>"},
      {"id":9,"content":"</s>"}],"pre_tokenizer":{"type":"Split","pattern":{"Regex":"[\\s\\S]"},
      "behavior":"Isolated","invert":false},
      "post_processor":{"type":"BertProcessing","sep":["</s>",9],"cls":["<s>",8]},
      "model":{"type":"WordLevel","vocab":{"a":0,"b":1,"c":2,"d":3},"unk_token":"?"}})");
}

TEST(LengthLimits, TruncationLeavesRoomForSpecialTokens) {
  using Ids = std::vector<std::int64_t>;
  const Tokenizer right = with_limits(
      R"("truncation":{"direction":"Right","max_length":4,"strategy":"LongestFirst","stride":0})");
  EXPECT_EQ(right.encode("abcd"), (Ids{8, 0, 1, 9}));
  EXPECT_EQ(right.encode("abcd", false), (Ids{0, 1, 2, 3}));
  EXPECT_EQ(right.encode("a"), (Ids{8, 0, 9}));
  const Tokenizer left = with_limits(R"("truncation":{"direction":"Left","max_length":3})");
  EXPECT_EQ(left.encode("abcd"), (Ids{8, 3, 9}));
  EXPECT_EQ(left.encode("abcd", false), (Ids{1, 2, 3}));
}

TEST(LengthLimits, PaddingFillsUp) {
  using Ids = std::vector<std::int64_t>;
  EXPECT_EQ(with_limits(R"("padding":{"strategy":{"Fixed":5},"direction":"Right","pad_id":3})")
                .encode("a"),
            (Ids{8, 0, 9, 3, 3}));
  EXPECT_EQ(with_limits(R"("padding":{"strategy":"BatchLongest","direction":"Left",
                            "pad_to_multiple_of":4,"pad_id":3})")
                .encode("a"),
            (Ids{3, 8, 0, 9}));
  EXPECT_EQ(with_limits(R"("padding":{"strategy":"BatchLongest","pad_id":3})").encode("a"),
            (Ids{8, 0, 9}));
}

TEST(TokenList, SingleCharactersMakeATokenizerOfCharacters) {
  const test::TemporaryFolder folder;
  const fs::path path = folder.path() / "vocab.txt";
  write_file(path, "<pad>\n<unk>\n山\n \nA\r\n");
  const Tokenizer tokenizer = read_tokenizer(path);
  const std::vector<std::int64_t> ids{2, 3, 4, 1};
  EXPECT_EQ(tokenizer.encode("山 Ab"), ids);
  EXPECT_EQ(tokenizer.decode(std::vector<std::int64_t>{2, 3, 4, 0}), "山 A");
}

TEST(TokenList, LongerTokensMakeATokenizerOfWords) {
  const test::TemporaryFolder folder;
  const fs::path path = folder.path() / "vocab.txt";
  write_file(path, "how\nnice\n!\n[UNK]");
  const Tokenizer tokenizer = read_tokenizer(path);
  const std::vector<std::int64_t> ids{0, 1, 3, 2};
  EXPECT_EQ(tokenizer.encode("how  nice it !"), ids);
  EXPECT_EQ(tokenizer.decode(ids), "how nice !");
  EXPECT_EQ(tokenizer.unknown_id(), 3);
}

}  // namespace
}  // namespace gatefold
