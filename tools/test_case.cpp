#include "tools/test_case.h"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <set>
#include <system_error>

#include "ir/error.h"

namespace gatefold::tools {
namespace {

namespace fs = std::filesystem;

/// Looks for tests below a path, following links but entering each folder once.
class TestFinder {
 public:
  explicit TestFinder(const std::string& name_pattern) : name_pattern_(name_pattern) {}

  void visit(const fs::path& path) {
    if (!seen_.insert(fs::canonical(path)).second) return;
    for (const TestKind* kind : test_kinds()) {
      if (!kind->matches(path)) continue;
      if (is_wanted(path)) found_.push_back({kind, path});
      return;
    }
    if (!fs::is_directory(path)) return;
    for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
      std::error_code broken_link;
      if (entry.exists(broken_link)) visit(entry.path());
    }
  }

  std::vector<TestCase> take() {
    std::sort(found_.begin(), found_.end(),
              [](const TestCase& a, const TestCase& b) { return a.path < b.path; });
    return std::move(found_);
  }

 private:
  bool is_wanted(const fs::path& path) const {
    const std::string name = fs::canonical(path).filename().string();
    return name_pattern_.empty() || fnmatch(name_pattern_.c_str(), name.c_str(), 0) == 0;
  }

  std::string name_pattern_;
  std::set<fs::path> seen_;
  std::vector<TestCase> found_;
};

}  // namespace

std::span<const TestKind* const> test_kinds() {
  static constexpr std::array<const TestKind*, 3> kKinds{&kTrainingTest, &kModelTest, &kPassTest};
  return kKinds;
}

std::vector<TestCase> find_tests(const std::vector<fs::path>& paths,
                                 const std::string& name_pattern) {
  TestFinder finder(name_pattern);
  for (const fs::path& path : paths) {
    if (!fs::exists(path)) fail("'{}' does not exist", path.string());
    finder.visit(path.lexically_normal());
  }
  return finder.take();
}

}  // namespace gatefold::tools
