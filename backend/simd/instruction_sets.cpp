#include "backend/simd/instruction_sets.h"

#include "hwy/highway.h"
#include "hwy/targets.h"

namespace gatefold::native {
namespace {

void choose(std::int64_t targets) {
  hwy::SetSupportedTargetsForTest(targets);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace

std::vector<InstructionSet> instruction_sets() {
  std::vector<InstructionSet> sets;
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    sets.push_back({hwy::TargetName(target), target});
  }
  return sets;
}

UseInstructionSet::UseInstructionSet(const InstructionSet& set) { choose(set.target); }

UseInstructionSet::~UseInstructionSet() { choose(0); }

}  // namespace gatefold::native
