#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/cli/cli.h"

namespace gatefold::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Words of soft letters and of hard ones.
constexpr const char* kWords =
    "alma\tsoft\nlea\tsoft\nmela\tsoft\nalema\tsoft\nele\tsoft\nmal\tsoft\nlam\tsoft\namel\tsoft\n"
    "kit\thard\ntakt\thard\nxit\thard\ntik\thard\nkix\thard\ntixt\thard\nxik\thard\nkxitk\thard\n";

constexpr const char* kPairs =
    "un chat\ta cat\nun chien\ta dog\nle chat\tthe cat\nle chien\tthe dog\nun chat dort\ta cat "
    "sleeps\nle chien dort\tthe dog sleeps\nle chat mange\tthe cat eats\nun chien mange\ta dog "
    "eats\n";

constexpr const char* kTagged =
    "the cat sleeps\tD N V\na dog eats\tD N V\nthe dog sleeps\tD N V\ncats eat\tN V\na cat "
    "eats\tD N V\ndogs sleep\tN V\n";

/// Projects from text to what their models say.
class CliProjects : public Cli {
 protected:
  /// Runs a command that must succeed; returns what it printed.
  std::string succeed(const std::string& arguments) const {
    const CommandResult result = gatefold(arguments);
    EXPECT_EQ(result.exit_code, 0) << arguments << ": " << result.errors;
    return result.output;
  }

  /// The sentence by which a command is refused.
  std::string complaint(const std::string& arguments) const {
    const CommandResult result = gatefold(arguments);
    EXPECT_EQ(result.exit_code, 2) << arguments;
    EXPECT_TRUE(is_complaint(result.errors)) << arguments << ": " << result.errors;
    return result.errors;
  }

  /// Makes a project p of a template with small layers, and the data of a text.
  void make(const std::string& name, const std::string& options, const std::string& file,
            const std::string& text) const {
    write(file, text);
    const bool has_states = name != "skipgram" && name != "cbow";
    succeed(fmt::format("new {} p --embedding 8 {} {}", name, has_states ? "--hidden 16" : "",
                        options));
    succeed(fmt::format("prepare p --text {} --valid 0", file));
  }

  json read_json(const std::string& name) const { return json::parse(read(name)); }
};

TEST_F(CliProjects, ClassifierLabelsTexts) {
  make("classifier", "--rnn gru", "words.tsv", kWords);
  EXPECT_EQ(read("p/labels.txt"), "hard\nsoft\n");
  const std::string output = succeed("train p --epochs 20 --lr 0.02 --batch-size 4 --bucket");
  EXPECT_TRUE(contains(output, "accuracy 1.0000, rate 0.02")) << output;
  EXPECT_TRUE(starts_with(succeed("predict p melal"), "soft\t"));
  EXPECT_TRUE(starts_with(succeed("predict p tikk -k 2"), "hard\t"));
  const std::string both = succeed("predict p melal tikk");
  EXPECT_TRUE(starts_with(both, "melal\tsoft\t")) << both;
  EXPECT_TRUE(contains(both, "\ntikk\thard\t")) << both;
}

TEST_F(CliProjects, LanguageModelContinuesTexts) {
  for (const char* cell : {"rnn", "lstm"}) {
    std::string text;
    for (int i = 0; i < 40; ++i) text += "the cat sat on the mat. ";
    make("char-lm", fmt::format("--rnn {}", cell), "text.txt", text);
    succeed("train p --epochs 30 --lr 0.02 --batch-size 4 --bptt 24");
    EXPECT_EQ(succeed("generate p -p 'the cat ' -n 15 --greedy"), "the cat sat on the mat.\n");
    const std::string drawn = succeed("generate p -p 'the' -n 20 --temp 0.5 --top-k 3 --seed 1");
    EXPECT_EQ(succeed("generate p -p 'the' -n 20 --temp 0.5 --top-k 3 --seed 1"), drawn);
    fs::remove_all(folder() / "p");
  }
}

