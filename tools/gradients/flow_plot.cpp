#include <fmt/format.h>

#include <utility>

#include "language/pictures/line_chart.h"
#include "tools/gradients/gradient_flow.h"

namespace gatefold::tools {

std::string to_svg(const GradientFlow& flow) {
  LineChart chart{.title = "Norm of the gradient by h at each step (backward directions dashed)",
                  .x_label = "time step",
                  .y_label = "norm",
                  .is_logarithmic = true};
  for (std::size_t i = 0; i < flow.layers.size(); ++i) {
    const LayerFlow& layer = flow.layers[i];
    ChartLine line{.name = fmt::format("{} {}", layer.op, layer.layer), .colour = i};
    if (layer.is_reverse) line.style = ChartLine::Style::kDashed;
    for (std::size_t step = 0; step < layer.norms.size(); ++step) {
      line.points.push_back({static_cast<double>(step), layer.norms[step]});
    }
    chart.lines.push_back(std::move(line));
  }
  return draw(chart);
}

}  // namespace gatefold::tools
