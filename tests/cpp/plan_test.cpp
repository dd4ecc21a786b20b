// Every plan is checked against what a plan promises, over all small sizes and many random large ones.
#include "tiling/plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>

#include "error.h"

namespace srfast::tiling {
namespace {

void require_sound(std::int64_t length, const Axis& axis, std::int64_t size, bool fixed) {
  const Spans plan = cover(length, axis, size, fixed);
  SCOPED_TRACE(::testing::Message() << "length " << length << ", halo " << axis.before << "+" << axis.after
                                    << ", align " << axis.align << ", least " << axis.least << ", size "
                                    << size << (fixed ? ", fixed" : ""));
  const std::int64_t padded = axis.pad_before + length + axis.pad_after;
  ASSERT_FALSE(plan.spans.empty());
  ASSERT_EQ(plan.extent % axis.align, 0);
  ASSERT_GE(plan.extent, padded);
  if (fixed) {
    ASSERT_EQ(plan.size, size);
  } else {
    ASSERT_LT(plan.extent - std::max(padded, axis.least), axis.align);
    ASSERT_LE(plan.size, std::max(size, axis.least) + axis.align - 1);
    ASSERT_GE(plan.size, axis.least);
  }
  std::int64_t kept = 0;
  for (const Span& span : plan.spans) {
    ASSERT_EQ(span.keep_begin, kept);
    ASSERT_GT(span.keep_end, span.keep_begin);
    const std::int64_t start = axis.pad_before + span.start;  // as the network sees it
    ASSERT_EQ(start % axis.align, 0);
    ASSERT_GE(start, 0);
    ASSERT_LE(start + plan.size, plan.extent);
    // What is kept has its halo inside the span, or the span touches the true border.
    ASSERT_TRUE(start == 0 || span.start + axis.before <= span.keep_begin);
    ASSERT_TRUE(start + plan.size == plan.extent || span.keep_end + axis.after <= span.start + plan.size);
    // And what the output lacks, inside it everywhere.
    ASSERT_LE(span.keep_end + axis.pad_after, span.start + plan.size);
    ASSERT_GE(span.keep_begin, span.start + axis.pad_before);
    kept = span.keep_end;
  }
  ASSERT_EQ(kept, length);
}

TEST(Plan, EveryHaloSizeAndLengthOnASmallScale) {
  for (std::int64_t align = 1; align <= 4; ++align)
    for (std::int64_t before = 0; before <= 4; ++before)
      for (std::int64_t after = 0; after <= 4; ++after)
        for (std::int64_t length = 1; length <= 40; ++length)
          for (std::int64_t size = smallest_span({before, after, align}); size <= 44; ++size) {
            require_sound(length, {before, after, align}, size, false);
            if (size % align == 0) require_sound(length, {before, after, align}, size, true);
            if (HasFatalFailure()) return;
          }
}

TEST(Plan, NoSpanIsSmallerThanTheNetworkTakes) {
  for (std::int64_t align = 1; align <= 4; ++align)
    for (std::int64_t halo = 0; halo <= 2; ++halo)
      for (std::int64_t least = 1; least <= 20; ++least)
        for (std::int64_t length = 1; length <= 40; ++length) {
          const Axis axis{halo, halo, align, least};
          for (std::int64_t size = smallest_span(axis); size <= 44; ++size)
            require_sound(length, axis, size, false);
          if (HasFatalFailure()) return;
        }
}

TEST(Plan, WhatTheOutputLacksIsPadded) {
  for (std::int64_t align = 1; align <= 3; ++align)
    for (std::int64_t before = 0; before <= 4; ++before)
      for (std::int64_t pad = 0; pad <= 4; ++pad)
        for (std::int64_t length = 1; length <= 20; ++length) {
          const Axis axis{std::max(before, pad), before, align, 1, pad, before};
          for (std::int64_t size = smallest_span(axis); size <= 26; ++size) {
            require_sound(length, axis, size, false);
            if (size % align == 0) require_sound(length, axis, size, true);
            if (HasFatalFailure()) return;
          }
        }
}

TEST(Plan, RandomLargeOnes) {
  std::mt19937_64 random(1);
  const auto pick = [&](std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random);
  };
  for (int turn = 0; turn < 2000; ++turn) {
    const Axis axis{pick(0, 70), pick(0, 70), std::int64_t{1} << pick(0, 6)};
    require_sound(pick(1, 100000), axis, smallest_span(axis) + pick(0, 2000), false);
    if (HasFatalFailure()) return;
  }
}

TEST(Plan, AnAxisShorterThanTheAlignmentIsPadded) {
  const Spans plan = cover(1, {2, 1, 4}, 1, false);
  ASSERT_EQ(plan.spans.size(), 1U);
  EXPECT_EQ(plan.size, 4);
  EXPECT_EQ(plan.spans[0].keep_end, 1);
}

TEST(Plan, AWholeImageIsOneSpan) {
  const Spans plan = cover(100, {5, 5, 1}, 100, false);
  ASSERT_EQ(plan.spans.size(), 1U);
  EXPECT_EQ(plan.size, 100);
}

TEST(Plan, SpansOverlapByTheHaloAlone) {
  // 10 + 2 * 3 pixels a span: the first keeps 13, inner ones 10, and the last what is left.
  const Spans plan = cover(40, {3, 3, 1}, 16, false);
  ASSERT_EQ(plan.spans.size(), 4U);
  EXPECT_EQ(plan.spans[0].keep_end, 13);
  EXPECT_EQ(plan.spans[1].keep_end, 23);
  EXPECT_EQ(plan.spans[2].keep_end, 33);
  EXPECT_EQ(plan.spans[3].start, 24);
}

TEST(Plan, AFixedSpanPadsAShortAxis) {
  const Spans plan = cover(5, {3, 3, 1}, 16, true);
  ASSERT_EQ(plan.spans.size(), 1U);
  EXPECT_EQ(plan.extent, 16);
  EXPECT_EQ(plan.spans[0].keep_end, 5);
}

TEST(Plan, TooSmallASpanIsRefused) {
  EXPECT_THROW((void)cover(100, {5, 5, 1}, 10, false), Error);
  EXPECT_THROW((void)cover(100, {1, 1, 4}, 10, false), Error);
  EXPECT_THROW((void)cover(100, {0, 0, 4}, 10, true), Error);
}

}  // namespace
}  // namespace srfast::tiling
