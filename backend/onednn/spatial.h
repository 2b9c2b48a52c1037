#pragma once

#include "backend/onednn/compat.h"
#include "ir/ops/spatial_window.h"

namespace gatefold::onednn {

/// What oneDNN calls kernel, strides, dilates (0: none) and paddings, of the last `axes` axes.
struct Spatial {
  Spatial(const Windows& windows, std::size_t axes) {
    for (std::size_t i = kMaxSpatialAxes - axes; i < kMaxSpatialAxes; ++i) {
      kernel.push_back(windows[i].kernel);
      strides.push_back(windows[i].stride);
      dilations.push_back(windows[i].dilation - 1);
      pads_begin.push_back(windows[i].pad_begin);
      pads_end.push_back(windows[i].pad_end);
    }
  }

  dnnl::memory::dims kernel;
  dnnl::memory::dims strides;
  dnnl::memory::dims dilations;
  dnnl::memory::dims pads_begin;
  dnnl::memory::dims pads_end;
};

}  // namespace gatefold::onednn
