import { expect, it } from 'vitest'
import { datasetsWorld } from '../../support/datasets-world.ts'

const PETS = { namespace: 'vision', name: 'pets' }

it('L2: takes the last change of a draft back, and that again', async () => {
  const world = datasetsWorld()
  await world.datasets.create(PETS)
  const head = (): string => world.datasets.resolve(PETS).version.heads[0] ?? ''
  await world.put(PETS, { a: '1' })
  const first = head()
  await world.put(PETS, { b: '2' })
  await world.datasets.undo(PETS, head())
  expect(await world.read(PETS)).toEqual({ a: '1' })
  await world.datasets.undo(PETS, head())
  expect(await world.read(PETS)).toEqual({ a: '1', b: '2' })
  await expect(world.datasets.undo(PETS, first)).rejects.toMatchObject({ code: 'EDIT_CONFLICT' })
  expect(await world.read(PETS)).toEqual({ a: '1', b: '2' })
})

it('L2: the first change of a draft is taken back, what it inherited is not', async () => {
  const world = datasetsWorld()
  await world.datasets.create(PETS)
  await world.put(PETS, { a: '1' })
  await world.datasets.undo(PETS, world.datasets.resolve(PETS).version.heads[0] ?? '')
  expect(await world.read(PETS)).toEqual({})
  await world.put(PETS, { a: '1' })
  await world.datasets.publish(PETS)
  await expect(world.datasets.undo(PETS, world.datasets.resolve({ ...PETS, version: '1.0.0' }).version.heads[0] ?? '')).rejects.toMatchObject({ code: 'VERSION_PUBLISHED' })
  const { version } = await world.datasets.createVersion(PETS, { mode: 'inherit', from: ['1.0.0'], number: '1.1.0' })
  await expect(world.datasets.undo({ ...PETS, version: '1.1.0' }, version.heads[0] ?? '')).rejects.toMatchObject({ code: 'EDIT_CONFLICT' })
})
