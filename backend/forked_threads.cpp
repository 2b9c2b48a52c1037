#include "backend/forked_threads.h"

#include <omp.h>
#include <pthread.h>

namespace gatefold {

void prepare_for_forks() {
  [[maybe_unused]] static const int registered = pthread_atfork(
      [] { omp_pause_resource_all(omp_pause_hard); }, /*parent=*/nullptr, /*child=*/nullptr);
}

}  // namespace gatefold
