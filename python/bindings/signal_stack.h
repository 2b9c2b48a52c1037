#pragma once

namespace gatefold::python {

/// Gives this thread a stack for signal handlers, unless it has one. Python's handlers run on it:
/// on the thread's own stack they would overwrite what kernels keep there that oneDNN generates,
/// which use the stack pointer for other things.
void use_signal_stack();

}  // namespace gatefold::python
