#include "backend/plan/strided_ports.h"

#include <cstdint>
#include <string_view>

#include "ir/op_def.h"
#include "ir/ops/recurrent.h"

namespace gatefold {
namespace {

/// Which elements of a port may lie apart.
enum class Strided : std::int8_t {
  kAnyAxis,
  kAllButRows,  ///< Of float32; those along the last axis are neighbours.
};

/// The input and the output of an operator that may.
struct StridedPorts {
  std::string_view op;
  std::size_t input;
  std::size_t output;
  Strided strided;
};

constexpr std::size_t kEveryInput = SIZE_MAX;
constexpr std::size_t kX = recurrent_input::kX;
constexpr std::size_t kY = recurrent_output::kY;

constexpr StridedPorts kStridedPorts[] = {
    {"Attention", kEveryInput, 0, Strided::kAllButRows},
    {"Concat", kEveryInput, 0, Strided::kAnyAxis},
    {"Transpose", 0, 0, Strided::kAnyAxis},
    {"GRU", kX, kY, Strided::kAllButRows},
    {"LSTM", kX, kY, Strided::kAllButRows},
    {"RNN", kX, kY, Strided::kAllButRows},
    {"GRUTraining", kX, kY, Strided::kAllButRows},
    {"LSTMTraining", kX, kY, Strided::kAllButRows},
    {"RNNTraining", kX, kY, Strided::kAllButRows},
};

const StridedPorts* find_ports(const KernelRequest& request) {
  const OpDef& op = request.node.op();
  // oneDNN's training forms keep to dense ports.
  if (request.kernels == KernelChoice::kOnednn && op.domain == kGatefoldDomain) return nullptr;
  for (const StridedPorts& ports : kStridedPorts) {
    if (ports.op == op.name) return &ports;
  }
  return nullptr;
}

bool fits(Strided strided, const Type& type, const Dims& strides) {
  if (strided == Strided::kAnyAxis) return true;
  const Dims& dims = type.dims();
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    if (dims[axis] != 1 && strides[axis] <= 0) return false;
  }
  return type.dtype == DataType::kFloat32 && (dims.back() == 1 || strides.back() == 1);
}

}  // namespace

bool reads_strides(const KernelRequest& request, std::size_t input, const Dims& strides) {
  const StridedPorts* ports = find_ports(request);
  return ports != nullptr && (ports->input == kEveryInput || ports->input == input) &&
         fits(ports->strided, *request.inputs[input], strides);
}

bool writes_strides(const KernelRequest& request, std::size_t output, const Dims& strides) {
  const StridedPorts* ports = find_ports(request);
  return ports != nullptr && ports->output == output &&
         fits(ports->strided, request.outputs[output], strides);
}

}  // namespace gatefold
