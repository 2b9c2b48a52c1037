#include "language/pictures/shaded_grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

#include "language/pictures/drawing.h"

namespace gatefold {
namespace {

using Anchor = TextStyle::Anchor;

constexpr double kCell = 26;
constexpr double kMargin = 16;
constexpr double kTitles = 66;  ///< Room for the title and that of the columns.
constexpr double kRowTitle = 20;
/// The darkest shade, on which the text of a cell can still be read.
constexpr double kDarkest = 0.6;

}  // namespace

std::string draw(const ShadedGrid& grid) {
  assert(grid.shades.size() == grid.rows.size() * grid.columns.size());
  const double cell_width = std::max(kCell, widest(grid.cells) + 8);
  // Names of columns rise to the right at 45 degrees.
  const double slope = widest(grid.columns) * std::sqrt(0.5);
  const double left = kMargin + kRowTitle + widest(grid.rows) + 8;
  const double top = kTitles + slope + 8;
  const double right = left + cell_width * static_cast<double>(grid.columns.size());
  const double bottom = top + kCell * static_cast<double>(grid.rows.size());
  const double titles =
      kMargin + std::max(text_width(grid.title) * 14 / 12, left + text_width(grid.column_title));
  Drawing drawing(std::max(right + slope, titles) + kMargin, bottom + kMargin);
  drawing.text({kMargin, 24}, grid.title, {.classes = "title"});
  drawing.text({left, 48}, grid.column_title);
  drawing.text({kMargin + 4, (top + bottom) / 2}, grid.row_title,
               {.anchor = Anchor::kMiddle, .turn = -90});
  for (std::size_t column = 0; column < grid.columns.size(); ++column) {
    const double middle = left + cell_width * (static_cast<double>(column) + 0.5);
    drawing.text({middle, top - 6}, grid.columns[column], {.turn = -45});
  }
  for (std::size_t row = 0; row < grid.rows.size(); ++row) {
    const double y = top + kCell * static_cast<double>(row);
    drawing.text({left - 8, y + kCell / 2 + 4}, grid.rows[row], {.anchor = Anchor::kEnd});
    for (std::size_t column = 0; column < grid.columns.size(); ++column) {
      const double x = left + cell_width * static_cast<double>(column);
      const std::size_t place = row * grid.columns.size() + column;
      const double shade = kDarkest * std::clamp(grid.shades[place], 0.0, 1.0);
      drawing.rectangle({x, y}, cell_width, kCell, "shade c0", shade);
      drawing.rectangle({x, y}, cell_width, kCell, "thin grid");
      if (grid.cells.empty() || grid.cells[place].empty()) continue;
      drawing.text({x + cell_width / 2, y + kCell / 2 + 4}, grid.cells[place],
                   {.anchor = Anchor::kMiddle});
    }
  }
  return drawing.to_string();
}

std::string draw_confusion(const std::vector<std::string>& labels,
                           std::span<const std::int64_t> counts) {
  assert(counts.size() == labels.size() * labels.size());
  ShadedGrid grid{.title = "Labels and what the model finds, shaded by share of the row",
                  .row_title = "label",
                  .column_title = "found by the model",
                  .rows = labels,
                  .columns = labels,
                  .shades = {}};
  for (std::size_t row = 0; row < labels.size(); ++row) {
    const auto line = counts.subspan(row * labels.size(), labels.size());
    const std::int64_t sum = std::accumulate(line.begin(), line.end(), std::int64_t{0});
    for (const std::int64_t count : line) {
      grid.shades.push_back(sum == 0 ? 0 : static_cast<double>(count) / static_cast<double>(sum));
      grid.cells.push_back(count == 0 ? "" : fmt::format("{}", count));
    }
  }
  return draw(grid);
}

std::string draw_attention(const std::vector<std::string>& source,
                           const std::vector<std::string>& target, std::span<const float> weights) {
  return draw(ShadedGrid{.title = "Attention of each token of the translation",
                         .row_title = "translation",
                         .column_title = "source",
                         .rows = target,
                         .columns = source,
                         .shades = {weights.begin(), weights.end()}});
}

}  // namespace gatefold
