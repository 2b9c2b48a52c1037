#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/// What a program in C does with a model, compiled as C: loads the bytes, runs it twice on `number`
/// with the state "hn=h0", and returns the sum of both results; NaN, with the message in `error`,
/// if anything fails.
float gatefold_test_run_as_c(const void* bytes, unsigned long size, float number,
                             const char** error);

#ifdef __cplusplus
}
#endif
