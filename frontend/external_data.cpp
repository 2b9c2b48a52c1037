#include "frontend/external_data.h"

#include <algorithm>
#include <fstream>
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
  std::ifstream stream(file, std::ios::binary);
  stream.seekg(data.offset);
  Tensor tensor(dtype, dims);
  stream.read(reinterpret_cast<char*>(tensor.raw()), needed);
  if (!stream) fail("{}: external data file '{}' cannot be read", what, data.location);
  return tensor;
}

}  // namespace gatefold