TEST_F(CliProjects, EncoderAndDecoderTranslate) {
  for (const std::string attention : {"none", "luong", "bahdanau"}) {
    make("seq2seq", fmt::format("--bidirectional --attention {}", attention), "pairs.tsv", kPairs);
    const std::string output = succeed("train p --epochs 60 --lr 0.02 --batch-size 4 --bucket");
    EXPECT_EQ(succeed("translate p 'le chat'"), "the cat\n");
    EXPECT_EQ(succeed("translate p 'un chien mange' --beam-size 1"), "a dog eats\n");
    // All translations of a text are right.
    write("judged.tsv", "le chat\ta cat\nle chat\tthe cat\nun chien mange\ta cat eats\n");
    EXPECT_TRUE(
        contains(succeed("eval p --data judged.tsv --metric exact"), "exact       0.6667\n"));
    const std::string draw = "translate p 'le chat' --attention a.svg";
    if (attention == "none") {
      EXPECT_TRUE(contains(complaint(draw), "has no output 'attention' to draw"));
    } else {
      succeed(draw);
      EXPECT_TRUE(contains(read("a.svg"), "chat"));
      EXPECT_TRUE(contains(read("a.svg"), "cat"));
    }
    fs::remove_all(folder() / "p");
  }
}

TEST_F(CliProjects, DecodersLearnFromTheirOwnChoices) {
  make("seq2seq", "--attention bahdanau", "pairs.tsv", kPairs);
  const std::string options = "train p --lr 0.02 --batch-size 4 --bucket --teacher-forcing 1:0.2 ";
  succeed(options + "--epochs 60");
  EXPECT_EQ(succeed("translate p 'le chat'"), "the cat\n");
  EXPECT_EQ(succeed("translate p 'un chien mange'"), "a dog eats\n");
  EXPECT_TRUE(contains(complaint("train p --teacher-forcing 1:2"), "--teacher-forcing 1:2 is not"));
}

TEST_F(CliProjects, WordVectorsHaveNeighbours) {
  std::string lines;
  for (int i = 0; i < 20; ++i) lines += "red green blue\none two three\nblue red green\n";
  for (const char* name : {"skipgram", "cbow"}) {
    make(name, "", "lines.txt", lines);
    const std::string output = succeed("train p --epochs 20 --lr 0.01 --window 2 --negatives 4");
    EXPECT_TRUE(contains(output, "epoch 20: loss ")) << output;
    const std::string neighbours = succeed("nn p red -k 2");
    EXPECT_EQ(std::count(neighbours.begin(), neighbours.end(), '\n'), 2) << neighbours;
    succeed("embed p -o p.vec");
    EXPECT_TRUE(starts_with(read("p.vec"), "6 8\n"));
    fs::remove_all(folder() / "p");
  }
}

TEST_F(CliProjects, TaggerLearnsALabelForEachWord) {
  make("tagger", "--bidirectional", "tagged.tsv", kTagged);
  EXPECT_EQ(read("p/labels.txt"), "D\nN\nV\n");
  const std::string output = succeed("train p --epochs 30 --lr 0.02 --batch-size 2 --bucket");
  EXPECT_TRUE(contains(output, "epoch 30: loss 0.0")) << output;
  EXPECT_EQ(succeed("predict p 'a dog sleeps'"), "D N V\n");
  EXPECT_EQ(succeed("predict p 'cats sleep' 'the dog eats'"),
            "cats sleep\tN V\nthe dog eats\tD N V\n");
  EXPECT_TRUE(contains(complaint("prepare p --text tagged.tsv --tokens char"),
                       "--tokens char does not go with a tagger"));
}

TEST_F(CliProjects, RegressionLearnsFromNumbers) {
  for (const char* name : {"linear", "mlp --hidden 8"}) {
    EXPECT_TRUE(contains(succeed(fmt::format("new {} p", name)), "with model.onnx"));
    EXPECT_TRUE(contains(complaint("train p"), "p' has no train.npz yet"));
    write("points.tsv", "-1\t-1\n0\t1\n1\t3\n2\t5\n");
    succeed("prepare p --text points.tsv --valid 0");
    const std::string output = succeed("train p --epochs 400 --lr 0.05");
    EXPECT_TRUE(contains(output, "epoch 400: loss 0.0")) << output;
    EXPECT_NEAR(std::stod(succeed("predict p 1.5")), 4, 0.2);
    EXPECT_EQ(succeed("predict p ' 1.5' -1.5"),
              succeed("predict p 1.5") + succeed("predict p -- -1.5"));
    write("words.tsv", "one\ttwo\n");
    EXPECT_TRUE(contains(complaint("prepare p --text words.tsv"), "'one' is not a number"));
    fs::remove_all(folder() / "p");
  }
}

