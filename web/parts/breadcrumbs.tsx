import { Fragment, type ReactNode } from 'react'
import { Link } from 'wouter'

/** The way down to what is shown. The last step is where the reader is. */
export function Breadcrumbs({ label, steps }: { label: string, steps: readonly { readonly text: ReactNode, readonly to?: string }[] }) {
  return (
    <nav className="breadcrumbs" aria-label={label}>
      <ol>
        {steps.map(({ text, to }, i) => (
          <li key={i}>
            {to === undefined ? <span aria-current="page">{text}</span> : <Link href={to}>{text}</Link>}
            {i < steps.length - 1 && <Fragment><span className="slash" aria-hidden="true">/</span></Fragment>}
          </li>
        ))}
      </ol>
    </nav>
  )
}
