#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "language/text/characters.h"
#include "language/text/regular_expression.h"
#include "language/text/transform.h"
#include "language/text/utf8.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace gatefold {
namespace {

using test::error_of;

using namespace std::string_literals;

std::string check_error(const std::string& bytes) {
  return error_of([&] { checked_utf8(bytes, "'a.txt'"); });
}

TEST(Utf8, AMarkAtTheBeginningIsDropped) {
  EXPECT_EQ(checked_utf8("\xEF\xBB\xBFnaïve", "'a.txt'"), "naïve");
  EXPECT_EQ(checked_utf8("", "'a.txt'"), "");
}

TEST(Utf8, OtherEncodingsAreNamedOrLocated) {
  EXPECT_EQ(check_error("eins\nzwei\nf\xFCnf\n"),
            "'a.txt' is not UTF-8: line 3, byte 11 of the text, is 0xFC; convert it to UTF-8, as "
            "by: iconv -f ITS_ENCODING -t UTF-8");
  const std::string wide = "is UTF-16; convert it to UTF-8, as by: iconv -f UTF-16 -t UTF-8";
  EXPECT_EQ(check_error("\xFF\xFEh\0i\0"s), "'a.txt' " + wide);
  EXPECT_EQ(check_error("\xFE\xFF\0h\0i"s), "'a.txt' " + wide);
  EXPECT_EQ(check_error("h\0i\0"s), "'a.txt' " + wide);
  EXPECT_NE(check_error("\xFF\xFE\0\0h\0\0\0"s).find("is UTF-32"), std::string::npos);
}

TEST(Utf8, SurrogatesOverlongFormsAndCutEndsAreFaults) {
  for (const char* bytes : {"\xED\xA0\x80", "\xC0\xAF", "\xE6\xB7", "\xF4\x90\x80\x80"}) {
    EXPECT_FALSE(is_utf8(bytes));
  }
  EXPECT_TRUE(is_utf8("\xF4\x8F\xBF\xBF"));
  EXPECT_EQ(repaired_utf8("a\xE6\xB7z\xFF"), "a\uFFFDz\uFFFD");
}

TEST(Utf8, AFileIsNamedInMessages) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "latin.txt";
  std::ofstream(path, std::ios::binary) << "caf\xE9";
  EXPECT_EQ(error_of([&] {
              read_text(path);
            }).find(fmt::format("'{}' is not UTF-8: line 1", path.string())),
            0);
}

TEST(Characters, CodePointsAndGraphemesDiffer) {
  const std::string text = "e\u0301\U0001F1E9\U0001F1EA山";
  EXPECT_EQ(code_points(text), (std::vector<char32_t>{U'e', 0x301, 0x1F1E9, 0x1F1EA, 0x5C71}));
  EXPECT_EQ(characters(text).size(), 5);
  EXPECT_EQ(grapheme_clusters(text),
            (std::vector<std::string_view>{"e\u0301", "\U0001F1E9\U0001F1EA", "山"}));
  EXPECT_EQ(utf8_of(0x1F1E9), "\U0001F1E9");
  EXPECT_EQ(last_character("a山"), U'山');
  EXPECT_EQ(first_character("山a"), U'山');
  EXPECT_EQ(first_character(""), std::nullopt);
}

TEST(Characters, CategoriesAreThoseOfUnicode) {
  EXPECT_TRUE(is_white_space(0x3000) && is_white_space(0xA0) && !is_white_space(0x200B));
  EXPECT_TRUE(is_numeric(U'٣') && is_numeric(U'½') && is_numeric(U'Ⅷ') && !is_numeric(U'三'));
  EXPECT_TRUE(is_punctuation(U'。') && is_punctuation(U'$') && !is_punctuation(U'€'));
  EXPECT_TRUE(is_mark(0x301) && is_nonspacing_mark(0x301) && !is_nonspacing_mark(0x903));
  EXPECT_TRUE(is_control(0x200B) && is_control(U'\n') && !is_control(U' '));
  EXPECT_TRUE(is_ideograph(U'山') && !is_ideograph(U'カ'));
  EXPECT_TRUE(is_word_character(U'_') && is_word_character(0x301) && !is_word_character(U'-'));
}

TEST(Characters, MessagesShowCharactersWithTheirNumbers) {
  EXPECT_EQ(shown("é"), "'é' (U+00E9)");
  EXPECT_EQ(shown("\n"), "U+000A");
  EXPECT_EQ(shown("word"), "'word'");
}

TEST(Transform, NormalFormsComposeAndDecompose) {
  EXPECT_EQ(normalize("e\u0301", NormalForm::kNfc), "é");
  EXPECT_EQ(normalize("é", NormalForm::kNfd), "e\u0301");
  EXPECT_EQ(normalize("ﬁ①é", NormalForm::kNfkc), "fi1é");
  EXPECT_EQ(normalize("ﬁé", NormalForm::kNfkd), "fie\u0301");
}

TEST(Transform, LowerCaseDoesNotLookAtNeighbours) {
  EXPECT_EQ(lower_case("ΟΔΟΣ ÄÖ"), "οδοσ äö");
  EXPECT_EQ(lower_case("İ"), "i\u0307");
}

TEST(Transform, AccentsAreMarksOfTheirOwn) {
  EXPECT_EQ(strip_accents("e\u0301\u0304o"), "eo");
  EXPECT_EQ(strip_accents("é"), "é");
}

TEST(Transform, TrimTakesAllWhiteSpace) {
  EXPECT_EQ(trim(" \u3000 a b\u00A0\n"), "a b");
  EXPECT_EQ(trim(" a ", true, false), "a ");
  EXPECT_EQ(trim(" a ", false, true), " a");
  EXPECT_EQ(trim(" \n"), "");
}

TEST(RegularExpression, MatchesAreCountedInBytes) {
  const RegularExpression words(R"(\p{L}+)");
  EXPECT_EQ(words.find_all("né 山𝒜!"), (std::vector<TextSpan>{{0, 3}, {4, 11}}));
  EXPECT_TRUE(words.find_all("").empty());
}

TEST(RegularExpression, EmptyMatchesAreMatches) {
  const RegularExpression before_capitals("(?=[A-Z])|x");
  EXPECT_EQ(before_capitals.find_all("aBxC"), (std::vector<TextSpan>{{1, 1}, {2, 3}}));
}

TEST(RegularExpression, LinesEndAtLineFeedsAlone) {
  EXPECT_EQ(RegularExpression("^.").find_all("a\nb\u2028c"),
            (std::vector<TextSpan>{{0, 1}, {2, 3}}));
}

TEST(RegularExpression, FaultsAreErrors) {
  EXPECT_NE(error_of([] { RegularExpression("a(b"); }).find("the regular expression 'a(b' cannot"),
            std::string::npos);
  EXPECT_NE(error_of([] { RegularExpression("\\y"); }).find("cannot be read"), std::string::npos);
  const RegularExpression endless("(a|a)*b");
  EXPECT_NE(error_of([&] { endless.find_all(std::string(64, 'a')); }).find("cannot be searched"),
            std::string::npos);
}

}  // namespace
}  // namespace gatefold
