#include "backend/kernels/chain.h"

#include <algorithm>
#include <array>

#include "backend/kernels/element_code.h"
#include "backend/pointer_map.h"
#include "backend/simd/element_spread.h"
#include "backend/simd/team.h"
#include "ir/index.h"
#include "ir/op_def.h"

namespace gatefold::native {
namespace {

/// Elements that all instructions are run on before the next ones are looked at.
constexpr std::int64_t kBlock = 1024;

/// Where an operand lies: an input, an output, or a register, which holds one block.
struct Place {
  enum class Root : std::int8_t { kInput, kOutput, kRegister };

  Root root = Root::kInput;
  std::size_t index = 0;
  std::int64_t step = 0;  ///< Bytes from one element to the next; 0 for what stays in place.
};

/// One node's formula; places are numbers in the program's list.
struct Instruction {
  ElementCode code;
  std::array<std::size_t, ElementCode::kMostOperands> operands{};
  std::size_t result = 0;
};

/// Repeats the elements of an input in a register, as far as a block needs them.
struct Repetition {
  ElementSpread spread;
  std::size_t input = 0;
  std::size_t result = 0;
};

struct Program {
  std::int64_t size = 0;  ///< Elements of every output.
  std::vector<Place> places;
  std::vector<Repetition> repetitions;
  std::vector<Instruction> instructions;
  std::size_t registers = 0;
  std::size_t register_bytes = 0;
};

/// Runs a program block by block.
class ChainKernel : public RangeKernel {
 public:
  ChainKernel(Program program, int threads)
      : program_(std::move(program)), threads_(program_.size < kParallelElements ? 1 : threads) {
    const std::size_t lines = (program_.places.size() * sizeof(void*) + kLine - 1) / kLine;
    table_bytes_ = lines * kLine;
  }

  std::size_t scratch_bytes() const override { return scratch_bytes_of(threads_); }

  std::size_t scratch_bytes_of(int threads) const override {
    return static_cast<std::size_t>(threads) * thread_bytes();
  }

  bool may_overwrite(std::size_t input, std::size_t output) const override {
    std::size_t writer = 0;
    for (std::size_t i = 0; i < program_.instructions.size(); ++i) {
      const Place& result = program_.places[program_.instructions[i].result];
      if (result.root == Place::Root::kOutput && result.index == output) writer = i;
    }
    for (std::size_t place = 0; place < program_.places.size(); ++place) {
      const Place& read = program_.places[place];
      if (read.root != Place::Root::kInput || read.index != input) continue;
      if (read.step == 0 || is_read_after(place, writer)) return false;
    }
    return true;
  }

  void run(const Buffers& buffers) override {
    if (threads_ == 1) return run_range(buffers, 0, program_.size, 0);
    const std::int64_t blocks = (program_.size + kBlock - 1) / kBlock;
    const std::int64_t part = (blocks + threads_ - 1) / threads_ * kBlock;
#pragma omp parallel for num_threads(threads_)
    for (int i = 0; i < threads_; ++i) {
      run_range(buffers, i * part, std::min((i + 1) * part, program_.size), i);
    }
  }

  void run_range(const Buffers& buffers, std::int64_t begin, std::int64_t end,
                 int thread) const override {
    auto* scratch = static_cast<std::byte*>(buffers.scratch) +
                    static_cast<std::size_t>(thread) * thread_bytes();
    auto** at = reinterpret_cast<std::byte**>(scratch);
    for (std::size_t i = 0; i < program_.places.size(); ++i) {
      const Place& place = program_.places[i];
      at[i] = start_of(place, buffers, scratch + table_bytes_) + begin * place.step;
    }
    for (; begin < end; begin += kBlock) {
      run_block(begin, std::min(kBlock, end - begin), at);
      for (std::size_t i = 0; i < program_.places.size(); ++i) {
        at[i] += kBlock * program_.places[i].step;
      }
    }
  }

 private:
  static constexpr std::size_t kLine = 64;

