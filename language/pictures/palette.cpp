#include "language/pictures/palette.h"

#include <fmt/format.h>

#include <array>

namespace gatefold {
namespace {

constexpr std::array<Colour, 3 + kColours> kPalette{{
    {"ground", "#ffffff", "#0d1117"},
    {"ink", "#1f2328", "#e6edf3"},
    {"grid", "#d9dee3", "#30363d"},
    {"c0", "#0072b2", "#58a6ff"},
    {"c1", "#d55e00", "#ff8c42"},
    {"c2", "#009e73", "#2ecc9b"},
    {"c3", "#cc79a7", "#e8a0c8"},
    {"c4", "#c98500", "#e6b422"},
    {"c5", "#3a9bd1", "#8fd3f4"},
    {"c6", "#6b6b6b", "#b0b0b0"},
}};

}  // namespace

std::span<const Colour> palette() { return kPalette; }

std::string colour_variables(std::string_view selector) {
  std::string light;
  std::string dark;
  for (const Colour& colour : kPalette) {
    light += fmt::format("--{}:{};", colour.name, colour.light);
    dark += fmt::format("--{}:{};", colour.name, colour.dark);
  }
  return fmt::format("{0}{{{1}}}\n@media (prefers-color-scheme:dark){{{0}{{{2}}}}}\n", selector,
                     light, dark);
}

}  // namespace gatefold
