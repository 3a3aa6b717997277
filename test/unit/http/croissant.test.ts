import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Whole, wholeServices } from '../../support/whole-services.ts'

type Node = Readonly<Record<string, unknown>>

/** The official validator, where this machine has it (`pip install mlcroissant`). */
const hasValidator = spawnSync('python3', ['-c', 'import mlcroissant'], { stdio: 'ignore' }).status === 0

describe('a version as Croissant 1.1', () => {
  let whole: Whole
  /** Few files, with tables; and so many that they are described by their archive. */
  const described: Record<string, Node> = {}
  const table = 'size,name,"a, b",größe\n1.5,rose,x,1\n2,tulip,y,2\n'

  beforeAll(async () => {
    whole = wholeServices()
    const few = await whole.shoal.datasets.create({ name: 'flowers', license: 'cc by 4.0', tags: ['plants'], description: 'Flowers' })
    await whole.world.put((await few.currentVersion()).ref, { 'table.csv': table, 'odd names/ä #1?.csv': 'x\n1\n', 'empty.csv': '', 'photos/a b.jpg': 'photo', 'README.md': '# Flowers\n' })
    await (await few.currentVersion()).publish()
    const many = await whole.shoal.datasets.create({ name: 'many', license: 'Proprietary' })
    await whole.world.put((await many.currentVersion()).ref, Object.fromEntries(Array.from({ length: 1100 }, (_, i) => [`folder ${i % 3}/${i}.txt`, `${i}`])))
    described['few'] = await whole.client.versions.croissant({ ...few.ref, version: '1.0.0' })
    described['many'] = await whole.client.versions.croissant(many.ref)
  })
  afterAll(() => {
    whole.end()
    expect(whole.logged).toEqual([])
  })

  it('has every property the specification requires, in its context, and refers only to what is there', () => {
    for (const [name, document] of Object.entries(described)) {
      for (const field of ['name', 'description', 'license', 'url', 'datePublished']) expect(document[field], `${name}: ${field}`).toEqual(expect.stringMatching(/./))
      expect(document).toMatchObject({ '@type': 'sc:Dataset', conformsTo: 'http://mlcommons.org/croissant/1.1', creator: { '@type': 'sc:Person', name: expect.stringMatching(/./) as string } })
      expect(document['@context']).toMatchObject({ '@vocab': 'https://schema.org/', cr: 'http://mlcommons.org/croissant/', dct: 'http://purl.org/dc/terms/', sc: 'https://schema.org/', conformsTo: 'dct:conformsTo' })
      const distribution = document['distribution'] as readonly Node[]
      const records = (document['recordSet'] ?? []) as readonly (Node & { readonly field: readonly Node[] })[]
      const ids = [...distribution, ...records, ...records.flatMap(record => record.field)].map(node => node['@id'])
      expect(new Set(ids).size).toBe(ids.length)
      for (const node of distribution) {
        expect(['cr:FileObject', 'cr:FileSet']).toContain(node['@type'])
        expect(node).toMatchObject({ name: expect.stringMatching(/./) as string, encodingFormat: expect.stringMatching(/^[\w.+-]+\/[\w.+-]+$/) as string })
        if (node['@type'] === 'cr:FileObject') expect(node).toMatchObject({ contentUrl: expect.stringMatching(/^http:\/\/inside\/api\/v1\/[\x21-\x7e]+$/) as string, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string })
        else expect([ids.includes((node['containedIn'] as Node)['@id']), typeof node['includes']]).toEqual([true, 'string'])
      }
      for (const field of records.flatMap(record => record.field)) {
        expect(field).toMatchObject({ '@type': 'cr:Field', dataType: expect.stringMatching(/^sc:(Integer|Float|Text)$/) as string, source: { extract: { column: field['name'] } } })
        expect(ids).toContain((field['source'] as { readonly fileObject: Node }).fileObject['@id'])
      }
      const context = document['@context'] as Node
      const used = [...distribution, ...records, ...records.flatMap(record => record.field)].flatMap(Object.keys).filter(key => !key.startsWith('@'))
      const ofSchemaOrg = ['name', 'contentUrl', 'contentSize', 'encodingFormat', 'sha256']
      expect(used.filter(key => !(key in context) && !ofSchemaOrg.includes(key))).toEqual([])
    }
  })

  it('names each file with its own address and SHA-256, and the columns of tables with their types', async () => {
    expect(described['few']).toMatchObject({ license: 'https://spdx.org/licenses/CC-BY-4.0.html', version: '1.0.0', keywords: ['plants'] })
    const files = described['few']?.['distribution'] as readonly { readonly name: string, readonly sha256: string, readonly contentUrl: string, readonly encodingFormat: string }[]
    expect(files.map(file => file.name)).toEqual(['README.md', 'empty.csv', 'odd names/ä #1?.csv', 'photos/a b.jpg', 'table.csv'])
    const file = files.find(file => file.name === 'table.csv')
    expect(file).toMatchObject({ encodingFormat: 'text/csv', sha256: createHash('sha256').update(table).digest('hex') })
    expect(file?.contentUrl).toMatch(/^http:\/\/inside\/api\/v1\/datasets\/default\/flowers\/versions\/[a-z2-7]{26}\/files\/table\.csv$/)
    const records = described['few']?.['recordSet'] as readonly { readonly name: string, readonly field: readonly { readonly name: string, readonly dataType: string }[] }[]
    expect(records.map(record => [record.name, record.field.map(field => `${field.name} ${field.dataType}`)])).toEqual([
      ['odd names/ä #1?.csv', ['x sc:Integer']], ['table.csv', ['size sc:Float', 'name sc:Text', 'a, b sc:Text', 'größe sc:Integer']]
    ])
    expect(described['many']).toMatchObject({ license: 'Proprietary', isLiveDataset: true })
    const archive = described['many']?.['distribution'] as readonly Node[] | undefined
    expect(archive?.map(node => node['name'])).toEqual(['archive.tar', 'folder 0', 'folder 1', 'folder 2'])
  })

  it.skipIf(!hasValidator)('is valid for the official validator (needs python3 with mlcroissant)', () => {
    for (const [name, document] of Object.entries(described)) {
      writeFileSync(whole.path(`${name}.json`), JSON.stringify(document))
      const read = spawnSync('python3', ['-m', 'mlcroissant.scripts.validate', '--jsonld', whole.path(`${name}.json`)], { encoding: 'utf8', timeout: 60_000 })
      expect([read.status, read.stdout + read.stderr], name).toEqual([0, expect.stringMatching(/Done/)])
      // A paper to cite is recommended; what nobody named is not made up.
      expect((read.stdout + read.stderr).match(/^ +- .*$/gm)?.filter(line => !line.includes('croissant/citeAs')) ?? []).toEqual([])
    }
  }, 130_000)
})
