#include "frontend/opset_raise.h"

#include <limits>

#include "frontend/raise/rules.h"
#include "ir/op_def.h"

namespace gatefold {
namespace {

using namespace raise;  // NOLINT(google-build-using-namespace)

constexpr std::int64_t kAnyOpset = std::numeric_limits<std::int64_t>::max();

void move_axes(NodeDraft& draft) { move_ints(draft, "axes", 1); }
void move_split(NodeDraft& draft) { move_ints(draft, "split", 1); }
void move_k(NodeDraft& draft) { move_ints(draft, "k", 1); }
void drop_broadcast(NodeDraft& draft) { draft.take_attr<std::int64_t>("broadcast"); }
void drop_output_sequence(NodeDraft& draft) { draft.take_attr<std::int64_t>("output_sequence"); }

struct RaiseRule {
  std::string_view op;
  /// Nodes of opsets before this one need the step.
  std::int64_t before;
  void (*apply)(NodeDraft& draft);
};

// Steps of one operator stand in the order of their opsets.
constexpr RaiseRule kRules[] = {
    {"Add", 7, broadcast_7},
    {"And", 7, broadcast_7},
    {"BatchNormalization", 7, batch_normalization_7},
    {"BatchNormalization", 9, batch_normalization_9},
    {"BatchNormalization", 14, batch_normalization_14},
    {"Cast", 6, cast_6},
    {"Clip", 6, clip_6},
    {"Clip", 11, clip_11},
    {"Concat", 4, concat_4},
    {"DFT", 20, dft_20},
    {"Div", 7, broadcast_7},
    {"Dropout", 7, dropout_7},
    {"Dropout", 12, dropout_12},
    {"Equal", 7, broadcast_7},
    {"GRU", 7, drop_output_sequence},
    {"Gemm", 7, drop_broadcast},
    {"GlobalLpPool", 2, lp_pool_2},
    {"Greater", 7, broadcast_7},
    {"GridSample", 20, grid_sample_20},
    {"GroupNormalization", 21, group_normalization_21},
    {"Hardmax", 13, softmax_13},
    {"LSTM", 7, drop_output_sequence},
    {"Less", 7, broadcast_7},
    {"LogSoftmax", 13, softmax_13},
    {"LpPool", 2, lp_pool_2},
    {"Mul", 7, broadcast_7},
    {"Or", 7, broadcast_7},
    {"PRelu", 7, prelu_7},
    {"Pad", 2, pad_2},
    {"Pad", 11, pad_11},
    {"Pow", 7, broadcast_7},
    {"RNN", 7, drop_output_sequence},
    {"ReduceL1", 18, move_axes},
    {"ReduceL2", 18, move_axes},
    {"ReduceLogSum", 18, move_axes},
    {"ReduceLogSumExp", 18, move_axes},
    {"ReduceMax", 18, move_axes},
    {"ReduceMean", 18, move_axes},
    {"ReduceMin", 18, move_axes},
    {"ReduceProd", 18, move_axes},
    {"ReduceSum", 13, move_axes},
    {"ReduceSumSquare", 18, move_axes},
    {"Reshape", 5, reshape_5},
    {"Resize", 11, resize_11},
    {"Resize", kInternalOpset + 1, resize_13},
    {"RoiAlign", 16, roi_align_16},
    {"Scan", 9, scan_9},
    {"Scatter", kAnyOpset, scatter},
    {"Selu", 6, selu_6},
    {"Slice", 10, slice_10},
    {"Softmax", 13, softmax_13},
    {"Split", 2, split_2},
    {"Split", 13, move_split},
    {"Split", 18, split_18},
    // Whatever the opset.
    {"SplitToSequence", kInternalOpset + 1, split_to_sequence},
    {"Squeeze", 13, move_axes},
    {"Sub", 7, broadcast_7},
    {"Tile", 6, tile_6},
    {"TopK", 10, move_k},
    {"Unsqueeze", 13, move_axes},
    {"Upsample", 7, upsample_7},
    {"Upsample", 9, upsample_9},
    {"Upsample", kAnyOpset, upsample},
    {"Xor", 7, broadcast_7},
};

}  // namespace

void raise_to_internal_opset(NodeDraft& draft) {
  if (draft.domain != kOnnxDomain) return;
  // A memory optimisation that no runtime ever used.
  if (draft.opset < 6) draft.take_attr<std::vector<std::int64_t>>("consumed_inputs");
  for (const RaiseRule& rule : kRules) {
    if (rule.op != draft.op || draft.opset >= rule.before) continue;
    // Of the operators that have rules, only Scan has an optional first input.
    if (draft.inputs.empty() || (draft.inputs[0] == nullptr && draft.op != "Scan")) {
      draft.fail("input 0 is missing but required");
    }
    rule.apply(draft);
  }
}

bool is_raised_away(std::string_view domain, std::string_view op) {
  if (domain != kOnnxDomain) return false;
  for (const RaiseRule& rule : kRules) {
    if (rule.op == op && rule.before == kAnyOpset) return true;
  }
  return false;
}

}  // namespace gatefold
