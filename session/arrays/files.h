#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace gatefold {

/// The bytes of a file. Throws Error when it cannot be read.
std::string read_file(const std::filesystem::path& path);

/// Throws Error when no file can be written at `path`, so that long work does not end with that.
void check_writable(const std::filesystem::path& path);

/// Makes `path` a file of these bytes, whole or not at all. Throws Error when it cannot be written.
void write_file(const std::filesystem::path& path, std::string_view bytes);

}  // namespace gatefold
