// What is made of a model's file: any inputs and outputs, any metadata, any options, and a network that gives
// what it likes. It is refused, or all that is known of it fits together.
#include "model_info.h"

#include <cmath>

#include "draws.h"
#include "error.h"
#include "harness.h"
#include "tile_size.h"

namespace {

using srfast::fuzz::Draws;
using srfast::fuzz::require;
using srfast::runtime::Shape;

std::int64_t drawn_side(Draws& draws) {
  constexpr std::array<std::int64_t, 6> kUsual{-1, 1, 3, 27, 24, 72};
  return draws.flag() ? draws.any() : draws.one_of(kUsual);
}

srfast::runtime::TensorInfo drawn_tensor(Draws& draws) {
  constexpr std::array<const char*, 4> kTypes{"float32", "float32", "float16", "uint8"};
  srfast::runtime::TensorInfo tensor{"name", draws.one_of(kTypes), {-1, 3, -1, -1}};
  if (draws.flag()) tensor.shape = {1, draws.between(-1, 30), drawn_side(draws), drawn_side(draws)};
  if (draws.between(0, 15) == 1) tensor.shape.resize(static_cast<std::size_t>(draws.between(0, 6)));
  if (draws.between(0, 15) == 1) tensor.name = draws.text();
  return tensor;
}

// Enlarges, less a border, where sizes please it; now and then it gives anything.
class Network : public srfast::runtime::Session {
 public:
  explicit Network(Draws& draws)
      : scale_(draws.between(1, draws.flag() ? 64 : 4)),
        shuffle_(draws.flag() ? draws.between(2, 16) : 1),
        missing_(draws.between(-9, 9)),
        multiple_(draws.between(1, 20)),
        strange_(draws.between(0, 7) == 1),
        any_(draws.between(-(std::int64_t{1} << 40), std::int64_t{1} << 40)) {
    info_.inputs.push_back(drawn_tensor(draws));
    info_.outputs.push_back(drawn_tensor(draws));
    if (draws.between(0, 31) == 1) info_.inputs.push_back(drawn_tensor(draws));
    if (draws.between(0, 31) == 1) info_.outputs.clear();
    add_metadata(draws);
  }

  [[nodiscard]] const srfast::runtime::SessionInfo& info() const noexcept override { return info_; }
  void run(const float* /*input*/, const Shape& /*in*/, float* /*output*/,
           const Shape& /*out*/) const override {
    require(false, "to be described, a network is run for its sizes alone");
  }
  [[nodiscard]] std::vector<std::int64_t> output_shape(const Shape& in) const override {
    require(in[2] >= 1 && in[3] >= 1, "the network is given pixels");
    require(static_cast<double>(in[2]) * static_cast<double>(in[3]) < 1e9, "nothing large is run");
    const bool fixed = info_.inputs.front().shape[2] > 0 || info_.inputs.front().shape[3] > 0;
    require(fixed || (in[2] <= 1024 && in[3] <= 1024), "the network is probed with small sizes");
    if (in[2] % multiple_ != 0 || in[3] % multiple_ != 0)
      throw srfast::Error(srfast::ErrorCode::kRun, "this size is none of its own");
    if (strange_) return {any_, in[3]};
    if (!fixed) return {1, in[1] * shuffle_ * shuffle_, size(in[2]), size(in[3])};
    return {1, 3, any_, -any_};
  }

 private:
  [[nodiscard]] std::int64_t size(std::int64_t in) const {
    return (in * scale_ - missing_ + shuffle_ - 1) / shuffle_;
  }

