#include "ir/view.h"

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "frontend/onnx_reader.h"
#include "ir/index.h"
#include "tests/random_moves.h"

namespace gatefold::test {
namespace {

// True when as much of a run is left as the view, of these extents, says.
bool is_left(const View& view, const ViewIndex& index, std::int64_t length, const Dims& counts) {
  for (std::size_t k = 0; k < counts.size(); ++k) {
    if (view.extents[k].is_known() || index.strides[k] == 0 || !index.spare) continue;
    if (std::abs(index.strides[k]) * counts[k] + *index.spare != length) return false;
  }
  return true;
}

// The position in the source, of extents `dims`, of the element at `coordinates` of a view of
// extents `counts`; -1 where it is wrong.
std::int64_t position_of(const View& view, const Dims& dims, const Dims& coordinates,
                         const Dims& counts) {
  const Shape& shape = *view.source->type().shape;
  std::int64_t position = 0;
  std::size_t run = 0;
  for (std::size_t begin = 0, end = 0; begin < shape.size(); begin = end) {
    end = begin + 1;
    while (end < shape.size() && shape[end].is_known()) ++end;
    const std::int64_t length = element_count(Dims(dims.begin() + begin, dims.begin() + end));
    const ViewIndex& index = view.runs[run++];
    std::int64_t place = index.offset + index.ends * length;
    for (std::size_t k = 0; k < coordinates.size(); ++k) place += index.strides[k] * coordinates[k];
    if (place < 0 || place >= length || !is_left(view, index, length, counts)) return -1;
    position = position * length + place;
  }
  return position;
}

/// Elements first, first + step, .. along an axis.
struct Part {
  std::size_t axis = 0;
  std::int64_t first = 0;
  std::int64_t count = 1;
  std::int64_t step = 1;
};

// What is wrong with a view of a part of a result; "" when all elements lie where it says.
std::string fault_of(const View& view, const Tensor& source, const Tensor& result,
                     const Part& part) {
  Dims dims = result.dims();
  Dims strides = strides_of(dims);
  std::int64_t start = 0;
  if (!dims.empty()) {
    start = part.first * strides[part.axis];
    strides[part.axis] *= part.step;
    dims[part.axis] = part.count;
  }
  if (view.rank() != dims.size()) return "it has another rank";
  std::string fault;
  for_each_index<1>(dims, {strides}, [&, i = std::int64_t{0}](const auto& at) mutable {
    Dims coordinates = dims;
    std::int64_t rest = i++;
    for (std::size_t axis = dims.size(); axis-- > 0; rest /= dims[axis]) {
      coordinates[axis] = rest % dims[axis];
    }
    const std::int64_t position = position_of(view, source.dims(), coordinates, dims);
    const bool is_right = position >= 0 && position < source.size() &&
                          source.number_at(position) == result.number_at(start + at[0]);
    if (!is_right && fault.empty()) {
      fault = fmt::format("[{}] is at {}", fmt::join(coordinates, ","), position);
    }
  });
  return fault;
}

std::vector<Part> parts_of(const Dims& dims) {
  std::vector<Part> parts;
  if (dims.empty()) parts.push_back({});
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    if (axis == 0) parts.push_back({axis, 0, dims[axis], 1});
    for (std::int64_t first = 0; first < dims[axis]; ++first) {
      parts.push_back({axis, first, 1, 1});
      if (first + 1 < dims[axis]) parts.push_back({axis, first, 2, 1});
      if (first > 1) parts.push_back({axis, first, first + 1, -1});
    }
  }
  return parts;
}

/// What was compared.
struct Counts {
  int views = 0;   ///< Of inputs of the graph.
  int others = 0;  ///< Of results that are no views.
};

Shape shape_of(const Dims& dims) { return {dims.begin(), dims.end()}; }

View whole_part_of(Value& value, const Part& part, const Dims& dims) {
  const View view = view_of(value);
  const bool is_all = dims.empty() || (part.step == 1 && part.count == dims[part.axis]);
  return is_all ? view : part_of(view, part.axis, part.first, Dim(part.count), part.step);
}

// Compares the view of a value, of all its elements and of parts along each axis, with what it
// computes for extents `dims` of the input.
void check(MovedGraph& graph, Value& value, const Dims& dims, const std::string& text,
           Counts& counts) {
  const auto result = graph.evaluate(value, dims);
  if (!result || result->size() == 0 || !value.type().has_rank()) return;
  std::map<const Value*, Tensor> sources;
  for (const Part& part : parts_of(result->dims())) {
    const View view = origin_of(whole_part_of(value, part, result->dims()));
    auto& source = sources[view.source];
    if (!source.is_defined()) source = *graph.evaluate(*view.source, dims);
    EXPECT_EQ(fault_of(view, source, *result, part), "")
        << text << " of " << to_string(dims) << " along axis " << part.axis << " from "
        << part.first << " seen in " << view.source->name();
    ++(view.source->producer() == nullptr ? counts.views : counts.others);
  }
}

// The views of single elements of what comes from one of several inputs, one for each.
void check_elements(Value& value, const Dims& dims, const std::string& text) {
  View element = view_of(value);
  const auto look = [&](auto&& self, std::size_t axis, const View& view) -> void {
    if (axis == dims.size()) {
      EXPECT_EQ(origin_of(view).source->producer(), nullptr) << text << " of " << to_string(dims);
      return;
    }
    for (std::int64_t i = 0; i < dims[axis]; ++i) self(self, axis + 1, part_of(view, axis, i, 1));
  };
  look(look, 0, element);
}

// What is cut at seams or anywhere else is the whole again.
void check_parts(Value& value, const Dims& dims, const std::string& text) {
  const View whole = origin_of(view_of(value));
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    const auto parts = split_at_seams(view_of(value), axis);
    std::int64_t count = 0;
    for (std::size_t i = 0; parts && i < parts->size(); ++i) {
      const View& part = (*parts)[i].view;
      EXPECT_EQ((*parts)[i].first[axis], count) << text;
      count += part.extents[axis].size();
      EXPECT_TRUE(parts->size() == 1 || origin_of(part).source != &value) << text;
    }
    EXPECT_TRUE(!parts || count == dims[axis]) << text;
    for (std::int64_t first = 1; first < dims[axis]; ++first) {
      const View front = part_of(whole, axis, 0, Dim(first));
      const View back = part_of(whole, axis, first, Dim(dims[axis] - first));
      EXPECT_EQ(joined(front, back, axis), whole) << text;
    }
  }
}

