#include "passes/blend.h"

#include "ir/op_def.h"
#include "passes/recurrent_cell.h"

namespace gatefold {
namespace {

// The number, also where it is repeated to the shape of another value.
bool is_one(const Value* value, const PassContext& context) {
  if (const Node* expand = producer_of(value, "Expand")) return is_one(expand->input(0), context);
  const Node* filled = producer_of(value, "ConstantOfShape");
  if (filled == nullptr) return is_filled_with(value, 1, context);
  return filled->has_attr("value") && filled->attr_tensor("value").number_at(0) == 1;
}

// The side of a binary operation that is not `known`; nullptr when it is none.
Value* other_side(const Value* value, std::string_view op, const Value* known) {
  const Node* node = producer_of(value, op);
  for (std::size_t side = 0; node != nullptr && side < 2; ++side) {
    if (node->input(side) == known) return node->input(1 - side);
  }
  return nullptr;
}

// True for 1 - gate, also as sigmoid (-a) where the gate is sigmoid (a).
bool is_complement(const Value* value, const Value* gate, const PassContext& context) {
  if (read_complement(value, context) == gate) return true;
  const Node* squashed = producer_of(value, "Sigmoid");
  const Node* negative = squashed == nullptr ? nullptr : producer_of(squashed->input(0), "Neg");
  const Node* gate_node = producer_of(gate, "Sigmoid");
  return negative != nullptr && gate_node != nullptr && gate_node->input(0) == negative->input(0);
}

// What is multiplied by 1 - gate: (1 - gate) * a, or a - gate * a.
Value* read_complement_of(const Value* value, const Value* gate, const PassContext& context) {
  if (const Node* product = producer_of(value, "Mul")) {
    for (std::size_t side = 0; side < 2; ++side) {
      if (is_complement(product->input(side), gate, context)) return product->input(1 - side);
    }
  }
  const Node* rest = producer_of(value, "Sub");
  const Node* product = rest == nullptr ? nullptr : producer_of(rest->input(1), "Mul");
  for (std::size_t side = 0; product != nullptr && side < 2; ++side) {
    if (product->input(side) == gate && product->input(1 - side) == rest->input(0)) {
      return rest->input(0);
    }
  }
  return nullptr;
}

// gate * a + (1 - gate) * b, the terms and factors in any order
std::optional<Blend> read_two_products(const Node& sum, const PassContext& context) {
  for (std::size_t term = 0; term < 2; ++term) {
    const Node* direct = producer_of(sum.input(term), "Mul");
    for (std::size_t side = 0; direct != nullptr && side < 2; ++side) {
      Value* gate = direct->input(side);
      Value* other = read_complement_of(sum.input(1 - term), gate, context);
      if (other != nullptr) return Blend{gate, direct->input(1 - side), other};
    }
  }
  return std::nullopt;
}

// gate * (a - b) + b; -b in the place of a - b when a is zero
std::optional<Blend> read_difference(const Node& sum) {
  for (std::size_t term = 0; term < 2; ++term) {
    const Node* product = producer_of(sum.input(term), "Mul");
    Value* base = sum.input(1 - term);
    for (std::size_t side = 0; product != nullptr && side < 2; ++side) {
      const Node* difference = producer_of(product->input(side), "Sub");
      if (difference != nullptr && difference->input(1) == base) {
        return Blend{product->input(1 - side), difference->input(0), base};
      }
      const Node* negative = producer_of(product->input(side), "Neg");
      if (negative != nullptr && negative->input(0) == base) {
        return Blend{product->input(1 - side), nullptr, base};
      }
    }
  }
  return std::nullopt;
}

// b - gate * (b - a); gate * b in the place of gate * (b - a) when a is zero
std::optional<Blend> read_subtracted_difference(const Node& node) {
  const Node* product = producer_of(node.input(1), "Mul");
  Value* base = node.input(0);
  for (std::size_t side = 0; product != nullptr && side < 2; ++side) {
    if (product->input(side) == base) return Blend{product->input(1 - side), nullptr, base};
    const Node* difference = producer_of(product->input(side), "Sub");
    if (difference == nullptr || difference->input(0) != base) continue;
    return Blend{product->input(1 - side), difference->input(1), base};
  }
  return std::nullopt;
}

// (1 - gate) * b, or gate * a
std::optional<Blend> read_single_product(const Node& product, const PassContext& context) {
  for (std::size_t side = 0; side < 2; ++side) {
    Value* factor = product.input(side);
    if (producer_of(product.input(1 - side), "Tanh") == nullptr) continue;
    if (producer_of(factor, "Sigmoid") != nullptr) {
      return Blend{factor, product.input(1 - side), nullptr};
    }
    if (Value* gate = read_complement(factor, context)) {
      return Blend{gate, nullptr, product.input(1 - side)};
    }
  }
  return std::nullopt;
}

// (gate * a + b) - gate * b, or gate * a - (gate - 1) * b
std::optional<Blend> read_subtracted_product(const Node& node, const PassContext& context) {
  const Node* product = producer_of(node.input(1), "Mul");
  for (std::size_t side = 0; product != nullptr && side < 2; ++side) {
    Value* factor = product->input(side);
    Value* other = product->input(1 - side);
    const Node* rest = producer_of(factor, "Sub");
    const bool is_negated = rest != nullptr && is_one(rest->input(1), context);
    Value* gate = is_negated ? rest->input(0) : factor;
    Value* direct = node.input(0);
    if (!is_negated) direct = other_side(direct, "Add", other);
    if (Value* weighed = other_side(direct, "Mul", gate)) return Blend{gate, weighed, other};
  }
  return std::nullopt;
}

std::optional<Blend> read_any_spelling(const Node& node, const PassContext& context) {
  if (node.op().name == "Sub") {
    const auto blend = read_subtracted_difference(node);
    return blend ? blend : read_subtracted_product(node, context);
  }
  if (node.op().name == "Mul") return read_single_product(node, context);
  if (const auto blend = read_two_products(node, context)) return blend;
  return read_difference(node);
}

Value* read_one_minus(const Value* value, const PassContext& context) {
  if (const Node* node = producer_of(value, "Sub")) {
    return is_one(node->input(0), context) ? node->input(1) : nullptr;
  }
  if (const Node* node = producer_of(value, "Neg")) {
    const Node* rest = producer_of(node->input(0), "Sub");
    return rest != nullptr && is_one(rest->input(1), context) ? rest->input(0) : nullptr;
  }
  const Node* sum = producer_of(value, "Add");
  for (std::size_t side = 0; sum != nullptr && side < 2; ++side) {
    const Node* negative = producer_of(sum->input(side), "Neg");
    if (negative != nullptr && is_one(sum->input(1 - side), context)) return negative->input(0);
  }
  return nullptr;
}

}  // namespace

Value* read_complement(const Value* value, const PassContext& context) {
  Value* rest = read_one_minus(value, context);
  return rest != nullptr && have_same_shape(rest->type(), value->type()) ? rest : nullptr;
}

std::optional<Blend> read_blend(const Node& node, const PassContext& context) {
  const auto blend = read_any_spelling(node, context);
  Value* opposite = blend ? read_complement(blend->gate, context) : nullptr;
  return opposite == nullptr ? blend : Blend{opposite, blend->other, blend->weighed};
}

}  // namespace gatefold
