#include <limits>

#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/ops.h"
#include "ir/ops/sub_graph_types.h"

namespace gatefold::ops {
namespace {

constexpr std::size_t kFirstCarried = 2;

std::size_t carried_count(const Node& node) {
  return node.input_count() > kFirstCarried ? node.input_count() - kFirstCarried : 0;
}

void check_counts(const InferContext& context, const Graph& body, std::size_t carried) {
  if (body.inputs().size() != carried + 2) {
    context.fail("{} values are carried, so the body must have {} inputs, but it has {}", carried,
                 carried + 2, body.inputs().size());
  }
  if (body.outputs().size() < carried + 1 ||
      context.node().output_count() > body.outputs().size() - 1) {
    context.fail(
        "the body gives {} outputs but must give the condition, {} carried values and the "
        "node's scan outputs",
        body.outputs().size(), carried);
  }
}

void check_condition(const InferContext& context, const Type& type) {
  const bool is_bool = type.dtype == DataType::kBool || type.dtype == DataType::kUndefined;
  const bool may_be_one = !type.is_static() || element_count(type.dims()) == 1;
  if (type.is_tensor() && is_bool && may_be_one) return;
  context.fail("the body's first output, the condition, is {} but must be one bool",
               to_string(type));
}

void infer(InferContext& context) {
  Graph& body = context.node().attr_graph("body");
  const std::size_t carried = carried_count(context.node());
  check_counts(context, body, carried);
  std::vector<Type> arguments{{DataType::kInt64, Dims{}}, {DataType::kBool, Dims{}}};
  for (std::size_t i = 0; i < carried; ++i) {
    if (!context.has_input(kFirstCarried + i)) context.fail("carried value {} is missing", i);
    arguments.push_back(context.input(kFirstCarried + i));
  }
  // A carried extent that the body changes is unknown; each round makes at least one so.
  std::vector<Type> results;
  for (bool stable = false; !stable;) {
    results = context.infer_sub_graph(body, arguments);
    stable = true;
    for (std::size_t i = 0; i < carried; ++i) {
      Type& before = arguments[kFirstCarried + i];
      const Type common = common_type(context, before, results[i + 1], "a carried value's types");
      const bool same = to_string(common) == to_string(before);
      stable = stable && same;
      if (!same) before = common;
    }
  }
  check_condition(context, results[0]);
  for (std::size_t i = 0; i < carried; ++i) {
    // An optional start is over after the first iteration.
    const bool is_filled = results[i + 1].kind != Type::Kind::kOptional;
    context.set_output(i, is_filled && arguments[kFirstCarried + i].kind == Type::Kind::kOptional
                              ? results[i + 1]
                              : arguments[kFirstCarried + i]);
  }
  for (std::size_t i = carried; i + 1 < results.size(); ++i) {
    Type stacked_type = results[i + 1];
    if (!stacked_type.is_tensor()) context.fail("scan output {} must be a tensor", i - carried);
    if (stacked_type.has_rank()) stacked_type.shape->insert(stacked_type.shape->begin(), Dim());
    context.set_output(i, std::move(stacked_type));
  }
}

/// The only element of a trip count or condition.
template <typename T>
T number_of(const EvaluateContext& context, const Tensor& tensor, std::string_view what) {
  if (tensor.size() != 1) {
    context.fail("{} has {} elements but must have one", what, tensor.size());
  }
  return *tensor.data<T>();
}

void evaluate(EvaluateContext& context) {
  const Graph& body = context.node().attr_graph("body");
  const std::size_t carried = carried_count(context.node());
  const std::int64_t trips = context.has_input(0)
                                 ? number_of<std::int64_t>(context, context.input(0), "input M")
                                 : std::numeric_limits<std::int64_t>::max();
  bool condition =
      !context.has_input(1) || number_of<bool>(context, context.input(1), "input cond");
  std::vector<Datum> state;
  for (std::size_t i = 0; i < carried; ++i) state.push_back(context.datum(kFirstCarried + i));
  const std::size_t scans = body.outputs().size() - 1 - carried;
  std::vector<std::vector<Tensor>> slices(scans);

  for (std::int64_t trip = 0; trip < trips && condition; ++trip) {
    std::vector<Datum> arguments{Tensor::scalar<std::int64_t>(trip), Tensor::scalar<bool>(true)};
    for (Datum& datum : state) arguments.push_back(std::move(datum));
    std::vector<Datum> results = context.run_sub_graph(body, std::move(arguments));
    condition = number_of<bool>(context, std::get<Tensor>(results[0]), "the body's condition");
    for (std::size_t i = 0; i < carried; ++i) state[i] = std::move(results[i + 1]);
    for (std::size_t i = 0; i < scans; ++i) {
      slices[i].push_back(std::get<Tensor>(results[1 + carried + i]));
    }
  }
  for (std::size_t i = 0; i < carried; ++i) context.set_output(i, std::move(state[i]));
  for (std::size_t i = 0; i < scans; ++i) {
    Type empty = body.outputs()[1 + carried + i].value->type();
    empty.dtype = context.compute_type(empty.dtype);
    context.set_output(carried + i, stacked(slices[i], 0, false, empty));
  }
}

}  // namespace

std::vector<OpDef> loop() {
  return {{
      .name = "Loop",
      .doc = "Runs a sub-graph M times or until its condition output is false; values are carried "
             "from one iteration to the next, and further outputs are stacked.\n"
             "Shapes: M int64[], cond bool[], v_initial -> v_final, scan outputs [iterations, ..]\n"
             "Body: (iteration int64[], cond bool[], v..) => (cond bool[], v.., slices..)\n"
             "Source: ONNX Loop-11",
      .since = 11,
      .inputs = {{"M", "I", kInt64Type, Port::Arity::kOptional},
                 {"cond", "B", kBoolType, Port::Arity::kOptional},
                 {"v_initial", "", kAllTypes, Port::Arity::kVariadic, true}},
      .outputs = {{"v_final_and_scan_outputs", "", kAllTypes, Port::Arity::kVariadic, true}},
      .attrs = {{"body", AttrDef::Kind::kGraph, {}, true}},
      .infer = infer,
      .evaluate = evaluate,
      .widen_half = false,
  }};
}

}  // namespace gatefold::ops
