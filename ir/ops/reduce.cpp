#include "ir/ops/reduce.h"

#include <cmath>
#include <limits>
#include <type_traits>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/index.h"
#include "ir/infer.h"
#include "ir/maximum.h"
#include "ir/ops/ops.h"

namespace gatefold {

std::vector<bool> reduced_axes(const Node& node, std::int64_t rank, const Tensor* axes) {
  if (axes == nullptr || axes->size() == 0) {
    return std::vector<bool>(rank, node.attr_int("noop_with_empty_axes") == 0);
  }
  std::vector<bool> is_reduced(rank, false);
  for (const std::int64_t axis : axes->to_int64()) {
    if (axis < -rank || axis >= rank) {
      fail("{}: axis {} is outside [{}, {}), the axes of a tensor with {} dimensions",
           node.describe(), axis, -rank, rank, rank);
    }
    const std::int64_t position = axis < 0 ? axis + rank : axis;
    if (is_reduced[position]) fail("{}: axis {} is named twice", node.describe(), position);
    is_reduced[position] = true;
  }
  return is_reduced;
}

namespace ops {
namespace {

/// Sums and products are taken in double, or modulo 2^64 and then narrowed.
template <typename T>
using Wide = std::conditional_t<std::is_floating_point_v<T>, double, std::uint64_t>;

template <typename T>
double to_double(Wide<T> total) {
  if constexpr (std::is_signed_v<T> && std::is_integral_v<T>) {
    return static_cast<double>(static_cast<std::int64_t>(total));
  } else {
    return static_cast<double>(total);
  }
}

// Each accumulator takes the elements of one set with add() and gives result(number of elements).

template <typename T>
struct Sum {
  Wide<T> total = 0;
  void add(T x) { total += static_cast<Wide<T>>(x); }
  T result(std::int64_t) const { return static_cast<T>(total); }
};

template <typename T>
struct Mean : Sum<T> {
  T result(std::int64_t count) const {
    if constexpr (std::is_floating_point_v<T>) {
      return static_cast<T>(this->total / static_cast<double>(count));
    } else if constexpr (std::is_signed_v<T>) {
      return count == 0 ? T{0} : static_cast<T>(static_cast<std::int64_t>(this->total) / count);
    } else {
      return count == 0 ? T{0} : static_cast<T>(this->total / static_cast<std::uint64_t>(count));
    }
  }
};

template <typename T>
struct Product {
  Wide<T> total = 1;
  void add(T x) { total *= static_cast<Wide<T>>(x); }
  T result(std::int64_t) const { return static_cast<T>(total); }
};

template <typename T>
struct Largest {
  T best = std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity()
                                                : std::numeric_limits<T>::lowest();
  void add(T x) { best = maximum(x, best); }
  T result(std::int64_t) const { return best; }
};

template <typename T>
struct Smallest {
  T best = std::numeric_limits<T>::has_infinity ? std::numeric_limits<T>::infinity()
                                                : std::numeric_limits<T>::max();
  void add(T x) { best = minimum(x, best); }
  T result(std::int64_t) const { return best; }
};

template <typename T>
struct SumOfMagnitudes : Sum<T> {
  void add(T x) {
    const auto wide = static_cast<Wide<T>>(x);
    this->total += x < T{0} ? Wide<T>{0} - wide : wide;
  }
};

template <typename T>
struct SumOfSquares : Sum<T> {
  void add(T x) { this->total += static_cast<Wide<T>>(x) * static_cast<Wide<T>>(x); }
};

template <typename T>
struct EuclideanNorm : SumOfSquares<T> {
  T result(std::int64_t) const { return static_cast<T>(std::sqrt(to_double<T>(this->total))); }
};

template <typename T>
struct LogOfSum : Sum<T> {
  T result(std::int64_t) const { return static_cast<T>(std::log(to_double<T>(this->total))); }
};

/// Keeps the sum relative to the largest element, so that no exponential overflows.
template <typename T>
struct LogOfSumOfExponentials {
  double largest = -std::numeric_limits<double>::infinity();
  double total = 0;
  void add(T element) {
    const auto x = static_cast<double>(element);
    if (x == largest) {  // Also two equal infinities, whose difference is not a number.
      total += 1;
    } else if (x < largest) {
      total += std::exp(x - largest);
    } else {
      total = total * std::exp(largest - x) + 1;
      largest = x;
    }
  }
  T result(std::int64_t) const { return static_cast<T>(largest + std::log(total)); }
};

void infer(InferContext& context) {
  const DataType dtype = context.dtype(0);
  const bool keep = context.node().attr_int("keepdims") != 0;
  context.expect_rank(1, 1);
  if (!context.has_rank(0)) return context.set_output(0, {dtype, std::nullopt});
  const std::int64_t rank = context.rank(0);
  const bool has_axes = context.has_input(1);
  if (!has_axes || context.value(1) != nullptr) {
    const auto is_reduced = reduced_axes(context.node(), rank, context.value(1));
    return context.set_output(0, {dtype, reduced_extents(context.shape(0), is_reduced, keep)});
  }
  if (keep) return context.set_output(0, {dtype, Shape(rank)});
  const bool has_count = context.has_rank(1) && context.shape(1)[0].is_known();
  const std::int64_t count = has_count ? context.shape(1)[0].size() : 0;
  if (count == 0 || count > rank) return context.set_output(0, {dtype, std::nullopt});
  context.set_output(0, {dtype, Shape(rank - count)});
}

template <typename Accumulator, typename T>
void reduce(const Tensor& data, const std::vector<bool>& is_reduced, Tensor& output) {
  const Dims strides = strides_of(data.dims());
  Dims kept;
  Dims kept_strides;
  Dims reduced;
  Dims reduced_strides;
  for (std::size_t i = 0; i < is_reduced.size(); ++i) {
    (is_reduced[i] ? reduced : kept).push_back(data.dims()[i]);
    (is_reduced[i] ? reduced_strides : kept_strides).push_back(strides[i]);
  }
  const std::int64_t count = element_count(reduced);
  T* result = output.data<T>();
  for_each_index<1>(kept, {kept_strides}, [&](const auto& start) {
    const T* source = data.data<T>() + start[0];
    Accumulator accumulator;
    for_each_index<1>(reduced, {reduced_strides},
                      [&](const auto& offset) { accumulator.add(source[offset[0]]); });
    *result++ = accumulator.result(count);
  });
}

template <template <typename> class Accumulator>
void evaluate(EvaluateContext& context) {
  const Tensor& data = context.input(0);
  const Tensor* axes = context.has_input(1) ? &context.input(1) : nullptr;
  const auto is_reduced = reduced_axes(context.node(), data.rank(), axes);
  const bool keep = context.node().attr_int("keepdims") != 0;
  Tensor& output = context.output(0, data.dtype(), reduced_extents(data.dims(), is_reduced, keep));
  dispatch_numeric(data.dtype(),
                   [&]<typename T>() { reduce<Accumulator<T>, T>(data, is_reduced, output); });
}

template <template <typename> class Accumulator>
void evaluate_extremum(EvaluateContext& context) {
  const Tensor& data = context.input(0);
  if (data.dtype() != DataType::kBool) return evaluate<Accumulator>(context);
  const Tensor* axes = context.has_input(1) ? &context.input(1) : nullptr;
  const auto is_reduced = reduced_axes(context.node(), data.rank(), axes);
  const bool keep = context.node().attr_int("keepdims") != 0;
  Tensor& output = context.output(0, data.dtype(), reduced_extents(data.dims(), is_reduced, keep));
  reduce<Accumulator<bool>, bool>(data, is_reduced, output);
}

constexpr DataTypeSet kSummable = kFloatTypes | DataTypeSet(DataType::kInt32, DataType::kInt64,
                                                            DataType::kUint32, DataType::kUint64);
constexpr DataTypeSet kOrdered =
    kSummable | DataTypeSet(DataType::kInt8, DataType::kUint8, DataType::kBool);

struct Entry {
  std::string_view name;
  std::string_view doc;
  std::int64_t since;
  DataTypeSet types;
  EvaluateFn evaluate;
};

// k: the axes kept, r: those reduced.
constexpr Entry kEntries[] = {
    {"ReduceSum",
     "Sum along axes; all axes when none are given.\n"
     "Shapes: data [d..], axes [n] -> reduced [d.. with reduced extents 1, or gone]\n"
     "Formula: reduced[k] = sum_r data[k, r]\n"
     "Source: ONNX ReduceSum-13",
     13, kSummable, evaluate<Sum>},
    {"ReduceMean",
     "Mean along axes; integers are divided towards zero. Shapes: as ReduceSum.\n"
     "Formula: reduced[k] = sum_r data[k, r] / (number of r)\n"
     "Source: ONNX ReduceMean-18",
     18, kSummable, evaluate<Mean>},
    {"ReduceProd",
     "Product along axes. Shapes: as ReduceSum.\n"
     "Formula: reduced[k] = prod_r data[k, r]\n"
     "Source: ONNX ReduceProd-18",
     18, kSummable, evaluate<Product>},
    {"ReduceMax",
     "Largest element along axes; NaN wins; the least value of the type for an empty set.\n"
     "Shapes: as ReduceSum.\n"
     "Formula: reduced[k] = max_r data[k, r]\n"
     "Source: ONNX ReduceMax-20",
     18, kOrdered, evaluate_extremum<Largest>},
    {"ReduceMin",
     "Smallest element along axes; NaN wins; the greatest value of the type for an empty set.\n"
     "Shapes: as ReduceSum.\n"
     "Formula: reduced[k] = min_r data[k, r]\n"
     "Source: ONNX ReduceMin-20",
     18, kOrdered, evaluate_extremum<Smallest>},
    {"ReduceL1",
     "L1 norm along axes. Shapes: as ReduceSum.\n"
     "Formula: reduced[k] = sum_r |data[k, r]|\n"
     "Source: ONNX ReduceL1-18",
     18, kSummable, evaluate<SumOfMagnitudes>},
    {"ReduceL2",
     "L2 norm along axes. Shapes: as ReduceSum.\n"
     "Formula: reduced[k] = sqrt(sum_r data[k, r]^2)\n"
     "Source: ONNX ReduceL2-18",
     18, kSummable, evaluate<EuclideanNorm>},
    {"ReduceSumSquare",
     "Sum of squares along axes. Shapes: as ReduceSum.\n"
     "Formula: reduced[k] = sum_r data[k, r]^2\n"
     "Source: ONNX ReduceSumSquare-18",
     18, kSummable, evaluate<SumOfSquares>},
    {"ReduceLogSum",
     "Logarithm of the sum along axes. Shapes: as ReduceSum.\n"
     "Formula: reduced[k] = log(sum_r data[k, r])\n"
     "Source: ONNX ReduceLogSum-18",
     18, kSummable, evaluate<LogOfSum>},
    {"ReduceLogSumExp",
     "Logarithm of the sum of exponentials along axes. Shapes: as ReduceSum.\n"
     "Formula: reduced[k] = log(sum_r exp(data[k, r]))\n"
     "Source: ONNX ReduceLogSumExp-18",
     18, kSummable, evaluate<LogOfSumOfExponentials>},
};

}  // namespace

std::vector<OpDef> reduce() {
  std::vector<OpDef> defs;
  for (const Entry& entry : kEntries) {
    defs.push_back({
        .name = entry.name,
        .doc = entry.doc,
        .since = entry.since,
        .inputs = {{"data", "T", entry.types}, {"axes", {}, kInt64Type, Port::Arity::kOptional}},
        .outputs = {{"reduced", "T", entry.types}},
        .attrs = {{"keepdims", AttrDef::Kind::kInt, 1},
                  {"noop_with_empty_axes", AttrDef::Kind::kInt, 0}},
        .infer = infer,
        .evaluate = entry.evaluate,
    });
  }
  return defs;
}

}  // namespace ops
}  // namespace gatefold
