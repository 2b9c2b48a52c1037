#include "language/pictures/graph_drawing.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <pugixml.hpp>
#include <random>
#include <string>
#include <vector>

#include "frontend/onnx_reader.h"
#include "language/pictures/layered_layout.h"

namespace gatefold::test {
namespace {

using Boxes = std::vector<LayoutBox>;
using Arrows = std::vector<LayoutArrow>;

/// Whether two boxes have a point in common.
bool overlap(Place a, const LayoutBox& box, Place b, const LayoutBox& other) {
  return std::abs(a.x - b.x) < (box.width + other.width) / 2 &&
         std::abs(a.y - b.y) < (box.height + other.height) / 2;
}

/// What every layout must keep.
void check(const LayeredLayout& layout, const Boxes& boxes, const Arrows& arrows) {
  ASSERT_EQ(layout.centers.size(), boxes.size());
  ASSERT_EQ(layout.paths.size(), arrows.size());
  for (std::size_t a = 0; a < boxes.size(); ++a) {
    const Place& center = layout.centers[a];
    EXPECT_GE(center.x - boxes[a].width / 2, -1e-9);
    EXPECT_LE(center.x + boxes[a].width / 2, layout.width + 1e-9);
    EXPECT_GE(center.y - boxes[a].height / 2, -1e-9);
    EXPECT_LE(center.y + boxes[a].height / 2, layout.height + 1e-9);
    for (std::size_t b = 0; b < a; ++b) {
      EXPECT_FALSE(overlap(center, boxes[a], layout.centers[b], boxes[b])) << a << ' ' << b;
    }
  }
  for (std::size_t i = 0; i < arrows.size(); ++i) {
    const std::vector<Place>& path = layout.paths[i];
    const Place from = layout.centers[arrows[i].from];
    const Place to = layout.centers[arrows[i].to];
    EXPECT_EQ(path.front().x, from.x);
    EXPECT_NEAR(path.front().y, from.y + boxes[arrows[i].from].height / 2, 1e-9);
    EXPECT_EQ(path.back().x, to.x);
    EXPECT_NEAR(path.back().y, to.y - boxes[arrows[i].to].height / 2, 1e-9);
    for (std::size_t point = 1; point < path.size(); ++point) {
      EXPECT_GE(path[point].y, path[point - 1].y);
    }
    for (std::size_t box = 0; box < boxes.size(); ++box) {
      for (const Place& point : std::vector(path.begin() + 1, path.end() - 1)) {
        EXPECT_FALSE(overlap(point, {}, layout.centers[box], boxes[box])) << i << ' ' << box;
      }
    }
  }
}

TEST(LayeredLayouts, StandStraightBelowOneAnother) {
  const Boxes boxes{{40, 20}, {60, 30}, {50, 20}};
  const Arrows arrows{{0, 1}, {1, 2}};
  const LayeredLayout layout = lay_out(boxes, arrows);
  check(layout, boxes, arrows);
  EXPECT_EQ(layout.width, 60);
  for (const Place& center : layout.centers) EXPECT_NEAR(center.x, 30, 1e-6);
}

TEST(LayeredLayouts, UntangleArrows) {
  // In the order of their numbers the arrows of both pairs would cross.
  const Boxes boxes(4, {30, 20});
  const Arrows arrows{{0, 3}, {1, 2}};
  const LayeredLayout layout = lay_out(boxes, arrows);
  check(layout, boxes, arrows);
  EXPECT_EQ(layout.centers[0].x < layout.centers[1].x, layout.centers[3].x < layout.centers[2].x);
}

TEST(LayeredLayouts, LeadLongArrowsAroundBoxes) {
  const Boxes boxes(5, {80, 20});
  const Arrows arrows{{0, 1}, {1, 2}, {2, 3}, {3, 4}, {0, 4}, {1, 4}};
  check(lay_out(boxes, arrows), boxes, arrows);
}

TEST(LayeredLayouts, PutInputsNearTheirReaders) {
  const Boxes boxes(5, {30, 20});
  const Arrows arrows{{0, 2}, {2, 3}, {3, 4}, {1, 4}};
  const LayeredLayout layout = lay_out(boxes, arrows);
  check(layout, boxes, arrows);
  EXPECT_EQ(layout.centers[1].y, layout.centers[3].y);
}

TEST(LayeredLayouts, TakeAnyGraph) {
  EXPECT_EQ(lay_out({}, {}).height, 0);
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    Boxes boxes;
    Arrows arrows;
    const std::size_t count = 1 + random() % 25;
    for (std::size_t to = 0; to < count; ++to) {
      boxes.push_back({20.0 + random() % 100, 15.0 + random() % 40});
      for (std::size_t from = 0; from < to; ++from) {
        if (random() % count < 2) arrows.push_back({from, to});
      }
    }
    SCOPED_TRACE(round);
    check(lay_out(boxes, arrows), boxes, arrows);
  }
}

/// The texts of a drawing, and how many of its rectangles have a class.
class GraphPicture {
 public:
  explicit GraphPicture(const std::string& svg) {
    EXPECT_TRUE(document_.load_string(svg.c_str())) << svg;
  }

