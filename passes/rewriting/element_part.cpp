#include "passes/rewriting/element_part.h"

#include <algorithm>

#include "ir/visits.h"

namespace gatefold {
namespace {

using Id = ElementFunction::Id;

constexpr Id kNone = ElementFunction::kNone;
constexpr std::size_t kMostExpressions = 400;
constexpr int kMostSums = 4;  // As many as an LSTM has gates.

}  // namespace

ElementFunction ElementPart::function() const {
  ElementFunction result;
  for (const ElementFunction::Expression& expression : expressions) {
    if (expression.op == ElementFunction::Operator::kArgument) {
      result.add_argument(static_cast<ElementFunction::ArgumentKind>(expression.number));
    } else {
      result.add(expression);
    }
  }
  return result;
}

std::size_t ElementPart::Hash::operator()(const ElementPart& part) const {
  std::size_t hash = 0;
  for (const auto& expression : part.expressions) {
    hash = hash * 31 + ElementFunction::Hash()(expression);
  }
  for (const Id root : part.roots) hash = hash * 31 + static_cast<std::size_t>(root);
  return hash;
}

const ElementPart* ElementPartReader::read(const ElementFunction& function,
                                           const std::vector<Id>& roots) {
  for (const Id source : sources_) place_of(source) = kNone;
  places_.resize(static_cast<std::size_t>(function.size()), kNone);
  sources_.clear();
  part_.expressions.clear();
  part_.roots.clear();
  sums_ = 0;
  for (const Id root : roots) {
    if (!take(function, root)) return nullptr;
    part_.roots.push_back(place_of(root));
  }
  return &part_;
}

// Takes what is below the root and not yet in the part; false when that is too much.
bool ElementPartReader::take(const ElementFunction& function, Id root) {
  std::vector<Id> open{root};
  while (!open.empty()) {
    visits::note();
    if (std::max(open.size(), sources_.size()) > kMostExpressions) return false;
    const Id id = open.back();
    ElementFunction::Expression expression = function[id];
    for (Id& operand : expression.operands) {
      if (operand == kNone) continue;
      if (place_of(operand) == kNone) open.push_back(operand);
      operand = place_of(operand);
    }
    if (open.back() != id) continue;
    open.pop_back();
    if (place_of(id) != kNone) continue;
    sums_ += function.is_argument(id, ElementFunction::ArgumentKind::kSum) ? 1 : 0;
    if (sums_ > kMostSums) return false;
    place_of(id) = static_cast<Id>(sources_.size());
    sources_.push_back(id);
    part_.expressions.push_back(expression);
  }
  return true;
}

}  // namespace gatefold
