import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectStore, createMemoryStore, openLevelStore } from '../../src/chunks/index.ts'
import { chunkStoreContract, type StoreUnderTest } from './chunk-store.ts'

chunkStoreContract('in memory', async () => {
  const store = createMemoryStore()
  return { store, end: () => store.close() }
})

/** So small that a few chunks reach every size at which something happens. */
const SMALL = { bufferBytes: 1024 * 1024, lookBytes: 300_000, checkpointBytes: 500_000, floorBytes: 0, ballastBytes: 0 }

async function levelUnderTest(): Promise<StoreUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-store-'))
  const under: StoreUnderTest = {
    store: await openLevelStore({ folder, limits: SMALL }),
    reopen: async () => {
      await under.store.close()
      under.store = await openLevelStore({ folder, limits: SMALL })
    },
    end: async () => {
      await under.store.close()
      await rm(folder, { recursive: true, force: true })
    }
  }
  return under
}

chunkStoreContract('LevelDB', levelUnderTest)

chunkStoreContract('LevelDB, from another thread\'s port', async () => {
  const owner = await levelUnderTest()
  const connect = (): void => {
    const port = owner.store.connect()
    if (port === undefined) throw new Error('a LevelDB store has ports')
    under.store = connectStore(port)
  }
  const under: StoreUnderTest = {
    store: owner.store,
    reopen: async () => {
      await under.store.close()
      await owner.reopen?.()
      connect()
    },
    end: async () => {
      await under.store.close()
      await owner.end()
    }
  }
  connect()
  return under
})
