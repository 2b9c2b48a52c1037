#pragma once

#include <filesystem>
#include <fstream>

namespace gatefold {

/// A file that appears under its name whole or not at all: it is written beside the place and moved
/// there by `commit`. Without commit nothing is left behind.
class NewFile {
 public:
  /// Throws Error when the file cannot be created.
  explicit NewFile(std::filesystem::path path);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  std::ostream& stream() { return stream_; }
  /// Finishes writing. Throws Error when something did not reach the file, as on a full disk.
  void close();
  /// Closes the file and moves it to its place, where it replaces an older one.
  void commit();

 private:
  std::filesystem::path path_;
  std::filesystem::path
      draft_;  ///< Equal to path_ for devices and pipes, which cannot be replaced.
  std::ofstream stream_;
  bool is_committed_ = false;
};

}  // namespace gatefold
