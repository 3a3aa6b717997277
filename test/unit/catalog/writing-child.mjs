/** Makes changes one after the other until it is killed, and tells each that was acknowledged. */
import { openCatalog } from '../../../dist/catalog/index.js'
import { silentLog, systemChance, systemClock } from '../../../dist/runtime/index.js'
import { deviceFromSeed } from '../../../dist/trust/index.js'

const [folder, seed, id, round] = process.argv.slice(2)
const catalog = await openCatalog({ folder, device: deviceFromSeed(new Uint8Array(Buffer.from(seed, 'hex'))), clock: systemClock, chance: systemChance, log: silentLog })
for (let i = 0; ; i++) {
  await catalog.apply(id, [{ change: 'dataset.tag', add: [`${round}-${i}`], remove: [] }])
  process.stdout.write(`${round}-${i}\n`)
}
