#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <string>
#include <type_traits>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/index.h"
#include "ir/infer.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

/// One axis of an operand: a letter, or for the axes of an ellipsis kEllipsis + its distance from
/// the ellipsis' end, so that operands line up at the end as in broadcasting.
using Label = int;
constexpr Label kEllipsis = 256;

struct Equation {
  std::vector<std::vector<Label>> inputs;
  std::vector<Label> output;
};

/// A term as written: letters around at most one ellipsis.
struct Term {
  std::string before, after;
  bool has_ellipsis = false;

  std::int64_t letters() const { return static_cast<std::int64_t>(before.size() + after.size()); }
  std::vector<Label> labels(std::int64_t ellipsis_rank) const {
    std::vector<Label> result(before.begin(), before.end());
    for (std::int64_t i = ellipsis_rank; has_ellipsis && i-- > 0;) {
      result.push_back(kEllipsis + static_cast<Label>(i));
    }
    result.insert(result.end(), after.begin(), after.end());
    return result;
  }
};

template <typename Context>
Term parse_term(const Context& context, std::string_view text) {
  Term term;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ' ') continue;
    if (text.substr(i, 3) == "..." && !term.has_ellipsis) {
      term.has_ellipsis = true;
      i += 2;
    } else if (std::isalpha(static_cast<unsigned char>(text[i])) != 0) {
      (term.has_ellipsis ? term.after : term.before) += text[i];
    } else {
      context.fail("equation term '{}' must be letters and at most one ellipsis", text);
    }
  }
  return term;
}

template <typename Context>
std::vector<Term> parse_terms(const Context& context, std::string_view text) {
  std::vector<Term> terms;
  for (;;) {
    const std::size_t comma = text.find(',');
    terms.push_back(parse_term(context, text.substr(0, comma)));
    if (comma == std::string_view::npos) return terms;
    text.remove_prefix(comma + 1);
  }
}

/// Without "->": the ellipsis, then the letters that occur once, in alphabetical order.
Term implicit_output(const std::vector<Term>& inputs) {
  std::map<char, int> counts;
  Term output;
  for (const Term& term : inputs) {
    output.has_ellipsis |= term.has_ellipsis;
    for (const char letter : term.before + term.after) ++counts[letter];
  }
  for (const auto& [letter, count] : counts) {
    if (count == 1) output.after += letter;
  }
  return output;
}

template <typename Context>
void check_output(const Context& context, const Equation& equation) {
  for (auto label = equation.output.begin(); label != equation.output.end(); ++label) {
    const bool is_read = std::any_of(
        equation.inputs.begin(), equation.inputs.end(), [&](const std::vector<Label>& labels) {
          return std::find(labels.begin(), labels.end(), *label) != labels.end();
        });
    if (!is_read || std::find(label + 1, equation.output.end(), *label) != equation.output.end()) {
      context.fail("each index of the output must occur there once and in an input; equation '{}'",
                   context.node().attr_string("equation"));
    }
  }
}

/// Reads the attribute `equation` for operands of the given ranks.
template <typename Context>
Equation parse(const Context& context, const std::vector<std::int64_t>& ranks) {
  const std::string_view text = context.node().attr_string("equation");
  const std::size_t arrow = text.find("->");
  const std::vector<Term> terms = parse_terms(context, text.substr(0, arrow));
  if (terms.size() != ranks.size()) {
    context.fail("equation '{}' has {} operands but the node has {}", text, terms.size(),
                 ranks.size());
  }
  Equation equation;
  std::int64_t ellipsis_rank = 0;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const std::int64_t rest = ranks[i] - terms[i].letters();
    if (rest < 0 || (rest > 0 && !terms[i].has_ellipsis)) {
      context.fail("operand {} has {} dimensions, which does not fit its term in '{}'", i, ranks[i],
                   text);
    }
    ellipsis_rank = std::max(ellipsis_rank, rest);
    equation.inputs.push_back(terms[i].labels(rest));
  }
  const Term output = arrow == std::string_view::npos ? implicit_output(terms)
                                                      : parse_term(context, text.substr(arrow + 2));
  equation.output = output.labels(ellipsis_rank);
  check_output(context, equation);
  return equation;
}

/// The extent of each label; an extent of 1 is repeated to match another operand.
template <typename Context>
std::map<Label, Dim> extents_of(const Context& context, const Equation& equation,
                                const std::vector<Shape>& shapes) {
  std::map<Label, Dim> extents;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    for (std::size_t axis = 0; axis < shapes[i].size(); ++axis) {
      const Dim& dim = shapes[i][axis];
      const auto [found, is_new] = extents.emplace(equation.inputs[i][axis], dim);
      Dim& known = found->second;
      if (is_new || dim.is(1) || dim.same_as(known)) continue;
      if (known.is_known() && dim.is_known() && !known.is(1)) {
        context.fail("operand {} of shape {} has extent {} on axis {} but another has {}", i,
                     to_string(shapes[i]), dim.size(), axis, known.size());
      }
      if (!known.is_known() && !dim.is_known()) known = Dim();
      if (known.is(1) || dim.is_known()) known = dim;
    }
  }
  return extents;
}

