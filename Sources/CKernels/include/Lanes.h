#ifndef GRAPE_LANES_H
#define GRAPE_LANES_H

#include <stddef.h>
#include <stdint.h>

/// An automaton on its way over a stretch of symbols, two a step.
///
/// Before it there are the numbers of pairs of symbols: that of the symbol at a place and the next one, for each place.
/// A step goes from a place to the next but one and leaves a number at both: bit 0 says whether a piece ends there.
typedef struct {
  uint16_t *here;
  /// The state: half the offset of its row.
  uint32_t row;
} grape_lane;

/// At most so many lanes go side by side: as many as there are registers for.
#define GRAPE_SPLIT_LANES 5

/// Takes lanes on by a number of steps, or until the next step of one of them is a special one, side by side.
///
/// An entry of a row is half the offset of the next row << 17 | whether a piece ends at the second symbol << 16 | whether
/// the step is a special one << 1 | whether a piece ends at the first symbol. Returns the number of steps taken.
size_t grape_run_lanes(const uint32_t *transitions, grape_lane *lanes, size_t lane_count, size_t steps);

/// Writes the places of the numbers whose bit 0 is set, in order. `places` has room for 32 more than `count`. Returns how
/// many they are.
size_t grape_marked_places(const uint16_t *numbers, size_t count, uint32_t *places);

/// A function that does this by the instructions of that name; NULL when the machine does not have them.
typedef size_t (*grape_mark_finder)(const uint16_t *numbers, size_t count, uint32_t *places);
grape_mark_finder grape_marked_places_named(const char *name);

#endif
