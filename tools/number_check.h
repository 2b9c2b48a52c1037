#pragma once

namespace CLI {  // NOLINT(readability-identifier-naming)
class Validator;
}

namespace gatefold::tools {

/// What an option's check() takes for numbers that must be more than 0.
CLI::Validator positive_number();

}  // namespace gatefold::tools
