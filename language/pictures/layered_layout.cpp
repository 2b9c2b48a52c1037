#include "language/pictures/layered_layout.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

namespace gatefold {
namespace {

using Numbers = std::vector<std::size_t>;

constexpr double kBesides = 20;  ///< Between two boxes of a layer.
constexpr double kBelow = 30;    ///< Between two layers.
constexpr int kSweeps = 24;
/// How much the parts of an arrow insist on being upright, by how many of their ends are bends:
/// long arrows are to be straight, and lean at their ends alone.
constexpr double kUprightness[] = {1, 2, 8};

/// A box, or the bend of an arrow that passes a layer.
struct Item {
  std::size_t layer = 0;
  LayoutBox box = {};
  bool is_bend = false;
  Numbers above = {};  ///< Items of the layer before that arrows come from.
  Numbers below = {};
  double position = 0;  ///< Within its layer, counted.
  double x = 0;         ///< Of its middle.
  double y = 0;
};

/// Where something would like to be, how much it insists, and how far from the one before it must
/// be.
struct Wish {
  double x = 0;
  double weight = 1;
  double distance = 0;
};

/// The places with the smallest weighted sum of squared differences from the wishes that keep the
/// order and the distances. Those that would come too near form a block, whose place is the mean of
/// its wishes (isotonic regression by pooling adjacent violators).
std::vector<double> nearest_places(std::span<const Wish> wishes) {
  struct Block {
    double sum;
    double weight;
    std::size_t count;

    double place() const { return sum / weight; }
  };
  std::vector<Block> blocks;
  double offset = 0;  // From the first one if all stood as near as they may.
  for (const Wish& wish : wishes) {
    offset += wish.distance;
    blocks.push_back({(wish.x - offset) * wish.weight, wish.weight, 1});
    while (blocks.size() > 1 && blocks.back().place() < blocks[blocks.size() - 2].place()) {
      const Block last = blocks.back();
      blocks.pop_back();
      blocks.back().sum += last.sum;
      blocks.back().weight += last.weight;
      blocks.back().count += last.count;
    }
  }
  std::vector<double> places;
  offset = 0;
  for (const Block& block : blocks) {
    for (std::size_t i = 0; i < block.count; ++i) {
      offset += wishes[places.size()].distance;
      places.push_back(block.place() + offset);
    }
  }
  return places;
}

class Layering {
 public:
  Layering(std::span<const LayoutBox> boxes, std::span<const LayoutArrow> arrows) {
    for (const LayoutBox& box : boxes) items_.push_back({.box = box});
    choose_layers(arrows);
    for (const LayoutArrow& arrow : arrows) add_chain(arrow);
    for (std::size_t i = 0; i < items_.size(); ++i) {
      if (items_[i].layer >= layers_.size()) layers_.resize(items_[i].layer + 1);
      layers_[items_[i].layer].push_back(i);
    }
  }

  LayeredLayout lay_out() {
    if (items_.empty()) return {};
    choose_order();
    choose_places();
    return result();
  }

 private:
  /// Puts each box right below the lowest one that it reads; one that more arrows leave than reach
  /// moves down to where they lead.
  void choose_layers(std::span<const LayoutArrow> arrows) {
    std::vector<Numbers> next(items_.size());
    Numbers reached(items_.size());
    for (const LayoutArrow& arrow : arrows) {
      assert(arrow.from < arrow.to && arrow.to < items_.size());
      next[arrow.from].push_back(arrow.to);
      ++reached[arrow.to];
    }
    for (std::size_t from = 0; from < items_.size(); ++from) {
      for (const std::size_t to : next[from]) {
        items_[to].layer = std::max(items_[to].layer, items_[from].layer + 1);
      }
    }
    for (std::size_t from = items_.size(); from-- > 0;) {
      if (next[from].size() <= reached[from]) continue;
      std::size_t lowest = std::numeric_limits<std::size_t>::max();
      for (const std::size_t to : next[from]) lowest = std::min(lowest, items_[to].layer - 1);
      items_[from].layer = lowest;
    }
  }

  /// Adds the bends of an arrow, one in each layer that it passes.
  void add_chain(const LayoutArrow& arrow) {
    Numbers& chain = chains_.emplace_back(Numbers{arrow.from});
    for (std::size_t layer = items_[arrow.from].layer + 1; layer < items_[arrow.to].layer;
         ++layer) {
      chain.push_back(items_.size());
      items_.push_back({.layer = layer, .is_bend = true});
    }
    chain.push_back(arrow.to);
    for (std::size_t i = 1; i < chain.size(); ++i) {
      items_[chain[i - 1]].below.push_back(chain[i]);
      items_[chain[i]].above.push_back(chain[i - 1]);
    }
  }

  void choose_order() {
    for (Numbers& layer : layers_) number(layer);
    std::vector<Numbers> best = layers_;
    std::size_t fewest = crossings();
    for (int sweep = 0; sweep < kSweeps; ++sweep) {
      for (std::size_t i = 1; i < layers_.size(); ++i) sort(layers_[i], &Item::above);
      for (std::size_t i = layers_.size() - 1; i-- > 0;) sort(layers_[i], &Item::below);
      const std::size_t now = crossings();
      if (now >= fewest) continue;
      fewest = now;
      best = layers_;
    }
    layers_ = best;
    for (Numbers& layer : layers_) number(layer);
  }

