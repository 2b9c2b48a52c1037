#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace gatefold::test {
namespace {

namespace fs = std::filesystem;

/// Which layers each layer may include, besides itself.
const std::map<std::string, std::set<std::string>> kAllowedLayers{
    {"ir", {}},
    {"frontend", {"ir"}},
    {"passes", {"ir"}},
    {"backend", {"ir"}},
    {"session", {"ir", "frontend", "passes", "backend"}},
    {"c", {"ir", "session"}},
    {"language", {"ir", "frontend", "passes", "backend", "session"}},
    {"tools", {"ir", "frontend", "passes", "backend", "session", "language"}},
    {"python", {"ir", "frontend", "passes", "backend", "session", "language", "tools"}},
};

/// The rooms of each layer, lowest first: a room may include itself and those before it. The
/// headers that lie in the layer's own folder are its lowest room, its source files the highest.
const std::map<std::string, std::vector<std::string>> kRooms{
    {"passes", {"", "rewriting", "recurrence", "clean", "moves", "gradients", "training", "loops"}},
    {"backend", {"", "simd", "onednn", "products", "kernels", "kernels/recurrent", "plan"}},
    {"session", {"", "arrays", "training"}},
    {"language",
     {"", "text", "tokenizers/parts", "tokenizers", "corpora", "templates", "decoding",
      "evaluation", "pictures", "projects", "report"}},
};

/// Libraries that only one folder or file may know.
const std::map<std::string, std::string> kPrivateLibraries{
    {"onnx/", "frontend"},           {"google/protobuf/", "frontend"},
    {"oneapi/", "backend/onednn"},   {"hwy/", "backend"},
    {"zip.h", "session/arrays"},     {"CLI/", "tools/command_line.cpp"},
    {"unicode/", "language/text"},   {"pugixml", "language/pictures"},
    {"Eigen/", "language/pictures"}, {"pybind11/", "python/bindings"},
};

/// What an #include line includes; empty for other lines.
std::string included_file(const std::string& line) {
  const std::string kDirective = "#include ";
  if (!line.starts_with(kDirective) || line.size() < kDirective.size() + 2) return "";
  const std::size_t end = line.find_first_of("\">", kDirective.size() + 1);
  return line.substr(kDirective.size() + 1, end - kDirective.size() - 1);
}

/// The folder of a file within its layer, "" for the layer's own.
std::string room_of(const std::string& file) {
  const std::size_t first = file.find('/');
  const std::size_t last = file.rfind('/');
  return first == last ? "" : file.substr(first + 1, last - first - 1);
}

/// The position of a file's room in the order of its layer.
std::ptrdiff_t height_of(const std::vector<std::string>& rooms, const std::string& file) {
  const std::string room = room_of(file);
  const bool is_top = room.empty() && (file.ends_with(".cpp") || file == "session/gatefold.h");
  if (is_top) return std::ssize(rooms);
  const auto found = std::find(rooms.begin(), rooms.end(), room);
  EXPECT_NE(found, rooms.end()) << file << " is in a room that the order does not name";
  return found - rooms.begin();
}

void check_include(const std::string& file, const std::string& included) {
  const std::string layer = file.substr(0, file.find('/'));
  const std::string other = included.substr(0, included.find('/'));
  if (!kAllowedLayers.contains(other)) return;
  if (other != layer) {
    EXPECT_TRUE(kAllowedLayers.at(layer).contains(other))
        << file << " includes " << included << ", which layer " << layer << " may not";
  } else if (kRooms.contains(layer)) {
    EXPECT_GE(height_of(kRooms.at(layer), file), height_of(kRooms.at(layer), included))
        << file << " includes " << included << ", which lies above it";
  }
}

/// The SIMD loops know numbers and strides only; kernels of our own and of oneDNN meet in the list
/// of makers.
void check_separation(const std::string& file, const std::string& included) {
  if (file.starts_with("backend/simd/")) {
    EXPECT_NE(included, "backend/kernel.h") << file;
    EXPECT_NE(included, "ir/graph.h") << file;
  }
  if (file.starts_with("backend/kernels/")) {
    EXPECT_FALSE(included.starts_with("backend/onednn/")) << file << " includes " << included;
  }
}

void check_file(const std::string& file, const fs::path& path) {
  std::ifstream stream(path);
  for (std::string line; std::getline(stream, line);) {
    const std::string included = included_file(line);
    check_include(file, included);
    check_separation(file, included);
    for (const auto& [library, owner] : kPrivateLibraries) {
      if (!included.starts_with(library)) continue;
      EXPECT_TRUE(file == owner || file.starts_with(owner + "/"))
          << file << " includes " << included;
    }
  }
}

TEST(Layering, EveryLayerIncludesOnlyTheLayersBelowIt) {
  int files = 0;
  const fs::path root = GATEFOLD_SOURCE_DIR;
  for (const auto& [layer, allowed] : kAllowedLayers) {
    for (const auto& entry : fs::recursive_directory_iterator(root / layer)) {
      const fs::path& file = entry.path();
      if (file.extension() != ".h" && file.extension() != ".cpp") continue;
      check_file(fs::relative(file, root).string(), file);
      ++files;
    }
  }
  EXPECT_GT(files, 500);
}

}  // namespace
}  // namespace gatefold::test
