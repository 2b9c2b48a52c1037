#include "ir/ops/attention.h"

#include <limits>

#include "passes/gradients/formula.h"
#include "passes/gradients/gradient_table.h"

namespace gatefold::gradients {
namespace {

using namespace attention_input;
enum ShownScores : std::int64_t { kProduct, kCapped, kMasked, kSoftmax };

constexpr double kHidden = -std::numeric_limits<double>::infinity();

Term transposed(const Term& x, const std::vector<std::int64_t>& perm) {
  return x.apply("Transpose", Attrs{{"perm", perm}});
}

/// Extent `axis` of a value as an int64 scalar.
Term extent(const Term& x, std::int64_t axis) {
  GraphBuilder& g = x.builder();
  Value* shape = g.add("Shape", {x});
  return {g, g.add("Gather", {shape, g.add_constant("axis", Tensor::scalar(axis))})};
}

/// 0, 1, .., extent - 1
Term numbers(const Term& extent) {
  GraphBuilder& g = extent.builder();
  return {g, g.add("Range", {extent.number(0), extent, extent.number(1)})};
}

/// Q, K or V as [N,heads,T,D], the past first along T.
Term heads(GradientBuilder& g, const Node& node, std::size_t index, std::string_view attribute,
           std::size_t past) {
  Term x = widened(g, node.input(index));
  if (known_rank(node, index) == 3) {
    const Term apart = x.apply("Reshape", g.add_ints({0, 0, node.attr_int(attribute), -1}));
    x = transposed(apart, {0, 2, 1, 3});
  }
  if (past == 0 || node.input(past) == nullptr) return x;
  return {g, g.add("Concat", {widened(g, node.input(past)), x}, {{"axis", std::int64_t{2}}})};
}

/// Each head of K or V as often as heads of Q share it.
Term shared(const Term& x, const Term& q) {
  GraphBuilder& g = x.builder();
  const Dim& heads = (*x.value()->type().shape)[1];
  const Dim& wanted = (*q.value()->type().shape)[1];
  if (heads.same_as(wanted)) return x;
  const Term wanted_count = extent(q, 1);
  const Term sources = numbers(wanted_count) / (wanted_count / extent(x, 1));
  return {g, g.add("Gather", {x, sources}, {{"axis", std::int64_t{1}}})};
}

/// The keys that a query must not see for its place, true there; broadcasts against the scores.
Value* hidden_keys(GradientBuilder& g, const Node& node, const Term& q, const Term& key) {
  Value* valid = node.input(kValidLengths);
  const Term column = numbers(extent(key, 2));
  std::vector<Term> hidden;
  Term lengths = column.number(0);
  if (valid != nullptr) {
    lengths = Term(g, valid).apply("Unsqueeze", g.add_ints({1, 2, 3}));
    hidden.push_back(column.apply("GreaterOrEqual", lengths));
  }
  if (node.attr_int("is_causal") != 0) {
    const Term queries = extent(q, 2);
    Term offset = column.number(0);
    if (node.input(kPastKey) != nullptr) {
      offset = extent(Term(g, node.input(kPastKey)), 2);
    } else if (valid != nullptr) {
      offset = lengths - queries;
    }
    const Term row = numbers(queries).apply("Unsqueeze", g.add_ints({1}));
    hidden.push_back(column.apply("Greater", row + offset));
  }
  if (hidden.empty()) return nullptr;
  return hidden.size() == 1 ? hidden[0].value() : hidden[0].apply("Or", hidden[1].value()).value();
}

/// The mask as what is added to the scores; keys that it is too short for are hidden.
Term score_bias(GradientBuilder& g, const Node& node, const Term& scores) {
  Term mask(g, node.input(kMask));
  if (mask.value()->type().dtype == DataType::kBool) {
    mask = where(mask, scores.number(0), scores.number(kHidden));
  } else {
    mask = mask.apply("CastLike", scores.value());
  }
  const std::int64_t rank = known_rank(node, kMask);
  const Dim& given = node.input(kMask)->type().shape->back();
  const Dim& wanted = scores.value()->type().shape->back();
  if (given.is(1) || given.same_as(wanted)) return mask;
  const Term length = extent(mask, -1);
  Term missing = extent(scores, -1) - length;
  if (!given.is_known()) {
    missing = where(length.apply("Equal", length.number(1)), length.number(0), missing);
  }
  Value* pads = g.add("Concat",
                      {g.add_ints(std::vector<std::int64_t>(2 * rank - 1)),
                       missing.apply("Unsqueeze", g.add_ints({0}))},
                      {{"axis", std::int64_t{0}}});
  return {g, g.add("Pad", {mask, pads, scores.number(kHidden)})};
}

// Y = softmax(cap tanh(Q K^T scale / cap) + mask) V
std::vector<Value*> attention(GradientBuilder& g, const Node& node) {
  const Term q = heads(g, node, kQ, "q_num_heads", 0);
  const Term key = heads(g, node, kK, "kv_num_heads", kPastKey);
  const Term value = heads(g, node, kV, "kv_num_heads", kPastValue);

  const Term scale =
      node.has_attr("scale")
          ? q.number(node.attr_float("scale"))
          : extent(q, 3).apply("CastLike", q.value()).apply("Sqrt").apply("Reciprocal");
  const Term product = q.apply("MatMul", transposed(shared(key, q), {0, 1, 3, 2}).value()) * scale;
  const double cap = node.attr_float("softcap");
  const Term capped = cap > 0 ? cap * (product / cap).apply("Tanh") : product;
  Term masked = capped;
  if (node.input(kMask) != nullptr) masked = masked + score_bias(g, node, masked);
  if (Value* hidden = hidden_keys(g, node, q, key)) {
    masked = where(Term(g, hidden), masked.number(kHidden), masked);
  }
  const Term weights = masked.apply("Softmax", Attrs{{"axis", std::int64_t{-1}}});
  Term y = weights.apply("MatMul", shared(value, q).apply("CastLike", weights.value()).value());
  if (known_rank(node, kQ) == 3) {
    y = transposed(y, {0, 2, 1, 3}).apply("Reshape", g.add_ints({0, 0, -1}));
  }
  const Term steps[] = {product, capped, masked, weights};
  return {y.apply("CastLike", node.input(kQ)), key.apply("CastLike", node.input(kK)),
          value.apply("CastLike", node.input(kV)),
          steps[node.attr_int("qk_matmul_output_mode")].apply("CastLike", node.input(kQ))};
}

// Attention's kernel does not keep the scores.
std::vector<Value*> attention_with_scores(GradientBuilder& g, const Node& node) {
  return node.output(3) == nullptr ? std::vector<Value*>() : attention(g, node);
}

bool has_gradient_operator(const GradientBuilder& g, const Node& node) {
  const bool has_past = node.input(kPastKey) != nullptr || node.input(kPastValue) != nullptr;
  const bool has_more_outputs =
      node.output(1) != nullptr || node.output(2) != nullptr || node.output(3) != nullptr;
  return !has_past && !has_more_outputs && node.attr_float("softcap") == 0 && !g.wants(node, kMask);
}

Gradients attention_rule(GradientBuilder& g, Node& node, const Gradients& dY) {
  if (!has_gradient_operator(g, node)) return differentiate_formula(g, node, dY, attention);
  std::vector<Value*> inputs = node.inputs();
  inputs.resize(attention_gradient_input::kY);
  inputs.push_back(node.output());
  inputs.push_back(dY[0]);
  Attrs attrs = node.attrs();
  for (const char* name : {"qk_matmul_output_mode", "softmax_precision"}) attrs.erase(name);
  Node* backward = g.add_node("AttentionGrad", inputs, 3, attrs, kGatefoldDomain);
  Gradients dX(3);
  for (const std::size_t input : {kQ, kK, kV}) {
    if (g.wants(node, input)) {
      dX[input] = backward->output(input);
    } else {
      backward->drop_output(input);
    }
  }
  return dX;
}

/// Elements first, first + step, .. of the last axis, before `last`; the bounds are lists of one.
Term slice(const Term& x, Value* first, Value* last, std::int64_t step = 1) {
  GraphBuilder& g = x.builder();
  return {g, g.add("Slice", {x, first, last, g.add_ints({-1}), g.add_ints({step})})};
}

/// The angles of every token, with an axis for the heads.
Term angles(GradientBuilder& g, const Node& node, std::size_t cache) {
  Term table(g, node.input(cache));
  if (node.input(3) != nullptr) table = Term(g, g.add("Gather", {table, node.input(3)}));
  return table.apply("Unsqueeze", g.add_ints({known_rank(node, 0) == 3 ? 2 : 1}));
}

// (a, b) -> (cos a - sin b, sin a + cos b)
std::vector<Value*> rotary_embedding(GradientBuilder& g, const Node& node) {
  constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
  const bool is_flat = known_rank(node, 0) == 3;
  const Term half(g, g.add("Shape", {node.input(1)}, {{"start", std::int64_t{-1}}}));
  const Term both = half * 2;
  Value* zero = g.add_ints({0});
  const bool interleaved = node.attr_int("interleaved") != 0;
  Term x(g, node.input(0));
  if (is_flat) x = x.apply("Reshape", g.add_ints({0, 0, node.attr_int("num_heads"), -1}));
  const Term a = interleaved ? slice(x, zero, both, 2) : slice(x, zero, half);
  const Term b = interleaved ? slice(x, g.add_ints({1}), both, 2) : slice(x, half, both);
  const Term cosine = angles(g, node, 1);
  const Term sine = angles(g, node, 2);
  const Term first = cosine * a - sine * b;
  const Term second = sine * a + cosine * b;
  const Attrs along_last{{"axis", std::int64_t{-1}}};
  Value* rest = slice(x, both, g.add_ints({kEnd}));
  Value* y = nullptr;
  if (interleaved) {
    Value* last = g.add_ints({-1});
    const Term pairs(
        g, g.add("Concat", {first.apply("Unsqueeze", last), second.apply("Unsqueeze", last)},
                 along_last));
    y = g.add("Concat", {pairs.apply("Reshape", g.add_ints({0, 0, 0, -1})), rest}, along_last);
  } else {
    y = g.add("Concat", {first, second, rest}, along_last);
  }
  return {is_flat ? g.reshape_like(*y, *node.input(0)) : y};
}

}  // namespace

std::vector<GradientEntry> attention() {
  return {{.op = "Attention", .rule = attention_rule, .formula = attention_with_scores},
          computed_by_formula<rotary_embedding>("RotaryEmbedding")};
}

}  // namespace gatefold::gradients
