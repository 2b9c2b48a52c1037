#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "ir/tensor.h"

namespace gatefold {

/// Where the bytes of a tensor lie outside the model file.
struct ExternalData {
  std::string location;      ///< Path relative to the model's folder.
  std::int64_t offset = 0;   ///< Of the first byte.
  std::int64_t length = -1;  ///< Negative: not stated.
};

/// Reads a tensor of the given type from the file. A large one is mapped into memory where it lies,
/// if that is aligned to 64 bytes, so that only what is used of it is ever read; the file must not
/// change while the tensor lives. Errors (with `what` in front): a location that
/// is absolute, has '..' or leaves `folder` through a symbolic link; a file that is missing or too
/// short; a stated length that is not the tensor's.
Tensor read_external_data(const ExternalData& data, const std::filesystem::path& folder,
                          DataType dtype, const Dims& dims, std::string_view what);

}  // namespace gatefold
