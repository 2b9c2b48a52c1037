#pragma once

namespace gatefold::test {

/// Starts counting what is taken from the heap through operator new, by any thread, other than by
/// oneDNN inside its own calls.
void start_counting_allocations();
/// Stops and returns the count.
int stop_counting_allocations();

}  // namespace gatefold::test
