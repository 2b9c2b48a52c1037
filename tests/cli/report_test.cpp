#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <pugixml.hpp>
#include <string>
#include <vector>

#include "tests/cli/cli.h"

namespace gatefold::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWords =
    "anna\tvowel\nberta\tvowel\nkarl\tconsonant\ndavid\tconsonant\nemma\tvowel\nfritz\tconsonant\n"
    "greta\tvowel\nhans\tconsonant\n";
constexpr const char* kPairs = "un\tone\ndeux\ttwo\ntrois\tthree\nun deux\tone two\n";

/// A report as another program reads it.
class ReportPage {
 public:
  explicit ReportPage(const std::string& text) {
    EXPECT_TRUE(page_.load_string(text.c_str())) << text;
  }

  std::vector<std::string> texts(const char* path) const {
    std::vector<std::string> found;
    for (const auto& place : page_.select_nodes(path)) {
      found.emplace_back(place.node().text().get());
    }
    return found;
  }
  bool has(const char* path, const std::string& text) const {
    const std::vector<std::string> found = texts(path);
    return std::count(found.begin(), found.end(), text) > 0;
  }
  std::size_t count(const char* path) const { return page_.select_nodes(path).size(); }

  /// Whether the page would have to be given something that is not in it.
  bool reaches_out() const {
    for (const char* path : {"//script", "//link", "//iframe", "//img", "//image", "//object",
                             "//a", "//@src", "//@href", "//@*[starts-with(name(), 'on')]"}) {
      if (count(path) > 0) return true;
    }
    for (const std::string& style : texts("//style")) {
      if (style.find("url(") != std::string::npos || style.find("@import") != std::string::npos) {
        return true;
      }
    }
    return false;
  }

 private:
  pugi::xml_document page_;
};

using Texts = std::vector<std::string>;

class CliReport : public Cli {
 protected:
  void run(const std::string& arguments) const {
    const CommandResult result = gatefold(arguments);
    ASSERT_EQ(result.exit_code, 0) << arguments << ": " << result.errors;
  }

  void make(const std::string& options, const std::string& text, const std::string& valid) const {
    write("text.tsv", text);
    run(fmt::format("new {} p --embedding 4", options));
    run("prepare p --text text.tsv --valid " + valid);
  }

  ReportPage report(const std::string& arguments) const {
    const CommandResult result = gatefold(fmt::format("report {} -o r.html", arguments));
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    EXPECT_EQ(result.output, "wrote r.html\n");
    ReportPage page(read("r.html"));
    EXPECT_FALSE(page.reaches_out());
    return page;
  }

  std::string refusal(const std::string& arguments) const {
    const CommandResult result = gatefold(arguments);
    EXPECT_EQ(result.exit_code, 2) << arguments;
    EXPECT_TRUE(is_complaint(result.errors)) << result.errors;
    return result.errors;
  }
};

TEST_F(CliReport, ShowsAClassifier) {
  make("classifier --hidden 8 --rnn gru", kWords, "0.25");
  run("train p --epochs 3 --batch-size 4");
  const ReportPage page = report("p");
  EXPECT_EQ(page.texts("//h1"), Texts{"p"});
  EXPECT_EQ(page.texts("//h2"),
            (Texts{"How it is made", "Data", "Graphs", "Training", "What it has learned"}));
  EXPECT_TRUE(page.has("//dl[@class='list']//dd", "cross_entropy"));
  EXPECT_TRUE(page.has("//dl[@class='list']//dt", "optimizer.lr"));
  EXPECT_TRUE(page.has("//td", "int64[6]"));
  EXPECT_TRUE(page.has("//svg/text", "Before compiling"));
  EXPECT_TRUE(page.has("//svg/text", "After compiling"));
  EXPECT_TRUE(page.has("//svg/text", "GRU"));
  EXPECT_TRUE(page.has("//svg/text", "p: learning rate"));
  EXPECT_TRUE(page.has("//th", "validation accuracy"));
  EXPECT_EQ(page.count("//section[4]//tbody/tr"), 3U);
  EXPECT_TRUE(page.has("//svg/text", "vowel"));
  EXPECT_TRUE(page.has("//dt", "f1"));
  EXPECT_EQ(page.count("//svg"), 4U);
}

