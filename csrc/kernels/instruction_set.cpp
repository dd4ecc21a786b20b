#include "kernels/instruction_set.h"

namespace srfast::kernels {
namespace {

std::vector<InstructionSet> detect() {
  std::vector<InstructionSet> sets{InstructionSet::kBaseline};
#if defined(SRFAST_X86_KERNELS)
  // The builtins ask the operating system too: registers that it does not save count as missing.
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2")) {
    sets.push_back(InstructionSet::kAvx2);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
      sets.push_back(InstructionSet::kAvx512);
    }
  }
#endif
  return sets;
}

}  // namespace

const char* name(InstructionSet set) noexcept {
  switch (set) {
    case InstructionSet::kAvx2:
      return "avx2";
    case InstructionSet::kAvx512:
      return "avx512";
    case InstructionSet::kBaseline:
      break;
  }
  return "baseline";
}

const std::vector<InstructionSet>& supported_instruction_sets() {
  static const std::vector<InstructionSet> sets = detect();
  return sets;
}

InstructionSet best_instruction_set() { return supported_instruction_sets().back(); }

}  // namespace srfast::kernels
