#include "command_line.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "amounts.h"
#include "similar.h"

namespace app {
namespace {

constexpr const char* kHelp = R"(usage: srfast-upscale PHOTO ... [-o OUT] [options]

Enlarges image files (PNG and JPEG) with a super-resolution network.

  PHOTO                 an image file, or - for standard input
  -h, --help            show this text
  --version             show the version

where the results go:
  -o, --output OUT      a file, a folder (ends in /, exists, or takes several photos), a pattern with {stem},
                        {model}, {scale}, {size} and {ext}, or - (default: {stem}_{size}{ext} beside each photo)
  --force               replace results that exist
  --skip-existing       leave out photos whose results exist

how they are stored:
  --format FORMAT       png, jpg, jpeg (default: png)
  --quality 1-100       of JPEG (default: 95)
  --strip               leave colour profile, EXIF, XMP and resolution out
  --max-pixels N        refuse photos of more pixels, such as 500M; 0: none (default: 268M, against files that
                        are small and claim to be huge)

the network:
  -m, --model MODEL     an ONNX file, or the name of a shipped model (default: fast-x3)
  --model-color COLOR   rgb, bgr, y, y-full: what the network takes, where its file does not say it or is wrong
  --model-range RANGE   the values that the network takes for black and white: 1, 255 or LOW,HIGH
                        (--model-range=-1,1)
  --threads N           cores to use (default: all that this process may use)
  --memory SIZE         working memory beyond the images themselves, such as 512MB; large photos are done in
                        tiles that fit, with the same result (default: a quarter of what is available)

what is said:
  -q, --quiet           say nothing but warnings and errors
  --json                a line of JSON for each photo

ONNX Runtime is looked for, in this order: the file that SRFAST_ONNXRUNTIME names; a Python package onnxruntime
in one of the three folders above this program; libonnxruntime.so.1 beside it, in ../lib, or in the system.

examples:
  srfast-upscale photo.jpg                       writes photo_x3.png beside it
  srfast-upscale photo.jpg -o large.png -m net.onnx
  srfast-upscale holiday/*.jpg -o large/ --skip-existing
  cat photo.jpg | srfast-upscale - > large.png
)";

struct Option {
  std::string short_name;  // "-o", or empty
  std::string long_name;
  std::function<void()> set;                          // of an option without a value
  std::function<void(const std::string&)> set_value;  // of one with a value

  [[nodiscard]] std::string name() const {
    return short_name.empty() ? long_name : short_name + "/" + long_name;
  }
};

[[noreturn]] void refuse(const Option& option, const std::string& why) {
  throw UsageError(option.name() + ": " + why);
}

// -5, -0.5 or -.5.
bool is_number(const std::string& word) {
  const std::string digits = "0123456789";
  const std::size_t whole = word.find_first_not_of(digits, 1);
  if (whole == std::string::npos) return word.size() > 1;
  return word[whole] == '.' && whole + 1 < word.size() &&
         word.find_first_not_of(digits, whole + 1) == std::string::npos;
}

bool looks_like_option(const std::string& word) {
  return word.size() > 1 && word.front() == '-' && !is_number(word) && word.find(' ') == std::string::npos;
}

class Parser {
 public:
  explicit Parser(const std::vector<std::string>& words) : words_(words) { define(); }

  CommandLine parse() {
    bool only_photos = false;
    for (at_ = 0; at_ < words_.size(); ++at_) {
      const std::string& word = words_[at_];
      if (only_photos || !looks_like_option(word)) {
        line_.photos.push_back(word);
      } else if (word == "--") {
        only_photos = true;
      } else if (word.compare(0, 2, "--") == 0) {
        parse_long(word);
      } else {
        parse_short(word);
      }
      if (line_.help || line_.version) return line_;
    }
    if (line_.photos.empty()) throw UsageError("missing: PHOTO");
    return line_;
  }

 private:
  void define() {
    flag("-h", "--help", line_.help);
    flag("", "--version", line_.version);
    value("-o", "--output", [this](const Option&, const std::string& text) { line_.output = text; });
    flag("", "--force", line_.force, &line_.skip_existing, "--skip-existing");
    flag("", "--skip-existing", line_.skip_existing, &line_.force, "--force");
    choice("--format", line_.format, {"png", "jpg", "jpeg"});
    value("", "--quality", [this](const Option& option, const std::string& text) {
      constexpr int kBest = 100;
      line_.quality = whole_number(text);
      if (!line_.quality || *line_.quality < 1 || *line_.quality > kBest)
        refuse(option, "'" + text + "' is not a whole number from 1 to 100");
    });
    flag("", "--strip", line_.strip);
    value("", "--max-pixels", [this](const Option& option, const std::string& text) {
      line_.max_pixels = pixel_count(text);
      if (!line_.max_pixels) refuse(option, "'" + text + "' is not a number of pixels, such as 500M");
    });
    value("-m", "--model", [this](const Option& option, const std::string& text) {
      if (std::exchange(model_is_given_, true)) refuse(option, "is given twice; one network is run");
      line_.model = text;
    });
    choice("--model-color", line_.model_color, {"rgb", "bgr", "y", "y-full"});
    value("", "--model-range", [this](const Option& option, const std::string& text) {
      line_.model_range = value_range(text);
      if (!line_.model_range) refuse(option, "'" + text + "' is not 1, 255 or LOW,HIGH");
    });
    value("", "--threads", whole(line_.threads));
    value("", "--memory", [this](const Option&, const std::string& text) { line_.memory = text; });
    flag("-q", "--quiet", line_.quiet);
    flag("", "--json", line_.json);
  }

  void flag(const char* short_name, const char* long_name, bool& target, const bool* other = nullptr,
            const std::string& other_name = "") {
    Option option{short_name, long_name, {}, {}};
    option.set = [option, &target, other, other_name] {
      if (other != nullptr && *other)
        throw UsageError(option.name() + " and " + other_name + " exclude each other");
      target = true;
    };
    options_.push_back(option);
  }

  using SetValue = std::function<void(const Option&, const std::string&)>;

  void value(const char* short_name, const char* long_name, const SetValue& set) {
    Option option{short_name, long_name, {}, {}};
    option.set_value = [option, set](const std::string& text) { set(option, text); };
    options_.push_back(option);
  }

  void choice(const char* long_name, std::string& target, const std::vector<std::string>& choices) {
    value("", long_name, [&target, choices](const Option& option, const std::string& text) {
      if (std::find(choices.begin(), choices.end(), text) == choices.end()) {
        std::string all;
        for (const std::string& each : choices) all += (all.empty() ? "" : ", ") + each;
        refuse(option, "there is no '" + text + "'; there are " + all + did_you_mean(text, choices));
      }
      target = text;
    });
  }

  static SetValue whole(std::optional<int>& target) {
    return [&target](const Option& option, const std::string& text) {
      target = whole_number(text);
      if (!target) refuse(option, "'" + text + "' is not a whole number");
    };
  }

  void parse_long(const std::string& word) {
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    for (Option& option : options_)
      if (option.long_name == name) {
        if (equals == std::string::npos) return apply(option, nullptr);
        const std::string text = word.substr(equals + 1);
        return apply(option, &text);
      }
    std::vector<std::string> names;
    names.reserve(options_.size());
    for (const Option& option : options_) names.push_back(option.long_name);
    throw UsageError("there is no option " + name + did_you_mean(name, names));
  }

  // -q, -oOUT, and several in one word, such as -qo OUT.
  void parse_short(const std::string& word) {
    for (std::size_t i = 1; i < word.size(); ++i) {
      const std::string name = std::string("-") + word[i];
      const auto found = std::find_if(options_.begin(), options_.end(),
                                      [&](const Option& option) { return option.short_name == name; });
      if (found == options_.end()) throw UsageError("there is no option " + (i == 1 ? word : name));
      if (found->set_value) {
        std::string rest = word.substr(i + 1);
        if (!rest.empty() && rest.front() == '=') rest.erase(0, 1);
        return apply(*found, i + 1 < word.size() ? &rest : nullptr);
      }
      apply(*found, nullptr);
    }
  }

  void apply(Option& option, const std::string* text) {
    if (option.set) {
      if (text != nullptr) refuse(option, "ignored explicit argument '" + *text + "'");
      return option.set();
    }
    if (text != nullptr) return option.set_value(*text);
    if (at_ + 1 >= words_.size() || looks_like_option(words_[at_ + 1]))
      refuse(option, "expected one argument");
    option.set_value(words_[++at_]);
  }

  const std::vector<std::string>& words_;
  std::size_t at_ = 0;
  std::vector<Option> options_;
  bool model_is_given_ = false;
  CommandLine line_;
};

}  // namespace

CommandLine parse(const std::vector<std::string>& words) { return Parser(words).parse(); }

const char* help_text() noexcept { return kHelp; }

}  // namespace app
