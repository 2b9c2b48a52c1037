#pragma once

#include <cstdint>
#include <span>

#include "ir/type.h"

/// Scores of classes, of which a model's softmax would make probabilities.
namespace gatefold {

/// Returns log(exp(s_0) + exp(s_1) + ...): what to subtract from a score to make it the logarithm
/// of a probability.
double log_sum_exp(std::span<const float> scores);

/// Returns whether a value of the type may hold a score for each of so many classes along its last
/// axis, as far as the type says.
bool may_score(const Type& type, std::int64_t classes);

}  // namespace gatefold
