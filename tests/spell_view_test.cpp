#include "passes/rewriting/spell_view.h"

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "tests/random_moves.h"

namespace gatefold::test {
namespace {

/// What became of the views of random chains.
struct Counts {
  int spelled = 0;
  int longer = 0;  ///< More operators than the chain itself.
  int unspelled = 0;
};

std::string text_of(const Spelling& spelling) {
  std::string text;
  for (const SpelledMove& move : spelling) text += fmt::format(" {} {}", move.op, move.lists);
  return text;
}

// The number of moves between a value and what stands at the head of its chain.
std::size_t moves_before(const Value& value) {
  const Node* node = value.producer();
  return node == nullptr ? 0 : 1 + moves_before(*node->input(0));
}

void check(std::uint64_t seed, bool has_names, Counts& counts) {
  RandomChain chain(seed, has_names);
  const View view = origin_of(view_of(*chain.value));
  if (view.source == chain.value) return;
  const auto spelling = spelling_of(view);
  if (!spelling) {
    ++counts.unspelled;
    return;
  }
  ++counts.spelled;
  if (spelling->size() > moves_before(*chain.value)) ++counts.longer;
  PassContext context;
  Rewriter rewriter(*chain.value->producer(), context);
  Value* spelled = spell(rewriter, view);
  const auto before = chain.graph.evaluate(*chain.value, chain.dims);
  const auto after = chain.graph.evaluate(*spelled, chain.dims);
  const std::string text = chain.text + " spelled as" + text_of(*spelling);
  ASSERT_TRUE(before && after) << text;
  EXPECT_EQ(before->dims(), after->dims()) << text;
  EXPECT_EQ(before->to_int64(), after->to_int64()) << text;
}

TEST(SpellView, ComputesWhatChainsOfMovesCompute) {
  Counts counts;
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) check(seed, seed % 2 == 0, counts);
  EXPECT_GT(counts.spelled, 15 * counts.unspelled);
  EXPECT_GT(counts.spelled, 15 * counts.longer);
}

}  // namespace
}  // namespace gatefold::test
