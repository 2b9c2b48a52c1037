#include "session/session.h"

#include <gtest/gtest.h>

#include <cstring>

#include "frontend/onnx_reader.h"
#include "ir/error.h"
#include "passes/pipeline.h"
#include "tests/allocation_counter.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace gatefold::test {
namespace {

/// y = x + h0, hn = x + 2 h0: any state that is lost or used twice shows.
constexpr const char* kStream = R"(<ir_version: 8, opset_import: ["" : 17]>
    stream (float[N, 2] x, float[N, 2] h0) => (float[N, 2] y, float[N, 2] hn) {
      y = Add (x, h0)
      twice = Add (h0, h0)
      hn = Add (x, twice)
    })";

const std::vector<CarriedState> kStates{{.input = "h0", .output = "hn"}};

Tensor row(float a, float b) { return Tensor::of<float>({1, 2}, {a, b}); }

std::shared_ptr<const CompiledModel> stream_model() { return load(parse_model(kStream)); }

std::vector<float> numbers(const Datum& datum) {
  const auto values = std::get<Tensor>(datum).values<float>();
  return {values.begin(), values.end()};
}

TEST(Session, CarriesAStateFromCallToCall) {
  Session session(stream_model(), kStates);
  EXPECT_EQ(numbers(session.run({{"x", row(1, 2)}}).at("y")), (std::vector<float>{1, 2}));
  EXPECT_EQ(numbers(session.run({{"x", row(1, 2)}}).at("y")), (std::vector<float>{2, 4}));
  EXPECT_EQ(numbers(session.run({{"x", row(0, 0)}}).at("y")), (std::vector<float>{3, 6}));
  EXPECT_EQ(numbers(session.get_states().at("h0")), (std::vector<float>{6, 12}));
}

TEST(Session, TakesAnInputThatIsGivenBeforeTheState) {
  Session session(stream_model(), kStates);
  session.run({{"x", row(1, 1)}});
  const NamedData& outputs = session.run({{"x", row(0, 0)}, {"h0", row(5, 7)}});
  EXPECT_EQ(numbers(outputs.at("y")), (std::vector<float>{5, 7}));
  EXPECT_EQ(numbers(session.run({{"x", row(0, 0)}}).at("y")), (std::vector<float>{10, 14}));
}

TEST(Session, StartsAnewAndGoesOnElsewhere) {
  Session session(stream_model(), kStates);
  session.run({{"x", row(1, 2)}});
  Session other = session.clone();
  session.reset();
  EXPECT_EQ(numbers(session.run({{"x", row(0, 0)}}).at("y")), (std::vector<float>{0, 0}));
  EXPECT_EQ(numbers(other.run({{"x", row(0, 0)}}).at("y")), (std::vector<float>{1, 2}));
  session.set_states({{"h0", row(4, 4)}});
  EXPECT_EQ(numbers(session.run({{"x", row(0, 0)}}).at("y")), (std::vector<float>{4, 4}));
}

TEST(Session, SwapsStatesWithoutCopyingOrAllocating) {
  Session session(stream_model(), kStates);
  const std::vector<Datum> inputs{row(1, 1), Datum()};
  for (int i = 0; i < 3; ++i) session.run(std::span<const Datum>(inputs));
  const std::byte* even = std::get<Tensor>(session.run(std::span<const Datum>(inputs))[1]).raw();
  const std::byte* odd = std::get<Tensor>(session.run(std::span<const Datum>(inputs))[1]).raw();
  start_counting_allocations();
  const std::byte* again = std::get<Tensor>(session.run(std::span<const Datum>(inputs))[1]).raw();
  EXPECT_EQ(stop_counting_allocations(), 0);
  EXPECT_NE(even, odd);
  EXPECT_EQ(even, again);
}

TEST(Session, WritesAnOutputIntoTheCallersMemory) {
  Session session(stream_model(), kStates);
  Tensor place(DataType::kFloat32, {1, 2});
  session.set_output("y", place);
  const NamedData& outputs = session.run({{"x", row(3, 4)}});
  EXPECT_EQ(std::get<Tensor>(outputs.at("y")).raw(), place.raw());
  EXPECT_EQ(numbers(place), (std::vector<float>{3, 4}));
  session.set_output("y", {});
  EXPECT_NE(std::get<Tensor>(session.run({{"x", row(0, 0)}}).at("y")).raw(), place.raw());
}

