import { Link } from 'wouter'
import { HOME } from '../parts/places.ts'
import { Empty } from '../parts/states.tsx'
import { useTitle } from '../parts/title.ts'

/** An address nothing is at. */
export default function NotFound() {
  useTitle('Not found')
  return (
    <Empty heading="h1" icon="search" title="There is nothing at this address">
      <p>It may have been moved or deleted, or the address has a slip in it.</p>
      <Link href={HOME} className="button is-primary">All datasets</Link>
    </Empty>
  )
}
