#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <vector>

#include "tests/cli/cli.h"
#include "tests/random_weights.h"

namespace gatefold::test {
namespace {

/// The bytes of numbers as files hold them.
template <typename T>
std::string bytes_of(const std::vector<T>& numbers) {
  std::string bytes(numbers.size() * sizeof(T), '\0');
  std::memcpy(bytes.data(), numbers.data(), bytes.size());
  return bytes;
}

std::string npy(const std::string& header, const std::string& data, char version = 1) {
  std::string bytes = "\x93NUMPY";
  bytes += version;
  bytes += '\0';
  bytes += static_cast<char>(header.size());
  bytes += '\0';
  if (version > 1) bytes += std::string(2, '\0');
  return bytes + header + data;
}

class CliRun : public Cli {
 protected:
  /// A model that delivers its input x.
  void write_copy_model(const std::string& dtype) const {
    write("copy.onnxtxt",
          "<ir_version: 8, opset_import: [\"\" : 17]>\n"
          "g (" +
              dtype + "[a,b] x) => (" + dtype +
              "[c,b] y)\n"
              "<int64[2] rows = {0, 1}> { y = Gather (x, rows) }");
  }
  /// What `copy.onnxtxt` makes of x.npy, as the data part of y.npy.
  std::string copied(const std::string& options = "--input x=x.npy") const {
    const CommandResult result = gatefold("run copy.onnxtxt " + options + " --output out");
    EXPECT_EQ(result.errors, "");
    EXPECT_EQ(result.exit_code, 0);
    const std::string file = read("out/y.npy");
    return file.empty() ? file : file.substr(file.find('\n') + 1);
  }
};

TEST_F(CliRun, KeepsEveryElementType) {
  const struct {
    const char* dtype;
    const char* descr;
    std::size_t size;
  } kTypes[] = {{"float", "<f4", 4},  {"double", "<f8", 8}, {"float16", "<f2", 2},
                {"int8", "|i1", 1},   {"int16", "<i2", 2},  {"int32", "<i4", 4},
                {"int64", "<i8", 8},  {"uint8", "|u1", 1},  {"uint16", "<u2", 2},
                {"uint32", "<u4", 4}, {"uint64", "<u8", 8}, {"bool", "|b1", 1}};
  for (const auto& [dtype, descr, size] : kTypes) {
    write_copy_model(dtype);
    const std::string data(4 * size, '\x01');
    const std::string header =
        "{'descr': '" + std::string(descr) + "', 'fortran_order': False, 'shape': (2, 2), }\n";
    write("x.npy", npy(header, data));
    EXPECT_EQ(copied(), data) << dtype;
    EXPECT_TRUE(contains(read("out/y.npy"), header.substr(0, header.size() - 1))) << dtype;
    EXPECT_EQ(read("out/y.npy").find('\n') % 64, 63U);
  }
}

TEST_F(CliRun, ReadsFortranOrderAndEveryVersion) {
  write_copy_model("float");
  for (const char version : {'\1', '\2', '\3'}) {
    write("x.npy", npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3)}\n",
                       bytes_of<float>({1, 4, 2, 5, 3, 6}), version));
    EXPECT_EQ(copied(), bytes_of<float>({1, 2, 3, 4, 5, 6}));
  }
}

TEST_F(CliRun, ReadsBackTheArchiveItWrote) {
  write_copy_model("float");
  const std::string data = bytes_of<float>({1, 2, 3, 4});
  write("x.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)}\n", data));
  EXPECT_EQ(gatefold("run copy.onnxtxt --input 0=x.npy --output . --format npz").exit_code, 0);
  EXPECT_EQ(copied("--input x=outputs.npz:y"), data);
  const CommandResult unknown = gatefold("run copy.onnxtxt --input x=outputs.npz:z");
  EXPECT_EQ(unknown.errors, "gatefold: 'outputs.npz' has no array 'z'; there are: y\n");
}

TEST_F(CliRun, ReadsBackTheTensorFileItWrote) {
  write_copy_model("float");
  const std::string data = bytes_of<float>({1, 2, 3, 4});
  write("x.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)}\n", data));
  EXPECT_EQ(gatefold("run copy.onnxtxt --input x=x.npy --output out --format pb").exit_code, 0);
  EXPECT_EQ(copied("--input x=out/output_0.pb"), data);
}