  void add_metadata(Draws& draws) {
    const auto number = [&](std::int64_t low, std::int64_t high) {
      return std::to_string(draws.between(low, high));
    };
    const auto maybe = [&](const char* key, const std::string& value) {
      if (draws.flag()) info_.metadata[std::string("srfast.") + key] = value;
    };
    constexpr std::array<const char*, 4> kColors{"rgb", "bgr", "y", "y-full"};
    if (draws.flag()) {
      info_.metadata["srfast.schema"] = "1";
      info_.metadata["srfast.scale"] = draws.flag() ? std::to_string(scale_) : number(1, 64);
      info_.metadata["srfast.range"] = "0 1";
      info_.metadata["srfast.color"] = draws.one_of(kColors);
      maybe("multiple", number(1, draws.flag() ? 4096 : 8));
      maybe("minimum", number(1, draws.flag() ? 4096 : 8));
      maybe("made_by", draws.text());
    }
    const std::int64_t halo = draws.flag() ? 1 << 16 : 9;
    maybe("halo", number(0, halo) + " " + number(0, halo) + " " + number(0, halo) + " " + number(0, halo));
    maybe("align", number(1, draws.flag() ? 4096 : 8) + " " + number(1, 8));
    maybe("margin", number(-halo, halo) + " " + number(-9, 9) + " " + number(-9, 9) + " " + number(-9, 9));
    maybe("enlarge", "cubic " + number(1, draws.flag() ? 64 : 4));
    maybe("residual", "linear " + number(1, draws.flag() ? 64 : 4));
    if (shuffle_ > 1) info_.metadata["srfast.shuffle"] = std::to_string(shuffle_);
    maybe("shuffle", number(2, 16));
    maybe("bytes_per_pixel", number(0, 1 << 20));
    if (draws.flag()) info_.metadata[draws.text()] = draws.text();
  }

  std::int64_t scale_;
  std::int64_t shuffle_;
  std::int64_t missing_;
  std::int64_t multiple_;
  bool strange_;
  std::int64_t any_;
  srfast::runtime::SessionInfo info_;
};

srfast::UpscalerOptions drawn_options(Draws& draws) {
  srfast::UpscalerOptions options;
  constexpr std::array<srfast::ModelColor, 4> kColors{srfast::ModelColor::kRgb, srfast::ModelColor::kBgr,
                                                      srfast::ModelColor::kY, srfast::ModelColor::kYFull};
  if (draws.flag()) options.model_color = draws.one_of(kColors);
  if (draws.flag()) options.model_range = srfast::ValueRange{draws.any_double(), draws.any_double()};
  if (draws.flag()) options.model_scale = static_cast<int>(draws.flag() ? draws.any() : draws.between(0, 70));
  return options;
}

void require_axis(const srfast::tiling::Axis& axis, bool cut) {
  require(axis.align >= 1 && axis.least >= 1, "an axis has sizes");
  require(axis.pad_before >= 0 && axis.pad_after >= 0, "padding is not negative");
  if (cut)
    require(axis.before >= axis.pad_before && axis.after >= axis.pad_after, "the halo holds the padding");
  // What is planned with them must not overflow.
  constexpr std::int64_t kMost = std::int64_t{1} << 40;
  require(axis.align < kMost && axis.least < kMost && axis.pad_before < kMost && axis.pad_after < kMost,
          "an axis is within reach");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Draws draws(data, size);
  const Network network(draws);
  const srfast::UpscalerOptions options = drawn_options(draws);
  try {
    const srfast::ModelInfo info = srfast::describe(network, "the label", options);
    require(info.scale >= 1, "a network enlarges");
    require(info.network_scale() >= 1, "a network enlarges what it is given");
    require(info.network_scale() * (info.geometry.enlargement ? info.geometry.enlargement->factor : 1) ==
                info.scale,
            "the factors make the scale");
    require(
        std::isfinite(info.range.low) && std::isfinite(info.range.high) && info.range.low < info.range.high,
        "the range is one");
    require_axis(info.whole.rows, false);
    require_axis(info.whole.columns, false);
    if (info.geometry.axes) {
      require_axis(info.geometry.axes->rows, true);
      require_axis(info.geometry.axes->columns, true);
    }
    require(srfast::bytes_per_tile_pixel(info) > 0, "a tile takes memory");
    require(srfast::tile_pixels(info, static_cast<std::uint64_t>(draws.any())) >= 1, "a tile has pixels");
  } catch (const srfast::Error& error) {
    require(error.code() == srfast::ErrorCode::kModel || error.code() == srfast::ErrorCode::kOption,
            "the model or an option is refused");
  }
  return 0;
}

std::vector<std::string> srfast::fuzz::seeds() {
  return {"",
          std::string(80, '\0'),
          std::string(120, '\1'),
          std::string("\2\0\0\x09\0\0", 6) + std::string(100, '\2'),
          std::string(200, '\x11'),
          std::string("\xff\xfe\xff\6\0\0\0\0\0\0\1\1\1\1\1\1\0\4\0\x08\0\0\x32\1\1\1\0\1",
                      28),  // a scale beyond int
          std::string("\3\0\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f", 17) + std::string(100, '\x21')};
}
