import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from 'vitest'
import { type Client, createClient } from '../../src/http/index.ts'
import { startChromium } from '../support/chromium.ts'
import { type RunningNode, scratch, startNode } from '../support/shoal.ts'
import { type Looks, type Visitor, visit } from './visitor.ts'

/** Where the journeys of a file are played: one node and one browser for all of them, and a new visitor for each. */
export class Stage {
  readonly place = scratch()
  readonly #args: readonly string[]
  #port = '0'
  node!: RunningNode
  browser!: Browser
  client!: Client
  visitor!: Visitor

  constructor(args: readonly string[]) {
    this.#args = args
  }

  get page(): Page {
    return this.visitor.page
  }

  /** Starts the node; one that ran before comes back at the address it had. */
  async start(): Promise<void> {
    this.node = await startNode(this.place.path('home'), ...this.#args, '--port', this.#port)
    this.#port = new URL(this.node.url).port
    this.client = createClient({ baseUrl: this.node.url })
  }

  /** The visitor goes, another one comes. */
  async change(looks: Looks): Promise<Visitor> {
    await this.visitor.leave()
    this.visitor = await visit(this.browser, this.node.url, looks)
    return this.visitor
  }

  /** A file of a dataset's draft, or of another version. */
  async write(dataset: string, path: string, bytes: string | Uint8Array, version?: string): Promise<void> {
    await this.client.files.write({ ...refOf(dataset), ...version === undefined ? {} : { version } }, path, typeof bytes === 'string' ? Buffer.from(bytes) : bytes)
  }

  /** A dataset with a text, a table, and a folder. */
  async seed(dataset: string): Promise<void> {
    await this.client.datasets.create(refOf(dataset))
    await this.write(dataset, 'README.md', '# Data\n\nFirst line.\n')
    await this.write(dataset, 'rows.csv', 'id,kind,weight\n1,cat,4\n2,dog,9\n3,cat,5\n')
    await this.write(dataset, 'cats/a.txt', 'tabby\n')
  }

  /** The examples are complete when the draft of the second one has its files. */
  async examples(): Promise<void> {
    await vi.waitUntil(async () => (await this.client.versions.get({ namespace: 'examples', name: 'shapes', version: '1.1.0' }).catch(() => undefined))?.files === 147, { timeout: 20_000, interval: 100 })
  }

  dialog(name: string | RegExp): Locator {
    return this.page.getByRole('dialog', { name })
  }

  /** Picks from the menu of three dots. */
  async menu(about: string, item: string): Promise<void> {
    await this.page.getByRole('button', { name: `More about ${about}` }).click()
    await this.page.getByRole('menuitem', { name: item }).click()
  }
}

/** `team/pets` as the client takes it. */
export function refOf(dataset: string): { namespace: string, name: string } {
  const [namespace = '', name = ''] = dataset.split('/')
  return { namespace, name }
}

/** @param args for the node; `--no-examples` unless examples are wanted */
export function stage(...args: string[]): Stage {
  const stage = new Stage(args)
  beforeAll(async () => {
    [stage.browser] = await Promise.all([startChromium(), stage.start()])
  }, 60_000)
  afterAll(async () => {
    await stage.browser?.close()
    await stage.node?.stop()
    stage.place.clear()
  })
  beforeEach(async () => { stage.visitor = await visit(stage.browser, stage.node.url) })
  afterEach(async () => {
    const { faults } = stage.visitor
    await stage.visitor.leave()
    expect(faults).toEqual([])
  })
  return stage
}
