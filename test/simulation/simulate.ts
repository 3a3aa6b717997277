import type { SimNode } from './node.ts'
import { Program } from './program.ts'
import { Team } from './team.ts'

/** Events of one program at most: enough for every kind of entanglement, few enough that many different ones are played. */
const EVENTS_A_PROGRAM = 300

export interface Simulated { readonly events: number, readonly programs: number, /** Acknowledged files that were checked. */ readonly files: number }

/** Plays programs until so many events happened. @throws naming the seed of the program that went wrong */
export async function simulate(seed: number, events: number, options: { readonly forgetsBarriers?: boolean } = {}): Promise<Simulated> {
  const played = { events: 0, programs: 0, files: 0 }
  while (played.events < events) {
    const length = Math.min(EVENTS_A_PROGRAM, events - played.events)
    played.files += await playProgram(seed + played.programs, length, options.forgetsBarriers === true)
    played.events += length
    played.programs++
  }
  return played
}

/** One program on a team of its own. @returns how many acknowledged files were checked */
async function playProgram(seed: number, length: number, forgetsBarriers: boolean): Promise<number> {
  const team = await Team.gather(seed, 3 + seed % 7, { forgetsBarriers })
  try {
    const program = new Program(team)
    await program.createDataset(team.founder)
    for (let event = 0; event < length; event++) await program.step()
    await team.heal()
    await check(team, program)
    await checkReplay(team)
    return program.ledger.size
  } catch (error) {
    throw new Error(`the program of seed ${seed} with ${length} events: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  } finally {
    await team.end()
  }
}

/** What must hold once all have met; of a private dataset on those alone whom anybody let see it. */
async function check(team: Team, program: Program): Promise<void> {
  const members = team.members()
  const [first] = members
  if (first === undefined) throw new Error('nobody is left')
  for (const node of members) {
    if (program.secrets.size === 0 && node.catalog.stateHash() !== first.catalog.stateHash()) throw new Error(`${node.name} and ${first.name} have different states`)
    if (openOn(node) !== openOn(first)) throw new Error(`${node.name} and ${first.name} show different catalogs`)
    await checkSecrets(node, program)
    const missing = await program.ledger.missingAt(node, dataset => !program.secrets.has(dataset) || members.some(member => member.catalog.mayRead(dataset, node.device.id)))
    if (missing.length > 0) throw new Error(`on ${node.name} ${missing.length} things that were acknowledged are missing: ${missing.slice(0, 5).join('; ')}`)
  }
}

/** What one of the members has, sent to another again, changes nothing. */
async function checkReplay(team: Team): Promise<void> {
  const [from, to] = [team.members().at(0), team.members().at(-1)]
  if (from === undefined || to === undefined) return
  const before = to.catalog.stateHash()
  const old: Uint8Array[] = []
  for (const { document, device } of await from.catalog.logHeads()) if (from.catalog.mayRead(document, to.device.id)) old.push(...await from.catalog.envelopes(document, device, 0, 10_000))
  await to.catalog.admit(old.toReversed())
  if (to.catalog.stateHash() !== before) throw new Error(`${to.name} has another state after it was sent what it had`)
}

const openOn = (node: SimNode): string => JSON.stringify(node.catalog.datasets().filter(dataset => dataset.publicAccess))

/** Nothing of a private dataset is where nobody shared it with: neither what was said of it nor its files. */
async function checkSecrets(node: SimNode, program: Program): Promise<void> {
  for (const [dataset, devices] of program.secrets) {
    if (devices.has(node.device.id)) continue
    const heads = await node.catalog.logHeads([dataset])
    const files = (await node.machine.read(program.ledger.filesOf(dataset))).filter(bytes => bytes !== undefined)
    if (heads.length + files.length > 0) throw new Error(`${node.name} has ${heads.length} logs and ${files.length} files of the private dataset ${dataset}, which nobody shared with it`)
  }
}
