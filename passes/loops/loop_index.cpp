#include "passes/loops/loop_index.h"

#include <algorithm>
#include <cmath>

#include "ir/elements.h"
#include "ir/op_def.h"
#include "passes/loops/loop_condition.h"
#include "passes/rewriting/counts.h"
#include "passes/rewriting/match.h"

namespace gatefold {

std::optional<IndexForm> read_index(const Value& value, const LoopView& loop, const Dim& extent,
                                    const PassContext& context) {
  const auto count = CountReader(context, &loop).read(const_cast<Value*>(&value));
  if (!count) return std::nullopt;
  IndexForm form{.iteration = count->per_iteration(), .offset = count->offset};
  for (const CountTerm& term : count->terms) {
    if (term.extent.empty() || term.extent != extent.symbol()) return std::nullopt;
    form.extent += term.factor;
  }
  return form;
}

}  // namespace gatefold
