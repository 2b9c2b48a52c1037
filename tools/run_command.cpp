#include <algorithm>
#include <memory>
#include <optional>
#include <set>

#include "frontend/onnx_reader.h"
#include "frontend/onnx_writer.h"
#include "ir/error.h"
#include "ir/number_text.h"
#include "ir/value_names.h"
#include "session/arrays/files.h"
#include "session/arrays/npy.h"
#include "session/arrays/npz.h"
#include "session/compiled_model.h"
#include "session/number_range.h"
#include "session/number_trace.h"
#include "tools/binding_options.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/compare.h"
#include "tools/inner_values.h"
#include "tools/input_values.h"
#include "tools/inputs.h"
#include "tools/load_options.h"
#include "tools/output.h"

namespace gatefold::tools {
namespace {

namespace fs = std::filesystem;

struct Options {
  fs::path model;
  std::vector<std::string> inputs;
  std::vector<std::string> dims;
  std::optional<std::uint64_t> seed;
  std::optional<fs::path> output;
  std::string format = "npy";
  LoadOptions load;
  std::vector<std::string> values;
  bool find_nan = false;
};

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

std::string names_of_inputs(const Graph& graph) {
  std::string names;
  for (const Value* input : graph.inputs()) {
    names += fmt::format("{}'{}' {}", names.empty() ? "" : ", ", input->name(),
                         to_string(input->type()));
  }
  return names.empty() ? "none" : names;
}

/// The input that `key` names, or whose position it is.
std::optional<std::size_t> find_input_by_key(const Graph& graph, std::string_view key) {
  if (const auto named = find_input_position(graph, key)) return named;
  const auto position = number_from_text<std::size_t>(key);
  return position && *position < graph.inputs().size() ? position : std::nullopt;
}

/// Reads a file of the form its name tells: .npy, .npz with ":array" behind it, or TensorProto.
Datum read_datum_file(const std::string& file, const Type& type) {
  constexpr std::string_view kArchive = ".npz:";
  const std::size_t archive = file.find(kArchive);
  if (archive != std::string::npos) {
    return read_npz(file.substr(0, archive + kArchive.size() - 1),
                    file.substr(archive + kArchive.size()));
  }
  const std::string extension = fs::path(file).extension().string();
  if (extension == ".npy") return parse_npy(read_file(file), file);
  if (extension == ".pb") return read_tensor_file(file, type);
  if (extension == ".npz") fail("'{}': name the array to read, as in {}:array", file, file);
  fail("'{}' is neither a list of numbers nor a .npy, .npz or .pb file", file);
}

Datum read_datum(const Value& input, const std::string& text) {
  if (is_list_of_numbers(text)) return read_numbers(input, text);
  return read_datum_file(text, input.type());
}

/// The data that --input options give, one place per graph input.
std::vector<std::optional<Datum>> read_given(const Graph& graph,
                                             const std::vector<std::string>& options) {
  std::vector<std::optional<Datum>> given(graph.inputs().size());
  for (const std::string& option : options) {
    // Both names and files may hold '=': the first split that names an input is meant.
    std::optional<std::size_t> input;
    std::size_t equals = option.find('=');
    if (equals == std::string::npos) fail("--input {}: should be NAME=FILE", option);
    const std::string first_key = option.substr(0, equals);
    for (; equals != std::string::npos; equals = option.find('=', equals + 1)) {
      input = find_input_by_key(graph, std::string_view(option).substr(0, equals));
      if (input) break;
    }
    if (!input) {
      fail("--input {}: the model has no input '{}'; its inputs are: {}", option, first_key,
           names_of_inputs(graph));
    }
    if (given[*input]) fail("input '{}' is given twice", graph.inputs()[*input]->name());
    given[*input] = read_datum(*graph.inputs()[*input], option.substr(equals + 1));
  }
  return given;
}

/// Given data where there is some, random data for the other inputs when a seed is given.
std::vector<Datum> complete_inputs(const Graph& graph, std::vector<std::optional<Datum>> given,
                                   const std::optional<std::uint64_t>& seed) {
  DimSizes sizes;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const auto* tensor = given[i] ? std::get_if<Tensor>(&*given[i]) : nullptr;
    if (tensor != nullptr) note_sizes(graph.inputs()[i]->type(), tensor->dims(), sizes);
  }
  std::vector<Datum> inputs;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const Value& input = *graph.inputs()[i];
    if (!given[i] && !seed) {
      fail("input '{}' {} is missing; give --input {}=FILE, --input {}=NUMBER,... or --random SEED",
           input.name(), to_string(input.type()), input.name(), input.name());
    }
    inputs.push_back(given[i] ? std::move(*given[i]) : random_input(input, i, *seed, sizes));
  }
  return inputs;
}

