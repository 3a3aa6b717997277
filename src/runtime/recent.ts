/** Keeps the answers asked for last, at most `limit` of them; for answers that can't change. */
export class Recent<Value> {
  readonly #limit: number
  readonly #values = new Map<string, Value>()

  constructor(limit: number) {
    this.#limit = limit
  }

  /** The answer to `key`; `find` is asked when it is not kept. A failure is not kept. */
  async get(key: string, find: () => Promise<Value>): Promise<Value> {
    const known = this.#values.get(key)
    const value = known ?? await find()
    this.set(key, value)
    return value
  }

  /** What is kept, without asking anybody. */
  peek(key: string): Value | undefined {
    return this.#values.get(key)
  }

  set(key: string, value: Value): void {
    this.#values.delete(key)
    this.#values.set(key, value)
    if (this.#values.size > this.#limit) for (const oldest of this.#values.keys()) {
      this.#values.delete(oldest)
      return
    }
  }
}