  void number(const Numbers& layer) {
    for (std::size_t i = 0; i < layer.size(); ++i) {
      items_[layer[i]].position = static_cast<double>(i);
    }
  }

  /// Sorts a layer by the mean position of its items' neighbours on one side.
  void sort(Numbers& layer, Numbers Item::*neighbours) {
    std::vector<double> means(items_.size());
    for (const std::size_t item : layer) {
      const Numbers& others = items_[item].*neighbours;
      means[item] = others.empty() ? items_[item].position : mean_position(others);
    }
    std::stable_sort(layer.begin(), layer.end(),
                     [&](std::size_t a, std::size_t b) { return means[a] < means[b]; });
    number(layer);
  }

  double mean_position(const Numbers& items) const {
    double sum = 0;
    for (const std::size_t item : items) sum += items_[item].position;
    return sum / static_cast<double>(items.size());
  }

  std::size_t crossings() const {
    std::size_t count = 0;
    for (const Numbers& layer : layers_) {
      std::vector<std::pair<double, double>> arrows;
      for (const std::size_t item : layer) {
        for (const std::size_t to : items_[item].below) {
          arrows.emplace_back(items_[item].position, items_[to].position);
        }
      }
      for (std::size_t a = 0; a < arrows.size(); ++a) {
        for (std::size_t b = a + 1; b < arrows.size(); ++b) {
          const double product =
              (arrows[a].first - arrows[b].first) * (arrows[a].second - arrows[b].second);
          count += product < 0 ? 1 : 0;
        }
      }
    }
    return count;
  }

  void choose_places() {
    for (const Numbers& layer : layers_) place(layer, {});
    for (int sweep = 0; sweep < kSweeps; ++sweep) {
      for (const Numbers& layer : layers_) place(layer, {&Item::above});
      for (std::size_t i = layers_.size(); i-- > 0;) place(layers_[i], {&Item::below});
    }
    for (int sweep = 0; sweep < kSweeps; ++sweep) {
      for (const Numbers& layer : layers_) place(layer, {&Item::above, &Item::below});
    }
  }

  /// Moves the items of a layer as near to the mean of their neighbours as their order and the room
  /// between them allow.
  void place(const Numbers& layer, const std::vector<Numbers Item::*>& sides) {
    std::vector<Wish> wishes;
    for (std::size_t i = 0; i < layer.size(); ++i) {
      const Item& item = items_[layer[i]];
      Wish& wish = wishes.emplace_back(Wish{.x = item.x});
      if (i > 0) wish.distance = distance(items_[layer[i - 1]], item);
      double sum = 0;
      double weights = 0;
      for (const auto side : sides) {
        for (const std::size_t other : item.*side) {
          const double weight = kUprightness[item.is_bend + items_[other].is_bend];
          sum += weight * items_[other].x;
          weights += weight;
        }
      }
      if (weights > 0) wish = {sum / weights, weights, wish.distance};
    }
    const std::vector<double> places = nearest_places(wishes);
    for (std::size_t i = 0; i < layer.size(); ++i) items_[layer[i]].x = places[i];
  }

  static double distance(const Item& left, const Item& right) {
    return (left.box.width + right.box.width) / 2 + kBesides;
  }

  /// Puts the layers below one another, and everything right of and below (0, 0).
  LayeredLayout result() {
    double left = std::numeric_limits<double>::infinity();
    double right = -left;
    for (const Item& item : items_) {
      left = std::min(left, item.x - item.box.width / 2);
      right = std::max(right, item.x + item.box.width / 2);
    }
    LayeredLayout layout;
    layout.width = right - left;
    for (const Numbers& layer : layers_) {
      if (&layer != &layers_.front()) layout.height += kBelow;
      double height = 0;
      for (const std::size_t item : layer) height = std::max(height, items_[item].box.height);
      for (const std::size_t number : layer) {
        Item& item = items_[number];
        item.x -= left;
        item.y = layout.height + height / 2;
        if (item.is_bend) item.box.height = height;
      }
      layout.height += height;
    }
    for (const Item& item : items_) {
      if (!item.is_bend) layout.centers.push_back({item.x, item.y});
    }
    for (const Numbers& chain : chains_) layout.paths.push_back(path(chain));
    return layout;
  }

  std::vector<Place> path(const Numbers& chain) const {
    std::vector<Place> places;
    for (const std::size_t number : chain) {
      const Item& item = items_[number];
      const double half = item.box.height / 2;
      if (number != chain.front()) places.push_back({item.x, item.y - half});
      if (number != chain.back()) places.push_back({item.x, item.y + half});
    }
    return places;
  }

  std::vector<Item> items_;
  std::vector<Numbers> chains_;  // The items of each arrow.
  std::vector<Numbers> layers_;
};

}  // namespace

LayeredLayout lay_out(std::span<const LayoutBox> boxes, std::span<const LayoutArrow> arrows) {
  return Layering(boxes, arrows).lay_out();
}

}  // namespace gatefold
