/* Gatefold's interface for C: runs and trains ONNX models on the CPU.
 *
 *     gatefold_model* model = NULL;
 *     gatefold_session* session = NULL;
 *     const int64_t dims[] = {1, 3};
 *     float numbers[] = {1, 2, 3};
 *     const gatefold_tensor x = {"x", GATEFOLD_FLOAT, 2, dims, NULL, numbers};
 *     gatefold_tensor y;
 *     if (gatefold_model_load("model.onnx", NULL, &model) ||
 *         gatefold_session_create(model, NULL, 0, &session) ||
 *         gatefold_session_run(session, &x, 1, NULL, 0) ||
 *         gatefold_session_output(session, "y", &y)) {
 *       fprintf(stderr, "%s\n", gatefold_last_error());
 *     } else {
 *       use((const float*)y.data);
 *     }
 *     gatefold_session_free(session);
 *     gatefold_model_free(model);
 *
 * Errors. Every function that can fail returns a gatefold_status, which is 0 for success;
 * gatefold_last_error() says in one sentence what is wrong and what to do. A function that fails
 * has changed nothing, unless it says otherwise, and sets the handle that it would have made to
 * NULL. No C++ exception leaves the library.
 *
 * Ownership. What a function `..._create` or `..._load` made is freed by `..._free`, which takes
 * NULL, too. A session keeps its model alive: handles may be freed in any order. Texts and arrays
 * that the library returns belong to the handle that they came from. Memory that the caller gives
 * is read or written during the call alone and never kept.
 *
 * Threads. A model never changes and is used by any number of threads at once. A session, a
 * trainer, a metrics and an options handle are for one thread at a time; two calls on one session
 * or trainer at once are refused with GATEFOLD_MISUSE.
 *
 * Stability. Structures, numbers and functions of this header keep their meaning and layout within
 * a major version (while that is 0, within a minor one); versions add functions and numbers only.
 */
#ifndef GATEFOLD_H
#define GATEFOLD_H

#include <stddef.h>
#include <stdint.h>

#define GATEFOLD_VERSION_MAJOR 0
#define GATEFOLD_VERSION_MINOR 1
#define GATEFOLD_VERSION_PATCH 0
#define GATEFOLD_VERSION_NUMBER \
  (GATEFOLD_VERSION_MAJOR * 10000 + GATEFOLD_VERSION_MINOR * 100 + GATEFOLD_VERSION_PATCH)

#if defined(__GNUC__)
#define GATEFOLD_API __attribute__((visibility("default")))
#else
#define GATEFOLD_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Versions and errors ---- */

/* Returns the version of the library, "0.1.0". */
GATEFOLD_API const char* gatefold_version(void);
/* Returns the version of the library as a number, to be compared with GATEFOLD_VERSION_NUMBER. */
GATEFOLD_API int gatefold_version_number(void);

typedef enum gatefold_status {
  GATEFOLD_OK = 0,
  GATEFOLD_ERROR = 1,     /* What was given is wrong: a file, a name, a shape, data. */
  GATEFOLD_MISUSE = 2,    /* The call is wrong: a NULL, a number that no enumeration has. */
  GATEFOLD_NO_MEMORY = 3, /* There is not enough memory. */
  GATEFOLD_INTERNAL = 4   /* Anything else; please report it. */
} gatefold_status;

/* Returns what the last call that failed on this thread found wrong, one sentence; "" if none
 * failed. The text is valid until the next call that fails on this thread. */
GATEFOLD_API const char* gatefold_last_error(void);

/* ---- Tensors ---- */

/* Element types; the numbers are those of ONNX's TensorProto.DataType. A bool is one byte, 0 or 1;
 * float16 and bfloat16 are two bytes, their bits in a uint16_t. */
typedef enum gatefold_type {
  GATEFOLD_UNDEFINED = 0,
  GATEFOLD_FLOAT = 1,
  GATEFOLD_UINT8 = 2,
  GATEFOLD_INT8 = 3,
  GATEFOLD_UINT16 = 4,
  GATEFOLD_INT16 = 5,
  GATEFOLD_INT32 = 6,
  GATEFOLD_INT64 = 7,
  GATEFOLD_BOOL = 9,
  GATEFOLD_FLOAT16 = 10,
  GATEFOLD_DOUBLE = 11,
  GATEFOLD_UINT32 = 12,
  GATEFOLD_UINT64 = 13,
  GATEFOLD_BFLOAT16 = 16
} gatefold_type;

