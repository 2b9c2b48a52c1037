#include <cstring>
#include <utility>

#include "backend/kernels.h"
#include "backend/simd/strided_copy.h"
#include "ir/index.h"
#include "ir/ops/depth_to_space.h"
#include "ir/ops/slice.h"

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
                                        const Dims& strides, std::int64_t offset = 0) {
  const std::size_t width = size_of(request.dtype());
  std::vector<Move> moves(1);
  moves[0].source_offset = offset * static_cast<std::int64_t>(width);
  moves[0].copy = StridedCopy(width, dims, strides);
  return std::make_unique<CopyKernel>(std::move(moves));
}

/// The numbers of axes in another order.
Dims reordered(const Dims& numbers, const std::vector<std::int64_t>& axes) {
  Dims result;
  for (const std::int64_t axis : axes) result.push_back(numbers[axis]);
  return result;
}

std::int64_t axis_of(const KernelRequest& request) {
  const std::int64_t axis = request.node.attr_int("axis");
  return axis < 0 ? axis + static_cast<std::int64_t>(request.input_dims(0).size()) : axis;
}

}  // namespace

std::unique_ptr<Kernel> make_transpose(const KernelRequest& request) {
  const Dims dims = request.input_dims(0);
  std::vector<std::int64_t> axes = request.node.attr_ints("perm");
  if (!request.node.has_attr("perm")) {
    for (std::size_t i = dims.size(); i-- > 0;) axes.push_back(static_cast<std::int64_t>(i));
  }
  std::vector<Move> moves(1);
  moves[0].copy =
      StridedCopy(size_of(request.dtype()), request.output_dims(),
                  reordered(request.strides_of_input(0), axes), request.strides_of_output());
  return std::make_unique<CopyKernel>(std::move(moves));
}

std::unique_ptr<Kernel> make_depth_to_space(const KernelRequest& request) {
  const ops::BlockMove move = ops::block_move(request.node, request.input_dims(0));
  return fill_from_input(request, reordered(move.dims, move.axes),
                         reordered(strides_of(move.dims), move.axes));
}

std::unique_ptr<Kernel> make_slice(const KernelRequest& request) {
  std::vector<std::int64_t> numbers[5];
  for (std::size_t i = 1; i < request.inputs.size(); ++i) {
    if (!request.has_input(i)) continue;
    if (request.constant(i) == nullptr) return nullptr;
    numbers[i] = request.constant(i)->to_int64();
  }
  const Dims dims = request.input_dims(0);
  Dims strides = strides_of(dims);
  std::int64_t offset = 0;
  const auto ranges = ops::slice_ranges({numbers[1], numbers[2], numbers[3], numbers[4]}, dims);
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    offset += ranges[i].start * strides[i];
    strides[i] *= ranges[i].step;
  }
  return fill_from_input(request, request.output_dims(), strides, offset);
}

std::unique_ptr<Kernel> make_split(const KernelRequest& request) {
  const std::int64_t axis = axis_of(request);
  const Dims strides = strides_of(request.input_dims(0));
  const std::size_t width = size_of(request.dtype());
  std::vector<Move> moves;
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < request.outputs.size(); ++i) {
    if (!request.outputs[i].is_static()) return nullptr;
    const Dims dims = request.output_dims(i);
    if (request.has_output(i)) {
      moves.push_back({0, i, offset, 0, StridedCopy(width, dims, strides)});
    }
    offset += dims[axis] * strides[axis] * static_cast<std::int64_t>(width);
  }
  return std::make_unique<CopyKernel>(std::move(moves));
}

std::unique_ptr<Kernel> make_concat(const KernelRequest& request) {
  const std::int64_t axis = axis_of(request);
  const Dims strides = request.strides_of_output();
  const std::size_t width = size_of(request.dtype());
  std::vector<Move> moves;
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < request.inputs.size(); ++i) {
    const Dims dims = request.input_dims(i);
    moves.push_back(
        {i, 0, 0, offset, StridedCopy(width, dims, request.strides_of_input(i), strides)});
    offset += dims[axis] * strides[axis] * static_cast<std::int64_t>(width);
  }
  return std::make_unique<CopyKernel>(std::move(moves));
}

std::unique_ptr<Kernel> make_expand(const KernelRequest& request) {
  const Dims dims = request.output_dims();
  return fill_from_input(request, dims, broadcast_strides(request.input_dims(0), dims));
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
