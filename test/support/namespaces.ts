import { execFileSync } from 'node:child_process'
import { type Outcome, type RunningNode, shoal, startNodeWithin } from './shoal.ts'

/** Machines with a network of their own: Linux network namespaces, joined by bridges as by switches. Needs root and iproute2. */

const ip = (...args: readonly string[]): void => { execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] }) }

const inside = (space: string, ...command: readonly string[]): string => execFileSync('ip', ['netns', 'exec', space, ...command], { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' })

/** Why address translation can't be had here; undefined when it can. */
export function whyNoTranslation(): string | undefined {
  try {
    execFileSync('unshare', ['--net', 'nft', 'add table ip probe; add chain ip probe out { type nat hook postrouting priority 100; }; add rule ip probe out masquerade'], { stdio: ['ignore', 'ignore', 'pipe'] })
    return undefined
  } catch (error) {
    return `address translation can not be had (nftables): ${error instanceof Error ? error.message.trim() : String(error)}`
  }
}

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

  /** Makes the way from the switch to this machine narrow: what does not fit into a short queue is lost. @param rate as tc takes it: `30mbit` */
  narrow(lan: string, rate: string): void {
    inside(this.#lab.switches, 'tc', 'qdisc', 'replace', 'dev', `${this.name}-${lan}`, 'root', 'tbf', 'rate', rate, 'burst', '8k', 'limit', '12k')
  }

  /** Packets a narrow way has lost. */
  lost(lan: string): number {
    return Number(/dropped (\d+)/.exec(inside(this.#lab.switches, 'tc', '-s', 'qdisc', 'show', 'dev', `${this.name}-${lan}`))?.[1] ?? 0)
  }

  /** Makes a router with network address translation of this machine: others behind `lan` reach `wan` under its address, nobody reaches them. Needs nft. */
  translate(wan: string): void {
    inside(this.#space, 'sysctl', '-q', 'net.ipv4.ip_forward=1')
    const rules = `add table ip nat; add chain ip nat out { type nat hook postrouting priority 100; }; add rule ip nat out oifname "to-${wan}" masquerade;
      add table ip wall; add chain ip wall through { type filter hook forward priority 0; }; add rule ip wall through iifname "to-${wan}" ct state new drop`
    inside(this.#space, 'nft', rules)
  }

  /** Sends everything that is not of its own networks to a router. */
  route(router: string): void {
    ip('-n', this.#space, 'route', 'add', 'default', 'via', router)
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
    await Promise.all(this.#machines.flatMap(machine => machine.node?.kill() ?? []))
    for (const machine of this.#machines) ip('netns', 'del', this.space(machine.name))
    ip('netns', 'del', this.switches)
  }
}
