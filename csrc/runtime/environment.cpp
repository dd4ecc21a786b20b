#include "runtime/environment.h"

namespace srfast::runtime {
namespace {

void ORT_API_CALL discard(void*, OrtLoggingLevel, const char*, const char*, const char*, const char*) {}

}  // namespace

Ort::Env& environment() {
  // Leaked on purpose: sessions in other threads may still run while static objects are destroyed at exit.
  static auto* instance = new Ort::Env(ORT_LOGGING_LEVEL_FATAL, "srfast", discard, nullptr);
  return *instance;
}

}  // namespace srfast::runtime
