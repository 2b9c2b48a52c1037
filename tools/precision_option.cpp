#include "tools/precision_option.h"

#include <CLI/CLI.hpp>
#include <string>

namespace gatefold::tools {

void add_precision_option(CLI::App& parser, ProductPrecision& precision) {
  const auto set = [&precision](const std::string& name) {
    precision = name == "bf16" ? ProductPrecision::kBfloat16 : ProductPrecision::kFloat32;
    require_support(precision);
  };
  parser
      .add_option_function<std::string>("--precision", set,
                                        "What matrix products multiply; they add up in f32 always")
      ->type_name("f32|bf16")
      ->check(CLI::IsMember({"f32", "bf16"}))
      ->default_str("f32");
}

}  // namespace gatefold::tools
