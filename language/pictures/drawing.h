#pragma once

#include <cstddef>
#include <cstdint>
#include <pugixml.hpp>
#include <span>
#include <string>
#include <string_view>

#include "language/pictures/palette.h"
#include "language/pictures/place.h"

namespace gatefold {

/// How a text is put at its place.
struct TextStyle {
  enum class Anchor : std::uint8_t { kStart, kMiddle, kEnd };

  Anchor anchor = Anchor::kStart;
  double turn = 0;  ///< Degrees, clockwise.
  std::string_view classes = {};
};

/// A picture in SVG. Its colours are those of the palette, as variables; what is drawn names them,
/// and other properties, by classes: `line` has two pixels, `thin` one, `faint` shows what lies
/// below, `dashed` and `dotted` interrupt a line, `grid` is for what helps to read, `shade` fills
/// an area, `round` has round corners; texts may be `strong` or `small`, or a `title`. The same
/// calls give the same bytes.
class Drawing {
 public:
  Drawing(double width, double height);

  void line(Place from, Place to, std::string_view classes);
  /// Draws a line through points; a point that is not finite interrupts it.
  void path(std::span<const Place> points, std::string_view classes);
  /// Draws a smooth line through points, upright at each of them.
  void curve(std::span<const Place> points, std::string_view classes);
  void rectangle(Place corner, double width, double height, std::string_view classes,
                 double opacity = 1);
  void circle(Place center, double radius, std::string_view classes);
  /// Writes a text in UTF-8; characters that cannot be seen become signs for them.
  void text(Place place, std::string_view text, const TextStyle& style = {});

  std::string to_string() const;

 private:
  pugi::xml_node add(const char* element, std::string_view classes);

  pugi::xml_document document_;
  pugi::xml_node picture_;
};

/// The class of a colour that tells things apart.
std::string colour_class(std::size_t number);

/// About how wide a text is, in pixels.
double text_width(std::string_view text);
/// The largest of the widths.
double widest(std::span<const std::string> texts);

}  // namespace gatefold
