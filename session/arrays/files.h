#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace gatefold {

/// Reads the bytes of a file. Throws Error when it cannot be read.
std::string read_file(const std::filesystem::path& path);

/// Makes a folder, and those around it, where there is none yet. Throws Error when it cannot be
/// made.
void make_folder(const std::filesystem::path& folder);

/// Checks that a file can be written at `path`, for use before long work. Throws Error if not.
void check_writable(const std::filesystem::path& path);

/// Writes the bytes to a file, whole or not at all. Throws Error when it cannot be written.
void write_file(const std::filesystem::path& path, std::string_view bytes);

}  // namespace gatefold
