#include <algorithm>
#include <array>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/index.h"
#include "ir/infer.h"
#include "ir/ops/matmul.h"
#include "ir/ops/ops.h"
#include "ir/ops/quantization.h"

namespace gatefold::ops {
namespace {

constexpr DataTypeSet kInt32Type{DataType::kInt32};
constexpr DataTypeSet kScaleTypes{DataType::kFloat32, DataType::kFloat16, DataType::kBfloat16};

/// Numbers that belong to the rows of A or the columns of B: one for all, one for each row
/// (column), or one for each row (column) of each matrix.
class PerLine {
 public:
  /// `lines` of a matrix; `name` is that of the input, for messages.
  PerLine(const EvaluateContext& context, std::size_t index, std::int64_t lines,
          std::int64_t matrices)
      : lines_(lines) {
    if (!context.has_input(index)) return;
    const Tensor& tensor = context.input(index);
    const std::int64_t size = tensor.size();
    if (size != 1 && size != lines && size != lines * matrices) {
      context.fail(
          "input {} has shape {} but must be a scalar or have one element for each of {} "
          "rows or columns",
          context.node().op().inputs[index].name, to_string(tensor.dims()), lines);
    }
    numbers_.resize(size);
    for (std::int64_t i = 0; i < size; ++i) numbers_[i] = tensor.number_at(i);
  }

  double at(std::int64_t matrix, std::int64_t line) const {
    const auto size = static_cast<std::int64_t>(numbers_.size());
    if (size == 1) return numbers_[0];
    return numbers_[size == lines_ ? line : matrix * lines_ + line];
  }

 private:
  std::vector<double> numbers_{0.0};
  std::int64_t lines_;
};

/// Numbers of inputs; MatMulInteger has no scales.
struct Operands {
  std::size_t a, a_zero_point, b, b_zero_point;
};

constexpr Operands kIntegerOperands{0, 2, 1, 3};
enum : std::size_t { kA, kAScale, kAZeroPoint, kB, kBScale, kBZeroPoint, kYScale, kYZeroPoint };
constexpr Operands kScaledOperands{kA, kAZeroPoint, kB, kBZeroPoint};

/// The elements of a stack of [rows, columns] matrices less their zero points, one per row or one
/// per column.
std::vector<std::int32_t> centered(const Tensor& matrices, std::int64_t rows, std::int64_t columns,
                                   const PerLine& zeros, bool per_row) {
  const std::vector<std::int64_t> wide = matrices.to_int64();
  std::vector<std::int32_t> result(wide.size());
  std::size_t i = 0;
  for (std::int64_t matrix = 0; i < wide.size(); ++matrix) {
    for (std::int64_t row = 0; row < rows; ++row) {
      for (std::int64_t column = 0; column < columns; ++column, ++i) {
        const double zero = zeros.at(matrix, per_row ? row : column);
        result[i] = static_cast<std::int32_t>(static_cast<double>(wide[i]) - zero);
      }
    }
  }
  return result;
}

struct Product {
  MatMulExtents extents;
  std::int64_t a_matrices, b_matrices;
  std::vector<std::int32_t> values;

