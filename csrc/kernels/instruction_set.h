// Which vector instructions this processor has, and so which build of each kernel runs.
#pragma once

#include <cstdint>
#include <vector>

namespace srfast::kernels {

enum class InstructionSet : std::uint8_t { kBaseline, kAvx2, kAvx512 };

[[nodiscard]] const char* name(InstructionSet set) noexcept;

// The sets that this build holds and this processor can run, worst first; kBaseline is always there.
[[nodiscard]] const std::vector<InstructionSet>& supported_instruction_sets();

[[nodiscard]] InstructionSet best_instruction_set();

}  // namespace srfast::kernels
