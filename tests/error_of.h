#pragma once

#include <string>

#include "ir/error.h"

namespace gatefold::test {

/// The message of the Error that an action throws; "no error" when it throws none.
template <typename Action>
std::string error_of(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace gatefold::test
