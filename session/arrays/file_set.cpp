#include "session/arrays/file_set.h"

#include <unistd.h>

#include <system_error>
#include <utility>
#include <vector>

#include "ir/error.h"

namespace gatefold {

namespace fs = std::filesystem;

FileSet::FileSet(fs::path folder)
    : folder_(std::move(folder)),
      drafts_(folder_ / fmt::format(".{}.part", ::getpid())),
      replaced_(drafts_ / "replaced") {
  std::error_code error;
  fs::create_directories(replaced_, error);
  if (error) fail("'{}' cannot be written: {}", folder_.string(), error.message());
}

FileSet::~FileSet() {
  std::error_code ignored;
  fs::remove_all(drafts_, ignored);
}

void FileSet::write(const std::string& name,
                    const std::function<void(const fs::path& path)>& write) {
  const fs::path draft = drafts_ / name;
  try {
    write(draft);
  } catch (const Error& error) {
    std::string message = error.what();
    const std::size_t place = message.find(draft.string());
    if (place == std::string::npos) throw;
    fail("{}", message.replace(place, draft.string().size(), (folder_ / name).string()));
  }
  is_new_[name] = true;
}

void FileSet::remove(const std::string& name) { is_new_[name] = false; }

void FileSet::commit() {
  for (const auto& [name, is_new] : is_new_) {
    const fs::path place = folder_ / name;
    if (fs::is_directory(place)) fail("'{}' is a folder; a file takes its place", place.string());
  }
  std::vector<std::pair<fs::path, fs::path>> moved;
  const auto move = [&](const fs::path& from, const fs::path& to) {
    fs::rename(from, to);
    moved.emplace_back(from, to);
  };
  fs::path place;
  try {
    for (const auto& [name, is_new] : is_new_) {
      place = folder_ / name;
      if (fs::exists(place)) move(place, replaced_ / name);
      if (is_new) move(drafts_ / name, place);
    }
  } catch (const fs::filesystem_error& error) {
    std::error_code ignored;
    for (auto last = moved.rbegin(); last != moved.rend(); ++last) {
      fs::rename(last->second, last->first, ignored);
    }
    fail("'{}' cannot be written: {}", place.string(), error.code().message());
  }
}

}  // namespace gatefold
