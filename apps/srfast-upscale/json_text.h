// Text in JSON.
#pragma once

#include <string>

namespace app {

// Quoted, in ASCII. A byte that is not UTF-8, as file names may hold, becomes the lone surrogate that
// Python's os.fsdecode makes of it.
[[nodiscard]] std::string json_text(const std::string& text);

}  // namespace app
