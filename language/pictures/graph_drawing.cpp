#include "language/pictures/graph_drawing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "ir/number_text.h"
#include "ir/op_def.h"
#include "language/pictures/drawing.h"
#include "language/pictures/layered_layout.h"
#include "language/text/characters.h"

namespace gatefold {
namespace {

constexpr std::size_t kMostBoxes = 60;
constexpr std::size_t kLongestLine = 28;
constexpr double kMargin = 16;
constexpr double kTitle = 24;
constexpr double kLine = 15;
constexpr double kPadding = 8;
constexpr double kArrowHead = 4;

/// One box: a port of the graph, or a node.
struct Box {
  std::string name;
  std::vector<std::string> lines = {};  ///< Below the name.
  std::string_view colour = "c6";
  bool is_port = false;

  double width() const {
    constexpr double kStrong = 1.1;
    return std::max(text_width(name) * kStrong, widest(lines)) + 2 * kPadding;
  }
  double height() const { return kLine * static_cast<double>(lines.size() + 1) + kPadding; }
};

/// The beginning of a line that is too long.
std::string shortened(const std::string& line) {
  const std::vector<std::string_view> letters = characters(line);
  if (letters.size() <= kLongestLine) return line;
  return line.substr(0, static_cast<std::size_t>(letters[kLongestLine - 1].data() - line.data())) +
         "…";
}

const Value* first_output(const Node& node) {
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    if (node.output(i) != nullptr) return node.output(i);
  }
  return nullptr;
}

bool is_left_out(const Node& node) {
  const Value* output = first_output(node);
  return output != nullptr && output->depends_on_weights_only();
}

std::vector<const Value*> values_read(const Node& node) {
  std::vector<const Value*> values(node.inputs().begin(), node.inputs().end());
  for (const Value* captured : captured_values(node)) values.push_back(captured);
  std::erase(values, nullptr);
  return values;
}

/// How many numbers there are in the weights that a node reads, or that what it reads is made of.
std::int64_t count_weights(const Node& node) {
  std::vector<const Value*> open = values_read(node);
  std::set<const Value*> seen(open.begin(), open.end());
  std::int64_t numbers = 0;
  while (!open.empty()) {
    const Value* value = open.back();
    open.pop_back();
    if (value->has_data()) {
      const Tensor& data = *value->data();
      if (is_float(data.dtype()) && data.size() > 1) numbers += data.size();
    } else if (value->depends_on_weights_only()) {
      for (const Value* input : value->producer()->inputs()) {
        if (input != nullptr && seen.insert(input).second) open.push_back(input);
      }
    }
  }
  return numbers;
}

Box box_of(const Node& node) {
  Box box{.name = std::string(node.op().name)};
  if (const Value* output = first_output(node)) {
    box.lines.push_back(shortened(to_string(output->type())));
  }
  const std::int64_t numbers = count_weights(node);
  if (numbers > 0) {
    box.colour = "c0";
    box.lines.push_back(fmt::format("{} weights", format_count(numbers)));
  }
  for (const auto& [name, value] : node.attrs()) {
    const auto* body = std::get_if<SubGraph>(&value);
    if (body == nullptr) continue;
    const std::size_t count = (*body)->node_count();
    box.lines.push_back(fmt::format("{}: {} {}", name, count, count == 1 ? "node" : "nodes"));
  }
  constexpr std::array<std::string_view, 3> kRecurrent{"LSTM", "GRU", "RNN"};
  const bool is_recurrent =
      std::find(kRecurrent.begin(), kRecurrent.end(), node.op().name) != kRecurrent.end();
  if (is_recurrent || !node.sub_graphs().empty()) box.colour = "c1";
  return box;
}

/// A graph as boxes and arrows.
class BoxGraph {
 public:
  BoxGraph(const Graph& graph, std::string title) : title_(std::move(title)) {
    for (const Value* input : graph.inputs()) {
      sources_[input] = add({.name = shortened(input->name()),
                             .lines = {shortened(to_string(input->type()))},
                             .is_port = true});
    }
    for (const auto& node : graph.nodes()) {
      if (!is_left_out(*node)) add_node(*node);
    }
    for (const Graph::Output& output : graph.outputs()) {
      const std::size_t box = add({.name = shortened(output.name),
                                   .lines = {shortened(to_string(output.value->type()))},
                                   .is_port = true});
      connect(output.value, box);
    }
    std::vector<LayoutBox> sizes;
    for (const Box& box : boxes_) sizes.push_back({box.width(), box.height()});
    layout_ = lay_out(sizes, arrows_);
  }

