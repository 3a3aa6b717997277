import { expect, it } from 'vitest'
import { reasonOf } from '../../../src/peers/reasons.ts'

it.each([
  ['it did not answer in time', new DOMException('The operation was aborted due to timeout', 'TimeoutError')],
  ['it hung up: it may not know this device', Object.assign(new Error('Unexpected EOF'), { name: 'UnexpectedEOFError' })],
  ['connect ECONNREFUSED 127.0.0.1:7421', new Error('connect ECONNREFUSED 127.0.0.1:7421')]
])('says why a member is not reached: %s', (reason, error) => {
  expect(reasonOf(error)).toBe(reason)
  expect(reasonOf(new AggregateError([error, error]))).toBe(reason)
})
