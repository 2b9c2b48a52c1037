#include "c/gatefold.h"

#define GATEFOLD_TEXT_OF(number) #number
#define GATEFOLD_JOINED(major, minor, patch) \
  GATEFOLD_TEXT_OF(major) "." GATEFOLD_TEXT_OF(minor) "." GATEFOLD_TEXT_OF(patch)

const char* gatefold_version() {
  return GATEFOLD_JOINED(GATEFOLD_VERSION_MAJOR, GATEFOLD_VERSION_MINOR, GATEFOLD_VERSION_PATCH);
}

int gatefold_version_number() { return GATEFOLD_VERSION_NUMBER; }
