import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { isShoalError } from '../../../src/errors/index.ts'
import { inventBytes } from '../../support/invented-data.ts'
import { type FilesWorld, PETS, type StoreKind, filesWorld, harvest, plant, write } from './support.ts'

const TREE = { 'a.txt': 'one', 'b/c.txt': 'two', 'b/run.sh': 'x:#!/bin/sh\n', 'b!/d': 'three', 'empty': '', 'nothing/': '', 'ü/ö 😀.txt': 'four' }

/** Old enough for times to tell. */
function age(world: FilesWorld): void {
  const walk = (folder: string): void => {
    for (const item of readdirSync(folder, { withFileTypes: true })) {
      const full = `${folder}/${item.name}`
      if (item.isDirectory()) walk(full)
    }
  }
  walk(world.path('source'))
}

describe.each<StoreKind>(['memory', 'level'])('import into a %s store', kind => {
  let world: FilesWorld
  let source: string

  beforeAll(async () => { world = await filesWorld(kind) })
  afterAll(() => world.end())
  beforeEach(async () => {
    source = world.path('source')
    plant(source, TREE)
    if (world.datasets.list().length > 0) await world.datasets.remove(PETS, { allVersions: true, force: true })
    rmSync(world.path('cache'), { recursive: true, force: true })
  })

  it('L2: makes a new dataset whose draft equals the folder', async () => {
    const report = await world.files.import(source, PETS)
    expect(report).toMatchObject({ version: 'vision/pets@1.0.0', added: 6, modified: 0, removed: 0, unchanged: 0, filesRead: 6, files: 6, bytes: 25, notices: [] })
    expect(await world.held(PETS)).toEqual(TREE)
  })

  it('L2: reads only what changed the second time', async () => {
    await world.files.import(source, PETS)
    await settleTimes()
    expect(await world.files.import(source, PETS)).toMatchObject({ unchanged: 6 })
    expect(await world.files.import(source, PETS)).toMatchObject({ unchanged: 6, filesRead: 0, added: 0, modified: 0, removed: 0, files: 6 })
    write(`${source}/b/c.txt`, 'TWO!')
    write(`${source}/b/new`, 'new')
    rmSync(`${source}/a.txt`)
    chmodSync(`${source}/b/run.sh`, 0o644)
    rmSync(`${source}/nothing`, { recursive: true })
    expect(await world.files.import(source, PETS)).toMatchObject({ added: 1, modified: 2, removed: 1, unchanged: 3, filesRead: 3 })
    expect(await world.held(PETS)).toEqual(harvest(source))
  })
})

const settleTimes = (): Promise<void> => new Promise(resolve => { setTimeout(resolve, 150) })
