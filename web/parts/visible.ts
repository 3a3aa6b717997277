/** Characters that turn text around or hide in it: `photo\u202Egpj.exe` would read as a picture's name. */
const DECEIVING = /[\u00ad\u061c\u200b\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g

/** A name as it truly is: what deceives the eye is written out. */
export const visible = (name: string): string => name.replace(DECEIVING, char => `⟨U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`)

/** Whether an address of a dataset may be followed: it opens outside of Shoal, and only on the web. */
export function isWebAddress(url: string): boolean {
  try {
    return ['http:', 'https:'].includes(new URL(url).protocol)
  } catch {
    return false
  }
}
