#include "tests/view_moves.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

#include "ir/tensor.h"

namespace gatefold::test {
namespace {

using Ints = std::vector<std::int64_t>;

Tensor numbers(const Dims& dims, const Ints& values) {
  return Tensor::of<std::int64_t>(dims, std::span(values));
}

/// Collects moves for a value of some extents.
class Moves {
 public:
  explicit Moves(const Dims& dims) : dims_(dims) {}

  std::vector<Move> take() { return std::move(moves_); }

  void add_reshapes() {
    const std::int64_t size = element_count(dims_);
    for (std::int64_t a = 1; a <= size; ++a) {
      if (size % a != 0) continue;
      add_reshape({a, size / a});
      for (std::int64_t b = 1; b <= size / a; ++b) {
        if (size / a % b == 0) add_reshape({a, b, size / a / b});
      }
    }
    add_reshape({size});
    add_reshape({-1});
    for (std::int64_t axis = 0; axis < rank(); ++axis) {
      Ints copied(static_cast<std::size_t>(rank()), 0);
      copied[static_cast<std::size_t>(axis)] = -1;
      add_reshape(copied);
      copied.push_back(1);
      add_reshape(copied);
    }
    for (std::int64_t axis = -rank(); axis <= rank(); ++axis) add("Flatten", {}, {{"axis", axis}});
  }

  void add_rank_changes() {
    for (std::int64_t a = 0; a <= rank(); ++a) {
      add("Unsqueeze", {numbers({1}, {a})});
      for (std::int64_t b = 0; b < a; ++b) add("Unsqueeze", {numbers({2}, {a + 1, b})});
      if (a == rank() || dims_[a] != 1) continue;
      add("Squeeze", {numbers({1}, {a - rank()})});
      for (std::int64_t b = 0; b < a; ++b) {
        if (dims_[b] == 1) add("Squeeze", {numbers({2}, {b, a})});
      }
    }
  }

  void add_transposes() {
    Ints perm(static_cast<std::size_t>(rank()));
    std::iota(perm.begin(), perm.end(), 0);
    do add("Transpose", {}, {{"perm", perm}});
    while (std::next_permutation(perm.begin(), perm.end()));
    add("Transpose", {});
  }

  void add_slices() {
    for (std::int64_t axis = 0; axis < rank(); ++axis) {
      for (const std::int64_t step : {1, 2, -1, -2}) {
        for (const std::int64_t start : ends_of(axis)) {
          for (const std::int64_t end : ends_of(axis)) {
            add("Slice", {numbers({1}, {start}), numbers({1}, {end}), numbers({1}, {axis - rank()}),
                          numbers({1}, {step})});
          }
        }
      }
    }
    if (rank() < 2) return;
    add("Slice", {numbers({2}, {1, 0}), numbers({2}, {2, 1})});
    add("Slice", {numbers({2}, {0, 2}), numbers({2}, {1 << 31, -9}), numbers({2}, {1, 0}),
                  numbers({2}, {1, -1})});
  }

  void add_splits() {
    for (std::int64_t axis = 0; axis < rank(); ++axis) {
      for (std::int64_t first = 0; first <= dims_[axis]; ++first) {
        const Ints sizes{first, dims_[axis] - first};
        for (const std::size_t part : {0, 1}) add_split(axis, numbers({2}, sizes), part);
      }
      for (const std::size_t part : {0, 1}) {
        if (dims_[axis] > 1) add_split(axis, {}, part);
      }
    }
  }

  void add_repeats() {
    for (std::int64_t axis = 0; axis < rank(); ++axis) {
      Ints repeats(static_cast<std::size_t>(rank()), 1);
      repeats[static_cast<std::size_t>(axis)] = 2;
      add("Tile", {numbers({rank()}, repeats)});
      if (dims_[axis] == 1) add("Expand", {numbers({rank()}, repeats)});
      repeats.insert(repeats.begin(), 3);
      if (dims_[axis] == 1) add("Expand", {numbers({rank() + 1}, repeats)});
    }
  }

  void add_pads() {
    for (std::int64_t axis = 0; axis < rank(); ++axis) {
      for (const std::int64_t before : {-1, 0, 2}) {
        for (const std::int64_t behind : {-1, 0, 1}) {
          Ints pads(static_cast<std::size_t>(2 * rank()), 0);
          pads[static_cast<std::size_t>(axis)] = before;
          pads[static_cast<std::size_t>(rank() + axis)] = behind;
          if (dims_[axis] + before + behind > 0) add("Pad", {numbers({2 * rank()}, pads)});
        }
      }
    }
  }

