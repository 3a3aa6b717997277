import { FAILURES } from '../../errors/index.ts'
import type { JsonSchema, OpenApiDocument, Operation } from './openapi.ts'

/** A page that shows the API's description: plain HTML without scripts, so that it works offline and everywhere. */

const escape = (text: unknown): string =>
  String(text).replace(/[&<>"']/g, char => `&#${char.charCodeAt(0)};`)

const STYLE = `
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h2{margin-top:2.5rem;border-bottom:1px solid #8886}
details{border:1px solid #8884;border-radius:6px;margin:.4rem 0;padding:.4rem .7rem}
summary{cursor:pointer}
code,pre{font:13px/1.45 ui-monospace,monospace}
pre{overflow:auto;background:#8881;padding:.6rem;border-radius:6px}
.method{display:inline-block;min-width:4.2em;font-weight:600}
table{border-collapse:collapse;width:100%}
td,th{text-align:left;vertical-align:top;padding:.25rem .6rem .25rem 0;border-bottom:1px solid #8883}
`

/** The page's style sheet, for its Content-Security-Policy. */
export const DOCS_STYLE = STYLE

export function docsPage(document: OpenApiDocument): string {
  const groups = new Map<string, string[]>()
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const group = operation.tags[0] ?? ''
      groups.set(group, [...groups.get(group) ?? [], operationHtml(method, path, operation)])
    }
  }
  const sections = [...groups].map(([group, rows]) => `<h2 id="${escape(group)}">${escape(group)}</h2>${rows.join('')}`)
  const links = [...groups.keys()].map(group => `<a href="#${escape(group)}">${escape(group)}</a>`)
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shoal API</title><meta name="viewport" content="width=device-width,initial-scale=1">
<style>${STYLE}</style></head><body><h1>Shoal API ${escape(document.info.version)}</h1>
<p>${escape(document.info.description)} The same as data: <a href="/openapi.json">/openapi.json</a>.</p>
<p>${links.join(' · ')} · <a href="#schemas">Schemas</a> · <a href="#failures">Failures</a></p>
${sections.join('\n')}
<h2 id="schemas">Schemas</h2>${Object.entries(document.components.schemas).map(([name, schema]) => schemaHtml(name, schema)).join('')}
<h2 id="failures">Failures</h2>${failuresHtml()}</body></html>`
}

function operationHtml(method: string, path: string, operation: Operation): string {
  const parameters = operation.parameters.map(parameter =>
    `<tr><td><code>${escape(parameter.name)}</code></td><td>${parameter.in}${parameter.required ? ', needed' : ''}</td><td>${escape(parameter.description ?? parameter.schema.description ?? '')} ${escape(shortSchema(parameter.schema))}</td></tr>`)
  const body = Object.entries(operation.requestBody?.content ?? {}).map(([media, { schema }]) => `<p>Body, <code>${escape(media)}</code>:</p><pre>${escape(JSON.stringify(schema, null, 2))}</pre>`)
  const answers = Object.entries(operation.responses).map(([status, answer]) => `<tr><td><code>${escape(status)}</code></td><td>${escape((answer as { description: string }).description)}</td></tr>`)
  return `<details id="${escape(operation.operationId)}"><summary><span class="method">${escape(method.toUpperCase())}</span> <code>${escape(path)}</code> – ${escape(operation.summary)}</summary>
${operation.description === undefined ? '' : `<p>${escape(operation.description)}</p>`}${parameters.length === 0 ? '' : `<table>${parameters.join('')}</table>`}${body.join('')}<table>${answers.join('')}</table></details>`
}

const shortSchema = (schema: JsonSchema): string => {
  const { description: _, ...rest } = schema
  return JSON.stringify(rest)
}

const schemaHtml = (name: string, schema: JsonSchema): string =>
  `<details id="${escape(name)}"><summary><code>${escape(name)}</code></summary><pre>${escape(JSON.stringify(schema, null, 2))}</pre></details>`

function failuresHtml(): string {
  const rows = Object.entries(FAILURES).map(([code, { status, title, advice }]) =>
    `<tr id="${code}"><td><code>${code}</code></td><td>${status}</td><td>${escape(title)}. ${escape(advice)}</td></tr>`)
  return `<table><tr><th>code</th><th>status</th><th>meaning</th></tr>${rows.join('')}</table>`
}
