/* Trains a model to read pictures in negative, too: train MODEL PICTURES OUTPUT
 *
 * The pictures are the digits 0 to 9. Each batch holds some of them, every second one in negative,
 * and all with two dots changed. */
#include <gatefold.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pictures.h"

enum { BATCH = 32, STEPS = 300 };

static const char* const kPlan =
    "{\"loss\": {\"type\": \"nll\"},"
    " \"optimizer\": {\"type\": \"adam\", \"lr\": 0.005},"
    " \"lr_schedule\": {\"type\": \"cosine\"},"
    " \"clip_norm\": 1, \"steps\": 300}";

/* Numbers that look random and are the same everywhere. */
static unsigned draw(unsigned below) {
  static unsigned long state = 1;
  state = (state * 1103515245UL + 12345UL) & 0x7fffffffUL;
  return (unsigned)(state >> 8) % below;
}

static void invert(float* dot) { *dot = 1 - *dot; }

/* Takes one step on a batch or, without training, judges it. */
static gatefold_status use_batch(gatefold_trainer* trainer, Picture* digits, int is_training,
                                 gatefold_metrics* metrics) {
  static Picture pictures[BATCH];
  int64_t targets[BATCH];
  const int64_t dims[] = {ROWS, BATCH, COLUMNS};
  const int64_t strides[] = {COLUMNS, DOTS, 1};
  gatefold_tensor batch[] = {{"rows", GATEFOLD_FLOAT, 3, dims, strides, pictures},
                             {"target", GATEFOLD_INT64, 1, &dims[1], NULL, targets}};
  int i;
  int k;
  for (i = 0; i < BATCH; ++i) {
    targets[i] = draw(10);
    memcpy(pictures[i], digits[targets[i]], sizeof(Picture));
    for (k = 0; k < DOTS && i % 2 == 1; ++k) invert(&pictures[i][k]);
    for (k = 0; k < 2; ++k) invert(&pictures[i][draw(DOTS)]);
  }
  if (is_training) return gatefold_trainer_step(trainer, batch, 2, metrics, NULL);
  return gatefold_trainer_evaluate(trainer, batch, 2, metrics, NULL);
}

/* Prints the metrics of the batches since the last time. */
static gatefold_status report(const char* when, gatefold_metrics* metrics) {
  double loss;
  double accuracy;
  gatefold_status status = gatefold_metrics_value(metrics, "loss", &loss);
  if (status == GATEFOLD_OK) status = gatefold_metrics_value(metrics, "accuracy", &accuracy);
  if (status != GATEFOLD_OK) return status;
  printf("%s: loss %.3f, accuracy %.2f\n", when, loss, accuracy);
  return gatefold_metrics_reset(metrics);
}

static gatefold_status judge(const char* when, gatefold_trainer* trainer, Picture* digits,
                             gatefold_metrics* metrics) {
  int i;
  for (i = 0; i < 10; ++i) {
    const gatefold_status status = use_batch(trainer, digits, 0, metrics);
    if (status != GATEFOLD_OK) return status;
  }
  return report(when, metrics);
}

static gatefold_status train(gatefold_trainer* trainer, Picture* digits,
                             gatefold_metrics* metrics) {
  gatefold_status status = judge("before", trainer, digits, metrics);
  while (status == GATEFOLD_OK && gatefold_trainer_steps(trainer) < STEPS) {
    status = use_batch(trainer, digits, 1, metrics);
    if (status == GATEFOLD_OK && gatefold_trainer_steps(trainer) % 100 == 0) {
      status = report("training", metrics);
    }
  }
  return status == GATEFOLD_OK ? judge("after", trainer, digits, metrics) : status;
}

int main(int argc, char** argv) {
  static Picture digits[MOST_PICTURES];
  const char* const names[] = {"accuracy"};
  gatefold_trainer* trainer = NULL;
  gatefold_metrics* metrics = NULL;
  gatefold_status status;
  if (argc != 4 || read_pictures(argv[2], digits) != 10) {
    fprintf(stderr, "usage: train MODEL PICTURES OUTPUT, with pictures of the digits 0 to 9\n");
    return 2;
  }
  status = gatefold_trainer_create(argv[1], kPlan, NULL, &trainer);
  if (status == GATEFOLD_OK) status = gatefold_metrics_create(trainer, names, 1, &metrics);
  if (status == GATEFOLD_OK) status = train(trainer, digits, metrics);
  if (status == GATEFOLD_OK) status = gatefold_trainer_save(trainer, argv[3]);
  if (status == GATEFOLD_OK) {
    printf("wrote %s\n", argv[3]);
  } else {
    fprintf(stderr, "train: %s\n", gatefold_last_error());
  }
  gatefold_metrics_free(metrics);
  gatefold_trainer_free(trainer);
  return status == GATEFOLD_OK ? EXIT_SUCCESS : 2;
}
