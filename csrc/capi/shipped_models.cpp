#include "capi/shipped_models.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "error.h"
#include "runtime/own_file.h"

namespace srfast::capi {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolders[] = {"../zoo", "../share/srfast/models", "../../share/srfast/models"};

constexpr const char* kOptimized = ".srfast";  // NAME.srfast.onnx is NAME.onnx, made fast for srfast

bool is_optimized(const fs::path& model) { return model.stem().extension() == kOptimized; }

// The first folder that holds models.
std::vector<fs::path> shipped_models() {
  std::vector<fs::path> models;
  for (const std::string& own : runtime::own_folders())
    for (const char* folder : kFolders) {
      std::error_code failed;
      for (const auto& entry : fs::directory_iterator(fs::u8path(own) / folder, failed))
        if (entry.path().extension() == ".onnx" && !is_optimized(entry.path()))
          models.push_back(entry.path());
      if (!models.empty()) {
        std::sort(models.begin(), models.end());
        return models;
      }
    }
  return models;
}

}  // namespace

std::string model_path(const std::string& model) {
  const fs::path path = fs::u8path(model);
  std::error_code failed;
  const bool bare_word = !model.empty() && path == path.stem();
  // A folder may have the name of a model whose results it is for.
  const bool is_folder = fs::is_directory(path, failed);
  if (!bare_word || (fs::exists(path, failed) && !is_folder)) return model;
  std::string names;
  for (const fs::path& shipped : shipped_models()) {
    if (shipped.stem() == path) {
      fs::path optimized = shipped;
      optimized.replace_extension(kOptimized + std::string(".onnx"));
      return (fs::exists(optimized, failed) ? optimized : shipped).lexically_normal().u8string();
    }
    names += (names.empty() ? "" : ", ") + shipped.stem().u8string();
  }
  if (is_folder) return model;  // who opens it says what it is
  if (names.empty())
    throw Error(ErrorCode::kModel,
                "there is no file '" + model +
                    "', and srfast's shipped models are not beside its library; give the path "
                    "of an ONNX file");
  throw Error(ErrorCode::kModel,
              "there is no file and no shipped model '" + model + "'; shipped are " + names);
}

}  // namespace srfast::capi
