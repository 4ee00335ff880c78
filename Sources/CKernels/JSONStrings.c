// JSON strings 64 bytes at a step: sets of bytes are words of 64 bits, the lowest bit for the first byte.
#include "JSONStrings.h"

#include <string.h>

#include "AVX512Bytes.h"

#if defined(__aarch64__)
#include <arm_neon.h>
#endif

// Which of 64 bytes are quotes, backslashes, letters n, and control characters or not ASCII: as signed bytes,
// below a space.
struct sets {
  uint64_t quotes, backslashes, letters_n, others;
};

// Which bytes are escaped by a backslash before them, where those in `backslashes` may be escaped themselves:
// every other one of a run. `carry` is 1 where the first byte is escaped, and then the same of the next
// block.
//
// A subtraction whose borrows run through runs of backslashes tells those that begin at odd places from those
// at even ones (Langdale and Lemire, "Parsing Gigabytes of JSON per Second", 2019, section 3.1.1, as simdjson
// has it since version 3).
static inline __attribute__((always_inline)) uint64_t escaped_bytes(uint64_t backslashes, uint64_t *carry) {
  const uint64_t odd = 0xAAAAAAAAAAAAAAAA;
  uint64_t candidates = backslashes & ~*carry;
  uint64_t codes = (((candidates << 1) | odd) - candidates) ^ odd;
  uint64_t escaped = codes ^ (backslashes | *carry);
  *carry = (codes & backslashes) >> 63;
  return escaped;
}

// Whether a backslash and this letter are an escape.
static inline int is_escape_letter(uint8_t letter) {
  return letter == '"' || letter == '\\' || letter == '/' || letter == 'b' || letter == 'f' || letter == 'n' ||
         letter == 'r' || letter == 't';
}

// The body of grape_json_plain, with few branches: where escapes are is not to be predicted. Behind the
// text's end come zeros, which are control characters.
#define PLAIN(name, attribute, sets_of)                                                                     \
  attribute static size_t name(const uint8_t *text, size_t count, bool *has_escape) {                       \
    uint64_t carry = 0;                                                                                     \
    for (size_t done = 0; done < count; done += 64) {                                                       \
      const uint8_t *block = text + done;                                                                   \
      uint8_t last[64] = {0};                                                                               \
      if (count - done < 64) block = memcpy(last, block, count - done);                                     \
      struct sets sets = sets_of(block);                                                                    \
      uint64_t escaped = escaped_bytes(sets.backslashes, &carry);                                           \
      uint64_t stops = ((sets.quotes | sets.others) & ~escaped) |                                           \
                       (escaped & ~(sets.quotes | sets.backslashes | sets.letters_n));                      \
      for (; stops; stops &= stops - 1) {                                                                   \
        unsigned place = (unsigned)__builtin_ctzll(stops);                                                  \
        uint64_t is_escaped = escaped >> place & 1;                                                         \
        if (is_escaped && is_escape_letter(block[place])) continue;                                         \
        *has_escape |= (escaped & (((uint64_t)1 << place) - 1)) != 0;                                       \
        return done + place - is_escaped;                                                                   \
      }                                                                                                     \
      *has_escape |= escaped != 0;                                                                          \
    }                                                                                                       \
    return count - carry;                                                                                   \
  }

#if defined(__x86_64__)
static inline struct sets sets_sse2(const uint8_t *block) {
  struct sets sets = {0, 0, 0, 0};
  for (int part = 0; part < 4; part++) {
    __m128i bytes = _mm_loadu_si128((const __m128i *)(block + 16 * part));
#define SET(comparison) (uint64_t)(uint32_t) _mm_movemask_epi8(comparison) << (16 * part)
    sets.quotes |= SET(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
    sets.backslashes |= SET(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
    sets.letters_n |= SET(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('n')));
    sets.others |= SET(_mm_cmplt_epi8(bytes, _mm_set1_epi8(' ')));
#undef SET
  }
  return sets;
}
PLAIN(plain_sse2, , sets_sse2)

GRAPE_AVX512_BYTES static inline struct sets sets_avx512(const uint8_t *block) {
  __m512i bytes = _mm512_loadu_si512(block);
  return (struct sets){_mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('"')),
                       _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\\')),
                       _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('n')),
                       _mm512_cmplt_epi8_mask(bytes, _mm512_set1_epi8(' '))};
}
PLAIN(plain_avx512, GRAPE_AVX512_BYTES, sets_avx512)

// What the letters of escapes from @ on stand for, by their lower six bits.
static const uint8_t meanings_of_letters[64] = {
    ['\\' & 63] = '\\', ['b' & 63] = '\b', ['f' & 63] = '\f',
    ['n' & 63] = '\n',  ['r' & 63] = '\r', ['t' & 63] = '\t'};

