import { execFileSync } from 'node:child_process'
import { type Outcome, type RunningNode, shoal, startNodeWithin } from './shoal.ts'

/** Machines with a network of their own: Linux network namespaces, joined by bridges as by switches. Needs root and iproute2. */

const ip = (...args: readonly string[]): void => { execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] }) }

/** Why namespaces can't be had here; undefined when they can. */
export function whyNoNamespaces(): string | undefined {
  if (process.platform !== 'linux') return `network namespaces are Linux's; this is ${process.platform}`
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  const name = `shoal-probe-${process.pid}`
  try {
    ip('netns', 'add', name)
    try {
      ip('-n', name, 'link', 'add', 'br0', 'type', 'bridge')
    } finally {
      ip('netns', 'del', name)
    }
    execFileSync('unshare', ['--uts', 'true'], { stdio: ['ignore', 'ignore', 'pipe'] })
    return undefined
  } catch (error) {
    return `network namespaces can not be made: ${error instanceof Error ? error.message.trim() : String(error)}`
  }
}

/** One machine of the lab. */
export class Machine {
  readonly name: string
  readonly home: string
  readonly #space: string
  readonly #lab: Lab
  node: RunningNode | undefined

  constructor(lab: Lab, name: string, home: string) {
    this.name = name
    this.home = home
    this.#lab = lab
    this.#space = lab.space(name)
    ip('netns', 'add', this.#space)
    ip('-n', this.#space, 'link', 'set', 'lo', 'up')
  }

  /** A cable to a switch. @param address with its network: `10.9.1.1/24` */
  plug(lan: string, address: string): void {
    const near = `to-${lan}`
    ip('link', 'add', near, 'netns', this.#space, 'type', 'veth', 'peer', 'name', `${this.name}-${lan}`, 'netns', this.#lab.switches)
    ip('-n', this.#lab.switches, 'link', 'set', `${this.name}-${lan}`, 'master', lan, 'up')
    ip('-n', this.#space, 'addr', 'add', address, 'dev', near)
    ip('-n', this.#space, 'link', 'set', near, 'up')
  }

  /** Cuts or mends the cable at the switch: this machine notices nothing. */
  cable(lan: string, whole: boolean): void {
    ip('-n', this.#lab.switches, 'link', 'set', `${this.name}-${lan}`, ...whole ? ['master', lan] : ['nomaster'])
  }

  /** Another address on the same switch. */
  move(lan: string, address: string): void {
    ip('-n', this.#space, 'addr', 'flush', 'dev', `to-${lan}`, 'scope', 'global')
    ip('-n', this.#space, 'addr', 'add', address, 'dev', `to-${lan}`)
  }

  async start(...args: string[]): Promise<RunningNode> {
    const within = ['ip', 'netns', 'exec', this.#space, 'unshare', '--uts', 'sh', '-c', `hostname ${this.name} && exec "$@"`, 'sh']
    this.node = await startNodeWithin(within, this.home, '--no-examples', ...args)
    return this.node
  }

  run(...args: readonly string[]): Promise<Outcome> {
    return shoal(this.home, args, { within: ['ip', 'netns', 'exec', this.#space] })
  }

  /** Runs a command that must succeed and answers its JSON. */
  async json<T>(...args: readonly string[]): Promise<T> {
    const { status, stdout, stderr } = await this.run(...args, '--json')
    if (status !== 0) throw new Error(`shoal ${args.join(' ')} on ${this.name} ended with status ${status}: ${stderr}`)
    return JSON.parse(stdout) as T
  }
}

/** Machines and switches of one test, all gone after `clear`. */
export class Lab {
  readonly #id = `shoal-${process.pid}`
  readonly #machines: Machine[] = []

  constructor(...lans: readonly string[]) {
    ip('netns', 'add', this.switches)
    for (const lan of lans) {
      ip('-n', this.switches, 'link', 'add', lan, 'type', 'bridge')
      ip('-n', this.switches, 'link', 'set', lan, 'up')
    }
  }

  get switches(): string { return this.space('switches') }

  space(name: string): string { return `${this.#id}-${name}` }

  machine(name: string, home: string): Machine {
    const machine = new Machine(this, name, home)
    this.#machines.push(machine)
    return machine
  }

  async clear(): Promise<void> {
    await Promise.all(this.#machines.map(machine => machine.node?.kill()))
    for (const machine of this.#machines) ip('netns', 'del', this.space(machine.name))
    ip('netns', 'del', this.switches)
  }
}
