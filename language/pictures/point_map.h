#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "language/decoding/word_vectors.h"
#include "language/pictures/place.h"

namespace gatefold {

/// Vectors as seen on the plane in which they differ most.
struct Projection {
  std::vector<Place> places;
  std::array<double, 2> shares = {};  ///< Of the variance, that each direction shows.
};

/// Projects vectors, rows of `width` numbers, onto their first two principal components. The
/// largest number of a component is positive, so that the picture is always the same one.
Projection project(std::span<const float> vectors, std::size_t width);

/// Draws projected vectors with their names as SVG; both directions have the same scale.
std::string draw_point_map(const std::string& title, const Projection& projection,
                           const std::vector<std::string>& names);

/// Draws the vectors of tokens as such a map. Throws Error for fewer than two tokens and for one
/// that is not in the vocabulary.
std::string draw_token_map(const WordVectors& vectors, const std::vector<std::string>& tokens);

}  // namespace gatefold