TEST_F(CliRun, RefusesDamagedArrays) {
  write_copy_model("float");
  const struct {
    std::string bytes;
    const char* message;
  } kCases[] = {
      {"nonsense", "'x.npy' is not a .npy file"},
      {npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)", ""),
       "'x.npy' has a damaged .npy header"},
      {npy("{'descr': '>f4', 'fortran_order': False, 'shape': (2, 2)}", ""),
       "'x.npy' has elements of numpy type '>f4'"},
      {npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)}", "123"),
       "'x.npy' holds 3 bytes of data; float[2,2] takes 16"},
      {npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", ""),
       "takes far more"},
      {npy("{'descr': '<f4'}", ""), "'x.npy' has a damaged .npy header"},
  };
  for (const auto& [bytes, message] : kCases) {
    write("x.npy", bytes);
    const CommandResult result = gatefold("run copy.onnxtxt --input x=x.npy");
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_TRUE(starts_with(result.errors, "gatefold: "));
    EXPECT_TRUE(contains(result.errors, message));
  }
}

TEST_F(CliRun, ShowsSmallOutputsWhole) {
  write_copy_model("int64");
  write("x.npy", npy("{'descr': '<i8', 'fortran_order': False, 'shape': (2, 1)}",
                     bytes_of<std::int64_t>({3, 5})));
  EXPECT_EQ(gatefold("run copy.onnxtxt --input x=x.npy").output, "y int64[2,1]\n  3\n  5\n");
}

TEST_F(CliRun, AlignsRowsAndPartsMatrices) {
  write("cube.onnxtxt",
        "<ir_version: 8, opset_import: [\"\" : 17]>\n"
        "g (float[2,2,2] x) => (float[2,2,2] y, float s)\n"
        "{ y = Neg (x)\n s = ReduceMax <keepdims = 0> (x) }");
  EXPECT_EQ(gatefold("run cube.onnxtxt --input x=1,2,3,4.5,-5,6,7,8").output,
            "y float[2,2,2]\n    -1    -2\n    -3  -4.5\n\n     5    -6\n    -7    -8\n"
            "s float[]\n  8\n");
}

TEST_F(CliRun, SummarisesLargeOutputs) {
  write("wide.onnxtxt",
        "<ir_version: 8, opset_import: [\"\" : 17]>\n"
        "g (float[1] x) => (float[9] y) <int64[1] nine = {9}> { y = Expand (x, nine) }");
  EXPECT_EQ(gatefold("run wide.onnxtxt --input x=2").output,
            "y float[9]\n  min 2, max 2, mean 2\n  2 2 2 2 2 2 2 2 ...\n");
}

TEST_F(CliRun, TakesNumbersForInputs) {
  write_copy_model("float");
  const std::string rows = "y float[2,3]\n  1  2  3\n  4  5  6\n";
  EXPECT_EQ(gatefold("run copy.onnxtxt --input x=1,2,3,4,5,6,0,0,0 --dim a=3").output, rows);
  EXPECT_EQ(gatefold("run copy.onnxtxt --input 0=1,2,3,4,5,6 --dim b=3").output, rows);
  EXPECT_EQ(gatefold("run copy.onnxtxt --input x=7 --dim a=2 --dim b=1").output,
            "y float[2,1]\n  7\n  7\n");
  write_copy_model("bool");
  EXPECT_EQ(gatefold("run copy.onnxtxt --input x=true,false --dim b=1").output,
            "y bool[2,1]\n  1\n  0\n");
}

