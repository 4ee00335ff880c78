// The most that a machine's cores do: multiply-adds a second by kind, and bytes a second from memory.
//
//     cc -O2 -march=native -pthread peak.c -o peak && ./peak [THREADS]
//
// Each kind is a loop over independent accumulators in registers, which no real product can be faster than. What the
// compiler's target lacks is left out. A multiply-add counts as two operations.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#define UNROLL _Pragma("GCC unroll 32")

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

// A function that runs STEP on COUNT accumulators `turns` times; `OPERATIONS` are those of one STEP.
// The empty assembly hides the operands' values, so that no step can be left out.
#define CHAINS(NAME, TYPE, OPERAND, COUNT, STEP)                      \
  static void NAME(long turns) {                                     \
    TYPE sum[COUNT];                                                 \
    OPERAND a, b;                                                    \
    memset(&a, 0, sizeof a);                                         \
    memset(&b, 0, sizeof b);                                         \
    UNROLL for (int i = 0; i < COUNT; i++) memset(&sum[i], 0, sizeof sum[i]); \
    for (long turn = 0; turn < turns; turn++) {                      \
      UNROLL for (int i = 0; i < COUNT; i++) sum[i] = STEP;          \
      __asm__ volatile("" : REGISTER(a), REGISTER(b));               \
    }                                                                \
    UNROLL for (int i = 0; i < COUNT; i++) __asm__ volatile("" : : HELD(sum[i])); \
  }

#if defined(__x86_64__)
#define REGISTER(x) "+v"(x)
#define HELD(x) "v"(x)
#else
#define REGISTER(x) "+w"(x)
#define HELD(x) "w"(x)
#endif

#if defined(__AVX512F__)
CHAINS(f32, __m512, __m512, 24, _mm512_fmadd_ps(a, b, sum[i]))
#define F32 24 * 16 * 2
#elif defined(__FMA__)
CHAINS(f32, __m256, __m256, 12, _mm256_fmadd_ps(a, b, sum[i]))
#define F32 12 * 8 * 2
#elif defined(__aarch64__)
CHAINS(f32, float32x4_t, float32x4_t, 24, vfmaq_f32(sum[i], a, b))
#define F32 24 * 4 * 2
#endif

#if defined(__AVX512BF16__)
CHAINS(bf16, __m512, __m512bh, 24, _mm512_dpbf16_ps(sum[i], a, b))
#define BF16 24 * 32 * 2
#elif defined(__ARM_FEATURE_BF16)
CHAINS(bf16, float32x4_t, bfloat16x8_t, 24, vbfmmlaq_f32(sum[i], a, b))
#define BF16 24 * 16 * 2
#endif

#if defined(__AVX512VNNI__)
CHAINS(int8, __m512i, __m512i, 24, _mm512_dpbusd_epi32(sum[i], a, b))
#define INT8 24 * 64 * 2
#elif defined(__AVXVNNI__)
CHAINS(int8, __m256i, __m256i, 12, _mm256_dpbusd_avx_epi32(sum[i], a, b))
#define INT8 12 * 32 * 2
#elif defined(__ARM_FEATURE_MATMUL_INT8)
CHAINS(int8, int32x4_t, int8x16_t, 24, vmmlaq_s32(sum[i], a, b))
#define INT8 24 * 32 * 2
#elif defined(__ARM_FEATURE_DOTPROD)
CHAINS(int8, int32x4_t, int8x16_t, 24, vdotq_s32(sum[i], a, b))
#define INT8 24 * 16 * 2
#endif

// Reads past what caches hold.
static const size_t bytes = (size_t)256 << 20;

static void memory(long turns) {
  const uint64_t *words = NULL;
  static __thread uint64_t *own;
  if (!own) memset(own = malloc(bytes), 1, bytes);
  words = own;
  uint64_t sums[8] = {0};
  for (long turn = 0; turn < turns; turn++)
    for (size_t i = 0; i < bytes / 8; i += 8)
      for (int j = 0; j < 8; j++) sums[j] += words[i + j];
  __asm__ volatile("" : : "m"(sums));
}

struct job {
  void (*work)(long turns);
  long turns;
  pthread_barrier_t *begin;
  double seconds;
};

static void *run(void *argument) {
  struct job *job = argument;
  job->work(job->turns / 16 + 1);  // to full clock, and memory mapped
  pthread_barrier_wait(job->begin);
  double start = now();
  job->work(job->turns);
  job->seconds = now() - start;
  return NULL;
}

// Prints the best of five runs on all threads: their number times the work of one, by the time of the last.
static void measure(const char *name, void (*work)(long turns), double each, long turns, int threads) {
  double best = 0;
  for (int repeat = 0; repeat < 5; repeat++) {
    pthread_t handles[256];
    struct job jobs[256];
    pthread_barrier_t begin;
    pthread_barrier_init(&begin, NULL, (unsigned)threads);
    for (int i = 0; i < threads; i++) {
      jobs[i] = (struct job){work, turns, &begin, 0};
      if (pthread_create(&handles[i], NULL, run, &jobs[i])) exit(1);
    }
    double longest = 0;
    for (int i = 0; i < threads; i++) {
      pthread_join(handles[i], NULL);
      if (jobs[i].seconds > longest) longest = jobs[i].seconds;
    }
    pthread_barrier_destroy(&begin);
    double rate = each * (double)turns * threads / longest * 1e-9;
    if (rate > best) best = rate;
  }
  printf("%-24s %8.1f\n", name, best);
}

int main(int argc, char **argv) {
  int threads = argc > 1 ? atoi(argv[1]) : 1;
  if (threads < 1 || threads > 256) return 2;
  printf("%d threads\n", threads);
#ifdef F32
  measure("f32 GFLOP/s", f32, F32, 3000000, threads);
#endif
#ifdef BF16
  measure("bf16 GFLOP/s", bf16, BF16, 3000000, threads);
#endif
#ifdef INT8
  measure("int8 GOP/s", int8, INT8, 3000000, threads);
#endif
  measure("memory GB/s", memory, (double)bytes, 2, threads);
}
