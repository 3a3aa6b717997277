import { createHash } from 'node:crypto'
import type { Route } from '../route.ts'
import { openApiDocument } from './openapi.ts'
import { DOCS_STYLE, docsPage } from './page.ts'

/** The API's description, as data and as a page; loaded when first asked for. */
export { openApiDocument, type OpenApiDocument, type Operation } from './openapi.ts'

const style = `'sha256-${createHash('sha256').update(DOCS_STYLE).digest('base64')}'`

/** @param version of Shoal */
export const docsResponse = (routes: readonly Route[], version: string): Response =>
  new Response(docsPage(openApiDocument(routes, version)), {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; style-src ${style}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      'cache-control': 'no-cache'
    }
  })
