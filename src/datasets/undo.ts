import { fail } from '../errors/index.ts'
import { type Hash, hashFromHex, sameHash } from '../model/index.ts'
import { emptyTree, readCommit } from '../trees/index.ts'
import { needDraft } from './deps.ts'
import type { Resolved } from './service.ts'
import type { Shared } from './shared.ts'

/**
 * Takes the last change of a draft's files back: a new commit with the tree from before, so that this can be taken back, too.
 * @param head the commit to take back; it must still be the last one
 * @throws EDIT_CONFLICT when the draft has moved on, VERSION_PUBLISHED
 */
export async function undoCommit(shared: Shared, { dataset, version }: Resolved, head: string): Promise<Resolved> {
  const { store, drafts, leases } = shared
  needDraft(dataset, version, 'a change of its files')
  const inherited = dataset.versions.some(other => other.published?.commit === head)
  if (version.heads.length !== 1 || version.heads[0] !== head || inherited) moved(version.heads)
  const last = await readCommit(store, hashFromHex(head))
  const [parent, ...others] = last.parents
  if (others.length > 0) fail('EDIT_CONFLICT', 'the last change brought the edits of several machines together; it can not be taken back as one', { heads: version.heads })
  const before: Hash = parent === undefined ? await emptyTree(store) : (await readCommit(store, parent)).tree
  const { resolved } = await leases.during(() => drafts.commit(dataset.id, version.id, `take back: ${last.message}`, async tree => sameHash(tree, last.tree) ? before : moved(version.heads)))
  return resolved
}

const moved = (heads: readonly string[]): never => fail('EDIT_CONFLICT', 'the draft was changed again since', { heads })
