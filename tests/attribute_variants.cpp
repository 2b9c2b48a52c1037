#include "tests/attribute_variants.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>

#include "ir/error.h"
#include "ir/infer.h"
#include "ir/op_def.h"
#include "ir/random.h"

namespace gatefold::test {
namespace {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;
using Strings = std::vector<std::string>;

/// The values to draw an attribute from: one, or for lists one for each place.
struct Variation {
  std::string_view attribute;
  AttrValue values;  ///< A list of what is drawn from.
};

// Flags hold for any number that is not zero where an operator does not ask for 0 or 1.
const std::vector<Variation>& variations() {
  static const Floats factors{0, 0.5, 1, -1, 2, -0.25, 1.5};
  static const Floats small{1e-5F, 1e-3F, 0.1F, 0.5F};
  static const Ints flag{0, 1};
  static const Ints loose_flag{0, 1, 2};
  static const Ints any_axis{0, 1, 2, 3, -1, -2, -3};
  static const std::vector<Variation> rows{
      {"activation_alpha", factors},
      {"activation_beta", factors},
      {"activations",
       Strings{"Sigmoid", "Tanh", "Relu", "HardSigmoid", "Elu", "LeakyRelu", "Softsign"}},
      {"align_corners", flag},
      {"allowzero", flag},
      {"alpha", factors},
      {"approximate", Strings{"none", "tanh"}},
      {"auto_pad", Strings{"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"}},
      {"axis", any_axis},
      {"batch_axis", flag},
      {"batch_dims", Ints{0, 1, 2}},
      {"beta", factors},
      {"bias", factors},
      {"blank", Ints{0, 1, 2}},
      {"ceil_mode", flag},
      {"center_point_box", flag},
      {"clip", Floats{0.05F, 0.2F, 0.5F, 1, 50}},
      {"count_include_pad", flag},
      {"cubic_coeff_a", Floats{-0.75F, -0.5F}},
      {"detect_negative", flag},
      {"detect_positive", flag},
      {"dilations", Ints{1, 2}},
      {"direction", Strings{"forward", "reverse", "LEFT", "RIGHT"}},
      {"end", Ints{0, 1, 2, -1}},
      {"epsilon", small},
      {"exclude_outside", flag},
      {"exclusive", flag},
      {"fmod", flag},
      {"gamma", factors},
      {"group", Ints{1, 2, 3}},
      {"ignore_index", Ints{-1, 0, 1, 2}},
      {"input_forget", flag},
      {"interleaved", flag},
      {"inverse", flag},
      {"is_causal", flag},
      {"k", Ints{0, 1, -1, 2}},
      {"keepdims", flag},
      {"lambd", Floats{0, 0.1F, 0.5F}},
      {"largest", flag},
      {"layout", flag},
      {"linear_before_reset", flag},
      {"mode", Strings{"constant", "edge", "reflect", "wrap", "nearest", "linear", "cubic",
                       "bilinear", "bicubic", "DCR", "CRD", "avg", "max"}},
      {"momentum", factors},
      {"new_axis", flag},
      {"noop_with_empty_axes", flag},
      {"onesided", flag},
      {"p", Ints{1, 2, 3}},
      {"padding_mode", Strings{"zeros", "border", "reflection"}},
      {"pads", Ints{0, 1, 2}},
      {"periodic", flag},
      {"reduction", Strings{"none", "mean", "sum", "add", "mul", "max", "min"}},
      {"reverse", flag},
      {"scale", Floats{0.1F, 0.5F, 1, 2}},
      {"scan_input_directions", flag},
      {"scan_output_directions", flag},
      {"select_last_index", flag},
      {"softcap", Floats{0, 0.5F, 2}},
      {"start", Ints{0, 1, 2, -1}},
      {"storage_order", flag},
      {"strides", Ints{1, 2, 3}},
      {"time_axis", flag},
      {"transA", loose_flag},
      {"transB", loose_flag},
      {"upper", flag},
      {"zero_infinity", flag},
  };
  return rows;
}

/// Numbers drawn one after the other.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : numbers_(seed) {}

  std::size_t below(std::size_t count) { return numbers_.bits(next_++) % count; }
  template <typename T>
  T one_of(const std::vector<T>& values) {
    return values[below(values.size())];
  }
  template <typename T>
  std::vector<T> list_of(const std::vector<T>& values, std::size_t length) {
    std::vector<T> list;
    for (std::size_t i = 0; i < length; ++i) list.push_back(one_of(values));
    return list;
  }
  Ints permutation(std::size_t length) {
    Ints list(length);
    std::iota(list.begin(), list.end(), 0);
    for (std::size_t i = 1; i < length; ++i) std::swap(list[i], list[below(i + 1)]);
    return list;
  }

