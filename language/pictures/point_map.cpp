#include "language/pictures/point_map.h"

#include <fmt/format.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cassert>
#include <limits>

#include "ir/error.h"
#include "language/pictures/drawing.h"

namespace gatefold {
namespace {

using Anchor = TextStyle::Anchor;

constexpr double kSide = 640;
constexpr double kMargin = 40;

Eigen::VectorXd with_fixed_sign(const Eigen::VectorXd& component) {
  Eigen::Index largest = 0;
  component.cwiseAbs().maxCoeff(&largest);
  return component[largest] < 0 ? Eigen::VectorXd(-component) : component;
}

/// Where the middle of the places is, and how many pixels a unit has.
struct View {
  Place middle;
  double scale = 1;

  Place on_picture(const Place& place) const {
    return {kMargin + kSide / 2 + (place.x - middle.x) * scale,
            kMargin + kSide / 2 - (place.y - middle.y) * scale};
  }
};

View view_of(std::span<const Place> places) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Place low{kInfinity, kInfinity};
  Place high{-kInfinity, -kInfinity};
  for (const Place& place : places) {
    low = {std::min(low.x, place.x), std::min(low.y, place.y)};
    high = {std::max(high.x, place.x), std::max(high.y, place.y)};
  }
  const double extent = std::max(high.x - low.x, high.y - low.y);
  return {{(low.x + high.x) / 2, (low.y + high.y) / 2}, extent > 0 ? kSide / extent : 1};
}

}  // namespace

Projection project(std::span<const float> vectors, std::size_t width) {
  assert(width > 0 && vectors.size() % width == 0 && !vectors.empty());
  using Rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const auto columns = static_cast<Eigen::Index>(width);
  const auto count = static_cast<Eigen::Index>(vectors.size() / width);
  Eigen::MatrixXd rows = Eigen::Map<const Rows>(vectors.data(), count, columns).cast<double>();
  const Eigen::RowVectorXd mean = rows.colwise().mean();
  rows.rowwise() -= mean;
  // Components in the order of rising variance.
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(rows.transpose() * rows);
  const double total = std::max(solver.eigenvalues().sum(), 0.0);
  Projection projection{std::vector<Place>(static_cast<std::size_t>(count)), {}};
  for (Eigen::Index i = 0; i < std::min<Eigen::Index>(2, columns); ++i) {
    const Eigen::Index component = columns - 1 - i;
    const Eigen::VectorXd places = rows * with_fixed_sign(solver.eigenvectors().col(component));
    for (Eigen::Index row = 0; row < count; ++row) {
      Place& place = projection.places[static_cast<std::size_t>(row)];
      (i == 0 ? place.x : place.y) = places[row];
    }
    const double variance = std::max(solver.eigenvalues()[component], 0.0);
    projection.shares[static_cast<std::size_t>(i)] = total > 0 ? variance / total : 0;
  }
  return projection;
}

std::string draw_point_map(const std::string& title, const Projection& projection,
                           const std::vector<std::string>& names) {
  assert(projection.places.size() == names.size());
  const double bottom = kSide + 2 * kMargin;
  const View view = view_of(projection.places);
  Drawing drawing(kSide + 2 * kMargin + widest(names), bottom + 16);
  drawing.text({kMargin, 24}, title, {.classes = "title"});
  const Place origin = view.on_picture({0, 0});
  drawing.line({kMargin, origin.y}, {kMargin + kSide, origin.y}, "thin grid");
  drawing.line({origin.x, kMargin}, {origin.x, kMargin + kSide}, "thin grid");
  drawing.text({kMargin + kSide / 2, bottom},
               fmt::format("first component, {:.1f} % of the variance", projection.shares[0] * 100),
               {.anchor = Anchor::kMiddle});
  drawing.text(
      {16, kMargin + kSide / 2},
      fmt::format("second component, {:.1f} % of the variance", projection.shares[1] * 100),
      {.anchor = Anchor::kMiddle, .turn = -90});
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Place place = view.on_picture(projection.places[i]);
    drawing.circle(place, 2.5, "shade c0");
    drawing.text({place.x + 5, place.y + 4}, names[i]);
  }
  return drawing.to_string();
}

std::string draw_token_map(const WordVectors& vectors, const std::vector<std::string>& tokens) {
  if (tokens.size() < 2) fail("a map needs two tokens at least, but there are {}", tokens.size());
  const Tensor rows = vectors.rows_of(tokens);
  const auto width = static_cast<std::size_t>(rows.dims()[1]);
  return draw_point_map("Vectors of tokens, seen where they differ most",
                        project(rows.values<float>(), width), tokens);
}

}  // namespace gatefold
