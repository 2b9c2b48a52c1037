#include <numeric>

#include "ir/infer.h"
#include "ir/ops/attention.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

using namespace attention_input;

void infer(InferContext& context) {
  for (const std::size_t input : {kQ, kK, kV}) context.set_output(input, context.input(input));
}

/// target += factor * source
void add_row(std::int64_t count, double factor, const double* source, double* target) {
  for (std::int64_t i = 0; i < count; ++i) target[i] += factor * source[i];
}

double dot(std::int64_t count, const double* a, const double* b) {
  return std::inner_product(a, a + count, b, 0.0);
}

/// The gradients of Q, K and V, query by query.
class AttentionGradient {
 public:
  explicit AttentionGradient(const EvaluateContext& context)
      : rows_(context),
        y_(context.input(attention_gradient_input::kY).converted(DataType::kFloat64)),
        dY_(context.input(attention_gradient_input::kDy).converted(DataType::kFloat64)),
        gradients_{zeros_like(rows_.q()), zeros_like(rows_.key()), zeros_like(rows_.value())},
        weights_(static_cast<std::size_t>(rows_.keys())) {}

  void run() {
    if (weights_.empty()) return;
    rows_.for_each_query([&](const AttentionQuery& query) { add(query); });
  }
  /// Of input Q, K or V, with heads.
  const Tensor& of(std::size_t input) const { return gradients_[input]; }

 private:
  static Tensor zeros_like(const Tensor& tensor) { return {DataType::kFloat64, tensor.dims()}; }

  void add(const AttentionQuery& query) {
    rows_.weigh(query, weights_.data());
    const std::int64_t size = rows_.q().dims()[3];
    const std::int64_t value_size = rows_.value().dims()[3];
    const std::int64_t y_row = rows_.y_row(query, y_.rank()) * value_size;
    const double* d = dY_.data<double>() + y_row;
    const double mean = dot(value_size, d, y_.data<double>() + y_row);
    const std::int64_t q_row = rows_.query_row(query) * size;
    for (std::int64_t k = 0; k < rows_.keys(); ++k) {
      const std::int64_t row = rows_.key_row(query) + k;
      const double weight = weights_[static_cast<std::size_t>(k)];
      const double* value = rows_.value().data<double>() + row * value_size;
      const double slope = rows_.scale() * weight * (dot(value_size, d, value) - mean);
      add_row(value_size, weight, d, place(kV, row * value_size));
      add_row(size, slope, rows_.key().data<double>() + row * size, place(kQ, q_row));
      add_row(size, slope, rows_.q().data<double>() + q_row, place(kK, row * size));
    }
  }

  double* place(std::size_t input, std::int64_t offset) {
    return gradients_[input].data<double>() + offset;
  }

  AttentionRows rows_;
  Tensor y_, dY_;
  std::array<Tensor, 3> gradients_;
  std::vector<double> weights_;
};

void evaluate(EvaluateContext& context) {
  AttentionGradient gradient(context);
  gradient.run();
  for (const std::size_t input : {kQ, kK, kV}) {
    context.set_output(input, in_form_of_input(context, input, gradient.of(input)));
  }
}

}  // namespace

std::vector<OpDef> attention_gradient() {
  constexpr auto kOptional = Port::Arity::kOptional;
  using Kind = AttrDef::Kind;
  std::vector<Port> inputs = attention_inputs();
  inputs.insert(inputs.end(), {{"Y", "T1", kFloatTypes}, {"dY", "T1", kFloatTypes}});
  return {{
      .domain = kGatefoldDomain,
      .name = "AttentionGrad",
      .doc =
          "The backward step of an Attention without past, softcap and shown scores.\n"
          "Shapes: those of Attention; Y and dY as its Y -> dQ, dK, dV as Q, K, V\n"
          "Formula: with P the weights, softmax(Q K^T * scale + mask), and D the sums of the rows "
          "of dY * Y\n"
          "  dS = P * (dY V^T - D), dQ = scale dS K, dK = scale dS^T Q, dV = P^T dY; gradients of\n"
          "  heads that share one of K and V add up\n"
          "Source: Dao et al., FlashAttention: Fast and Memory-Efficient Exact Attention, 2022",
      .inputs = inputs,
      .outputs = {{"dQ", "T1", kFloatTypes, kOptional},
                  {"dK", "T1", kFloatTypes, kOptional},
                  {"dV", "T2", kFloatTypes, kOptional}},
      .attrs = {{"is_causal", Kind::kInt, 0},
                {"kv_num_heads", Kind::kInt},
                {"q_num_heads", Kind::kInt},
                {"scale", Kind::kFloat},
                {"softcap", Kind::kFloat, 0.0F}},
      .infer = infer,
      .evaluate = evaluate,
  }};
}

}  // namespace gatefold::ops
