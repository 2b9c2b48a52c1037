/* Says which digits pictures show: classify MODEL PICTURES */
#include <gatefold.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "pictures.h"

static int fail(void) {
  fprintf(stderr, "classify: %s\n", gatefold_last_error());
  return 2;
}

/* Fills in log-probabilities [count, 10]. The model wants rows first, [7, count, 5]; the pictures
 * lie in memory one after the other: strides say so. */
static gatefold_status classify(gatefold_session* session, Picture* pictures, int64_t count,
                                float* scores) {
  const int64_t dims[] = {ROWS, count, COLUMNS};
  const int64_t strides[] = {COLUMNS, DOTS, 1};
  const int64_t score_dims[] = {count, 10};
  const gatefold_tensor rows = {"rows", GATEFOLD_FLOAT, 3, dims, strides, pictures};
  const gatefold_tensor result = {"log_probabilities", GATEFOLD_FLOAT, 2, score_dims, NULL, scores};
  return gatefold_session_run(session, &rows, 1, &result, 1);
}

static void print_best(int number, const float* scores) {
  int best = 0;
  int digit;
  for (digit = 1; digit < 10; ++digit) {
    if (scores[digit] > scores[best]) best = digit;
  }
  printf("picture %d: %d (%.0f %%)\n", number, best, 100 * exp(scores[best]));
}

int main(int argc, char** argv) {
  static Picture pictures[MOST_PICTURES];
  static float scores[MOST_PICTURES][10];
  gatefold_model* model = NULL;
  gatefold_session* session = NULL;
  gatefold_status status;
  int count;
  int i;
  if (argc != 3) {
    fprintf(stderr, "usage: classify MODEL PICTURES\n");
    return 2;
  }
  count = read_pictures(argv[2], pictures);
  status = gatefold_model_load(argv[1], NULL, &model);
  if (status == GATEFOLD_OK) status = gatefold_session_create(model, NULL, 0, &session);
  if (status == GATEFOLD_OK) status = classify(session, pictures, count, scores[0]);
  if (status == GATEFOLD_OK) {
    for (i = 0; i < count; ++i) print_best(i + 1, scores[i]);
  }
  gatefold_session_free(session);
  gatefold_model_free(model);
  return status == GATEFOLD_OK ? EXIT_SUCCESS : fail();
}
