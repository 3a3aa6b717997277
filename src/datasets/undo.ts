import type { DatasetView } from '../catalog/index.ts'
import type { ChunkStore } from '../chunks/index.ts'
import { fail } from '../errors/index.ts'
import { type Hash, hashFromHex, hashToHex, sameHash } from '../model/index.ts'
import { type Commit, emptyTree, readCommit } from '../trees/index.ts'
import { needDraft } from './deps.ts'
import type { Resolved } from './service.ts'
import type { Shared } from './shared.ts'

/**
 * Takes the last change of a draft's files back: a new commit with the tree from before, so that this can be taken back, too. Of a
 * decision about a conflict the draft goes on from where it was made: the conflict is open again, and done a second time this takes the
 * decision before it back. Who edited the draft apart from that went on from the decision: when the two meet, it holds.
 * @param head the commit to take back; it must still be the last one
 * @throws EDIT_CONFLICT when the draft has moved on, VERSION_PUBLISHED
 */
export async function undoCommit(shared: Shared, { dataset, version }: Resolved, head: string): Promise<Resolved> {
  const { store, drafts, leases } = shared
  needDraft(dataset, version, 'a change of its files')
  if (version.heads.length !== 1 || version.heads[0] !== head) moved(version.heads)
  const last = await lastChange(store, dataset, hashFromHex(head))
  const [parent, ...others] = last.parents
  if (others.length > 0) fail('EDIT_CONFLICT', 'the last change brought the edits of several machines together; it can not be taken back as one', { heads: version.heads })
  const before: Hash = parent === undefined ? await emptyTree(store) : (await readCommit(store, parent)).tree
  const message = `take back: ${last.message}`
  return await leases.during(async () => {
    if (last.settles === undefined) {
      return (await drafts.commit(dataset.id, version.id, message, async tree => sameHash(tree, last.tree) ? before : moved(version.heads))).resolved
    }
    return await drafts.commitAlone(dataset.id, version.id, async ({ version: { heads } }) => {
      if (heads.length !== 1 || heads[0] !== head) moved(heads)
      return { tree: before, message, parents: last.parents }
    })
  })
}

/** What a draft's last commit changed. One with the tree of its parent took a decision back: what it goes on from counts. @throws EDIT_CONFLICT where that was inherited */
async function lastChange(store: ChunkStore, dataset: DatasetView, head: Hash): Promise<Commit> {
  for (let hash = head; ;) {
    const name = hashToHex(hash)
    if (dataset.versions.some(other => other.published?.commit === name)) fail('EDIT_CONFLICT', 'the draft has nothing of its own that could be taken back', { heads: [name] })
    const commit = await readCommit(store, hash)
    const [parent, ...others] = commit.parents
    const isTakenBack = parent !== undefined && others.length === 0 && commit.settles === undefined && sameHash(commit.tree, (await readCommit(store, parent)).tree)
    if (!isTakenBack) return commit
    hash = parent
  }
}

const moved = (heads: readonly string[]): never => fail('EDIT_CONFLICT', 'the draft was changed again since', { heads })
