#include "language/pictures/page.h"

#include <fmt/format.h>

#include <cassert>
#include <sstream>

#include "language/pictures/palette.h"
#include "language/text/characters.h"

namespace gatefold {
namespace {

/// The characters '<', '>' and '&' must not occur: as XML they would be escaped, which HTML does
/// not undo in a style sheet.
constexpr std::string_view kRules =
    ":root{color-scheme:light dark}\n"
    "body{margin:0 auto;max-width:80rem;padding:2rem 1.5rem 4rem;background:var(--ground);"
    "color:var(--ink);font:16px/1.5 system-ui,sans-serif}\n"
    "h1{margin:0;font-size:1.9rem;line-height:1.2}\n"
    "h2{margin:2.8rem 0 1rem;padding-bottom:.3rem;border-bottom:1px solid var(--grid);"
    "font-size:1.3rem}\n"
    "h3{margin:1.6rem 0 .6rem;font-size:1rem}\n"
    "p{margin:.6rem 0;max-width:46rem}\n"
    ".summary{max-width:none;font-size:1.1rem;opacity:.75}\n"
    "code{padding:.1rem .35rem;border:1px solid var(--grid);border-radius:4px;"
    "font:.9em ui-monospace,monospace;overflow-wrap:anywhere}\n"
    "dl{display:grid;margin:1rem 0;gap:.75rem 1.5rem}\n"
    "dd{margin:0;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}\n"
    "dl.figures{grid-template-columns:repeat(auto-fill,minmax(8rem,1fr))}\n"
    "dl.figures dt{font-size:.85rem;opacity:.75}\n"
    "dl.figures dd{font-size:1.35rem;line-height:1.3}\n"
    "dl.list{grid-template-columns:repeat(auto-fill,minmax(19rem,1fr));gap:0 2rem;"
    "font-size:.9rem}\n"
    "dl.list div{display:flex;justify-content:space-between;gap:1rem;padding:.25rem 0;"
    "border-bottom:1px dotted var(--grid)}\n"
    "dl.list dt{min-width:0;overflow-wrap:anywhere;opacity:.75}\n"
    "dl.list dd{text-align:right}\n"
    ".scroll{max-width:100%;max-height:27rem;margin:1rem 0;overflow:auto}\n"
    "table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}\n"
    "th{position:sticky;top:0;background:var(--ground);text-align:left;font-weight:600}\n"
    "th,td{padding:.3rem 1.2rem .3rem 0;border-bottom:1px solid var(--grid);vertical-align:top}\n"
    "td{white-space:pre-wrap}\n"
    ".number{padding-left:.6rem;text-align:right}\n"
    ".pictures{display:flex;flex-wrap:wrap;gap:1.5rem 2.5rem;align-items:flex-start}\n"
    "figure{margin:.5rem 0;max-width:100%}\n"
    "figure div{overflow-x:auto}\n"
    "figcaption{max-width:46rem;margin-top:.4rem;font-size:.9rem;opacity:.75}\n"
    "svg{display:block}\n";

/// The text without what neither XML can hold nor a reader see.
std::string readable(std::string_view text) {
  std::string result;
  for (const char32_t letter : code_points(text)) {
    const bool is_kept = letter == '\n' || letter == '\t' || letter >= 0x20;
    const bool is_character = letter != 0x7F && letter != 0xFFFE && letter != 0xFFFF;
    result += is_kept && is_character ? utf8_of(letter) : "\uFFFD";
  }
  return result;
}

pugi::xml_node add(pugi::xml_node parent, const char* element, std::string_view text,
                   const char* css_class = nullptr) {
  pugi::xml_node node = parent.append_child(element);
  if (css_class != nullptr) node.append_attribute("class").set_value(css_class);
  // Even where it is empty: HTML knows no <td/>.
  node.append_child(pugi::node_pcdata).set_value(readable(text).c_str());
  return node;
}

pugi::xml_node add_group(pugi::xml_node parent, const char* element, const char* css_class) {
  pugi::xml_node node = parent.append_child(element);
  node.append_attribute("class").set_value(css_class);
  return node;
}

void add_meta(pugi::xml_node head, const char* name, const char* content) {
  pugi::xml_node meta = head.append_child("meta");
  meta.append_attribute("name").set_value(name);
  meta.append_attribute("content").set_value(content);
}

void add_svg(pugi::xml_node parent, const PagePicture& picture) {
  pugi::xml_document svg;
  [[maybe_unused]] const bool is_read = svg.load_string(picture.svg.c_str());
  assert(is_read);
  pugi::xml_node copy = parent.append_copy(svg.document_element());
  copy.append_attribute("role").set_value("img");
  copy.append_attribute("aria-label").set_value(readable(picture.caption).c_str());
}

}  // namespace

Page::Page(std::string_view title, std::string_view summary) {
  document_.append_child(pugi::node_doctype).set_value("html");
  pugi::xml_node html = document_.append_child("html");
  html.append_attribute("lang").set_value("en");
  pugi::xml_node head = html.append_child("head");
  head.append_child("meta").append_attribute("charset").set_value("utf-8");
  add_meta(head, "viewport", "width=device-width,initial-scale=1");
  add_meta(head, "generator", "gatefold");
  add(head, "title", title);
  add(head, "style", fmt::format("\n{}{}", colour_variables(":root"), kRules));
  body_ = html.append_child("body");
  add(body_, "h1", title);
  add(body_, "p", summary, "summary");
  section_ = body_;
}

void Page::section(std::string_view title) {
  section_ = body_.append_child("section");
  add(section_, "h2", title);
}

void Page::heading(std::string_view text) { add(section_, "h3", text); }

void Page::paragraph(std::string_view text) { add(section_, "p", text); }

void Page::advice(std::string_view text, std::string_view command) {
  pugi::xml_node paragraph = add(section_, "p", fmt::format("{} ", text));
  add(paragraph, "code", command);
}

void Page::add_facts(const char* css_class, const Facts& facts) {
  pugi::xml_node list = add_group(section_, "dl", css_class);
  for (const auto& [name, value] : facts) {
    pugi::xml_node pair = list.append_child("div");
    add(pair, "dt", name);
    add(pair, "dd", value);
  }
}

void Page::figures(const Facts& facts) { add_facts("figures", facts); }

void Page::list(const Facts& facts) { add_facts("list", facts); }

void Page::table(const PageTable& table) {
  const auto css_class = [&](std::size_t column) {
    return table.columns[column].is_number ? "number" : nullptr;
  };
  pugi::xml_node node = add_group(section_, "div", "scroll").append_child("table");
  pugi::xml_node titles = node.append_child("thead").append_child("tr");
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    add(titles, "th", table.columns[i].title, css_class(i));
  }
  pugi::xml_node body = node.append_child("tbody");
  for (const std::vector<std::string>& row : table.rows) {
    assert(row.size() == table.columns.size());
    pugi::xml_node line = body.append_child("tr");
    for (std::size_t i = 0; i < row.size(); ++i) add(line, "td", row[i], css_class(i));
  }
}

void Page::pictures(std::span<const PagePicture> pictures) {
  pugi::xml_node group = add_group(section_, "div", "pictures");
  for (const PagePicture& picture : pictures) {
    pugi::xml_node figure = group.append_child("figure");
    add_svg(figure.append_child("div"), picture);
    add(figure, "figcaption", picture.caption);
  }
}

std::string Page::to_string() const {
  std::ostringstream text;
  document_.save(text, "", pugi::format_indent | pugi::format_no_declaration);
  return text.str();
}

}  // namespace gatefold
