#include "backend/strided_ports.h"

#include <algorithm>
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

struct StridedPort {
  std::string_view op;
  std::size_t port;
  Strided strided;
};

constexpr std::size_t kEveryPort = SIZE_MAX;

constexpr StridedPort kStridedInputs[] = {
    {"Concat", kEveryPort, Strided::kAnyAxis},
    {"Transpose", 0, Strided::kAnyAxis},
    {"GRU", recurrent_input::kX, Strided::kAllButRows},
    {"LSTM", recurrent_input::kX, Strided::kAllButRows},
    {"RNN", recurrent_input::kX, Strided::kAllButRows},
    {"GRUTraining", recurrent_input::kX, Strided::kAllButRows},
    {"LSTMTraining", recurrent_input::kX, Strided::kAllButRows},
    {"RNNTraining", recurrent_input::kX, Strided::kAllButRows},
};

constexpr StridedPort kStridedOutputs[] = {
    {"Concat", 0, Strided::kAnyAxis},
    {"Transpose", 0, Strided::kAnyAxis},
    {"GRU", recurrent_output::kY, Strided::kAllButRows},
    {"LSTM", recurrent_output::kY, Strided::kAllButRows},
    {"RNN", recurrent_output::kY, Strided::kAllButRows},
    {"GRUTraining", recurrent_output::kY, Strided::kAllButRows},
    {"LSTMTraining", recurrent_output::kY, Strided::kAllButRows},
    {"RNNTraining", recurrent_output::kY, Strided::kAllButRows},
};

bool fits(Strided strided, const Type& type, const Dims& strides) {
  if (strided == Strided::kAnyAxis) return true;
  return type.dtype == DataType::kFloat32 && (type.dims().back() == 1 || strides.back() == 1) &&
         std::all_of(strides.begin(), strides.end(), [](std::int64_t n) { return n >= 0; });
}

bool takes_strides(std::span<const StridedPort> ports, const OpDef& op, std::size_t index,
                   const Type& type, const Dims& strides) {
  return std::any_of(ports.begin(), ports.end(), [&](const StridedPort& port) {
    return port.op == op.name && (port.port == kEveryPort || port.port == index) &&
           fits(port.strided, type, strides);
  });
}

}  // namespace

bool reads_strides(const KernelRequest& request, std::size_t input, const Dims& strides) {
  return takes_strides(kStridedInputs, request.node.op(), input, *request.inputs[input], strides);
}

bool writes_strides(const KernelRequest& request, std::size_t output, const Dims& strides) {
  return takes_strides(kStridedOutputs, request.node.op(), output, request.outputs[output],
                       strides);
}

}  // namespace gatefold
