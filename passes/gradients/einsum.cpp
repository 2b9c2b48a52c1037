#include <algorithm>
#include <cctype>
#include <map>
#include <string>

#include "ir/error.h"
#include "passes/gradients/formula.h"
#include "passes/gradients/gradient_table.h"

namespace gatefold::gradients {
namespace {

constexpr std::string_view kEllipsis = "...";

struct Equation {
  std::vector<std::string> inputs;
  std::string output;
};

bool has_ellipsis(std::string_view term) { return term.find(kEllipsis) != term.npos; }

std::string implicit_output(const std::vector<std::string>& inputs) {
  std::map<char, int> counts;
  std::string output;
  for (const std::string& term : inputs) {
    if (has_ellipsis(term)) output = kEllipsis;
    for (const char letter : term) ++counts[letter];
  }
  for (const auto& [letter, count] : counts) {
    if (letter != '.' && count == 1) output += letter;
  }
  return output;
}

Equation equation_of(const Node& node) {
  std::string text = node.attr_string("equation");
  std::erase(text, ' ');
  const std::size_t arrow = text.find("->");
  Equation equation;
  std::string terms = text.substr(0, arrow);
  for (std::size_t comma = 0; (comma = terms.find(',')) != std::string::npos;) {
    equation.inputs.push_back(terms.substr(0, comma));
    terms.erase(0, comma + 1);
  }
  equation.inputs.push_back(terms);
  equation.output =
      arrow == std::string::npos ? implicit_output(equation.inputs) : text.substr(arrow + 2);
  return equation;
}

/// A letter that the equation does not use.
char fresh_letter(const std::string& used) {
  for (char letter = 'A'; letter <= 'z'; ++letter) {
    if (std::isalpha(static_cast<unsigned char>(letter)) != 0 && used.find(letter) == used.npos) {
      return letter;
    }
  }
  fail("an Einsum that uses all letters cannot be differentiated");
}

/// The gradient of one operand while it is made: an Einsum of dY, the other operands, and a unit
/// matrix for each letter that the operand's term repeats.
class OperandGradient {
 public:
  OperandGradient(GradientBuilder& g, const Node& node, const Equation& equation, std::size_t index)
      : g_(g), node_(node), index_(index), own_(equation.inputs[index]) {
    used_ = equation.output;
    for (const std::string& term : equation.inputs) used_ += term;
    for (std::size_t i = 0; i < equation.inputs.size(); ++i) {
      if (i != index) add_operand(equation.inputs[i], node.input(i));
    }
  }

  void add_operand(const std::string& term, Value* value) {
    terms_ += "," + term;
    operands_.push_back(value);
  }

  Value* make(const std::string& output, Value* dY) {
    part_repeated_letters();
    terms_.insert(0, output);
    operands_.insert(operands_.begin(), dY);
    const bool reads_ellipsis = has_ellipsis(terms_);
    std::string target;
    std::vector<std::int64_t> missing;
    const std::int64_t rank = own_rank();
    for (std::size_t i = 0; i < own_.size(); ++i) {
      if (own_[i] == '.') {
        if (!reads_ellipsis) refuse("it sums over the axes of an ellipsis");
        target += kEllipsis;
        i += kEllipsis.size() - 1;
      } else if (terms_.find(own_[i]) == std::string::npos) {
        missing.push_back(axis_of(i, rank));
      } else {
        target += own_[i];
      }
    }
    Value* dX = g_.add("Einsum", operands_, {{"equation", terms_ + "->" + target}});
    if (!missing.empty()) {
      dX = g_.expand_like(*g_.add("Unsqueeze", {dX, g_.add_ints(missing)}), *node_.input(index_));
    }
    return dX;
  }

 private:
  [[noreturn]] void refuse(std::string_view why) const {
    fail("{} cannot be differentiated: {}", node_.describe(), why);
  }

  std::int64_t own_rank() const {
    return has_ellipsis(own_) ? known_rank(node_, index_) : static_cast<std::int64_t>(own_.size());
  }

  /// The axis of letter `position` of the operand's term; negative behind an ellipsis.
  std::int64_t axis_of(std::size_t position, std::int64_t rank) const {
    const std::size_t dots = own_.find(kEllipsis);
    if (dots == std::string::npos || position < dots) return static_cast<std::int64_t>(position);
    return rank - static_cast<std::int64_t>(own_.size() - position);
  }

  // ii -> ij and a unit matrix ij: only the diagonal has a gradient.
  void part_repeated_letters() {
    const std::int64_t rank = own_rank();
    for (std::size_t i = 0; i < own_.size(); ++i) {
      if (own_[i] == '.' || own_.find(own_[i]) == i) continue;
      const char letter = fresh_letter(used_);
      used_ += letter;
      add_operand({own_[i], letter}, unit_matrix(axis_of(i, rank)));
      own_[i] = letter;
    }
  }

  // As large as an axis of the operand.
  Value* unit_matrix(std::int64_t axis) {
    Value* extent =
        g_.add("Gather", {g_.shape_of(*node_.input(index_)), g_.add_ints({axis, axis})});
    const Tensor zero = Tensor::of<double>({1}, {0}).converted(node_.input(index_)->type().dtype);
    return g_.add("EyeLike", {g_.add("ConstantOfShape", {extent}, {{"value", zero}})});
  }

  GradientBuilder& g_;
  const Node& node_;
  std::size_t index_;
  std::string own_;
  std::string used_;
  std::string terms_;
  std::vector<Value*> operands_;
};

/// Axes of an ellipsis in front of which a letter stands must be the same for all operands: those
/// that are missing could not be told from the letter's axis.
void check_ellipses(const Node& node, const Equation& equation) {
  std::int64_t widest = 0;
  std::int64_t narrowest = INT64_MAX;
  bool has_letter_in_front = false;
  for (std::size_t i = 0; i < equation.inputs.size(); ++i) {
    const std::string& term = equation.inputs[i];
    if (!has_ellipsis(term)) continue;
    const auto letters = static_cast<std::int64_t>(term.size() - kEllipsis.size());
    const std::int64_t axes = known_rank(node, i) - letters;
    widest = std::max(widest, axes);
    narrowest = std::min(narrowest, axes);
    has_letter_in_front = has_letter_in_front || term[0] != '.';
  }
  if (has_letter_in_front && narrowest < widest) {
    fail(
        "{} cannot be differentiated: its ellipsis stands for {} axes of one input and {} of "
        "another",
        node.describe(), narrowest, widest);
  }
}

// Forward:  Y = sum of A B .. over the letters that the output does not name
// Backward: dA = sum of dY B .. over the letters that A does not name; repeated along those that
//           only A names
Gradients einsum_rule(GradientBuilder& g, Node& node, const Gradients& dY) {
  const Equation equation = equation_of(node);
  check_ellipses(node, equation);
  Gradients dX(node.input_count());
  for (std::size_t i = 0; i < dX.size(); ++i) {
    if (g.wants(node, i)) {
      dX[i] = OperandGradient(g, node, equation, i).make(equation.output, dY[0]);
    }
  }
  return dX;
}

}  // namespace

std::vector<GradientEntry> einsum() { return {{.op = "Einsum", .rule = einsum_rule}}; }

}  // namespace gatefold::gradients
