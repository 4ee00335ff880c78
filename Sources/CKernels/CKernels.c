// Chooses the table of kernels for the machine that the program runs on.
#include "CKernels.h"

#include <string.h>

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#elif defined(__aarch64__) && defined(__APPLE__)
#include <sys/sysctl.h>
#endif

#if defined(__x86_64__)
#include <cpuid.h>
extern const grape_kernels grape_kernels_avx512bf16, grape_kernels_avx512vnni, grape_kernels_avx512;
extern const grape_kernels grape_kernels_avx2vnni, grape_kernels_avx2;

// Whether there are dot products of bytes in the encoding of AVX2.
static int has_avx_vnni(void) {
  unsigned a, b, c, d;
  return __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a >> 4 & 1);
}
#elif defined(__aarch64__)
extern const grape_kernels grape_kernels_neonbf16, grape_kernels_neon;

#if defined(__APPLE__)
static int has(const char *feature) {
  int present = 0;
  size_t size = sizeof present;
  return sysctlbyname(feature, &present, &size, NULL, 0) == 0 && present;
}
#endif

// Whether there are dot products of bfloat16 and of bytes.
static int has_dot_products(void) {
#if defined(__linux__)
  const unsigned long i8mm = 1ul << 13, bf16 = 1ul << 14;  // HWCAP2_I8MM, HWCAP2_BF16
  return (getauxval(AT_HWCAP2) & (i8mm | bf16)) == (i8mm | bf16);
#elif defined(__APPLE__)
  return has("hw.optional.arm.FEAT_BF16") && has("hw.optional.arm.FEAT_I8MM");
#else
  return 0;
#endif
}
#endif
#if !defined(__aarch64__)
extern const grape_kernels grape_kernels_portable;
#endif

#define LAST_RANK 5

// The best first; the last one runs everywhere.
static const grape_kernels *runnable(size_t rank) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  int avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  int vnni = avx512 && __builtin_cpu_supports("avx512vnni");
  int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  switch (rank) {
  case 0: return vnni && __builtin_cpu_supports("avx512bf16") ? &grape_kernels_avx512bf16 : NULL;
  case 1: return vnni ? &grape_kernels_avx512vnni : NULL;
  case 2: return avx512 ? &grape_kernels_avx512 : NULL;
  case 3: return avx2 && has_avx_vnni() ? &grape_kernels_avx2vnni : NULL;
  case 4: return avx2 ? &grape_kernels_avx2 : NULL;
  default: return &grape_kernels_portable;
  }
#elif defined(__aarch64__)
  switch (rank) {
  case LAST_RANK - 1: return has_dot_products() ? &grape_kernels_neonbf16 : NULL;
  case LAST_RANK: return &grape_kernels_neon;
  default: return NULL;
  }
#else
  return rank < LAST_RANK ? NULL : &grape_kernels_portable;
#endif
}

const grape_kernels *grape_kernels_named(const char *name) {
  for (size_t rank = 0; rank <= LAST_RANK; rank++) {
    const grape_kernels *kernels = runnable(rank);
    if (kernels && (!name || strcmp(name, kernels->name) == 0)) return kernels;
  }
  return NULL;
}
