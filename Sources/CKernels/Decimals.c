// Integers in decimal, eight at a step.
#include "Decimals.h"

#include "AVX512Bytes.h"

#if defined(__x86_64__)
GRAPE_AVX512_BYTES static size_t decimals_avx512(const uint32_t *values, size_t count, uint8_t *out,
                                                 size_t *length) {
  uint8_t *end = out;
  size_t done = 0;
  while (done < count) {
    __mmask8 inside = count - done < 8 ? (__mmask8)((1u << (count - done)) - 1) : 0xFF;
    // A number in each 64 bits.
    __m512i numbers = _mm512_maskz_cvtepu32_epi64(
        inside, _mm512_castsi512_si256(_mm512_maskz_loadu_epi32(inside, values + done)));
    if (_mm512_cmpgt_epu64_mask(numbers, _mm512_set1_epi64(9999999))) break;
    // Its upper and lower four digits in 32 bits each, these in twos in 16 bits each, and these in a byte
    // each: quotients are products with reciprocals that are exact for numbers so small.
    __m512i upper = _mm512_srli_epi64(_mm512_mul_epu32(numbers, _mm512_set1_epi64(3518437209)), 45);
    __m512i fours = _mm512_add_epi64(
        upper, _mm512_slli_epi64(_mm512_sub_epi64(numbers, _mm512_mul_epu32(upper, _mm512_set1_epi64(10000))), 32));
    upper = _mm512_srli_epi32(_mm512_mullo_epi32(fours, _mm512_set1_epi32(5243)), 19);
    __m512i twos = _mm512_add_epi32(
        upper, _mm512_slli_epi32(_mm512_sub_epi32(fours, _mm512_mullo_epi32(upper, _mm512_set1_epi32(100))), 16));
    upper = _mm512_mulhi_epu16(twos, _mm512_set1_epi16(6554));
    __m512i digits = _mm512_add_epi16(
        upper, _mm512_slli_epi16(_mm512_sub_epi16(twos, _mm512_mullo_epi16(upper, _mm512_set1_epi16(10))), 8));
    // The first of eight is zero: seven digits and a comma.
    digits = _mm512_or_si512(_mm512_srli_epi64(digits, 8), _mm512_set1_epi64((long long)','  << 56));
    // Zeros at the beginning are left out, but for the last digit: a byte's lowest bit and those above are it
    // or its negative.
    uint64_t shown = _mm512_test_epi8_mask(digits, digits) | 0xC0C0C0C0C0C0C0C0;
    shown |= ~shown + 0x0101010101010101;
    if (inside != 0xFF) shown &= ((uint64_t)1 << (8 * (count - done))) - 1;
    __m512i characters = _mm512_or_si512(digits, _mm512_set1_epi64(0x0030303030303030));
    _mm512_storeu_si512(end, _mm512_maskz_compress_epi8(shown, characters));
    end += __builtin_popcountll(shown);
    done += inside == 0xFF ? 8 : count - done;
  }
  *length = (size_t)(end - out);
  return done;
}
#endif

size_t grape_decimals(const uint32_t *values, size_t count, uint8_t *out, size_t *length) {
#if defined(__x86_64__)
  if (grape_has_avx512_bytes()) return decimals_avx512(values, count, out, length);
#endif
  *length = 0;
  return 0;
}
