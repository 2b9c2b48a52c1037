#pragma once

#include <atomic>
#include <csignal>
#include <thread>

namespace gatefold::tools {

/// Catches SIGINT and SIGTERM while it lives: the first one is remembered, to be asked for; a
/// second one ends the process as usual.
///
/// A thread of its own takes the signals; they are blocked in the thread that makes this and in
/// those that it starts later. A handler would not do: the kernels that oneDNN generates use the
/// stack pointer for other things, and a signal's frame overwrites what it points to.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  bool requested() const { return requested_; }

 private:
  void wait();

  sigset_t signals_;
  sigset_t before_;
  std::atomic<bool> requested_ = false;
  std::atomic<bool> is_over_ = false;
  std::thread waiter_;
};

}  // namespace gatefold::tools
