import type { DeviceId, WorkspaceId } from '../../../src/model/index.ts'
import { type Device, type EnvelopeDraft, deviceFromSeed } from '../../../src/trust/index.ts'

export const device = (n: number): Device => deviceFromSeed(new Uint8Array(32).fill(n))

export const draft = (changes: Partial<EnvelopeDraft> = {}): EnvelopeDraft => ({
  workspace: 'ws' as WorkspaceId, document: 'a'.repeat(26), epoch: 0, seq: 1, previous: new Uint8Array(32), kind: 'change', seen: [new Uint8Array(32).fill(7)],
  at: 1_700_000_000_000, body: Uint8Array.of(1, 2, 3), ...changes
})

export const nobody = 'nobody' as DeviceId
