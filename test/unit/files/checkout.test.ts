import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { isShoalError } from '../../../src/errors/index.ts'
import { inventBytes } from '../../support/invented-data.ts'
import { type FilesWorld, PETS, type StoreKind, filesWorld, harvest, plant, write } from './support.ts'

const FIRST = { 'a.txt': 'one', 'b/c.txt': 'two', 'b/run.sh': 'x:#!/bin/sh\n', 'b!/d': 'three', 'empty': '', 'nothing/': '', 'ü/ö 😀.txt': 'four' }
const SECOND = { 'a.txt': 'one', 'b/c.txt': 'TWO!', 'b/run.sh': '#!/bin/sh\n', 'c/d/e/f': 'deep', 'empty/': '', 'ü': 'a file now' }

describe.each<StoreKind>(['memory', 'level'])('checkout from a %s store', kind => {
  let world: FilesWorld
  let target: string
  const first = { ...PETS, version: '1.0.0' }
  const second = { ...PETS, version: '1.1.0' }

  beforeAll(async () => {
    world = await filesWorld(kind)
    plant(world.path('source'), FIRST)
    await world.files.import(world.path('source'), PETS)
    await world.datasets.publish(PETS)
    plant(world.path('source'), SECOND)
    await world.files.import(world.path('source'), PETS)
  })
  afterAll(() => world.end())
  beforeEach(() => {
    target = world.path('target')
    rmSync(target, { recursive: true, force: true })
  })

  it('K4: makes a folder equal a version, and moves only what differs afterwards', async () => {
    expect(await world.files.checkout(first, target)).toMatchObject({ version: 'vision/pets@1.0.0', folder: target, written: 6, bytesWritten: 25, removed: 0, unchanged: 0, notices: [] })
    expect(harvest(target)).toEqual(FIRST)
    expect(await world.files.checkout(first, target)).toMatchObject({ written: 0, removed: 0, unchanged: 6 })
    expect(await world.files.checkout(second, target)).toMatchObject({ written: 4, removed: 3, unchanged: 1 })
    expect(harvest(target)).toEqual(SECOND)
    expect(await world.files.checkout(first, target)).toMatchObject({ unchanged: 1 })
    expect(harvest(target)).toEqual(FIRST)
  })
})
