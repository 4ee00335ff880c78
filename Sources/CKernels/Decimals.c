// Integers in decimal, eight at a step.
#include "Decimals.h"

#include "AVX512Bytes.h"

#if defined(__x86_64__)
GRAPE_AVX512_BYTES static size_t decimals_avx512(const uint32_t *values, size_t count, uint8_t *out,
                                                 size_t *length) {
  uint8_t *end = out;
  size_t done = 0;
  for (; count - done >= 8; done += 8) {
    // A number in each 64 bits.
    __m512i numbers = _mm512_cvtepu32_epi64(_mm256_loadu_si256((const __m256i *)(values + done)));
    if (_mm512_cmpgt_epu64_mask(numbers, _mm512_set1_epi64(9999999))) break;
    // Its upper and lower four digits in 32 bits each, these in twos in 16 bits each, and these in a byte
    // each. Quotients are products with reciprocals that are exact for numbers so small; n / d with n % d b
    // bits above it is (n << b) - n / d * ((d << b) - 1).
    __m512i upper = _mm512_srli_epi64(_mm512_mul_epu32(numbers, _mm512_set1_epi64(3518437209)), 45);
    __m512i lower = _mm512_sub_epi64(numbers, _mm512_mul_epu32(upper, _mm512_set1_epi64(10000)));
    __m512i fours = _mm512_or_si512(upper, _mm512_slli_epi64(lower, 32));
    upper = _mm512_srli_epi32(_mm512_mullo_epi32(fours, _mm512_set1_epi32(5243)), 19);
    __m512i twos = _mm512_sub_epi32(_mm512_slli_epi32(fours, 16),
                                    _mm512_mullo_epi32(upper, _mm512_set1_epi32((100 << 16) - 1)));
    upper = _mm512_mulhi_epu16(twos, _mm512_set1_epi16(6554));
    __m512i digits = _mm512_sub_epi16(_mm512_slli_epi16(twos, 8),
                                      _mm512_mullo_epi16(upper, _mm512_set1_epi16((10 << 8) - 1)));
    // The first of eight is zero: seven digits and a comma.
    digits = _mm512_or_si512(_mm512_srli_epi64(digits, 8), _mm512_set1_epi64((long long)','  << 56));
    // Zeros at the beginning are left out, but for the last digit: a number's lowest bit and those above are
    // it or its negative.
    __m512i lasting = _mm512_or_si512(digits, _mm512_set1_epi64(1LL << 48));
    __m512i shown = _mm512_or_si512(lasting, _mm512_sub_epi64(_mm512_setzero_si512(), lasting));
    __mmask64 places = _mm512_test_epi8_mask(shown, shown);
    __m512i characters = _mm512_or_si512(digits, _mm512_set1_epi64(0x0030303030303030));
    _mm512_storeu_si512(end, _mm512_maskz_compress_epi8(places, characters));
    end += __builtin_popcountll(places);
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
