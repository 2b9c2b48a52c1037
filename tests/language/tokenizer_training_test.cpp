#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "ir/random.h"
#include "language/text/characters.h"
#include "language/tokenizers/pair_merging.h"
#include "language/tokenizers/training.h"
#include "tests/error_of.h"

namespace gatefold {
namespace {

using test::error_of;

using nlohmann::json;
using Ids = std::vector<std::int64_t>;
using Texts = std::vector<std::string>;

const SpecialTokens kSpecial{"<pad>", "<unk>", "<s>", "</s>"};

/// The tokens of a tokenizer in the order of their ids.
Texts tokens_of(const Tokenizer& tokenizer) {
  Texts tokens;
  for (std::int64_t id = 0; id < tokenizer.vocabulary_size(); ++id) {
    tokens.push_back(tokenizer.token_of(id));
  }
  return tokens;
}

TEST(CharacterTokenizer, IdsFollowCountsThenCodePoints) {
  const Texts texts{"白日依山盡\n", "e\u0301白山é\n"};
  const Tokenizer tokenizer = make_character_tokenizer(texts, {.special = kSpecial});
  EXPECT_EQ(tokens_of(tokenizer),
            (Texts{"<pad>", "<unk>", "<s>", "</s>", "\n", "é", "山", "白", "依", "日", "盡"}));
  EXPECT_EQ(tokenizer.encode("白日x"), (Ids{2, 7, 9, 1, 3}));
  EXPECT_EQ(tokenizer.encode("e\u0301", false), (Ids{5}));
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("白日依山盡\n")), "白日依山盡\n");
  EXPECT_EQ(tokenizer.unknown_id(), 1);
}

TEST(CharacterTokenizer, TheFileIsThatOfTheFormat) {
  const Texts texts{"ba b"};
  const Tokenizer tokenizer =
      make_character_tokenizer(texts, {.special = {.end = "</s>"}, .lower_case = true});
  const json expected = json::parse(R"({
    "version": "1.0", "truncation": null, "padding": null,
    "added_tokens": [{"id": 0, "content": "</s>", "single_word": false, "lstrip": false,
                      "rstrip": false, "normalized": false, "special": true}],
    "normalizer": {"type": "Sequence",
                   "normalizers": [{"type": "NFC"}, {"type": "Lowercase"}]},
    "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "[\\s\\S]"},
                      "behavior": "Isolated", "invert": false},
    "post_processor": {"type": "TemplateProcessing",
      "single": [{"Sequence": {"id": "A", "type_id": 0}},
                 {"SpecialToken": {"id": "</s>", "type_id": 0}}],
      "pair": [{"Sequence": {"id": "A", "type_id": 0}},
               {"SpecialToken": {"id": "</s>", "type_id": 0}},
               {"Sequence": {"id": "B", "type_id": 0}}],
      "special_tokens": {"</s>": {"id": "</s>", "ids": [0], "tokens": ["</s>"]}}},
    "decoder": {"type": "Fuse"},
    "model": {"type": "WordLevel", "vocab": {"</s>": 0, "b": 1, " ": 2, "a": 3},
              "unk_token": "<unk>"}})");
  EXPECT_EQ(json::parse(tokenizer.document()), expected) << tokenizer.document();
}

TEST(CharacterTokenizer, GraphemesAndRareCharacters) {
  const Texts texts{"\U0001F1E9\U0001F1EA\U0001F1E9\U0001F1EAq"};
  const TokenizerOptions options{.special = {.unknown = "?"}, .min_count = 2};
  EXPECT_EQ(tokens_of(make_character_tokenizer(texts, options, CharacterUnit::kGrapheme)),
            (Texts{"?", "\U0001F1E9\U0001F1EA"}));
}

