// What is settled about a network when it is opened: stated, shown, assumed or refused.
#include "model_info.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "error.h"
#include "fake_session.h"
#include "pictures.h"
#include "size_probe.h"

namespace srfast {
namespace {

using Metadata = std::map<std::string, std::string>;

Metadata tags() {
  return {{"srfast.schema", "1"},
          {"srfast.scale", "3"},
          {"srfast.color", "bgr"},
          {"srfast.range", "0 255"},
          {"srfast.made_by", "a test"}};
}

ErrorCode refusal(const FakeSession& session, const UpscalerOptions& options = {}) {
  try {
    (void)describe(session, "fake", options);
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("fake"), std::string::npos) << error.what();
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::kRun;
}

TEST(ModelInfo, TakesWhatTheFileStates) {
  FakeSession session(3);
  session.mutable_info().metadata = tags();
  const ModelInfo info = describe(session, "fake", {});
  EXPECT_TRUE(info.tagged);
  EXPECT_TRUE(info.assumed.empty());
  EXPECT_EQ(info.scale, 3);
  EXPECT_EQ(info.color, ModelColor::kBgr);
  EXPECT_EQ(info.range.high, 255.0);
  EXPECT_EQ(info.made_by, "a test");
}

TEST(ModelInfo, TheCallersWordComesFirst) {
  FakeSession session(3);
  session.mutable_info().metadata = tags();
  UpscalerOptions options;
  options.model_color = ModelColor::kRgb;
  options.model_range = ValueRange{0, 1};
  const ModelInfo info = describe(session, "fake", options);
  EXPECT_EQ(info.color, ModelColor::kRgb);
  EXPECT_EQ(info.range.high, 1.0);
}

TEST(ModelInfo, FindsTheScaleByRunning) {
  for (const int scale : {1, 2, 3, 4, 8}) {
    const ModelInfo info = describe(FakeSession(scale), "fake", {});
    EXPECT_EQ(info.scale, scale);
    EXPECT_EQ(info.assumed, (std::vector<std::string>{"color", "range"}));
  }
}

TEST(ModelInfo, FindsTheScaleWithOneFixedSide) {
  FakeSession session(2);
  session.mutable_info().inputs[0].shape = {1, 3, 17, -1};
  const ModelInfo info = describe(session, "fake", {});
  EXPECT_EQ(info.scale, 2);
  EXPECT_EQ(info.fixed_height, 17);
  EXPECT_EQ(info.fixed_width, std::nullopt);
}

TEST(ModelInfo, SidesThatNoImageHasAreRefused) {
  FakeSession session(2);
  session.mutable_info().inputs[0].shape = {1, 3, 3018850026975848145, 24};
  session.mutable_info().outputs[0].shape = {1, 3, 3018850026975848145, 24};
  std::string message;
  EXPECT_EQ(code_of([&] { (void)describe(session, "fake", {}); }, &message), ErrorCode::kModel);
  EXPECT_NE(message.find("larger than any image"), std::string::npos) << message;
}

TEST(ModelInfo, ScalesThatNoNetworkHasAreRefused) {
  UpscalerOptions options;
  options.model_scale = 65;
  EXPECT_EQ(code_of([&] { (void)describe(FakeSession(65), "fake", options); }), ErrorCode::kOption);
  FakeSession session(65);
  session.mutable_info().inputs[0].shape = {1, 3, 24, 24};
  session.mutable_info().outputs[0].shape = {1, 3, std::int64_t{65} * 24, std::int64_t{65} * 24};
  std::string message;
  EXPECT_EQ(code_of([&] { (void)describe(session, "fake", {}); }, &message), ErrorCode::kModel);
  EXPECT_NE(message.find("enlarges 65 times"), std::string::npos) << message;
}

TEST(ModelInfo, ASizeTooLargeToBeRunInPassingIsBelieved) {
  FakeSession session(2);
  session.mutable_info().inputs[0].shape = {1, 3, 1 << 20, 1 << 20};
  session.during_run = [] { ADD_FAILURE() << "it was run"; };
  session.failure = [](const runtime::Shape&) { return "it was run"; };
  UpscalerOptions options;
  options.model_scale = 2;
  EXPECT_EQ(describe(session, "fake", options).scale, 2);
  std::string message;
  EXPECT_EQ(code_of([&] { (void)describe(session, "fake", {}); }, &message), ErrorCode::kModel);
  EXPECT_NE(message.find("give model_scale"), std::string::npos) << message;
}

TEST(ModelInfo, OneChannelIsLuma) {
  EXPECT_EQ(describe(FakeSession(2, 1), "fake", {}).color, ModelColor::kY);
}

TEST(ModelInfo, AQuarterOfTheOutputMayBeMissing) {
  EXPECT_EQ(scale_of_one(4, 6), 2);
  EXPECT_EQ(scale_of_one(20, 29), 0);
}

TEST(ModelInfo, PixelsTooManyAreSharedByBothEnds) {
  FakeSession session(2);
  session.missing_before = -2;
  session.missing_after = -1;
  const ModelInfo info = describe(session, "fake", {});
  EXPECT_EQ(info.margins.rows.before, -2);
  EXPECT_EQ(info.margins.rows.after, -1);
}

TEST(ModelInfo, HalvesTakeMemoryBesideTheFloats) {
  FakeSession session(2);
  EXPECT_EQ(describe(session, "fake", {}).bytes_per_value, 4);
  session.mutable_info().outputs[0].type = "float16";
  EXPECT_EQ(describe(session, "fake", {}).bytes_per_value, 6);
}

TEST(ModelInfo, AFalseScaleIsCaught) {
  FakeSession session(2);
  session.mutable_info().metadata = tags();
  EXPECT_EQ(refusal(session), ErrorCode::kModel);
  UpscalerOptions options;
  options.model_scale = 5;
  EXPECT_EQ(refusal(FakeSession(2), options), ErrorCode::kOption);
  options.model_scale = 2;
  EXPECT_EQ(describe(session, "fake", options).scale, 2);  // the caller is right, the file is not
}

TEST(ModelInfo, AFalseScaleIsCaughtInFixedShapes) {
  FakeSession session(3);
  session.mutable_info().metadata = tags();
  session.mutable_info().inputs[0].shape = {1, 3, 8, 8};
  session.mutable_info().outputs[0].shape = {1, 3, 16, 16};
  EXPECT_EQ(refusal(session), ErrorCode::kModel);
  session.mutable_info().outputs[0].shape = {1, 3, 16, 24};
  EXPECT_EQ(refusal(session), ErrorCode::kModel);
}

TEST(ModelInfo, AStatedScaleIsTrustedWhereTheProbeCannotRun) {
  FakeSession session(3);
  session.mutable_info().metadata = tags();
  session.failure = [](const runtime::Shape&) { return std::string("wants multiples of 64"); };
  EXPECT_EQ(describe(session, "fake", {}).scale, 3);
  session.mutable_info().metadata.clear();
  EXPECT_EQ(refusal(session), ErrorCode::kModel);
}

TEST(ModelInfo, MalformedTagsAreRefused) {
  for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{
           {"srfast.schema", "2"},    {"srfast.schema", "one"},
           {"srfast.scale", "0"},     {"srfast.scale", "3.5"},
           {"srfast.scale", "-3"},    {"srfast.scale", ""},
           {"srfast.scale", "3 4"},   {"srfast.scale", "99999999999999"},
           {"srfast.color", "cmyk"},  {"srfast.color", ""},
           {"srfast.range", "1"},     {"srfast.range", "1 0"},
           {"srfast.range", "0 nan"}, {"srfast.range", "0 inf"},
           {"srfast.range", "0 1 2"}, {"srfast.range", "0,1"},
           {"srfast.multiple", "0"},  {"srfast.multiple", "8 8"},
           {"srfast.minimum", "-16"}, {"srfast.minimum", "99999999999999"}}) {
    FakeSession session(3);
    session.mutable_info().metadata = tags();
    session.mutable_info().metadata[key] = value;
    EXPECT_EQ(refusal(session), ErrorCode::kModel) << key << " = " << value;
  }
}

TEST(ModelInfo, SizeConstraintsAreWhatTilesMustMeetToo) {
  FakeSession session(3);
  session.mutable_info().metadata = tags();
  session.mutable_info().metadata["srfast.halo"] = "2 2 2 2";
  session.mutable_info().metadata["srfast.align"] = "4 6";
  session.mutable_info().metadata["srfast.multiple"] = "8";
  session.mutable_info().metadata["srfast.minimum"] = "20";
  const ModelInfo info = describe(session, "fake", {});
  EXPECT_EQ(info.whole.rows.align, 8);
  EXPECT_EQ(info.whole.columns.least, 20);
  ASSERT_TRUE(info.geometry.axes.has_value());
  EXPECT_EQ(info.geometry.axes->rows.align, 8);
  EXPECT_EQ(info.geometry.axes->columns.align, 24);
  EXPECT_EQ(info.geometry.axes->rows.least, 20);
}

TEST(ModelInfo, FindsWhatIsMissingAtTheBorder) {
  for (const std::int64_t missing : {0, 2, 14, 28}) {
    FakeSession session(2);
    session.missing_before = session.missing_after = missing / 2;
    const ModelInfo info = describe(session, "fake", {});
    EXPECT_EQ(info.scale, 2);
    EXPECT_EQ(info.margins.rows.before, missing / 2);
    EXPECT_EQ(info.margins.columns.after, missing / 2);
    EXPECT_EQ(info.whole.rows.pad_before, (missing / 2 + 1) / 2);
    EXPECT_EQ(info.whole.columns.pad_after, (missing / 2 + 1) / 2);
  }
}

TEST(ModelInfo, FindsWhatIsMissingInFixedShapes) {
  FakeSession session(2);
  session.mutable_info().inputs[0].shape = {1, 3, 156, 100};
  session.mutable_info().outputs[0].shape = {1, 3, 284, 172};  // as waifu2x's upconv_7 has it
  const ModelInfo info = describe(session, "fake", {});
  EXPECT_EQ(info.scale, 2);
  EXPECT_EQ(info.margins.rows.before, 14);
  EXPECT_EQ(info.margins.columns.after, 14);
  session.mutable_info().outputs[0].shape = {1, 3, 284, 101};
  EXPECT_EQ(refusal(session), ErrorCode::kModel);
}

TEST(ModelInfo, AFalseMarginIsCaught) {
  FakeSession session(3);
  session.missing_before = 4;
  session.missing_after = 5;
  session.mutable_info().metadata = tags();
  session.mutable_info().metadata["srfast.margin"] = "4 4 5 5";
  const ModelInfo info = describe(session, "fake", {});
  EXPECT_EQ(info.margins.rows.before, 4);
  EXPECT_EQ(info.margins.rows.after, 5);
  EXPECT_EQ(info.whole.rows.pad_before, 2);
  for (const char* wrong : {"5 5 5 5", "0 0 0 0", "4 4 5 6", "4 4", "4 4 5 99999999", "4 4 5 x"}) {
    session.mutable_info().metadata["srfast.margin"] = wrong;
    EXPECT_EQ(refusal(session), ErrorCode::kModel) << wrong;
  }
}

TEST(ModelInfo, FindsWhatSizesMustBeMultiplesOf) {
  for (const std::int64_t multiple : {1, 2, 8, 32, 64}) {
    FakeSession failing(2);
    failing.failure = [&](const runtime::Shape& in) {
      return in[2] % multiple == 0 && in[3] % multiple == 0 ? std::string() : std::string("sizes do not fit");
    };
    EXPECT_EQ(describe(failing, "fake", {}).whole.rows.align, multiple);
  }
  FakeSession never(2);
  never.failure = [](const runtime::Shape& in) { return in[2] % 7 == 0 ? std::string() : std::string("no"); };
  EXPECT_EQ(refusal(never), ErrorCode::kModel);
}

// What a network with a stride does that has no use for what is left over.
TEST(ModelInfo, SizesThatAreRoundedDownAreNoMargin) {
  struct Rounding final : FakeSession {
    using FakeSession::FakeSession;
    [[nodiscard]] std::vector<std::int64_t> output_shape(const runtime::Shape& in) const override {
      return FakeSession::output_shape({in[0], in[1], in[2] / unit * unit, in[3] / unit * unit});
    }
    std::int64_t unit = 1;
  };
  for (const std::int64_t unit : {1, 2, 4, 8, 16}) {
    Rounding session(2);
    session.unit = unit;
    const ModelInfo info = describe(session, "fake", {});
    EXPECT_EQ(info.whole.columns.align, unit);
    EXPECT_EQ(info.margins.rows.before + info.margins.rows.after, 0);
  }
}

TEST(ModelInfo, NamesThatAreNotTextAreRefused) {
  for (const char* name : {"in\xffput", "\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe5\xa4"}) {
    FakeSession session(2);
    session.mutable_info().outputs[0].name = name;
    EXPECT_EQ(refusal(session), ErrorCode::kModel);
  }
  FakeSession session(2);
  session.mutable_info().inputs[0].name =
      "gr\xc3\xb6\xc3\x9f"
      "er \xe5\xa4\xa7 \xf0\x9f\x98\x80";
  EXPECT_EQ(describe(session, "fake", {}).scale, 2);
}

TEST(ModelInfo, NetworksOfAnotherKindAreRefused) {
  const auto changed = [](auto change) {
    FakeSession session(2);
    change(session.mutable_info());
    return refusal(session);
  };
  EXPECT_EQ(changed([](auto& info) { info.inputs[0].type = "bfloat16"; }), ErrorCode::kModel);
  EXPECT_EQ(changed([](auto& info) { info.outputs[0].type = "uint8"; }), ErrorCode::kModel);
  EXPECT_EQ(changed([](auto& info) { info.inputs[0].shape = {3, -1, -1}; }), ErrorCode::kModel);
  EXPECT_EQ(changed([](auto& info) { info.inputs[0].shape = {4, 3, -1, -1}; }), ErrorCode::kModel);
  EXPECT_EQ(changed([](auto& info) { info.inputs[0].shape = {1, 4, -1, -1}; }), ErrorCode::kModel);
  EXPECT_EQ(changed([](auto& info) { info.outputs[0].shape = {1, 1, -1, -1}; }), ErrorCode::kModel);
  EXPECT_EQ(changed([](auto& info) { info.inputs.push_back(info.inputs[0]); }), ErrorCode::kModel);
  EXPECT_EQ(changed([](auto& info) { info.inputs.clear(); }), ErrorCode::kModel);
  EXPECT_EQ(changed([](auto& info) { info.outputs.clear(); }), ErrorCode::kModel);
  UpscalerOptions options;
  options.model_color = ModelColor::kY;
  EXPECT_EQ(refusal(FakeSession(2), options), ErrorCode::kOption);
  options = {};
  options.model_range = ValueRange{1, 1};
  FakeSession session(2);
  EXPECT_THROW((void)describe(session, "fake", options), Error);
}

}  // namespace
}  // namespace srfast
