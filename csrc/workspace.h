// The float planes on either side of a network, kept from tile to tile so that pages are touched once.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "hidden_colors.h"

namespace srfast {

// Grows, never shrinks, never initialises what it gives.
class PlaneBuffer {
 public:
  // At least `floats` floats, aligned to 64 bytes; what was in it is lost. Throws std::bad_alloc.
  float* reserve(std::size_t floats);

 private:
  struct Free {
    void operator()(float* memory) const noexcept;
  };
  std::unique_ptr<float[], Free> memory_;
  std::size_t capacity_ = 0;
};

// What is held of a few rows at a time, by one thread.
struct RowBuffers {
  PlaneBuffer scratch;   // for the enlargement
  PlaneBuffer residual;  // for what is added to the network's output
  PlaneBuffer rgb;       // for the colours of an image whose luma the network enlarges
  PlaneBuffer luma;      // for that luma
  PlaneBuffer alpha;     // for it, enlarged
};

struct Workspace {
  PlaneBuffer input;
  PlaneBuffer output;
  HiddenColors hidden_colors;
  std::vector<RowBuffers> bands;  // one a thread that packs or unpacks
};

// Lends at most so many workspaces at once; whoever comes next waits. So it bounds the memory and the busy
// cores of all runs together. Any thread may call it; loans must end before the pool does.
class WorkspacePool {
 public:
  class Loan {
   public:
    Loan(WorkspacePool& pool, std::unique_ptr<Workspace> workspace)
        : pool_(pool), workspace_(std::move(workspace)) {}
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ~Loan() { pool_.give_back(std::move(workspace_)); }
    Workspace& operator*() const noexcept { return *workspace_; }
    Workspace* operator->() const noexcept { return workspace_.get(); }

   private:
    WorkspacePool& pool_;
    std::unique_ptr<Workspace> workspace_;
  };

  explicit WorkspacePool(std::size_t most) : most_(most) {}

  // Waits for a workspace. `require_wanted` is called before waiting and whenever `wake` was called; what it
  // throws ends the waiting. Throws std::bad_alloc.
  [[nodiscard]] Loan lend(const std::function<void()>& require_wanted);

  [[nodiscard]] std::size_t most() const noexcept { return most_; }

  // Lets all who wait look again whether they still want to.
  void wake();

 private:
  void give_back(std::unique_ptr<Workspace> workspace) noexcept;

  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Workspace>> idle_;
  std::size_t made_ = 0;
};

}  // namespace srfast
