// Table lookups of many bytes at once: a table of 128 bytes fits into a few vector registers.
#include "CharacterClasses.h"

#include <string.h>

#include "AVX512Bytes.h"

#if defined(__aarch64__)
#include <arm_neon.h>
#endif

// The bytes from `done` on, eight by eight and then one by one.
static size_t classify_rest(const uint8_t *text, size_t done, size_t count, const uint8_t *restrict classes,
                            uint8_t *restrict out) {
  for (; count - done >= 8; done += 8) {
    uint64_t bytes;
    memcpy(&bytes, text + done, 8);
    if (bytes & 0x8080808080808080) break;
    for (size_t i = done; i < done + 8; i++) out[i] = classes[text[i]];
  }
  while (done < count && text[done] < 0x80) {
    out[done] = classes[text[done]];
    done++;
  }
  return done;
}

#if !defined(__aarch64__)
static size_t classify_portable(const uint8_t *text, size_t count, const uint8_t *classes, uint8_t *out) {
  return classify_rest(text, 0, count, classes, out);
}
#endif

#if defined(__x86_64__)
__attribute__((target("avx2"))) static size_t classify_avx2(const uint8_t *text, size_t count,
                                                            const uint8_t *classes, uint8_t *out) {
  __m256i parts[8];
  for (int part = 0; part < 8; part++) {
    parts[part] = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(classes + 16 * part)));
  }
  size_t done = 0;
  for (; count - done >= 32; done += 32) {
    __m256i bytes = _mm256_loadu_si256((const __m256i *)(text + done));
    if (_mm256_movemask_epi8(bytes)) break;
    __m256i found = _mm256_setzero_si256();
    for (int part = 0; part < 8; part++) {
      // Of the part the lower four bits; of others more than 127, which finds 0.
      __m256i place = _mm256_adds_epu8(_mm256_xor_si256(bytes, _mm256_set1_epi8((char)(16 * part))),
                                       _mm256_set1_epi8(0x70));
      found = _mm256_or_si256(found, _mm256_shuffle_epi8(parts[part], place));
    }
    _mm256_storeu_si256((__m256i *)(out + done), found);
  }
  return classify_rest(text, done, count, classes, out);
}

GRAPE_AVX512_BYTES static size_t classify_avx512(const uint8_t *text, size_t count, const uint8_t *classes,
                                                 uint8_t *out) {
  const __m512i low = _mm512_loadu_si512(classes), high = _mm512_loadu_si512(classes + 64);
  size_t done = 0;
  while (done < count) {
    __mmask64 inside = count - done < 64 ? ((__mmask64)1 << (count - done)) - 1 : ~(__mmask64)0;
    __m512i bytes = _mm512_maskz_loadu_epi8(inside, text + done);
    __mmask64 others = _mm512_movepi8_mask(bytes);
    _mm512_mask_storeu_epi8(out + done, inside, _mm512_permutex2var_epi8(low, bytes, high));
    if (others) return done + (size_t)__builtin_ctzll(others);
    done += 64;
  }
  return count;
}
#elif defined(__aarch64__)
static size_t classify_neon(const uint8_t *text, size_t count, const uint8_t *classes, uint8_t *out) {
  const uint8x16x4_t low = vld1q_u8_x4(classes), high = vld1q_u8_x4(classes + 64);
  size_t done = 0;
  for (; count - done >= 16; done += 16) {
    uint8x16_t bytes = vld1q_u8(text + done);
    if (vmaxvq_u8(bytes) >= 0x80) break;
    // Outside its 64 entries the first lookup finds 0 and the second leaves what is there.
    vst1q_u8(out + done, vqtbx4q_u8(vqtbl4q_u8(low, bytes), high, vsubq_u8(bytes, vdupq_n_u8(64))));
  }
  return classify_rest(text, done, count, classes, out);
}
#endif

size_t grape_classify_ascii(const uint8_t *text, size_t count, const uint8_t *classes, uint8_t *out) {
#if defined(__x86_64__)
  if (grape_has_avx512_bytes()) return classify_avx512(text, count, classes, out);
  if (__builtin_cpu_supports("avx2")) return classify_avx2(text, count, classes, out);
  return classify_portable(text, count, classes, out);
#elif defined(__aarch64__)
  return classify_neon(text, count, classes, out);
#else
  return classify_portable(text, count, classes, out);
#endif
}

grape_classify grape_classify_named(const char *name) {
#if defined(__x86_64__)
  if (strcmp(name, "avx512") == 0) return grape_has_avx512_bytes() ? classify_avx512 : NULL;
  if (strcmp(name, "avx2") == 0) return __builtin_cpu_supports("avx2") ? classify_avx2 : NULL;
#elif defined(__aarch64__)
  if (strcmp(name, "neon") == 0) return classify_neon;
#endif
#if !defined(__aarch64__)
  if (strcmp(name, "portable") == 0) return classify_portable;
#endif
  return NULL;
}
