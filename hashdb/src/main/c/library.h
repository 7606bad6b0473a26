/* What the files of the library share. */
#include <stdint.h>

#define EXPORT __attribute__((visibility("default")))
