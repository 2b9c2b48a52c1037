#include <fmt/format.h>

#include <utility>

#include "language/pictures/line_chart.h"
#include "tools/gradients/gradient_flow.h"

namespace gatefold::tools {

std::string to_svg(const std::vector<GradientFlow>& flows) {
  LineChart chart{.title = "Norm of the gradient by h at each step (backward directions dashed)",
                  .x_label = "time step",
                  .y_label = "norm",
                  .is_logarithmic = true};
  for (const GradientFlow& flow : flows) {
    const std::string model = flows.size() == 1 ? "" : flow.model + ": ";
    for (const LayerFlow& layer : flow.layers) {
      ChartLine line{.name = fmt::format("{}{} {}", model, layer.op, layer.layer),
                     .colour = chart.lines.size()};
      if (layer.is_reverse) line.style = ChartLine::Style::kDashed;
      for (std::size_t step = 0; step < layer.norms.size(); ++step) {
        line.points.push_back({static_cast<double>(step), layer.norms[step]});
      }
      chart.lines.push_back(std::move(line));
    }
  }
  return draw(chart);
}

}  // namespace gatefold::tools