/// The tensors of all outputs, those of a sequence numbered; an empty optional has none.
NamedTensors named_outputs(const Graph& graph, std::span<const Datum> data) {
  NamedTensors tensors;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const std::string& name = graph.outputs()[i].name;
    if (const auto* tensor = std::get_if<Tensor>(&data[i])) tensors.emplace_back(name, *tensor);
    if (const auto* sequence = std::get_if<Sequence>(&data[i])) {
      for (std::size_t k = 0; k < sequence->size(); ++k) {
        tensors.emplace_back(fmt::format("{}.{}", name, k), (*sequence)[k]);
      }
    }
  }
  return tensors;
}

/// `name` with everything replaced that file systems treat specially, made unique among `taken`.
std::string file_name(const std::string& name, std::set<std::string>& taken) {
  std::string safe;
  for (const char c : name) {
    safe += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' ? c : '_';
  }
  std::string unique = safe;
  for (int i = 1; !taken.insert(unique).second; ++i) unique = fmt::format("{}_{}", safe, i);
  return unique;
}

void write_outputs(const NamedTensors& tensors, const fs::path& folder, const std::string& format) {
  make_folder(folder);
  if (format == "npz") return write_npz(folder / "outputs.npz", tensors);
  std::set<std::string> taken;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const auto& [name, tensor] = tensors[i];
    if (format == "pb") {
      write_tensor_file(tensor, name, folder / fmt::format("output_{}.pb", i));
    } else {
      write_file(folder / (file_name(name, taken) + ".npy"), format_npy(tensor));
    }
  }
}

/// Numbers of a larger tensor that are shown.
constexpr std::int64_t kShown = 8;
/// Tensors of up to so many rows of so many numbers are shown whole.
constexpr std::int64_t kMostRows = 16;
constexpr std::int64_t kMostColumns = 8;

std::int64_t columns_of(const Tensor& tensor) {
  return tensor.rank() == 0 ? 1 : tensor.dims().back();
}

/// All numbers in aligned columns: a line for each row, a blank line between matrices.
void print_rows(const Tensor& tensor) {
  const std::int64_t columns = columns_of(tensor);
  const std::int64_t rows_of_matrix = tensor.rank() < 2 ? 1 : tensor.dims()[tensor.rank() - 2];
  std::vector<std::string> cells;
  std::size_t width = 0;
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    width = std::max(width, cells.emplace_back(number_text(tensor.number_at(i))).size());
  }
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    if (i > 0 && i % (columns * rows_of_matrix) == 0) print("\n");
    print("  {:>{}}{}", cells[static_cast<std::size_t>(i)], width,
          (i + 1) % columns == 0 ? "\n" : "");
  }
}

void print_summary(const std::string& name, const Tensor& tensor) {
  print("{} {}\n", name, to_string(tensor.type()));
  if (tensor.size() == 0) return;
  const std::int64_t columns = columns_of(tensor);
  if (columns <= kMostColumns && tensor.size() <= kMostRows * columns) return print_rows(tensor);
  const NumberRange range = range_of(tensor);
  const std::string others = non_finite_text(range);
  print("  min {}, max {}, mean {}{}{}\n  ", number_text(range.lowest), number_text(range.highest),
        number_text(range.mean), others.empty() ? "" : "; not finite: ", others);
  for (std::int64_t i = 0; i < std::min(tensor.size(), kShown); ++i) {
    print("{}{}", i == 0 ? "" : " ", number_text(tensor.number_at(i)));
  }
  print("{}\n", tensor.size() > kShown ? " ..." : "");
}

