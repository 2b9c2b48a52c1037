#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "language/tokenizers/parts/byte_level.h"
#include "language/tokenizers/parts/parts.h"

namespace gatefold {
namespace {

using nlohmann::json;
using Texts = std::vector<std::string>;

std::string normalized(const char* settings, const std::string& text) {
  return make_normalizer(json::parse(settings))(text);
}

Texts pieces(const std::string& settings, const std::string& text) {
  Texts texts;
  for (const Piece& piece : cut(make_pre_tokenizer(json::parse(settings)), {text, true})) {
    texts.push_back(piece.text);
  }
  return texts;
}

Texts decoded(const char* settings, const Texts& tokens) {
  return make_decoder(json::parse(settings))(tokens);
}

Ids encoded(const std::string& settings, const std::string& piece) {
  return make_model(json::parse(settings)).encode(piece);
}

TEST(Normalizer, EachKind) {
  EXPECT_EQ(normalized(R"({"type":"NFC"})", "e\u0301"), "é");
  EXPECT_EQ(normalized(R"({"type":"NFD"})", "é"), "e\u0301");
  EXPECT_EQ(normalized(R"({"type":"NFKC"})", "①"), "1");
  EXPECT_EQ(normalized(R"({"type":"NFKD"})", "é①"), "e\u03011");
  EXPECT_EQ(normalized(R"({"type":"Lowercase"})", "ÀB"), "àb");
  EXPECT_EQ(normalized(R"({"type":"StripAccents"})", "e\u0301"), "e");
  EXPECT_EQ(normalized(R"({"type":"Strip","strip_left":false,"strip_right":true})", " a "), " a");
  EXPECT_EQ(normalized(R"({"type":"Prepend","prepend":"▁"})", "a"), "▁a");
  EXPECT_EQ(normalized(R"({"type":"Prepend","prepend":"▁"})", ""), "");
  EXPECT_EQ(normalized(R"({"type":"Replace","pattern":{"String":"."},"content":"!"})", "a.b"),
            "a!b");
  EXPECT_EQ(normalized(R"({"type":"Replace","pattern":{"Regex":"\\s+"},"content":" "})", "a \n b"),
            "a b");
}

TEST(Normalizer, BertCleansSeparatesIdeographsAndStripsAccents) {
  EXPECT_EQ(normalized(R"({"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,
                           "strip_accents":null,"lowercase":true})",
                       "Zoë\u00A0\t山\u200B!"),
            "zoe   山 !");
  EXPECT_EQ(normalized(R"({"type":"BertNormalizer","clean_text":false,"handle_chinese_chars":false,
                           "strip_accents":null,"lowercase":false})",
                       "Zoë\t山"),
            "Zoë\t山");
}

TEST(PreTokenizer, WordsPunctuationAndDigits) {
  const std::string text = "Oh no!  It's 12:30.";
  EXPECT_EQ(pieces(R"({"type":"Whitespace"})", text),
            (Texts{"Oh", "no", "!", "It", "'", "s", "12", ":", "30", "."}));
  EXPECT_EQ(pieces(R"({"type":"WhitespaceSplit"})", text), (Texts{"Oh", "no!", "It's", "12:30."}));
  EXPECT_EQ(pieces(R"({"type":"BertPreTokenizer"})", text),
            (Texts{"Oh", "no", "!", "It", "'", "s", "12", ":", "30", "."}));
  EXPECT_EQ(pieces(R"({"type":"Punctuation"})", text),
            (Texts{"Oh no", "!", "  It", "'", "s 12", ":", "30", "."}));
  EXPECT_EQ(pieces(R"({"type":"Punctuation","behavior":"Removed"})", text),
            (Texts{"Oh no", "  It", "s 12", "30"}));
  EXPECT_EQ(pieces(R"({"type":"Digits","individual_digits":false})", "a12 b"),
            (Texts{"a", "12", " b"}));
  EXPECT_EQ(pieces(R"({"type":"Digits","individual_digits":true})", "a12 b"),
            (Texts{"a", "1", "2", " b"}));
  EXPECT_EQ(pieces(R"({"type":"Whitespace"})", "\n"), Texts{});
}

