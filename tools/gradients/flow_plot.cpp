#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "tools/gradients/gradient_flow.h"

namespace gatefold::tools {
namespace {

constexpr double kWidth = 860;
constexpr double kLeft = 70;
constexpr double kRight = 260;  ///< Room for the legend.
constexpr double kTop = 40;
constexpr double kPlotHeight = 380;
constexpr double kBottom = 50;
constexpr double kLegendLine = 20;
/// Colours that are told apart by the colour-blind, too (Okabe and Ito).
constexpr std::array<std::string_view, 7> kColours{"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                   "#e69f00", "#56b4e9", "#000000"};

std::string escaped(std::string_view text) {
  std::string result;
  for (const char letter : text) {
    if (letter == '&') {
      result += "&amp;";
    } else if (letter == '<') {
      result += "&lt;";
    } else {
      result += letter;
    }
  }
  return result;
}

/// Where steps and norms lie in the picture.
class Axes {
 public:
  explicit Axes(const GradientFlow& flow) {
    double least = std::numeric_limits<double>::infinity();
    double most = 0;
    for (const LayerFlow& line : flow.layers) {
      steps_ = std::max(steps_, line.norms.size());
      for (const double norm : line.norms) {
        if (norm > 0) least = std::min(least, norm);
        most = std::max(most, norm);
      }
    }
    if (most == 0) least = most = 1;
    low_ = std::floor(std::log10(least));
    high_ = std::max(std::ceil(std::log10(most)), low_ + 1);
  }

  double x(std::size_t step) const {
    const double span = kWidth - kLeft - kRight;
    return kLeft + span * static_cast<double>(step) /
                       static_cast<double>(std::max<std::size_t>(steps_, 2) - 1);
  }
  double y(double exponent) const {
    return kTop + kPlotHeight * (high_ - exponent) / (high_ - low_);
  }

  std::string draw() const {
    std::string svg;
    const double every = std::ceil((high_ - low_) / 10);
    for (double exponent = low_; exponent <= high_; exponent += every) {
      svg += fmt::format(
          "<line x1=\"{0}\" y1=\"{2:.1f}\" x2=\"{1}\" y2=\"{2:.1f}\" stroke=\"#ddd\"/>\n"
          "<text x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\">1e{5}</text>\n",
          kLeft, kWidth - kRight, y(exponent), kLeft - 8, y(exponent) + 4, exponent);
    }
    const std::size_t stride = steps_ / 10 + 1;
    for (std::size_t step = 0; step < steps_; step += stride) {
      svg += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n", x(step),
                         kTop + kPlotHeight + 20, step);
    }
    return svg + fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">time step</text>\n",
                             (kLeft + kWidth - kRight) / 2, kTop + kPlotHeight + 40);
  }

 private:
  std::size_t steps_ = 0;
  double low_ = 0, high_ = 0;  // Powers of ten.
};

/// The line of one direction; a step without gradient interrupts it.
std::string draw_line(const LayerFlow& line, const Axes& axes, std::string_view colour) {
  std::string path;
  bool is_open = false;
  for (std::size_t step = 0; step < line.norms.size(); ++step) {
    const double norm = line.norms[step];
    if (norm > 0) {
      path += fmt::format("{}{:.1f} {:.1f} ", is_open ? 'L' : 'M', axes.x(step),
                          axes.y(std::log10(norm)));
    }
    is_open = norm > 0;
  }
  return fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"{}/>\n", path,
                     colour, line.is_reverse ? " stroke-dasharray=\"6 3\"" : "");
}

std::string draw_legend(const LayerFlow& line, std::size_t number, std::string_view colour) {
  const double y = kTop + 10 + kLegendLine * static_cast<double>(number);
  const double x = kWidth - kRight + 20;
  return fmt::format(
      "<line x1=\"{0}\" y1=\"{1}\" x2=\"{2}\" y2=\"{1}\" stroke=\"{3}\" stroke-width=\"2\"{4}/>\n"
      "<text x=\"{5}\" y=\"{6}\">{7} {8}</text>\n",
      x, y, x + 24, colour, line.is_reverse ? " stroke-dasharray=\"6 3\"" : "", x + 32, y + 4,
      line.op, escaped(line.layer));
}

}  // namespace

std::string to_svg(const GradientFlow& flow) {
  const Axes axes(flow);
  const double legend = kTop + kLegendLine * static_cast<double>(flow.layers.size() + 1);
  const double height = std::max(kTop + kPlotHeight + kBottom, legend);
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} "
      "{1}\" font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
      "<text x=\"{2}\" y=\"24\" font-size=\"14\">Norm of the gradient by h at each step "
      "(backward directions dashed)</text>\n",
      kWidth, height, kLeft);
  svg += axes.draw();
  for (std::size_t i = 0; i < flow.layers.size(); ++i) {
    const std::string_view colour = kColours[i % kColours.size()];
    svg += draw_line(flow.layers[i], axes, colour);
    svg += draw_legend(flow.layers[i], i, colour);
  }
  return svg + "</svg>\n";
}

}  // namespace gatefold::tools
