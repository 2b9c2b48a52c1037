#include "frontend/external_data.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <system_error>

#include "ir/error.h"

namespace gatefold {
namespace {

namespace fs = std::filesystem;

bool is_inside(const fs::path& path, const fs::path& folder) {
  const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  static_cast<void>(rest);
  return end == folder.end();
}

fs::path resolve(const ExternalData& data, const fs::path& folder, std::string_view what) {
  const fs::path location(data.location);
  const bool climbs = std::find(location.begin(), location.end(), "..") != location.end();
  if (location.empty() || location.is_absolute() || climbs) {
    fail("{}: external data location '{}' must be a path inside the model's folder", what,
         data.location);
  }
  std::error_code error;
  const fs::path root = fs::canonical(folder.empty() ? fs::path(".") : folder, error);
  fs::path file = error ? fs::path() : fs::canonical(root / location, error);
  if (error) {
    fail("{}: external data file '{}' cannot be opened: {}; put it beside the model", what,
         data.location, error.message());
  }
  if (!is_inside(file, root)) {
    fail("{}: external data location '{}' leads outside the model's folder, to '{}'", what,
         data.location, file.string());
  }
  if (!fs::is_regular_file(file)) {
    fail("{}: external data location '{}' is not a regular file", what, data.location);
  }
  return file;
}

// Reading costs less than a mapping where a tensor is smaller.
constexpr std::int64_t kLeastMappedBytes = std::int64_t{1} << 20;

/// Bytes of a file mapped into memory; changes of them stay in memory. nullptr where the system
/// cannot.
std::shared_ptr<std::byte> map_file(const fs::path& file, std::int64_t offset, std::int64_t bytes) {
  const std::int64_t start = offset / sysconf(_SC_PAGESIZE) * sysconf(_SC_PAGESIZE);
  const auto length = static_cast<std::size_t>(offset - start + bytes);
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return nullptr;
  void* memory = ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, start);
  ::close(descriptor);
  if (memory == MAP_FAILED) return nullptr;
  const std::shared_ptr<std::byte> mapping(static_cast<std::byte*>(memory),
                                           [length](std::byte* bytes) { ::munmap(bytes, length); });
  return {mapping, mapping.get() + (offset - start)};
}

}  // namespace

Tensor read_external_data(const ExternalData& data, const fs::path& folder, DataType dtype,
                          const Dims& dims, std::string_view what) {
  const fs::path file = resolve(data, folder, what);
  const std::int64_t needed = element_count(dims) * static_cast<std::int64_t>(size_of(dtype));
  if (data.length >= 0 && data.length != needed) {
    fail("{}: external data states a length of {} bytes but the tensor has {}", what, data.length,
         needed);
  }
  const auto size = static_cast<std::int64_t>(fs::file_size(file));
  if (data.offset < 0 || data.offset > size || needed > size - data.offset) {
    fail("{}: external data file '{}' has {} bytes but the tensor needs {} from offset {}", what,
         data.location, size, needed, data.offset);
  }
  const bool is_aligned = data.offset % static_cast<std::int64_t>(size_of(dtype)) == 0;
  if (needed >= kLeastMappedBytes && is_aligned) {
    if (auto mapped = map_file(file, data.offset, needed)) {
      return Tensor::over(dtype, dims, std::move(mapped));
    }
  }
  std::ifstream stream(file, std::ios::binary);
  stream.seekg(data.offset);
  Tensor tensor(dtype, dims);
  stream.read(reinterpret_cast<char*>(tensor.raw()), needed);
  if (!stream) fail("{}: external data file '{}' cannot be read", what, data.location);
  return tensor;
}

}  // namespace gatefold
