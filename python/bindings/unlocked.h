#pragma once

#include <pybind11/pybind11.h>
#include <pthread.h>
#include <signal.h>

namespace gatefold::python {

/// Lets other Python threads run while it lives, and keeps signals from this thread: kernels that
/// oneDNN generates use the stack pointer for other things, and the frame of a signal handler would
/// overwrite what it points to. A signal that comes meanwhile is delivered at the end, so that
/// Ctrl-C raises KeyboardInterrupt after the run.
class Unlocked {
 public:
  Unlocked() {
    pthread_sigmask(SIG_BLOCK, &deferred_signals(), &before_);
    thread_ = PyEval_SaveThread();
  }
  ~Unlocked() {
    PyEval_RestoreThread(thread_);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;

  /// Returns to Python while it lives, so that callbacks can be called.
  class Pause {
   public:
    explicit Pause(Unlocked& unlocked) : unlocked_(unlocked) {
      PyEval_RestoreThread(unlocked_.thread_);
      pthread_sigmask(SIG_SETMASK, &unlocked_.before_, nullptr);
    }
    ~Pause() {
      pthread_sigmask(SIG_BLOCK, &deferred_signals(), nullptr);
      unlocked_.thread_ = PyEval_SaveThread();
    }
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

   private:
    Unlocked& unlocked_;
  };

 private:
  /// All but those that report a fault of the thread itself.
  static const sigset_t& deferred_signals() {
    static const sigset_t signals = [] {
      sigset_t all;
      sigfillset(&all);
      for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP}) {
        sigdelset(&all, fault);
      }
      return all;
    }();
    return signals;
  }

  sigset_t before_;
  PyThreadState* thread_;
};

}  // namespace gatefold::python
