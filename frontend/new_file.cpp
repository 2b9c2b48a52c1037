#include "frontend/new_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "ir/error.h"

namespace gatefold {

namespace fs = std::filesystem;

NewFile::NewFile(fs::path path) : path_(std::move(path)), draft_(path_) {
  std::error_code error;
  if (fs::is_directory(path_, error)) fail("{}: it is a folder, not a file", path_.string());
  if (!fs::exists(path_, error) || fs::is_regular_file(path_, error)) {
    draft_ += fmt::format(".{}.partial", getpid());
  }
  errno = 0;
  stream_.open(draft_, std::ios::binary | std::ios::trunc);
  if (!stream_) {
    fail("{}: the file cannot be written: {}", path_.string(), std::strerror(errno));
  }
}

NewFile::~NewFile() {
  if (is_committed_ || draft_ == path_) return;
  stream_.close();
  std::error_code ignored;
  fs::remove(draft_, ignored);
}

void NewFile::close() {
  errno = 0;
  stream_.close();
  if (stream_) return;
  fail("{}: the file cannot be written: {}", path_.string(),
       errno == 0 ? "is the disk full?" : std::strerror(errno));
}

void NewFile::commit() {
  if (stream_.is_open()) close();
  if (draft_ == path_) return;
  std::error_code error;
  fs::rename(draft_, path_, error);
  if (error) fail("{}: the file cannot be written: {}", path_.string(), error.message());
  is_committed_ = true;
}

}  // namespace gatefold