  void add_gathers() {
    for (std::int64_t axis = 0; axis < rank(); ++axis) {
      const Attrs attrs{{"axis", axis - rank()}};
      for (std::int64_t a = -dims_[axis]; a < dims_[axis]; ++a) {
        add("Gather", {Tensor::scalar(a)}, attrs);
        add("Gather", {numbers({1}, {a})}, attrs);
        for (std::int64_t b = -dims_[axis]; b < dims_[axis]; ++b) {
          add("Gather", {numbers({2}, {a, b})}, attrs);
          if (2 * b - a < dims_[axis] && 2 * b - a >= 0) {
            add("Gather", {numbers({3}, {a, b, 2 * b - a})}, attrs);
            add("Gather", {numbers({2, 2}, {a, b, b, 2 * b - a})}, attrs);
          }
        }
      }
    }
  }

  void add_concats() {
    for (std::int64_t axis = 0; axis < rank(); ++axis) {
      for (const bool is_second : {false, true}) {
        add_call("Concat", [axis, is_second](GraphBuilder& builder, Value* value) {
          Value* other =
              builder.graph().add_input(builder.graph().unique_name("other"), value->type());
          return builder.add(
              "Concat", is_second ? std::vector{other, value, other} : std::vector{value, other},
              {{"axis", axis}});
        });
      }
    }
  }

  void add_reversals() {
    if (rank() < 2) return;
    for (const std::int64_t time : {0, 1}) {
      const std::int64_t batch = dims_[1 - time];
      for (const std::int64_t length : {dims_[time], std::int64_t{1}}) {
        add("ReverseSequence", {numbers({batch}, Ints(static_cast<std::size_t>(batch), length))},
            {{"time_axis", time}, {"batch_axis", 1 - time}});
      }
    }
  }

  // Boxes of all axes up to some, counted up or down, and of one axis in constants and in ranges.
  void add_scatters() {
    for (std::int64_t axis = 0; axis < rank(); ++axis) {
      for (std::int64_t first = 0; first < dims_[axis]; ++first) {
        for (std::int64_t last = 0; last < dims_[axis]; ++last) {
          for (const std::int64_t step : {1, 2}) add_scatter(axis, first, last, step);
        }
      }
    }
  }

  void add_blocks() {
    if (rank() != 4) return;
    const Attrs two{{"blocksize", std::int64_t{2}}};
    if (dims_[1] % 4 == 0) {
      add("DepthToSpace", {}, two);
      add("DepthToSpace", {}, {{"blocksize", std::int64_t{2}}, {"mode", std::string("CRD")}});
    }
    if (dims_[2] % 2 == 0 && dims_[3] % 2 == 0) add("SpaceToDepth", {}, two);
  }

 private:
  std::int64_t rank() const { return static_cast<std::int64_t>(dims_.size()); }

  // Numbers to slice from and to.
  Ints ends_of(std::int64_t axis) const {
    Ints ends{-(std::int64_t{1} << 40), std::int64_t{1} << 40};
    for (std::int64_t end = -dims_[axis] - 1; end <= dims_[axis] + 1; ++end) ends.push_back(end);
    return ends;
  }

  void add_call(std::string text, std::function<Value*(GraphBuilder&, Value*)> apply) {
    moves_.push_back({std::move(text), std::move(apply)});
  }

  // A node with constants behind its first input.
  void add(const std::string& op, const std::vector<Tensor>& constants, const Attrs& attrs = {}) {
    std::string text = op;
    for (const Tensor& constant : constants) {
      text += fmt::format(" {}", fmt::join(constant.to_int64(), ","));
    }
    add_call(text, [=](GraphBuilder& builder, Value* value) {
      std::vector<Value*> inputs{value};
      for (const Tensor& constant : constants) {
        inputs.push_back(builder.add_constant("c", constant));
      }
      return builder.add(op, inputs, attrs);
    });
  }

  void add_reshape(const Ints& dims) {
    add("Reshape", {numbers({static_cast<std::int64_t>(dims.size())}, dims)});
  }

