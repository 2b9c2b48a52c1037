#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>

namespace gatefold {

/// Files of a folder that change together. They are written beside their places, into a folder that
/// is gone afterwards, and take them when all are complete; when something fails before, all files
/// are as they were.
class FileSet {
 public:
  /// Throws Error when nothing can be written into the folder.
  explicit FileSet(std::filesystem::path folder);
  ~FileSet();
  FileSet(const FileSet&) = delete;
  FileSet& operator=(const FileSet&) = delete;

  /// Lets a function write the file of this name: to the path that it is given. Throws what the
  /// function throws; a message speaks of the file's own place.
  void write(const std::string& name,
             const std::function<void(const std::filesystem::path& path)>& write);
  /// The file of this name will be gone.
  void remove(const std::string& name);
  /// Lets all files take their places. Throws Error when one of them cannot; then they are as they
  /// were.
  void commit();

 private:
  std::filesystem::path folder_;
  std::filesystem::path drafts_;
  std::filesystem::path replaced_;
  std::map<std::string, bool> is_new_;  // By name; false for a file to remove.
};

}  // namespace gatefold
