// From a mapping to the program that Gemmini runs.
#include <dovetail/accelerators/gemmini/gemmini.hpp>

#include <algorithm>

namespace dovetail {

bool lies_in_padding(const GemminiJob& job) {
  if (job.matmul) return false;
  const auto outside = [&](int along, int kernel) {
    const auto a = static_cast<std::size_t>(along), b = static_cast<std::size_t>(kernel);
    const std::int64_t padding = job.padding(kernel), count = job.tiles(along);
    const std::int64_t image = (job.extent[a] - 1) * job.stride + job.extent[b] - 2 * padding;
    for (std::int64_t i = 0; i < count; ++i) {
      if (i > padding && i < count - 1 - padding) i = count - 1 - padding;  // only the ends can lie outside
      for (std::int64_t j = 0; j < job.tiles(kernel); ++j) {
        const std::int64_t start = i * job.tile[a] * job.stride + j * job.tile[b] - padding;
        const std::int64_t length = (std::min(job.tile[a], job.extent[a] - i * job.tile[a]) - 1) * job.stride +
                                    std::min(job.tile[b], job.extent[b] - j * job.tile[b]);
        if (std::min(start + length, image) - std::max<std::int64_t>(start, 0) <= 0) return true;
      }
    }
    return false;
  };
  return outside(gemmini_p, gemmini_r) || outside(gemmini_q, gemmini_s);
}

std::optional<GemminiJob> gemmini_job(const Layer& layer, const Architecture& architecture,
                                      const PackedMapping& mapping) {
  GemminiJob job;
  const bool product = find_dimension(layer, "M") >= 0;
  std::array<int, max_dimensions> position{};
  for (std::size_t d = 0; d < layer.dimensions.size(); ++d) {
    const std::string& name = layer.dimensions[d].name;
    // N Q P K C S R as in GemminiDimension; a product's B M N K are a convolution's N P K C.
    std::size_t at =
        name.size() == 1 ? std::string_view(product ? "B-MNK" : "NQPKCSR").find(name[0]) : std::string::npos;
    if (at == std::string::npos || layer.dimensions[d].extent > (std::int64_t{1} << 31)) return std::nullopt;
    position[d] = static_cast<int>(at);
    job.extent[at] = layer.dimensions[d].extent;
  }
  job.matmul = job.extent[gemmini_q] == 1 && job.extent[gemmini_r] == 1 && job.extent[gemmini_s] == 1;
  job.dim = static_cast<int>(std::clamp<std::int64_t>(architecture.compute.mesh_x, 1, 1 << 20));
  if (!product)
    for (const Tensor& tensor : layer.tensors)
      for (const Axis& axis : tensor.axes)
        for (const AxisTerm& term : axis)
          if (!tensor.written && position[static_cast<std::size_t>(term.dimension)] == gemmini_p)
            job.stride = term.coefficient;
  const int outermost = mapping.level_count - 1;
  for (std::size_t d = 0; d < layer.dimensions.size(); ++d) {
    std::int64_t tile = 1;
    for (int l = 0; l <= outermost; ++l) {
      const PackedLevel& level = mapping.levels[static_cast<std::size_t>(l)];
      tile *=
          static_cast<std::int64_t>(level.spatial_x[d]) * level.spatial_y[d] * (l < outermost ? level.temporal[d] : 1);
    }
    job.tile[static_cast<std::size_t>(position[d])] = std::min(tile, layer.dimensions[d].extent);
  }
  std::size_t filled = 0;
  std::array<bool, gemmini_dimensions> seen{};
  const auto append = [&](int d) {
    if (!seen[static_cast<std::size_t>(d)]) seen[static_cast<std::size_t>(d)] = true, job.order[filled++] = d;
  };
  for (std::size_t i = 0; i < layer.dimensions.size(); ++i)
    append(position[mapping.levels[static_cast<std::size_t>(outermost)].order[i]]);
  for (int d = 0; d < gemmini_dimensions; ++d) append(d);
  return job;
}

}  // namespace dovetail
