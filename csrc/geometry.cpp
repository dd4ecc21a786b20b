#include "geometry.h"

#include <cmath>
#include <cstdint>

#include "kernels/unpack.h"
#include "metadata.h"

namespace srfast {
namespace {

constexpr std::int64_t kMaxHalo = 1 << 16;  // far above any network; keeps size arithmetic away from overflow
constexpr std::int64_t kMaxAlign = 1 << 12;
constexpr int kMaxFactor = kernels::kMaxBlock;

bool sane(const Margin& margin) {
  const auto near = [](std::int64_t pixels) { return pixels >= -kMaxHalo && pixels <= kMaxHalo; };
  return near(margin.before) && near(margin.after);
}

bool sane(const tiling::Axis& axis) {
  return axis.before >= 0 && axis.before <= kMaxHalo && axis.after >= 0 && axis.after <= kMaxHalo &&
         axis.align >= 1 && axis.align <= kMaxAlign;
}

}  // namespace

bool parse_enlargement(const std::string& text, Enlargement& enlargement) {
  std::string mode;
  if (!metadata::parse(text, mode, enlargement.factor)) return false;
  if (enlargement.factor < 1 || enlargement.factor > kMaxFactor) return false;
  if (mode == "nearest") {
    enlargement.mode = kernels::EnlargeMode::kNearest;
  } else if (mode == "linear") {
    enlargement.mode = kernels::EnlargeMode::kLinear;
  } else if (mode == "cubic") {
    enlargement.mode = kernels::EnlargeMode::kCubic;
  } else {
    return false;
  }
  return true;
}

Geometry read_geometry(const std::map<std::string, std::string>& pairs, const std::string& label) {
  const auto require = [&](bool makes_sense, const std::string& key) {
    if (!makes_sense) metadata::refuse(pairs, key, label);
  };
  Geometry geometry;
  if (pairs.count("srfast.enlarge") != 0) {
    Enlargement enlargement;
    require(parse_enlargement(metadata::value(pairs, "srfast.enlarge"), enlargement), "srfast.enlarge");
    geometry.enlargement = enlargement;
  }
  if (pairs.count("srfast.halo") != 0) {
    TileAxes axes;
    auto& [rows, columns] = axes;
    require(metadata::parse(metadata::value(pairs, "srfast.halo"), rows.before, columns.before, rows.after,
                            columns.after),
            "srfast.halo");
    if (pairs.count("srfast.align") != 0)
      require(metadata::parse(metadata::value(pairs, "srfast.align"), rows.align, columns.align),
              "srfast.align");
    require(sane(rows) && sane(columns), "srfast.halo");
    geometry.axes = axes;
  }
  if (pairs.count("srfast.margin") != 0) {
    Margins margins;
    auto& [rows, columns] = margins;
    require(metadata::parse(metadata::value(pairs, "srfast.margin"), rows.before, columns.before, rows.after,
                            columns.after) &&
                sane(rows) && sane(columns),
            "srfast.margin");
    geometry.margins = margins;
  }
  if (pairs.count("srfast.bytes_per_pixel") != 0) {
    double& bytes = geometry.bytes_per_pixel;
    require(metadata::parse(metadata::value(pairs, "srfast.bytes_per_pixel"), bytes) &&
                std::isfinite(bytes) && bytes >= 0 && bytes < 1e9,
            "srfast.bytes_per_pixel");
  }
  if (pairs.count("srfast.parallel") != 0) {
    const std::string parallel = metadata::value(pairs, "srfast.parallel");
    require(parallel == "tiles" || parallel == "pool", "srfast.parallel");
    geometry.serial = parallel == "tiles";
  }
  return geometry;
}

}  // namespace srfast
