#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "backend/executable.h"
#include "frontend/onnx_reader.h"
#include "ir/evaluate.h"
#include "tests/allocation_counter.h"
#include "tests/random_inputs.h"

namespace gatefold::test {
namespace {

std::vector<std::int64_t> numbers_of(const Sequence& sequence) {
  std::vector<std::int64_t> numbers;
  for (const Tensor& tensor : sequence.tensors()) numbers.push_back(tensor.to_int64()[0]);
  return numbers;
}

TEST(Sequence, HoldsWhatAListHoldsAfterAnyEdits) {
  std::mt19937_64 generator(1);
  std::vector<std::int64_t> list{-3, -2, -1};
  std::vector<Tensor> start;
  for (const std::int64_t number : list) start.push_back(Tensor::scalar(number));
  Sequence sequence(start);
  for (std::int64_t edit = 0; edit < 3000; ++edit) {
    const std::vector<std::int64_t> list_before = list;
    const Sequence before = sequence;
    // The list grows first and shrinks to nothing at last, at its ends more often than inside.
    const bool grows = list.empty() || generator() % 3000 > static_cast<std::uint64_t>(edit);
    const std::size_t last = grows ? list.size() : list.size() - 1;
    const std::size_t places[] = {0, last, generator() % (last + 1)};
    const std::size_t position = places[generator() % 3];
    if (grows) {
      list.insert(list.begin() + static_cast<std::ptrdiff_t>(position), edit);
      sequence = sequence.inserted(position, Tensor::scalar(edit));
    } else {
      list.erase(list.begin() + static_cast<std::ptrdiff_t>(position));
      sequence = sequence.erased(position);
    }
    ASSERT_EQ(sequence.size(), list.size());
    ASSERT_EQ(sequence.empty(), list.empty());
    if (!list.empty()) {
      const std::size_t any = generator() % list.size();
      ASSERT_EQ(sequence[any].to_int64()[0], list[any]);
    }
    if (edit % 50 != 0) continue;
    ASSERT_EQ(numbers_of(sequence), list);
    ASSERT_EQ(numbers_of(before), list_before);
  }
}

/// What an edit of a sequence of `count` tensors allocates.
template <typename Edit>
int allocations_of(std::size_t count, Edit edit) {
  const Sequence sequence(std::vector<Tensor>(count, Tensor::scalar(1.0F)));
  const Tensor tensor = Tensor::scalar(2.0F);
  start_counting_allocations();
  edit(sequence, tensor);
  return stop_counting_allocations();
}

TEST(Sequence, EditsCopyOnlyThePathToThem) {
  for (const std::size_t count : {10, 1000, 100000}) {
    const int most = 6 + 2 * static_cast<int>(std::log2(count));
    const auto copy = [](const Sequence& s, const Tensor&) { return Sequence(s).size(); };
    EXPECT_EQ(allocations_of(count, copy), 0);
    for (const std::size_t position : {std::size_t{0}, count / 2, count - 1}) {
      const auto insert = [&](const Sequence& s, const Tensor& t) { s.inserted(position, t); };
      const auto erase = [&](const Sequence& s, const Tensor&) { s.erased(position); };
      EXPECT_LE(allocations_of(count, insert), most) << position << " of " << count;
      EXPECT_LE(allocations_of(count, erase), most) << position << " of " << count;
    }
  }
}

/// A loop over the rows of x, of `n` trips, that does something with a sequence.
struct SequenceLoop {
  std::string name;
  std::string graph;
};

/// `body` computes the sequence r from the sequence q, the row and the trip i.
std::string loop_over_rows(const std::string& body) {
  return "g (int64 n, float[t,2] x) => (float[a,2] y) <int64 zero = {0}, int64 one = {1}, int64 "
         "two "
         "= {2}> { s0 = SequenceEmpty <dtype = 1> () s = Loop (n, , s0) <body = b (int64 i, bool "
         "c, "
         "q) => (bool d, r) { d = Identity (c) row = Gather (x, i) " +
         body + " }> y = ConcatFromSequence <axis = 0, new_axis = 1> (s) }";
}

const std::vector<SequenceLoop>& sequence_loops() {
  static const std::vector<SequenceLoop> loops{
      {"AtTheEnd", loop_over_rows("r = SequenceInsert (q, row)")},
      {"InFront", loop_over_rows("r = SequenceInsert (q, row, zero)")},
      {"InTheMiddle", loop_over_rows("k = SequenceLength (q) h = Div (k, two) "
                                     "r = SequenceInsert (q, row, h)")},
      {"ReadsWhatItFills", loop_over_rows("p = SequenceInsert (q, row) h = Div (i, two) "
                                          "v = SequenceAt (p, h) w = Add (v, row) "
                                          "r = SequenceInsert (p, w)")},
      {"InABranch",
       loop_over_rows("m = Mod (i, two) k = Cast <to = 9> (m) r = If (k) <"
                      "then_branch = t () => (a) { a = SequenceInsert (q, row, zero) }, "
                      "else_branch = e () => (b) { b = SequenceInsert (q, row) }>")},
      {"InALoopInside",
       loop_over_rows("r = Loop (two, , q) <body = inner (int64 j, bool e, u) => (bool "
                      "f, v) { f = Identity (e) v = SequenceInsert (u, row, j) }>")},
      {"ThroughAnOptional", loop_over_rows("o = Optional (q) p = OptionalGetElement (o) "
                                           "r = SequenceInsert (p, row, zero)")},
      {"TakesAndPuts",
       loop_over_rows("p = SequenceInsert (q, row) k = SequenceInsert (p, row, zero) "
                      "l = SequenceErase (k, one) r = SequenceInsert (l, row)")},
      {"AnOptionalIsCarried", R"(
        g (int64 n, float[t,2] x) => (float[a,2] y) <int64 zero = {0}> {
          s0 = SequenceEmpty <dtype = 1> ()
          o0 = Optional (s0)
          o = Loop (n, , o0) <
            body = b (int64 i, bool c, p) => (bool d, r) {
              d = Identity (c)
              row = Gather (x, i)
              q = OptionalGetElement (p)
              k = SequenceInsert (q, row, zero)
              r = Optional (k)
            }>
          s = OptionalGetElement (o)
          y = ConcatFromSequence <axis = 0, new_axis = 1> (s)
        })"},
      {"FromOneToTheOther", R"(
        g (int64 n, float[t,2] x) => (float[a,2] y) <int64 zero = {0}> {
          s0 = SplitToSequence <keepdims = 0> (x)
          e0 = SequenceEmpty <dtype = 1> ()
          s, r = Loop (n, , s0, e0) <
            body = b (int64 i, bool c, q, u) => (bool d, p, v) {
              d = Identity (c)
              first = SequenceAt (q, zero)
              p = SequenceErase (q, zero)
              v = SequenceInsert (u, first, zero)
            }>
          y = ConcatFromSequence <axis = 0, new_axis = 1> (r)
        })"},
      {"PopsUntilItIsEmpty", R"(
        g (int64 n, float[t,2] x) => (float[a,2] y)
            <int64 zero = {0}, int64 end = {-1}, bool yes = {1}> {
          s0 = SplitToSequence <keepdims = 0> (x)
          s, y = Loop (_, yes, s0) <
            body = b (int64 i, bool c, q) => (bool d, p, float[2] last) {
              last = SequenceAt (q, end)
              p = SequenceErase (q)
              l = SequenceLength (p)
              d = Greater (l, zero)
            }>
        })"},
      {"ReadByAScan", R"(
        g (int64 n, float[t,2] x) => (float[a,2] y) <int64 zero = {0}, int64 one = {1}> {
          s = SplitToSequence <keepdims = 0> (x)
          places = Range (zero, n, one)
          y = Scan (places) <num_scan_inputs = 1, body = b (int64 i) => (float[2] z) {
            z = SequenceAt (s, i)
          }>
        })"},
  };
  return loops;
}

class SequenceLoops : public testing::TestWithParam<SequenceLoop> {
 protected:
  static std::vector<Datum> inputs(std::int64_t trips) {
    const Type rows(DataType::kFloat32, Dims{trips, 2});
    return {Tensor::scalar(trips), random_tensor(rows, 1)};
  }
};

TEST_P(SequenceLoops, GiveWhatTheEvaluatorGives) {
  const Model model = parse_model(GetParam().graph);
  Context context(std::make_shared<Executable>(model.graph));
  const Datum actual = context.run(inputs(9))[0];
  const auto expected = std::get<Tensor>(evaluate(*model.graph, inputs(9))[0]);
  EXPECT_EQ(std::get<Tensor>(actual).dims(), expected.dims());
  const auto numbers = std::get<Tensor>(actual).values<float>();
  const auto wanted = expected.values<float>();
  EXPECT_TRUE(std::equal(numbers.begin(), numbers.end(), wanted.begin(), wanted.end()));
}

TEST_P(SequenceLoops, AllocateInProportionToTheTrips) {
  Context context(std::make_shared<Executable>(parse_model(GetParam().graph).graph));
  const auto allocations = [&](std::int64_t trips) {
    const std::vector<Datum> data = inputs(trips);
    context.run(data);
    start_counting_allocations();
    context.run(data);
    return stop_counting_allocations();
  };
  const int few = allocations(400);
  EXPECT_LT(allocations(1600), 5 * few);
}

INSTANTIATE_TEST_SUITE_P(All, SequenceLoops, testing::ValuesIn(sequence_loops()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace gatefold::test