GRAPE_AVX512_BYTES static size_t decode_avx512(const uint8_t *text, size_t count, uint8_t *out, size_t *read) {
  const __m512i meanings = _mm512_loadu_si512(meanings_of_letters);
  size_t written = 0;
  uint64_t carry = 0;
  for (size_t done = 0; done < count; done += 64) {
    bool is_full = count - done >= 64;
    __mmask64 kept = is_full ? ~(__mmask64)0 : ((__mmask64)1 << (count - done)) - 1;
    __m512i bytes = is_full ? _mm512_loadu_si512(text + done) : _mm512_maskz_loadu_epi8(kept, text + done);
    uint64_t backslashes = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\\'));
    uint64_t escaped = escaped_bytes(backslashes, &carry);
    uint64_t units = escaped & _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('u'));
    // What comes before the first escape of a code unit; its backslash may have been left out with an earlier
    // block.
    if (units) kept = (units & -units) - 1;
    kept &= ~(backslashes & ~escaped);
    __mmask64 meant = escaped & _mm512_cmpge_epu8_mask(bytes, _mm512_set1_epi8('@'));
    bytes = _mm512_mask_permutexvar_epi8(bytes, meant, bytes, meanings);
    bytes = _mm512_maskz_compress_epi8(kept, bytes);
    size_t length = (size_t)__builtin_popcountll(kept);
    if (is_full) {
      // There is room, as no more has been written than read.
      _mm512_storeu_si512(out + written, bytes);
    } else {
      _mm512_mask_storeu_epi8(out + written, ((__mmask64)1 << length) - 1, bytes);
    }
    written += length;
    if (units) {
      *read = done + (size_t)__builtin_ctzll(units) - 1;
      return written;
    }
  }
  *read = count;
  return written;
}
#elif defined(__aarch64__)
static inline uint64_t set_neon(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d) {
  const uint8x16_t bits = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  uint8x16_t low = vpaddq_u8(vandq_u8(a, bits), vandq_u8(b, bits));
  uint8x16_t high = vpaddq_u8(vandq_u8(c, bits), vandq_u8(d, bits));
  uint8x16_t sums = vpaddq_u8(low, high);
  return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(sums, sums)), 0);
}

static inline struct sets sets_neon(const uint8_t *block) {
  const uint8x16_t a = vld1q_u8(block), b = vld1q_u8(block + 16), c = vld1q_u8(block + 32), d = vld1q_u8(block + 48);
#define EQUAL(byte)                                                                                   \
  set_neon(vceqq_u8(a, vdupq_n_u8(byte)), vceqq_u8(b, vdupq_n_u8(byte)), vceqq_u8(c, vdupq_n_u8(byte)), \
           vceqq_u8(d, vdupq_n_u8(byte)))
#define BELOW_SPACE(bytes) vcltq_s8(vreinterpretq_s8_u8(bytes), vdupq_n_s8(' '))
  return (struct sets){EQUAL('"'), EQUAL('\\'), EQUAL('n'),
                       set_neon(BELOW_SPACE(a), BELOW_SPACE(b), BELOW_SPACE(c), BELOW_SPACE(d))};
#undef EQUAL
#undef BELOW_SPACE
}
PLAIN(plain_neon, , sets_neon)
#endif

static inline struct sets sets_portable(const uint8_t *block) {
  struct sets sets = {0, 0, 0, 0};
  for (int place = 0; place < 64; place++) {
    uint8_t byte = block[place];
    sets.quotes |= (uint64_t)(byte == '"') << place;
    sets.backslashes |= (uint64_t)(byte == '\\') << place;
    sets.letters_n |= (uint64_t)(byte == 'n') << place;
    sets.others |= (uint64_t)(byte < ' ' || byte >= 0x80) << place;
  }
  return sets;
}
PLAIN(plain_portable, , sets_portable)

size_t grape_json_plain(const uint8_t *text, size_t count, bool *has_escape) {
#if defined(__x86_64__)
  if (grape_has_avx512_bytes()) return plain_avx512(text, count, has_escape);
  return plain_sse2(text, count, has_escape);
#elif defined(__aarch64__)
  return plain_neon(text, count, has_escape);
#else
  return plain_portable(text, count, has_escape);
#endif
}

grape_json_plain_function grape_json_plain_named(const char *name) {
#if defined(__x86_64__)
  if (strcmp(name, "avx512") == 0) return grape_has_avx512_bytes() ? plain_avx512 : NULL;
  if (strcmp(name, "sse2") == 0) return plain_sse2;
#elif defined(__aarch64__)
  if (strcmp(name, "neon") == 0) return plain_neon;
#endif
  if (strcmp(name, "portable") == 0) return plain_portable;
  return NULL;
}

size_t grape_json_decode(const uint8_t *text, size_t count, uint8_t *out, size_t *read) {
#if defined(__x86_64__)
  if (grape_has_avx512_bytes()) return decode_avx512(text, count, out, read);
#endif
  *read = 0;
  return 0;
}
