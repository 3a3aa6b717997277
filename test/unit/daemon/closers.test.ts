import { expect, it } from 'vitest'
import { Closers } from '../../../src/daemon/closers.ts'

it('what was opened is closed in the opposite order, each once, and a failure keeps nothing else open', async () => {
  const closed: string[] = []
  const closers = new Closers()
  closers.add(() => { closed.push('lock') })
  closers.add(async () => { closed.push('store') })
  closers.add(() => { throw new RangeError('the catalog would not close') })
  closers.add(() => { closed.push('network') })
  await expect(closers.close()).rejects.toThrow('the catalog would not close')
  expect(closed).toEqual(['network', 'store', 'lock'])
  await closers.close()
  expect(closed).toHaveLength(3)
})
