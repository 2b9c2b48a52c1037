/* Compiled as C99 with all warnings: the header is C, and its structures are laid out as they were
 * when this was written. */
#include "tests/c/as_c.h"

#include <math.h>
#include <stddef.h>

#include "c/gatefold.h"

/* A compile error where the condition is false. */
#define REQUIRE(name, condition) typedef char name[(condition) ? 1 : -1]

REQUIRE(tensor_size, sizeof(void*) != 8 || sizeof(gatefold_tensor) == 40);
REQUIRE(tensor_type, sizeof(void*) != 8 || offsetof(gatefold_tensor, type) == 8);
REQUIRE(tensor_rank, sizeof(void*) != 8 || offsetof(gatefold_tensor, rank) == 12);
REQUIRE(tensor_dims, sizeof(void*) != 8 || offsetof(gatefold_tensor, dims) == 16);
REQUIRE(tensor_strides, sizeof(void*) != 8 || offsetof(gatefold_tensor, strides) == 24);
REQUIRE(tensor_data, sizeof(void*) != 8 || offsetof(gatefold_tensor, data) == 32);
REQUIRE(port_size, sizeof(void*) != 8 || sizeof(gatefold_port) == 48);
REQUIRE(port_text, sizeof(void*) != 8 || offsetof(gatefold_port, text) == 40);
REQUIRE(profile_size, sizeof(void*) != 8 || sizeof(gatefold_profile_step) == 40);
REQUIRE(profile_least, sizeof(void*) != 8 || offsetof(gatefold_profile_step, least_seconds) == 32);
REQUIRE(statuses, GATEFOLD_OK == 0 && GATEFOLD_ERROR == 1 && GATEFOLD_MISUSE == 2 &&
                      GATEFOLD_NO_MEMORY == 3 && GATEFOLD_INTERNAL == 4);
REQUIRE(kinds, GATEFOLD_TENSOR == 0 && GATEFOLD_SEQUENCE == 1 && GATEFOLD_OPTIONAL == 2);
REQUIRE(precisions, GATEFOLD_PRECISION_F32 == 0 && GATEFOLD_PRECISION_BF16 == 1 &&
                        GATEFOLD_PRECISION_INT8 == 2);

static float run(gatefold_session* session, float number) {
  const int64_t dims[] = {1, 1};
  const gatefold_tensor x = {"x", GATEFOLD_FLOAT, 2, dims, NULL, &number};
  gatefold_tensor y;
  if (gatefold_session_run(session, &x, 1, NULL, 0) != GATEFOLD_OK) return NAN;
  if (gatefold_session_output(session, "y", &y) != GATEFOLD_OK) return NAN;
  return *(const float*)y.data;
}

float gatefold_test_run_as_c(const void* bytes, unsigned long size, float number,
                             const char** error) {
  const char* const states[] = {"hn=h0"};
  gatefold_model* model = NULL;
  gatefold_session* session = NULL;
  float sum = NAN;
  if (gatefold_model_load_bytes(bytes, size, NULL, &model) == GATEFOLD_OK &&
      gatefold_session_create(model, states, 1, &session) == GATEFOLD_OK) {
    sum = run(session, number);
    sum += run(session, number);
  }
  *error = gatefold_last_error();
  gatefold_session_free(session);
  gatefold_model_free(model);
  return sum;
}