 private:
  RandomNumbers numbers_;
  std::uint64_t next_ = 0;
};

// As long as the list is now; without one, short.
std::size_t draw_length(const Node& node, std::string_view attribute, Draws& draws) {
  const AttrValue* own = node.find_attr(attribute);
  const std::size_t drawn = 1 + draws.below(3);
  if (own == nullptr) return drawn;
  return std::visit(
      [&]<typename T>(const T& value) {
        if constexpr (std::is_same_v<T, Ints> || std::is_same_v<T, Floats> ||
                      std::is_same_v<T, Strings>) {
          return value.empty() ? drawn : value.size();
        }
        return drawn;
      },
      *own);
}

std::optional<AttrValue> draw(const Node& node, const AttrDef& def, const Variation& row,
                              Draws& draws) {
  using Kind = AttrDef::Kind;
  if (def.kind == Kind::kInt || def.kind == Kind::kInts) {
    const auto* values = std::get_if<Ints>(&row.values);
    if (values == nullptr) return std::nullopt;
    if (def.kind == Kind::kInt) return draws.one_of(*values);
    return draws.list_of(*values, draw_length(node, def.name, draws));
  }
  if (def.kind == Kind::kFloat || def.kind == Kind::kFloats) {
    const auto* values = std::get_if<Floats>(&row.values);
    if (values == nullptr) return std::nullopt;
    if (def.kind == Kind::kFloat) return draws.one_of(*values);
    return draws.list_of(*values, draw_length(node, def.name, draws));
  }
  const auto* values = std::get_if<Strings>(&row.values);
  if (values == nullptr) return std::nullopt;
  if (def.kind == Kind::kString) return draws.one_of(*values);
  if (def.kind == Kind::kStrings) {
    return draws.list_of(*values, draw_length(node, def.name, draws));
  }
  return std::nullopt;
}

std::optional<AttrValue> draw(const Node& node, const AttrDef& def, Draws& draws) {
  if (def.name == "perm") {
    const bool has_rank = node.input(0) != nullptr && node.input(0)->type().has_rank();
    if (!has_rank) return std::nullopt;
    return draws.permutation(static_cast<std::size_t>(node.input(0)->type().rank()));
  }
  for (const Variation& row : variations()) {
    if (row.attribute == def.name) return draw(node, def, row, draws);
  }
  return std::nullopt;
}

bool has_types(Graph& graph) {
  try {
    infer_types(graph);
    return true;
  } catch (const Error&) {
    return false;
  }
}

// Whether the node has the value now; it remains as it was where types do not allow that.
bool set(Graph& root, Node& node, std::string_view name, const AttrValue& value) {
  const auto given = node.attrs().find(name);
  const bool was_given = given != node.attrs().end();
  const AttrValue before = was_given ? given->second : AttrValue{};
  node.set_attr(std::string(name), value);
  if (has_types(root)) return true;
  if (was_given) {
    node.set_attr(std::string(name), before);
  } else {
    node.erase_attr(name);
  }
  infer_types(root);
  return false;
}

// A forward step in training and its backward step, which must have the same attributes.
bool is_half_of_a_pair(const Node& node) {
  const std::string_view name = node.op().name;
  return node.op().domain == kGatefoldDomain &&
         (name.ends_with("Training") || name.ends_with("Grad"));
}

void vary(Graph& root, const Graph& graph, Draws& draws, std::set<std::string>& changed) {
  for (const auto& node : graph.nodes()) {
    if (is_half_of_a_pair(*node)) continue;
    for (const AttrDef& def : node->op().attrs) {
      const auto value = draw(*node, def, draws);
      if (!value || draws.below(2) == 0) continue;
      if (set(root, *node, def.name, *value)) {
        changed.insert(fmt::format("{}.{}", node->op().name, def.name));
      }
    }
    for (const Graph* inner : node->sub_graphs()) vary(root, *inner, draws, changed);
  }
}

// Other numbers for other graphs, so that not all of them keep the same attributes.
std::uint64_t seed_for(const Graph& graph, std::uint64_t seed) {
  std::string text;
  for (const Value* input : graph.inputs()) text += to_string(input->type());
  for (const auto& node : graph.nodes()) text += node->op().name;
  for (const char letter : text) seed = seed * 31 + static_cast<unsigned char>(letter);
  return seed;
}

}  // namespace

std::vector<std::string> vary_attributes(Graph& graph, std::uint64_t seed) {
  Draws draws(seed_for(graph, seed));
  std::set<std::string> changed;
  vary(graph, graph, draws, changed);
  return {changed.begin(), changed.end()};
}

void VariantCoverage::add_compared(const std::vector<std::string>& changed) {
  ++compared_;
  for (const std::string& attribute : changed) ++attributes_[attribute];
}

void VariantCoverage::report() const {
  std::vector<std::string> counts;
  for (const auto& [name, count] : attributes_) counts.push_back(fmt::format("{} {}", name, count));
  const std::string text = fmt::format(
      "{} variants of {} cases compared ({} more cannot be computed); variants with another value "
      "of each attribute: {}",
      compared_, cases_, refused_, fmt::join(counts, ", "));
  fmt::print("{}\n", text);
  testing::Test::RecordProperty("covered", text);
}

std::vector<std::string> VariantCoverage::missing() const {
  std::vector<std::string> names;
  for (const Variation& row : variations()) {
    const std::string ending = fmt::format(".{}", row.attribute);
    const bool is_changed =
        std::any_of(attributes_.begin(), attributes_.end(),
                    [&](const auto& entry) { return entry.first.ends_with(ending); });
    if (!is_changed) names.emplace_back(row.attribute);
  }
  return names;
}

}  // namespace gatefold::test