TEST_F(CliRun, ExplainsWhatIsWrongWithInputs) {
  write_copy_model("float");
  write("x.npy",
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", bytes_of<float>({1, 2, 3})));
  const struct {
    const char* options;
    const char* message;
  } kCases[] = {
      {"",
       "input 'x' float[a,b] is missing; give --input x=FILE, --input x=NUMBER,... or --random "
       "SEED"},
      {"--input z=x.npy", "the model has no input 'z'; its inputs are: 'x' float[a,b]"},
      {"--input 1=x.npy", "the model has no input '1'"},
      {"--input x.npy", "--input x.npy: should be NAME=FILE"},
      {"--input x=x.npy", "input 'x' is float[3] but must be float[a,b]"},
      {"--input x=x.txt", "'x.txt' is neither a list of numbers nor a .npy, .npz or .pb file"},
      {"--input x=1,2,3", "input 'x' is float[a,b]; give its named extents a size with --dim"},
      {"--input x=1,2,3 --dim b=2", "input 'x' is float[a,2]; give its named extents a size"},
      {"--input x=1,2,3 --dim a=2 --dim b=2",
       "input 'x': there are 3 numbers, but float[2,2] has 4 elements; give 1 or 4"},
      {"--input x=y.npy", "'y.npy' cannot be read: No such file or directory"},
      {"--random 1", "'a' has no size; give one with --dim a=SIZE"},
      {"--random 1 --dim a=2 --dim n=3",
       "no input has an extent named 'n' to be 3; there are: a, b"},
      {"--random 1 --dim a", "--dim a: should be NAME=SIZE"},
  };
  for (const auto& [options, message] : kCases) {
    const CommandResult result = gatefold(std::string("run copy.onnxtxt ") + options);
    EXPECT_EQ(result.exit_code, 2) << options;
    EXPECT_TRUE(contains(result.errors, message));
  }
}

/// Models that make numbers which are not finite, of x = {1, -1}.
class CliFindNan : public Cli {
 protected:
  CommandResult find(const std::string& body, const std::string& options = "--find-nan") const {
    write("m.onnxtxt", "<ir_version: 8, opset_import: [\"\" : 17]>\n" + body);
    write("x.npy",
          npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", bytes_of<float>({1, -1})));
    return gatefold("run m.onnxtxt --input x=x.npy " + options);
  }
};

TEST_F(CliFindNan, NamesTheFirstNodeAndItsInputs) {
  const CommandResult result = find(
      "g (float[2] x) => (float[2] y) {\n"
      "a = Abs (x)\n r = Sqrt (x)\n s = Add (r, a)\n y = Exp (s) }");
  EXPECT_EQ(result.errors, "");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(
      result.output,
      "node of output 'r' (Sqrt) made the first nan, in 'r' float[2] (1 to 1, 1 nan), from 'x' "
      "float[2] (-1 to 1)\n");
}

TEST_F(CliFindNan, TellsWhatANanComesFrom) {
  const CommandResult result = find(
      "g (float[2] x) => (float[2] y) <float[1] big = {1000}> {\n"
      "b = Mul (x, big)\n e = Exp (b)\n y = Div (e, e) }");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(
      contains(result.output,
               "(Exp) made the first infinite number, in 'e' float[2] (0 to 0, 1 infinite), from "
               "'b' float[2] (-1000 to 1000); of these "));
  EXPECT_TRUE(contains(result.output, "(Div) made the first nan, in 'y' float[2] (2 nan)"));
}

TEST_F(CliFindNan, IsNotMisledByMasks) {
  const char* masked =
      "g (float[2] x) => (float[2] y) <float[2] mask = {1, 0}> {\n"
      "m = Log (mask)\n s = Add (x, m)\n y = Softmax (s) }";
  const CommandResult fine = find(masked);
  EXPECT_EQ(fine.exit_code, 0) << fine.errors;
  EXPECT_EQ(fine.output, "every number of the outputs is finite, and no inner value is nan\n");
}

TEST_F(CliFindNan, NamesInputsThatHoldIt) {
  write("nan.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
                       bytes_of<float>({1, std::numeric_limits<float>::quiet_NaN()})));
  write("m.onnxtxt",
        "<ir_version: 8, opset_import: [\"\" : 17]>\n"
        "g (float[2] x) => (float[2] y) { y = Exp (x) }");
  const CommandResult result = gatefold("run m.onnxtxt --input x=nan.npy --find-nan");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.output, "input 'x' float[2] (1 to 1, 1 nan) holds nan\n");
}

TEST_F(CliFindNan, SeesHiddenNans) {
  const CommandResult result = find(
      "g (float[2] x) => (bool[2] y) <float[1] zero = {0}> {\n"
      "r = Sqrt (x)\n y = Greater (r, zero) }");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(contains(result.output, "(Sqrt) made the first nan"));
  EXPECT_TRUE(ends_with(result.output, "; the outputs are finite\n"));
}

// The third iteration subtracts more than there is.
TEST_F(CliFindNan, LooksIntoLoops) {
  const CommandResult result = find(
      "g (float[2] x) => (float[n,2] y)\n"
      "<int64 trips = {5}, bool go = {1}, float[2] start = {1, 1}, float[1] step = {0.4}> {\n"
      "a, y = Loop (trips, go, start) <body = b (int64 i, bool c, float[2] s) => (bool c2, "
      "float[2] "
      "s2, float[2] r) { c2 = Identity (c)\n s2 = Sub (s, step)\n r = Sqrt (s2) }>\n}");
  EXPECT_EQ(result.errors, "");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(contains(result.output, "(Loop), iteration 2: "));
  EXPECT_TRUE(
      contains(result.output, "(Sqrt) made the first nan, in 'r' float[2] (2 nan), from 's2'"));
}

TEST_F(CliFindNan, GoesWithNoOutputs) {
  const char* model = "g (float[2] x) => (float[2] y) { y = Exp (x) }";
  EXPECT_EQ(find(model, "--find-nan --output out").exit_code, 2);
  EXPECT_EQ(find(model, "--find-nan --values y").exit_code, 2);
}

