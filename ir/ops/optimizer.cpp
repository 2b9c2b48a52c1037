#include <algorithm>
#include <cmath>
#include <utility>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

// Optimizers update n tensors at once. Their inputs are the learning rate R, the update count T,
// the tensors X_1 .. X_n, the gradients G_1 .. G_n, and for each thing that is accumulated n
// tensors more; their outputs are the new X and what is accumulated.
enum Input : std::size_t { kRate, kCount, kFirstTensor };

constexpr DataTypeSet kTypes{DataType::kFloat32, DataType::kFloat64};

/// How many tensors are updated, where each of them comes with `group - 1` others.
std::int64_t tensor_count(const InferContext& context, std::size_t group) {
  for (std::size_t i = kFirstTensor; i < context.input_count(); ++i) {
    if (!context.has_input(i)) context.fail("input {} is missing", i);
  }
  const std::size_t tensors = context.input_count() - kFirstTensor;
  if (tensors % group != 0) {
    context.fail("it has {} tensors behind R and T; their number must be a multiple of {}", tensors,
                 group);
  }
  const std::size_t count = tensors / group;
  if (context.node().output_count() > count * (group - 1)) {
    context.fail("it has {} outputs but updates only {} tensors", context.node().output_count(),
                 count * (group - 1));
  }
  return static_cast<std::int64_t>(count);
}

void check_scalar(const InferContext& context, Input index) {
  if (!context.has_rank(index)) return;
  for (const Dim& dim : context.shape(index)) {
    if (dim.is_known() && !dim.is(1)) {
      context.fail("{} is {} but must be one number", context.name_of_input(index),
                   to_string(context.input(index)));
    }
  }
}

/// The type of a tensor that is updated, which is that of everything that comes with it.
Type common_type(const InferContext& context, std::size_t first, std::size_t count) {
  Type type = context.input(first);
  for (std::size_t i = first + count; i < context.input_count(); i += count) {
    const Type& other = context.input(i);
    if (other.dtype != type.dtype) {
      context.fail("input {} is {} but belongs to input {}, which is {}", i, to_string(other),
                   first, to_string(type));
    }
    if (!other.has_rank()) continue;
    if (!type.has_rank()) type.shape = other.shape;
    context.expect_rank(i, type.rank());
    for (std::size_t axis = 0; axis < type.shape->size(); ++axis) {
      Dim& dim = (*type.shape)[axis];
      dim = merge(context, dim, (*other.shape)[axis], "extents of a tensor and its gradient");
    }
  }
  return type;
}

template <std::size_t kGroup>
void infer(InferContext& context) {
  const auto count = static_cast<std::size_t>(tensor_count(context, kGroup));
  check_scalar(context, kRate);
  check_scalar(context, kCount);
  for (std::size_t i = 0; i < count; ++i) {
    const Type type = common_type(context, kFirstTensor + i, count);
    for (std::size_t k = 0; k + 1 < kGroup; ++k) context.set_output(k * count + i, type);
  }
}

/// Attributes and step numbers in the element type of the tensors.
template <typename T>
struct Numbers {
  explicit Numbers(const EvaluateContext& context)
      : node(context.node()),
        rate(static_cast<T>(context.input(kRate).number_at(0))),
        count(static_cast<T>(context.input(kCount).number_at(0))) {}

  T attr(std::string_view name) const { return static_cast<T>(node.attr_float(name)); }

  const Node& node;
  T rate;
  T count;
};

/// Updates one element x with gradient g.
template <typename T>
struct Momentum {
  explicit Momentum(const Numbers<T>& numbers)
      : rate(numbers.rate),
        alpha(numbers.attr("alpha")),
        beta(numbers.count > 0 ? numbers.attr("beta") : T{1}),
        norm(numbers.attr("norm_coefficient")),
        is_nesterov(numbers.node.attr_string("mode") == "nesterov") {}

  void operator()(T& x, T g, T& v) const {
    const T gradient = norm * x + g;
    v = alpha * v + beta * gradient;
    x -= rate * (is_nesterov ? gradient + alpha * v : v);
  }

  T rate;
  T alpha;
  T beta;
  T norm;
  bool is_nesterov;
};

template <typename T>
struct Adagrad {
  explicit Adagrad(const Numbers<T>& numbers)
      : rate(numbers.rate / (1 + numbers.count * numbers.attr("decay_factor"))),
        epsilon(numbers.attr("epsilon")),
        norm(numbers.attr("norm_coefficient")) {}

  void operator()(T& x, T g, T& h) const {
    const T gradient = norm * x + g;
    h += gradient * gradient;
    x -= rate * gradient / (std::sqrt(h) + epsilon);
  }

  T rate;
  T epsilon;
  T norm;
};

template <typename T>
struct Adam {
  explicit Adam(const Numbers<T>& numbers)
      : rate(numbers.rate),
        alpha(numbers.attr("alpha")),
        beta(numbers.attr("beta")),
        epsilon(numbers.attr("epsilon")),
        norm(numbers.attr("norm_coefficient")),
        norm_post(numbers.attr("norm_coefficient_post")) {
    if (numbers.count > 0) {
      rate *= std::sqrt(1 - std::pow(beta, numbers.count)) / (1 - std::pow(alpha, numbers.count));
    }
  }

  void operator()(T& x, T g, T& v, T& h) const {
    const T gradient = norm * x + g;
    v = alpha * v + (1 - alpha) * gradient;
    h = beta * h + (1 - beta) * gradient * gradient;
    x = (1 - norm_post) * (x - rate * v / (std::sqrt(h) + epsilon));
  }

