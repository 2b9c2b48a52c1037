#include <algorithm>
#include <cmath>

#include "ir/op_def.h"
#include "passes/passes.h"
#include "passes/rewriting/activation_form.h"
#include "passes/rewriting/element_part.h"
#include "passes/rewriting/spell_view.h"

namespace gatefold::passes {
namespace {

using Id = ElementFunction::Id;
using Answer = std::optional<ActivationForm>;

constexpr int kMostOperators = 24;
constexpr int kMostLevels = 7;

thread_local ElementMemo<Answer> memo;  // Of the pass that is running.

std::optional<double> number_of(const Value* value, const PassContext& context) {
  const Tensor* tensor = context.constant(value);
  return tensor != nullptr && tensor->size() == 1 ? std::optional(tensor->number_at(0))
                                                  : std::nullopt;
}

/// Reads values as expressions of one variable.
class VariableReader {
 public:
  VariableReader(const View& variable, const PassContext& context)
      : variable_(variable), context_(context) {}

  std::optional<Id> read(const View& view) {
    const View origin = origin_of(view);
    if (origin == variable_) return argument_;
    if (const auto number = number_of(origin.source, context_)) return function.add_number(*number);
    const Node* node = origin.source->producer();
    if (node == nullptr || !ElementFunction::allows(*node)) return std::nullopt;
    if (++operators_ > kMostOperators) return std::nullopt;
    std::vector<Id> operands;
    for (Value* input : node->inputs()) {
      const auto own = input == nullptr ? std::nullopt : broadcast(origin, *input);
      const auto operand = own ? read(*own) : std::nullopt;
      if (input != nullptr && !operand) return std::nullopt;
      operands.push_back(operand.value_or(ElementFunction::kNone));
    }
    return function.add_operator(*node, operands);
  }

  ElementFunction function;

 private:
  const View& variable_;
  const PassContext& context_;
  Id argument_ = function.add_argument(ElementFunction::ArgumentKind::kSum);
  int operators_ = 0;
};

// The activation of its argument that an expression equals.
Answer find_form(ElementFunction& function, Id result, bool training) {
  ElementValues values(function);
  const ElementForm form = forms_of(function, ElementFunction::kNone).back();
  if (form.is_sum || form.terms.size() != 1 || values.update()) return std::nullopt;
  const Answer found = find_activation(function, values, result, form, false);
  if (!found || found->clip) return std::nullopt;
  const Scalar formula = (*found)(Scalar(function, form.terms.begin()->first));
  const bool fits = !values.update() && !values.difference(result, formula.id(), training);
  return fits ? found : std::nullopt;
}

Answer form_of(const View& result, const View& variable, const PassContext& context) {
  VariableReader reader(variable, context);
  const auto id = reader.read(result);
  if (!id) return std::nullopt;
  const auto ask = [&](ElementFunction& part, const std::vector<Id>& roots) {
    return find_form(part, roots[0], context.training);
  };
  const Answer* answer = memo.find(reader.function, {*id}, ask);
  return answer == nullptr ? std::nullopt : *answer;
}

// What the first input that is no number holds of the result's elements.
std::optional<View> next_variable(const View& view, const PassContext& context) {
  const Node* node = view.source->producer();
  if (node == nullptr || !ElementFunction::allows(*node)) return std::nullopt;
  for (Value* input : node->inputs()) {
    const auto own =
        input == nullptr || number_of(input, context) ? std::nullopt : broadcast(view, *input);
    if (own) return origin_of(*own);
  }
  return std::nullopt;
}

std::optional<Replacement> build(const ActivationForm& form, const View& variable,
                                 Rewriter& rewriter) {
  Value* x = spell(rewriter, variable);
  if (x == nullptr) return std::nullopt;
  if (form.scale == -1) x = rewriter.add("Neg", {x});
  if (std::abs(form.scale) != 1) {
    const Tensor factor = Tensor::scalar(form.scale).converted(x->type().dtype);
    x = rewriter.add("Mul", {x, rewriter.add_constant("factor", factor)});
  }
  Attrs attrs;
  if (form.def->alpha) attrs["alpha"] = form.activation().alpha;
  if (form.def->beta) attrs["beta"] = form.activation().beta;
  return Replacement{rewriter.add(form.def->name, {x}, attrs)};
}

// True for activations that are a node, and less than what they take the place of.
bool is_better(const ActivationForm& form, std::string_view op) {
  using enum ActivationKind;
  const ActivationKind kind = form.def->kind;
  const bool divides = op == "Div" || op == "Reciprocal" || op == "Pow";
  if (kind == kSigmoid || kind == kTanh) return divides || form.scale > 0;
  const bool is_range = form.alpha == 1 && form.beta == 0;
  return form.scale == 1 && (kind == kSoftsign || (kind == kRelu && op == "Clip") ||
                             (kind == kHardSigmoid && !is_range));
}

// A function of one value that equals an activation of it -> the activation; of the value that it
// is taken of as it is, if there is one.
std::optional<Replacement> form(Node& node, Rewriter& rewriter) {
  const PassContext& context = rewriter.context();
  const auto is_number = [&](const Value* input) { return number_of(input, context).has_value(); };
  const bool divides = node.op().name == "Div" || node.op().name == "Reciprocal";
  if (!divides && std::none_of(node.inputs().begin(), node.inputs().end(), is_number)) return {};
  const Type& type = node.output()->type();
  if (!type.has_rank()) return std::nullopt;
  const View result = view_of(*node.output());
  Answer found;
  View variable;
  auto next = next_variable(result, context);
  for (int level = 0; level < kMostLevels && next; ++level) {
    if (next->source->type().dtype != type.dtype) break;
    const Answer answer = form_of(result, *next, context);
    const bool is_hard = answer && answer->def->kind == ActivationKind::kHardSigmoid;
    if (answer && (!found || answer->scale == 1 || is_hard)) {
      found = answer;
      variable = *next;
    }
    next = next_variable(*next, context);
  }
  return found && is_better(*found, node.op().name) ? build(*found, variable, rewriter)
                                                    : std::nullopt;
}

constexpr Rule kRules[] = {
    {"reciprocal", "Reciprocal", form}, {"power", "Pow", form},
    {"quotient", "Div", form},          {"sum", "Add", form},
    {"difference", "Sub", form},        {"product", "Mul", form},
    {"bounds", "Clip", form},           {"least", "Min", form},
    {"greatest", "Max", form},
};

}  // namespace

bool form_activations(Graph& graph, PassContext& context) {
  memo = {};
  return rewrite(graph, context, kRules);
}

}  // namespace gatefold::passes
