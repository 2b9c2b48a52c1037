#pragma once

namespace CLI {  // NOLINT(readability-identifier-naming)
class Validator;
}

namespace gatefold::tools {

/// Makes a validator for the numbers of an option that must be more than 0.
CLI::Validator positive_number();

}  // namespace gatefold::tools
