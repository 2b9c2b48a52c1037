#pragma once

#include <string>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming)
class App;
}

/// Options that give numbers to what a model leaves open.
namespace gatefold::tools {

/// --dim NAME=SIZE, any number of times; see parse_dim_sizes.
void add_dim_option(CLI::App& parser, std::vector<std::string>& dims);

/// --value NAME=NUMBER,..., any number of times; see parse_input_values.
void add_value_option(CLI::App& parser, std::vector<std::string>& values);

}  // namespace gatefold::tools
