/** Milliseconds an invite is good for when nobody says: a day. */
export const INVITE_DEFAULT_MS = 24 * 60 * 60 * 1000

/** Milliseconds at most, thirty days: whoever finds an old one must not get in; who needs longer makes a new one. */
export const INVITE_MOST_MS = 30 * INVITE_DEFAULT_MS

/** Joins one invite may be good for at most: a whole class room, not the world. */
export const INVITE_MOST_USES = 100
