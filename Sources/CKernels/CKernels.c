// Chooses the table of kernels for the machine that the program runs on.
#include "CKernels.h"

#include <string.h>

extern const grape_kernels grape_kernels_portable;
#if defined(__x86_64__)
extern const grape_kernels grape_kernels_avx512bf16, grape_kernels_avx512, grape_kernels_avx2;
#endif

// The best first; the portable one runs everywhere.
static const grape_kernels *runnable(size_t rank) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  int avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  switch (rank) {
  case 0: return avx512 && __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vnni") ? &grape_kernels_avx512bf16 : NULL;
  case 1: return avx512 ? &grape_kernels_avx512 : NULL;
  case 2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &grape_kernels_avx2 : NULL;
  default: return &grape_kernels_portable;
  }
#else
  return rank < 3 ? NULL : &grape_kernels_portable;
#endif
}

const grape_kernels *grape_kernels_named(const char *name) {
  for (size_t rank = 0; rank < 4; rank++) {
    const grape_kernels *kernels = runnable(rank);
    if (kernels && (!name || strcmp(name, kernels->name) == 0)) return kernels;
  }
  return NULL;
}
