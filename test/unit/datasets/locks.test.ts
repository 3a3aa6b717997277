import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Locks } from '../../../src/datasets/index.ts'

it('waiting for a lock ends when it is cancelled; whoever waits behind goes on in order', async () => {
  const locks = new Locks()
  const done: string[] = []
  let finish = (): void => undefined
  const first = locks.run('draft', () => new Promise<void>(resolve => { finish = resolve }))
  const cancelling = new AbortController()
  const second = locks.run('draft', async () => { done.push('second') }, cancelling.signal)
  const third = locks.run('draft', async () => { done.push('third') }, AbortSignal.timeout(60_000))
  const fourth = locks.run('draft', async () => { done.push('fourth') })
  cancelling.abort()
  await expect(second).rejects.toMatchObject({ code: 'CANCELLED' })
  await expect(locks.run('other', async () => 'at once', cancelling.signal)).rejects.toMatchObject({ code: 'CANCELLED' })
  expect(done).toEqual([])
  finish()
  await Promise.all([first, third, fourth])
  expect(done).toEqual(['third', 'fourth'])
  expect(await locks.run('draft', async () => 'free again')).toBe('free again')
})

it('a cancellation that comes after its turn ends nothing, neither its work nor the waiting of others', async () => {
  const locks = new Locks()
  const cancelling = new AbortController()
  const first = locks.run('draft', () => sleep(5))
  const working = locks.run('draft', async () => {
    cancelling.abort()
    await sleep(5)
    return 'done'
  }, cancelling.signal)
  const behind = locks.run('draft', async () => 'behind')
  expect(await Promise.all([first, working, behind])).toEqual([undefined, 'done', 'behind'])
})