  double width() const {
    return std::max(layout_.width, text_width(title_) * 14 / 12) + 2 * kMargin;
  }
  double height() const { return layout_.height + kTitle + 2 * kMargin; }

  /// Draws the graph with its left edge at `left`.
  void draw(Drawing& drawing, double left) const {
    drawing.text({left + kMargin, kTitle}, title_, {.classes = "title"});
    const auto moved = [left](Place place) {
      return Place{place.x + left + kMargin, place.y + kMargin + kTitle};
    };
    for (std::vector<Place> path : layout_.paths) {
      std::transform(path.begin(), path.end(), path.begin(), moved);
      draw_arrow(drawing, path);
    }
    for (std::size_t i = 0; i < boxes_.size(); ++i) {
      draw_box(drawing, boxes_[i], moved(layout_.centers[i]));
    }
  }

 private:
  std::size_t add(Box box) {
    boxes_.push_back(std::move(box));
    return boxes_.size() - 1;
  }

  void add_node(const Node& node) {
    const std::size_t box = add(box_of(node));
    for (const Value* value : values_read(node)) connect(value, box);
    for (std::size_t i = 0; i < node.output_count(); ++i) sources_[node.output(i)] = box;
  }

  /// Draws one arrow from where a value comes from, however often it is read.
  void connect(const Value* value, std::size_t box) {
    const auto source = sources_.find(value);
    if (source == sources_.end()) return;
    const bool is_known = std::any_of(arrows_.begin(), arrows_.end(), [&](const auto& arrow) {
      return arrow.from == source->second && arrow.to == box;
    });
    if (!is_known) arrows_.push_back({source->second, box});
  }

  static void draw_arrow(Drawing& drawing, const std::vector<Place>& path) {
    drawing.curve(path, "thin c6");
    const Place tip = path.back();
    const Place head[] = {{tip.x - kArrowHead, tip.y - 1.5 * kArrowHead},
                          tip,
                          {tip.x + kArrowHead, tip.y - 1.5 * kArrowHead}};
    drawing.path(head, "thin c6");
  }

  static void draw_box(Drawing& drawing, const Box& box, Place center) {
    constexpr double kLightShade = 0.12;
    const Place corner{center.x - box.width() / 2, center.y - box.height() / 2};
    const std::string colour = fmt::format("{} round", box.colour);
    drawing.rectangle(corner, box.width(), box.height(), "ground shade round");
    if (!box.is_port) {
      drawing.rectangle(corner, box.width(), box.height(), "shade " + colour, kLightShade);
    }
    drawing.rectangle(corner, box.width(), box.height(),
                      fmt::format("thin {}{}", colour, box.is_port ? " dashed" : ""));
    double y = corner.y + kPadding / 2 + 11;
    drawing.text({center.x, y}, box.name,
                 {.anchor = TextStyle::Anchor::kMiddle, .classes = "strong"});
    for (const std::string& line : box.lines) {
      y += kLine;
      drawing.text({center.x, y}, line, {.anchor = TextStyle::Anchor::kMiddle, .classes = "small"});
    }
  }

  std::string title_;
  LayeredLayout layout_;
  std::vector<Box> boxes_;  // Each after those that it reads.
  std::vector<LayoutArrow> arrows_;
  std::unordered_map<const Value*, std::size_t> sources_;
};

}  // namespace

DrawnNodes drawn_nodes(const Graph& graph) {
  DrawnNodes count;
  for (const auto& node : graph.nodes()) ++(is_left_out(*node) ? count.left_out : count.shown);
  return count;
}

bool is_drawable(const Graph& graph) {
  return drawn_nodes(graph).shown + graph.inputs().size() + graph.outputs().size() <= kMostBoxes;
}

std::string draw_graph(const Graph& graph, const std::string& title) {
  const TitledGraph titled[] = {{&graph, title}};
  return draw_graphs(titled);
}

std::string draw_graphs(std::span<const TitledGraph> graphs) {
  std::vector<BoxGraph> pictures;
  double width = 0;
  double height = 0;
  for (const TitledGraph& titled : graphs) {
    const BoxGraph& picture = pictures.emplace_back(*titled.graph, titled.title);
    width += picture.width();
    height = std::max(height, picture.height());
  }
  Drawing drawing(width, height);
  double left = 0;
  for (const BoxGraph& picture : pictures) {
    picture.draw(drawing, left);
    left += picture.width();
  }
  return drawing.to_string();
}

}  // namespace gatefold
