import { useCallback, useMemo } from 'react'
import { navigate, usePathname, useSearch } from 'wouter/use-browser-location'

type Changes = Readonly<Record<string, string | undefined>>

/**
 * What the address says behind its question mark, and how to change it. Read raw: the router's own way decodes percent signs twice,
 * which would lose files named `100%25`.
 */
export function useQueryState(): [URLSearchParams, (changes: Changes, options?: { replace?: boolean }) => void] {
  const search = useSearch()
  const pathname = usePathname()
  const params = useMemo(() => new URLSearchParams(search), [search])
  const change = useCallback((changes: Changes, options: { replace?: boolean } = {}) => {
    const next = new URLSearchParams(window.location.search)
    for (const [name, value] of Object.entries(changes)) {
      if (value === undefined || value === '') next.delete(name)
      else next.set(name, value)
    }
    const text = next.toString()
    navigate(pathname + (text === '' ? '' : `?${text}`), options)
  }, [pathname])
  return [params, change]
}