// What all elements of come from one input, in one line.
bool is_view(const Move& move) {
  constexpr std::string_view kViews[] = {"Expand", "Flatten", "Identity",  "Reshape",  "Slice",
                                         "Split",  "Squeeze", "Transpose", "Unsqueeze"};
  const std::string op = move.text.substr(0, move.text.find(' '));
  return std::find(std::begin(kViews), std::end(kViews), op) != std::end(kViews);
}

// What is made of several inputs, all of whose elements are found.
bool has_parts(const Move& move) {
  const bool is_apart = move.text.starts_with("Scatter") && move.text.ends_with("2");
  return move.text.starts_with("Concat") || move.text.starts_with("DepthToSpace") ||
         move.text.starts_with("Tile") || (move.text.starts_with("Scatter") && !is_apart);
}

TEST(View, SaysWhereTheElementsOfEveryMoveLie) {
  for (const Dims& dims : small_dims()) {
    for (const Move& move : moves_of(dims)) {
      MovedGraph graph(shape_of(dims));
      Value* value = graph.apply(move, graph.input());
      ASSERT_NE(value, nullptr) << move.text;
      Counts counts;
      check(graph, *value, dims, move.text, counts);
      EXPECT_TRUE(!is_view(move) || counts.others == 0) << move.text << " of " << to_string(dims);
      if (has_parts(move)) check_elements(*value, value->type().dims(), move.text);
      if (element_count(value->type().dims()) > 0) {
        check_parts(*value, value->type().dims(), move.text);
      }
    }
  }
}

// Compared for the extents that the moves were made for and for others of the same names.
void check_chain(std::uint64_t seed, bool has_names, Counts& counts) {
  RandomChain chain(seed, has_names);
  check(chain.graph, *chain.value, chain.dims, chain.text, counts);
  Counts others;
  for (Dims dims :
       {Dims(chain.dims.size(), 1), Dims(chain.dims.size(), 2), Dims(chain.dims.size(), 4)}) {
    for (std::size_t axis = 0; axis < dims.size(); ++axis) {
      if (chain.shape[axis].is_known()) dims[axis] = chain.dims[axis];
    }
    if (has_names) check(chain.graph, *chain.value, dims, chain.text, others);
  }
}

TEST(View, ComposesThroughChainsOfMoves) {
  Counts counts;
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) check_chain(seed, false, counts);
  EXPECT_GT(2 * counts.views, counts.others);
}