void infer(InferContext& context) {
  std::vector<std::int64_t> ranks;
  std::vector<Shape> shapes;
  for (std::size_t i = 0; i < context.input_count(); ++i) {
    if (!context.has_input(i)) context.fail("operand {} is missing", i);
    if (!context.has_rank(i)) return context.set_output(0, {context.dtype(0), std::nullopt});
    ranks.push_back(context.rank(i));
    shapes.push_back(context.shape(i));
  }
  const Equation equation = parse(context, ranks);
  const auto extents = extents_of(context, equation, shapes);
  Shape shape;
  for (const Label label : equation.output) shape.push_back(extents.at(label));
  context.set_output(0, {context.dtype(0), shape});
}

/// Walks all operands along all labels: those of the output first, then those summed over.
struct Walk {
  Dims output;
  Dims summed;
  std::vector<Dims> strides;  ///< Of each operand, along `output` and then `summed`.
};

Walk plan(const Equation& equation, const std::map<Label, Dim>& extents,
          const std::vector<Shape>& shapes) {
  Walk walk;
  std::vector<Label> order = equation.output;
  for (const Label label : equation.output) walk.output.push_back(extents.at(label).size());
  for (const auto& [label, extent] : extents) {
    if (std::find(order.begin(), order.end(), label) != order.end()) continue;
    order.push_back(label);
    walk.summed.push_back(extent.size());
  }
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const Dims own = strides_of(Type(DataType::kFloat32, shapes[i]).dims());
    Dims strides(order.size(), 0);
    for (std::size_t axis = 0; axis < own.size(); ++axis) {
      if (shapes[i][axis].is(1)) continue;
      const auto position =
          std::find(order.begin(), order.end(), equation.inputs[i][axis]) - order.begin();
      strides[position] += own[axis];  // A repeated index walks a diagonal.
    }
    walk.strides.push_back(std::move(strides));
  }
  return walk;
}

/// Sums the products of the operands' elements over the labels from `axis` on.
template <typename Wide, typename T>
Wide contract(const Walk& walk, std::size_t axis, std::vector<const T*>& operands) {
  if (axis == walk.output.size() + walk.summed.size()) {
    Wide product = 1;
    for (const T* operand : operands) product *= static_cast<Wide>(*operand);
    return product;
  }
  const std::int64_t extent = walk.summed[axis - walk.output.size()];
  Wide sum = 0;
  for (std::int64_t i = 0; i < extent; ++i) {
    sum += contract<Wide>(walk, axis + 1, operands);
    for (std::size_t k = 0; k < operands.size(); ++k) operands[k] += walk.strides[k][axis];
  }
  for (std::size_t k = 0; k < operands.size(); ++k) operands[k] -= extent * walk.strides[k][axis];
  return sum;
}

/// Writes the output along the labels from `axis` on.
template <typename Wide, typename T>
void fill(const Walk& walk, std::size_t axis, std::vector<const T*>& operands, T*& target) {
  if (axis == walk.output.size()) {
    *target++ = static_cast<T>(contract<Wide>(walk, axis, operands));
    return;
  }
  for (std::int64_t i = 0; i < walk.output[axis]; ++i) {
    fill<Wide>(walk, axis + 1, operands, target);
    for (std::size_t k = 0; k < operands.size(); ++k) operands[k] += walk.strides[k][axis];
  }
  for (std::size_t k = 0; k < operands.size(); ++k) {
    operands[k] -= walk.output[axis] * walk.strides[k][axis];
  }
}

void evaluate(EvaluateContext& context) {
  std::vector<std::int64_t> ranks;
  std::vector<Shape> shapes;
  for (std::size_t i = 0; i < context.input_count(); ++i) {
    const Dims& dims = context.input(i).dims();
    ranks.push_back(context.input(i).rank());
    shapes.emplace_back(dims.begin(), dims.end());
  }
  const Equation equation = parse(context, ranks);
  const Walk walk = plan(equation, extents_of(context, equation, shapes), shapes);
  const DataType dtype = context.input(0).dtype();
  Tensor& output = context.output(0, dtype, walk.output);
  dispatch_numeric(dtype, [&]<typename T>() {
    using Wide = std::conditional_t<std::is_floating_point_v<T>, double, std::uint64_t>;
    std::vector<const T*> operands;
    for (std::size_t i = 0; i < shapes.size(); ++i) operands.push_back(context.input(i).data<T>());
    T* target = output.data<T>();
    fill<Wide>(walk, 0, operands, target);
  });
}

}  // namespace

std::vector<OpDef> einsum() {
  return {{
      .name = "Einsum",
      .doc =
          "Sum of products after Einstein: `equation` names the axes of each input with letters; "
          "axes that the output does not name are summed over, a letter twice in one input takes "
          "the diagonal, an ellipsis stands for axes that broadcast. Without -> the output is the "
          "ellipsis and the letters that occur once, sorted.\n"
          "Formula: \"ij,jk->ik\": Output[i, k] = sum_j Inputs0[i, j] Inputs1[j, k]\n"
          "Source: ONNX Einsum-12",
      .since = 12,
      .inputs = {{"Inputs", "T", kNumericTypes, Port::Arity::kVariadic}},
      .outputs = {{"Output", "T", kNumericTypes}},
      .attrs = {{.name = "equation", .kind = AttrDef::Kind::kString, .is_required = true}},
      .infer = infer,
      .evaluate = evaluate,
  }};
}

}  // namespace gatefold::ops
