#include <cstring>
#include <utility>

#include "backend/kernels.h"
#include "backend/placement.h"
#include "backend/simd/strided_copy.h"
#include "ir/index.h"
#include "ir/ops/depth_to_space.h"

namespace gatefold::native {
namespace {

/// One copy from an input to an output, each starting at an offset in bytes.
struct Move {
  std::size_t input = 0;
  std::size_t output = 0;
  std::int64_t source_offset = 0;
  std::int64_t target_offset = 0;
  StridedCopy copy;
};

/// Runs its moves one after the other. What has been written to its place already stays.
class CopyKernel : public Kernel {
 public:
  explicit CopyKernel(std::vector<Move> moves) : moves_(std::move(moves)) {}

  void run(const Buffers& buffers) override {
    for (Move& move : moves_) {
      const std::byte* source = buffers.input<std::byte>(move.input) + move.source_offset;
      std::byte* target = buffers.output<std::byte>(move.output) + move.target_offset;
      if (source != target) move.copy.run(source, target);
    }
  }

 private:
  std::vector<Move> moves_;
};

/// A kernel that fills output 0 from input 0, which it walks with `strides` (in elements) over the
/// box `dims`.
std::unique_ptr<Kernel> fill_from_input(const KernelRequest& request, const Dims& dims,
                                        const Dims& strides) {
  std::vector<Move> moves(1);
  moves[0].copy = StridedCopy(size_of(request.dtype()), dims, strides);
  return std::make_unique<CopyKernel>(std::move(moves));
}

/// The numbers of axes in another order.
Dims reordered(const Dims& numbers, const std::vector<std::int64_t>& axes) {
  Dims result;
  for (const std::int64_t axis : axes) result.push_back(numbers[axis]);
  return result;
}

}  // namespace

// Each output is elements of input 0, or the only one is put together from the inputs.
std::unique_ptr<Kernel> make_moves(const KernelRequest& request) {
  const auto width = static_cast<std::int64_t>(size_of(request.dtype()));
  std::vector<Move> moves;
  const auto add_move = [&](std::size_t input, const Placement& source, std::size_t output,
                            const Placement& target, const Dims& dims) {
    moves.push_back({input, output, source.offset * width, target.offset * width,
                     StridedCopy(size_of(request.dtype()), dims, source.strides, target.strides)});
  };
  const std::vector<Placement> parts = request.inputs.size() > 1 && request.outputs.size() == 1
                                           ? parts_of(request, request.strides_of_output())
                                           : std::vector<Placement>();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    add_move(i, {0, request.strides_of_input(i)}, 0, parts[i], request.input_dims(i));
  }
  for (std::size_t i = 0; parts.empty() && i < request.outputs.size(); ++i) {
    if (!request.has_output(i)) continue;
    const auto view = view_of(request, i, request.strides_of_input(0));
    if (!view) return nullptr;
    add_move(0, *view, i, {0, request.strides_of_output(i)}, request.output_dims(i));
  }
  return std::make_unique<CopyKernel>(std::move(moves));
}

std::unique_ptr<Kernel> make_depth_to_space(const KernelRequest& request) {
  const ops::BlockMove move = ops::block_move(request.node, request.input_dims(0));
  return fill_from_input(request, reordered(move.dims, move.axes),
                         reordered(strides_of(move.dims), move.axes));
}

// Every axis n of the input becomes two of the copied box: its repeats and its n elements.
std::unique_ptr<Kernel> make_tile(const KernelRequest& request) {
  const Dims from = request.input_dims(0);
  const Dims to = request.output_dims();
  const Dims strides = strides_of(from);
  Dims box;
  Dims walk;
  for (std::size_t i = 0; i < from.size(); ++i) {
    box.insert(box.end(), {from[i] == 0 ? 0 : to[i] / from[i], from[i]});
    walk.insert(walk.end(), {0, strides[i]});
  }
  return fill_from_input(request, box, walk);
}

}  // namespace gatefold::native
