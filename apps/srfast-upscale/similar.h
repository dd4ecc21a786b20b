// Guesses what somebody meant who mistyped a word.
#pragma once

#include <string>
#include <vector>

namespace app {

// "; did you mean X?" for the known word that is most like `word`, or "".
[[nodiscard]] std::string did_you_mean(const std::string& word, const std::vector<std::string>& known);

}  // namespace app