TEST(WordTokenizer, CutsAtPunctuationOrSpacesAlone) {
  const Texts texts{"C'est la vie !", "la vie, la !"};
  const TokenizerOptions options{.special = {.unknown = "<unk>"}, .lower_case = true};
  const Tokenizer fine = make_word_tokenizer(texts, options);
  EXPECT_EQ(tokens_of(fine), (Texts{"<unk>", "la", "!", "vie", "'", ",", "c", "est"}));
  EXPECT_EQ(fine.decode(fine.encode("C'est la vie !")), "c ' est la vie !");
  const Tokenizer coarse = make_word_tokenizer(texts, options, WordBoundary::kWhiteSpace);
  EXPECT_EQ(tokens_of(coarse), (Texts{"<unk>", "la", "!", "c'est", "vie", "vie,"}));
  EXPECT_EQ(tokens_of(make_word_tokenizer(texts, {.special = options.special, .min_count = 3})),
            (Texts{"<unk>", "la"}));
}

TEST(WordTokenizer, KeepsSpacesWhereAsked) {
  const Texts texts{"C'est  la vie !\n(La vie\t\u2014 la vie!)"};
  const Tokenizer tokenizer =
      make_word_tokenizer(texts, TokenizerOptions{}, WordBoundary::kSpacedPunctuation);
  EXPECT_EQ(tokenizer.encode_pieces(texts[0]),
            (Texts{"▁C", "'", "est", "▁", "▁la", "▁vie", "▁!", "\n", "(", "La", "▁vie", "\t",
                   "\u2014", "▁la", "▁vie", "!)"}));
  EXPECT_EQ(tokenizer.decode(tokenizer.encode(texts[0])), texts[0]);
}

TEST(PairMerging, TheMostFrequentPairComesFirstThenTheLowerIds) {
  // ab 5, bc 5; ab goes first for its lower ids, which leaves bc 1 and abc 4.
  const LearnedPairs learned = learn_pairs({{"abc", 4}, {"ab", 1}, {"bc", 1}}, {"a", "b", "c"},
                                           /*vocabulary_size=*/10, /*min_count=*/2);
  EXPECT_EQ(learned.tokens, (Texts{"a", "b", "c", "ab", "abc"}));
  EXPECT_EQ(learned.merges,
            (std::vector<std::pair<std::string, std::string>>{{"a", "b"}, {"ab", "c"}}));
}

TEST(PairMerging, RunsAreMergedFromTheLeft) {
  const LearnedPairs learned = learn_pairs({{"aaaaa", 1}}, {"a"}, 10, 1);
  EXPECT_EQ(learned.tokens, (Texts{"a", "aa", "aaa", "aaaaa"}));
}

/// Byte-pair encoding by its definition: counts all pairs anew for every merge.
Texts learn_slowly(const std::map<std::string, std::int64_t>& words, Texts tokens,
                   std::int64_t vocabulary_size) {
  std::vector<std::pair<Texts, std::int64_t>> cut;
  for (const auto& [word, count] : words) {
    Texts letters;
    for (const auto letter : characters(word)) letters.emplace_back(letter);
    cut.emplace_back(letters, count);
  }
  const auto id_of = [&](const std::string& token) {
    return std::find(tokens.begin(), tokens.end(), token) - tokens.begin();
  };
  while (std::ssize(tokens) < vocabulary_size) {
    std::map<std::pair<std::ptrdiff_t, std::ptrdiff_t>, std::int64_t> counts;
    for (const auto& [parts, count] : cut) {
      for (std::size_t at = 0; at + 1 < parts.size(); ++at) {
        counts[{id_of(parts[at]), id_of(parts[at + 1])}] += count;
      }
    }
    if (counts.empty()) break;
    const auto best = std::max_element(
        counts.begin(), counts.end(),
        [](const auto& left, const auto& right) { return left.second < right.second; });
    const std::string left = tokens[best->first.first];
    const std::string right = tokens[best->first.second];
    for (auto& [parts, count] : cut) {
      for (std::size_t at = 0; at + 1 < parts.size(); ++at) {
        if (parts[at] != left || parts[at + 1] != right) continue;
        parts[at] += right;
        parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(at) + 1);
      }
    }
    if (id_of(left + right) == std::ssize(tokens)) tokens.push_back(left + right);
  }
  return tokens;
}

