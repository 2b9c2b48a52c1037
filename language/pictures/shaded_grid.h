#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gatefold {

/// Rows and columns of cells that are the darker the more they count.
struct ShadedGrid {
  std::string title;
  std::string row_title;     ///< What the rows are.
  std::string column_title;  ///< What the columns are.
  std::vector<std::string> rows;
  std::vector<std::string> columns;
  std::vector<double> shades;           ///< [rows, columns], from 0 to 1.
  std::vector<std::string> cells = {};  ///< What is written in each; empty: nothing.
};

/// Draws a grid as SVG.
std::string draw(const ShadedGrid& grid);

/// Draws how often examples of each label (rows) were found to have each label (columns): counts
/// [labels, labels], shaded by their share of the row.
std::string draw_confusion(const std::vector<std::string>& labels,
                           std::span<const std::int64_t> counts);

/// Draws how much each token of a translation (rows) attends to each token of its source (columns):
/// weights [target, source], each row from 0 to 1.
std::string draw_attention(const std::vector<std::string>& source,
                           const std::vector<std::string>& target, std::span<const float> weights);

}  // namespace gatefold
