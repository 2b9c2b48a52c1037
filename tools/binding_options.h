#pragma once

#include <string>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming)
class App;
}

/// Options that fix what a model leaves open.
namespace gatefold::tools {

/// Declares --dim NAME=SIZE, which may be repeated; see parse_dim_sizes.
void add_dim_option(CLI::App& parser, std::vector<std::string>& dims);

/// Declares --value NAME=NUMBER,..., which may be repeated; see parse_input_values.
void add_value_option(CLI::App& parser, std::vector<std::string>& values);

}  // namespace gatefold::tools
