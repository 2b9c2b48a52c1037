#include "passes/recurrence/blend.h"

#include <algorithm>

#include "ir/op_def.h"
#include "passes/recurrence/polynomial.h"
#include "passes/rewriting/match.h"

namespace gatefold {
namespace {

// The one monomial with that many factors and this number; nullptr when there is none or several.
const Monomial* single_monomial(const Polynomial& sum, std::size_t factors, double number) {
  const Monomial* found = nullptr;
  for (const Monomial& term : sum) {
    if (term.factors.size() != factors || term.number != number) continue;
    if (found != nullptr) return nullptr;
    found = &term;
  }
  return found;
}

// The factor of a product of two beside `known`; nullptr when that is none.
Value* other_factor(const Monomial& product, const Value* known) {
  const auto side = std::find(product.factors.begin(), product.factors.end(), known);
  if (side == product.factors.end()) return nullptr;
  return side == product.factors.begin() ? product.factors.back() : product.factors.front();
}

// gate * weighed - gate * other + other; the first product is missing when `weighed` is zero
std::optional<Blend> read_sum(const Polynomial& sum) {
  const Monomial* other = single_monomial(sum, 1, 1);
  const Monomial* taken = single_monomial(sum, 2, -1);
  const Monomial* added = single_monomial(sum, 2, 1);
  if (other == nullptr || taken == nullptr || sum.size() != (added == nullptr ? 2 : 3)) {
    return std::nullopt;
  }
  Blend blend{.other = other->factors.front()};
  blend.gate = other_factor(*taken, blend.other);
  if (blend.gate == nullptr || blend.gate == blend.other) return std::nullopt;
  if (added == nullptr) return blend;
  blend.weighed = other_factor(*added, blend.gate);
  return blend.weighed == nullptr ? std::nullopt : std::optional(blend);
}

// gate * weighed, where `other` is zero
std::optional<Blend> read_product(const Polynomial& sum) {
  const Monomial* product = single_monomial(sum, 2, 1);
  if (product == nullptr || sum.size() != 1) return std::nullopt;
  for (Value* weighed : product->factors) {
    Value* gate = other_factor(*product, weighed);
    if (producer_of(weighed, "Tanh") && producer_of(gate, "Sigmoid")) return Blend{gate, weighed};
  }
  return std::nullopt;
}

std::optional<Blend> blend_of(const Value& value, const PassContext& context) {
  const bool is_sum =
      producer_of(&value, "Add") != nullptr || producer_of(&value, "Sub") != nullptr;
  return is_sum ? read_blend(*value.producer(), context) : std::nullopt;
}

// Where of two spellings of the same blend -> the first one
std::optional<Replacement> either(Node& node, Rewriter& rewriter) {
  const auto first = blend_of(*node.input(1), rewriter.context());
  if (!first || first != blend_of(*node.input(2), rewriter.context())) return std::nullopt;
  if (!have_same_shape(node.input(1)->type(), node.output()->type())) return std::nullopt;
  return Replacement{node.input(1)};
}

constexpr Rule kRules[] = {{"either", "Where", either}};

}  // namespace

Value* read_complement(const Value* value, const PassContext& context) {
  const Node* node = value->producer();
  const auto sum = node == nullptr ? std::nullopt : multiply_out(*node, context);
  if (!sum || sum->size() != 2 || single_monomial(*sum, 0, 1) == nullptr) return nullptr;
  const Monomial* taken = single_monomial(*sum, 1, -1);
  return taken == nullptr ? nullptr : taken->factors.front();
}

std::optional<Blend> read_blend(const Node& node, const PassContext& context) {
  const auto sum = multiply_out(node, context);
  if (!sum) return std::nullopt;
  if (const auto blend = read_product(*sum)) return blend;
  const auto blend = read_sum(*sum);
  const bool is_product = node.op().name == "Mul";
  return blend && is_product && !producer_of(blend->other, "Tanh") ? std::nullopt : blend;
}

bool merge_equal_blends(Graph& graph, PassContext& context) {
  return rewrite(graph, context, kRules);
}

}  // namespace gatefold
