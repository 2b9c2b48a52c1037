#include "tools/kernels_option.h"

#include <map>
#include <string>

#include "tools/command_line.h"

namespace gatefold::tools {

void add_kernels_option(OptionParser& parser, KernelChoice& kernels) {
  const auto set = [&kernels](const std::string& name) {
    static const std::map<std::string, KernelChoice> kChoices = {
        {"fastest", KernelChoice::kFastest},
        {"onednn", KernelChoice::kOnednn},
        {"own", KernelChoice::kOwn},
    };
    kernels = kChoices.at(name);
  };
  parser
      .add_option("--kernels", set,
                  "Use oneDNN's kernels or Gatefold's own wherever there are both; the faster ones "
                  "by default")
      .one_of({"fastest", "onednn", "own"});
}

}  // namespace gatefold::tools
