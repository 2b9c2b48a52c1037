#include "frontend/operator_sets.h"

#include <gtest/gtest.h>
#include <onnx/defs/schema.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace gatefold {
namespace {

TEST(OperatorSets, StateTheFirstOpsetOfEachOperatorAsItsSchemasDo) {
  // Their first forms were experimental, and have no schema.
  const std::set<std::string> experimental{"MeanVarianceNormalization", "ThresholdedRelu",
                                           "Upsample"};
  std::map<std::string, std::int64_t> expected;
  for (const auto& schema : onnx::OpSchemaRegistry::get_all_schemas_with_history()) {
    if (!schema.domain().empty() || schema.since_version() > kNewestOpset) continue;
    const auto [entry, is_new] = expected.emplace(schema.Name(), schema.since_version());
    if (!is_new) entry->second = std::min<std::int64_t>(entry->second, schema.since_version());
  }
  for (const std::string& op : experimental) expected[op] = 1;
  EXPECT_GT(expected.size(), 170U);
  for (const auto& [op, opset] : expected) EXPECT_EQ(first_opset(op), opset) << op;
}

TEST(OperatorSets, KnowOperatorsThatCameAfterTheSchemasOfOlderLibraries) {
  EXPECT_EQ(first_opset("Gelu"), 20);
  EXPECT_EQ(first_opset("Swish"), 24);
}

}  // namespace
}  // namespace gatefold
