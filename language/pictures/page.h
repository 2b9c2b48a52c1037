#pragma once

#include <pugixml.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatefold {

/// Rows of cells under titles.
struct PageTable {
  struct Column {
    std::string title;
    bool is_number = false;
  };

  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows = {};  ///< Line breaks and blanks are kept.
};

/// A picture as SVG, and what it shows.
struct PagePicture {
  std::string svg;
  std::string caption;
};

/// A page in HTML that needs no other file: pictures stand in it, and nothing is fetched or run.
/// Its colours are those of the pictures. The text is XML, too. The same calls give the same bytes.
class Page {
 public:
  using Facts = std::vector<std::pair<std::string, std::string>>;

  /// Begins with a heading and a line about what follows.
  Page(std::string_view title, std::string_view summary);

  /// Begins a section, to which the following calls add.
  void section(std::string_view title);
  void heading(std::string_view text);
  void paragraph(std::string_view text);
  /// Adds a paragraph that ends with a command line.
  void advice(std::string_view text, std::string_view command);
  /// Adds a few names with their values, shown large.
  void figures(const Facts& facts);
  /// Adds a list of names with their values.
  void list(const Facts& facts);
  /// Adds a table, which scrolls where it is long.
  void table(const PageTable& table);
  /// Adds pictures, side by side where there is room.
  void pictures(std::span<const PagePicture> pictures);

  std::string to_string() const;

 private:
  void add_facts(const char* css_class, const Facts& facts);

  pugi::xml_document document_;
  pugi::xml_node body_;
  pugi::xml_node section_;
};

}  // namespace gatefold
