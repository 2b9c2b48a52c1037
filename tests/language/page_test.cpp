#include "language/pictures/page.h"

#include <gtest/gtest.h>

#include <pugixml.hpp>
#include <string>
#include <vector>

#include "language/pictures/drawing.h"

namespace gatefold::test {
namespace {

/// A page as another program reads it.
class ReadPage {
 public:
  explicit ReadPage(const Page& page) : text(page.to_string()) {
    EXPECT_TRUE(document_.load_string(text.c_str(), pugi::parse_default | pugi::parse_ws_pcdata))
        << text;
  }

  std::string text_of(const char* path) const {
    return document_.select_node(path).node().text().get();
  }
  std::size_t count(const char* path) const { return document_.select_nodes(path).size(); }

  std::string text;

 private:
  pugi::xml_document document_;
};

TEST(Pages, AreWhatHtmlAndXmlBothKnow) {
  Page page("a<b> & \"c\"", "东京");
  const ReadPage read(page);
  EXPECT_TRUE(read.text.starts_with("<!DOCTYPE html>\n<html lang=\"en\">\n")) << read.text;
  EXPECT_EQ(read.text_of("/html/head/title"), "a<b> & \"c\"");
  EXPECT_EQ(read.text_of("/html/body/h1"), "a<b> & \"c\"");
  EXPECT_EQ(read.text_of("/html/body/p"), "东京");
  // HTML does not undo what XML escapes in a style sheet.
  const std::string style = read.text_of("/html/head/style");
  EXPECT_EQ(style.find_first_of("<>&"), std::string::npos);
  EXPECT_NE(style.find("@media (prefers-color-scheme:dark){:root{--ground:"), std::string::npos);
}

TEST(Pages, HoldFactsAndTables) {
  Page page("title", "summary");
  page.section("Numbers");
  page.figures({{"parameters", "1,234"}});
  page.list({{"rnn", "gru"}, {"hidden", ""}});
  page.table({{{"text"}, {"count", true}}, {{"a\n b", "1"}, {"", "2"}}});
  page.advice("It is made by", "gatefold train DIR");
  const ReadPage read(page);
  EXPECT_EQ(read.text_of("//section/h2"), "Numbers");
  EXPECT_EQ(read.text_of("//dl[@class='figures']/div/dd"), "1,234");
  EXPECT_EQ(read.count("//dl[@class='list']/div"), 2U);
  EXPECT_EQ(read.count("//th[@class='number']"), 1U);
  EXPECT_EQ(read.text_of("//tbody/tr[1]/td[1]"), "a\n b");
  EXPECT_EQ(read.count("//tbody/tr[2]/td"), 2U);
  EXPECT_EQ(read.text_of("//section/p/code"), "gatefold train DIR");
  // HTML would read <td/> as the beginning of a cell.
  EXPECT_NE(read.text.find("<td></td>"), std::string::npos);
  EXPECT_NE(read.text.find("<dd></dd>"), std::string::npos);
}

TEST(Pages, ShowSignsForWhatTheyCannotHold) {
  Page page(
      "a\x01"
      "b\xFF"
      "c\x7F",
      "");
  EXPECT_EQ(ReadPage(page).text_of("/html/body/h1"), "a\uFFFDb\uFFFDc\uFFFD");
}

TEST(Pages, HoldPictures) {
  Drawing drawing(100, 50);
  drawing.text({1, 2}, "inside");
  Page page("title", "summary");
  page.section("Pictures");
  const std::vector<PagePicture> pictures{{drawing.to_string(), "one \"<first>\""},
                                          {drawing.to_string(), "two"}};
  page.pictures(pictures);
  const ReadPage read(page);
  EXPECT_EQ(read.count("//div[@class='pictures']/figure/div/svg[@role='img']"), 2U);
  EXPECT_EQ(read.text_of("//svg/text"), "inside");
  EXPECT_EQ(read.text_of("//figure[1]/figcaption"), "one \"<first>\"");
  EXPECT_EQ(read.count("//svg[@aria-label='two']"), 1U);
}

}  // namespace
}  // namespace gatefold::test
