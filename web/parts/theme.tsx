import { useState } from 'react'
import { Icon, type IconName } from './icon.tsx'

/** Light, dark, or what the system says. `public/theme.js` applies the choice before the first paint. */

const KEY = 'shoal-theme'
const THEMES = ['system', 'light', 'dark'] as const
type Theme = typeof THEMES[number]

const ICONS: Readonly<Record<Theme, IconName>> = { system: 'screen', light: 'sun', dark: 'moon' }
const NAMES: Readonly<Record<Theme, string>> = { system: 'as the system', light: 'light', dark: 'dark' }

const chosen = (): Theme => THEMES.find(theme => theme === document.documentElement.dataset['theme']) ?? 'system'

function choose(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
  try {
    if (theme === 'system') localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, theme)
  } catch {
    // Storage is switched off: the choice lasts until the page is loaded anew.
  }
}

export function ThemeButton() {
  const [theme, setTheme] = useState(chosen)
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system'
  const label = `Colours: ${NAMES[theme]}. Change to ${NAMES[next]}`
  return (
    <button
      type="button" className="button is-quiet is-square" aria-label={label} title={label}
      onClick={() => {
        choose(next)
        setTheme(next)
      }}
    >
      <Icon name={ICONS[theme]} size={18} />
    </button>
  )
}
