#pragma once

#include <map>
#include <string>

#include "frontend/onnx_reader.h"
#include "passes/rewriting/element_function.h"

namespace gatefold::test {

/// Nodes of ONNX's text as an element function. Inputs are sums s, si, sf, sg, so, sx, sh, states h
/// and c, and vectors p, pi, pf and po; constants are those of kNumbers.
class ElementReading {
 public:
  using Id = ElementFunction::Id;

  explicit ElementReading(const std::string& nodes)
      : model_(parse_model(kInputs + std::string(kNumbers) + "{" + nodes + "}", "text")) {
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
      "g (float[2] s, float[2] si, float[2] sf, float[2] sg, float[2] so, float[2] sx, float[2] "
      "sh, float[2] h, float[2] c, float[2] p, float[2] pi, float[2] pf, float[2] po) => "
      "(float[2] h2)";
  static constexpr const char* kNumbers =
      "<float zero = {0}, float one = {1}, float two = {2}, float three = {3}, float six = {6}, "
      "float half = {0.5}, float fifth = {0.2}, float tenth = {0.1}, float nine_tenths = {0.9}, "
      "float minus_one = {-1}, float minus_two = {-2}, float minus_three = {-3}, float far = "
      "{10000}, float minus_far = {-10000}, float tiny = {1e-7}>";

  void add(const Node& node) {
    std::vector<Id> operands;
    for (const Value* input : node.inputs()) {
      operands.push_back(input == nullptr ? ElementFunction::kNone : ids_.at(input));
    }
    ids_[node.output()] =
        function_.add_operator(node, operands).value_or(ElementFunction::kNone);
  }

  Model model_;
  ElementFunction function_;
  std::map<const Value*, Id> ids_;
};

}  // namespace gatefold::test