  bool is_read_after(std::size_t place, std::size_t instruction) const {
    const auto begin = program_.instructions.begin() + static_cast<std::ptrdiff_t>(instruction) + 1;
    return std::any_of(begin, program_.instructions.end(), [&](const Instruction& reader) {
      const auto count = static_cast<std::ptrdiff_t>(reader.code.operands.size());
      const auto end = reader.operands.begin() + count;
      return std::find(reader.operands.begin(), end, place) != end;
    });
  }

  /// A pointer for each place, then the registers.
  std::size_t thread_bytes() const {
    return table_bytes_ + program_.registers * program_.register_bytes;
  }

  std::byte* start_of(const Place& place, const Buffers& buffers, std::byte* registers) const {
    switch (place.root) {
      case Place::Root::kInput:
        return static_cast<std::byte*>(const_cast<void*>(buffers.inputs[place.index]));
      case Place::Root::kOutput:
        return static_cast<std::byte*>(buffers.outputs[place.index]);
      default:
        return registers + place.index * program_.register_bytes;
    }
  }

  void run_block(std::int64_t begin, std::int64_t count, std::byte* const* at) const {
    for (const Repetition& repetition : program_.repetitions) {
      repetition.spread.copy(at[repetition.input], begin, count, at[repetition.result]);
    }
    for (const Instruction& instruction : program_.instructions) {
      const void* operands[ElementCode::kMostOperands];
      for (std::size_t k = 0; k < instruction.operands.size(); ++k) {
        operands[k] = at[instruction.operands[k]];
      }
      instruction.code.run(instruction.code, operands, at[instruction.result], count);
    }
  }

  Program program_;
  int threads_;
  std::size_t table_bytes_ = 0;
};

/// Translates nodes into a program.
class ProgramBuilder {
 public:
  explicit ProgramBuilder(std::span<const KernelRequest* const> members) : members_(members) {
    for (std::size_t i = 0; i < members.size(); ++i) {
      maker_[members[i]->node.output(0)] = i;
      for (const Value* value : members[i]->node.inputs()) last_reader_[value] = i;
      const std::size_t bytes = size_of(members[i]->outputs[0].dtype);
      program_.register_bytes = std::max(program_.register_bytes, kBlock * bytes);
    }
    dims_ = members.front()->output_dims();
    program_.size = element_count(dims_);
  }

  RangeKernelWithValues build();

 private:
  bool is_read_outside(const Value* value) const;
  void add_instruction(std::size_t member);
  std::size_t operand_place(const KernelRequest& request, const ElementCode::Operand& operand);
  std::size_t input_place(const Value* value, std::int64_t step);
  std::size_t repeated_place(const KernelRequest& request, std::size_t input);
  std::size_t result_place(const KernelRequest& request);
  std::size_t take_register();
  void release_registers(std::size_t member);

  std::span<const KernelRequest* const> members_;
  /// Where an input is read, with the step from one of its elements to the next.
  struct InputPlace {
    const Value* value = nullptr;
    std::int64_t step = 0;
    std::size_t place = 0;
  };

