#include "passes/recurrence/polynomial.h"

#include <algorithm>
#include <iterator>

#include "ir/op_def.h"
#include "passes/rewriting/match.h"

namespace gatefold {
namespace {

constexpr std::size_t kMostMonomials = 8;
constexpr int kMostLevels = 8;

bool is_arithmetic(const Node& node) {
  constexpr std::string_view kOps[] = {"Add", "Sum", "Sub", "Mul", "Neg"};
  return node.op().domain.empty() &&
         std::find(std::begin(kOps), std::end(kOps), node.op().name) != std::end(kOps);
}

bool is_read_by_arithmetic_only(const Value& value) {
  return std::all_of(value.uses().begin(), value.uses().end(),
                     [](const Use& use) { return is_arithmetic(*use.user); });
}

// The number that the value is filled with.
std::optional<double> number_in(const Value& value, const PassContext& context) {
  if (const Tensor* numbers = context.constant(&value)) {
    if (numbers->size() == 0) return std::nullopt;
    const double number = numbers->number_at(0);
    return is_filled_with(&value, number, context) ? std::optional(number) : std::nullopt;
  }
  if (const Node* expand = producer_of(&value, "Expand")) {
    return number_in(*expand->input(0), context);
  }
  const Node* filled = producer_of(&value, "ConstantOfShape");
  if (filled == nullptr || !filled->has_attr("value")) return std::nullopt;
  return filled->attr_tensor("value").number_at(0);
}

// A number in the place of the value; a state that is filled with one is a factor.
std::optional<double> number_of(const Value& value, const PassContext& context) {
  const Tensor* numbers = context.constant(&value);
  if (numbers != nullptr && numbers->size() == 1) return numbers->number_at(0);
  const auto number = number_in(value, context);
  return number && *number != 0 && is_read_by_arithmetic_only(value) ? number : std::nullopt;
}

// What is computed as sigmoid (a) beside a value sigmoid (-a).
Value* opposite_of(const Value& value) {
  const Node* sigmoid = producer_of(&value, "Sigmoid");
  const Node* negative = sigmoid == nullptr ? nullptr : producer_of(sigmoid->input(0), "Neg");
  if (negative == nullptr) return nullptr;
  for (const Use& use : negative->input(0)->uses()) {
    if (producer_of(use.user->output(0), "Sigmoid") != nullptr) return use.user->output(0);
  }
  return nullptr;
}

// Adds up the monomials with the same factors.
std::optional<Polynomial> collected(Polynomial terms) {
  Polynomial result;
  for (Monomial& term : terms) {
    const auto same = std::find_if(result.begin(), result.end(), [&](const Monomial& other) {
      return other.factors == term.factors;
    });
    if (same == result.end()) {
      result.push_back(std::move(term));
    } else {
      same->number += term.number;
    }
  }
  std::erase_if(result, [](const Monomial& term) { return term.number == 0; });
  return result.size() <= kMostMonomials ? std::optional(std::move(result)) : std::nullopt;
}

Polynomial scaled(Polynomial terms, double number) {
  for (Monomial& term : terms) term.number *= number;
  return terms;
}

std::optional<Polynomial> sum_of(Polynomial a, const Polynomial& b) {
  a.insert(a.end(), b.begin(), b.end());
  return collected(std::move(a));
}

std::optional<Polynomial> product_of(const Polynomial& a, const Polynomial& b) {
  Polynomial terms;
  for (const Monomial& left : a) {
    for (const Monomial& right : b) {
      Monomial term{left.number * right.number, {}};
      std::merge(left.factors.begin(), left.factors.end(), right.factors.begin(),
                 right.factors.end(), std::back_inserter(term.factors));
      terms.push_back(std::move(term));
    }
  }
  return collected(std::move(terms));
}

/// Multiplies out what has the extents of one value.
class Expansion {
 public:
  Expansion(const Type& type, const PassContext& context) : type_(type), context_(context) {}

  std::optional<Polynomial> of(const Node& node, int level) const {
    auto result = of(*node.input(0), level);
    const std::string_view op = node.op().name;
    if (result && op == "Neg") return scaled(std::move(*result), -1);
    for (std::size_t i = 1; result && i < node.input_count(); ++i) {
      const auto next = of(*node.input(i), level);
      if (!next) return std::nullopt;
      if (op == "Mul") {
        result = product_of(*result, *next);
      } else {
        result = sum_of(std::move(*result), scaled(*next, op == "Sub" ? -1 : 1));
      }
    }
    return result;
  }

 private:
  std::optional<Polynomial> of(Value& value, int level) const {
    if (const auto number = number_of(value, context_)) return Polynomial{{*number, {}}};
    const Node* producer = value.producer();
    if (producer != nullptr && is_arithmetic(*producer) && is_read_by_arithmetic_only(value)) {
      return level < kMostLevels ? of(*producer, level + 1) : std::nullopt;
    }
    if (is_broadcast(value)) return std::nullopt;
    if (Value* opposite = opposite_of(value)) return Polynomial{{1, {}}, {-1, {opposite}}};
    return Polynomial{{1, {&value}}};
  }

  bool is_broadcast(const Value& value) const {
    const Type& type = value.type();
    return !type.has_rank() || type.rank() != type_.rank() ||
           !std::equal(type.shape->begin(), type.shape->end(), type_.shape->begin(),
                       [](const Dim& own, const Dim& whole) { return !own.is(1) || whole.is(1); });
  }

  const Type& type_;
  const PassContext& context_;
};

}  // namespace

std::optional<Polynomial> multiply_out(const Node& node, const PassContext& context) {
  if (!is_arithmetic(node) || !node.output()->type().has_rank()) return std::nullopt;
  auto result = Expansion(node.output()->type(), context).of(node, 0);
  return result ? collected(std::move(*result)) : std::nullopt;
}

}  // namespace gatefold