TEST_F(CliProjects, RegressionReadsSeveralNumbers) {
  succeed("new linear p --inputs 2 --outputs 3");
  const std::string expected = succeed("predict p '1 -2.5'");
  EXPECT_EQ(std::count(expected.begin(), expected.end(), '\t'), 2) << expected;
  EXPECT_EQ(succeed("predict p '1,-2.5'"), expected);
  const CommandResult piped = shell("printf '1\\t-2.5\\r\\n1 , -2.5\\n' | \"$gatefold\" predict p");
  EXPECT_EQ(piped.output, expected + expected);
  EXPECT_TRUE(starts_with(piped.errors, "note: 'p' is not trained yet")) << piped.errors;
  const auto refuse = [&](const std::string& text, const std::string& part) {
    EXPECT_TRUE(contains(complaint("predict p " + text), part)) << text;
  };
  refuse("1", "the text has 1 number, but the model reads 2");
  refuse("'1 2 3'", "the text has 3 numbers, but the model reads 2");
  refuse("''", "the text has 0 numbers");
  refuse("'1 one'", "'one' is not a number");
  refuse("'1 1e99'", "'1e99' is not a number");
  refuse("'1 inf'", "'inf' is not a number");
  refuse("'1,,2'", "a number is missing beside a comma");
  refuse("1,2 3", "text 2: the text has 1 number");
}

TEST_F(CliProjects, AreMadeAnewForOtherTexts) {
  make("classifier", "", "words.tsv", kWords);
  succeed("train p --epochs 1");
  EXPECT_TRUE(fs::exists(folder() / "p/best.onnx"));
  write("more.tsv", "uno\tlow\ndos\tlow\nsiete\thigh\nocho\thigh\nnueve\thigh\n");
  succeed("prepare p --text more.tsv --valid 0.2");
  EXPECT_FALSE(fs::exists(folder() / "p/best.onnx"));
  const std::string output = succeed("train p --epochs 2");
  EXPECT_TRUE(contains(output, "; validation loss ")) << output;
  EXPECT_TRUE(contains(succeed("predict p uno -k 2"), "low\t"));
}

TEST_F(CliProjects, RunsAreResumedWithTheSameBits) {
  make("classifier", "--layers 2 --dropout 0.3", "words.tsv", kWords);
  const std::string options = "train p --lr 0.01 --batch-size 4 --bucket --seed 5 ";
  succeed(options + "--epochs 4");
  const std::string whole = read("p/best.onnx");
  succeed(options + "--steps 6 --checkpoint saved");
  EXPECT_NE(read("p/best.onnx"), whole);
  succeed(options + "--epochs 4 --checkpoint saved --resume");
  EXPECT_EQ(read("p/best.onnx"), whole);
}

TEST_F(CliProjects, TrainTheirPaddingAndDropoutAsTheirSettingsSay) {
  make("seq2seq", "--layers 3 --dropout 0.25", "pairs.tsv", kPairs);
  json settings = read_json("p/training.json");
  EXPECT_EQ(settings["padding"],
            (json{{"encoder.embedding.weight", 0}, {"decoder.embedding.weight", 0}}));
  json dropout;
  for (const char* module : {"encoder", "decoder"}) {
    for (const int layer : {0, 1}) {
      dropout.push_back(
          {{"pattern", fmt::format("{}.rnn.output_l{}", module, layer)}, {"p", 0.25}});
    }
  }
  EXPECT_EQ(settings["dropout"], dropout);
  succeed("train p --epochs 1");
  succeed("new seq2seq q --embedding 8 --hidden 8 --layers 2 --dropout 0.5 --attention bahdanau");
  EXPECT_EQ(read_json("q/training.json")["dropout"],
            (json{{{"pattern", "encoder.rnn.output_l0"}, {"p", 0.5}},
                  {{"pattern", "decoder.rnn.kept_l0"}, {"p", 0.5}}}));
  succeed("prepare q --text pairs.tsv --valid 0");
  EXPECT_TRUE(contains(succeed("train q --epochs 1"), "wrote q/best_decoder.onnx"));
  succeed("new transformer-encoder t --embedding 8 --hidden 8 --heads 2");
  write("words.tsv", kWords);
  succeed("prepare t --text words.tsv --valid 0");
  EXPECT_EQ(read_json("t/training.json")["padding"], (json{{"embedding.weight", 0}}));
  // What the user says of them stays.
  settings["padding"] = json::object();
  settings["clip_norm"] = 2;
  write("p/training.json", settings.dump());
  succeed("prepare p --text pairs.tsv --valid 0");
  EXPECT_EQ(read("p/training.json"), settings.dump());
}