/* Returns the bytes of one element; 0 for a number that is no type. */
GATEFOLD_API size_t gatefold_type_size(int32_t type);
/* Returns the name in ONNX's text syntax, "float", "int64"; NULL for a number that is no type. */
GATEFOLD_API const char* gatefold_type_name(int32_t type);

/* An array by name. What is given to the library describes the caller's memory, and the library
 * only reads the memory of inputs. What the library fills in describes memory of its own. */
typedef struct gatefold_tensor {
  const char* name;
  int32_t type; /* A gatefold_type. */
  int32_t rank;
  const int64_t* dims;    /* `rank` extents; may be NULL for rank 0. */
  const int64_t* strides; /* `rank` distances in elements; NULL: the last axis is innermost and
                             nothing lies between. Other strides cost a copy. */
  void* data;             /* Memory that is not aligned to its elements costs a copy, too. */
} gatefold_tensor;

/* ---- Options ---- */

/* How to load a model, to run it or to train it. Options are a handle with setters, not a
 * structure: a new option is a new function, which changes no layout, lists need no pointers to
 * arrays of the caller, and each setter checks what it is given. */
typedef struct gatefold_options gatefold_options;

typedef enum gatefold_precision {
  GATEFOLD_PRECISION_F32 = 0,
  GATEFOLD_PRECISION_BF16 = 1, /* Operands of matrix products are rounded to bfloat16. */
  GATEFOLD_PRECISION_INT8 = 2  /* Only for running; constant weights are rounded to 8 bits. */
} gatefold_precision;

typedef enum gatefold_kernels {
  GATEFOLD_KERNELS_FASTEST = 0,
  GATEFOLD_KERNELS_ONEDNN = 1, /* oneDNN's wherever it has one. */
  GATEFOLD_KERNELS_OWN = 2     /* Gatefold's own wherever there is one. */
} gatefold_kernels;

GATEFOLD_API gatefold_status gatefold_options_create(gatefold_options** options);
GATEFOLD_API void gatefold_options_free(gatefold_options* options);

/* Sets the number of threads for one run or step; 1 without this. */
GATEFOLD_API gatefold_status gatefold_options_set_threads(gatefold_options* options, int threads);
/* Sets a gatefold_precision; the call that loads refuses what the machine lacks. */
GATEFOLD_API gatefold_status gatefold_options_set_precision(gatefold_options* options,
                                                            int32_t precision);
/* Sets a gatefold_kernels: whose kernels are used where there are several. */
GATEFOLD_API gatefold_status gatefold_options_set_kernels(gatefold_options* options,
                                                          int32_t kernels);
/* Sets the size of a named extent of the inputs, such as "batch". */
GATEFOLD_API gatefold_status gatefold_options_set_dim(gatefold_options* options, const char* name,
                                                      int64_t size);

/* Turns an input into a constant; copies the tensor. For models alone. */
GATEFOLD_API gatefold_status gatefold_options_set_value(gatefold_options* options,
                                                        const gatefold_tensor* value);
/* Says whether to optimize the model, 1 without this. For models alone. */
GATEFOLD_API gatefold_status gatefold_options_set_optimize(gatefold_options* options,
                                                           int is_optimized);
/* Says whether kernels are chosen by rule instead of by measuring, so that every run gives the same
 * bits; 0 without this. For models alone: trainers always are. */
GATEFOLD_API gatefold_status gatefold_options_set_reproducible(gatefold_options* options,
                                                               int is_reproducible);
/* Sets the bytes, approximately, that a session may keep in plans for input shapes seen before; 256
 * MiB without this. For models alone. */
GATEFOLD_API gatefold_status gatefold_options_set_plan_memory(gatefold_options* options,
                                                              size_t bytes);

/* Add a pattern (*, ?, [...]) for the names of tensors that are trained, and of those that are not.
 * Without any, every weight is; a tensor that does not look like a weight is trained if a pattern
 * is its whole name. For trainers alone, unless their plan names what is trained. */
