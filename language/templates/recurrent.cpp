#include "language/templates/recurrent.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>
#include <vector>

namespace gatefold {
namespace {

/// A kind of cell: its operator, and the places in PyTorch's order of gates that ONNX's order
/// takes.
struct Cell {
  std::string_view name;
  std::string_view op;
  std::vector<std::size_t> gates;
};

const Cell& find_cell(std::string_view name) {
  static const std::vector<Cell> kCells{
      {"rnn", "RNN", {0}},
      {"gru", "GRU", {1, 0, 2}},        // r, z, n -> z, r, h
      {"lstm", "LSTM", {0, 3, 1, 2}}};  // i, f, g, o -> i, o, f, c
  for (const Cell& cell : kCells) {
    if (cell.name == name) return cell;
  }
  return kCells.back();
}

/// Builds one module, layer by layer.
class ModuleBuilder {
 public:
  ModuleBuilder(Network& network, const std::string& module, const RecurrentShape& shape,
                Value* lengths, const RecurrentStates& initial)
      : network_(network),
        builder_(network.builder()),
        module_(module),
        shape_(shape),
        cell_(find_cell(shape.cell)),
        initial_(initial) {
    if (lengths != nullptr) lengths_ = builder_.add("Cast", {lengths}, to_int32());
  }

  RecurrentResult build(Value* x) {
    for (std::int64_t layer = 0; layer < shape_.layers; ++layer) {
      x = add_layer(x, layer);
    }
    RecurrentResult result{.output = x, .final = {.h = join(h_)}, .last_layer = h_.back()};
    if (!c_.empty()) result.final.c = join(c_);
    return result;
  }

 private:
  static Attrs to_int32() { return {{"to", static_cast<std::int64_t>(DataType::kInt32)}}; }

  /// [N, T, I] of one layer -> [T, N, directions*H].
  Value* add_layer(Value* x, std::int64_t layer) {
    const std::int64_t width = layer == 0 ? shape_.input : shape_.directions() * shape_.hidden;
    std::vector<Value*> inputs{x, stacked("weight_ih", layer, width),
                               stacked("weight_hh", layer, shape_.hidden), biases(layer), lengths_};
    if (initial_.h != nullptr) inputs.push_back(states_of(initial_.h, layer));
    if (initial_.c != nullptr) inputs.push_back(states_of(initial_.c, layer));
    Attrs attrs{{"hidden_size", shape_.hidden}};
    if (shape_.bidirectional) attrs["direction"] = std::string("bidirectional");
    if (shape_.cell == "gru") attrs["linear_before_reset"] = std::int64_t{1};
    const bool has_c = shape_.cell == "lstm";
    Node* node = builder_.add_node(cell_.op, inputs, has_c ? 3 : 2, std::move(attrs));
    h_.push_back(node->output(1));
    if (has_c) c_.push_back(node->output(2));
    const std::string name = fmt::format("{}.output_l{}", module_, layer);
    if (!shape_.bidirectional) {
      return network_.named(name, "Squeeze", {node->output(0), builder_.add_ints({1})});
    }
    Value* by_step = builder_.add("Transpose", {node->output(0)},
                                  {{"perm", std::vector<std::int64_t>{0, 2, 1, 3}}});
    return network_.named(name, "Reshape", {by_step, builder_.add_ints({0, 0, 2 * shape_.hidden})});
  }

  /// A parameter [gates*H, width] of each direction as ONNX's [directions, gates*H, width].
  Value* stacked(const std::string& what, std::int64_t layer, std::int64_t width) {
    std::vector<Value*> directions;
    for (const std::string& name : names(what, layer)) {
      directions.push_back(in_onnx_order(name, {gate_rows(), width}));
    }
    return join(directions);
  }

  /// Both biases of each direction as ONNX's [directions, 2*gates*H].
  Value* biases(std::int64_t layer) {
    const std::vector<std::string> input = names("bias_ih", layer);
    const std::vector<std::string> hidden = names("bias_hh", layer);
    std::vector<Value*> directions;
    for (std::size_t i = 0; i < input.size(); ++i) {
      directions.push_back(builder_.add(
          "Concat",
          {in_onnx_order(input[i], {gate_rows()}), in_onnx_order(hidden[i], {gate_rows()})},
          {{"axis", std::int64_t{1}}}));
    }
    return join(directions);
  }

  std::vector<std::string> names(const std::string& what, std::int64_t layer) const {
    const std::string name = fmt::format("{}.{}_l{}", module_, what, layer);
    return shape_.bidirectional ? std::vector{name, name + "_reverse"} : std::vector{name};
  }

  std::int64_t gate_rows() const {
    return static_cast<std::int64_t>(cell_.gates.size()) * shape_.hidden;
  }

  /// Makes a parameter, reorders its gates and puts an axis for the direction in front.
  Value* in_onnx_order(const std::string& name, Dims dims) {
    Value* ordered = network_.uniform(name, std::move(dims), shape_.hidden);
    if (cell_.gates.size() > 1) {
      const std::vector<std::int64_t> sizes(cell_.gates.size(), shape_.hidden);
      Node* parts = builder_.add_node("Split", {ordered, builder_.add_ints(sizes)},
                                      cell_.gates.size(), {{"axis", std::int64_t{0}}});
      std::vector<Value*> gates;
      for (const std::size_t gate : cell_.gates) gates.push_back(parts->output(gate));
      ordered = builder_.add("Concat", gates, {{"axis", std::int64_t{0}}});
    }
    return builder_.add("Unsqueeze", {ordered, builder_.add_ints({0})});
  }

  /// The part of [layers*directions, N, H] that belongs to a layer.
  Value* states_of(Value* states, std::int64_t layer) {
    if (shape_.layers == 1) return states;
    const std::int64_t first = layer * shape_.directions();
    return builder_.add("Slice",
                        {states, builder_.add_ints({first}),
                         builder_.add_ints({first + shape_.directions()}), builder_.add_ints({0})});
  }

  Value* join(const std::vector<Value*>& parts) {
    return parts.size() == 1 ? parts.front()
                             : builder_.add("Concat", parts, {{"axis", std::int64_t{0}}});
  }

  Network& network_;
  GraphBuilder& builder_;
  const std::string& module_;
  const RecurrentShape& shape_;
  const Cell& cell_;
  RecurrentStates initial_;
  Value* lengths_ = nullptr;
  std::vector<Value*> h_;
  std::vector<Value*> c_;
};

}  // namespace

RecurrentResult add_recurrent(Network& network, const std::string& module, Value* x,
                              const RecurrentShape& shape, Value* lengths,
                              RecurrentStates initial) {
  return ModuleBuilder(network, module, shape, lengths, initial).build(x);
}

}  // namespace gatefold
