#include <gatefold/gatefold.h>

// Streams a model with a carried state, trains it, and runs what was trained.
int main(int, char** files) {  // A model, data for it, and where to put the trained model.
  using namespace gatefold;
  const std::vector<CarriedState> states{{.input = "h0", .output = "hn"}};
  Session stream(load(files[1]), states);
  for (int i = 0; i < 3; ++i) stream.run({{"x", Tensor::of<float>({1, 1, 2}, {0.5F, -1})}});

  const TrainingPlan plan{.step = {.loss = {.type = "mse"}, .optimizer = {.type = "adam"}},
                          .carried = states};
  const RunResult result = train(files[1], plan, {.data = {.path = files[2]}, .epochs = 5});
  save_trained(files[1], result, files[3]);
  return Session(load(files[3]))  // The trained file names its states.
                     .run({{"x", Tensor(DataType::kFloat32, {1, 1, 2})}})
                     .size() == 2
             ? 0
             : 1;
}
