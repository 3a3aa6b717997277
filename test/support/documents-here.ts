import { DocumentEngine } from '../../src/catalog/document-engine.ts'
import type { DocumentThread } from '../../src/catalog/documents.ts'
import { ShoalError } from '../../src/errors/index.ts'
import type { DatasetId } from '../../src/model/index.ts'

/**
 * Automerge's work in this thread, by the engine the worker thread has: starting a thread takes 150 ms, more than most tests need for all they do.
 * @param deadly a call that the thread dies of, as a real one does when memory runs out
 */
export function documentsHere(deadly: (method: string, argument: unknown) => boolean = () => false): DocumentThread {
  const engine = new DocumentEngine()
  const loaded = new Set<DatasetId>()
  const call = async (method: string, argument: unknown): Promise<unknown> => {
    if (deadly(method, argument)) throw new ShoalError('INTERNAL', 'the worker ended with status 1 before it answered')
    const { document } = argument as { readonly document?: DatasetId }
    if (document !== undefined) loaded.add(document)
    return (engine[method as keyof DocumentEngine] as (argument: unknown) => unknown).call(engine, argument)
  }
  return { call: call as DocumentThread['call'], stop: async () => { for (const document of loaded) engine.forget({ document }) } }
}
