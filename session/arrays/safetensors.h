#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "ir/tensor.h"

namespace gatefold {

/// Parses the bytes of a .safetensors file: the length of a header in 8 bytes, the header, a JSON
/// object with the type, the extents and the place of each tensor, and the numbers, all of them
/// little-endian. Messages call the file `name`. Throws Error for damaged bytes, for tensors that
/// overlap or leave bytes between them, as the library of that name does, and for element types
/// that tensors do not have.
std::map<std::string, Tensor> parse_safetensors(std::string_view bytes, std::string_view name);

/// Formats tensors as the bytes of a .safetensors file: those with the widest elements first, so
/// that each is aligned, and by name among their like. The same tensors give the same bytes.
std::string format_safetensors(const std::map<std::string, Tensor>& tensors);

/// Reads a .safetensors file. Throws Error as read_file and parse_safetensors do.
std::map<std::string, Tensor> read_safetensors(const std::filesystem::path& path);

/// Writes a .safetensors file. Throws Error when it cannot be written.
void write_safetensors(const std::filesystem::path& path,
                       const std::map<std::string, Tensor>& tensors);

}  // namespace gatefold
