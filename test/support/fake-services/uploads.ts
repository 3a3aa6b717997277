import { fail } from '../../../src/errors/index.ts'
import type { LinkReach } from '../../../src/files/index.ts'
import type { Upload, Uploads } from '../../../src/uploads/index.ts'

const TIME = '2026-01-01T00:00:00.000Z'

/** Uploads in memory that end nowhere: enough to see whether HTTP carries them right. */
export function fakeUploads(): Uploads {
  const uploads = new Map<string, Upload>()
  const need = (id: string): Upload => uploads.get(id) ?? fail('UPLOAD_NOT_FOUND', `there is no upload ${id}`)
  const put = (upload: Upload): Upload => {
    uploads.set(upload.id, upload)
    return upload
  }
  const fresh = (): Pick<Upload, 'id' | 'offset' | 'createdAt' | 'changedAt' | 'file' | 'parts'> =>
    ({ id: String.fromCharCode(97 + uploads.size % 26).repeat(26), offset: 0, createdAt: TIME, changedAt: TIME, file: undefined, parts: undefined })
  return {
    list: () => [...uploads.values()],
    get: need,
    create: async input => put({ ...fresh(), ...input }),
    append: async (id, offset, source) => {
      const upload = need(id)
      if (upload.offset !== offset) fail('UPLOAD_OFFSET', 'it goes on elsewhere')
      let size = 0
      for await (const bytes of source) size += bytes.length
      if (offset + size > upload.length) fail('LIMIT_EXCEEDED', 'too many bytes')
      return put({ ...upload, offset: offset + size })
    },
    finish: async id => {
      const upload = need(id)
      return upload.partial || upload.offset < upload.length ? fail('UPLOAD_INCOMPLETE', 'bytes are missing') : put({ ...upload, file: { hash: `blake3:${'0'.repeat(64)}`, size: upload.length } })
    },
    concatenate: async (parts, input) => put({ ...fresh(), ...input, parts, partial: false, length: parts.reduce((sum, id) => sum + need(id).length, 0) }),
    remove: async id => {
      need(id)
      uploads.delete(id)
    },
    pinned: async function* () {
      yield []
    }
  }
}

/** The web of tests: https addresses hold some bytes, others can't be reached. */
export const fakeReach = (): LinkReach => ({
  read: async url => url.startsWith('https:') ? bytesOf(url) : fail('LINK_REFUSED', `${url} is not fetched here`),
  remove: async url => { if (!url.startsWith('https:')) fail('LINK_REFUSED', `${url} is not deleted here`) }
})

async function* bytesOf(url: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`what is at ${url}`)
}
