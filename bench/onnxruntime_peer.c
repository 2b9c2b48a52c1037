/* ONNX Runtime on one model: measurements as JSON on standard output. See sides.py.
 *
 *     onnxruntime_peer MODEL THREADS SECONDS [NAME TYPE DIMS FILE]...
 *
 * The four of an input: its name (where the model has none of that name, its place counts), the
 * number of its element type in ONNX, its dims with commas between them, a file with its elements.
 */
#include <onnxruntime_c_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { kArgumentsBefore = 4, kArgumentsOfInput = 4, kFewestRuns = 5, kMostDims = 32 };

static const OrtApi* api;

static void fail(const char* what) {
  fprintf(stderr, "onnxruntime_peer: %s\n", what);
  exit(1);
}

static void check(OrtStatus* status) {
  if (status) fail(api->GetErrorMessage(status));
}

static void* allocate(size_t bytes) {
  void* memory = malloc(bytes ? bytes : 1);
  if (!memory) fail("no memory");
  return memory;
}

static double seconds_now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* The peak of resident memory since reset_peak, in MiB. */
static double peak_memory(void) {
  FILE* file = fopen("/proc/self/status", "r");
  char line[256];
  double kib = 0;
  while (file && fgets(line, sizeof line, file)) {
    if (sscanf(line, "VmHWM: %lf", &kib) == 1) break;
  }
  if (file) fclose(file);
  return kib / 1024;
}

static void reset_peak(void) {
  FILE* file = fopen("/proc/self/clear_refs", "w");
  if (!file || fputs("5", file) < 0 || fclose(file) != 0) fail("cannot reset the peak of memory");
}

typedef struct {
  size_t count;
  const char** names;
  OrtValue** values;
} Ports;

static Ports make_ports(size_t count) {
  Ports ports = {count, allocate(count * sizeof(char*)), allocate(count * sizeof(OrtValue*))};
  memset(ports.values, 0, count * sizeof(OrtValue*));
  return ports;
}

static void* read_file(const char* path, size_t* bytes) {
  FILE* file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END) != 0) fail(path);
  *bytes = (size_t)ftell(file);
  rewind(file);
  void* data = allocate(*bytes);
  if (fread(data, 1, *bytes, file) != *bytes) fail(path);
  fclose(file);
  return data;
}

/* Of one input's four arguments. */
static OrtValue* read_input(char** arguments) {
  int64_t dims[kMostDims];
  size_t rank = 0;
  for (char* at = arguments[2]; *at && rank < kMostDims; at += *at == ',') {
    dims[rank++] = strtoll(at, &at, 10);
  }
  size_t bytes = 0;
  void* data = read_file(arguments[3], &bytes);
  OrtMemoryInfo* memory = NULL;
  OrtValue* value = NULL;
  check(api->CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &memory));
  check(api->CreateTensorWithDataAsOrtValue(memory, data, bytes, dims, rank,
                                            (ONNXTensorElementDataType)atoi(arguments[1]), &value));
  api->ReleaseMemoryInfo(memory);
  return value;
}

static OrtSession* create_session(const char* model, int threads) {
  OrtEnv* environment = NULL;
  OrtSessionOptions* options = NULL;
  OrtSession* session = NULL;
  check(api->CreateEnv(ORT_LOGGING_LEVEL_FATAL, "peer", &environment));
  check(api->CreateSessionOptions(&options));
  check(api->SetIntraOpNumThreads(options, threads));
  check(api->SetInterOpNumThreads(options, 1));
  check(api->CreateSession(environment, model, options, &session));
  api->ReleaseSessionOptions(options);
  return session;
}

typedef OrtStatus*(ORT_API_CALL* GetName)(const OrtSession*, size_t, OrtAllocator*, char**);

static const char* name_of(const OrtSession* session, GetName get_name, size_t index) {
  OrtAllocator* allocator = NULL;
  char* name = NULL;
  check(api->GetAllocatorWithDefaultOptions(&allocator));
  check(get_name(session, index, allocator, &name));
  return name;
}

/* An input whose name the model does not have gets that of its place. */
static void name_inputs(const OrtSession* session, const Ports* inputs) {
  size_t count = 0;
  check(api->SessionGetInputCount(session, &count));
  for (size_t i = 0; i < inputs->count; i++) {
    int is_known = 0;
    for (size_t k = 0; k < count && !is_known; k++) {
      is_known = strcmp(inputs->names[i], name_of(session, api->SessionGetInputName, k)) == 0;
    }
    if (!is_known) inputs->names[i] = name_of(session, api->SessionGetInputName, i);
  }
}

static Ports make_outputs(const OrtSession* session) {
  size_t count = 0;
  check(api->SessionGetOutputCount(session, &count));
  Ports outputs = make_ports(count);
  for (size_t i = 0; i < count; i++) {
    outputs.names[i] = name_of(session, api->SessionGetOutputName, i);
  }
  return outputs;
}

/* Runs once; the outputs of the run before are released, new ones are allocated by the runtime. */
static void run(OrtSession* session, const Ports* inputs, const Ports* outputs) {
  for (size_t i = 0; i < outputs->count; i++) {
    if (outputs->values[i]) api->ReleaseValue(outputs->values[i]);
    outputs->values[i] = NULL;
  }
  check(api->Run(session, NULL, inputs->names, (const OrtValue* const*)inputs->values,
                 inputs->count, outputs->names, outputs->count, outputs->values));
}

static int compare_doubles(const void* a, const void* b) {
  const double x = *(const double*)a, y = *(const double*)b;
  return (x > y) - (x < y);
}

/* The median time of the runs that fit into the seconds, a few at least; in seconds. */
static double measure(OrtSession* session, const Ports* inputs, const Ports* outputs,
                      double seconds) {
  size_t count = 0, room = 1024;
  double* times = allocate(room * sizeof(double));
  const double begin = seconds_now();
  while (seconds_now() - begin < seconds || count < kFewestRuns) {
    if (count == room && !(times = realloc(times, (room *= 2) * sizeof(double)))) fail("no memory");
    const double before = seconds_now();
    run(session, inputs, outputs);
    times[count++] = seconds_now() - before;
  }
  qsort(times, count, sizeof(double), compare_doubles);
  const double median = times[count / 2];
  free(times);
  return median;
}

int main(int count, char** arguments) {
  if (count < kArgumentsBefore) fail("MODEL THREADS SECONDS [NAME TYPE DIMS FILE]...");
  api = OrtGetApiBase()->GetApi(ORT_API_VERSION);
  if (!api) fail("the library is older than the header");
  const double seconds = atof(arguments[3]);
  const Ports inputs = make_ports((size_t)(count - kArgumentsBefore) / kArgumentsOfInput);
  for (size_t i = 0; i < inputs.count; i++) {
    char** four = arguments + kArgumentsBefore + i * kArgumentsOfInput;
    inputs.names[i] = four[0];
    inputs.values[i] = read_input(four);
  }
  reset_peak();
  const double memory_before = peak_memory();
  const double start = seconds_now();
  OrtSession* session = create_session(arguments[1], atoi(arguments[2]));
  name_inputs(session, &inputs);
  const Ports outputs = make_outputs(session);
  run(session, &inputs, &outputs);
  const double start_time = seconds_now() - start;
  measure(session, &inputs, &outputs, 0);
  const double memory = peak_memory() - memory_before;
  measure(session, &inputs, &outputs, seconds / 10);
  const double median = measure(session, &inputs, &outputs, seconds);
  printf("{\"us\": %.3f, \"start_ms\": %.3f, \"memory_mib\": %.3f}\n", median * 1e6,
         start_time * 1e3, memory);
  return 0;
}
