/** How a file is split; recorded in its tree entry so that every node splits a changed file the same way. Values: FORMAT.md. */
export type SplitProfile = 'binary' | 'text'
