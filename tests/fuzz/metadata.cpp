// The metadata of a model's file: lines of "key=value" without "srfast.".
#include <cmath>
#include <map>

#include "conventions.h"
#include "ends.h"
#include "error.h"
#include "geometry.h"
#include "harness.h"

namespace {

using srfast::fuzz::require;

using Pairs = std::map<std::string, std::string>;

Pairs pairs_of(const std::string& lines) {
  Pairs pairs;
  for (std::size_t begin = 0; begin < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', begin), lines.size());
    const std::string line = lines.substr(begin, end - begin);
    const std::size_t equals = std::min(line.find('='), line.size());
    pairs["srfast." + line.substr(0, equals)] = line.substr(std::min(equals + 1, line.size()));
    begin = end + 1;
  }
  return pairs;
}

// What `read` does, or refuses as a defect of the model.
template <typename Read>
void reads_or_refuses(const Read& read) {
  try {
    read();
  } catch (const srfast::Error& error) {
    require(error.code() == srfast::ErrorCode::kModel, "it is the model that is refused");
    require(std::string(error.what()).find("the label") == 0, "the message names the model");
  }
}

void read_conventions(const Pairs& pairs) {
  const auto read = srfast::read_conventions(pairs, "the label");
  require(read.has_value() == (pairs.count("srfast.schema") != 0), "conventions need a schema");
  if (!read) return;
  require(read->scale >= 1 && read->scale <= 64, "the scale is one");
  require(std::isfinite(read->range.low) && std::isfinite(read->range.high), "the range is finite");
  require(read->range.low < read->range.high, "the range is one");
  for (const std::int64_t size : {read->multiple, read->minimum})
    require(size >= 1 && size <= 4096, "multiple and minimum are sizes");
}

void read_geometry(const Pairs& pairs) {
  constexpr std::int64_t kMostHalo = 1 << 16;
  const srfast::Geometry read = srfast::read_geometry(pairs, "the label");
  require(read.axes.has_value() == (pairs.count("srfast.halo") != 0), "axes are cut where there is a halo");
  if (read.axes) {
    for (const srfast::tiling::Axis& axis : {read.axes->rows, read.axes->columns}) {
      require(axis.before >= 0 && axis.before <= kMostHalo, "the halo before is one");
      require(axis.after >= 0 && axis.after <= kMostHalo, "the halo after is one");
      require(axis.align >= 1 && axis.align <= 4096, "the alignment is one");
    }
  }
  if (read.margins) {
    for (const srfast::Margin& margin : {read.margins->rows, read.margins->columns})
      require(std::abs(margin.before) <= kMostHalo && std::abs(margin.after) <= kMostHalo,
              "margins are small");
  }
  if (read.enlargement)
    require(read.enlargement->factor >= 1 && read.enlargement->factor <= 64, "the factor is one");
  require(read.bytes_per_pixel >= 0 && read.bytes_per_pixel < 1e9, "memory is an amount");
}

void read_ends(const Pairs& pairs, int planes) {
  const srfast::Ends read = srfast::read_ends(pairs, "the label", planes);
  require(read.shuffle >= 1 && read.shuffle <= 16, "the shuffle is one");
  require(read.reach() >= 0, "a residual looks somewhere");
  for (const srfast::PerPlane& gains : {read.input_gain, read.output_gain})
    for (const double gain : gains)
      require(std::isnormal(static_cast<float>(gain)), "gains leave something of the image");
  for (const srfast::PerPlane& biases : {read.input_bias, read.output_bias})
    for (const double bias : biases) require(std::isfinite(static_cast<float>(bias)), "biases are finite");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Pairs pairs = pairs_of({reinterpret_cast<const char*>(data), size});
  reads_or_refuses([&] { read_conventions(pairs); });
  reads_or_refuses([&] { read_geometry(pairs); });
  for (const int planes : {1, 3}) reads_or_refuses([&] { read_ends(pairs, planes); });
  return 0;
}

std::vector<std::string> srfast::fuzz::seeds() {
  return {
      "schema=1\nscale=3\ncolor=rgb\nrange=0 1\nmade_by=a test\nmultiple=4\nminimum=8",
      "schema=1\nscale=64\ncolor=y-full\nrange=-1.5e3 0x10",
      "schema=1\nscale=2\ncolor=bgr\nrange=nan inf",
      "halo=3 3 4 4\nalign=2 1\nmargin=-2 0 2 65536\nbytes_per_pixel=12.5\nparallel=tiles\nenlarge=cubic 3",
      "halo=65537 0 0 0\nalign=4097 0\nenlarge=linear 65\nbytes_per_pixel=1e9\nparallel=pool",
      "input_gain=1 2 3\ninput_bias=-1 0 1\noutput_gain=1\noutput_bias=1e38\nshuffle=3\nresidual=nearest 3",
      "input_gain=0 1e-45 1\noutput_gain=1e39\nshuffle=17\nresidual=linear 0",
      "schema=99999999999999999999\nscale=-1\nhalo=9223372036854775807 1 1 1",
      "halo=1 1 1 1\nmargin=-9223372036854775808 0 0 0",
  };
}
