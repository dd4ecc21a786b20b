// The float planes on either side of a network, kept from run to run so that pages are touched once.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

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

struct Workspace {
  PlaneBuffer input;
  PlaneBuffer output;
};

// Lends each concurrent run a workspace of its own. Any thread may call it; loans must end before the pool
// does.
class WorkspacePool {
 public:
  class Loan {
   public:
    Loan(WorkspacePool& pool, std::unique_ptr<Workspace> workspace)
        : pool_(pool), workspace_(std::move(workspace)) {}
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ~Loan() { pool_.give_back(std::move(workspace_)); }
    Workspace* operator->() const noexcept { return workspace_.get(); }

   private:
    WorkspacePool& pool_;
    std::unique_ptr<Workspace> workspace_;
  };

  // Throws std::bad_alloc.
  [[nodiscard]] Loan lend();

 private:
  void give_back(std::unique_ptr<Workspace> workspace) noexcept;

  std::mutex mutex_;
  std::vector<std::unique_ptr<Workspace>> idle_;
  std::size_t made_ = 0;
};

}  // namespace srfast