TEST(Session, RefusesMemoryThatOverlapsAnInput) {
  Session session(stream_model(), kStates);
  Tensor both(DataType::kFloat32, {2, 2});
  session.set_output("y", both.part(8, DataType::kFloat32, {1, 2}));
  session.run({{"x", both.part(0, DataType::kFloat32, {1, 2})}});
  EXPECT_EQ(error_of([&] {
              session.run({{"x", both.part(4, DataType::kFloat32, {1, 2})}});
            }),
            "the memory for output 'y' overlaps that of input 'x'; give it memory of its own");
  session.set_output("y", {});
  session.run({{"x", both.part(4, DataType::kFloat32, {1, 2})}});
}

TEST(Session, RefusesMemoryOfTwoOutputsThatOverlaps) {
  Session session(stream_model(), {});
  Tensor both(DataType::kFloat32, {1, 3});
  session.set_output("y", both.part(0, DataType::kFloat32, {1, 2}));
  session.set_output("hn", both.part(4, DataType::kFloat32, {1, 2}));
  EXPECT_EQ(error_of([&] {
              session.run({{"x", row(1, 2)}, {"h0", row(1, 2)}});
            }),
            "the memory for output 'hn' overlaps that of output 'y'; give it memory of its own");
}

TEST(Session, FollowsTheBatchOfItsInputs) {
  Session session(stream_model(), kStates);
  session.run({{"x", Tensor(DataType::kFloat32, {3, 2})}});
  EXPECT_EQ(session.get_states().at("h0").dims(), (Dims{3, 2}));
}

TEST(Session, TakesTheStatesThatTheFileNames) {
  Model model = parse_model(kStream);
  model.metadata[std::string(kStatesKey)] = "hn=h0\n";
  Session session(load(std::move(model)));
  EXPECT_EQ(session.carried(), kStates);
}

TEST(Session, DropsAStateWhoseInputIsBound) {
  Model model = parse_model(kStream);
  model.metadata[std::string(kStatesKey)] = "hn=h0";
  Session session(load(std::move(model), {.values = {{"h0", row(1, 2)}}}));
  EXPECT_TRUE(session.carried().empty());
  EXPECT_EQ(numbers(session.run({{"x", row(1, 1)}}).at("y")), (std::vector<float>{2, 3}));
}

TEST(Session, ReadsTheMetadataThatNameItsStates) {
  Model model = parse_model(kStream);
  EXPECT_TRUE(metadata_of({}).empty());
  model.metadata = metadata_of(kStates);
  EXPECT_EQ(stated_states(model), kStates);
  const std::vector<CarriedState> two{{.input = "h0", .output = "hn"},
                                      {.input = "c=0", .output = "cn"}};
  EXPECT_EQ(metadata_of(two).at(std::string(kStatesKey)), "hn=h0\ncn=c=0");
  for (const CarriedState& state : std::vector<CarriedState>{
           {.input = "h0", .output = "h=n"}, {.input = "h0 ", .output = "hn"}, {"h\n0", "hn"}}) {
    EXPECT_THROW(metadata_of({&state, 1}), Error) << to_string(state);
  }
}

TEST(Session, NamesWhatIsMissingAndProposesAState) {
  Session session(stream_model());
  EXPECT_EQ(error_of([&] {
              session.run({{"x", row(1, 1)}});
            }),
            "input 'h0' float[N,2] is missing; give it, or carry output 'hn' into it by the state "
            "hn=h0");
  EXPECT_EQ(error_of([&] {
              session.run({{"z", row(1, 1)}});
            }),
            "the model has no input 'z'; its inputs: x, h0");
}

TEST(Session, RefusesStatesThatDoNotGoWithTheModel) {
  const auto refused = [](const std::string& output, const std::string& input) {
    return error_of([&] { Session(stream_model(), {{.input = input, .output = output}}); });
  };
  EXPECT_EQ(refused("hn", "h1"), "state hn=h1: the model has no input 'h1'");
  EXPECT_EQ(refused("h", "h0"), "state h=h0: the model has no output 'h'");
}

struct Proposal {
  const char* input;
  const char* output;
  bool is_state;
};

