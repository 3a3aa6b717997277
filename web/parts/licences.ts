/** K1: what the form offers first. */
export const LICENCES = ['MIT', 'CC-BY-4.0', 'CC0-1.0', 'Apache-2.0', 'Proprietary'] as const

/** A licence as people write it; those of nobody's list are kept with a prefix. */
export const licenceLabel = (licence: string): string => licence.replace(/^LicenseRef-/, '')
