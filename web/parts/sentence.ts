/** What the node says is wrong, as a sentence. */

/** With a capital, but where it begins with a name as it is written, and with its full stop. */
export const sentence = (text: string): string => `${/^\S*[/@"`]/.test(text) ? text.charAt(0) : text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`
