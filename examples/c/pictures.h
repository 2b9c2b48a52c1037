/* Reads pictures of digits from a text file: seven lines of five characters each, '#' for ink, with
 * an empty line between two pictures. */
#ifndef PICTURES_H
#define PICTURES_H

#include <stdio.h>
#include <string.h>

enum { ROWS = 7, COLUMNS = 5, DOTS = ROWS * COLUMNS, MOST_PICTURES = 64 };

typedef float Picture[DOTS]; /* Row by row; 1 is ink. */

/* Returns the number of pictures in the file; 0 if it cannot be read. */
static int read_pictures(const char* path, Picture* pictures) {
  char line[256];
  int row = 0;
  FILE* file = fopen(path, "r");
  if (file == NULL) return 0;
  while (row < MOST_PICTURES * ROWS && fgets(line, sizeof line, file) != NULL) {
    int column;
    if (strlen(line) < COLUMNS) continue;
    for (column = 0; column < COLUMNS; ++column) {
      pictures[row / ROWS][row % ROWS * COLUMNS + column] = line[column] == '#' ? 1.0F : 0.0F;
    }
    ++row;
  }
  fclose(file);
  return row / ROWS;
}

#endif
