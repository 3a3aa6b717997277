import { it } from 'vitest'
import { Program } from './program.ts'
import { Team } from './team.ts'
it('x', async () => {
  const seed = Number(process.env['S'])
  const team = await Team.gather(seed, 3 + seed % 7, { forgetsBarriers: false })
  const program = new Program(team)
  await program.createDataset(team.founder)
  for (let event = 0; event < 300; event++) await program.step()
  await team.heal()
  const n = team.founder
  console.log(await program.ledger.missingAt(n))
  for (const d of n.catalog.datasets()) {
    console.log(d.name, JSON.stringify(d.versions.map(v => [v.id.slice(0, 6), v.number, v.state, v.heads.map(h => h.slice(0, 6)), v.parents.map(p => p.slice(0, 6)), v.published?.by.slice(-4), v.published?.rivals?.length])))
    console.log((await n.catalog.history(d.id)).filter(h => /commit|publish|create|delete/.test(h.change)).map(h => `${team.nodes.find(x => x.device.id === h.by)?.name} ${h.change} ${h.version?.slice(0, 6)} ${JSON.stringify(h.detail).replace(/([0-9a-f]{6})[0-9a-f]{58}/g, '$1').slice(0, 160)}`).join('\n'))
  }
  console.log(JSON.stringify(n.catalog.members().map(m => [m.name, m.role, m.removed])), [...program.ledger.disputed].map(id => team.nodes.find(x => x.device.id === id)?.name))
  await team.end()
}, 60000)
