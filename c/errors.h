#pragma once

#include <fmt/format.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <stdexcept>
#include <utility>

#include "c/gatefold.h"

/// What stands between exceptions and the callers of the C interface.
namespace gatefold::c {

/// A call that is wrong whatever the model and the data are: a NULL, a number that no enumeration
/// has.
class Misuse : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws a Misuse whose message is formatted as by fmt::format.
template <typename... Args>
[[noreturn]] void refuse(fmt::format_string<Args...> format, Args&&... args) {
  throw Misuse(fmt::format(format, std::forward<Args>(args)...));
}

/// Returns what a pointer that must not be NULL points to; messages call it `what`.
template <typename T>
T& required(T* pointer, const char* what) {
  if (pointer == nullptr) refuse("{} is NULL", what);
  return *pointer;
}

/// Returns the bytes of a model that a caller gives.
inline std::span<const std::byte> model_bytes(const void* bytes, std::size_t size) {
  if (bytes == nullptr) refuse("the bytes of the model are NULL");
  return {static_cast<const std::byte*>(bytes), size};
}

/// Remembers the message of the exception that is being handled for this thread, and returns the
/// status that stands for it. Only for `guarded`.
gatefold_status note_exception() noexcept;

/// Returns the message that was remembered last on this thread.
const char* last_message() noexcept;

/// Calls `action` and turns what it throws into a status.
template <typename Action>
gatefold_status guarded(const Action& action) noexcept {
  try {
    action();
    return GATEFOLD_OK;
  } catch (...) {
    return note_exception();
  }
}

/// Sets `place`, which messages call `what`, to the handle that `make` makes, a std::unique_ptr, or
/// to NULL if it throws.
template <typename Handle, typename Make>
gatefold_status make_handle(Handle** place, const char* what, const Make& make) noexcept {
  return guarded([&] {
    required(place, what) = nullptr;
    *place = make().release();
  });
}

/// Whether a call uses a handle that is for one thread at a time.
class Occupation {
 public:
  /// Occupies the handle while a guard lives. Throws Misuse if another call does.
  class Guard {
   public:
    Guard(Occupation& occupation, const char* what) : flag_(occupation.flag_) {
      if (!flag_.test_and_set()) return;
      refuse("the {} is in use by another thread; give each thread its own", what);
    }
    ~Guard() { flag_.clear(); }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    std::atomic_flag& flag_;
  };

 private:
  std::atomic_flag flag_;
};

}  // namespace gatefold::c
