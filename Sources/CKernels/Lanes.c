// The steps of automata that go side by side over a text, and the places that they have marked.
#include "Lanes.h"

#include <string.h>

#include "AVX512Bytes.h"

// With a number of lanes that is known, all that is in them is in registers.
static inline __attribute__((always_inline)) size_t run(const uint32_t *transitions, grape_lane *lanes,
                                                        const size_t lane_count, size_t steps) {
  uint16_t *here[GRAPE_SPLIT_LANES];
  uint32_t rows[GRAPE_SPLIT_LANES];
  for (size_t lane = 0; lane < lane_count; lane++) {
    here[lane] = lanes[lane].here;
    rows[lane] = lanes[lane].row;
  }
  size_t done = 0;
  for (; done < steps; done++) {
    uint32_t entries[GRAPE_SPLIT_LANES], all = 0;
#pragma clang loop unroll(full)
    for (size_t lane = 0; lane < lane_count; lane++) {
      entries[lane] = (transitions + 2 * (size_t)rows[lane])[here[lane][2 * done]];
      all |= entries[lane];
    }
    if (all & 2) break;
#pragma clang loop unroll(full)
    for (size_t lane = 0; lane < lane_count; lane++) {
      here[lane][2 * done] = (uint16_t)entries[lane];
      here[lane][2 * done + 1] = (uint16_t)(entries[lane] >> 16);
      rows[lane] = entries[lane] >> 17;
    }
  }
  for (size_t lane = 0; lane < lane_count; lane++) {
    lanes[lane].here = here[lane] + 2 * done;
    lanes[lane].row = rows[lane];
  }
  return done;
}

size_t grape_run_lanes(const uint32_t *transitions, grape_lane *lanes, size_t lane_count, size_t steps) {
  switch (lane_count) {
    case 1: return run(transitions, lanes, 1, steps);
    case 2: return run(transitions, lanes, 2, steps);
    case 3: return run(transitions, lanes, 3, steps);
    case 4: return run(transitions, lanes, 4, steps);
    case GRAPE_SPLIT_LANES: return run(transitions, lanes, GRAPE_SPLIT_LANES, steps);
    default: return 0;
  }
}

// The lowest bits of up to 64 numbers.
static uint64_t lowest_bits(const uint16_t *numbers, size_t count) {
  uint64_t bits = 0;
  size_t done = 0;
  for (; done + 4 <= count; done += 4) {
    // The product has the first number's bit at 48, the second's at 49 and so on.
    uint64_t four = ((uint64_t)numbers[done] & 1) | ((uint64_t)numbers[done + 1] & 1) << 16 |
                    ((uint64_t)numbers[done + 2] & 1) << 32 | ((uint64_t)numbers[done + 3] & 1) << 48;
    bits |= (four * 0x0001000200040008 >> 48) << done;
  }
  for (; done < count; done++) bits |= ((uint64_t)numbers[done] & 1) << done;
  return bits;
}

static size_t marked_portable(const uint16_t *numbers, size_t count, uint32_t *places) {
  size_t found = 0;
  for (size_t start = 0; start < count; start += 64) {
    uint64_t bits = lowest_bits(numbers + start, count - start < 64 ? count - start : 64);
    // So many places are written at once, most often as many as there are: that needs no guess when to stop.
    enum { at_once = 16 };
    size_t written = found;
    found += (size_t)__builtin_popcountll(bits);
    do {
      for (size_t i = 0; i < at_once; i++) {
        // The highest bit is the lowest where there is no other.
        places[written + i] = (uint32_t)start + (uint32_t)__builtin_ctzll(bits | (uint64_t)1 << 63);
        bits &= bits - 1;
      }
      written += at_once;
    } while (bits);
  }
  return found;
}

#if defined(__x86_64__)
static const uint8_t first_numbers[64] = {
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
    16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
    32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
    48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};

GRAPE_AVX512_BYTES static size_t marked_avx512(const uint16_t *numbers, size_t count, uint32_t *places) {
  const __m512i one = _mm512_set1_epi16(1);
  const __m512i offsets = _mm512_loadu_si512(first_numbers);
  size_t found = 0;
  for (size_t start = 0; start < count; start += 64) {
    size_t left = count - start;
    __mmask64 inside = left < 64 ? ((__mmask64)1 << left) - 1 : ~(__mmask64)0;
    __mmask32 low =
        _mm512_test_epi16_mask(_mm512_maskz_loadu_epi16((__mmask32)inside, numbers + start), one);
    __mmask32 high =
        _mm512_test_epi16_mask(_mm512_maskz_loadu_epi16((__mmask32)(inside >> 32), numbers + start + 32), one);
    __mmask64 bits = (__mmask64)high << 32 | low;
    size_t total = (size_t)__builtin_popcountll(bits);
    __m512i marked = _mm512_maskz_compress_epi8(bits, offsets);
    // As above; there are seldom more than 32.
    __m512i base = _mm512_set1_epi32((int)start);
    uint32_t *out = places + found;
    found += total;
    for (;;) {
      __m256i half = _mm512_castsi512_si256(marked);
      _mm512_storeu_si512(out, _mm512_add_epi32(base, _mm512_cvtepu8_epi32(_mm256_castsi256_si128(half))));
      _mm512_storeu_si512(out + 16,
                          _mm512_add_epi32(base, _mm512_cvtepu8_epi32(_mm256_extracti128_si256(half, 1))));
      if (total <= 32) break;
      marked = _mm512_castsi256_si512(_mm512_extracti64x4_epi64(marked, 1));
      total -= 32;
      out += 32;
    }
  }
  return found;
}
#endif

size_t grape_marked_places(const uint16_t *numbers, size_t count, uint32_t *places) {
#if defined(__x86_64__)
  if (grape_has_avx512_bytes()) return marked_avx512(numbers, count, places);
#endif
  return marked_portable(numbers, count, places);
}

grape_mark_finder grape_marked_places_named(const char *name) {
#if defined(__x86_64__)
  if (strcmp(name, "avx512") == 0) return grape_has_avx512_bytes() ? marked_avx512 : NULL;
#endif
  return strcmp(name, "portable") == 0 ? marked_portable : NULL;
}