TEST_F(CliProjects, ShuffleTheirExamplesUnlessToldNotTo) {
  make("classifier", "", "words.tsv", kWords);
  const std::string options = " --epochs 1 --batch-size 2 --log ";
  const std::string files =
      "train p/model.onnx --data p/train.npz --spec p/training.json -o t.onnx";
  succeed(files + options + "ordered.jsonl");
  succeed("train p --no-shuffle" + options + "kept.jsonl");
  succeed("train p" + options + "shuffled.jsonl");
  const std::string ordered = read("ordered.jsonl");
  EXPECT_EQ(read("kept.jsonl").substr(0, ordered.find('\n')),
            ordered.substr(0, ordered.find('\n')));
  EXPECT_NE(read("shuffled.jsonl").substr(0, ordered.find('\n')),
            ordered.substr(0, ordered.find('\n')));
}

TEST_F(CliProjects, ShowTheRate) {
  make("classifier", "", "words.tsv", kWords);
  const std::string output = succeed(
      "train p --epochs 3 --lr 0.01 --schedule multistep --milestones 1,2 "
      "--rates 0.01,0.005,1 --batch-size 8");
  EXPECT_TRUE(contains(output, ", rate 0.01 *\n")) << output;
  EXPECT_TRUE(contains(output, ", rate 0.005 *\n")) << output;
  EXPECT_TRUE(contains(output, ", rate 1 *\n")) << output;
}

TEST_F(CliProjects, RefuseWhatCannotBeMade) {
  const auto refuse = [&](const std::string& arguments, const std::string& part) {
    const std::string said = complaint(arguments);
    EXPECT_TRUE(contains(said, part)) << arguments;
  };
  refuse("new poems p", "no template 'poems'");
  refuse("new classifier p --dropout 0.2", "--dropout 0.2 has no place");
  refuse("new classifier p --layers 2 --dropout 1", "--dropout 1 must be at least 0 and below 1");
  EXPECT_FALSE(fs::exists(folder() / "p"));
  write("words.tsv", kWords);
  refuse("prepare p --text words.tsv", "'p' is no project");
  refuse("prepare words.tsv --text words.tsv", "is no project");
  succeed("new classifier p --embedding 8 --hidden 8");
  refuse("new classifier p", "holds a project already");
  refuse("train p", "'p' has no train.npz yet");
  refuse("predict p anna", "'p' has no labels.txt yet");
  refuse("prepare p --text words.tsv --valid 1", "--valid 1 is not a share");
  refuse("prepare p --text words.tsv --tokens letters", "--tokens letters is not known");
  refuse("prepare p --text nothing.tsv", "nothing.tsv");
  write("empty.tsv", "");
  refuse("prepare p --text empty.tsv", "'empty.tsv' is empty");
  write("single.tsv", "anna\nbob\n");
  refuse("prepare p --text single.tsv", "'single.tsv': record 1 has 1 columns");
  refuse("prepare p --text words.tsv:name,label", "there is no column 'name'");
  refuse("prepare p --text words.tsv:alma,label", "there is no column 'label'");
  write("open.csv", "anna,it\n\"bob,en\nzoe,fr\n");
  refuse("prepare p --text open.csv", "'open.csv': line 2 is damaged: a quote is not closed");
  write("gap.tsv", "anna\tname\nbob\t\n");
  refuse("prepare p --text gap.tsv", "record 2 has no label");
  write("blank.tsv", "anna\tname\n\tword\n");
  refuse("prepare p --text blank.tsv", "record 2 has an empty text");
  write("same.tsv", "anna\tname\nbob\tname\n");
  refuse("prepare p --text same.tsv", "there is only one label, 'name'");
  write("latin.tsv", "\xE9mile\tfr\nbob\ten\n");
  refuse("prepare p --text latin.tsv", "UTF-8");
  write("wide.tsv", std::string("\xFF\xFE"
                                "a\0\t\0b\0\n\0",
                                10));
  refuse("prepare p --text wide.tsv", "UTF-16");
  for (const char* file : {"tokenizer.json", "labels.txt", "train.npz", "model.onnx"}) {
    EXPECT_FALSE(fs::exists(folder() / "p" / file)) << file;
  }
  fs::copy(folder() / "words.tsv", folder() / "WORDS.TSV");
  succeed("prepare p --text WORDS.TSV");
  refuse("train p --seed -1", "--seed: '-1' is below 0");
  refuse("prepare p --text words.tsv --seed=-2", "--seed: '-2' is below 0");
  refuse("train p -o trained.onnx --epochs 1", "--output does not go with a project");
  refuse("train p --padding table=0 --epochs 1", "padding: the model has no table 'table'");
  refuse("train p --padding embedding.weight=99 --epochs 1", "it has no row 99");
  refuse("train p --padding embedding.weight --epochs 1", "does not have the form NAME=INDEX");
  refuse("train p --padding embedding.weight=x --epochs 1", "'x' is not the number of a row");
  refuse("train p --dropout 'gates*=0.5' --epochs 1", "dropout 'gates*' matches no value");
  refuse("train p --dropout 'rnn.output_l0=1' --epochs 1", "must be at least 0 and below 1");
  refuse("train p --dropout 'rnn.output_l0=x' --epochs 1", "'x' is not a probability");
  refuse("predict p 'Zo\xC3\xAB'",
         "'Z' (U+005A), in line 1 at character 1, is not in the vocabulary, which has no token for "
         "the unknown; gatefold prepare --min-count 2 makes one");
  refuse("generate p -p a", "continues no texts");
  refuse("translate p a", "does not translate");
}

