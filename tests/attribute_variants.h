#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace gatefold::test {

/// Gives about half of the attributes of the graph's nodes, sub-graphs included, another value.
/// What is drawn depends on the graph and the seed only. A value stays where the types of all nodes
/// can be inferred with it, else the attribute remains as it was. Forward and backward steps of
/// training stay as they are. Returns what was changed, as "Gemm.beta".
std::vector<std::string> vary_attributes(Graph& graph, std::uint64_t seed);

/// What tests with varied attributes have covered.
class VariantCoverage {
 public:
  /// Notes a case of which variants are made.
  void add_case() { ++cases_; }
  /// Notes a variant that was compared, and its changed attributes.
  void add_compared(const std::vector<std::string>& changed);
  /// Notes a variant that infers but cannot be computed.
  void add_refused() { ++refused_; }

  int compared() const { return compared_; }
  /// Prints how many variants of how many cases were compared, and how often each attribute was
  /// another one in them; the test's record gets the same text.
  void report() const;
  /// Attributes that can be varied, but are not changed in any variant.
  std::vector<std::string> missing() const;

 private:
  int cases_ = 0;
  int compared_ = 0;
  int refused_ = 0;
  std::map<std::string, int> attributes_;  ///< How many variants change each.
};

}  // namespace gatefold::test
