#include "tools/precision_option.h"

#include <map>
#include <string>

#include "tools/command_line.h"

namespace gatefold::tools {

void add_precision_option(OptionParser& parser, ProductPrecision& precision) {
  const auto set = [&precision](const std::string& name) {
    static const std::map<std::string, ProductPrecision> kPrecisions = {
        {"f32", ProductPrecision::kFloat32},
        {"bf16", ProductPrecision::kBfloat16},
        {"int8", ProductPrecision::kInt8},
    };
    precision = kPrecisions.at(name);
    require_support(precision);
  };
  parser
      .add_option("--precision", set,
                  "Round the operands of matrix products to this format; f32 by default")
      .one_of({"f32", "bf16", "int8"});
}

}  // namespace gatefold::tools