class StateProposals : public testing::TestWithParam<Proposal> {};

TEST_P(StateProposals, AreMadeByNameAndType) {
  const Type type(DataType::kFloat32, Dims{1, 2, 8});
  const std::vector<ModelPort> inputs{{GetParam().input, type}};
  const std::vector<ModelPort> outputs{{GetParam().output, type}};
  EXPECT_EQ(propose_states(inputs, outputs).size(), GetParam().is_state ? 1U : 0U)
      << GetParam().output << "=" << GetParam().input;
}

INSTANTIATE_TEST_SUITE_P(
    Names, StateProposals,
    testing::Values(Proposal{"h0", "hn", true}, Proposal{"c0", "cn", true},
                    Proposal{"state_in", "state_out", true}, Proposal{"h", "new_h", true},
                    Proposal{"initial_h", "Y_h", true}, Proposal{"h_0", "h_n", true},
                    Proposal{"conv_cache", "conv_cache_out", true},
                    Proposal{"state_1", "state_1_out", true}, Proposal{"h0", "cn", false},
                    Proposal{"input", "output", false}, Proposal{"x", "y", false},
                    Proposal{"state_1", "state_2_out", false}));

TEST(StateProposals, NeedOneOutputAndOneInput) {
  const Type type(DataType::kFloat32, Dims{1, 8});
  const std::vector<ModelPort> h0{{"h0", type}};
  const std::vector<ModelPort> hn{{"hn", type}};
  EXPECT_TRUE(propose_states(h0, std::vector<ModelPort>{{"hn", type}, {"new_h", type}}).empty());
  EXPECT_TRUE(propose_states(std::vector<ModelPort>{{"h0", type}, {"h_in", type}}, hn).empty());
  EXPECT_EQ(propose_states(h0, hn).size(), 1U);
}

TEST(StateProposals, NeedEqualTypes) {
  const std::vector<ModelPort> inputs{{"h0", Type(DataType::kFloat32, Dims{1, 8})}};
  const std::vector<ModelPort> outputs{{"hn", Type(DataType::kFloat32, Dims{1, 9})}};
  EXPECT_TRUE(propose_states(inputs, outputs).empty());
}

TEST(CompiledModel, TellsItsPortsByName) {
  const auto model = stream_model();
  EXPECT_EQ(to_string(model->input("x").type), "float[N,2]");
  EXPECT_EQ(to_string(model->output("hn").type), "float[N,2]");
  EXPECT_EQ(error_of([&] { model->output("z"); }),
            "the model has no output 'z'; its outputs: y, hn");
}

TEST(CompiledModel, IsWrittenAsItIs) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "compiled.onnx";
  Model model = parse_model(kStream);
  model.metadata = {{"author", "somebody"}};
  write_compiled(*load(std::move(model), {.dims = {{"N", 1}}}), kStates, path);
  const Model saved = read_model(path);
  EXPECT_EQ(saved.metadata.at(std::string(kCompiledKey)), kInferencePipeline);
  EXPECT_EQ(saved.metadata.at("author"), "somebody");
  EXPECT_EQ(stated_states(saved), kStates);
  EXPECT_EQ(to_string(saved.graph->inputs()[0]->type()), "float[1,2]");
  Session session(load(path));
  EXPECT_EQ(numbers(session.run({{"x", row(1, 2)}}).at("y")), (std::vector<float>{1, 2}));
  EXPECT_EQ(numbers(session.run({{"x", row(1, 2)}}).at("y")), (std::vector<float>{2, 4}));
}

TEST(CompiledModel, DoesNotSayThatItIsOptimizedIfItIsNot) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "compiled.onnx";
  write_compiled(*load(parse_model(kStream), {.optimize = false}), {}, path);
  EXPECT_FALSE(read_model(path).metadata.contains(std::string(kCompiledKey)));
}

TEST(CompiledModel, BindsExtentsAndValues) {
  const auto model = load(parse_model(kStream), {.dims = {{"N", 1}}, .values = {{"x", row(1, 2)}}});
  ASSERT_EQ(model->inputs().size(), 1U);
  Session session(model);
  EXPECT_EQ(numbers(session.run({{"h0", row(1, 1)}}).at("y")), (std::vector<float>{2, 3}));
}

}  // namespace
}  // namespace gatefold::test