GATEFOLD_API gatefold_status gatefold_options_add_trainable(gatefold_options* options,
                                                            const char* pattern);
GATEFOLD_API gatefold_status gatefold_options_add_frozen(gatefold_options* options,
                                                         const char* pattern);
/* Sets the steps in an epoch, for schedules that count epochs. For trainers alone. */
GATEFOLD_API gatefold_status gatefold_options_set_steps_per_epoch(gatefold_options* options,
                                                                  int64_t steps);

/* ---- Models ---- */

/* A model that is ready to run: imported, optimized, its weights laid out for the kernels. */
typedef struct gatefold_model gatefold_model;

/* Loads a model: ONNX in protobuf, or ONNX text in a file named .onnxtxt. `options` may be NULL. */
GATEFOLD_API gatefold_status gatefold_model_load(const char* path, const gatefold_options* options,
                                                 gatefold_model** model);
/* Loads the model in the bytes of a protobuf file, which are not needed after the call. */
GATEFOLD_API gatefold_status gatefold_model_load_bytes(const void* bytes, size_t size,
                                                       const gatefold_options* options,
                                                       gatefold_model** model);
GATEFOLD_API void gatefold_model_free(gatefold_model* model);

/* Writes the model as it was compiled, as plain ONNX, with the states that its file names; loading
 * that file optimizes nothing. The file appears whole or not at all. */
GATEFOLD_API gatefold_status gatefold_model_save(const gatefold_model* model, const char* path);

typedef enum gatefold_kind {
  GATEFOLD_TENSOR = 0,
  GATEFOLD_SEQUENCE = 1, /* A list of tensors; it cannot be given or taken by this interface. */
  GATEFOLD_OPTIONAL = 2  /* A tensor or list, or nothing; inputs of the kind need not be given. */
} gatefold_kind;

/* An input or output. What it points to belongs to the model or trainer that it is of. */
typedef struct gatefold_port {
  const char* name;
  int32_t kind;               /* A gatefold_kind. */
  int32_t type;               /* A gatefold_type, of a tensor. */
  int32_t rank;               /* -1 if it is not known. */
  const int64_t* dims;        /* -1 for extents that each run decides. */
  const char* const* symbols; /* The names of extents, "batch"; NULL for those without. */
  const char* text;           /* All of it in ONNX's text syntax: "float[batch,2]". */
} gatefold_port;

/* Return the number of inputs or outputs; 0 for NULL. */
GATEFOLD_API size_t gatefold_model_input_count(const gatefold_model* model);
GATEFOLD_API size_t gatefold_model_output_count(const gatefold_model* model);
/* Fill in the port at an index, in the order of the model. */
GATEFOLD_API gatefold_status gatefold_model_input(const gatefold_model* model, size_t index,
                                                  gatefold_port* port);
GATEFOLD_API gatefold_status gatefold_model_output(const gatefold_model* model, size_t index,
                                                   gatefold_port* port);
/* Returns the number of states that the model's file names; 0 for NULL. */
GATEFOLD_API size_t gatefold_model_state_count(const gatefold_model* model);
/* Sets `state` to such a state, "OUTPUT=INPUT". */
GATEFOLD_API gatefold_status gatefold_model_state(const gatefold_model* model, size_t index,
                                                  const char** state);

/* ---- Sessions ---- */

/* One stream of runs of a model, with the states that it carries from run to run. */
typedef struct gatefold_session gatefold_session;

/* Makes a session that carries these states, each "OUTPUT=INPUT": the input takes the value that
 * the output had in the run before, zero in the first one. If `states` is NULL they are those that
 * the model's file names. */
GATEFOLD_API gatefold_status gatefold_session_create(const gatefold_model* model,
                                                     const char* const* states, size_t count,
                                                     gatefold_session** session);
/* Makes another session of the same model that goes on from copies of the states. */
GATEFOLD_API gatefold_status gatefold_session_clone(const gatefold_session* session,
                                                    gatefold_session** copy);
GATEFOLD_API void gatefold_session_free(gatefold_session* session);

