#pragma once

#include <pybind11/pybind11.h>

namespace gatefold::python {

/// Lets other Python threads run while it lives. A signal that comes meanwhile is handled by Python
/// afterwards, so that Ctrl-C raises KeyboardInterrupt when the run is done.
class Unlocked {
 public:
  Unlocked();
  ~Unlocked();
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;

  /// Returns to Python while it lives, so that callbacks can be called.
  class Pause {
   public:
    explicit Pause(Unlocked& unlocked);
    ~Pause();
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

   private:
    Unlocked& unlocked_;
  };

 private:
  PyThreadState* thread_;
};

}  // namespace gatefold::python
