#include <gtest/gtest.h>

#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/cli.h"

namespace gatefold::test {
namespace {

/// Words that end with a vowel or not, and their labels.
constexpr const char* kWords =
    "anna\tvowel\nberta\tvowel\nkarl\tconsonant\ndavid\tconsonant\nemma\tvowel\nfritz\tconsonant\n"
    "greta\tvowel\nhans\tconsonant\nida\tvowel\njakob\tconsonant\nklara\tvowel\nlars\tconsonant\n";

/// Pairs for a translation, short enough to be learned by heart.
constexpr const char* kPairs = "un\tone\ndeux\ttwo\ntrois\tthree\nun deux\tone two\n";

class CliEval : public Cli {
 protected:
  void run(const std::string& arguments) const {
    const CommandResult result = gatefold(arguments);
    ASSERT_EQ(result.exit_code, 0) << arguments << ": " << result.errors;
  }

  void make_classifier(const std::string& valid = "0.25") const {
    write("words.tsv", kWords);
    run("new classifier words --rnn gru --embedding 4 --hidden 8");
    run("prepare words --text words.tsv --valid " + valid);
    run("train words --epochs 5 --lr 0.03 --batch-size 4");
  }

  void make_translator(const std::string& attention) const {
    write("pairs.tsv", kPairs);
    run("new seq2seq pairs --rnn gru --embedding 8 --hidden 16 --attention " + attention);
    run("prepare pairs --text pairs.tsv --valid 0");
    run("train pairs --epochs 25 --lr 0.02 --batch-size 4");
  }

  /// What the command says about a metric.
  static double metric(const std::string& output, const std::string& name) {
    std::istringstream lines(output);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(name + " ")) return std::stod(line.substr(name.size()));
    }
    ADD_FAILURE() << "no " << name << " in " << output;
    return -1;
  }

  /// The one line with which a command refuses its arguments.
  std::string refusal(const std::string& arguments) const {
    const CommandResult result = gatefold(arguments);
    EXPECT_EQ(result.exit_code, 2) << arguments;
    EXPECT_TRUE(is_complaint(result.errors));
    EXPECT_EQ(result.output, "");
    return result.errors;
  }
};

TEST_F(CliEval, JudgesClassifiers) {
  make_classifier();
  const CommandResult held_back = gatefold("eval words --confusion confusion.svg");
  ASSERT_EQ(held_back.exit_code, 0) << held_back.errors;
  EXPECT_TRUE(starts_with(held_back.output, "valid.npz, held back from training: 3 texts\nloss "));
  EXPECT_TRUE(contains(held_back.output, "\nf1 "));
  EXPECT_TRUE(contains(held_back.output, "  label      1  2\n1  consonant"));
  EXPECT_TRUE(starts_with(read("confusion.svg"), "<svg xmlns="));
  EXPECT_TRUE(contains(read("confusion.svg"), ">vowel</text>"));

  const CommandResult all = gatefold("eval words --data words.tsv:1,2 --metric accuracy");
  EXPECT_TRUE(starts_with(all.output, "words.tsv: 12 texts\naccuracy "));
  EXPECT_FALSE(contains(all.output, "loss"));
  // As many are right as predict finds.
  const CommandResult predicted = shell(
      "cut -f1 words.tsv | \"$gatefold\" predict words | cut -f2 "
      "| paste - words.tsv | awk '$1 == $3' | wc -l");
  EXPECT_NEAR(metric(all.output, "accuracy") * 12, std::stod(predicted.output), 0.01);
}

TEST_F(CliEval, ShowsProjectsSideBySide) {
  make_classifier();
  run("new classifier others --rnn lstm --embedding 4 --hidden 8");
  run("prepare others --text words.tsv --valid 0.25");
  const CommandResult both = gatefold("eval words others --metric accuracy");
  ASSERT_EQ(both.exit_code, 0);
  EXPECT_TRUE(starts_with(both.output, "project  examples  accuracy  of\nwords           3    "));
  EXPECT_TRUE(contains(both.output, "  valid.npz, held back from training\nothers          3    "));
  EXPECT_TRUE(starts_with(both.errors, "note: 'others' is not trained yet"));
  EXPECT_TRUE(contains(refusal("eval words others --confusion c.svg"), "--confusion draws one"));
}

TEST_F(CliEval, JudgesByTheDataOfTrainingWhenNoneAreHeldBack) {
  make_classifier("0");
  EXPECT_TRUE(
      starts_with(gatefold("eval words").output, "train.npz, the data of training: 12 texts\n"));
}

TEST_F(CliEval, JudgesRegressions) {
  run("new linear line");
  write("line.tsv", "1\t2\n3\t5\n");
  const CommandResult result = gatefold("eval line --data line.tsv");
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_TRUE(starts_with(result.output, "line.tsv: 2 records\nloss "));
  EXPECT_TRUE(contains(refusal("eval line"), "'line' has no data to judge its model on"));
  write("words.tsv", "1\ttwo\n");
  EXPECT_TRUE(contains(refusal("eval line --data words.tsv"), "'two' is not a number"));
}

