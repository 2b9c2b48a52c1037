/* Reads numbers as they come and says how far each is from what was usual: stream MODEL
 * OUTPUT=INPUT...
 *
 * The model takes one number and its states, and each run goes on from the states of the one
 * before. A line "reset" forgets them. */
#include <gatefold.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Runs the model on one number. The results are read where the session has them. */
static gatefold_status run(gatefold_session* session, float number) {
  const int64_t dims[] = {1};
  const gatefold_tensor x = {"x", GATEFOLD_FLOAT, 1, dims, NULL, &number};
  gatefold_tensor surprise;
  gatefold_tensor mean;
  gatefold_status status = gatefold_session_run(session, &x, 1, NULL, 0);
  if (status == GATEFOLD_OK) status = gatefold_session_output(session, "surprise", &surprise);
  if (status == GATEFOLD_OK) status = gatefold_session_output(session, "mean_next", &mean);
  if (status != GATEFOLD_OK) return status;
  printf("%6.2f  surprise %6.2f  mean %6.2f\n", number, *(const float*)surprise.data,
         *(const float*)mean.data);
  return GATEFOLD_OK;
}

int main(int argc, char** argv) {
  char line[64];
  gatefold_model* model = NULL;
  gatefold_session* session = NULL;
  gatefold_status status;
  if (argc < 2) {
    fprintf(stderr, "usage: stream MODEL OUTPUT=INPUT...\n");
    return 2;
  }
  status = gatefold_model_load(argv[1], NULL, &model);
  if (status == GATEFOLD_OK) {
    status =
        gatefold_session_create(model, (const char* const*)argv + 2, (size_t)argc - 2, &session);
  }
  while (status == GATEFOLD_OK && fgets(line, sizeof line, stdin) != NULL) {
    const int is_reset = strncmp(line, "reset", 5) == 0;
    status = is_reset ? gatefold_session_reset(session) : run(session, strtof(line, NULL));
  }
  if (status != GATEFOLD_OK) fprintf(stderr, "stream: %s\n", gatefold_last_error());
  gatefold_session_free(session);
  gatefold_model_free(model);
  return status == GATEFOLD_OK ? EXIT_SUCCESS : 2;
}