  void add_split(std::int64_t axis, const Tensor& sizes, std::size_t part) {
    add_call(fmt::format("Split axis {} part {}", axis, part),
             [=](GraphBuilder& builder, Value* value) {
               std::vector<Value*> inputs{value};
               Attrs attrs{{"axis", axis}};
               if (sizes.is_defined()) {
                 inputs.push_back(builder.add_constant("sizes", sizes));
               } else {
                 attrs["num_outputs"] = std::int64_t{2};
               }
               return builder.add_node("Split", inputs, 2, attrs)->output(part);
             });
  }

  void add_scatter(std::int64_t axis, std::int64_t first, std::int64_t last, std::int64_t step);

  Dims dims_;
  std::vector<Move> moves_;
};

// Numbers from..to along `axis` of these extents, made by Range, Unsqueeze and Expand.
Value* ranged(GraphBuilder& builder, std::int64_t axis, const Dims& dims, std::int64_t from,
              std::int64_t step) {
  const auto scalar = [&](std::int64_t number) {
    return builder.add_constant("n", Tensor::scalar(number));
  };
  Value* range = builder.add("Range", {scalar(0), scalar(step * dims[axis]), scalar(step)});
  range = builder.add("Add", {range, builder.add_ints({from})});
  Ints behind;
  for (std::int64_t k = 1; k + axis < static_cast<std::int64_t>(dims.size()); ++k) {
    behind.push_back(k);
  }
  if (!behind.empty()) range = builder.add("Unsqueeze", {range, builder.add_ints(behind)});
  return builder.add("Expand", {range, builder.add_ints(Ints(dims))});
}

// Replaces first, .. last along an axis, by ScatterND of tuples for all axes up to it and by
// ScatterElements; the axes before have one element less.
void Moves::add_scatter(std::int64_t axis, std::int64_t first, std::int64_t last,
                        std::int64_t step) {
  step = last < first ? -step : step;
  Dims box = dims_;
  box[axis] = std::abs(last - first) / std::abs(step) + 1;
  for (std::int64_t k = 0; k < axis; ++k) box[k] = std::max<std::int64_t>(box[k] - 1, 1);
  const auto updates = [](GraphBuilder& builder, const Value* value, const Dims& dims) {
    return builder.graph().add_input(builder.graph().unique_name("updates"),
                                     Type(value->type().dtype, dims));
  };
  add_call(fmt::format("ScatterElements axis {} {}..{} step {}", axis, first, last, step),
           [=](GraphBuilder& builder, Value* value) {
             Value* indices = ranged(builder, axis, box, first, step);
             return builder.add("ScatterElements", {value, indices, updates(builder, value, box)},
                                {{"axis", axis}});
           });
  add_call(fmt::format("ScatterND up to axis {} {}..{} step {}", axis, first, last, step),
           [=](GraphBuilder& builder, Value* value) {
             const Dims counts(box.begin(), box.begin() + axis + 1);
             std::vector<Value*> columns;
             for (std::int64_t k = 0; k <= axis; ++k) {
               Value* column =
                   ranged(builder, k, counts, k == axis ? first : 0, k == axis ? step : 1);
               columns.push_back(builder.add("Unsqueeze", {column, builder.add_ints({-1})}));
             }
             Value* tuples = builder.add("Concat", columns, {{"axis", std::int64_t{-1}}});
             return builder.add("ScatterND", {value, tuples, updates(builder, value, box)});
           });
}

}  // namespace

namespace {

constexpr void (Moves::*kKinds[])() = {
    &Moves::add_reshapes, &Moves::add_rank_changes, &Moves::add_transposes, &Moves::add_slices,
    &Moves::add_splits,   &Moves::add_repeats,      &Moves::add_pads,       &Moves::add_gathers,
    &Moves::add_concats,  &Moves::add_reversals,    &Moves::add_scatters,   &Moves::add_blocks,
};

}  // namespace

std::size_t move_kinds() { return std::size(kKinds); }

std::vector<Move> moves_of(const Dims& dims, std::size_t kind) {
  Moves moves(dims);
  (moves.*kKinds[kind])();
  return moves.take();
}

std::vector<Move> moves_of(const Dims& dims) {
  std::vector<Move> all;
  for (std::size_t kind = 0; kind < move_kinds(); ++kind) {
    for (Move& move : moves_of(dims, kind)) all.push_back(std::move(move));
  }
  return all;
}

}  // namespace gatefold::test
