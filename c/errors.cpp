#include "c/errors.h"

#include <new>
#include <string>
#include <system_error>

#include "ir/error.h"

namespace gatefold::c {
namespace {

constexpr const char* kNoMemory = "there is not enough memory";

thread_local std::string message_text;
thread_local const char* message = "";

gatefold_status note(gatefold_status status, const char* text) noexcept {
  try {
    message_text = text;
    message = message_text.c_str();
  } catch (...) {
    message = kNoMemory;
  }
  return status;
}

}  // namespace

gatefold_status note_exception() noexcept {
  try {
    throw;
  } catch (const Misuse& misuse) {
    return note(GATEFOLD_MISUSE, misuse.what());
  } catch (const Error& error) {
    return note(GATEFOLD_ERROR, error.what());
  } catch (const std::system_error& error) {
    return note(GATEFOLD_ERROR, error.what());
  } catch (const std::bad_alloc&) {
    message = kNoMemory;
    return GATEFOLD_NO_MEMORY;
  } catch (const std::exception& error) {
    return note(GATEFOLD_INTERNAL, error.what());
  } catch (...) {
    return note(GATEFOLD_INTERNAL, "an exception of an unknown kind");
  }
}

const char* last_message() noexcept { return message; }

}  // namespace gatefold::c

const char* gatefold_last_error() { return gatefold::c::last_message(); }
