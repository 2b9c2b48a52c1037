#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> resize_cases() {
  return {
      {.name = "ResizeNearestDoubles",
       .graph = "g (float[1,1,2,3] x) => (float[a,b,c,d] y) <float[4] scales = {1.0, 1.0, "
                "2.0, 2.0}> { y = Resize (x, , scales) }"},
      {.name = "ResizeNearestBytes",
       .graph = "g (int64[3,4] x) => (int64[a,b] y) <int64[2] sizes = {5, 2}> { y = Resize "
                "<nearest_mode = \"floor\", coordinate_transformation_mode = "
                "\"asymmetric\"> (x, , , sizes) }"},
      {.name = "ResizeLinearOneAxis",
       .graph = "g (float[2,3,4] x) => (float[a,b,c] y) <float[1] scales = {1.5}> { y = "
                "Resize <mode = \"linear\", axes = [-1]> (x, , scales) }"},
      {.name = "ResizeLinearAlignCorners",
       .graph = "g (float[2,3] x) => (float[a,b] y) <int64[2] sizes = {4, 7}> { y = Resize "
                "<mode = \"linear\", coordinate_transformation_mode = \"align_corners\"> "
                "(x, , , sizes) }"},
      {.name = "ResizeCubicExcludesOutside",
       .graph = "g (float[1,1,4,4] x) => (float[a,b,c,d] y) <float[2] scales = {0.8, 1.3}> "
                "{ y = Resize <mode = \"cubic\", axes = [2, 3], cubic_coeff_a = -0.5, "
                "exclude_outside = 1> (x, , scales) }"},
      {.name = "ResizeNearestPlanes",
       .graph = "g (float[2,3,20,37] x) => (float[a,b,c,d] y) <float[4] scales = {1.0, 1.0, "
                "2.0, 4.0}> { y = Resize <nearest_mode = \"floor\", "
                "coordinate_transformation_mode = \"asymmetric\"> (x, , scales) }"},
      {.name = "ResizeLinearPlanes",
       .graph = "g (float[2,18,40] x) => (float[a,b,c] y) <float[2] scales = {1.7, 2.0}> { y = "
                "Resize <mode = \"linear\", axes = [2, 1]> (x, , scales) }"},
      {.name = "ResizeLinearShrinks",
       .graph = "g (float[2,80,3] x) => (float[a,b,c] y) <float[2] scales = {0.3, 1.0}> { y = "
                "Resize <mode = \"linear\", axes = [1, 2]> (x, , scales) }"},
      {.name = "ResizeAntialias",
       .graph = "g (float[1,1,6,8] x) => (float[a,b,c,d] y) <float[2] scales = {0.5, 0.6}> "
                "{ y = Resize <mode = \"linear\", axes = [2, 3], antialias = 1> (x, , "
                "scales) }"},
      {.name = "ResizeKeepsAspectRatio",
       .graph = "g (float[4,6] x) => (float[a,b] y) <int64[2] sizes = {9, 9}> { y = Resize "
                "<keep_aspect_ratio_policy = \"not_larger\", mode = \"linear\"> (x, , , "
                "sizes) }"},
      {.name = "ResizeCropsAndExtrapolates",
       .graph = "g (float[4,4] x) => (float[a,b] y) <float[4] roi = {0.25, 0.5, 1.25, "
                "1.0}, int64[2] sizes = {3, 3}> { y = Resize <mode = \"linear\", "
                "coordinate_transformation_mode = \"tf_crop_and_resize\", "
                "extrapolation_value = 9.0> (x, roi, , sizes) }"},
  };
}

}  // namespace gatefold::test
