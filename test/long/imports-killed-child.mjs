/** Imports or checks out in a process of its own, to be killed: tells `at <files>` as it goes and `done <root>` at its end. */
import { openLevelStore } from '../../dist/chunks/index.js'
import { runCheckout } from '../../dist/files/checkout/job.js'
import { runImport } from '../../dist/files/import/job.js'
import { emptyTree } from '../../dist/trees/index.js'

const { job, store: folder, request } = JSON.parse(process.argv[2])
const store = await openLevelStore({ folder, limits: { ballastBytes: 1024, floorBytes: 1024 } })
const tell = ({ phase, files }) => {
  if (phase !== 'comparing' && files > 0) process.stdout.write(`at ${files}\n`)
}
const run = job === 'import' ? runImport : runCheckout
const { tree, written } = await run(store, { ...request, tree: request.tree === undefined ? await emptyTree(store) : new Uint8Array(Buffer.from(request.tree, 'hex')) }, tell, new AbortController().signal)
await store.close()
process.stdout.write(`done ${tree === undefined ? written : Buffer.from(tree).toString('hex')}\n`)
