#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "passes/training/trained_tensors.h"
#include "passes/training/training_step.h"

namespace gatefold::tools {

/// A user's choice for the tensors whose names match a pattern.
struct TensorWish {
  std::string pattern;  ///< A shell pattern: *, ?, [...].
  bool is_trained = false;
};

/// A floating-point tensor of a model's file and whether a run trains it.
struct ChosenTensor {
  std::string name;
  Type type;
  bool is_trained = false;
  bool is_doubtful = false;  ///< Trained, though it may be data.
  bool is_notable = false;   ///< Not trained, though gradients flow to more than one number of it.
  std::string reason;        ///< Why it is not trained, or doubtful.
  std::vector<std::string> layers;  ///< See FileTensor.

  std::int64_t size() const { return element_count(type.dims()); }
};

/// Chooses which tensors of a model, as it was read, to train: those that the spec names, or else
/// those of find_tensors; then the wishes apply in their order. Writes the names of the trained
/// tensors into the spec. Throws Error for a pattern that matches nothing, and when nothing is
/// left.
std::vector<ChosenTensor> choose_tensors(const Graph& model, const std::vector<TensorWish>& wishes,
                                         TrainingSpec& spec);

/// Records which of the chosen tensors have gradients of the loss.
void keep_trained(std::vector<ChosenTensor>& tensors, const std::vector<std::string>& weights);

/// Formats the summary to show before the first step, line by line: "trained: 650,414 numbers in 16
/// tensors; not trained: mask (constant with -inf), 14 others (462,980 numbers)", then doubtful
/// tensors, and parameters of several layers.
std::string describe_choice(const std::vector<ChosenTensor>& tensors);

/// Formats the list of all tensors, the trained ones first.
std::string list_choice(const std::vector<ChosenTensor>& tensors);

}  // namespace gatefold::tools