TEST_F(CliProjects, RefuseOptionsThatTheyHaveNoUseFor) {
  const auto refuse = [&](const std::string& arguments, const std::string& part) {
    EXPECT_TRUE(contains(complaint(arguments), part)) << arguments;
  };
  refuse("new linear p --attention luong",
         "the template 'linear' has no use for --attention; it takes --inputs, --outputs and "
         "--seed");
  refuse("new cbow p --bidirectional", "the template 'cbow' has no use for --bidirectional");
  refuse("new char-lm p --heads 4", "the template 'char-lm' has no use for --heads");
  refuse("new transformer-lm p --rnn gru", "has no use for --rnn");
  EXPECT_FALSE(fs::exists(folder() / "p"));
  make("classifier", "--seed 3", "words.tsv", kWords);
  refuse("train p --negatives 3",
         "--negatives does not go with a project of the template 'classifier': it learns no word "
         "vectors");
  refuse("train p --window 3", "--window does not go with");
  refuse("train p --bptt 3", "--bptt does not go with");
  refuse("train p --corpus", "--corpus does not go with");
  refuse("train p --dim N=3", "--dim does not go with");
  refuse("train p --teacher-forcing 1:0", "--teacher-forcing does not go with");
  refuse("train p/model.onnx --data p/train.npz -o q.onnx --loss mse --negatives 3",
         "--negatives is for projects of skipgram and cbow");
  refuse("eval p --beam-size 2", "--beam-size does not go with");
  fs::remove_all(folder() / "p");
  succeed("new linear p");
  write("points.tsv", "-1\t-1\n0\t1\n");
  refuse("prepare p --text points.tsv --tokens word", "--tokens does not go with");
  refuse("predict p 1 -k 2", "--best does not go with a project of the template 'linear'");
  succeed("new skipgram q");
  write("lines.txt", "a b c\n");
  refuse("prepare q --text lines.txt --valid 0.1", "--valid does not go with");
}

