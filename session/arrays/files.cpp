#include "session/arrays/files.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <system_error>

#include "ir/error.h"

namespace gatefold {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

/// Writes the bytes to the file at `place`, which messages call `path`.
void write_stream(const std::filesystem::path& place, const std::filesystem::path& path,
                  std::string_view bytes) {
  std::FILE* file = std::fopen(place.c_str(), "wb");
  if (file == nullptr) fail("'{}' cannot be written: {}", path.string(), reason(errno));
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  const int write_error = errno;
  if (std::fclose(file) != 0 || !written) {
    fail("'{}' cannot be written: {}", path.string(), reason(written ? errno : write_error));
  }
}

/// The file that becomes the one at `path` when it is complete.
std::filesystem::path draft_of(const std::filesystem::path& path) {
  std::filesystem::path draft = path;
  draft += fmt::format(".{}.part", ::getpid());
  return draft;
}

}  // namespace

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) fail("folder '{}' cannot be made: {}", folder.string(), error.message());
}

std::string read_file(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    fail("'{}' is a folder; name a file", path.string());
  }
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string bytes;
  if (file) bytes.assign(std::istreambuf_iterator<char>(file), {});
  if (!file || file.bad()) fail("'{}' cannot be read: {}", path.string(), reason(errno));
  return bytes;
}

void check_writable(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    fail("'{}' is a folder; name a file", path.string());
  }
  if (std::filesystem::is_other(std::filesystem::status(path, error))) return;
  const std::filesystem::path draft = draft_of(path);
  std::FILE* file = std::fopen(draft.c_str(), "wb");
  if (file == nullptr) fail("'{}' cannot be written: {}", path.string(), reason(errno));
  std::fclose(file);
  std::filesystem::remove(draft, error);
}

void write_file(const std::filesystem::path& path, std::string_view bytes) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  // A device or a pipe is written to, never replaced.
  if (std::filesystem::is_other(status)) return write_stream(path, path, bytes);
  const std::filesystem::path temporary = draft_of(path);
  try {
    write_stream(temporary, path, bytes);
    std::filesystem::rename(temporary, path);
  } catch (const std::filesystem::filesystem_error& failure) {
    std::filesystem::remove(temporary, error);
    fail("'{}' cannot be written: {}", path.string(), failure.code().message());
  } catch (...) {
    std::filesystem::remove(temporary, error);
    throw;
  }
}

}  // namespace gatefold
