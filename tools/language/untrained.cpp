#include "tools/language/untrained.h"

#include <fmt/format.h>

#include <cstdio>
#include <string>

namespace gatefold::tools {

void note_if_untrained(const Project& project) {
  if (project.is_trained()) return;
  const std::string folder = project.folder().string();
  fmt::print(stderr,
             "note: '{}' is not trained yet: its weights are those that it begins with; train it "
             "with: gatefold train {}\n",
             folder, folder);
}

}  // namespace gatefold::tools