  std::vector<std::string> texts() const {
    std::vector<std::string> found;
    for (const pugi::xml_node node : document_.child("svg").children("text")) {
      found.emplace_back(node.text().get());
    }
    return found;
  }
  int width() const { return document_.child("svg").attribute("width").as_int(); }
  int count(const char* element, const std::string& css_class) const {
    int found = 0;
    for (const pugi::xml_node node : document_.child("svg").children(element)) {
      found += node.attribute("class").value() == css_class ? 1 : 0;
    }
    return found;
  }

 private:
  pugi::xml_document document_;
};

using Texts = std::vector<std::string>;

std::shared_ptr<Graph> parse(const std::string& graph) {
  return parse_model("<ir_version: 8, opset_import: [\"\" : 17]>\n" + graph).graph;
}

TEST(GraphDrawings, ShowOperatorsTypesAndWeights) {
  const auto graph = parse(
      "dense (float[N, 2] x) => (float[N, 3] y)\n"
      "<float[3, 2] w = {1, 2, 3, 4, 5, 6}, float[3] b = {1, 2, 3}> {\n"
      "  turned = Transpose <perm = [1, 0]> (w)\n"
      "  product = MatMul (x, turned)\n"
      "  sum = Add (product, b)\n"
      "  y = Tanh (sum)\n"
      "}");
  EXPECT_EQ(drawn_nodes(*graph).shown, 3U);
  EXPECT_EQ(drawn_nodes(*graph).left_out, 1U);
  EXPECT_TRUE(is_drawable(*graph));
  const std::string svg = draw_graph(*graph, "Dense");
  EXPECT_EQ(svg, draw_graph(*graph, "Dense"));
  const GraphPicture picture(svg);
  EXPECT_EQ(picture.texts(),
            (Texts{"Dense", "x", "float[N,2]", "MatMul", "float[N,3]", "6 weights", "Add",
                   "float[N,3]", "3 weights", "Tanh", "float[N,3]", "y", "float[N,3]"}));
  EXPECT_EQ(picture.count("rect", "thin c0 round"), 2);
  EXPECT_EQ(picture.count("rect", "thin c6 round"), 1);
  EXPECT_EQ(picture.count("rect", "thin c6 round dashed"), 2);
  EXPECT_EQ(picture.count("path", "thin c6"), 2 * 4);  // Each arrow, and its head.
}

TEST(GraphDrawings, ShowABoxForWhatIsInsideALoop) {
  const auto graph = parse(
      "loop (int64 n, bool go, float[2] x) => (float[2] y)\n"
      "{\n"
      "  offset = Neg (x)\n"
      "  y = Loop <body = step (int64 i, bool in, float[2] h) => (bool out, float[2] next) {\n"
      "    out = Identity (in)\n"
      "    next = Add (h, offset)\n"
      "  }> (n, go, x)\n"
      "}");
  const GraphPicture picture(draw_graph(*graph, "Loop"));
  const Texts texts = picture.texts();
  EXPECT_EQ(std::count(texts.begin(), texts.end(), "body: 2 nodes"), 1);
  EXPECT_EQ(picture.count("rect", "thin c1 round"), 1);
  // Three inputs and what the body reads from around it go into the loop.
  EXPECT_EQ(picture.count("path", "thin c6"), 2 * 6);
}

TEST(GraphDrawings, StandBesideOneAnother) {
  const auto graph = parse("small (float[2] x) => (float[2] y) {\n  y = Neg (x)\n}");
  const TitledGraph twice[] = {{graph.get(), "Left"}, {graph.get(), "Right"}};
  const GraphPicture one(draw_graph(*graph, "Left"));
  const GraphPicture both(draw_graphs(twice));
  EXPECT_EQ(both.count("rect", "thin c6 round"), 2 * one.count("rect", "thin c6 round"));
  EXPECT_EQ(both.width(), 2 * one.width());
  EXPECT_EQ(both.texts().size(), 2 * one.texts().size());
}

TEST(GraphDrawings, GiveUpWhereTheyCouldNotBeRead) {
  std::string nodes = "  v0 = Neg (x)\n";
  for (int i = 1; i < 70; ++i) nodes += fmt::format("  v{} = Neg (v{})\n", i, i - 1);
  const auto graph = parse(fmt::format("long (float[2] x) => (float[2] v69) {{\n{}}}", nodes));
  EXPECT_FALSE(is_drawable(*graph));
}

}  // namespace
}  // namespace gatefold::test
