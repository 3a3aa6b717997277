import { Link } from 'wouter'
import { datasetsPlace } from './places.ts'

/** Tags that lead to everything with the same tag. */
export function Tags({ tags }: { tags: readonly string[] }) {
  if (tags.length === 0) return null
  return <ul className="tags" aria-label="Tags">{tags.map(tag => <li key={tag}><Link href={datasetsPlace({ tag })} className="tag">{tag}</Link></li>)}</ul>
}