  std::int64_t a_matrix(std::int64_t offset) const {
    return offset / std::max<std::int64_t>(1, extents.m * extents.k);
  }
  std::int64_t b_matrix(std::int64_t offset) const {
    return offset / std::max<std::int64_t>(1, extents.k * extents.n);
  }
};

std::int64_t matrices_of(const Tensor& tensor, std::int64_t matrix_size) {
  return matrix_size == 0 ? 0 : tensor.size() / matrix_size;
}

Product multiply(const EvaluateContext& context, const Operands& operands) {
  const Tensor& a = context.input(operands.a);
  const Tensor& b = context.input(operands.b);
  const MatMulExtents extents = matmul_extents(a.dims(), b.dims());
  Product product{
      extents, matrices_of(a, extents.m * extents.k), matrices_of(b, extents.k * extents.n), {}};
  const PerLine a_zeros(context, operands.a_zero_point, extents.m, product.a_matrices);
  const PerLine b_zeros(context, operands.b_zero_point, extents.n, product.b_matrices);
  const auto left = centered(a, extents.m, extents.k, a_zeros, true);
  const auto right = centered(b, extents.k, extents.n, b_zeros, false);
  product.values.resize(element_count(extents.output));
  std::int32_t* target = product.values.data();
  for_each_index<2>(extents.batch, {extents.a_strides, extents.b_strides},
                    [&](const auto& offsets) {
                      add_product(extents.m, extents.k, extents.n, left.data() + offsets[0],
                                  right.data() + offsets[1], target);
                      target += extents.m * extents.n;
                    });
  return product;
}

void infer_integer(InferContext& context) {
  context.set_output(0, {DataType::kInt32, infer_matmul(context, 0, 1)});
}

void evaluate_integer(EvaluateContext& context) {
  const Product product = multiply(context, kIntegerOperands);
  Tensor& Y = context.output(0, DataType::kInt32, product.extents.output);
  std::copy(product.values.begin(), product.values.end(), Y.data<std::int32_t>());
}

void infer_scaled(InferContext& context) {
  context.set_output(0, {context.dtype(kYZeroPoint), infer_matmul(context, kA, kB)});
}

void evaluate_scaled(EvaluateContext& context) {
  const Product product = multiply(context, kScaledOperands);
  const MatMulExtents& extents = product.extents;
  const PerLine a_scales(context, kAScale, extents.m, product.a_matrices);
  const PerLine b_scales(context, kBScale, extents.n, product.b_matrices);
  const PerLine y_scales(context, kYScale, extents.m, element_count(extents.batch));
  const PerLine y_zeros(context, kYZeroPoint, extents.m, element_count(extents.batch));
  const DataType dtype = context.input(kYZeroPoint).dtype();
  Tensor& y = context.output(0, dtype, extents.output);
  dispatch<std::int8_t, std::uint8_t>(dtype, [&]<typename T>() {
    std::int64_t i = 0;
    std::int64_t matrix = 0;
    for_each_index<2>(
        extents.batch, {extents.a_strides, extents.b_strides}, [&](const auto& offsets) {
          for (std::int64_t row = 0; row < extents.m; ++row) {
            const double scale =
                a_scales.at(product.a_matrix(offsets[0]), row) / y_scales.at(matrix, row);
            const auto zero = static_cast<std::int64_t>(y_zeros.at(matrix, row));
            for (std::int64_t column = 0; column < extents.n; ++column, ++i) {
              const double b_scale = b_scales.at(product.b_matrix(offsets[1]), column);
              y.data<T>()[i] = quantize<T>(product.values[i] * scale * b_scale, zero);
            }
          }
          ++matrix;
        });
  });
}

}  // namespace

std::vector<OpDef> quantized_matmul() {
  return {
      {
          .name = "MatMulInteger",
          .doc = "MatMul of bytes less their zero points, in 32-bit integers.\n"
                 "Shapes: A [b..,m,k], B [b..,k,n] -> Y [b..,m,n]; a_zero_point scalar or one per "
                 "row, b_zero_point scalar or one per column\n"
                 "Formula: Y = (A - a_zero_point) (B - b_zero_point)\n"
                 "Source: ONNX MatMulInteger-10",
          .since = 10,
          .inputs = {{"A", "T1", kQuantizedByteTypes},
                     {"B", "T2", kQuantizedByteTypes},
                     {"a_zero_point", "T1", kQuantizedByteTypes, Port::Arity::kOptional},
                     {"b_zero_point", "T2", kQuantizedByteTypes, Port::Arity::kOptional}},
          .outputs = {{"Y", {}, kInt32Type}},
          .infer = infer_integer,
          .evaluate = evaluate_integer,
      },
      {
          .name = "QLinearMatMul",
          .doc =
              "MatMul of quantized matrices with a quantized result. Shapes: as MatMulInteger; "
              "scales as the zero points\n"
              "Formula: y = saturate(round((a - a_zero_point) (b - b_zero_point) a_scale b_scale "
              "/ y_scale) + y_zero_point), halves to even\n"
              "Source: ONNX QLinearMatMul-21",
          .since = 10,
          .inputs = {{"a", "T1", kQuantizedByteTypes},
                     {"a_scale", "TS", kScaleTypes},
                     {"a_zero_point", "T1", kQuantizedByteTypes},
                     {"b", "T2", kQuantizedByteTypes},
                     {"b_scale", "TS", kScaleTypes},
                     {"b_zero_point", "T2", kQuantizedByteTypes},
                     {"y_scale", "TS", kScaleTypes},
                     {"y_zero_point", "T3", kQuantizedByteTypes}},
          .outputs = {{"y", "T3", kQuantizedByteTypes}},
          .infer = infer_scaled,
          .evaluate = evaluate_scaled,
      },
  };
}

}  // namespace gatefold::ops