TEST(PreTokenizer, SplitHasFiveBehaviors) {
  const std::string text = "the-final--countdown";
  const std::vector<std::pair<std::string, Texts>> cases{
      {"Removed", {"the", "final", "countdown"}},
      {"Isolated", {"the", "-", "final", "-", "-", "countdown"}},
      {"MergedWithPrevious", {"the-", "final-", "-", "countdown"}},
      {"MergedWithNext", {"the", "-final", "-", "-countdown"}},
      {"Contiguous", {"the", "-", "final", "--", "countdown"}}};
  for (const auto& [behavior, expected] : cases) {
    EXPECT_EQ(pieces(R"({"type":"Split","pattern":{"String":"-"},"invert":false,"behavior":")" +
                         behavior + "\"}",
                     text),
              expected)
        << behavior;
  }
  EXPECT_EQ(pieces(R"({"type":"Split","pattern":{"Regex":"[a-z]+"},"invert":true,
                       "behavior":"Removed"})",
                   text),
            (Texts{"the", "final", "countdown"}));
  EXPECT_EQ(pieces(R"json({"type":"Split","pattern":{"Regex":"(?=[A-Z])"},
                       "invert":false,"behavior":"Isolated"})json",
                   "camelCaseName"),
            (Texts{"camel", "Case", "Name"}));
}

TEST(PreTokenizer, ByteLevelWritesBytesAsCharacters) {
  EXPECT_EQ(pieces(R"({"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true})",
                   "So it's  over\nnow é"),
            (Texts{"So", "Ġit", "'s", "Ġ", "Ġover", "Ċ", "now", "ĠÃ©"}));
  EXPECT_EQ(pieces(R"({"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,
                       "use_regex":false})",
                   "So it"),
            (Texts{"ĠSoĠit"}));
  EXPECT_EQ(byte_alphabet()[0], "Ā");
  EXPECT_EQ(byte_alphabet()[' '], "Ġ");
  EXPECT_EQ(byte_alphabet()['!'], "!");
  EXPECT_EQ(byte_alphabet()[0xAD], "Ń");
  EXPECT_EQ(byte_alphabet()[0xFF], "ÿ");
}

TEST(PreTokenizer, MetaspacePrependsByItsScheme) {
  const auto settings = [](const std::string& scheme) {
    return R"({"type":"Sequence","pretokenizers":[
        {"type":"Split","pattern":{"String":"|"},"behavior":"Removed","invert":false},
        {"type":"Metaspace","replacement":"▁","split":true,"prepend_scheme":")" +
           scheme + "\"}]}";
  };
  EXPECT_EQ(pieces(settings("always"), "a  b|c"), (Texts{"▁a", "▁", "▁b", "▁c"}));
  EXPECT_EQ(pieces(settings("first"), "a  b|c"), (Texts{"▁a", "▁", "▁b", "c"}));
  EXPECT_EQ(pieces(settings("never"), "a  b|c"), (Texts{"a", "▁", "▁b", "c"}));
  EXPECT_EQ(pieces(settings("first"), " a"), (Texts{"▁a"}));
  EXPECT_EQ(pieces(settings("first"), "|a"), (Texts{"a"}));
  EXPECT_EQ(pieces(R"({"type":"Metaspace","replacement":"▁","split":false,"str_rep":"▁",
                       "add_prefix_space":true})",
                   "a b"),
            (Texts{"▁a▁b"}));
}