  PointerMap<Value, std::size_t> maker_;
  PointerMap<Value, std::size_t> last_reader_;
  Dims dims_;
  Program program_;
  InlineVector<const Value*> inputs_;
  InlineVector<const Value*> outputs_;
  PointerMap<Value, std::size_t> result_of_;  // Place of what a member makes.
  InlineVector<InputPlace> input_places_;
  PointerMap<Value, std::size_t> repeated_;  // Place of an input whose elements are repeated.
  std::vector<std::size_t> free_registers_;
};

// Graph outputs, too, are read outside, and views, which are made of another node.
bool ProgramBuilder::is_read_outside(const Value* value) const {
  if (value->output_uses() > 0) return true;
  return std::any_of(value->uses().begin(), value->uses().end(), [&](const Use& use) {
    return !maker_.contains(use.user->output(0)) && !use.user->op().reads_only_shapes;
  });
}

std::size_t ProgramBuilder::take_register() {
  if (free_registers_.empty()) free_registers_.push_back(program_.registers++);
  program_.places.push_back({Place::Root::kRegister, free_registers_.back(), 0});
  free_registers_.pop_back();
  return program_.places.size() - 1;
}

std::size_t ProgramBuilder::input_place(const Value* value, std::int64_t step) {
  const auto* const found = std::find_if(
      input_places_.begin(), input_places_.end(),
      [&](const InputPlace& input) { return input.value == value && input.step == step; });
  if (found != input_places_.end()) return found->place;
  input_places_.push_back({value, step, program_.places.size()});
  const auto known = std::find(inputs_.begin(), inputs_.end(), value);
  const auto index = static_cast<std::size_t>(known - inputs_.begin());
  if (known == inputs_.end()) inputs_.push_back(value);
  program_.places.push_back({Place::Root::kInput, index, step});
  return program_.places.size() - 1;
}

// A register that is filled before the first instruction.
std::size_t ProgramBuilder::repeated_place(const KernelRequest& request, std::size_t input) {
  const Value* value = request.node.input(input);
  if (const std::size_t* found = repeated_.find(value)) return *found;
  const DataType dtype = request.dtype(input);
  const std::size_t bytes = size_of(dtype);
  program_.register_bytes = std::max(program_.register_bytes, kBlock * bytes);
  const std::size_t source = input_place(value, 0);
  program_.places.push_back({Place::Root::kRegister, program_.registers++, 0});
  const std::size_t place = program_.places.size() - 1;
  program_.repetitions.push_back(
      {ElementSpread(request.input_dims(input), dims_, dtype), source, place});
  return repeated_[value] = place;
}

std::size_t ProgramBuilder::operand_place(const KernelRequest& request,
                                          const ElementCode::Operand& operand) {
  const Value* value = request.node.input(operand.input);
  if (const std::size_t* made = result_of_.find(value)) return *made;
  if (operand.stays) return input_place(value, 0);
  const Dims dims = request.input_dims(operand.input);
  if (element_count(dims) != program_.size) return repeated_place(request, operand.input);
  return input_place(value, static_cast<std::int64_t>(size_of(request.dtype(operand.input))));
}

std::size_t ProgramBuilder::result_place(const KernelRequest& request) {
  const Value* value = request.node.output(0);
  if (!is_read_outside(value)) return result_of_[value] = take_register();
  const auto step = static_cast<std::int64_t>(size_of(request.outputs[0].dtype));
  program_.places.push_back({Place::Root::kOutput, outputs_.size(), step});
  outputs_.push_back(value);
  return result_of_[value] = program_.places.size() - 1;
}

void ProgramBuilder::release_registers(std::size_t member) {
  const auto& values = members_[member]->node.inputs();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t* made = result_of_.find(values[i]);
    const bool is_repeated = std::find(values.begin(), values.begin() + i, values[i]) !=
                             values.begin() + static_cast<std::ptrdiff_t>(i);
    if (made == nullptr || last_reader_.at(values[i]) != member || is_repeated) continue;
    const Place& place = program_.places[*made];
    if (place.root == Place::Root::kRegister) free_registers_.push_back(place.index);
  }
}

void ProgramBuilder::add_instruction(std::size_t member) {
  const KernelRequest& request = *members_[member];
  Instruction instruction{.code = *find_element_code(request)};
  for (std::size_t i = 0; i < instruction.code.operands.size(); ++i) {
    instruction.operands[i] = operand_place(request, instruction.code.operands[i]);
  }
  // Taken before the operands' registers are free again: a result never lies over an operand.
  instruction.result = result_place(request);
  release_registers(member);
  program_.instructions.push_back(std::move(instruction));
}

RangeKernelWithValues ProgramBuilder::build() {
  for (std::size_t i = 0; i < members_.size(); ++i) add_instruction(i);
  const int threads = members_.front()->threads;
  return {std::make_unique<ChainKernel>(std::move(program_), threads), std::move(inputs_),
          std::move(outputs_)};
}

}  // namespace

RangeKernelWithValues make_range_chain(std::span<const KernelRequest* const> members) {
  return ProgramBuilder(members).build();
}

KernelWithValues make_chain(std::span<const KernelRequest* const> members) {
  RangeKernelWithValues chain = make_range_chain(members);
  return {std::move(chain.kernel), std::move(chain.inputs), std::move(chain.outputs)};
}

}  // namespace gatefold::native