TEST_F(CliProjects, SayThatTheyAreNotTrained) {
  make("classifier", "", "words.tsv", kWords);
  const CommandResult before = gatefold("predict p melal");
  EXPECT_EQ(before.exit_code, 0);
  EXPECT_TRUE(starts_with(before.errors, "note: 'p' is not trained yet")) << before.errors;
  EXPECT_TRUE(starts_with(gatefold("eval p").errors, "note: 'p' is not trained yet"));
  EXPECT_TRUE(starts_with(gatefold("nn p a").errors, "note: 'p' is not trained yet"));
  // A refusal is one line.
  EXPECT_TRUE(contains(complaint("predict p ''"), "the text is empty"));
  succeed("train p --epochs 1");
  EXPECT_EQ(gatefold("predict p melal").errors, "");
}

TEST_F(CliProjects, RefuseATokenizerOfAnotherSize) {
  make("char-lm", "", "text.txt", "abcabcabcabcabc");
  succeed("train p --epochs 1 --bptt 4 --batch-size 1");
  write("longer.txt", "abcdabcdabcdabcd");
  succeed("new char-lm q --embedding 8 --hidden 16");
  succeed("prepare q --text longer.txt --valid 0");
  const std::string tokenizer = read("p/tokenizer.json");
  write("p/tokenizer.json", read("q/tokenizer.json"));
  EXPECT_TRUE(contains(complaint("generate p -p a"),
                       "'p/tokenizer.json' has 4 tokens, but the model was made for 3"));
  write("p/tokenizer.json", tokenizer);
  write("p/best.onnx", read("q/model.onnx"));
  for (const char* command : {"generate p -p a", "eval p", "nn p a", "embed p -o p.vec"}) {
    EXPECT_TRUE(contains(complaint(command),
                         "'p/best.onnx' is made for 4 tokens, but the vocabulary of tokenizer.json "
                         "has 3 tokens; they do not fit"));
  }
  write("p/model.onnx", read("q/model.onnx"));
  EXPECT_TRUE(contains(complaint("train p"), "'p/model.onnx' is made for 4 tokens"));
}

TEST_F(CliProjects, RefuseModelsOfOtherTokens) {
  make("classifier", "", "words.tsv", kWords);
  write("other.tsv", "uno\tlow\ndos\tlow\nocho\thigh\n");
  succeed("new classifier q --embedding 8 --hidden 16");
  succeed("prepare q --text other.tsv --valid 0");
  write("p/best.onnx", read("q/model.onnx"));
  for (const char* command : {"predict p alma", "eval p"}) {
    EXPECT_TRUE(contains(complaint(command), "'p/best.onnx' is made for 8 tokens")) << command;
  }
  fs::remove_all(folder() / "p");
  make("seq2seq", "", "pairs.tsv", kPairs);
  write("fewer.tsv", "un chat\ta cat\n");
  succeed("new seq2seq r --embedding 8 --hidden 16");
  succeed("prepare r --text fewer.tsv --valid 0");
  write("p/best_decoder.onnx", read("r/decoder.onnx"));
  for (const char* command : {"translate p 'un chat'", "eval p"}) {
    EXPECT_TRUE(contains(complaint(command),
                         "'p/best_decoder.onnx' is made for 5 tokens, but the vocabulary of "
                         "target_tokenizer.json has"))
        << command;
  }
}

TEST_F(CliProjects, ChangeAllTheirFilesOrNone) {
  make("classifier", "", "words.tsv", kWords);
  succeed("train p --epochs 1");
  const auto files = [&] {
    std::map<std::string, std::string> contents;
    for (const auto& entry : fs::directory_iterator(folder() / "p")) {
      const std::string name = "p/" + entry.path().filename().string();
      contents[name] = entry.is_regular_file() ? read(name) : "";
    }
    return contents;
  };
  const auto before = files();
  std::string text;
  for (int i = 0; i < 4000; ++i) text += fmt::format("{}\tlabel{}\n", i * 7919 % 10000, i % 5);
  write("long.tsv", text);
  // The vocabulary and the labels are small enough for the limit, the arrays are not.
  const CommandResult result =
      shell("trap '' XFSZ; ulimit -f 4; \"$gatefold\" prepare p --text long.tsv");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(contains(result.errors, "'p/train.npz' cannot be written: ")) << result.errors;
  EXPECT_TRUE(files() == before);
  succeed("prepare p --text long.tsv");
  EXPECT_FALSE(fs::exists(folder() / "p/best.onnx"));
  EXPECT_FALSE(fs::exists(folder() / "p/checkpoint.npz"));
}

