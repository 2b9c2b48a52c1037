#include "tools/precision_option.h"

#include <CLI/CLI.hpp>
#include <map>
#include <string>

namespace gatefold::tools {

void add_precision_option(CLI::App& parser, ProductPrecision& precision) {
  const std::map<std::string, ProductPrecision> precisions = {
      {"f32", ProductPrecision::kFloat32},
      {"bf16", ProductPrecision::kBfloat16},
      {"int8", ProductPrecision::kInt8},
  };
  const auto set = [&precision, precisions](const std::string& name) {
    precision = precisions.at(name);
    require_support(precision);
  };
  parser
      .add_option_function<std::string>("--precision", set,
                                        "Round the operands of matrix products to this format")
      ->type_name("f32|bf16|int8")
      ->check(CLI::IsMember(precisions).description(""))
      ->default_str("f32");
}

}  // namespace gatefold::tools
