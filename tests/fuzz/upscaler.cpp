// The whole pipeline around a network that looks as far as it says: any image, tags and memory limit. Tiles
// give what the whole gives, and nothing beside the result is touched.
#include "upscaler.h"

#include <cstring>

#include "draws.h"
#include "error.h"
#include "harness.h"
#include "views.h"

namespace {

using srfast::fuzz::Draws;
using srfast::fuzz::Image;
using srfast::fuzz::require;
using srfast::runtime::Shape;

struct Reach {
  std::int64_t before = 0;
  std::int64_t after = 0;
  std::int64_t align = 1;
};

// What a network may be, within what is run in a moment.
struct Kind {
  explicit Kind(Draws& draws)
      : scale(draws.between(1, 4)),
        shuffle(draws.flag() ? draws.between(2, 4) : 1),
        planes(draws.flag() ? 3 : 1),
        rows{draws.between(0, 7), draws.between(0, 7), draws.between(1, 4)},
        columns{draws.between(0, 7), draws.between(0, 7), draws.between(1, 4)},
        missing_before(draws.between(0, 3)),
        missing_after(draws.between(0, 3)),
        enlarged(draws.flag() ? draws.between(1, 3) : 1) {}

  std::int64_t scale;
  std::int64_t shuffle;
  std::int64_t planes;
  Reach rows;
  Reach columns;
  std::int64_t missing_before;
  std::int64_t missing_after;
  std::int64_t enlarged;
};

// A pixel of its output depends on where it is, by the alignment, and on the input there and at both ends of
// its reach; beyond the input are zeros.
class Network : public srfast::runtime::Session {
 public:
  Network(const Kind& kind, Draws& draws) : kind_(kind) {
    info_.inputs.push_back({"input", "float32", {-1, kind.planes, -1, -1}});
    info_.outputs.push_back({"output", "float32", {-1, kind.planes * kind.shuffle * kind.shuffle, -1, -1}});
    info_.providers.emplace_back("CPUExecutionProvider");
    const auto words = [](std::initializer_list<std::int64_t> numbers) {
      std::string text;
      for (const std::int64_t each : numbers) text += (text.empty() ? "" : " ") + std::to_string(each);
      return text;
    };
    auto& tags = info_.metadata;
    tags["srfast.schema"] = "1";
    tags["srfast.scale"] = words({kind.scale * kind.enlarged});
    tags["srfast.range"] = draws.flag() ? "-1 3" : "0 1";
    const bool reversed = draws.flag();
    tags["srfast.color"] = kind.planes == 3 ? (reversed ? "bgr" : "rgb") : (reversed ? "y" : "y-full");
    tags["srfast.margin"] =
        words({kind.missing_before, kind.missing_before, kind.missing_after, kind.missing_after});
    if (kind.shuffle > 1) tags["srfast.shuffle"] = words({kind.shuffle});
    constexpr std::array<const char*, 3> kModes{"nearest ", "linear ", "cubic "};
    if (kind.enlarged > 1) tags["srfast.enlarge"] = draws.one_of(kModes) + words({kind.enlarged});
    if (draws.flag()) tags["srfast.residual"] = draws.one_of(kModes) + words({kind.scale});
    if (draws.flag()) {
      tags["srfast.input_gain"] = kind.planes == 3 ? "2 3 4" : "2";
      tags["srfast.output_bias"] = kind.planes == 3 ? "0.5 0 -0.5" : "0.5";
    }
    if (draws.flag()) tags["srfast.multiple"] = words({draws.between(1, 5)});
    if (draws.flag()) tags["srfast.minimum"] = words({draws.between(1, 20)});
    if (draws.flag()) tags["srfast.parallel"] = "tiles";
    if (draws.between(0, 3) != 1) {
      tags["srfast.halo"] =
          words({kind.rows.before, kind.columns.before, kind.rows.after, kind.columns.after});
      tags["srfast.align"] = words({kind.rows.align, kind.columns.align});
    }
  }

  [[nodiscard]] const srfast::runtime::SessionInfo& info() const noexcept override { return info_; }

  [[nodiscard]] std::vector<std::int64_t> output_shape(const Shape& in) const override {
    const std::int64_t missing = kind_.missing_before + kind_.missing_after;
    const auto size = [&](std::int64_t length) {
      return (length * kind_.scale - missing + kind_.shuffle - 1) / kind_.shuffle;
    };
    return {1, kind_.planes * kind_.shuffle * kind_.shuffle, size(in[2]), size(in[3])};
  }

