#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ir/tensor.h"

namespace gatefold {

/// Reads the array `name` of a .npz archive, stored or deflated. Throws Error; an unknown name is
/// answered with the names there are.
Tensor read_npz(const std::filesystem::path& path, const std::string& name);
/// Every array of the archive by name. Throws Error.
std::map<std::string, Tensor> read_npz(const std::filesystem::path& path);

/// Entry `index` along the first axis, which must be in range; shares the array's numbers.
Tensor entry_of(const Tensor& array, std::int64_t index);

/// Writes named arrays as a .npz archive, deflated. Throws Error when it cannot be written.
void write_npz(const std::filesystem::path& path,
               const std::vector<std::pair<std::string, Tensor>>& arrays);

}  // namespace gatefold