TEST_F(CliReport, ShowsAttentionAndSamplesOfATranslator) {
  make("seq2seq --hidden 8 --attention luong", kPairs, "0");
  run("train p --epochs 20 --lr 0.02 --batch-size 4 --sample deux --sample 'un deux'");
  const ReportPage page = report("p");
  EXPECT_EQ(page.count("//svg"), 2U * 2 + 1 + 1);  // Two graphs, curves, attention.
  EXPECT_TRUE(page.has("//svg/text", "translation"));
  EXPECT_TRUE(page.has("//h2", "What it said while it learned"));
  EXPECT_TRUE(page.has("//h3", "un deux"));
  // At most 12 of the 20 epochs, the first and the last among them.
  EXPECT_EQ(page.count("//section[last()]//tbody[1]/tr"), 2U * 12);
  EXPECT_EQ(page.texts("(//section[last()]//tbody)[1]/tr[1]/td[1]"), Texts{"1"});
  EXPECT_EQ(page.texts("(//section[last()]//tbody)[1]/tr[12]/td"), (Texts{"20", "two"}));
}

TEST_F(CliReport, ShowsAMapOfVectors) {
  std::string lines;
  for (int i = 0; i < 5; ++i) lines += "red green blue\none two three\n";
  make("skipgram", lines, "0");
  run("train p --epochs 2");
  const ReportPage page = report("p");
  EXPECT_TRUE(page.has("//svg/text", "Vectors of tokens, seen where they differ most"));
  EXPECT_EQ(page.count("//section[last()]//tbody/tr"), 6U);
  EXPECT_FALSE(page.has("//h2", "What it said while it learned"));
}

TEST_F(CliReport, ShowsHowWellALanguageModelPredicts) {
  make("char-lm --hidden 8", "abab\nabab\nabab\nabab\n", "0");
  run("train p --epochs 2");
  const ReportPage page = report("p");
  EXPECT_TRUE(page.has("//dt", "perplexity"));
  EXPECT_TRUE(page.has("//code", "gatefold train p --sample TEXT"));
}

TEST_F(CliReport, CountsOperatorsOfLargeGraphs) {
  make("transformer-encoder --hidden 8 --layers 2 --heads 2", kWords, "0.25");
  const ReportPage page = report("p");
  EXPECT_TRUE(page.has("//th", "operator"));
  EXPECT_TRUE(page.has("//td", "LayerNormalization"));
  EXPECT_EQ(page.count("//svg"), 0U);
}

TEST_F(CliReport, SaysWhichCommandMakesWhatIsMissing) {
  run("new char-lm p");
  const ReportPage fresh = report("p/");
  EXPECT_EQ(fresh.texts("//h1"), Texts{"p"});
  EXPECT_TRUE(fresh.has("//code", "gatefold prepare p/ --text FILE"));
  EXPECT_TRUE(fresh.has("//code", "gatefold train p/"));
  write("text.txt", "abab");
  run("prepare p --text text.txt --valid 0");
  write("p/log.jsonl", "");  // As left by a run that ended before its first step.
  const ReportPage prepared = report("p");
  EXPECT_TRUE(prepared.has("//svg/text", "LSTM"));
  EXPECT_FALSE(prepared.has("//code", "gatefold prepare p --text FILE"));
  EXPECT_TRUE(prepared.has("//code", "gatefold train p"));
  run("train p --epochs 1");
  fs::remove(folder() / "p/train.npz");
  EXPECT_TRUE(report("p").has("//code", "gatefold prepare p --text FILE"));
}

TEST_F(CliReport, ShowsAModelAndItsLog) {
  copy_example("char_lstm");
  EXPECT_TRUE(report("char_lstm/model.onnx").has("//svg/text", "LSTM"));
  write("log.jsonl",
        "{\"step\":1,\"epoch\":0,\"loss\":2.5,\"learning_rate\":0.1,\"samples\":4}\n"
        "{\"epoch\":0,\"training_loss\":2.5}\n");
  const ReportPage page = report("char_lstm/model.onnx --log log.jsonl");
  EXPECT_TRUE(page.has("//svg/text", "loss over the steps of training"));
  EXPECT_TRUE(page.has("//td", "2.5000"));
}

TEST_F(CliReport, IsWrittenWholeOrNotAtAll) {
  write("r.html", "before");
  fs::create_directory(folder() / "empty");
  EXPECT_TRUE(contains(refusal("report empty -o r.html"), "'empty' is no project"));
  EXPECT_TRUE(contains(refusal("report none.onnx -o r.html"), "none.onnx"));
  make("classifier --hidden 8", kWords, "0.25");
  EXPECT_TRUE(contains(refusal("report p --log p/log.jsonl -o r.html"), "--log does not go with"));
  write("p/log.jsonl", "{\"epoch\": 0, \"step\": 1, \"loss\": 1}\nepoch 1\n");
  EXPECT_TRUE(contains(refusal("report p -o r.html"), "line 2 is not one of a log"));
  EXPECT_EQ(read("r.html"), "before");
  fs::remove(folder() / "p/log.jsonl");
  EXPECT_TRUE(contains(refusal("report p -o none/r.html"), "none/r.html"));
}

}  // namespace
}  // namespace gatefold::test