  void run(const float* input, const Shape& in, float* output, const Shape& out) const override {
    const std::vector<std::int64_t> own = output_shape(in);
    require(std::equal(own.begin(), own.end(), out.begin()), "the output has its own shape");
    const std::int64_t r = kind_.shuffle;
    for (std::int64_t c = 0; c < out[1]; ++c)
      for (std::int64_t y = 0; y < out[2]; ++y)
        for (std::int64_t x = 0; x < out[3]; ++x)
          *output++ = value(input + c / (r * r) * in[2] * in[3], in, y * r + c / r % r, x * r + c % r);
  }

 private:
  [[nodiscard]] float value(const float* plane, const Shape& in, std::int64_t y, std::int64_t x) const {
    const std::int64_t row = (y + kind_.missing_before) / kind_.scale;
    const std::int64_t column = (x + kind_.missing_before) / kind_.scale;
    const auto at = [&](std::int64_t by_row, std::int64_t by_column) {
      const std::int64_t from_row = row + by_row;
      const std::int64_t from_column = column + by_column;
      const bool inside = from_row >= 0 && from_row < in[2] && from_column >= 0 && from_column < in[3];
      return inside ? plane[from_row * in[3] + from_column] : 0.0F;
    };
    constexpr float kPhase = 0.03125F;
    const auto phase = static_cast<float>(row % kind_.rows.align + column % kind_.columns.align);
    return at(0, 0) * 0.5F + at(-kind_.rows.before, -kind_.columns.before) * 0.25F +
           at(kind_.rows.after, kind_.columns.after) * 0.25F + phase * kPhase;
  }

  const Kind& kind_;
  srfast::runtime::SessionInfo info_;
};

// The samples of the result; nothing if the memory limit is too small.
bool run(const Kind& kind, const std::vector<std::uint8_t>& tags, const Image& image, const Image& result,
         std::uint64_t memory_limit) {
  srfast::UpscalerOptions options;
  options.threads = 1;
  options.memory_limit = memory_limit;
  const auto open = [&](const srfast::runtime::SessionOptions& /*options*/) {
    Draws draws(tags.data(), tags.size());
    return std::make_unique<Network>(kind, draws);
  };
  const std::vector<std::byte> before = result.surroundings();
  try {
    srfast::Upscaler upscaler(open, "the label", options);
    upscaler.run(image.const_view(), result.view());
  } catch (const srfast::Error& error) {
    require(error.code() == srfast::ErrorCode::kMemory || error.code() == srfast::ErrorCode::kModel,
            "the memory limit or the tags are refused");
    return false;
  }
  require(result.surroundings() == before, "what lies between the samples stays as it is");
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Draws draws(data, size);
  const Kind kind(draws);
  std::vector<std::uint8_t> tags(32);
  for (std::uint8_t& each : tags) each = static_cast<std::uint8_t>(draws.between(0, 255));
  const srfast::Depth depth = draws.one_of(srfast::fuzz::kDepths);
  const std::int64_t scale = kind.scale * kind.enlarged;
  const std::int64_t height = draws.between(1, 40);
  const std::int64_t width = draws.between(1, 40);
  const std::int64_t channels = draws.between(1, 4);
  const std::uint64_t limit = static_cast<std::uint64_t>(draws.between(1, 1 << 17));
  const Image image(draws, height, width, channels, depth);
  const Image whole(draws, height * scale, width * scale, channels, depth);
  const Image tiled(draws, height * scale, width * scale, channels, depth);

  constexpr std::uint64_t kPlenty = std::uint64_t{1} << 30;
  const bool runs = run(kind, tags, image, whole, kPlenty);
  if (!run(kind, tags, image, tiled, limit)) return 0;
  require(runs, "what runs in tiles runs as a whole");
  for (std::int64_t y = 0; y < height * scale; ++y)
    for (std::int64_t x = 0; x < width * scale; ++x)
      for (std::int64_t c = 0; c < channels; ++c)
        // The results have orders of channels of their own; alpha is the last in either.
        require(srfast::fuzz::sample_at(whole.view(), y, x, c) ==
                    srfast::fuzz::sample_at(
                        tiled.view(), y, x,
                        channels >= 3 && c < 3 && whole.view().color != tiled.view().color ? 2 - c : c),
                "tiles give what the whole gives");
  return 0;
}

std::vector<std::string> srfast::fuzz::seeds() {
  return {"", std::string(120, '\1'), std::string(120, '\2'), std::string(120, '\5'),
          std::string("\1\0\0\3\3\0\2\2\0\0\0\0", 12) + std::string(32, '\0') +
              std::string("\0\x27\x27\2\0\x40\0", 7) + std::string(40, '\1')};
}
