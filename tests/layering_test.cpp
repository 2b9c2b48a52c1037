#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>

namespace gatefold::test {
namespace {

namespace fs = std::filesystem;

/// Which layers each layer may include, besides itself.
const std::map<std::string, std::set<std::string>> kAllowedLayers{
    {"ir", {}},
    {"frontend", {"ir"}},
    {"passes", {"ir"}},
    {"backend", {"ir"}},
    {"tools", {"ir", "frontend", "passes", "backend"}},
};

/// Libraries that only one folder may know.
const std::map<std::string, std::string> kPrivateLibraries{
    {"onnx/", "frontend"},
    {"google/protobuf/", "frontend"},
    {"oneapi/", "backend"},
    {"CLI/", "tools"},
};

/// What an #include line includes; empty for other lines.
std::string included_file(const std::string& line) {
  const std::string kDirective = "#include ";
  if (!line.starts_with(kDirective) || line.size() < kDirective.size() + 2) return "";
  const std::size_t end = line.find_first_of("\">", kDirective.size() + 1);
  return line.substr(kDirective.size() + 1, end - kDirective.size() - 1);
}

void check_file(const std::string& layer, const fs::path& file) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    const std::string included = included_file(line);
    const std::string folder = included.substr(0, included.find('/'));
    if (kAllowedLayers.contains(folder) && folder != layer) {
      EXPECT_TRUE(kAllowedLayers.at(layer).contains(folder))
          << file << " includes " << included << ", which layer " << layer << " may not";
    }
    for (const auto& [library, owner] : kPrivateLibraries) {
      if (!included.starts_with(library)) continue;
      EXPECT_EQ(layer, owner) << file << " includes " << included;
    }
  }
}

TEST(Layering, EveryLayerIncludesOnlyTheLayersBelowIt) {
  int files = 0;
  for (const auto& [layer, allowed] : kAllowedLayers) {
    for (const auto& entry :
         fs::recursive_directory_iterator(fs::path(GATEFOLD_SOURCE_DIR) / layer)) {
      const fs::path& file = entry.path();
      if (file.extension() != ".h" && file.extension() != ".cpp") continue;
      check_file(layer, file);
      ++files;
    }
  }
  EXPECT_GT(files, 50);
}

}  // namespace
}  // namespace gatefold::test
