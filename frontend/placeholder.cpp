// Holds the folder until the reader lands.