TEST(Decoder, EachKind) {
  EXPECT_EQ(decoded(R"({"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true})",
                    {"Ã", "©", "Ġa", "山"}),
            (Texts{"é a山"}));
  EXPECT_EQ(
      decoded(R"({"type":"Metaspace","replacement":"▁","prepend_scheme":"always"})", {"▁a", "▁b"}),
      (Texts{"a", " b"}));
  EXPECT_EQ(
      decoded(R"({"type":"Metaspace","replacement":"▁","prepend_scheme":"never"})", {"▁a", "▁b"}),
      (Texts{" a", " b"}));
  EXPECT_EQ(decoded(R"({"type":"BPEDecoder","suffix":"</w>"})", {"un", "do</w>", "it</w>"}),
            (Texts{"un", "do ", "it"}));
  EXPECT_EQ(decoded(R"({"type":"WordPiece","prefix":"##","cleanup":false})", {"##a", "##b", "."}),
            (Texts{"##a", "b", " ."}));
  EXPECT_EQ(decoded(R"({"type":"WordPiece","prefix":"##","cleanup":true})", {"it", "'s", "."}),
            (Texts{"it", "'s", "."}));
  EXPECT_EQ(decoded(R"({"type":"Fuse"})", {"a", "b"}), (Texts{"ab"}));
  EXPECT_EQ(decoded(R"({"type":"Strip","content":"x","start":1,"stop":2})", {"xxaxxx", "xx", ""}),
            (Texts{"xax", "", ""}));
  EXPECT_EQ(decoded(R"({"type":"Replace","pattern":{"String":"_"},"content":" "})", {"a_b"}),
            (Texts{"a b"}));
}

TEST(Decoder, ByteFallbackReplacesWhatIsNoText) {
  const char* settings = R"({"type":"ByteFallback"})";
  EXPECT_EQ(decoded(settings, {"<0xE5>", "<0x8f>", "<0xAB>", "a", "<0x61>"}),
            (Texts{"叫", "a", "a"}));
  EXPECT_EQ(decoded(settings, {"<0xE5>", "<0x8f>", "a"}), (Texts{"\uFFFD", "\uFFFD", "a"}));
  EXPECT_EQ(decoded(settings, {"<0xG0>", "<0x1>"}), (Texts{"<0xG0>", "<0x1>"}));
}

TEST(TokenModel, BpeMergesByRankNotByPlace) {
  const std::string settings = R"({"type":"BPE","vocab":{"u":0,"n":1,"r":2,"e":3,"l":4,"a":5,"t":6,
    "d":7,"re":8,"at":9,"ed":10,"un":11,"ated":12,"rel":13,"related":14,"unrelated":15},
    "merges":["r e","a t","e d","u n","at ed","re l","rel ated","un related"]})";
  EXPECT_EQ(encoded(settings, "unrelated"), (Ids{15}));
  EXPECT_EQ(encoded(settings, "related"), (Ids{14}));
  EXPECT_EQ(encoded(settings, "reated"), (Ids{8, 12}));
  EXPECT_EQ(encoded(settings, "unread"), (Ids{11, 8, 5, 7}));
}

TEST(TokenModel, BpeMergesRunsFromTheLeft) {
  EXPECT_EQ(encoded(R"({"type":"BPE","vocab":{"a":0,"aa":1},"merges":["a a"]})", "aaa"),
            (Ids{1, 0}));
}

TEST(TokenModel, BpeFusesUnknownsWhenAsked) {
  const auto settings = [](const std::string& fuses) {
    return R"({"type":"BPE","vocab":{"<unk>":0,"a":1,"b":2},"merges":[],"unk_token":"<unk>",
               "fuse_unk":)" +
           fuses + "}";
  };
  EXPECT_EQ(encoded(settings("false"), "accb"), (Ids{1, 0, 0, 2}));
  EXPECT_EQ(encoded(settings("true"), "accb"), (Ids{1, 0, 2}));
}

TEST(TokenModel, BpeMarksInsidesAndEndsOfWords) {
  EXPECT_EQ(encoded(R"({"type":"BPE","vocab":{"a":0,"##b":1,"##c":2,"ab":3,"abc":4},
                        "merges":[["a","##b"],["ab","##c"]],"continuing_subword_prefix":"##"})",
                    "abc"),
            (Ids{4}));
  EXPECT_EQ(encoded(R"({"type":"BPE","vocab":{"a":0,"b":1,"b</w>":2,"ab</w>":3},
                        "merges":["a b</w>"],"end_of_word_suffix":"</w>"})",
                    "bab"),
            (Ids{1, 3}));
}

TEST(PostProcessor, EachKindSurroundsTheIds) {
  EXPECT_EQ(make_post_processor(json::parse(R"({"type":"RobertaProcessing","sep":["</s>",2],
      "cls":["<s>",0],"trim_offsets":true,"add_prefix_space":true})"))({7}),
            (Ids{0, 7, 2}));
  EXPECT_EQ(make_post_processor(json::parse(R"({"type":"Sequence","processors":[
      {"type":"ByteLevel","add_prefix_space":true,"trim_offsets":false,"use_regex":true},
      {"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x","type_id":0}},
        {"Sequence":{"id":"A","type_id":0}}],"pair":[],
       "special_tokens":{"x":{"id":"x","ids":[3,4],"tokens":["a","b"]}}}]})"))({7}),
            (Ids{3, 4, 7}));
}

}  // namespace
}  // namespace gatefold