TEST_F(CliProjects, KeepTheBestWeightsWhereDataAreHeldBack) {
  write("words.tsv", kWords);
  succeed("new classifier p --embedding 8 --hidden 16");
  succeed("prepare p --text words.tsv --valid 0.4");
  const auto trained = [&](const std::string& options) {
    succeed("train p --lr 0.1 --batch-size 2 --epochs 12 " + options);
    return read("p/best.onnx");
  };
  const std::string best = trained("--keep best");
  EXPECT_EQ(trained(""), best);
  const std::string last = trained("--keep last");
  EXPECT_NE(last, best);
  succeed("prepare p --text words.tsv --valid 0");
  EXPECT_EQ(trained(""), trained("--keep last"));
}

TEST_F(CliProjects, LearnAllLabels) {
  write("rare.tsv", "alma\tsoft\nlea\tsoft\nmela\tsoft\nkit\thard\ntakt\thard\nxx\trare\n");
  succeed("new classifier p --embedding 8 --hidden 16");
  for (const int seed : {0, 1, 2}) {
    const std::string options = fmt::format("--valid 0.9 --seed {}", seed);
    EXPECT_TRUE(starts_with(succeed("prepare p --text rare.tsv " + options),
                            "3 examples for training, 3 held back"));
  }
  write("two.tsv", "alma\tsoft\nzoe\tnew\n");
  EXPECT_TRUE(contains(complaint("eval p --data two.tsv"), "record 2: 'z' (U+007A)"));
  write("p/labels.txt", "soft\n");
  EXPECT_TRUE(
      contains(complaint("predict p alma"),
               "'p/labels.txt' must have a line for each of the model's 3 labels, but has 1"));
}

TEST_F(CliProjects, GoOnWithTheirLastRun) {
  make("classifier", "", "words.tsv", kWords);
  EXPECT_TRUE(contains(complaint("train p --resume"), "'p/checkpoint.npz' does not exist"));
  const std::string options = "train p --lr 0.01 --batch-size 4 ";
  EXPECT_FALSE(contains(succeed(options + "--epochs 4"), "anew"));
  const std::string whole = read("p/best.onnx");
  const std::string again = succeed(options + "--epochs 2");
  EXPECT_TRUE(contains(again,
                       "training starts anew from p/model.onnx; to go on with the last run, "
                       "give --resume\n"))
      << again;
  EXPECT_NE(read("p/best.onnx"), whole);
  EXPECT_TRUE(contains(complaint(options + "--resume"),
                       "the run in 'p' has taken 8 steps already, but this one is to end after 4"));
  EXPECT_FALSE(contains(succeed(options + "--epochs 4 --resume"), "anew"));
  EXPECT_EQ(read("p/best.onnx"), whole);
  EXPECT_TRUE(contains(complaint("train p/model.onnx --data p/train.npz -o q.onnx --resume"),
                       "--resume needs --checkpoint"));
}

TEST_F(CliProjects, ShowAPromptOnlyWhereItIsContinued) {
  make("char-lm", "", "text.txt", "abcabcabcabcabc");
  const CommandResult refused = gatefold("generate p -p ab --temp 0");
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_EQ(refused.output, "");
  EXPECT_TRUE(contains(refused.errors, "--greedy")) << refused.errors;
}

TEST_F(CliProjects, HoldBackTheEndOfEachFile) {
  write("first.txt", std::string(20, 'a'));
  write("second.txt", std::string(40, 'b'));
  succeed("new char-lm p --embedding 8 --hidden 8");
  EXPECT_TRUE(starts_with(succeed("prepare p --text first.txt --text second.txt"),
                          "54 tokens for training, 6 held back"));
}

TEST_F(CliProjects, TakeColumnsByNumberFromTablesOfNumbers) {
  succeed("new linear p");
  // The first record holds the numbers of the columns, but does not name them.
  write("numbers.tsv", "1\t2\n2\t4\n");
  EXPECT_TRUE(starts_with(succeed("prepare p --text numbers.tsv:1,2"), "2 examples"));
  write("numbers.jsonl", "{\"x\": 1.5, \"y\": 3}\r\n\r\n{\"x\": -2, \"y\": \"4\"}\r\n");
  EXPECT_TRUE(starts_with(succeed("prepare p --text numbers.jsonl:x,y"), "2 examples"));
  write("holes.csv", "x,y\n1,2\n3,nan\n");
  EXPECT_TRUE(contains(complaint("prepare p --text holes.csv:x,y"),
                       "'nan' is not a number to learn from; it stands in record 2, column 2"));
}