  T rate;
  T alpha;
  T beta;
  T epsilon;
  T norm;
  T norm_post;
};

/// A copy of input `input`, to be updated in place; in output `output` where that is wanted.
template <typename T>
Tensor start_output(EvaluateContext& context, std::size_t input, std::size_t output) {
  const Tensor& from = context.input(input);
  if (!context.has_output(output)) return from.clone();
  Tensor to = context.output(output, from.dtype(), from.dims());
  std::copy_n(from.data<T>(), from.size(), to.data<T>());
  return to;
}

/// Applies `update` to every element of a tensor, its gradient and what is accumulated for it.
template <typename T, typename Update, typename... State>
void update_all(const Update& update, Tensor x, const Tensor& gradient, State... state) {
  const T* g = gradient.data<T>();
  const auto run = [&](T* to, auto*... states) {
    for (std::int64_t i = 0; i < gradient.size(); ++i) update(to[i], g[i], states[i]...);
  };
  run(x.data<T>(), state.template data<T>()...);
}

template <template <typename> typename Update, std::size_t... kStates>
void evaluate_with(EvaluateContext& context, std::index_sequence<kStates...> /*states*/) {
  const std::size_t count = (context.input_count() - kFirstTensor) / (sizeof...(kStates) + 2);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t first = kFirstTensor + i;
    dispatch_float(context.input(first).dtype(), [&]<typename T>() {
      update_all<T>(
          Update<T>(Numbers<T>(context)), start_output<T>(context, first, i),
          context.input(first + count),
          start_output<T>(context, first + (kStates + 2) * count, (kStates + 1) * count + i)...);
    });
  }
}

/// kStates is how many tensors are accumulated for each one that is updated.
template <template <typename> typename Update, std::size_t kStates>
void evaluate(EvaluateContext& context) {
  evaluate_with<Update>(context, std::make_index_sequence<kStates>());
}

void infer_momentum(InferContext& context) {
  const std::string& mode = context.node().attr_string("mode");
  if (mode != "standard" && mode != "nesterov") {
    context.fail("attribute 'mode' is '{}' but must be 'standard' or 'nesterov'", mode);
  }
  infer<3>(context);
}

OpDef optimizer(std::string_view name, std::string_view doc, std::vector<AttrDef> attrs,
                InferFn infer, EvaluateFn evaluate) {
  return {
      .domain = kTrainingDomain,
      .name = name,
      .doc = doc,
      .inputs = {{"R", {}, kTypes},
                 {"T", {}, kInt64Type},
                 {"inputs", {}, kTypes, Port::Arity::kVariadic}},
      .outputs = {{"outputs", {}, kTypes, Port::Arity::kVariadic}},
      .attrs = std::move(attrs),
      .infer = infer,
      .evaluate = evaluate,
  };
}

AttrDef number(std::string_view name, float otherwise) {
  return {name, AttrDef::Kind::kFloat, otherwise};
}
AttrDef required(std::string_view name, AttrDef::Kind kind) {
  return {.name = name, .kind = kind, .is_required = true};
}

}  // namespace

std::vector<OpDef> optimizer() {
  return {
      optimizer(
          "Adagrad",
          "One step of Adagrad for any number of tensors.\n"
          "Inputs: learning rate R, count of updates T, then all X, all gradients G, all H\n"
          "Outputs: all new X, all new H\n"
          "Formula: G' = norm_coefficient X + G; H += G'^2; "
          "X -= R / (1 + T decay_factor) G' / (sqrt(H) + epsilon)\n"
          "Source: ONNX ai.onnx.preview.training Adagrad-1",
          {number("decay_factor", 0), number("epsilon", 1e-6F), number("norm_coefficient", 0)},
          infer<3>, evaluate<Adagrad, 1>),
      optimizer("Adam",
                "One step of Adam for any number of tensors.\n"
                "Inputs: learning rate R, count of updates T, then all X, all gradients G, all V, "
                "all H\n"
                "Outputs: all new X, all new V, all new H\n"
                "Formula: G' = norm_coefficient X + G; V = alpha V + (1 - alpha) G'; "
                "H = beta H + (1 - beta) G'^2;\n"
                "R' = R sqrt(1 - beta^T) / (1 - alpha^T) where T > 0, else R;\n"
                "X = (1 - norm_coefficient_post) (X - R' V / (sqrt(H) + epsilon))\n"
                "Source: ONNX ai.onnx.preview.training Adam-1",
                {number("alpha", 0.9F), number("beta", 0.999F), number("epsilon", 1e-6F),
                 number("norm_coefficient", 0), number("norm_coefficient_post", 0)},
                infer<4>, evaluate<Adam, 2>),
      optimizer("Momentum",
                "One step of gradient descent with momentum for any number of tensors.\n"
                "Inputs: learning rate R, count of updates T, then all X, all gradients G, all V\n"
                "Outputs: all new X, all new V\n"
                "Formula: G' = norm_coefficient X + G; V = alpha V + (T > 0 ? beta : 1) G'; "
                "X -= R V, in mode nesterov X -= R (G' + alpha V)\n"
                "Source: ONNX ai.onnx.preview.training Momentum-1",
                {required("alpha", AttrDef::Kind::kFloat), required("beta", AttrDef::Kind::kFloat),
                 required("mode", AttrDef::Kind::kString),
                 required("norm_coefficient", AttrDef::Kind::kFloat)},
                infer_momentum, evaluate<Momentum, 1>),
  };
}

}  // namespace gatefold::ops
