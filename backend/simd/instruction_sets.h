#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gatefold::native {

/// One set of vector instructions that the loops of this folder are compiled for and that the
/// machine has.
struct InstructionSet {
  std::string name;         ///< As Highway writes it: "AVX3", "AVX2", ...
  std::int64_t target = 0;  ///< Highway's number for it.
};

/// All of them, the best first: the one that kernels use.
std::vector<InstructionSet> instruction_sets();

/// While it lives, kernels that are made and run use the given set: for tests of all of them.
class UseInstructionSet {
 public:
  explicit UseInstructionSet(const InstructionSet& set);
  ~UseInstructionSet();
  UseInstructionSet(const UseInstructionSet&) = delete;
  UseInstructionSet& operator=(const UseInstructionSet&) = delete;
};

}  // namespace gatefold::native
