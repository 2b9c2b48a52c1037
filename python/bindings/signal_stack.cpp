#include "python/bindings/signal_stack.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <memory>

namespace gatefold::python {
namespace {

/// The stack of one thread, which lives as long as the thread.
class SignalStack {
 public:
  SignalStack() {
    stack_t present{};
    if (sigaltstack(nullptr, &present) != 0 || (present.ss_flags & SS_DISABLE) == 0) return;
    // The registers of a large machine alone take more than ten kilobytes.
    const auto size = static_cast<std::size_t>(std::max(sysconf(_SC_SIGSTKSZ), 65536L));
    memory_ = std::make_unique<std::byte[]>(size);
    const stack_t ours{.ss_sp = memory_.get(), .ss_flags = 0, .ss_size = size};
    sigaltstack(&ours, nullptr);
  }
  ~SignalStack() {
    if (memory_ == nullptr) return;
    const stack_t none{.ss_sp = nullptr, .ss_flags = SS_DISABLE, .ss_size = 0};
    sigaltstack(&none, nullptr);
  }
  SignalStack(const SignalStack&) = delete;
  SignalStack& operator=(const SignalStack&) = delete;

 private:
  std::unique_ptr<std::byte[]> memory_;
};

}  // namespace

void use_signal_stack() { [[maybe_unused]] static thread_local const SignalStack stack; }

}  // namespace gatefold::python
