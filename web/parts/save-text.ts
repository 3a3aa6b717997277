/** Hands a text to the browser as a file. */
export function saveText(name: string, text: string, type: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }))
  const link = Object.assign(document.createElement('a'), { href: address, download: name })
  link.click()
  // The browser has taken it by the next turn.
  window.setTimeout(() => URL.revokeObjectURL(address), 1000)
}
