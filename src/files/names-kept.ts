/** What a checkout keeps in its folder: what it wrote there, the same of a run that is under way, and files on their way. */
export const STATE_NAME = '.shoal-checkout'
export const JOURNAL_NAME = '.shoal-checkout.next'
export const DRAFTS_NAME = '.shoal-drafts'

/** Names that are Shoal's own in a folder that is or was a checkout: an import passes over them. */
export const isOwnName = (name: string): boolean => name === STATE_NAME || name === DRAFTS_NAME || name.startsWith(JOURNAL_NAME)
