// AVX-512's instructions for single bytes, which processors have all together: permutations, compression and masks.
#ifndef GRAPE_AVX512_BYTES_H
#define GRAPE_AVX512_BYTES_H

#if defined(__x86_64__)
#include <immintrin.h>

#define GRAPE_AVX512_BYTES __attribute__((target("avx512f,avx512bw,avx512dq,avx512vbmi,avx512vbmi2")))

static inline int grape_has_avx512_bytes(void) {
  return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2");
}
#endif

#endif
