#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <pugixml.hpp>
#include <string>
#include <vector>

#include "ir/error.h"
#include "language/pictures/axis.h"
#include "language/pictures/drawing.h"
#include "language/pictures/line_chart.h"
#include "language/pictures/point_map.h"
#include "language/pictures/shaded_grid.h"
#include "language/pictures/training_log.h"
#include "tests/temporary_folder.h"

namespace gatefold::test {
namespace {

namespace fs = std::filesystem;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// An SVG as another program reads it.
class Picture {
 public:
  explicit Picture(const std::string& svg) {
    EXPECT_TRUE(document_.load_string(svg.c_str())) << svg;
  }

  std::vector<pugi::xml_node> all(const char* element) const {
    std::vector<pugi::xml_node> found;
    for (const pugi::xml_node node : document_.child("svg").children(element)) {
      found.push_back(node);
    }
    return found;
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> found;
    for (const pugi::xml_node node : all("text")) found.emplace_back(node.text().get());
    return found;
  }
  std::ptrdiff_t count_text(const std::string& text) const {
    const std::vector<std::string> found = texts();
    return std::count(found.begin(), found.end(), text);
  }
  bool has_text(const std::string& text) const { return count_text(text) > 0; }

 private:
  pugi::xml_document document_;
};

std::vector<std::string> labels_of(const Axis& axis) {
  std::vector<std::string> labels;
  for (const Axis::Tick& tick : axis.ticks()) labels.push_back(tick.label);
  return labels;
}

using Labels = std::vector<std::string>;

TEST(Axes, HaveRoundNumbers) {
  EXPECT_EQ(labels_of(Axis::of_numbers(0.13, 0.92)),
            (Labels{"0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "1"}));
  EXPECT_EQ(labels_of(Axis::of_numbers(-3, 5)),
            (Labels{"-3", "-2", "-1", "0", "1", "2", "3", "4", "5"}));
  EXPECT_EQ(labels_of(Axis::of_counts(1, 4)), (Labels{"1", "2", "3", "4"}));
  EXPECT_EQ(labels_of(Axis::of_counts(0, 950)),
            (Labels{"0", "100", "200", "300", "400", "500", "600", "700", "800", "900"}));
  EXPECT_EQ(labels_of(Axis::of_powers(0.3, 4)), (Labels{"0.2", "0.5", "1", "2", "5"}));
  EXPECT_EQ(labels_of(Axis::of_powers(2e-6, 0.5)),
            (Labels{"1e-06", "1e-05", "0.0001", "0.001", "0.01", "0.1", "1"}));
}

TEST(Axes, TakeARangeOfOneNumber) {
  for (const double number : {-2.0, 0.0, 1e-9, 7.0, 1e12}) {
    const double place = Axis::of_numbers(number, number).position(number);
    EXPECT_TRUE(place >= 0 && place <= 1) << number;
  }
  for (const double number : {1e-30, 0.5, 1.0, 1e10}) {
    const double place = Axis::of_powers(number, number).position(number);
    EXPECT_TRUE(place >= 0 && place <= 1) << number << ' ' << place;
  }
  EXPECT_EQ(Axis::of_counts(3, 3).position(3), 0);
}

TEST(Axes, PlaceNumbers) {
  EXPECT_EQ(Axis::of_counts(10, 30).position(15), 0.25);
  EXPECT_NEAR(Axis::of_powers(1, 100).position(10), 0.5, 1e-12);
  EXPECT_TRUE(std::isnan(Axis::of_powers(1, 100).position(0)));
}

TEST(Drawings, HoldAnyText) {
  Drawing drawing(100, 50);
  for (const char* text : {"a<b>&\"c\"", " ", "line\nbreak", "\x01", "東京", "\uFFFE"}) {
    drawing.text({1, 2}, text);
  }
  const Picture picture(drawing.to_string());
  EXPECT_EQ(picture.texts(), (Labels{"a<b>&\"c\"", "␣", "line␊break", "␁", "東京", "\uFFFD"}));
}

TEST(Drawings, HaveColoursForLightAndDark) {
  const std::string svg = Drawing(100, 50).to_string();
  EXPECT_NE(svg.find("@media (prefers-color-scheme:dark){svg.gatefold{--ground:#0d1117"),
            std::string::npos);
  EXPECT_NE(svg.find("svg.gatefold .ground{color:#ffffff;color:var(--ground)}"), std::string::npos);
  EXPECT_NE(colour_class(0), colour_class(1));
  EXPECT_EQ(colour_class(0), colour_class(kColours));
}

TEST(Drawings, InterruptPathsWhereNumbersAreMissing) {
  Drawing drawing(100, 50);
  const std::vector<Place> points{{1, 2}, {3, 4}, {5, kNan}, {7, -0.04}, {9, 8}};
  drawing.path(points, "line c0");
  drawing.path(std::vector<Place>{{1, kNan}}, "line c0");
  const Picture picture(drawing.to_string());
  ASSERT_EQ(picture.all("path").size(), 1U);
  EXPECT_STREQ(picture.all("path")[0].attribute("d").value(),
               "M1.0 2.0 L3.0 4.0 M7.0 0.0 L9.0 8.0");
}

TEST(Drawings, LeadCurvesUprightThroughPoints) {
  Drawing drawing(100, 50);
  drawing.curve(std::vector<Place>{{10, 0}, {20, 10}, {20, 30}}, "thin");
  const Picture picture(drawing.to_string());
  EXPECT_STREQ(picture.all("path")[0].attribute("d").value(),
               "M10.0 0.0 C10.0 5.0 20.0 5.0 20.0 10.0 C20.0 20.0 20.0 20.0 20.0 30.0");
}

TEST(LineCharts, ShowLinesOnBothAxes) {
  const LineChart chart{.title = "loss",
                        .x_label = "step",
                        .y_label = "nats",
                        .second_label = "learning rate",
                        .lines = {{.name = "a", .points = {{1, 0}, {2, 5}, {3, 10}}},
                                  {.name = "b",
                                   .points = {{1, 0.1}, {3, 0.2}},
                                   .style = ChartLine::Style::kDotted,
                                   .colour = 1,
                                   .is_on_second_axis = true}}};
  const std::string svg = draw(chart);
  EXPECT_EQ(svg, draw(chart));
  const Picture picture(svg);
  ASSERT_EQ(picture.all("path").size(), 2U);
  // The plot is 530 by 380 pixels at (70, 40).
  EXPECT_STREQ(picture.all("path")[0].attribute("d").value(),
               "M70.0 420.0 L335.0 230.0 L600.0 40.0");
  EXPECT_STREQ(picture.all("path")[1].attribute("d").value(), "M70.0 420.0 L600.0 40.0");
  EXPECT_STREQ(picture.all("path")[1].attribute("class").value(), "thin dotted c1");
  for (const char* text : {"loss", "step", "nats", "learning rate", "a", "b", "10", "0.15"}) {
    EXPECT_TRUE(picture.has_text(text)) << text;
  }
}

TEST(LineCharts, TakeWhatHasNoNumbers) {
  const LineChart empty{.title = "t", .x_label = "x", .y_label = "y", .is_logarithmic = true};
  EXPECT_TRUE(Picture(draw(empty)).all("path").empty());
  LineChart single = empty;
  single.lines = {{.name = "one", .points = {{4, 2}}}, {.name = "none", .points = {{1, kNan}}}};
  const Picture picture(draw(single));
  EXPECT_EQ(picture.all("circle").size(), 1U);
  EXPECT_TRUE(picture.has_text("none"));
}

TEST(ConfusionMatrices, AreShadedByRow) {
  const std::vector<std::int64_t> counts{3, 1, 0, 0};
  const Picture picture(draw_confusion({"cat", "dog"}, counts));
  std::vector<double> shades;
  for (const pugi::xml_node cell : picture.all("rect")) {
    if (std::string(cell.attribute("class").value()) == "shade c0") {
      shades.push_back(cell.attribute("fill-opacity").as_double());
    }
  }
  EXPECT_EQ(shades, (std::vector<double>{0.45, 0.15, 0, 0}));
  EXPECT_TRUE(picture.has_text("3"));
  EXPECT_FALSE(picture.has_text("0"));
  EXPECT_EQ(picture.count_text("cat"), 2);
}

TEST(AttentionMaps, HaveARowForEachToken) {
  const std::vector<float> weights{1, 0, 0.5F, 0, 0.25F, 0.25F};
  const Picture picture(draw_attention({"a", "b", "c"}, {"x", "</s>"}, weights));
  EXPECT_TRUE(picture.has_text("</s>"));
  EXPECT_EQ(picture.all("rect").size(), 1U + 2 * 6);  // The ground, and shade and frame of cells.
}

TEST(PointMaps, ShowTheDirectionsOfTheLargestVariance) {
  // On a line through (1, 2): the first component is (1, 2) / sqrt(5), and there is no second one.
  const std::vector<float> vectors{0, 0, 1, 2, -1, -2, 3, 6};
  const Projection projection = project(vectors, 2);
  const double mean = 0.75 * std::sqrt(5);
  const std::vector<double> expected{0, std::sqrt(5), -std::sqrt(5), 3 * std::sqrt(5)};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(projection.places[i].x, expected[i] - mean, 1e-6);
    EXPECT_NEAR(projection.places[i].y, 0, 1e-6);
  }
  EXPECT_NEAR(projection.shares[0], 1, 1e-9);
  EXPECT_NEAR(projection.shares[1], 0, 1e-9);
}

TEST(PointMaps, TakeVectorsThatAreEqualOrHaveOneNumber) {
  for (const std::size_t width : {1U, 3U}) {
    const std::vector<float> equal(2 * width, 0.5F);
    const Projection projection = project(equal, width);
    EXPECT_EQ(projection.shares[0], 0);
    const Picture picture(draw_point_map("map", projection, {"a", "b"}));
    EXPECT_EQ(picture.all("circle").size(), 2U);
    EXPECT_TRUE(picture.has_text("b"));
  }
}

class TrainingLogs : public testing::Test {
 protected:
  fs::path write(const std::string& name, const std::string& text) const {
    const fs::path path = folder_.path() / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path;
  }

  static std::string error_of(const fs::path& path) {
    try {
      read_training_logs(std::vector{path});
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  TemporaryFolder folder_;
};

constexpr const char* kLog =
    "{\"step\":1,\"epoch\":0,\"loss\":2.5,\"learning_rate\":0.1,\"samples\":4}\n"
    "{\"step\":2,\"epoch\":0,\"loss\":null,\"learning_rate\":0.1,\"samples\":4}\n"
    "{\"epoch\":0,\"training_loss\":2.25,\"validation_loss\":2.75,\"validation_accuracy\":0.5}\n";

TEST_F(TrainingLogs, AreReadNumberByNumber) {
  const fs::path path = write("names/log.jsonl", kLog);
  const auto logs = read_training_logs(std::vector{path});
  ASSERT_EQ(logs.size(), 1U);
  EXPECT_EQ(logs[0].name, "names");
  const auto& loss = logs[0].fields.at("loss");
  ASSERT_EQ(loss.size(), 2U);
  EXPECT_EQ(loss[0].y, 2.5);
  EXPECT_TRUE(std::isnan(loss[1].y));
  EXPECT_EQ(logs[0].fields.at("validation_accuracy")[0].x, 2);
  EXPECT_FALSE(logs[0].fields.contains("samples"));
}

TEST_F(TrainingLogs, AreReadEpochByEpoch) {
  const fs::path path = write("log.jsonl", std::string(kLog) +
                                               "{\"epoch\":1,\"training_loss\":null,\"samples\":"
                                               "[{\"text\":\"a\",\"answer\":\"b\\n\"}]}\n");
  const auto logs = read_training_logs(std::vector{path});
  ASSERT_EQ(logs[0].epochs.size(), 2U);
  EXPECT_EQ(logs[0].epochs[0].numbers.at("validation_loss"), 2.75);
  EXPECT_TRUE(logs[0].epochs[0].samples.empty());
  EXPECT_EQ(logs[0].epochs[1].epoch, 1);
  EXPECT_TRUE(std::isnan(logs[0].epochs[1].numbers.at("training_loss")));
  ASSERT_EQ(logs[0].epochs[1].samples.size(), 1U);
  EXPECT_EQ(logs[0].epochs[1].samples[0].text, "a");
  EXPECT_EQ(logs[0].epochs[1].samples[0].answer, "b\n");
}

TEST_F(TrainingLogs, AreCalledByFolderOrFile) {
  const std::vector paths{write("a/log.jsonl", kLog).parent_path(), write("b/run7.jsonl", kLog),
                          write("c/a/log.jsonl", kLog)};
  const auto logs = read_training_logs(paths);
  EXPECT_EQ(logs[0].name, (paths[0] / "log.jsonl").string());
  EXPECT_EQ(logs[1].name, "run7");
  EXPECT_EQ(logs[2].name, paths[2].string());
}

TEST_F(TrainingLogs, BecomeChartsOfAMetric) {
  const std::vector paths{write("a/log.jsonl", kLog), write("b/log.jsonl", kLog)};
  const auto logs = read_training_logs(paths);
  const LineChart loss = chart_of(logs, "loss", true);
  ASSERT_EQ(loss.lines.size(), 8U);
  EXPECT_EQ(loss.lines[0].name, "a: loss of each step");
  EXPECT_EQ(loss.lines[1].name, "a: training");
  EXPECT_EQ(loss.lines[2].name, "a: validation");
  EXPECT_TRUE(loss.lines[3].is_on_second_axis);
  EXPECT_EQ(loss.lines[4].colour, 1U);
  const LineChart accuracy = chart_of(logs, "accuracy", false);
  ASSERT_EQ(accuracy.lines.size(), 2U);
  EXPECT_EQ(accuracy.lines[0].points[0].y, 0.5);
  try {
    chart_of(logs, "bleu", false);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "no log holds the metric 'bleu'; there are accuracy, learning_rate, loss");
  }
}

TEST_F(TrainingLogs, AreThinnedByMeans) {
  std::string text;
  for (int step = 1; step <= 2500; ++step) {
    text += "{\"step\":" + std::to_string(step) +
            ",\"epoch\":0,\"loss\":" + std::to_string(step % 3) + "}\n";
  }
  const auto logs = read_training_logs(std::vector{write("log.jsonl", text)});
  const LineChart chart = chart_of(logs, "loss", false);
  ASSERT_EQ(chart.lines[0].points.size(), 834U);
  EXPECT_EQ(chart.lines[0].points[0].x, 2);  // Of steps 1 to 3.
  EXPECT_EQ(chart.lines[0].points[0].y, 1);  // Of 1, 2 and 0.
  EXPECT_EQ(chart.lines[0].points.back().x, 2500);
}

TEST_F(TrainingLogs, SayWhichLineIsBad) {
  const auto ends_with = [](const std::string& text, const std::string& end) {
    return text.ends_with(end) ? testing::AssertionSuccess() : testing::AssertionFailure() << text;
  };
  EXPECT_TRUE(ends_with(error_of(write("a.jsonl", std::string(kLog) + "\nepoch 3: loss 1\n")),
                        "a.jsonl': line 5 is not one of a log of training: it is not an object in "
                        "JSON"));
  EXPECT_TRUE(ends_with(error_of(write("b.jsonl", "{\"text\": \"a\"}\n")),
                        "line 1 is not one of a log of training: it has no whole number 'epoch'"));
  EXPECT_TRUE(ends_with(error_of(write("c.jsonl", "{\"epoch\": 1, \"step\": \"x\"}\n")),
                        "line 1 is not one of a log of training: its 'step' is no whole number"));
  EXPECT_TRUE(
      ends_with(error_of(write("f.jsonl", "{\"epoch\": 1, \"samples\": [{\"text\": 1}]}\n")),
                "line 1 is not one of a log of training: one of its 'samples' has no "
                "'text' or no 'answer'"));
  EXPECT_TRUE(ends_with(error_of(write("d.jsonl", "{\"epoch\": 1, \"training_loss\": 2}\n")),
                        "d.jsonl' holds no steps; train with --log to write some"));
  EXPECT_TRUE(ends_with(error_of(write("e.jsonl", "")),
                        "e.jsonl' holds no steps; train with --log "
                        "to write some"));
}

}  // namespace
}  // namespace gatefold::test
