#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ir/tensor.h"

namespace gatefold {

/// Reads the array `name` of a .npz archive, stored or deflated. Throws Error for an archive that
/// cannot be read and for an unknown name, listing the names.
Tensor read_npz(const std::filesystem::path& path, const std::string& name);
/// Reads all arrays of an archive, by name. Throws Error for an archive that cannot be read.
std::map<std::string, Tensor> read_npz(const std::filesystem::path& path);

/// Returns entry `index` along the first axis, without a copy; the index must be in range.
Tensor entry_of(const Tensor& array, std::int64_t index);

/// Writes named arrays to a deflated .npz archive. Throws Error when it cannot be written.
void write_npz(const std::filesystem::path& path,
               const std::vector<std::pair<std::string, Tensor>>& arrays);

}  // namespace gatefold