class CliValues : public CliFindNan {
 protected:
  static constexpr const char* kModel =
      "g (float[2] x) => (float[2] y) <float[1] two = {2}> {\n"
      "scaled = Mul (x, two)\n moved = Add (scaled, two)\n y = Sqrt (moved) }";
};

TEST_F(CliValues, AreShownBesideTheOutputs) {
  const CommandResult result = find(kModel, "--values 'mov*' --values scaled --values y");
  EXPECT_EQ(result.errors, "");
  EXPECT_EQ(result.output,
            "y float[2]\n  2  0\nmoved float[2]\n  4  0\nscaled float[2]\n   2  -2\n");
  EXPECT_EQ(find(kModel, "--values 'mov*' --values scaled --no-optimize --values y").output,
            result.output);
}

TEST_F(CliValues, AreFoundByPatternsInBrackets) {
  write("letters.onnxtxt",
        "<ir_version: 8, opset_import: [\"\" : 17]>\n"
        "g (float[1] x) => (float[1] y) { a = Neg (x) b = Abs (a) c = Exp (b) y = Neg (b) }");
  EXPECT_EQ(gatefold("run letters.onnxtxt --input x=2 --values '[ab]'").output,
            "y float[1]\n  -2\na float[1]\n  -2\nb float[1]\n  2\n");
}

TEST_F(CliValues, AreSavedWithTheOutputs) {
  EXPECT_EQ(find(kModel, "--values 's*' --output .").errors, "");
  EXPECT_TRUE(ends_with(read("scaled.npy"), bytes_of<float>({2, -2})));
  EXPECT_TRUE(ends_with(read("y.npy"), bytes_of<float>({2, 0})));
}

TEST_F(CliValues, TellHowManyAreNotFinite) {
  const CommandResult result = find(
      "g (float[2] x) => (float[20,2] y) <int64[2] shape = {20, 2}> {\n"
      "r = Sqrt (x)\n n = Neg (r)\n y = Expand (n, shape) }",
      "--values r");
  EXPECT_EQ(result.output,
            "y float[20,2]\n  min -1, max -1, mean -1; not finite: 20 nan\n"
            "  -1 nan -1 nan -1 nan -1 nan ...\nr float[2]\n    1  nan\n");
}

TEST_F(CliValues, AreNamedWhereNoneMatches) {
  const CommandResult none = find(kModel, "--values 'z*'");
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_EQ(
      none.errors,
      "gatefold: --values z*: no node of the model computes a value of such a name; there are "
      "3: scaled, moved, y\n");
  const CommandResult inside = find(
      "g (float[2] x, bool c) => (float[2] y) {\n"
      "y = If (c) <then_branch = t () => (float[2] a) { a = Exp (x) }, else_branch = e () => "
      "(float[2] b) { b = Neg (x) }> }",
      "--values a");
  EXPECT_EQ(inside.exit_code, 2);
  EXPECT_TRUE(
      contains(inside.errors, "--values a: such a value is inside of node of output 'y' (If)"));
}

TEST_F(CliRun, DrawsTheSameInputsForTheSameSeed) {
  write_copy_model("float");
  const auto run = [&](const char* seed) {
    return gatefold(std::string("run copy.onnxtxt --dim a=2 --dim b=3 --random ") + seed).output;
  };
  EXPECT_TRUE(starts_with(run("1"), "y float[2,3]\n"));
  EXPECT_EQ(run("1"), run("1"));
  EXPECT_NE(run("1"), run("2"));
}

TEST_F(CliRun, WritesTheSameBitsFromEachProcessThatIsReproducible) {
  write("model.onnxtxt",
        "<ir_version: 8, opset_import: [\"\" : 17]>\n"
        "g (float[2, 32, 600] x) => (float[600, 1, 2, 32] y) <" +
            random_weights("filter", {32, 32, 5}, 1, 0.1) + ", " +
            random_weights("w", {1, 96, 32}, 2, 0.2) + ", " +
            random_weights("r", {1, 96, 32}, 3, 0.2) +
            "> { features = Conv <pads = [2, 2]> (x, filter)\n"
            "  steps = Transpose <perm = [2, 0, 1]> (features)\n"
            "  y = GRU <hidden_size = 32> (steps, w, r) }");
  for (const std::string threads : {"1", "2"}) {
    const auto outputs = [&] {
      const CommandResult result =
          gatefold("run model.onnxtxt --random 1 --output out --reproducible --threads " + threads);
      EXPECT_EQ(result.exit_code, 0) << result.errors;
      return read("out/y.npy");
    };
    const std::string first = outputs();
    EXPECT_GE(first.size(), sizeof(float) * 600 * 2 * 32);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(outputs() == first) << threads << " threads";
  }
}

}  // namespace
}  // namespace gatefold::test
