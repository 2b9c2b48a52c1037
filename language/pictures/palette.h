#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace gatefold {

/// A colour on light and on dark ground, by its name as a variable of CSS.
struct Colour {
  std::string_view name;
  std::string_view light;
  std::string_view dark;
};

/// How many colours tell things apart; that of number i is called c(i % kColours).
inline constexpr std::size_t kColours = 7;

/// The colours of pictures and pages: ground, ink and grid, then c0 to c6, which are told apart by
/// the colour-blind, too (Okabe and Ito).
std::span<const Colour> palette();

/// Returns the rules of CSS that give elements the palette as variables, with one value for light
/// and one for dark surroundings.
std::string colour_variables(std::string_view selector);

}  // namespace gatefold
