/**
 * An object that does what `current()` does at each call: rooms above hold on to it while what stands behind it is replaced
 * (a home that joins another workspace gets another catalog). @param own what it does itself instead
 */
export function forwarding<T extends object>(current: () => T, own: Partial<T> = {}): T {
  return new Proxy(current(), {
    get: (_, name) => {
      const owner = Object.hasOwn(own, name) ? own : current()
      const value: unknown = Reflect.get(owner, name, owner)
      return typeof value === 'function' ? value.bind(owner) as unknown : value
    }
  })
}
