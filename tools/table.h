#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gatefold::tools {

/// Formats text in aligned columns, two blanks apart.
class Table {
 public:
  enum class Align : std::int8_t { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  /// Adds a row of the printed table, one cell per column.
  void add_row(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }
  /// Formats the titles and the rows, one line each, every line preceded by `indent` blanks.
  std::string to_string(std::size_t indent = 0) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// Formats bytes: "1.2 KiB"; whole bytes below 1 KiB.
std::string format_bytes(std::uint64_t bytes);
/// Formats seconds with three digits: "12.3 us", "4.57 ms", "2.00 s".
std::string format_seconds(double seconds);

}  // namespace gatefold::tools
