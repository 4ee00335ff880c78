#ifndef GRAPE_CKERNELS_H
#define GRAPE_CKERNELS_H
#endif
