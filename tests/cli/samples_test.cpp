#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/cli.h"

namespace gatefold::test {
namespace {

using nlohmann::json;

/// What models say while they are trained.
class CliSamples : public Cli {
 protected:
  std::string run(const std::string& arguments) const {
    const CommandResult result = gatefold(arguments);
    EXPECT_EQ(result.exit_code, 0) << arguments << ": " << result.errors;
    return result.output;
  }

  std::string refusal(const std::string& arguments) const {
    const CommandResult result = gatefold(arguments);
    EXPECT_EQ(result.exit_code, 2) << arguments;
    EXPECT_TRUE(is_complaint(result.errors)) << result.errors;
    return result.errors;
  }

  void make(const std::string& options, const std::string& text) const {
    write("text.tsv", text);
    run("new " + options + " p --embedding 8 --hidden 16");
    run("prepare p --text text.tsv --valid 0.25");
  }

  /// The samples of each epoch in the log, which then has none.
  static std::vector<json> take_samples(std::string& log) {
    std::vector<json> samples;
    std::string rest;
    std::istringstream lines(log);
    for (std::string text; std::getline(lines, text);) {
      json line = json::parse(text);
      if (!line.contains("step")) {
        samples.push_back(line.value("samples", json::array()));
        line.erase("samples");
      }
      rest += line.dump() + "\n";
    }
    log = rest;
    return samples;
  }

  /// Trains twice, with samples and without; both runs must be the same. Returns the samples.
  std::vector<json> train(const std::string& options, const std::string& sample_options) const {
    run("train p " + options);
    std::string quiet = read("p/log.jsonl");
    const std::string weights = read("p/best.onnx");
    const std::string output = run("train p " + options + " " + sample_options);
    EXPECT_TRUE(contains(output, " → ")) << output;
    std::string log = read("p/log.jsonl");
    EXPECT_EQ(read("p/best.onnx"), weights);
    take_samples(quiet);
    const std::vector<json> samples = take_samples(log);
    EXPECT_EQ(log, quiet);
    return samples;
  }
};

TEST_F(CliSamples, ContinueTextsAsGenerateDoes) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "the cat sat on the mat. ";
  write("text.txt", text);
  run("new char-lm p --layers 2 --dropout 0.2 --embedding 8 --hidden 16");
  run("prepare p --text text.txt");
  const auto samples = train("--epochs 6 --lr 0.02 --batch-size 4 --bptt 16", "--sample 'the cat'");
  ASSERT_EQ(samples.size(), 6U);
  ASSERT_EQ(samples[0].size(), 1U);
  EXPECT_EQ(samples[5][0]["text"], "the cat");
  EXPECT_NE(samples[5][0]["answer"], samples[0][0]["answer"]);
  EXPECT_EQ("the cat" + samples[5][0]["answer"].get<std::string>() + "\n",
            run("generate p -p 'the cat' -n 64 --greedy"));
}

TEST_F(CliSamples, TranslateTextsAsTranslateDoes) {
  make("seq2seq --attention luong",
       "un chat\ta cat\nun chien\ta dog\nle chat\tthe cat\nle chien\tthe dog\nun chat dort\ta cat "
       "sleeps\nle chien dort\tthe dog sleeps\n");
  const auto samples = train("--epochs 8 --lr 0.02 --batch-size 4 --teacher-forcing 1:0.5",
                             "--sample 'le chat' --sample 'un chien dort'");
  ASSERT_EQ(samples.size(), 8U);
  ASSERT_EQ(samples[7].size(), 2U);
  EXPECT_EQ(samples[7][1]["text"], "un chien dort");
  EXPECT_EQ(samples[7][1]["answer"].get<std::string>() + "\n",
            run("translate p 'un chien dort' --beam-size 1"));
}

TEST_F(CliSamples, AreRefusedBeforeTraining) {
  make("char-lm", "abab\nabab\nabba\nbaba\n");
  const std::string log = "p/log.jsonl";
  EXPECT_TRUE(contains(refusal("train p --sample x"), "'x' (U+0078)"));
  EXPECT_TRUE(contains(refusal("train p --sample ''"), "the prompt is empty"));
  EXPECT_FALSE(std::filesystem::exists(folder() / log));
  write("words.tsv", "anna\ta\nbert\tb\n");
  run("new classifier words");
  run("prepare words --text words.tsv --valid 0");
  EXPECT_TRUE(contains(refusal("train words --sample anna"), "neither continues nor translates"));
  EXPECT_TRUE(contains(refusal("train p/model.onnx --data p/train.npz -o o.onnx --sample a"),
                       "--sample is for projects"));
}

}  // namespace
}  // namespace gatefold::test
