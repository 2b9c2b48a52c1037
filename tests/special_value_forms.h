#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "backend/kernel.h"
#include "ir/op_def.h"

namespace gatefold::test {

/// A node whose kernels meet NaN, infinities and the ends of the number range at every lane of a
/// vector and in every tail.
struct SpecialForm {
  std::string op;
  /// ONNX text of one node, in which $T stands for an element type, $N for a length and $R for as
  /// many rows as there are special numbers times positions along the other axes. Without $R the
  /// elements of every input are special numbers in turn.
  std::string graph;
  /// Element types to put for $T; all that the operator takes where there are none.
  std::vector<DataType> types = {};
  /// The largest finite magnitude to feed: below the largest number where the kernel adds or
  /// multiplies in float what its definition adds or multiplies in double.
  double greatest = std::numeric_limits<double>::max();
  /// Bound on |kernel - definition| / max(1, |definition|).
  double tolerance = 1e-5;
  /// Whether 0 and -0 are the same result.
  bool is_zero_unsigned = false;
  /// Lengths to put for $N: least, least + step, .., most.
  int least = 1, most = 70, step = 1;
  /// Whether the kernel knows all inputs but the first beforehand.
  bool are_constant = false;
  /// A maker other than the kernel table's.
  MakeKernel make = nullptr;
  /// The least magnitude to feed besides 0: where the kernel's products are zero in float.
  double smallest = 0;
};

// For SpecialForm::greatest: what stays finite when the numbers of a row are added, squared and
// added, or standardized to float's precision.
inline constexpr double kAddable = 1e36;
inline constexpr double kSquarable = 1e18;
inline constexpr double kStandardizable = 1000;

/// Those written down for operators that move elements, multiply matrices or normalize: a part of
/// special_forms.
std::vector<SpecialForm> block_forms();

/// The forms of every operator that has a kernel: those written down, and for other operators of
/// one or two inputs the obvious ones. None where neither is so.
std::vector<SpecialForm> special_forms(const OpDef& op);

/// An operator with a kernel that is left out, and why.
struct UnsweptOp {
  std::string_view op;
  std::string_view reason;
};
std::vector<UnsweptOp> unswept_ops();

}  // namespace gatefold::test