TEST_F(CliEval, JudgesTaggers) {
  write("tags.tsv", "the cat sleeps\tD N V\na dog\tD N\nthe dog sleeps\tD N V\ncat sleeps\tN V\n");
  run("new tagger tags --rnn rnn --embedding 4 --hidden 8");
  run("prepare tags --text tags.tsv --valid 0");
  run("train tags --epochs 30 --lr 0.05 --batch-size 4");
  const CommandResult result = gatefold("eval tags --data tags.tsv");
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_TRUE(starts_with(result.output, "tags.tsv: 10 tokens\n"));
  EXPECT_EQ(metric(result.output, "accuracy"), 1);
  EXPECT_EQ(metric(result.output, "f1"), 1);
  write("bad.tsv", "the cat\tD N V\n");
  EXPECT_TRUE(contains(refusal("eval tags --data bad.tsv"), "record 1 has 2 words but 3 labels"));
}

TEST_F(CliEval, JudgesLanguageModels) {
  write("text.txt", "abababababababababababababababababababababababababababababababab");
  run("new char-lm text --rnn gru --embedding 4 --hidden 8");
  run("prepare text --text text.txt --valid 0.25");
  run("train text --epochs 40 --lr 0.05 --batch-size 2 --bptt 8");
  const CommandResult result = gatefold("eval text");
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_TRUE(starts_with(result.output, "valid.npz, held back from training: 15 tokens\n"));
  EXPECT_NEAR(metric(result.output, "perplexity"), std::exp(metric(result.output, "loss")), 1e-3);
  EXPECT_LT(metric(result.output, "perplexity"), 1.5);
  write("other.txt", "abxb");
  EXPECT_TRUE(contains(refusal("eval text --data other.txt"), "'x' (U+0078)"));
}

TEST_F(CliEval, JudgesTranslations) {
  make_translator("none");
  const CommandResult result = gatefold("eval pairs --data pairs.tsv");
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_TRUE(starts_with(result.output, "pairs.tsv: 4 texts\nexact "));
  const CommandResult same = shell(
      "cut -f1 pairs.tsv | \"$gatefold\" translate pairs --beam-size 1 "
      "> found; cut -f2 pairs.tsv | paste -d= - found "
      "| awk -F= '$1 == $2' | wc -l");
  EXPECT_NEAR(metric(result.output, "exact") * 4, std::stod(same.output), 0.01);
  EXPECT_GT(metric(result.output, "exact"), 0);
  EXPECT_EQ(metric(gatefold("eval pairs --metric bleu").output, "bleu"), 0);  // No four words.
  EXPECT_EQ(gatefold("eval pairs --beam-size 3").exit_code, 0);
}

TEST_F(CliEval, ExplainsWhatIsWrong) {
  make_classifier();
  write("unseen.tsv", "otto\tvowel\nmira\tpalindrome\n");
  EXPECT_TRUE(contains(refusal("eval words --data unseen.tsv"),
                       "record 2 has the label 'palindrome', which training never saw; the labels "
                       "are consonant, vowel"));
  write("empty.tsv", "");
  EXPECT_TRUE(contains(refusal("eval words --data empty.tsv"), "'empty.tsv' is empty"));
  write("narrow.tsv", "anna\n");
  EXPECT_TRUE(contains(refusal("eval words --data narrow.tsv"),
                       "'narrow.tsv': record 1 has 1 columns, but column 2 is asked for"));
  EXPECT_TRUE(contains(refusal("eval words --data words.tsv:text,label"), "no column 'text'"));
  EXPECT_TRUE(contains(refusal("eval words --metric bleu"),
                       "metric 'bleu' is not one of the template 'classifier'; choose from loss, "
                       "accuracy, f1"));
  EXPECT_TRUE(contains(refusal("eval nowhere"), "'nowhere' is no project"));
  run("new skipgram vectors --embedding 2");
  EXPECT_TRUE(contains(refusal("eval vectors"), "look at them with nn and embed"));
  EXPECT_TRUE(contains(refusal("eval vectors --confusion c.svg"), "--confusion needs a model"));
}

TEST_F(CliEval, DrawsTheAttentionOfATranslation) {
  make_translator("luong");
  const CommandResult result = gatefold("translate pairs 'un deux' trois --attention a.svg");
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  const std::string svg = read("a.svg");
  EXPECT_TRUE(contains(svg, ">deux</text>"));
  EXPECT_TRUE(contains(svg, ">&lt;/s&gt;</text>"));
  EXPECT_FALSE(contains(svg, ">trois</text>"));
}

TEST_F(CliEval, RefusesToDrawAttentionThatThereIsNot) {
  make_translator("none");
  EXPECT_TRUE(contains(refusal("translate pairs un --attention a.svg"),
                       "the decoder of 'pairs' has no output 'attention'"));
  EXPECT_EQ(read("a.svg"), "");
}

}  // namespace
}  // namespace gatefold::test