TEST(PairMerging, EqualsTheDefinition) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const RandomNumbers numbers(seed);
    std::uint64_t drawn = 0;
    std::map<std::string, std::int64_t> words;
    for (int word = 0; word < 40; ++word) {
      std::string letters;
      for (std::uint64_t size = numbers.bits(drawn++) % 12 + 1; size > 0; --size) {
        letters += static_cast<char>('a' + numbers.bits(drawn++) % 3);
      }
      words[letters] += static_cast<std::int64_t>(numbers.bits(drawn++) % 5 + 1);
    }
    const Texts alphabet{"a", "b", "c"};
    EXPECT_EQ(learn_pairs(words, alphabet, 60, 1).tokens, learn_slowly(words, alphabet, 60))
        << "seed " << seed;
  }
}

TEST(BpeTokenizer, OfBytesGivesEveryTextBack) {
  const Texts texts{"low lower lowest\n", "new newer newest\n"};
  const Tokenizer tokenizer =
      train_bpe_tokenizer(texts, 280, {.special = {.padding = "<pad>"}, .min_count = 2});
  EXPECT_LE(tokenizer.vocabulary_size(), 280);
  EXPECT_EQ(tokenizer.token_of(1), "!");
  for (const std::string text : {"newest lowest", " 山 \n\n é\t🦜", "low  <pad> low"}) {
    EXPECT_EQ(tokenizer.decode(tokenizer.encode(text), false), text);
  }
  EXPECT_EQ(tokenizer.encode_pieces("low lowest"), (Texts{"lo", "w", "Ġlo", "west"}));
}

TEST(BpeTokenizer, OfCharactersWritesSpacesAsMarks) {
  const Texts texts{"the cat the hat", "the cat"};
  const Tokenizer tokenizer = train_bpe_tokenizer(texts, 100, {.special = kSpecial, .min_count = 2},
                                                  PairAlphabet::kCharacters);
  EXPECT_EQ(tokenizer.encode_pieces("the cat!"), (Texts{"<s>", "▁the", "▁cat", "<unk>", "</s>"}));
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("the hat")), "the hat");
}

TEST(BpeTokenizer, TheSameTextsGiveTheSameBytes) {
  const Texts texts{"a rose is a rose is a rose", "rosé"};
  const TokenizerOptions options{.special = kSpecial};
  EXPECT_EQ(train_bpe_tokenizer(texts, 300, options).document(),
            train_bpe_tokenizer(texts, 300, options).document());
}

TEST(BpeTokenizer, LargeTextsTakeSeconds) {
  const RandomNumbers numbers(7);
  Texts texts(1);
  while (texts[0].size() < 600000) {
    // One long word: the places of a pair must be found without going through it.
    const std::uint64_t drawn = numbers.bits(texts[0].size());
    const auto letter = static_cast<char32_t>(drawn % 2000 * (drawn / 2000 % 100) / 100);
    texts[0] += utf8_of(U'一' + letter);
  }
  const auto begin = std::chrono::steady_clock::now();
  const Tokenizer tokenizer =
      train_bpe_tokenizer(texts, 8000, {.special = kSpecial}, PairAlphabet::kCharacters);
  EXPECT_EQ(tokenizer.vocabulary_size(), 8000);
  EXPECT_EQ(tokenizer.decode(tokenizer.encode(texts[0])), texts[0]);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
}

TEST(TrainingError, NothingToMakeTokensOf) {
  const Texts nothing{"", ""};
  EXPECT_EQ(error_of([&] { make_character_tokenizer(nothing, {}); }),
            "the texts hold nothing of which to make tokens");
  EXPECT_EQ(error_of([&] { train_bpe_tokenizer(nothing, 500, {}); }),
            "the texts are empty; there is nothing of which to make tokens");
  const Texts some{"abc"};
  EXPECT_EQ(error_of([&] { train_bpe_tokenizer(some, 100, {.special = kSpecial}); }),
            "a vocabulary of 100 tokens is too small for 4 special tokens and an alphabet of 256; "
            "it needs 260 or more");
  const Texts latin{"abc", "d\xE9j\xE0"};
  EXPECT_EQ(error_of([&] { make_word_tokenizer(latin, {}); }).find("text 2 of 2 is not UTF-8"), 0);
}

}  // namespace
}  // namespace gatefold
