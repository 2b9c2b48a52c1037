#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "frontend/onnx_reader.h"
#include "ir/number_text.h"
#include "ir/op_def.h"
#include "language/pictures/graph_drawing.h"
#include "language/report/sections.h"
#include "session/compiled_model.h"

namespace gatefold {
namespace {

constexpr std::string_view kExplanation =
    "A box is an operator, with the type of its result and how many numbers of weights go into it. "
    "Orange: recurrent layers and loops; blue: other operators with weights; grey: those without; "
    "dashed: inputs and outputs.";

/// How often each operator stands in the graph before and after compiling.
using OperatorCounts = std::map<std::string, std::array<std::int64_t, 2>>;

void count_operators(const Graph& graph, std::size_t column, OperatorCounts& counts) {
  for (const auto& node : graph.nodes()) {
    ++counts[std::string(node->op().name)][column];
    for (const Graph* body : node->sub_graphs()) count_operators(*body, column, counts);
  }
}

PageTable operator_table(const Graph& before, const Graph& after) {
  OperatorCounts counts;
  count_operators(before, 0, counts);
  count_operators(after, 1, counts);
  std::vector<std::pair<std::string, std::array<std::int64_t, 2>>> rows(counts.begin(),
                                                                        counts.end());
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  PageTable table{{{"operator"}, {"before", true}, {"after", true}}};
  for (const auto& [name, count] : rows) {
    table.rows.push_back({name, format_count(count[0]), format_count(count[1])});
  }
  return table;
}

PagePicture picture_of(const Graph& graph, const std::string& title) {
  const DrawnNodes nodes = drawn_nodes(graph);
  std::string caption = fmt::format("{} nodes", nodes.shown + nodes.left_out);
  if (nodes.left_out > 0) {
    caption += fmt::format("; {} that compute with weights alone are not drawn", nodes.left_out);
  }
  return {draw_graph(graph, title), caption};
}

}  // namespace

std::int64_t count_parameters(const Graph& graph) {
  std::int64_t numbers = 0;
  for (const auto& value : graph.initializers()) {
    if (value->kind() == Value::Kind::kParameter) numbers += value->data()->size();
  }
  for (const auto& node : graph.nodes()) {
    for (const Graph* body : node->sub_graphs()) numbers += count_parameters(*body);
  }
  return numbers;
}

void add_graphs(Page& page, std::span<const std::filesystem::path> models) {
  bool is_explained = false;
  for (const std::filesystem::path& path : models) {
    Model model = read_model(path);
    const std::shared_ptr<const Graph> before = model.graph->clone();
    const std::shared_ptr<const CompiledModel> compiled = load(std::move(model));
    const Graph& after = compiled->graph();
    const bool is_drawn = is_drawable(*before) && is_drawable(after);
    if (is_drawn && !std::exchange(is_explained, true)) page.paragraph(kExplanation);
    page.heading(path.filename().string());
    if (is_drawn) {
      const PagePicture pictures[] = {picture_of(*before, "Before compiling"),
                                      picture_of(after, "After compiling")};
      page.pictures(pictures);
    } else {
      page.paragraph(fmt::format("{} nodes before compiling, {} after it: too many to draw.",
                                 format_count(static_cast<std::int64_t>(before->node_count())),
                                 format_count(static_cast<std::int64_t>(after.node_count()))));
      page.table(operator_table(*before, after));
    }
  }
}

}  // namespace gatefold