/* Runs the model once on inputs by name, in any order. An input that is given wins over a carried
 * state. `outputs`, which may be NULL, names outputs and memory of the caller that they are written
 * to, without a copy where the session can; an output must have the type and shape of its memory,
 * which must overlap no other and no input. All outputs can be read by gatefold_session_output. If
 * an output has another shape than its memory, the call fails, but carried states have gone on. */
GATEFOLD_API gatefold_status gatefold_session_run(gatefold_session* session,
                                                  const gatefold_tensor* inputs, size_t input_count,
                                                  const gatefold_tensor* outputs,
                                                  size_t output_count);
/* Fills in an output of the last run, which must have succeeded. It lies in memory of the session,
 * or in that which the run was given for it, and is valid until the next run, the next reset and
 * the end of the session. */
GATEFOLD_API gatefold_status gatefold_session_output(const gatefold_session* session,
                                                     const char* name, gatefold_tensor* output);
/* Sets all states to zero. */
GATEFOLD_API gatefold_status gatefold_session_reset(gatefold_session* session);

/* A step of the plan that runs execute, and how long it took. */
typedef struct gatefold_profile_step {
  const char* op;             /* "LSTM"; operators computed in one pass are joined: "Mul+Tanh". */
  const char* implementation; /* The kernel. */
  int64_t runs;               /* How often it was measured. */
  double seconds;             /* Of all runs together. */
  double least_seconds;       /* Of the fastest one. */
} gatefold_profile_step;

/* Starts or stops measuring the steps of runs; two readings of the clock each. */
GATEFOLD_API gatefold_status gatefold_session_set_profiling(gatefold_session* session,
                                                            int is_profiling);
/* Sets `steps` to the measured steps in order of execution; they are valid until the next call of
 * this function and the end of the session. */
GATEFOLD_API gatefold_status gatefold_session_profile(gatefold_session* session,
                                                      const gatefold_profile_step** steps,
                                                      size_t* count);

/* ---- Training ---- */

/* A model, and what training it needs: gradients, an optimizer, a schedule, carried states. The
 * loop over batches is the caller's. */
typedef struct gatefold_trainer gatefold_trainer;

/* Sums over the losses and hits of batches: the loss, accuracy, perplexity. */
typedef struct gatefold_metrics gatefold_metrics;

/* Makes a trainer of a model in a file. `plan` is JSON with the fields of `gatefold train --spec`,
 * which docs/training.md describes:
 *     {"loss": {"type": "cross_entropy"}, "optimizer": {"type": "adam", "lr": 0.001},
 *      "clip_norm": 1, "steps": 1000, "lr_schedule": {"type": "cosine"}}
 * `options` may be NULL. */
GATEFOLD_API gatefold_status gatefold_trainer_create(const char* path, const char* plan,
                                                     const gatefold_options* options,
                                                     gatefold_trainer** trainer);
/* Makes a trainer of the model in the bytes of a protobuf file, of which it keeps a copy. */
GATEFOLD_API gatefold_status gatefold_trainer_create_bytes(const void* bytes, size_t size,
                                                           const char* plan,
                                                           const gatefold_options* options,
                                                           gatefold_trainer** trainer);
GATEFOLD_API void gatefold_trainer_free(gatefold_trainer* trainer);

/* Returns the number of arrays of a batch: inputs of the model that are not carried, and targets; 0
 * for NULL. */
GATEFOLD_API size_t gatefold_trainer_input_count(const gatefold_trainer* trainer);
/* Fills in such an array's name and type. */
GATEFOLD_API gatefold_status gatefold_trainer_input(const gatefold_trainer* trainer, size_t index,
                                                    gatefold_port* port);

/* Takes one step on a batch: computes loss and gradients, and updates the weights. Element types
 * are converted between widths (double to float, uint8 to int64). Sets `loss` to the loss before
 * the update and adds the batch to `metrics`; both may be NULL. Fails, and changes no weight, if
 * the loss or the norm of the gradients is not finite; the message says which node began it. */
GATEFOLD_API gatefold_status gatefold_trainer_step(gatefold_trainer* trainer,
                                                   const gatefold_tensor* batch, size_t count,
                                                   gatefold_metrics* metrics, double* loss);
