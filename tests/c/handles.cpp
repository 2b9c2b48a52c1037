#include "tests/c/handles.h"

#include "frontend/onnx_reader.h"
#include "frontend/onnx_writer.h"
#include "session/arrays/files.h"
#include "tests/temporary_folder.h"

namespace gatefold::test {

std::string model_bytes(const char* text) {
  const TemporaryFolder folder;
  write_model(parse_model(text), folder.path() / "model.onnx");
  return read_file(folder.path() / "model.onnx");
}

gatefold_status load_text(const char* text, gatefold_model** model,
                          const gatefold_options* options) {
  const std::string bytes = model_bytes(text);
  return gatefold_model_load_bytes(bytes.data(), bytes.size(), options, model);
}

Floats::Floats(const char* name, std::vector<std::int64_t> extents, std::vector<float> values)
    : dims(std::move(extents)),
      numbers(std::move(values)),
      tensor{name,        GATEFOLD_FLOAT, static_cast<int32_t>(dims.size()),
             dims.data(), nullptr,        numbers.data()} {}

std::vector<float> numbers_of(const gatefold_tensor& tensor) {
  EXPECT_EQ(tensor.type, GATEFOLD_FLOAT);
  std::int64_t size = 1;
  for (int32_t i = 0; i < tensor.rank; ++i) size *= tensor.dims[i];
  const auto* first = static_cast<const float*>(tensor.data);
  return {first, first + size};
}

std::vector<float> output_of(const gatefold_session* session, const char* name) {
  gatefold_tensor output = {};
  EXPECT_OK(gatefold_session_output(session, name, &output));
  EXPECT_STREQ(output.name, name);
  return numbers_of(output);
}

}  // namespace gatefold::test
