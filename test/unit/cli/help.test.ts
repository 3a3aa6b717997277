import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { type Host, run } from '../../../src/cli/index.ts'
import { fail } from '../../../src/errors/index.ts'

/** A help opens nothing. */
const touched = (): never => fail('INTERNAL', 'a help touched the host')
const host: Host = { version: '0', open: async () => touched(), bench: async () => touched(), start: async () => touched() }

async function helpOf(names: readonly string[]): Promise<string> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const status = await run([...names, '--help'], host, { stdout, stderr } as never, new AbortController().signal)
  expect([names.join(' '), status, stderr.read()]).toEqual([names.join(' '), 0, null])
  return String(stdout.read())
}

/** Names of the commands a help lists. */
function commandsIn(help: string): string[] {
  const [, list = ''] = help.split(/^Commands:\n/m)
  return [...list.split(/\n\n/)[0]?.matchAll(/^ {2}([a-z-]+)/gm) ?? []].map(match => match[1] ?? '').filter(name => name !== 'help')
}

describe('the help', () => {
  it('of every command has an example that begins with its name, and says what each option is for', async () => {
    const seen: string[] = []
    const visit = async (names: readonly string[]): Promise<void> => {
      const help = await helpOf(names)
      const verbs = commandsIn(help)
      expect(help.match(/^ +(-\w, )?--[\w-]+( [<[][^>\]]*[>\]])?$/gm), `options of ${names.join(' ')} that say nothing`).toBeNull()
      const example = help.split(/^Examples?:\n/m)[1]
      if (verbs.length === 0) {
        seen.push(names.join(' '))
        expect(example?.trim(), names.join(' ')).toMatch(new RegExp(`^shoal ${names.join(' ')}( |$)`, 'm'))
      }
      for (const verb of verbs) await visit([...names, verb])
    }
    await visit([])
    expect(seen).toContain('import')
    expect(seen).toContain('dataset create')
    expect(seen.length).toBeGreaterThan(50)
  })
})