/* Computes the loss of a batch with the present weights and changes nothing; Dropout drops nothing.
 * Carried states go on from one evaluation to the next, apart from those of the steps. */
GATEFOLD_API gatefold_status gatefold_trainer_evaluate(gatefold_trainer* trainer,
                                                       const gatefold_tensor* batch, size_t count,
                                                       gatefold_metrics* metrics, double* loss);
/* Computes the gradients that the next step would find on a batch, before clipping, and changes
 * nothing. gatefold_trainer_gradient gives them. */
GATEFOLD_API gatefold_status gatefold_trainer_gradients(gatefold_trainer* trainer,
                                                        const gatefold_tensor* batch, size_t count);
/* Sets the carried states of steps and evaluations to zero, as before a new text. */
GATEFOLD_API gatefold_status gatefold_trainer_reset(gatefold_trainer* trainer);
/* Tells the schedule that an epoch has ended with this loss, for reduce_on_plateau. */
GATEFOLD_API gatefold_status gatefold_trainer_end_epoch(gatefold_trainer* trainer, double loss);

/* Returns the number of steps taken, those before a loaded checkpoint included; 0 for NULL. */
GATEFOLD_API int64_t gatefold_trainer_steps(const gatefold_trainer* trainer);
/* Returns the learning rate of the next update; 0 for NULL. */
GATEFOLD_API double gatefold_trainer_learning_rate(const gatefold_trainer* trainer);
/* Returns the norm of the gradients of the last step, before clipping; 0 without one, and for NULL.
 */
GATEFOLD_API double gatefold_trainer_gradient_norm(const gatefold_trainer* trainer);

/* Returns the number of trained weights; 0 for NULL. */
GATEFOLD_API size_t gatefold_trainer_weight_count(const gatefold_trainer* trainer);
/* Fills in a weight, in the trainer's memory, which the next step changes; only read it. */
GATEFOLD_API gatefold_status gatefold_trainer_weight(const gatefold_trainer* trainer, size_t index,
                                                     gatefold_tensor* weight);
/* Fills in the gradient by the weight of that index, valid until the next call of
 * gatefold_trainer_gradients, which must have been called. */
GATEFOLD_API gatefold_status gatefold_trainer_gradient(const gatefold_trainer* trainer,
                                                       size_t index, gatefold_tensor* gradient);
/* Sets the weight of that name to a copy of the tensor. */
GATEFOLD_API gatefold_status gatefold_trainer_set_weight(gatefold_trainer* trainer,
                                                         const gatefold_tensor* weight);

/* Writes the model with the present weights and the names of its carried states, and otherwise as
 * it was read. The file appears whole or not at all. */
GATEFOLD_API gatefold_status gatefold_trainer_save(const gatefold_trainer* trainer,
                                                   const char* path);
/* Writes everything that is needed to go on bit for bit into a folder, which is made if need be. */
GATEFOLD_API gatefold_status gatefold_trainer_save_checkpoint(const gatefold_trainer* trainer,
                                                              const char* folder);
/* Goes on from such a folder, of a trainer of the same model and plan. */
GATEFOLD_API gatefold_status gatefold_trainer_load_checkpoint(gatefold_trainer* trainer,
                                                              const char* folder);

/* Makes metrics of a trainer that are zero: the loss, and those of these names, "accuracy" and
 * "perplexity", which losses over classes have. They do not need the trainer to live. */
GATEFOLD_API gatefold_status gatefold_metrics_create(const gatefold_trainer* trainer,
                                                     const char* const* names, size_t count,
                                                     gatefold_metrics** metrics);
GATEFOLD_API void gatefold_metrics_free(gatefold_metrics* metrics);
/* Sets `value` to the mean "loss" per target of the batches added since the start or the last
 * reset, or to the metric of another name. */
GATEFOLD_API gatefold_status gatefold_metrics_value(const gatefold_metrics* metrics,
                                                    const char* name, double* value);
/* Sets all sums to zero. */
GATEFOLD_API gatefold_status gatefold_metrics_reset(gatefold_metrics* metrics);

#ifdef __cplusplus
}
#endif

#endif /* GATEFOLD_H */
