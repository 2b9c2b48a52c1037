#include "language/decoding/scores.h"

#include <algorithm>
#include <cmath>

namespace gatefold {

double log_sum_exp(std::span<const float> scores) {
  const double highest = *std::max_element(scores.begin(), scores.end());
  double sum = 0;
  for (const float score : scores) sum += std::exp(score - highest);
  return highest + std::log(sum);
}

bool may_score(const Type& type, std::int64_t classes) {
  if (!type.has_rank() || type.shape->empty()) return false;
  const Dim& last = type.shape->back();
  return !last.is_known() || last.is(classes);
}

}  // namespace gatefold
