#pragma once

/// Everything that a program needs from Gatefold: load a model and run it, carry states from call
/// to call, train it, and read and write its files.
#include "frontend/onnx_reader.h"
#include "frontend/onnx_writer.h"
#include "session/arrays/files.h"
#include "session/arrays/npy.h"
#include "session/arrays/npz.h"
#include "session/compiled_model.h"
#include "session/session.h"
#include "session/training/training_run.h"
#include "session/training/training_session.h"