TEST(View, HoldsForAllExtentsOfAName) {
  Counts counts;
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) check_chain(seed, true, counts);
  EXPECT_GT(3 * counts.views, counts.others);
}

// The first letters of an output say whether it is a view.
constexpr const char* kNamed = R"(<ir_version: 8, opset_import: ["" : 18]>
named (float[T,N,4] x, float[3,4] w, int64[2] i, int64[N] lengths)
    => (float[p,4] no_joined, float[12] no_turned, float[q,N,4] no_last_three,
        float[q,N,4] no_back_from_five, float[3,4] no_shuffled, float[2,4] no_drawn,
        float[6,4] no_repeated, float[4,4] no_padded, float[6,4] no_doubled,
        float[T,N,4] no_lengths, float[3,4] no_added, float[3,4] no_sum, float[4,3] no_grid,
        float[N,4] is_last, float[r,N,4] is_before_last, float[T,N,4] is_backwards,
        float[T,N,4] is_twice_backwards, float[s,N,4] is_rest, float[T,N,2,2] is_split,
        float[N,T,4] is_turned, float[5,3,4] is_expanded, float[T,N,4] is_range,
        float[T,N,4] is_whole_length, float[2,2,4] is_windows, float[N,4] is_last_of_rest)
  <int64[1] from = {-3}, int64[1] m1 = {-1}, int64[1] m2 = {-2}, int64[1] zero = {0}, int64[1] five = {5},
   int64[1] one = {1}, int64[1] end = {9223372036854775807}, int64[1] start = {-9223372036854775807},
   int64[2] two = {-1, 4}, int64[1] flat = {12}, int64[3] order = {0, 2, 1}, int64[2] twice = {2, 1},
   int64[4] pads = {0, 0, 1, 0}, int64[1,1] row = {1}, float[1,4] update = {1, 2, 3, 4}, int64 last = {-1},
   int64[4] quarters = {0, 0, 2, 2}, int64[3] wide = {5, 1, 1}, int64 s0 = {0}, int64 s1 = {1},
   int64[2,2] windows = {0, 1, 1, 2}, int64[4,3] grid = {0, 1, 2, 1, 2, 3, 0, 1, 2, 3, 2, 1}>
{
  no_joined = Reshape (x, two)
  turned = Transpose (w)
  no_turned = Reshape (turned, flat)
  no_last_three = Slice (x, from, end, zero)
  no_back_from_five = Slice (x, five, start, zero, m1)
  no_shuffled = Gather (w, order)
  no_drawn = Gather (w, i)
  no_repeated = Tile (w, twice)
  no_padded = Pad (w, pads)
  no_doubled = Concat <axis = 0> (w, w)
  no_lengths = ReverseSequence (x, lengths)
  no_added = ScatterND <reduction = "add"> (w, row, update)
  no_sum = Add (w, w)
  first = Gather (w, s0)
  no_grid = Gather (first, grid)
  is_last = Gather (x, last)
  is_before_last = Slice (x, m2, m1, zero)
  is_backwards = Slice (x, m1, start, zero, m1)
  is_twice_backwards = Slice (is_backwards, m1, start, zero, m1)
  is_rest = Slice (x, one, end, zero)
  is_split = Reshape (x, quarters)
  is_turned = Transpose <perm = [1, 0, 2]> (x)
  is_expanded = Expand (w, wide)
  steps = Shape <start = 0, end = 1> (x)
  batch = Shape <start = 1, end = 2> (x)
  count = Squeeze (steps)
  numbers = Range (s0, count, s1)
  is_range = Gather (x, numbers)
  whole = Expand (steps, batch)
  is_whole_length = ReverseSequence <time_axis = 0, batch_axis = 1> (x, whole)
  is_windows = Gather (w, windows)
  is_last_of_rest = Gather (is_rest, last)
})";

TEST(View, IsNothingWhereElementsDoNotLieInLine) {
  const Model model = parse_model(kNamed);
  int views = 0;
  for (const Graph::Output& output : model.graph->outputs()) {
    const View view = origin_of(view_of(*output.value));
    const bool is_found = view.source->producer() == nullptr;
    EXPECT_EQ(is_found, output.name.starts_with("is_")) << output.name;
    views += is_found ? 1 : 0;
  }
  EXPECT_EQ(views, 12);
}

}  // namespace
}  // namespace gatefold::test