/// Tells where numbers that are not finite come from; a failed test when there are any.
int find_nan(const CompiledModel& model, const std::vector<Datum>& inputs) {
  const Graph& graph = model.graph();
  const auto origin =
      find_non_finite(graph, inputs, model.executable()->options(), graph.outputs().size());
  if (!origin) {
    print("every number of the outputs is finite, and no inner value is nan\n");
    return kSuccess;
  }
  print("{}{}\n", origin->text, origin->is_in_outputs ? "" : "; the outputs are finite");
  return kTestFailed;
}

int run(const Options& options) {
  Model read = read_model(options.model);
  add_inner_outputs(*read.graph, options.values);
  LoadOptions load_options = options.load;
  load_options.dims = parse_dim_sizes(options.dims);
  load_options.optimize = load_options.optimize && !options.find_nan;
  const auto model = load(std::move(read), load_options);
  const Graph& graph = model->graph();
  const std::vector<Datum> inputs =
      complete_inputs(graph, read_given(graph, options.inputs), options.seed);
  if (options.find_nan) return find_nan(*model, inputs);
  Context context(model->executable());
  const std::span<const Datum> outputs = context.run(inputs);
  const NamedTensors tensors = named_outputs(graph, outputs);
  if (options.output) {
    write_outputs(tensors, *options.output, options.format);
    return kSuccess;
  }
  for (const auto& [name, tensor] : tensors) print_summary(name, tensor);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (!std::holds_alternative<Tensor>(outputs[i])) {
      print("{}: {}\n", graph.outputs()[i].name, describe(outputs[i]));
    }
  }
  return kSuccess;
}

std::function<int()> declare(OptionParser& parser) {
  auto options = std::make_shared<Options>();
  add_model_option(parser, options->model).required();
  parser
      .add_option("--input", options->inputs,
                  "Read the input of this name, or of this number from 0, from a file: .npy, "
                  ".npz:ARRAY or a TensorProto .pb; or give its numbers, one for all elements or "
                  "one for each")
      .type_name("NAME=FILE|NUMBER,...")
      .repeatable();
  parser
      .add_option("--random", options->seed,
                  "Fill the inputs that are not given with random numbers")
      .type_name("SEED");
  add_dim_option(parser, options->dims);
  parser
      .add_option("--output", options->output,
                  "Write the outputs to this folder instead of showing a summary")
      .type_name("DIR");
  parser
      .add_option("--format", options->format,
                  "Write an npy or pb file for each output, or one npz archive")
      .one_of({"npy", "pb", "npz"})
      .show_default();
  parser
      .add_option("--values", options->values,
                  "Also deliver the inner values whose names in the model's file match")
      .type_name("GLOB")
      .repeatable();
  parser
      .add_flag("--find-nan", options->find_nan,
                "Name the node that makes the first nan or infinite number, instead of showing "
                "outputs; run the model without passes")
      .excludes({"--output", "--values"});
  add_load_options(parser, options->load);
  return [options] { return run(*options); };
}

}  // namespace

const Command kRunCommand{
    .name = "run",
    .summary = "Run a model once and show or write its outputs",
    .example =
        "gatefold run model.onnx --input tokens=tokens.npy --random 1 --dim batch=2\n"
        "  gatefold run model.onnx --input tokens=tokens.npy --values '*attention*'\n"
        "  gatefold run graph.onnxtxt --input a=5 --input b=1,2,3\n\n"
        "Small outputs are shown whole, a line for each row. The summary of others gives the\n"
        "least, the largest and the mean of the finite numbers, and counts the rest. Exit codes:\n"
        "0 success, 1 --find-nan found a number that is not finite, 2 bad use or bad input.",
    .declare = declare,
};

}  // namespace gatefold::tools
