#include "ir/tensor.h"

#ifdef __linux__
#include <sys/mman.h>
#endif

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

#include "ir/convert.h"
#include "ir/error.h"

namespace gatefold {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kLargePage = std::size_t{2} << 20;
constexpr std::int64_t kLargestCount = std::int64_t{1} << 48;

/// Asks for large pages, with which weights of many megabytes are read up to a seventh faster.
void use_large_pages([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) {
#ifdef __linux__
  madvise(memory, bytes, MADV_HUGEPAGE);
#endif
}

std::shared_ptr<std::byte> allocate_zeros(std::size_t bytes) {
  const bool is_large = bytes >= kLargePage;
  const std::size_t alignment = is_large ? kLargePage : kAlignment;
  const std::size_t rounded = bytes / kAlignment * kAlignment + kAlignment;
  auto* memory = static_cast<std::byte*>(std::aligned_alloc(alignment, rounded));
  if (memory == nullptr) fail("out of memory: a tensor of {} bytes cannot be allocated", bytes);
  if (is_large) use_large_pages(memory, bytes);
  std::memset(memory, 0, rounded);
  return {memory, [](std::byte* pointer) { std::free(pointer); }};
}

}  // namespace

std::int64_t element_count(const Dims& dims) {
  std::int64_t count = 1;
  for (const std::int64_t extent : dims) {
    if (extent < 0)
      fail("a tensor of shape {} cannot be: its extents must be 0 or more", to_string(dims));
    if (__builtin_mul_overflow(count, extent, &count) || count > kLargestCount) {
      fail("a tensor of shape {} is too large", to_string(dims));
    }
  }
  return count;
}

Tensor::Tensor(DataType dtype, Dims dims)
    : dtype_(dtype), dims_(std::move(dims)), size_(element_count(dims_)) {
  memory_ = allocate_zeros(bytes());
}

Tensor Tensor::over(DataType dtype, Dims dims, std::shared_ptr<std::byte> memory) {
  Tensor tensor;
  tensor.dtype_ = dtype;
  tensor.size_ = element_count(dims);
  tensor.dims_ = std::move(dims);
  tensor.memory_ = std::move(memory);
  return tensor;
}

Tensor Tensor::view(DataType dtype, Dims dims, void* memory) {
  const std::shared_ptr<std::byte> nobody;
  return over(dtype, std::move(dims), {nobody, static_cast<std::byte*>(memory)});
}

Tensor Tensor::part(std::size_t offset, DataType dtype, Dims dims) const {
  return over(dtype, std::move(dims), {memory_, memory_.get() + offset});
}

std::vector<std::int64_t> Tensor::to_int64() const {
  const Tensor wide = dtype_ == DataType::kInt64 ? *this : converted(DataType::kInt64);
  const auto values = wide.values<std::int64_t>();
  return {values.begin(), values.end()};
}

double Tensor::number_at(std::int64_t index) const {
  double number = 0;
  const std::byte* element = raw() + static_cast<std::size_t>(index) * size_of(dtype_);
  convert_elements(dtype_, element, DataType::kFloat64, &number, 1);
  return std::isnan(number) ? std::numeric_limits<double>::quiet_NaN() : number;
}

Tensor Tensor::clone() const {
  Tensor copy(dtype_, dims_);
  std::memcpy(copy.raw(), raw(), bytes());
  return copy;
}

Tensor Tensor::reshaped(Dims dims) const {
  assert(element_count(dims) == size_);
  Tensor other = *this;
  other.dims_ = std::move(dims);
  return other;
}

Tensor Tensor::converted(DataType dtype) const {
  Tensor result(dtype, dims_);
  convert_elements(dtype_, raw(), dtype, result.raw(), size_);
  return result;
}

std::string describe(const Datum& datum) {
  if (const auto* tensor = std::get_if<Tensor>(&datum)) return to_string(tensor->type());
  if (const auto* sequence = std::get_if<Sequence>(&datum)) {
    return fmt::format("a sequence of {} tensors", sequence->size());
  }
  return "nothing";
}

}  // namespace gatefold
