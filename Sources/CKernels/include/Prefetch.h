#ifndef GRAPE_PREFETCH_H
#define GRAPE_PREFETCH_H

/// Has the processor fetch the memory at an address, which will be read soon, without waiting for it.
static inline void grape_prefetch(const void *address) { __builtin_prefetch(address); }

#endif