TEST_F(CliProjects, KeepWithinTheWindowOfATransformer) {
  make("transformer-encoder", "--window 8 --heads 2", "words.tsv", kWords);
  EXPECT_TRUE(
      contains(complaint("predict p almaalmaalma"), "12 tokens, but the model reads at most 8"));
  write("long.tsv", "alma\tsoft\nkitkitkit\thard\n");
  EXPECT_TRUE(contains(complaint("prepare p --text long.tsv"), "record 2 has 9 tokens"));
  EXPECT_TRUE(contains(complaint("eval p --data long.tsv"), "record 2 has 9 tokens"));
  fs::remove_all(folder() / "p");
  make("transformer-lm", "--window 4 --heads 2", "text.txt", "abcabcabcabcabcabc");
  EXPECT_TRUE(contains(complaint("train p --epochs 1 --bptt 5"), "--bptt 5 is longer than the 4"));
  EXPECT_TRUE(contains(succeed("train p --epochs 1"), "wrote p/best.onnx"));
}

TEST_F(CliProjects, SayWhichOfSeveralTextsIsRefused) {
  make("classifier", "", "words.tsv", kWords);
  succeed("train p --epochs 1");
  EXPECT_TRUE(contains(complaint("predict p alma ''"), "text 2: the text is empty"));
  const CommandResult piped = shell("printf 'alma\\n\\nkit\\n' | \"$gatefold\" predict p");
  EXPECT_EQ(piped.exit_code, 2);
  EXPECT_TRUE(contains(piped.errors, "line 2 of standard input: the text is empty"));
  EXPECT_TRUE(contains(complaint("train ."), "'.' is no project"));
  EXPECT_TRUE(contains(complaint("train q"), "q: there is no such file"));
}

TEST_F(CliProjects, RefuseTextsThatALanguageModelCannotRead) {
  write("text.txt", "abcabcabcabcabc");
  succeed("new char-lm p --embedding 8 --hidden 8");
  succeed("prepare p --text text.txt --valid 0");
  EXPECT_TRUE(contains(complaint("train p --bucket --epochs 1"), "--bucket does not go with"));
  succeed("train p --epochs 1 --bptt 4 --batch-size 1");
  EXPECT_TRUE(contains(complaint("generate p -p xyz"), "'x' (U+0078)"));
  EXPECT_TRUE(contains(complaint("generate p -p ''"), "the prompt is empty"));
  EXPECT_TRUE(contains(complaint("nn p z"), "'z' is not in the vocabulary"));
  const std::string tokenizer = read("p/tokenizer.json");
  write("short.txt", "xy");
  EXPECT_TRUE(contains(complaint("prepare p --text short.txt --valid 0.5"),
                       "1 tokens are left for training and 1 held back"));
  EXPECT_EQ(read("p/tokenizer.json"), tokenizer);
}

TEST_F(CliProjects, RefuseTextsThatATranslatorCannotRead) {
  make("seq2seq", "", "pairs.tsv", kPairs);
  EXPECT_TRUE(contains(complaint("translate p ''"), "the text is empty"));
  EXPECT_TRUE(contains(complaint("translate p 'un chat' --length-penalty nan"),
                       "--length-penalty nan is not a finite number"));
  EXPECT_TRUE(contains(complaint("translate p 'un loup'"), "'loup', in line 1 at character 4"));
  write("single.txt", "un chat\nun chien\n");
  EXPECT_TRUE(contains(complaint("prepare p --text single.txt"),
                       "'single.txt' gives 1 column a record, but the template needs 2"));
  write("lonely.txt", "a\nb\n");
  fs::remove_all(folder() / "p");
  make("skipgram", "", "lonely.txt", "a\nb\n");
  EXPECT_TRUE(contains(complaint("train p"), "no two tokens stand beside each other"));
}

}  // namespace
}  // namespace gatefold::test
