#include "python/bindings/unlocked.h"

#include <cxxabi.h>
#include <unistd.h>

#include "python/bindings/signal_stack.h"

namespace gatefold::python {
namespace {

/// Locks the interpreter again. Where it has ended meanwhile, Python ends this thread by unwinding
/// its stack, whose objects need the interpreter: the thread sleeps instead until the process ends.
void return_to(PyThreadState* thread) {
  try {
    PyEval_RestoreThread(thread);
  } catch (const abi::__forced_unwind&) {
    for (;;) pause();
  }
}

}  // namespace

Unlocked::Unlocked() {
  use_signal_stack();
  thread_ = PyEval_SaveThread();
}

Unlocked::~Unlocked() { return_to(thread_); }

Unlocked::Pause::Pause(Unlocked& unlocked) : unlocked_(unlocked) { return_to(unlocked.thread_); }

Unlocked::Pause::~Pause() { unlocked_.thread_ = PyEval_SaveThread(); }

}  // namespace gatefold::python
