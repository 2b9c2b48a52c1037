#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> roi_pool_cases() {
  return {
      {.name = "RoiAlignAverage",
       .graph = "g (float[2,2,6,6] X) => (float[a,b,c,d] Y) <float[2,4] rois = {0.0, 0.5, "
                "4.0, 5.0, 1.0, 1.0, 3.0, 2.0}, int64[2] which = {1, 0}> { Y = RoiAlign "
                "<output_height = 2, output_width = 3, sampling_ratio = 2> (X, rois, "
                "which) }"},
      {.name = "RoiAlignMaxAdaptive",
       .graph = "g (float[1,1,8,8] X) => (float[a,b,c,d] Y) <float[1,4] rois = {1.0, 2.0, "
                "12.0, 14.0}, int64[1] which = {0}> { Y = RoiAlign <mode = \"max\", "
                "output_height = 2, output_width = 2, spatial_scale = 0.5, "
                "coordinate_transformation_mode = \"output_half_pixel\"> (X, rois, which) "
                "}"},
      {.name = "MaxRoiPoolScaled",
       .graph = "g (float[2,2,6,6] X) => (float[a,b,c,d] Y) <float[2,5] rois = {0.0, 0.0, "
                "0.0, 6.0, 8.0, 1.0, 2.0, 2.0, 3.0, 3.0}> { Y = MaxRoiPool <pooled_shape = "
                "[2, 2], spatial_scale = 0.5> (X, rois) }"},
  };
}

}  // namespace gatefold::test
