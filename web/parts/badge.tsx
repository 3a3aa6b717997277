import type { ReactNode } from 'react'

/** A word in a small box. `tone` is for the eye only: the word says it all. */
export function Badge({ tone = 'plain', children, title }: { tone?: 'plain' | 'accent' | 'good' | 'draft' | 'bad', children: ReactNode, title?: string }) {
  return <span className={`badge is-${tone}`} title={title}>{children}</span>
}

/** Draft or published. */
export function StateBadge({ state }: { state: 'draft' | 'published' }) {
  return state === 'published'
    ? <Badge tone="good" title="Sealed: it never changes">Published</Badge>
    : <Badge tone="draft" title="Can still be changed">Draft</Badge>
}

export const ExampleBadge = () => <Badge tone="accent" title="Came with the node, to try things on">Example</Badge>
