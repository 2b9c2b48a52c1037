#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/cli/cli.h"

namespace gatefold::test {
namespace {

class CliPlot : public Cli {
 protected:
  void run(const std::string& arguments) const {
    const CommandResult result = gatefold(arguments);
    ASSERT_EQ(result.exit_code, 0) << arguments << ": " << result.errors;
  }

  std::string refusal(const std::string& arguments) const {
    const CommandResult result = gatefold(arguments);
    EXPECT_EQ(result.exit_code, 2) << arguments;
    EXPECT_TRUE(is_complaint(result.errors));
    return result.errors;
  }
};

TEST_F(CliPlot, DrawsRunsSideBySide) {
  write("words.tsv", "anna\ta\nbert\tb\nada\ta\nhugo\tb\n");
  for (const std::string cell : {"rnn", "gru"}) {
    run("new classifier " + cell + " --rnn " + cell + " --embedding 2 --hidden 3");
    run("prepare " + cell + " --text words.tsv --valid 0.25");
    run("train " + cell + " --epochs 3");
  }
  const CommandResult result = gatefold("plot rnn gru/log.jsonl -o loss.svg");
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_EQ(result.output, "wrote loss.svg\n");
  const std::string svg = read("loss.svg");
  for (const char* text : {">rnn: loss of each step<", ">rnn: training<", ">gru: validation<",
                           ">gru: learning rate<", ">loss over the steps of training<"}) {
    EXPECT_TRUE(contains(svg, text));
  }
  run("plot gru --metric accuracy --log-scale -o accuracy.svg");
  EXPECT_TRUE(contains(read("accuracy.svg"), ">gru: validation<"));
  EXPECT_FALSE(contains(read("accuracy.svg"), "learning rate"));
  run("plot rnn gru --metric validation_loss -o validation.svg");
  EXPECT_TRUE(contains(read("validation.svg"), ">gru<"));
  EXPECT_FALSE(contains(read("validation.svg"), ">rnn: training<"));
  EXPECT_TRUE(contains(refusal("plot gru --metric validation_bleu -o bleu.svg"),
                       "no log holds the metric 'validation_bleu'"));
  EXPECT_TRUE(contains(refusal("plot gru --metric bleu -o bleu.svg"),
                       "no log holds the metric 'bleu'; there are accuracy, "));
}

TEST_F(CliPlot, RefusesWhatIsNoLog) {
  write("a.jsonl", "{\"epoch\": 0, \"step\": 1, \"loss\": 1}\nepoch 1\n");
  EXPECT_TRUE(contains(refusal("plot a.jsonl -o a.svg"), "'a.jsonl': line 2 is not one of a log"));
  write("b.jsonl", "");
  EXPECT_TRUE(contains(refusal("plot b.jsonl -o b.svg"), "'b.jsonl' holds no steps"));
  EXPECT_TRUE(contains(refusal("plot none.jsonl -o c.svg"), "none.jsonl"));
  EXPECT_EQ(read("a.svg") + read("b.svg") + read("c.svg"), "");
}

class CliEmbed : public CliPlot {
 protected:
  void make_vectors() const {
    write("text.txt", "a b c a b\na b\tc\n");
    run("new skipgram vectors --embedding 3");
    run("prepare vectors --text text.txt --tokens char");
  }
};

TEST_F(CliEmbed, DrawsAMapOfTokens) {
  make_vectors();
  run("embed vectors --svg map.svg --count 3");
  const std::string svg = read("map.svg");
  // The most frequent characters: the space, a and b.
  for (const char* text : {">␣<", ">a<", ">b<"}) EXPECT_TRUE(contains(svg, text));
  EXPECT_FALSE(contains(svg, ">c<"));
  run("embed vectors --svg map.svg --tokens a,c");
  EXPECT_TRUE(contains(read("map.svg"), ">c<"));
  EXPECT_FALSE(contains(read("map.svg"), ">b<"));
}

TEST_F(CliEmbed, WritesForTheProjector) {
  make_vectors();
  run("embed vectors --projector projector -o vectors.vec");
  const std::string vectors = read("projector/vectors.tsv");
  const std::string names = read("projector/metadata.tsv");
  EXPECT_EQ(names, " \na\nb\nc\n\\t\n");
  EXPECT_EQ(std::count(vectors.begin(), vectors.end(), '\n'), 5);
  EXPECT_EQ(std::count(vectors.begin(), vectors.end(), '\t'), 10);
  EXPECT_TRUE(starts_with(read("vectors.vec"), "5 3\n"));
}

TEST_F(CliEmbed, ExplainsWhatIsWrong) {
  make_vectors();
  EXPECT_TRUE(contains(refusal("embed vectors"), "give --output, --svg or --projector"));
  EXPECT_TRUE(contains(refusal("embed vectors --svg map.svg --tokens a,z"),
                       "'z' is not in the vocabulary"));
  EXPECT_TRUE(contains(refusal("embed vectors --svg map.svg --tokens a"), "two tokens at least"));
  EXPECT_EQ(read("map.svg"), "");
}

}  // namespace
}  // namespace gatefold::test
