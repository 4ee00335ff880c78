// The most that a machine's cores do: multiply-adds a second by kind, and bytes a second from memory.
//
//     cc -O2 -march=native -pthread peak.c -o peak && ./peak [THREADS [KIND]]
//
// Each kind (f32, bf16, int8 or memory) is a loop over independent accumulators in registers, which no real product can
// be faster than. What the compiler's target lacks is left out. A multiply-add counts as two operations. Printed are the
// best of five runs and their median, which is nearer to what a long run gets of a machine that it does not have alone.
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

#define RUNS 5
#define UNROLL _Pragma("GCC unroll 32")

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

// A function that runs STEP on COUNT accumulators `turns` times; `OPERATIONS` are those of one STEP.
// The empty assembly hides all values, so that no step can be left out and no two be taken for one.
#define CHAINS(NAME, TYPE, OPERAND, COUNT, STEP)                      \
  static void NAME(long turns) {                                     \
    TYPE sum[COUNT];                                                 \
    OPERAND a, b;                                                    \
    memset(&a, 0, sizeof a);                                         \
    memset(&b, 0, sizeof b);                                         \
    UNROLL for (int i = 0; i < COUNT; i++) {                          \
      sum[i] = (TYPE){0};                                            \
      __asm__ volatile("" : REGISTER(sum[i]));                       \
    }                                                                \
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
  typedef uint64_t line __attribute__((vector_size(64)));
  static __thread line *own;
  if (!own) memset(own = aligned_alloc(64, bytes), 1, bytes);
  line sum = {0};
  for (long turn = 0; turn < turns; turn++) {
    for (size_t i = 0; i < bytes / sizeof(line); i++) sum += own[i];
    __asm__ volatile("" : : "m"(sum), "m"(*own));
  }
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

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

// Prints the best and the median of the runs on all threads: their number times the work of one, by the time of the last.
static void measure(const char *name, void (*work)(long turns), double each, long turns, int threads) {
  double rates[RUNS];
  for (int repeat = 0; repeat < RUNS; repeat++) {
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
    rates[repeat] = each * (double)turns * threads / longest * 1e-9;
  }
  qsort(rates, RUNS, sizeof rates[0], ascending);
  printf("%-24s %8.1f %8.1f\n", name, rates[RUNS - 1], rates[RUNS / 2]);
}

int main(int argc, char **argv) {
  int threads = argc > 1 ? atoi(argv[1]) : 1;
  const char *only = argc > 2 ? argv[2] : NULL;
  if (threads < 1 || threads > 256) return 2;
#define MEASURE(KIND, UNIT, EACH, TURNS) \
  if (!only || strcmp(only, #KIND) == 0) measure(#KIND " " UNIT, KIND, EACH, TURNS, threads)
  char title[32];
  snprintf(title, sizeof title, threads == 1 ? "%d thread" : "%d threads", threads);
  printf("%-24s %8s %8s\n", title, "best", "median");
#ifdef F32
  MEASURE(f32, "GFLOP/s", F32, 3000000);
#endif
#ifdef BF16
  MEASURE(bf16, "GFLOP/s", BF16, 3000000);
#endif
#ifdef INT8
  MEASURE(int8, "GOP/s", INT8, 3000000);
#endif
  MEASURE(memory, "GB/s", (double)bytes, 2);
}
