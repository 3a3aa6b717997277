import { describe, expect, it } from 'vitest'
import { asker } from '../../support/fake-services/connection.ts'
import { fakeServices } from '../../support/fake-services/index.ts'
import { loadApp } from '../../../src/http/index.ts'

interface Operation { operationId: string, summary: string, tags: string[], parameters: { name: string, in: string, required: boolean, schema: object }[], requestBody?: object, responses: Record<string, { description: string }> }
interface Document { openapi: string, paths: Record<string, Record<string, Operation>>, components: { schemas: Record<string, object> } }

const { createApp } = await loadApp()
const ask = asker(createApp(fakeServices(), {}))
const document = await (await ask('GET', '/openapi.json')).json() as Document
const operations = Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })))

describe('/openapi.json', () => {
  it('is OpenAPI 3.1 and names every route of the interface', () => {
    expect(document.openapi).toBe('3.1.0')
    const D = '/api/v1/datasets/{ns}/{name}'
    const V = `${D}/versions/{version}`
    const routes = [
      'get /api/v1/node', 'get /api/v1/datasets', 'post /api/v1/datasets', `get ${D}`, `patch ${D}`, `delete ${D}`, `get ${D}/versions`, `post ${D}/versions`, `get ${V}`, `patch ${V}`, `delete ${V}`,
      `post ${V}/publish`, `post ${D}/snapshot`, `post ${V}/archive`, `post ${V}/restore`, `get ${V}/files`, `get ${V}/files/{path}`, `put ${V}/files/{path}`, `delete ${V}/files/{path}`, `post ${V}/edits`,
      `get ${V}/archive.tar`, `get ${V}/archive.tar.gz`, `get ${V}/archive.zip`, `get ${V}/diff`, `get ${V}/log`, 'get /api/v1/events', `get ${V}/metadata`, `put ${V}/metadata`, `get ${V}/mask-labels`,
      `put ${V}/mask-labels`, `get ${V}/tags`, `put ${V}/tags`, 'get /api/v1/members', 'get /api/v1/peers', 'post /api/v1/invites', 'post /api/v1/join', `put ${D}/keep`, 'get /api/v1/sync', 'post /api/v1/sync',
      'post /api/v1/verify', 'post /api/v1/gc', 'get /api/v1/jobs', 'get /api/v1/jobs/{id}', 'delete /api/v1/jobs/{id}', 'post /api/v1/imports', 'post /api/v1/checkouts', 'get /healthz', 'get /metrics'
    ]
    expect(operations.map(({ path, method }) => `${method} ${path}`)).toEqual(expect.arrayContaining(routes))
  })

  it('describes every operation: its own id, a summary, its parameters, its failures', () => {
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length)
    for (const { path, operation } of operations) {
      expect(operation.summary.length).toBeGreaterThan(3)
      expect(operation.tags).toHaveLength(1)
      expect(operation.parameters.filter(parameter => parameter.in === 'path').map(parameter => parameter.name)).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(match => match[1]))
      for (const status of ['401', '403', '500']) expect(operation.responses[status]?.description).toBeTruthy()
      expect(Object.keys(operation.responses).some(status => status.startsWith('2'))).toBe(true)
    }
  })

  it('refers only to schemas it holds, and nothing of zod shows', () => {
    const text = JSON.stringify(document)
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) expect(document.components.schemas[name ?? '']).toBeDefined()
    expect(text).not.toMatch(/\$defs|\$schema|__schema/)
    expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining(['Dataset', 'Version', 'VersionDetails', 'Entry', 'Job', 'Problem', 'Member', 'Peer', 'Node']))
    const query = document.paths['/api/v1/datasets']?.get?.parameters
    expect(query?.find(parameter => parameter.name === 'limit')).toMatchObject({ in: 'query', required: false, schema: { type: 'integer', minimum: 1, maximum: 1000, default: 100 } })
    expect(query?.find(parameter => parameter.name === 'archived')).toMatchObject({ required: false, schema: { type: 'boolean' } })
  })
})
