#include "language/pictures/drawing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <sstream>
#include <utility>

#include "language/text/characters.h"

namespace gatefold {
namespace {

constexpr std::string_view kRules =
    "svg.gatefold text{font:12px sans-serif;fill:currentColor}\n"
    "svg.gatefold text.title{font-size:14px}\n"
    "svg.gatefold text.strong{font-weight:600}\n"
    "svg.gatefold text.small{font-size:11px}\n"
    "svg.gatefold .line{fill:none;stroke:currentColor;stroke-width:2}\n"
    "svg.gatefold .thin{fill:none;stroke:currentColor;stroke-width:1}\n"
    "svg.gatefold .faint{opacity:0.45}\n"
    "svg.gatefold .dashed{stroke-dasharray:6 3}\n"
    "svg.gatefold .dotted{stroke-dasharray:1.5 3}\n"
    "svg.gatefold .shade{fill:currentColor}\n"
    "svg.gatefold .round{rx:5px}\n";

/// The style sheet. Programs that know no variables take the light colours, which stand first.
std::string style_sheet() {
  std::string rules;
  for (const Colour& colour : palette()) {
    rules +=
        fmt::format("svg.gatefold .{0}{{color:{1};color:var(--{0})}}\n", colour.name, colour.light);
  }
  return fmt::format("\n{}{}{}", colour_variables("svg.gatefold"), rules, kRules);
}

/// Formats a position with a tenth of a pixel, and zero without a sign.
std::string position(double number) {
  return fmt::format("{:.1f}", std::round(number * 10) / 10 + 0.0);
}

void set(pugi::xml_node node, const char* name, const std::string& value) {
  node.append_attribute(name).set_value(value.c_str());
}

/// The text with what XML cannot hold, or a reader cannot see, made visible.
std::string visible(std::string_view text) {
  if (text == " ") return "␣";
  std::string result;
  for (const char32_t letter : code_points(text)) {
    if (letter < 0x20) {
      result += utf8_of(0x2400 + letter);  // Control pictures.
    } else if (letter == 0x7F) {
      result += "␡";
    } else {
      result += letter == 0xFFFE || letter == 0xFFFF ? "\uFFFD" : utf8_of(letter);
    }
  }
  return result;
}

constexpr std::array<const char*, 3> kAnchors{"start", "middle", "end"};

}  // namespace

Drawing::Drawing(double width, double height) : picture_(document_.append_child("svg")) {
  set(picture_, "xmlns", "http://www.w3.org/2000/svg");
  set(picture_, "class", "gatefold");
  set(picture_, "width", fmt::format("{:.0f}", std::ceil(width)));
  set(picture_, "height", fmt::format("{:.0f}", std::ceil(height)));
  set(picture_, "viewBox", fmt::format("0 0 {:.0f} {:.0f}", std::ceil(width), std::ceil(height)));
  picture_.append_child("style").text().set(style_sheet().c_str());
  rectangle({0, 0}, std::ceil(width), std::ceil(height), "ground shade");
}

pugi::xml_node Drawing::add(const char* element, std::string_view classes) {
  pugi::xml_node node = picture_.append_child(element);
  if (!classes.empty()) set(node, "class", std::string(classes));
  return node;
}

void Drawing::line(Place from, Place to, std::string_view classes) {
  pugi::xml_node node = add("line", classes);
  set(node, "x1", position(from.x));
  set(node, "y1", position(from.y));
  set(node, "x2", position(to.x));
  set(node, "y2", position(to.y));
}

void Drawing::path(std::span<const Place> points, std::string_view classes) {
  std::string data;
  bool is_open = false;
  for (const Place& point : points) {
    const bool is_finite = std::isfinite(point.x) && std::isfinite(point.y);
    if (is_finite) {
      data += fmt::format("{}{}{} {}", data.empty() ? "" : " ", is_open ? 'L' : 'M',
                          position(point.x), position(point.y));
    }
    is_open = is_finite;
  }
  if (data.empty()) return;
  pugi::xml_node node = picture_.append_child("path");
  set(node, "d", data);
  set(node, "class", std::string(classes));
}

void Drawing::curve(std::span<const Place> points, std::string_view classes) {
  assert(!points.empty());
  std::string data = fmt::format("M{} {}", position(points.front().x), position(points.front().y));
  for (std::size_t i = 1; i < points.size(); ++i) {
    const auto& [from, to] = std::pair(points[i - 1], points[i]);
    const std::string middle = position((from.y + to.y) / 2);
    data += fmt::format(" C{} {} {} {} {} {}", position(from.x), middle, position(to.x), middle,
                        position(to.x), position(to.y));
  }
  pugi::xml_node node = picture_.append_child("path");
  set(node, "d", data);
  set(node, "class", std::string(classes));
}

void Drawing::rectangle(Place corner, double width, double height, std::string_view classes,
                        double opacity) {
  pugi::xml_node node = add("rect", classes);
  set(node, "x", position(corner.x));
  set(node, "y", position(corner.y));
  set(node, "width", position(width));
  set(node, "height", position(height));
  if (opacity != 1) set(node, "fill-opacity", fmt::format("{:.3f}", opacity));
}

void Drawing::circle(Place center, double radius, std::string_view classes) {
  pugi::xml_node node = add("circle", classes);
  set(node, "cx", position(center.x));
  set(node, "cy", position(center.y));
  set(node, "r", position(radius));
}

void Drawing::text(Place place, std::string_view text, const TextStyle& style) {
  const std::string classes = style.classes.empty() ? "ink" : fmt::format("ink {}", style.classes);
  pugi::xml_node node = add("text", classes);
  set(node, "x", position(place.x));
  set(node, "y", position(place.y));
  if (style.anchor != TextStyle::Anchor::kStart) {
    set(node, "text-anchor", kAnchors[static_cast<std::size_t>(style.anchor)]);
  }
  if (style.turn != 0) {
    set(node, "transform",
        fmt::format("rotate({} {} {})", style.turn, position(place.x), position(place.y)));
  }
  node.text().set(visible(text).c_str());
}

std::string Drawing::to_string() const {
  std::ostringstream text;
  document_.save(text, "", pugi::format_indent | pugi::format_no_declaration);
  return text.str();
}

std::string colour_class(std::size_t number) { return fmt::format("c{}", number % kColours); }

double text_width(std::string_view text) {
  constexpr double kNarrow = 6.7;
  constexpr double kWide = 12;
  constexpr char32_t kFirstWide = 0x1100;
  double width = 0;
  for (const char32_t letter : code_points(text)) {
    if (!is_mark(letter)) width += letter < kFirstWide ? kNarrow : kWide;
  }
  return width;
}

double widest(std::span<const std::string> texts) {
  double width = 0;
  for (const std::string& text : texts) width = std::max(width, text_width(text));
  return width;
}

}  // namespace gatefold
