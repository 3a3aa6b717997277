import { useEffect, useState, type ComponentType, type ReactNode } from 'react'

/**
 * A part of the page whose code is fetched when it is first shown. Unlike React's own `lazy`, it shows up the moment it is there: React holds
 * what was waited for back for 300 ms, and several of them one inside the other add up to a page that feels slow.
 */
export function later<Props extends object>(load: () => Promise<{ default: ComponentType<Props> }>, waiting: ReactNode): ComponentType<Props> {
  let Loaded: ComponentType<Props> | undefined
  return function Later(props: Props) {
    const [, arrived] = useState(false)
    const [failure, setFailure] = useState<{ readonly error: unknown }>()
    useEffect(() => {
      if (Loaded !== undefined) return undefined
      let wanted = true
      load().then(module => {
        Loaded = module.default
        if (wanted) arrived(true)
      }, (error: unknown) => {
        if (wanted) setFailure({ error })
      })
      return () => { wanted = false }
    }, [])
    // The nearest boundary shows it.
    if (failure !== undefined) throw failure.error
    return Loaded === undefined ? waiting : <Loaded {...props} />
  }
}
