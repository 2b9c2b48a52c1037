#include <string_view>

#include "passes/gradients/gradient_table.h"

/// Operators that a gradient may need but that have no rule, and why.
namespace gatefold::gradients {

std::vector<GradientEntry> refused() {
  constexpr std::string_view kSequence =
      "gradients flow through tensors only, not through sequences and optionals; Split, Concat, "
      "Slice and If do what these do";
  constexpr std::string_view kQuantized = "quantized models are for inference";
  constexpr std::string_view kImages = "sampling of images and spectra has no gradient rule";
  constexpr std::string_view kMatrices = "it has no gradient rule";
  constexpr std::string_view kSecond = "it computes gradients itself; there are no second ones";
  constexpr std::string_view kOptimizer = "what an optimizer does is not trained itself";
  std::vector<GradientEntry> rows;
  const auto add = [&rows](std::string_view reason, std::initializer_list<std::string_view> ops,
                           std::string_view domain = kOnnxDomain) {
    for (const std::string_view op : ops) {
      rows.push_back({.op = op, .domain = domain, .reason = reason});
    }
  };
  add(kSequence,
      {"ConcatFromSequence", "Optional", "OptionalGetElement", "SequenceAt", "SequenceConstruct",
       "SequenceEmpty", "SequenceErase", "SequenceInsert", "SequenceMap", "SplitToSequence"});
  add(kQuantized, {"DequantizeLinear"});
  add(kImages, {"AffineGrid", "Col2Im", "DFT", "DeformConv", "GridSample", "MaxRoiPool",
                "MelWeightMatrix", "RoiAlign", "STFT"});
  add(kMatrices, {"Det", "Unique"});
  add(kSecond,
      {"AttentionGrad", "CTCLossGrad", "GatherRowsGrad", "GRUGrad", "GRUTraining", "LSTMGrad",
       "LSTMTraining", "RNNGrad", "RNNTraining"},
      kGatefoldDomain);
  add("the pass 'expand-gradients' must put other nodes in its place first", {"Gradient"},
      kTrainingDomain);
  add(kOptimizer, {"Adagrad", "Adam", "Momentum"}, kTrainingDomain);
  return rows;
}

}  // namespace gatefold::gradients
