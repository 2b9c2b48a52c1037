#pragma once

#include <map>
#include <string>

#include "frontend/onnx_reader.h"
#include "passes/rewriting/element_function.h"

namespace gatefold::test {

/// Nodes of ONNX's text as an element function of sums s, si, sf, sg, so, sx and sh, states h and
/// c, and vectors p, pi, pf and po.
class ElementReading {
 public:
  using Id = ElementFunction::Id;

  /// Constants that the nodes may read.
  static constexpr const char* kNumbers =
      "<double zero = {0}, double one = {1}, double two = {2}, double three = {3}, double six = "
      "{6}, double half = {0.5}, double fifth = {0.2}, double tenth = {0.1}, double nine_tenths = "
      "{0.9}, double minus_one = {-1}, double minus_two = {-2}, double minus_three = {-3}, double "
      "far = {10000}, double minus_far = {-10000}, double tiny = {1e-7}>";

  ElementReading(const std::string& nodes, const std::string& output)
      : model_(parse_model(kInputs + output + ")" + kNumbers + "{" + nodes + "}", "text")) {
    for (const Value* input : model_.graph->inputs()) {
      const char kind = input->name()[0];
      ids_[input] = function_.add_argument(kind == 's'   ? ElementFunction::ArgumentKind::kSum
                                           : kind == 'p' ? ElementFunction::ArgumentKind::kVector
                                                         : ElementFunction::ArgumentKind::kState);
    }
    for (const auto& constant : model_.graph->initializers()) {
      ids_[constant.get()] = function_.add_number(constant->data()->number_at(0));
    }
    for (const auto& node : model_.graph->nodes()) add(*node);
  }

  ElementFunction& function() { return function_; }
  const ElementFunction& function() const { return function_; }
  /// The expression of a value; kNone where there is none.
  Id operator[](const std::string& name) const {
    for (const auto& [value, id] : ids_) {
      if (value->name() == name) return id;
    }
    return ElementFunction::kNone;
  }
  /// The name of an argument.
  std::string name_of(Id id) const {
    for (const auto& [value, known] : ids_) {
      if (known == id && value->producer() == nullptr) return value->name();
    }
    return id == ElementFunction::kNone ? "-" : "?";
  }

 private:
  static constexpr const char* kInputs =
      "g (double[2] s, double[2] si, double[2] sf, double[2] sg, double[2] so, double[2] sx, "
      "double[2] sh, double[2] h, double[2] c, double[2] p, double[2] pi, double[2] pf, double[2] "
      "po) => (";

  void add(const Node& node) {
    bool is_known = true;
    std::vector<Id> operands;
    for (const Value* input : node.inputs()) {
      operands.push_back(input == nullptr ? ElementFunction::kNone : ids_.at(input));
      is_known &= input == nullptr || operands.back() != ElementFunction::kNone;
    }
    const auto id = is_known ? function_.add_operator(node, operands) : std::nullopt;
    ids_[node.output()] = id.value_or(ElementFunction::kNone);
  }

  Model model_;
  ElementFunction function_;
  std::map<const Value*, Id> ids_;
};

}  // namespace gatefold::test
