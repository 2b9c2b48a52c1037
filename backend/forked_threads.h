#pragma once

namespace gatefold {

/// Makes processes that are forked from this one start threads of their own for runs: threads that
/// wait for work do not survive a fork, and the first run of the child would wait for them forever.
/// From the first call on, the thread that forks ends those that it has kept.
void prepare_for_forks();

}  // namespace gatefold
